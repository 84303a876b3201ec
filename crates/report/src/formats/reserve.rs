//! Principals that look like emergency access, which are meant to be idle.

use leastwise_core::report::PrincipalRow;

/// What to do with any other unused principal.
const REVIEW: &str = "Confirm with the owner and check who can assume it, then delete it.";

/// What to do with one of them, as a sentence.
pub(super) const ADVICE: &str =
    "Do not delete it. Add this exception to the configuration, and replace TEAM with the owning team.";

/// The same, where no exception can be shown next to it.
const ADD_EXCEPTION: &str =
    "Do not delete it: it looks like emergency access. Add an exception for it to the configuration.";

/// The same, for one that no exception can name.
const KEEP: &str = "Do not delete it: it looks like emergency access.";

/// What to do with an unused principal.
pub(super) fn advice(principal: &PrincipalRow) -> &'static str {
    match principal.emergency {
        Some(_) if is_name(&principal.name) => ADD_EXCEPTION,
        Some(_) => KEEP,
        None => REVIEW,
    }
}

/// What to do with an unused credential of a principal that looks like emergency access.
pub(super) const KEEP_CREDENTIAL: &str = "Do not delete it: the user looks like emergency access. Check that the credential still works, add this \
     exception to the configuration, and replace TEAM with the owning team.";

/// What to do with an unused credential.
pub(super) fn about_credential(principal: &PrincipalRow, is_key: bool) -> &'static str {
    match (principal.emergency.is_some(), is_key) {
        (true, _) => {
            "Do not delete it: the user looks like emergency access. Check that the credential still works, and add an exception for the user."
        }
        (false, true) => "Deactivate the key, wait until nobody misses it, then delete it.",
        (false, false) => "Delete the console password of the user.",
    }
}

/// The exception to paste for a principal that looks like emergency access. It matches only this principal: `names`
/// of an exception are patterns, so a name with a wildcard would match others. IAM allows no such name, nor one
/// that needs an escape in TOML, and the configuration rejects them.
pub(super) fn exception(principal: &PrincipalRow, account: &str) -> Option<String> {
    principal.emergency.as_ref()?;
    block(account, &[&principal.name], None, "kept for emergencies", "never")
}

/// The exception to paste to keep a principal, or one policy of some principals of an account, unchanged. Its
/// owner, reason and end date must be filled in: the configuration rejects the placeholder date.
pub(super) fn keep(account: &str, names: &[&str], policy: Option<&str>) -> Option<String> {
    block(account, names, policy, "WHY", "YYYY-MM-DD")
}

fn block(account: &str, names: &[&str], policy: Option<&str>, reason: &str, expires: &str) -> Option<String> {
    names.iter().copied().chain(policy).chain([account]).all(is_name).then(|| {
        let names: Vec<String> = names.iter().map(|it| format!("\"{it}\"")).collect();
        let policy = policy.map(|it| format!("policies = [\"{it}\"]\n")).unwrap_or_default();
        format!(
            "[[exception]]\naccounts = [\"{account}\"]\nnames = [{}]\n{policy}reason = \"{reason}\"\nowner = \"TEAM\"\nexpires = \"{expires}\"\n",
            names.join(", ")
        )
    })
}

/// The principals in their order, with those that look like emergency access at the end, so that they never lead a
/// list.
pub(super) fn last(principals: &[PrincipalRow]) -> Vec<&PrincipalRow> {
    let (kept, others): (Vec<_>, Vec<_>) = principals.iter().partition(|it| it.emergency.is_some());
    others.into_iter().chain(kept).collect()
}

/// Whether IAM allows such a name. It needs no escape in TOML and, after a letter, in a shell.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn an_exception_is_made_for_names_that_mean_themselves_alone() {
        assert!(
            ["break-glass", "emergency+ops", "a_b=c,d.e@f"]
                .into_iter()
                .all(is_name)
        );
        assert!(
            [
                "",
                "break*",
                "a?b",
                "a\"]\nnames = [\"*",
                "a\u{202e}",
                "é",
                "a\\b",
                "a b"
            ]
            .into_iter()
            .all(|it| !is_name(it))
        );
    }
}

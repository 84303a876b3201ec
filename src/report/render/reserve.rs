//! Principals that look like emergency access: they are idle by design.

use crate::report::PrincipalRow;
use crate::report::render::html::text::visible;

/// What to do with any other unused principal.
const REVIEW: &str = "Review it for deletion; ask its owner first, and look at who can assume it.";

/// What to do with one of them, in a sentence.
pub(super) const ADVICE: &str =
    "Do not delete it: add this exception to the config, and replace TEAM with the team that owns it.";

/// What to do with an unused principal.
pub(super) fn advice(principal: &PrincipalRow) -> &'static str {
    if principal.emergency.is_some() { ADVICE } else { REVIEW }
}

/// What to do with an unused credential of somebody who looks like emergency access.
pub(super) const KEEP: &str = "Do not delete it: its user looks like emergency access. Check that it still works, and add this \
     exception to the config; replace TEAM with the team that owns the user.";

/// What to do with an unused credential.
pub(super) fn about_credential(principal: &PrincipalRow, is_key: bool) -> &'static str {
    match (principal.emergency.is_some(), is_key) {
        (true, _) => {
            "Do not delete it: its user looks like emergency access. Check that it still works, and add an exception for the user."
        }
        (false, true) => "Deactivate it, wait for as long as it may be needed again, and delete it.",
        (false, false) => "Delete the user's console password.",
    }
}

/// The exception to paste for a principal that looks like emergency access.
pub(super) fn exception(principal: &PrincipalRow, account: &str) -> Option<String> {
    principal.emergency.as_ref()?;
    // What JSON writes as a string, TOML reads as one.
    let text = |text: &str| visible(&serde_json::Value::from(text).to_string());
    Some(format!(
        "[[exception]]\naccounts = [{}]\nnames = [{}]\nreason = \"kept for emergencies\"\nowner = \"TEAM\"\nexpires = \"never\"\n",
        text(account),
        text(&principal.name)
    ))
}

/// Principals in their order, but those that look like emergency access behind all others: they lead no list.
pub(super) fn last(principals: &[PrincipalRow]) -> Vec<&PrincipalRow> {
    let (kept, others): (Vec<_>, Vec<_>) = principals.iter().partition(|it| it.emergency.is_some());
    others.into_iter().chain(kept).collect()
}

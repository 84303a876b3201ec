//! Sentences that several formats share: what a change does, and where.

use leastwise_core::decide::HolderKind;
use leastwise_core::report::numbers::{count, counted};
use leastwise_core::report::{AccountSummary, Action, IdleCredential, PrincipalRow, Recommendation, Report};

/// An account, as people know it: `acme-sandbox (888888888888)`.
pub(super) fn account(summary: &AccountSummary) -> String {
    match summary.name.as_str() {
        "" => format!("account {}", summary.id),
        name => format!("{name} ({})", summary.id),
    }
}

/// What a policy is attached to: `role deploy`. Empty for a managed policy that is edited in place.
pub(super) fn attached(change: &Recommendation, show: &dyn Fn(&str) -> String) -> Option<String> {
    let named = |kind: HolderKind, name: &str| match kind {
        HolderKind::Managed => None,
        HolderKind::PermissionSet => Some(format!("permission set {}", show(name))),
        kind => Some(format!("{kind} {}", show(name))),
    };
    match change.holders.as_slice() {
        [] => named(change.holder_kind, &change.holder),
        [one] => named(one.kind, &one.name),
        [one, rest @ ..] => {
            named(one.kind, &one.name).map(|it| format!("{it} and {} more", count(&rest.len())))
        }
    }
}

/// What a change does, as a title: verb first, with the attachment and the account. Present tense, because nothing
/// is done yet.
pub(super) fn change(
    it: &Recommendation,
    on: Option<&str>,
    place: Option<&str>,
    show: &dyn Fn(&str) -> String,
) -> String {
    let (kind, policy) = (it.policy_ref().kind.title(), show(&it.policy));
    let granted = counted(it.proof.removed + it.proof.kept, "action");
    let less = format!("{} of {granted}", count(&it.proof.removed));
    let at = place.map(|place| format!(" in {place}")).unwrap_or_default();
    let of = on.map(|on| format!(" of {on}")).unwrap_or_default() + &at;
    match (it.action, on) {
        (Action::Replace | Action::NewVersion, _) => format!("Remove {less} from {kind} policy {policy}{of}"),
        (Action::Fork, Some(on)) => {
            format!("Give {on}{at} a reduced copy of {kind} policy {policy} that removes {less}")
        }
        (Action::Substitute, _) if it.creates.is_empty() => {
            format!(
                "Replace {kind} policy {policy}{of} with reduced statements in its inline policy: removes {less}"
            )
        }
        (Action::Substitute | Action::Fork, _) => {
            format!("Replace {kind} policy {policy}{of} with a reduced copy that removes {less}")
        }
        (Action::Split, _) => {
            let how = match it.creates.len() {
                1 => "moving it to a managed policy".to_owned(),
                parts => format!("splitting it into {} managed policies", count(&parts)),
            };
            format!("Remove {less} from {kind} policy {policy}{of} by {how}")
        }
        (Action::Detach, _) => {
            format!("Detach {kind} policy {policy}{of}: AWS reports all of its {granted} as unused")
        }
        (Action::Delete, _) => {
            format!("Delete {kind} policy {policy}{of}: AWS reports all of its {granted} as unused")
        }
    }
}

/// The same, with what the report says the policy is attached to.
pub(super) fn change_of(it: &Recommendation, place: Option<&str>, show: &dyn Fn(&str) -> String) -> String {
    change(it, attached(it, show).as_deref(), place, show)
}

/// What to do about an unused role or user.
pub(super) fn unused(row: &PrincipalRow, policies: &[&str], show: &dyn Fn(&str) -> String) -> String {
    let verb = if row.emergency.is_some() {
        "Keep or except"
    } else {
        "Review for deletion"
    };
    let holds = match policies {
        [] => String::new(),
        [one] => format!(" ({})", show(one)),
        [one, rest @ ..] => format!(" ({} and {} more)", show(one), count(&rest.len())),
    };
    format!("{verb}: unused {} {}{holds}", row.kind, show(&row.name))
}

/// What to do about the unused keys and password of a user.
pub(super) fn credentials(row: &PrincipalRow, show: &dyn Fn(&str) -> String) -> String {
    let keys = row.unused_access_keys.len();
    let keys = (keys > 0).then(|| counted(keys, "unused access key"));
    let password = row
        .unused_password
        .as_ref()
        .map(|_| "the unused password".to_owned());
    let all: Vec<String> = keys.into_iter().chain(password).collect();
    let verb = if row.emergency.is_some() {
        "Check"
    } else {
        "Retire"
    };
    format!("{verb} {} of user {}", all.join(" and "), show(&row.name))
}

/// What a policy grants, how much of it is unused, and what the change achieves.
pub(super) fn finding(change: &Recommendation) -> String {
    let (kind, policy) = (change.policy_ref().kind.title(), &change.policy);
    let (removed, granted) = (change.proof.removed, change.proof.removed + change.proof.kept);
    let mut text = format!(
        "{kind} policy {policy} grants {}, {} unused.",
        counted(granted, "permission"),
        count(&removed)
    );
    match change.impact.escalations.len() {
        0 => {}
        paths => {
            text.push_str(&format!(
                " The change closes {}.",
                counted(paths, "privilege escalation path")
            ));
        }
    }
    text.push_str(&format!(" Confidence: {}.", change.confidence.level));
    text
}

/// When a credential was last used.
pub(super) fn last_used(credential: &IdleCredential) -> String {
    match &credential.last_accessed {
        Some(last) => format!("last used on {}", leastwise_core::report::numbers::day(last)),
        None => "no recorded use".to_owned(),
    }
}

/// The code that a SARIF rule is named after: rules about policies are named after the action, or the reason for not
/// changing them.
pub fn code_of_rule(rule: &str) -> &str {
    ["policy-", "left-alone-"]
        .iter()
        .find_map(|it| rule.strip_prefix(it))
        .unwrap_or(rule)
}

/// Where the manual explains a rule, if the report knows where the manual is.
pub(super) fn page(report: &Report, rule: &str) -> Option<String> {
    let manual = report.manual.as_deref()?.trim_end_matches('/');
    Some(format!("{manual}/codes.html#{}", code_of_rule(rule)))
}

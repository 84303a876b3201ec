//! Sentences that several formats share: what a change does, and where.

use super::numbers::{count, counted};
use leastwise_core::decide::HolderKind;
use leastwise_core::report::{AccountSummary, Action, IdleCredential, Recommendation};

/// An account as people know it: `acme-sandbox (888888888888)`.
pub(super) fn account(summary: &AccountSummary) -> String {
    match summary.name.as_str() {
        "" => format!("account {}", summary.id),
        name => format!("{name} ({})", summary.id),
    }
}

/// What a policy is attached to: `role deploy`. A managed policy that is edited where it is names nobody.
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

/// What a change does, as a title: verb first.
pub(super) fn change(change: &Recommendation, show: &dyn Fn(&str) -> String) -> String {
    let (kind, policy) = (change.policy_ref().kind.title(), show(&change.policy));
    let (removed, granted) = (change.proof.removed, change.proof.removed + change.proof.kept);
    let all = counted(removed, "permission");
    let part = format!("{} of {}", count(&removed), counted(granted, "permission"));
    match change.action {
        Action::Replace | Action::NewVersion | Action::Split => {
            format!("Remove {part} from {kind} policy {policy}")
        }
        Action::Substitute | Action::Fork => {
            format!("Replace {kind} policy {policy} with a reduced copy, removing {part}")
        }
        Action::Detach => format!("Detach {kind} policy {policy}, which grants {all}, none used"),
        Action::Delete => format!("Delete {kind} policy {policy}, which grants {all}, none used"),
    }
}

/// What a policy grants and what of it is unused, with what the change is good for.
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
            text.push_str(&format!(" The change closes {}.", counted(paths, "privilege escalation path")));
        }
    }
    text.push_str(&format!(" Confidence: {}.", change.confidence.level));
    text
}

/// When a credential was last used.
pub(super) fn last_used(credential: &IdleCredential) -> String {
    match &credential.last_accessed {
        Some(last) => format!("last used on {}", super::numbers::day(last)),
        None => "no recorded use".to_owned(),
    }
}

/// The page that explains a code, where the project is published. A rule about a policy is named after the code of what to do
/// or of why nothing is done.
pub(super) fn page(rule: &str) -> Option<String> {
    let code = ["policy-", "left-alone-"].iter().find_map(|it| rule.strip_prefix(it)).unwrap_or(rule);
    let repository = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
    (!repository.is_empty()).then(|| format!("{repository}/blob/main/docs/codes.md#{code}"))
}

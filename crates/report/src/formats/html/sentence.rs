//! What there is to do, in a sentence that begins with a verb.

use super::text::{count, counted};
use leastwise_core::decide::{HolderKind, PolicyKind, PrincipalStatus};
use leastwise_core::report::{Action, IdleCredential, PrincipalRow, Recommendation};

/// Of a change: what is removed from which policy. Nothing is done yet, so nothing is in the past.
pub(super) fn change(it: &Recommendation) -> String {
    let granted = it.proof.removed + it.proof.kept;
    let less = format!("{} of {}", count(&it.proof.removed), counted(granted, "permission"));
    let kind = match it.policy_ref().kind {
        PolicyKind::Inline => "inline policy",
        PolicyKind::CustomerManaged => "policy",
        PolicyKind::AwsManaged => "AWS managed policy",
    };
    let policy = &it.policy;
    let of = holder(it);
    let of = if of.is_empty() { of } else { format!(" of {of}") };
    match it.action {
        Action::Replace | Action::NewVersion => format!("Remove {less} from {kind} {policy}{of}"),
        Action::Substitute => {
            format!("Replace {kind} {policy}{of} with a reduced copy that removes {less}")
        }
        Action::Fork => format!("Give {} a reduced copy of {kind} {policy} that removes {less}", holder(it)),
        Action::Split => {
            let parts = counted(it.creates.len(), "managed policy").replace("policys", "policies");
            format!("Remove {less} from {kind} {policy}{of} by splitting it into {parts}")
        }
        Action::Detach => {
            format!("Detach {kind} {policy}{of}: none of its {} is used", granted_words(granted))
        }
        Action::Delete => {
            format!("Delete {kind} {policy}{of}: none of its {} is used", granted_words(granted))
        }
    }
}

fn granted_words(granted: usize) -> String {
    counted(granted, "permission")
}

/// Whom a change is made for: the holder of an inline policy, or those whose attachments change.
fn holder(it: &Recommendation) -> String {
    let kind = |kind: HolderKind| match kind {
        HolderKind::PermissionSet => "permission set",
        HolderKind::Managed => "",
        other => other.name(),
    };
    match it.holders.as_slice() {
        [] if it.holder_kind == HolderKind::Managed => String::new(),
        [] => format!("{} {}", kind(it.holder_kind), it.holder),
        [one] => format!("{} {}", kind(one.kind), one.name),
        [first, rest @ ..] => format!("{} {} and {} more", kind(first.kind), first.name, count(&rest.len())),
    }
}

/// Of a role or user that nobody uses.
pub(super) fn unused(row: &PrincipalRow, policies: &[&str]) -> String {
    let verb = if row.emergency.is_some() { "Keep or except" } else { "Review for deletion" };
    let holds = match policies {
        [] => String::new(),
        [one] => format!(" ({one})"),
        [one, rest @ ..] => format!(" ({one} and {} more)", count(&rest.len())),
    };
    format!("{verb}: unused {} {}{holds}", row.kind, row.name)
}

/// Of the unused keys and password of a user.
pub(super) fn credentials(row: &PrincipalRow) -> String {
    let keys = row.unused_access_keys.len();
    let keys = (keys > 0).then(|| counted(keys, "unused access key"));
    let password = row.unused_password.as_ref().map(|_| "the unused password".to_owned());
    let all: Vec<String> = keys.into_iter().chain(password).collect();
    let verb = if row.emergency.is_some() { "Check" } else { "Deactivate" };
    format!("{verb} {} of user {}", all.join(" and "), row.name)
}

/// One unused credential.
pub(super) fn credential(it: &IdleCredential) -> String {
    let what = it
        .access_key_id
        .as_deref()
        .map_or_else(|| "Console password".to_owned(), |id| format!("Access key {id}"));
    match &it.last_accessed {
        Some(last) => format!("{what}, last used on {}", super::text::date(last)),
        None => format!("{what}, no recorded use"),
    }
}

/// The status of a principal, as the pages call it.
pub(super) fn status(status: PrincipalStatus) -> &'static str {
    match status {
        PrincipalStatus::Reducible => "Can be reduced",
        PrincipalStatus::UnusedPrincipal => "Unused role or user",
        PrincipalStatus::Blocked => "Unused, but blocked",
        PrincipalStatus::Clean => "No unused permissions",
        PrincipalStatus::NoFinding => "No finding",
        PrincipalStatus::Excluded => "Excepted",
        PrincipalStatus::TooYoung => "Too new",
        PrincipalStatus::NoEvidence => "No usage data",
        PrincipalStatus::Unsupported => "Managed by AWS",
        PrincipalStatus::Failed => "Not scanned",
        PrincipalStatus::Unknown => "Unknown",
    }
}

/// What a status means.
pub(super) fn meaning(status: PrincipalStatus) -> &'static str {
    match status {
        PrincipalStatus::Reducible => "A proven change removes unused permissions.",
        PrincipalStatus::UnusedPrincipal => {
            "AWS saw no use at all in the window. Confirm with the owner, then delete."
        }
        PrincipalStatus::Blocked => {
            "Has unused permissions, but its policies cannot be reduced. The page says why."
        }
        PrincipalStatus::Clean => "Nothing that AWS tracks is unused.",
        PrincipalStatus::NoFinding => "The analyzer has no finding. That is not proof of use.",
        PrincipalStatus::Excluded => "An exception keeps it as it is.",
        PrincipalStatus::TooYoung => "Created more recently than the window.",
        PrincipalStatus::NoEvidence => "AWS returned no usage data for it.",
        PrincipalStatus::Unsupported => "Service-linked: only the AWS service that owns it can change it.",
        PrincipalStatus::Failed => "Its account or its usage data could not be read.",
        PrincipalStatus::Unknown => "Written by another version of leastwise.",
    }
}

/// The statuses in which nothing can be said about use.
pub(super) const NOT_COVERED: [PrincipalStatus; 6] = [
    PrincipalStatus::NoFinding,
    PrincipalStatus::Excluded,
    PrincipalStatus::TooYoung,
    PrincipalStatus::NoEvidence,
    PrincipalStatus::Unsupported,
    PrincipalStatus::Failed,
];

//! Sentences that only pages use: about a credential, and about a status.

use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::IdleCredential;

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
        PrincipalStatus::NoEvidence => "It has no usage data that can be relied on.",
        PrincipalStatus::Unsupported => "Service-linked: only the AWS service that owns it can change it.",
        PrincipalStatus::Failed => "Its account or its usage data could not be read.",
        PrincipalStatus::Unknown => "Written by another version of leastwise.",
    }
}

/// Statuses that say nothing about use.
pub(super) const NOT_COVERED: [PrincipalStatus; 6] = [
    PrincipalStatus::NoFinding,
    PrincipalStatus::Excluded,
    PrincipalStatus::TooYoung,
    PrincipalStatus::NoEvidence,
    PrincipalStatus::Unsupported,
    PrincipalStatus::Failed,
];

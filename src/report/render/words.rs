//! The codes of a report in words, for people.

use crate::decide::{FamilyKind, PolicyKind, PrincipalStatus, ReasonEffect};
use crate::report::history::Status;
use crate::report::{Action, EvidenceKind, Note, PolicyState, Recommendation};

/// Statuses in the order in which people want to see them.
pub(super) const STATUSES: [PrincipalStatus; 10] = [
    PrincipalStatus::Reducible,
    PrincipalStatus::UnusedPrincipal,
    PrincipalStatus::Blocked,
    PrincipalStatus::Clean,
    PrincipalStatus::NoFinding,
    PrincipalStatus::Excluded,
    PrincipalStatus::TooYoung,
    PrincipalStatus::NoEvidence,
    PrincipalStatus::Unsupported,
    PrincipalStatus::Failed,
];

impl PrincipalStatus {
    /// As people call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Reducible => "Can be reduced",
            Self::UnusedPrincipal => "Unused",
            Self::Blocked => "Blocked",
            Self::Clean => "Clean",
            Self::NoFinding => "No finding",
            Self::Excluded => "Excluded",
            Self::TooYoung => "Too young",
            Self::NoEvidence => "No evidence",
            Self::Unsupported => "Not changeable",
            Self::Failed => "Not read",
            Self::Unknown => "Unknown",
        }
    }
}

/// Access levels, the one whose loss matters most first.
pub(super) const LEVELS: [(&str, &str); 6] = [
    ("permissions-management", "Permissions management"),
    ("write", "Write"),
    ("unknown", "Unknown level"),
    ("tagging", "Tagging"),
    ("read", "Read"),
    ("list", "List"),
];

impl Action {
    /// What to do, in a sentence.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Replace => "Put the smaller document in its place.",
            Self::NewVersion => "Make the smaller document a new default version of the policy.",
            Self::Substitute => {
                "Create a customer-managed copy that is smaller, attach it, and detach the policy of AWS."
            }
            Self::Fork => "Create a smaller copy for these holders, attach it, and detach the shared policy.",
            Self::Split => {
                "The result does not fit where it is: create managed policies of it, attach them, and remove this one."
            }
            Self::Detach => "Nothing of it is used: detach it.",
            Self::Delete => "Nothing of it is used: delete it.",
        }
    }
}

impl PolicyState {
    /// What becomes of a policy.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Smaller => "can be smaller, or go",
            Self::Kept => "stays as it is",
            Self::Copied => "a smaller copy takes its place",
            Self::Forked => "smaller copies take its place for those who need less",
            Self::Family => "changed once for many accounts",
            Self::PermissionSet => "part of a permission set, changed in Identity Center",
            Self::Idle => "nobody who holds it is in use",
            Self::Blocked => "shared with somebody who counts as using everything",
            Self::GrantTooYoung => "granted more recently than the evidence can tell of",
            Self::InUseByOthers => "what one does not use, another does",
            Self::UsedAsBoundary => "used as a permissions boundary, and so never edited",
            Self::AttachedElsewhere => "attached to more than the account shows",
            Self::Excepted => "an exception leaves it as it is",
            Self::DoesNotFit => "its smaller form does not fit the quota",
            Self::TooManyAttached => "its smaller form takes more policies than can be attached",
            Self::NotSureEnough => "the evidence is not sure enough",
            Self::NotProven => "its smaller form could not be proven",
            Self::KeptByRule => "what could go of it is what rules keep",
            Self::NotInCatalog => "its wildcards are over services that the catalog does not know",
            Self::NotAPolicy => "its document could not be understood",
            // The rows of families say why instead.
            Self::Refuted
            | Self::InUse
            | Self::ProvisionedDifferently
            | Self::AccountsUnread
            | Self::AccountsUnknown
            | Self::Unknown => self.name(),
        }
    }
}

impl Note {
    /// What to know, in a sentence.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::PolicyNewer => {
                "The policy was changed after the evidence was made: look whether the change was about what is removed here."
            }
            Self::ServiceNotInCatalog => {
                "It has a wildcard over a service that the catalog does not know; that wildcard stays, and is not part of the proof."
            }
            Self::CopyExists => {
                "An equal policy of that name is there already: it needs only to be attached."
            }
            Self::DetachBeforeAttach => {
                "A holder has ten policies attached: detach the old one before the new one is attached."
            }
            Self::EditThePermissionSet => {
                "Edit the permission set in IAM Identity Center and provision it anew; the roles in the accounts cannot be edited."
            }
            Self::AccountsUnread => {
                "Some accounts were not read, and the same policy may stand there too: look whether it is in use there."
            }
            Self::EditTheTemplate => {
                "The same policy stands in many accounts: edit the template that it comes from, and every account follows."
            }
            Self::Unknown => self.name(),
        }
    }
}

/// What to do about permissions whose use AWS does not see.
pub(super) const FIND_OUT: &str = "AWS does not record the use of these permissions, so they stay. To find out, \
ask the owner of the workload, or deny them to this principal alone for a while and watch for errors.";

impl Status {
    /// What became of a change since the earlier report.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Reopened => "back",
            Self::Regressed => "grants more than before",
            Self::Same => "as before",
            Self::New | Self::Changed | Self::Resolved | Self::Withheld | Self::NotRead => self.name(),
        }
    }
}

impl ReasonEffect {
    /// What a reason does to the confidence.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Supports => "supports it",
            Self::LowersToMedium => "lowers it to medium",
            Self::LowersToLow => "lowers it to low",
        }
    }
}

impl PolicyKind {
    /// As people call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::CustomerManaged => "customer-managed",
            Self::AwsManaged => "AWS-managed",
        }
    }
}

impl FamilyKind {
    /// As people call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::PermissionSet => "permission set",
            Self::Fleet => "fleet",
        }
    }
}

impl EvidenceKind {
    /// As people call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Analyzer => "IAM Access Analyzer",
            Self::LastAccessed => "IAM last-accessed data",
            Self::None => "no evidence",
            Self::Unknown => self.name(),
        }
    }
}

/// What is proven of every change, and what is not.
pub(super) const PROVEN: &str = "The smaller policy is proven against the evidence: nothing is gained, exactly the unused is \
                                 removed, what stays is what the author wrote, and what the evidence saw in use is still \
                                 allowed. That AWS saw every use is not proven.";

impl Recommendation {
    /// What to do with which files, in a sentence.
    pub(super) fn how_to_fix(&self) -> String {
        let after = &self.files.after;
        match self.action {
            Action::Replace => format!("Put the document {after} of the report in its place."),
            Action::NewVersion => format!("Make the document {after} of the report its new default version."),
            Action::Substitute | Action::Fork => format!(
                "Create {} from the document {after} of the report, attach it in place of this policy, and detach this one.",
                self.creates.join(", "),
            ),
            Action::Split => format!(
                "Create {} from the documents in {after} of the report, attach them, and remove this policy.",
                self.creates.join(", "),
            ),
            Action::Detach => "Detach the policy: all that it grants is reported unused.".to_owned(),
            Action::Delete => "Delete the policy: all that it grants is reported unused.".to_owned(),
        }
    }
}

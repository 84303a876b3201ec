//! Titles and sentences for the codes of a report.

use crate::decide::{FamilyKind, PolicyKind, PrincipalStatus, ReasonEffect};
use crate::report::Status;
use crate::report::{Action, ActionLevel, EvidenceKind, Note, PolicyState, Recommendation};

/// Statuses in display order.
pub const STATUSES: [PrincipalStatus; 10] = [
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
    /// Title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reducible => "Can be reduced",
            Self::UnusedPrincipal => "Unused role or user",
            Self::Blocked => "Unused permissions, blocked",
            Self::Clean => "No unused permissions",
            Self::NoFinding => "No finding",
            Self::Excluded => "Excepted",
            Self::TooYoung => "Too new",
            Self::NoEvidence => "No usage data",
            Self::Unsupported => "Managed by AWS",
            Self::Failed => "Not scanned",
            Self::Unknown => "Unknown",
        }
    }
}

impl ActionLevel {
    /// Title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::PermissionsManagement => "Permissions management",
            Self::Write => "Write",
            Self::Unknown => "Unknown level",
            Self::Tagging => "Tagging",
            Self::Read => "Read",
            Self::List => "List",
        }
    }
}

impl Action {
    /// What to do, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Replace => "Replace the inline policy with the reduced version.",
            Self::NewVersion => {
                "Create a new default version of the managed policy with the reduced document."
            }
            Self::Substitute => "Attach a reduced customer managed copy and detach the AWS managed policy.",
            Self::Fork => "Attach a reduced copy to these principals and detach the shared policy from them.",
            Self::Split => {
                "The reduced policy exceeds the size limit: create managed policies from it, attach them, and remove the original."
            }
            Self::Detach => "Detach the policy: AWS reports all of its permissions as unused.",
            Self::Delete => "Delete the policy: AWS reports all of its permissions as unused.",
        }
    }
}

impl PolicyState {
    /// Result for a policy, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Smaller => "can be reduced",
            Self::Kept => "no change",
            Self::Copied => "replaced by a reduced copy",
            Self::Forked => "replaced by reduced copies for principals that need less",
            Self::Family => "one change for several accounts",
            Self::PermissionSet => "part of a permission set, changed in Identity Center",
            Self::Idle => "attached only to unused principals",
            Self::Blocked => "shared with a principal treated as using everything",
            Self::GrantTooYoung => "granted too recently for the usage data",
            Self::InUseByOthers => "used by others it is attached to",
            Self::UsedAsBoundary => "also a permissions boundary, which is never edited",
            Self::AttachedElsewhere => "attached to principals that this scan does not see",
            Self::Excepted => "kept by an exception",
            Self::DoesNotFit => "reduced, it still exceeds the size limit",
            Self::TooManyAttached => "reduced, it becomes more policies than can be attached",
            Self::NotSureEnough => "confidence below `min-confidence`",
            Self::NotProven => "the reduced policy could not be proven",
            Self::KeptByRule => "unused permissions kept by a rule",
            Self::NotInCatalog => "wildcards of services that the catalog does not know",
            Self::FollowsAws => "extended by AWS for its service or agent",
            Self::NotAPolicy => "policy document could not be read",
            Self::Refuted => "the reduced policy failed its proof (a bug in leastwise)",
            Self::InUse => "used in at least one account",
            Self::ProvisionedDifferently => "differs between accounts",
            Self::AccountsUnread => "some of its accounts were not scanned",
            Self::AccountsUnknown => "its accounts could not be listed",
            Self::Unknown => self.name(),
        }
    }
}

impl Note {
    /// What to know, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::PolicyNewer => {
                "The policy changed after the usage data was taken. Check whether that change affects the permissions removed here."
            }
            Self::ServiceNotInCatalog => {
                "A wildcard of a service that the catalog does not know is kept and is not part of the proof."
            }
            Self::CopyExists => {
                "An identical policy with this name already exists and only needs to be attached."
            }
            Self::DetachBeforeAttach => {
                "The limit of 10 attached policies is reached: detach the old policy before attaching the new one, or request a quota increase (maximum 20)."
            }
            Self::EditThePermissionSet => {
                "Edit the permission set in IAM Identity Center and provision it again. Its roles in the accounts cannot be edited."
            }
            Self::AccountsUnread => {
                "Some accounts were not scanned and may have the same policy. Check whether it is used there."
            }
            Self::NoLongerFollowsAws => {
                "AWS will no longer update these permissions: when AWS extends its policy, extend the copy yourself."
            }
            Self::PoliciesInEveryAccount => {
                "Every account that gets the permission set later needs these policies first; without them its assignment fails. Create them with a StackSet."
            }
            Self::Disputed => {
                "AWS disputed the same change when an earlier report was checked. Compare the opinions in the check.json of that report."
            }
            Self::EditTheTemplate => {
                "Several accounts have this policy. Edit the template that deploys it, and all of them follow."
            }
            Self::Unknown => self.name(),
        }
    }
}

/// Why neither a script nor a template makes a change that AWS disputed.
pub const DISPUTED_BEFORE: &str = "AWS disputed it when an earlier report was checked";

/// What to do about permissions whose use AWS does not track.
pub const FIND_OUT: &str = "AWS does not track the use of these permissions, so they are kept. To find out whether they are \
needed, ask the owner of the workload, or deny them to this principal for a while and watch for errors.";

impl Status {
    /// Title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reopened => "back after it was resolved",
            Self::Regressed => "grants more than before",
            Self::Same => "unchanged",
            Self::NotRead => "not scanned",
            Self::New | Self::Changed | Self::Resolved | Self::Withheld => self.name(),
        }
    }
}

impl ReasonEffect {
    /// Title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Supports => "supports",
            Self::LowersToMedium => "lowers to medium",
            Self::LowersToLow => "lowers to low",
        }
    }
}

impl PolicyKind {
    /// Title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::CustomerManaged => "customer managed",
            Self::AwsManaged => "AWS managed",
        }
    }
}

impl FamilyKind {
    /// Title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::PermissionSet => "permission set",
            Self::Fleet => "shared across accounts",
        }
    }
}

impl EvidenceKind {
    /// Title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Analyzer => "IAM Access Analyzer",
            Self::LastAccessed => "IAM last-accessed data",
            Self::None => "no usage data",
            Self::Unknown => self.name(),
        }
    }
}

/// What is proven for every change, and what is not.
pub const PROVEN: &str = "Proven: the reduced policy grants nothing new, loses only permissions that AWS reports as unused, \
                                 and changes nothing else. Not proven: that AWS recorded every use.";

impl Recommendation {
    /// What to do with which files, as a sentence.
    pub fn how_to_fix(&self) -> String {
        let after = &self.files.after;
        match self.action {
            Action::Replace => format!("Replace the inline policy with {after} from the report."),
            Action::NewVersion => {
                format!("Create a new default version of the managed policy from {after} in the report.")
            }
            Action::Substitute if self.creates.is_empty() => format!(
                "Add the statements of {after} in the report to the inline policy of the permission set, and detach the AWS managed policy."
            ),
            Action::Substitute | Action::Fork => format!(
                "Create {} from {after} in the report, attach the copy, and detach the original policy.",
                self.creates.join(", "),
            ),
            Action::Split => format!(
                "Create {} from the documents in {after} in the report, attach them, and remove the original policy.",
                self.creates.join(", "),
            ),
            Action::Detach | Action::Delete => self.action.sentence().to_owned(),
        }
    }
}

//! The codes of a report, besides those of [`crate::decide`], with what each one means.

use crate::catalog::AccessLevel;

codes! {
    /// Reason for the status of a principal.
    pub enum PrincipalCode {
        /// Only the AWS service that owns the role can change it.
        ServiceLinked = "service-linked",
        /// A rule excludes it from changes.
        Excluded = "excluded",
        /// Its usage data is older than the configuration allows.
        EvidenceTooOld = "evidence-too-old",
        /// The usage data of the account could not be read.
        EvidenceUnread = "evidence-unread",
        /// Its finding could not be read.
        FindingUnread = "finding-unread",
        /// AWS does not track the use of any of its permissions.
        UseNotObserved = "use-not-observed",
        /// It looks like emergency access and was not used.
        EmergencyAccessUnused = "emergency-access-unused",
        /// It was not used.
        PrincipalUnused = "principal-unused",
        /// It was created within the window.
        YoungerThanWindow = "younger-than-window",
        /// A rule of the analyzer excludes it.
        ExcludedByAnalyzer = "excluded-by-analyzer",
        /// Its findings are archived.
        FindingsArchived = "findings-archived",
        /// The account has no source of usage data.
        NoSource = "no-source",
        /// No last-accessed data was recorded for it.
        NoAnswer = "no-answer",
        /// No finding, although it grants more than any principal is likely to use.
        NoFindingImprobable = "no-finding-improbable",
        /// No finding, which does not prove use.
        NoFinding = "no-finding",
        /// It used everything that AWS tracks.
        NothingUnused = "nothing-unused",
        /// Some of its policies can be reduced or removed.
        PermissionsUnused = "permissions-unused",
        /// It has unused permissions, but its policies cannot be changed.
        PoliciesStay = "policies-stay",
        /// None of its policies grants the permissions reported as unused.
        NothingGranted = "nothing-granted",
        /// The analyzer failed for it.
        ErrorFinding = "error-finding",
        /// Its finding has no details.
        EmptyFinding = "empty-finding",
        /// Its finding has details that this version does not know.
        UnknownDetails = "unknown-details",
        /// Its usage data reports the same action as both used and unused.
        ContradictoryEvidence = "contradictory-evidence",
        /// Its usage data reports no use, but IAM recorded use.
        UnusedButRecentlyUsed = "unused-but-recently-used",
        /// The last-accessed job did not complete.
        JobNotCompleted = "job-not-completed",
        /// The last-accessed job did not include actions.
        JobNotActionLevel = "job-not-action-level",
        /// Only part of its usage data was recorded.
        AnswerTruncated = "answer-truncated",
        /// It was used in a Region where IAM does not track use.
        UntrackedRegion = "untracked-region",
        ..
    }
}

codes! {
    /// Result for a policy.
    pub enum PolicyState {
        /// It can be reduced, detached or deleted.
        Smaller = "smaller",
        /// A reduced copy replaces an AWS managed policy.
        Copied = "copied",
        /// Reduced copies replace it for the principals that need less.
        Forked = "forked",
        /// Several accounts share it and get one change.
        Family = "family",
        /// It belongs to a permission set.
        PermissionSet = "permission-set",
        /// All of it is used.
        Kept = "kept",
        /// Each unused permission is used in another account.
        InUse = "in-use",
        /// Its document could not be read.
        NotAPolicy = "not-a-policy",
        /// An exception keeps it.
        Excepted = "excepted",
        /// It is also a permissions boundary.
        UsedAsBoundary = "used-as-boundary",
        /// It is attached to principals that the scan does not see.
        AttachedElsewhere = "attached-elsewhere",
        /// Each unused permission is used by another principal.
        InUseByOthers = "in-use-by-others",
        /// It is shared with a principal that is treated as using everything.
        Blocked = "blocked",
        /// The reduced policy exceeds the size limit.
        DoesNotFit = "does-not-fit",
        /// The reduced policy becomes more policies than can be attached.
        TooManyAttached = "too-many-attached",
        /// The confidence is below `min-confidence`.
        NotSureEnough = "not-sure-enough",
        /// The reduced policy could not be proven.
        NotProven = "not-proven",
        /// The proof of the reduced policy failed, which is a bug in leastwise.
        Refuted = "refuted",
        /// The accounts have different versions of it.
        ProvisionedDifferently = "provisioned-differently",
        /// Accounts that may have it were not scanned.
        AccountsUnread = "accounts-unread",
        /// The accounts that have it could not be listed.
        AccountsUnknown = "accounts-unknown",
        /// Rules keep its unused permissions.
        KeptByRule = "kept-by-rule",
        /// Its unused permissions belong to services that the catalog lacks.
        NotInCatalog = "not-in-catalog",
        /// It was granted too recently to judge.
        GrantTooYoung = "grant-too-young",
        /// AWS extends it when its service or agent needs more, and a copy would not follow.
        FollowsAws = "follows-aws",
        /// All who hold it are reported unused.
        Idle = "idle",
        ..
    }
}

codes! {
    /// What to know before applying a change.
    pub enum Note {
        /// The policy changed after the usage data was evaluated.
        PolicyNewer = "policy-newer-than-evidence",
        /// A wildcard of a service that the catalog lacks is kept.
        ServiceNotInCatalog = "service-not-in-catalog",
        /// The policy to create already exists.
        CopyExists = "copy-exists",
        /// The limit of attached policies leaves no room for both policies at once.
        DetachBeforeAttach = "detach-before-attach",
        /// Make the change in IAM Identity Center.
        EditThePermissionSet = "edit-the-permission-set",
        /// Make the change in the template that deploys the policy.
        EditTheTemplate = "edit-the-template",
        /// Accounts that were not scanned may have the same policy.
        AccountsUnread = "accounts-unread",
        /// It replaces a policy of AWS by a copy, which does not follow AWS's updates.
        NoLongerFollowsAws = "no-longer-follows-aws",
        /// Every account that gets the permission set needs the policies that it is to name.
        PoliciesInEveryAccount = "policies-in-every-account",
        /// AWS disputed the same change when an earlier report was checked.
        Disputed = "disputed",
        ..
    }
}

codes! {
    /// Source of usage data.
    #[derive(Default, PartialOrd, Ord)]
    pub enum EvidenceKind {
        /// Findings of IAM Access Analyzer.
        Analyzer = "analyzer",
        /// IAM last-accessed data.
        LastAccessed = "last-accessed",
        /// No usage data.
        #[default]
        None = "none",
        ..
    }
}

codes! {
    /// How to change a shared policy.
    pub enum Choice {
        /// Edit it for everything it is attached to.
        InPlace = "in-place",
        /// Attach reduced copies to the principals that need less.
        Fork = "fork",
    }
}

codes! {
    /// Result of the proof. Only proven changes are recommended.
    pub enum ProofVerdict {
        /// Proven.
        Proven = "proven",
    }
}

codes! {
    /// Access level of an action, as AWS classifies it, the most dangerous first.
    pub enum ActionLevel {
        /// Grants or changes permissions.
        PermissionsManagement = "permissions-management",
        /// Creates, changes or deletes.
        Write = "write",
        /// The catalog lacks the action.
        Unknown = "unknown",
        /// Changes tags only.
        Tagging = "tagging",
        /// Reads a resource.
        Read = "read",
        /// Lists resources.
        List = "list",
    }
}

impl ActionLevel {
    /// The access level as the catalog names it.
    pub fn in_catalog(self) -> Option<AccessLevel> {
        match self {
            Self::PermissionsManagement => Some(AccessLevel::PermissionsManagement),
            Self::Write => Some(AccessLevel::Write),
            Self::Unknown => None,
            Self::Tagging => Some(AccessLevel::Tagging),
            Self::Read => Some(AccessLevel::Read),
            Self::List => Some(AccessLevel::List),
        }
    }
}

sorted_by_name!(PrincipalCode, PolicyState, ActionLevel);

impl PolicyState {
    /// Why a principal keeps unused permissions of a policy with this result.
    pub fn why(self) -> &'static str {
        match self {
            Self::Blocked => "the policy is shared with a principal treated as using everything",
            Self::UsedAsBoundary => "the policy is also a permissions boundary",
            Self::AttachedElsewhere => "the policy is attached to principals that this scan does not see",
            Self::Excepted => "an exception keeps the policy",
            Self::KeptByRule => "an exception or `keep` keeps the permissions",
            Self::DoesNotFit | Self::TooManyAttached => "the reduced policy exceeds IAM's quotas",
            Self::NotSureEnough => "confidence is lower than `min-confidence`",
            Self::GrantTooYoung => "the policy was granted too recently to judge",
            Self::NotProven | Self::Refuted => "the reduced policy could not be proven",
            Self::NotInCatalog => "the catalog does not know the service",
            Self::NotAPolicy => "the policy document could not be read",
            Self::FollowsAws => "AWS extends the policy when its service or agent needs more",
            Self::PermissionSet => "the policy comes from a permission set that cannot be reduced now",
            Self::Family => "the policy is shared across accounts and gets one change for all",
            Self::Idle => "every principal the policy is attached to is unused",
            Self::Smaller
            | Self::Copied
            | Self::Forked
            | Self::Kept
            | Self::InUse
            | Self::InUseByOthers
            | Self::ProvisionedDifferently
            | Self::AccountsUnread
            | Self::AccountsUnknown
            | Self::Unknown => "no permission is unused by every principal the policy is attached to",
        }
    }

    /// How to fix a policy with this result.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Blocked => {
                "detach the policy from principals that do not need it, or scan with `--shared fork` to give the others a \
                 reduced copy"
            }
            Self::InUseByOthers => {
                "scan with `--shared fork` to give each principal a copy with what it needs"
            }
            Self::UsedAsBoundary => "attach a separate policy, so that the boundary is not edited",
            Self::AttachedElsewhere => {
                "scan with credentials that can list all users, groups and roles of the account"
            }
            Self::Excepted | Self::KeptByRule => {
                "review the exception, and remove it if its reason no longer holds"
            }
            Self::DoesNotFit | Self::TooManyAttached => {
                "detach policies that are no longer needed, ask AWS for a higher quota, or use `wildcards = \"open\"`"
            }
            Self::NotSureEnough => {
                "review the reasons, then scan with `--min-confidence low` to get the reduced policy"
            }
            Self::GrantTooYoung => "wait until the grant is older than the window",
            Self::NotInCatalog => {
                "run `leastwise catalog update`, or replace the wildcard with the actions you need"
            }
            Self::PermissionSet => {
                "change the permission set in Identity Center once no other account needs the permissions"
            }
            Self::FollowsAws => {
                "keep it; or attach a customer managed policy of your own, and extend that whenever AWS extends this one"
            }
            Self::Idle => "delete the unused principals, or detach the policy from them",
            Self::NotProven
            | Self::Refuted
            | Self::NotAPolicy
            | Self::Smaller
            | Self::Copied
            | Self::Forked
            | Self::Family
            | Self::Kept
            | Self::InUse
            | Self::ProvisionedDifferently
            | Self::AccountsUnread
            | Self::AccountsUnknown
            | Self::Unknown => "review the policy manually",
        }
    }
}

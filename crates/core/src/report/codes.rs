//! The words of a report beside those of [`crate::decide`]: each with what it means, in one place.

use crate::catalog::AccessLevel;

codes! {
    /// Why a principal has its status.
    pub enum PrincipalCode {
        /// Only the AWS service that owns it can change it.
        ServiceLinked = "service-linked",
        /// A rule leaves it as it is.
        Excluded = "excluded",
        /// Its evidence is older than the config allows.
        EvidenceTooOld = "evidence-too-old",
        /// The account's evidence could not be read.
        EvidenceUnread = "evidence-unread",
        /// Its finding could not be read.
        FindingUnread = "finding-unread",
        /// AWS does not see the use of anything that it may do.
        UseNotObserved = "use-not-observed",
        /// It looks like emergency access and was not used.
        EmergencyAccessUnused = "emergency-access-unused",
        /// It was not used.
        PrincipalUnused = "principal-unused",
        /// It is younger than the window.
        YoungerThanWindow = "younger-than-window",
        /// A rule of the analyzer excludes it.
        ExcludedByAnalyzer = "excluded-by-analyzer",
        /// Its findings are archived.
        FindingsArchived = "findings-archived",
        /// The account has no source of evidence.
        NoSource = "no-source",
        /// No last-accessed data was recorded for it.
        NoAnswer = "no-answer",
        /// No finding, though it may do more than anybody uses.
        NoFindingImprobable = "no-finding-improbable",
        /// No finding, which is not proof of use.
        NoFinding = "no-finding",
        /// Everything that AWS records about it was used.
        NothingUnused = "nothing-unused",
        /// Some of its policies can be reduced or removed.
        PermissionsUnused = "permissions-unused",
        /// Its policies stay although it does not use all of them.
        PoliciesStay = "policies-stay",
        /// None of its policies grants what is reported unused.
        NothingGranted = "nothing-granted",
        /// The analyzer failed on it.
        ErrorFinding = "error-finding",
        /// Its finding has no details.
        EmptyFinding = "empty-finding",
        /// Its finding has details that this version does not know.
        UnknownDetails = "unknown-details",
        /// Its evidence calls one action both unused and used.
        ContradictoryEvidence = "contradictory-evidence",
        /// Its evidence calls it unused, and IAM saw it in use.
        UnusedButRecentlyUsed = "unused-but-recently-used",
        /// The job that gathered its last-accessed data did not complete.
        JobNotCompleted = "job-not-completed",
        /// That job did not look at actions.
        JobNotActionLevel = "job-not-action-level",
        /// Only a part of its evidence was recorded.
        AnswerTruncated = "answer-truncated",
        /// It was used where IAM does not record what is used.
        UntrackedRegion = "untracked-region",
        ..
    }
}

codes! {
    /// What becomes of a policy.
    pub enum PolicyState {
        /// It can be smaller, or go.
        Smaller = "smaller",
        /// A smaller copy takes the place of a policy of AWS.
        Copied = "copied",
        /// Smaller copies take its place for those who need less.
        Forked = "forked",
        /// It is decided for many accounts together.
        Family = "family",
        /// It comes from a permission set.
        PermissionSet = "permission-set",
        /// All of it is used.
        Kept = "kept",
        /// What one account does not use, another does.
        InUse = "in-use",
        /// Its document could not be read.
        NotAPolicy = "not-a-policy",
        /// An exception keeps it.
        Excepted = "excepted",
        /// It is a permissions boundary as well.
        UsedAsBoundary = "used-as-boundary",
        /// It is attached to more than the account shows.
        AttachedElsewhere = "attached-elsewhere",
        /// What one holder does not use, another does.
        InUseByOthers = "in-use-by-others",
        /// A holder counts as using everything.
        Blocked = "blocked",
        /// The smaller policy does not fit its quota.
        DoesNotFit = "does-not-fit",
        /// The smaller policies are more than can be attached.
        TooManyAttached = "too-many-attached",
        /// The confidence is lower than the config asks for.
        NotSureEnough = "not-sure-enough",
        /// The smaller policy could not be proven.
        NotProven = "not-proven",
        /// The smaller policy was refuted: a defect of leastwise.
        Refuted = "refuted",
        /// The accounts have different versions of it.
        ProvisionedDifferently = "provisioned-differently",
        /// Accounts that may use it were not read.
        AccountsUnread = "accounts-unread",
        /// Accounts that may use it are not known.
        AccountsUnknown = "accounts-unknown",
        /// Rules keep what could go of it.
        KeptByRule = "kept-by-rule",
        /// What could go of it is beyond the catalog.
        NotInCatalog = "not-in-catalog",
        /// It was granted too recently to tell.
        GrantTooYoung = "grant-too-young",
        /// AWS extends it when its service or agent needs more, and a copy would not follow.
        FollowsAws = "follows-aws",
        /// All who hold it are reported unused.
        Idle = "idle",
        ..
    }
}

codes! {
    /// What to know before acting on a recommendation.
    pub enum Note {
        /// The policy changed after the evidence was made.
        PolicyNewer = "policy-newer-than-evidence",
        /// A wildcard over a service that the catalog does not know stays.
        ServiceNotInCatalog = "service-not-in-catalog",
        /// The policy to create is there already.
        CopyExists = "copy-exists",
        /// There is no room for both policies at once.
        DetachBeforeAttach = "detach-before-attach",
        /// The change is made in Identity Center.
        EditThePermissionSet = "edit-the-permission-set",
        /// The change is better made in the template.
        EditTheTemplate = "edit-the-template",
        /// The same policy may stand in accounts that were not read.
        AccountsUnread = "accounts-unread",
        /// It replaces a policy of AWS by a copy, which does not follow AWS's updates.
        NoLongerFollowsAws = "no-longer-follows-aws",
        /// Every account that gets the permission set needs the policies that it is to name.
        PoliciesInEveryAccount = "policies-in-every-account",
        ..
    }
}

codes! {
    /// Where evidence comes from.
    #[derive(Default, PartialOrd, Ord)]
    pub enum EvidenceKind {
        /// Findings of IAM Access Analyzer.
        Analyzer = "analyzer",
        /// IAM's last-accessed data.
        LastAccessed = "last-accessed",
        /// There is none.
        #[default]
        None = "none",
        ..
    }
}

codes! {
    /// How to go about a shared policy.
    pub enum Choice {
        /// Edit it for all who hold it.
        InPlace = "in-place",
        /// Copy it for those who need less.
        Fork = "fork",
    }
}

codes! {
    /// What was found out about a recommendation. Nothing else than what is proven is published.
    pub enum ProofVerdict {
        /// It is proven.
        Proven = "proven",
    }
}

codes! {
    /// What an action does, as AWS classes it, the level whose loss matters most first.
    pub enum ActionLevel {
        /// Grants or changes permissions.
        PermissionsManagement = "permissions-management",
        /// Creates, changes or deletes.
        Write = "write",
        /// The catalog does not have the action.
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
    /// As the catalog has it.
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
    /// Why a principal keeps what it does not use, where this becomes of the policy.
    pub fn why(self) -> &'static str {
        match self {
            Self::Blocked => "the policy is shared with a principal treated as using everything",
            Self::UsedAsBoundary => "the policy is also a permissions boundary",
            Self::AttachedElsewhere => "the policy is attached to principals that this scan does not see",
            Self::Excepted => "an exception keeps the policy",
            Self::KeptByRule => "an exception or `keep` keeps the permissions",
            Self::DoesNotFit | Self::TooManyAttached => "the reduced policy exceeds IAM's quotas",
            Self::NotSureEnough => "confidence is lower than `min-confidence`",
            Self::GrantTooYoung => "the policy was granted too recently to tell",
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

    /// What to do about a policy that stays.
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

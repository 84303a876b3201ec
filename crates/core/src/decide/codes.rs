//! Codes of decisions. Reports contain them, and programs compare them.

use crate::inventory::PrincipalKind;

codes! {
    /// Kind of policy.
    #[derive(PartialOrd, Ord)]
    pub enum PolicyKind {
        /// Embedded in a role, user or group.
        Inline = "inline",
        /// A managed policy of the account.
        CustomerManaged = "customer-managed",
        /// A managed policy of AWS, which only AWS can edit.
        AwsManaged = "aws-managed",
    }
}

codes! {
    /// What a change edits, or what a policy is attached to.
    pub enum HolderKind {
        /// A role.
        Role = "role",
        /// A user.
        User = "user",
        /// A group.
        Group = "group",
        /// A customer-managed policy, edited for everything it is attached to.
        Managed = "managed",
        /// A permission set of IAM Identity Center.
        PermissionSet = "permission-set",
    }
}

impl HolderKind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl From<PrincipalKind> for HolderKind {
    fn from(kind: PrincipalKind) -> Self {
        match kind {
            PrincipalKind::Role => Self::Role,
            PrincipalKind::User => Self::User,
        }
    }
}

codes! {
    /// Why policies of several accounts get one change.
    #[derive(PartialOrd, Ord)]
    pub enum FamilyKind {
        /// They come from one permission set of IAM Identity Center, where the change is made.
        PermissionSet = "permission-set",
        /// Their principals have the same name and their documents are equal, so one template deployed them.
        Fleet = "fleet",
    }
}

codes! {
    /// Result for a principal. Every principal has exactly one status.
    pub enum PrincipalStatus {
        /// A reduced policy is recommended.
        #[serde(alias = "refined")]
        Reducible = "reducible",
        /// It has unused permissions that cannot be removed, for a stated reason.
        Blocked = "blocked",
        /// None of its permissions is unused.
        Clean = "clean",
        /// The analyzer has no finding about it, which does not prove use.
        NoFinding = "no-finding",
        /// It was not used at all: review it for deletion.
        UnusedPrincipal = "unused-principal",
        /// A rule excludes it.
        Excluded = "excluded",
        /// It was created within the window.
        TooYoung = "too-young",
        /// There is no reliable usage data about it.
        NoEvidence = "no-evidence",
        /// Its owner cannot change it.
        Unsupported = "unsupported",
        /// It could not be read.
        Failed = "failed",
        ..
    }
}

codes! {
    /// State of a rule, or a problem with it.
    pub enum RuleCode {
        /// It applies.
        Active = "active",
        /// It expired and was ignored.
        Expired = "expired",
        /// It expires soon.
        Expiring = "expiring",
        /// It matches nothing in this scan.
        NeverMatched = "never-matched",
        /// It covers more than was probably intended.
        OverBroad = "over-broad",
        ..
    }
}

sorted_by_name!(HolderKind, PrincipalStatus);

codes! {
    /// Level of confidence.
    #[derive(Default, PartialOrd, Ord)]
    pub enum Level {
        /// A reason suggests that the permissions may still be needed.
        #[default]
        Low = "low",
        /// Something is unknown.
        Medium = "medium",
        /// No reason against the change.
        High = "high",
    }
}

codes! {
    /// Effect of a reason on the confidence. Lists use this order.
    #[derive(PartialOrd, Ord)]
    pub enum ReasonEffect {
        /// Lowers it to low.
        LowersToLow = "lowers-to-low",
        /// Lowers it to medium.
        LowersToMedium = "lowers-to-medium",
        /// Supports it.
        Supports = "supports",
    }
}

impl ReasonEffect {
    /// The highest level that the reason allows.
    pub fn most(self) -> Level {
        match self {
            Self::LowersToLow => Level::Low,
            Self::LowersToMedium => Level::Medium,
            Self::Supports => Level::High,
        }
    }
}

codes! {
    /// Reason for a level of confidence.
    pub enum ReasonCode {
        /// The policy changed after the usage data was evaluated.
        PolicyNewer = "policy-newer-than-evidence",
        /// The usage data names actions that the catalog lacks.
        CatalogBehind = "catalog-behind",
        /// The window is too short for monthly use.
        WindowVeryShort = "window-very-short",
        /// The name, path or tags suggest emergency access.
        BreakGlass = "hint-break-glass",
        /// They suggest disaster recovery.
        DisasterRecovery = "hint-disaster-recovery",
        /// They suggest backups.
        Backup = "hint-backup",
        /// They suggest work that runs a few times a year.
        Calendar = "hint-calendar",
        /// They suggest deployments.
        Deployment = "hint-deployment",
        /// They suggest account setup.
        LandingZone = "hint-landing-zone",
        /// They suggest a migration.
        Migration = "hint-migration",
        /// They suggest audits.
        Audit = "hint-audit",
        /// It is unknown when the permission was granted.
        GrantAgeUnknown = "grant-age-unknown",
        /// Some removed actions are rarely needed, but then urgently.
        RareActions = "rarely-used-actions",
        /// The change replaces a policy of AWS by a copy, which does not follow AWS's updates.
        NoLongerFollowsAws = "no-longer-follows-aws",
        /// The window misses what is needed once a quarter.
        WindowShort = "window-short",
        /// The principal is not much older than the window.
        Young = "principal-young",
        /// It is unknown when the principal was created.
        AgeUnknown = "principal-age-unknown",
        /// It is unknown when the usage data was evaluated.
        EvidenceUndated = "evidence-undated",
        /// The principal was last used before the window.
        UnusedInWindow = "last-use-before-window",
        /// It is unknown when the principal was last used.
        LastUseUnknown = "last-use-unknown",
        /// The principal was used within the window.
        UsedInWindow = "used-in-window",
        /// Whole services are unused.
        ByService = "unused-by-service",
        /// Individual actions are unused.
        ByAction = "unused-by-action",
        /// Whole services and individual actions are unused.
        ByServiceAndAction = "unused-by-service-and-action",
        ..
    }
}

//! The words for what is decided. Reports hold them, and programs compare them.

use crate::inventory::PrincipalKind;

codes! {
    /// What a policy is.
    #[derive(PartialOrd, Ord)]
    pub enum PolicyKind {
        /// It lives in its holder.
        Inline = "inline",
        /// A managed policy of the account.
        CustomerManaged = "customer-managed",
        /// A managed policy of AWS, which nobody else can edit.
        AwsManaged = "aws-managed",
    }
}

codes! {
    /// Whose policy a change is about.
    pub enum HolderKind {
        /// A role.
        Role = "role",
        /// A user.
        User = "user",
        /// A group.
        Group = "group",
        /// A customer-managed policy itself, edited for all who hold it.
        Managed = "managed",
        /// A permission set of Identity Center.
        PermissionSet = "permission-set",
    }
}

impl HolderKind {
    /// The one of that name.
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
    /// What makes policies of several accounts one.
    #[derive(PartialOrd, Ord)]
    pub enum FamilyKind {
        /// They come from one permission set of Identity Center, and are changed there.
        PermissionSet = "permission-set",
        /// Their holders bear one name and their texts are the same: a template wrote them.
        Fleet = "fleet",
    }
}

codes! {
    /// Where a principal ends. Every principal has exactly one status.
    pub enum PrincipalStatus {
        /// A smaller policy is ready.
        #[serde(alias = "refined")]
        Reducible = "reducible",
        /// It has unused permissions, and they stay for a reason that is given.
        Blocked = "blocked",
        /// Nothing that its policies grant counts as unused.
        Clean = "clean",
        /// The analyzer has no finding about it, which is no proof of use.
        NoFinding = "no-finding",
        /// It was not seen in use at all: review it for deletion.
        UnusedPrincipal = "unused-principal",
        /// A rule leaves it out.
        Excluded = "excluded",
        /// It is younger than the window.
        TooYoung = "too-young",
        /// Nothing that can be acted on is known of its use.
        NoEvidence = "no-evidence",
        /// It cannot be changed by its owner.
        Unsupported = "unsupported",
        /// It could not be read.
        Failed = "failed",
        ..
    }
}

codes! {
    /// How a rule stands.
    pub enum RuleCode {
        /// It holds.
        Active = "active",
        /// It ran out and had no effect.
        Expired = "expired",
        /// It runs out soon.
        Expiring = "expiring",
        /// Nothing that was read is what it is about.
        NeverMatched = "never-matched",
        /// It covers more than it seems meant to.
        OverBroad = "over-broad",
        ..
    }
}

sorted_by_name!(HolderKind, PrincipalStatus);

codes! {
    /// How sure.
    #[derive(Default, PartialOrd, Ord)]
    pub enum Level {
        /// Something speaks against it.
        #[default]
        Low = "low",
        /// Something is missing.
        Medium = "medium",
        /// Nothing speaks against it.
        High = "high",
    }
}

codes! {
    /// What a reason does. In the order of every list.
    #[derive(PartialOrd, Ord)]
    pub enum ReasonEffect {
        /// It lowers the confidence to low.
        LowersToLow = "lowers-to-low",
        /// It lowers the confidence to medium.
        LowersToMedium = "lowers-to-medium",
        /// It speaks for the evidence.
        Supports = "supports",
    }
}

impl ReasonEffect {
    /// The most that it leaves.
    pub fn most(self) -> Level {
        match self {
            Self::LowersToLow => Level::Low,
            Self::LowersToMedium => Level::Medium,
            Self::Supports => Level::High,
        }
    }
}

codes! {
    /// What makes the evidence more or less sure.
    pub enum ReasonCode {
        /// The policy changed after its use was looked at.
        PolicyNewer = "policy-newer-than-evidence",
        /// The evidence names actions that the catalog lacks.
        CatalogBehind = "catalog-behind",
        /// The window misses what is needed once a month.
        WindowVeryShort = "window-very-short",
        /// The name, path or tags speak of emergencies.
        BreakGlass = "hint-break-glass",
        /// They speak of a recovery site.
        DisasterRecovery = "hint-disaster-recovery",
        /// They speak of backups.
        Backup = "hint-backup",
        /// They speak of what runs a few times a year.
        Calendar = "hint-calendar",
        /// They speak of deployments.
        Deployment = "hint-deployment",
        /// They speak of what sets up accounts.
        LandingZone = "hint-landing-zone",
        /// They speak of a migration.
        Migration = "hint-migration",
        /// They speak of audits.
        Audit = "hint-audit",
        /// Since when the permission is granted is not known.
        GrantAgeUnknown = "grant-age-unknown",
        /// Some of the removed actions are rarely needed, but then urgently.
        RareActions = "rarely-used-actions",
        /// The change replaces a policy of AWS by a copy, which does not follow AWS's updates.
        NoLongerFollowsAws = "no-longer-follows-aws",
        /// The window misses what is needed once a quarter.
        WindowShort = "window-short",
        /// The principal is young for the window.
        Young = "principal-young",
        /// When the principal was made is not known.
        AgeUnknown = "principal-age-unknown",
        /// When the use was looked at is not known.
        EvidenceUndated = "evidence-undated",
        /// The principal was last used before the window.
        UnusedInWindow = "last-use-before-window",
        /// When the principal was last used is not known.
        LastUseUnknown = "last-use-unknown",
        /// The principal was used in the window.
        UsedInWindow = "used-in-window",
        /// Whole services are unused.
        ByService = "unused-by-service",
        /// Single actions are unused.
        ByAction = "unused-by-action",
        /// Some of both are.
        ByServiceAndAction = "unused-by-service-and-action",
        ..
    }
}

//! Whole-organisation reasoning: one status per principal, and which policies may lose what. Core: no I/O, no clock.
//!
//! A policy that reaches several principals may only lose what the evidence calls unused for all of them. A principal of which
//! nothing is known counts as using everything, and is named as the blocker.

mod age;
mod compact;
mod confidence;
mod danger;
mod escalation;
mod exceptions;
mod family;
mod grain;
mod hint;
mod ineffective;
mod plan;
mod policy_plan;
mod rare;
mod removable;
mod risk;
mod standing;
mod trust;

pub use age::{Ages, FirstSeen, GrantLog, granted_before, is_stale};
pub use confidence::{Confidence, Doubts, EvidenceKind, Facts, Level, Reason, ReasonEffect, impersonal};
pub use danger::{Severity, by_danger};
pub use escalation::{Escalation, Gain};
pub use exceptions::{
    AccountExceptions, DefaultRule, ExceptionReview, Exceptions, Kept, RuleId, RuleState, Usage, Uses,
};
pub use family::{FLEET, Families, Family, FamilyKind, PolicySlot, QuotaUse, Survey};
pub use grain::Grain;
pub use hint::emergency;
pub use ineffective::ineffective;
pub use plan::{PlanFacts, plan};
pub(crate) use policy_plan::is_aws_managed;
pub use policy_plan::{
    EditScope, FamilyIndex, GrantAge, Holder, Obstacle, PolicyLocation, PolicyPlan, boundary_of,
};
pub use rare::rare_actions;
pub use removable::Removable;
pub use risk::{Risk, rank};
pub use standing::{Circumstances, Source, Standing, stale_days, standings};
pub use trust::{Conditions, Trust};

/// Where a principal ends. Every principal has exactly one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalStatus {
    /// A smaller policy is ready.
    Reducible,
    /// It has unused permissions, and they stay for a reason that is given.
    Blocked,
    /// Nothing that its policies grant counts as unused.
    Clean,
    /// The analyzer has no finding about it, which is no proof of use.
    NoFinding,
    /// It was not seen in use at all: review it for deletion.
    UnusedPrincipal,
    /// A rule leaves it out.
    Excluded,
    /// It is younger than the window.
    TooYoung,
    /// Nothing that can be acted on is known of its use.
    NoEvidence,
    /// It cannot be changed by its owner.
    Unsupported,
    /// It could not be read.
    Failed,
}

impl PrincipalStatus {
    /// All of them, in the order of every table.
    pub const ALL: [Self; 10] = [
        Self::Reducible,
        Self::Blocked,
        Self::Clean,
        Self::NoFinding,
        Self::UnusedPrincipal,
        Self::Excluded,
        Self::TooYoung,
        Self::NoEvidence,
        Self::Unsupported,
        Self::Failed,
    ];

    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reducible => "reducible",
            Self::Blocked => "blocked",
            Self::Clean => "clean",
            Self::NoFinding => "no-finding",
            Self::UnusedPrincipal => "unused-principal",
            Self::Excluded => "excluded",
            Self::TooYoung => "too-young",
            Self::NoEvidence => "no-evidence",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
        }
    }
}

//! Whole-organisation reasoning: one bucket per principal, and which policies may lose what. Core: no I/O, no clock.
//!
//! A policy that reaches several principals may only lose what all of them do not use. A principal of which nothing is
//! known counts as using everything, and is named as the blocker.

mod compact;
mod confidence;
mod escalation;
mod exceptions;
mod family;
mod hint;
mod ineffective;
mod needs;
mod plan;
mod risk;
mod standing;
mod trust;

pub use confidence::{Confidence, Effect, Facts, Grain, Level, Origin, Reason, impersonal, is_stale};
pub use escalation::{Escalation, Gain};
pub use exceptions::{
    AccountExceptions, DefaultRule, ExceptionReview, Exceptions, Kept, RuleId, RuleState, Usage, Uses,
};
pub use family::{FLEET, Families, Family, FamilyKind, Room, Seat, Survey};
pub use ineffective::ineffective;
pub use needs::{Names, Needs};
pub(crate) use plan::is_aws_managed;
pub use plan::{Held, Holder, Obstacle, Part, Target, Wants, boundary_of, plan};
pub use risk::{Risk, most_effect, rank};
pub use standing::{Circumstances, Source, Standing, stale_days, standings};
pub use trust::{Conditions, Trust};

/// Where a principal ends. Every principal is in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Some of its policies can be smaller.
    Refined,
    /// Nothing can be removed.
    Clean,
    /// It was not used at all: review it for deletion.
    UnusedPrincipal,
    /// A rule leaves it out.
    Excluded,
    /// It is younger than the window.
    TooYoung,
    /// Nothing is known of its use.
    NoEvidence,
    /// It cannot be changed by its owner.
    Unsupported,
    /// It could not be read.
    Failed,
}

impl Bucket {
    /// All of them, in the order of every table.
    pub const ALL: [Self; 8] = [
        Self::Refined,
        Self::Clean,
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
            Self::Refined => "refined",
            Self::Clean => "clean",
            Self::UnusedPrincipal => "unused-principal",
            Self::Excluded => "excluded",
            Self::TooYoung => "too-young",
            Self::NoEvidence => "no-evidence",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
        }
    }
}

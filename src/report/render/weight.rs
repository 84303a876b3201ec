//! How much a finding matters, for formats that know only a few steps.

use crate::report::{PrincipalRow, Recommendation};

/// A change that removes so many points of risk, or an unused principal that holds them, is heavy. A way to escalate, or
/// fifty permissions that manage permissions, are worth about as much.
const HEAVY: u64 = 1_000;

/// Five permissions that manage permissions, or twenty that write.
const MIDDLING: u64 = 100;

/// How much a finding matters, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Little, and even that is not sure.
    Slight,
    /// Little.
    Light,
    /// Some.
    Middling,
    /// Much.
    Heavy,
}

impl Weight {
    /// By the points of risk.
    fn of_points(points: u64) -> Self {
        match points {
            HEAVY.. => Self::Heavy,
            MIDDLING.. => Self::Middling,
            _ => Self::Light,
        }
    }

    fn lighter(self) -> Self {
        match self {
            Self::Heavy => Self::Middling,
            Self::Middling => Self::Light,
            Self::Light | Self::Slight => Self::Slight,
        }
    }

    /// Of a change, by what it removes; a step less where its evidence leaves doubt.
    pub(super) fn of_change(change: &Recommendation) -> Self {
        let weight = Self::of_points(change.impact.risk);
        if change.confidence.level == "low" { weight.lighter() } else { weight }
    }

    /// Of a principal that nobody uses, by what it may do; some at least where outsiders can become it.
    pub(super) fn of_unused(principal: &PrincipalRow) -> Self {
        let weight = Self::of_points(principal.effect.risk.before);
        let open = principal.trust.as_ref().is_some_and(|trust| trust.open);
        if open { weight.max(Self::Middling) } else { weight }
    }
}

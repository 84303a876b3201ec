//! How much a finding matters, for formats that know only a few steps.

use crate::decide::{Level, Severity};
use crate::report::{PrincipalRow, Recommendation};

/// How much a finding matters, the least first. The worst permission involved decides: a hundred permissions to read matter
/// less than one way to become an administrator.
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
    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Administrator | Severity::Escalation => Self::Heavy,
            Severity::DataExposure | Severity::Write => Self::Middling,
            Severity::Read | Severity::None => Self::Light,
        }
    }

    fn lighter(self) -> Self {
        match self {
            Self::Heavy => Self::Middling,
            Self::Middling => Self::Light,
            Self::Light | Self::Slight => Self::Slight,
        }
    }

    /// Of a change, by the worst that it removes; a step less where its evidence leaves doubt.
    pub(super) fn of_change(change: &Recommendation) -> Self {
        let weight = Self::of(change.impact.severity);
        if change.confidence.level == Level::Low { weight.lighter() } else { weight }
    }

    /// Of a principal that nobody uses, by the worst that it may do; some at least where outsiders can become it. One that is
    /// kept for emergencies is meant to be idle: that is no reason to hurry.
    pub(super) fn of_unused(principal: &PrincipalRow) -> Self {
        if principal.emergency.is_some() {
            return Self::Light;
        }
        let weight = Self::of(principal.effect.severity);
        let open = principal.trust.as_ref().is_some_and(|trust| trust.open);
        if open { weight.max(Self::Middling) } else { weight }
    }
}

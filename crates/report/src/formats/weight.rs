//! How much a finding matters on the scale of [`Grade`]: all formats use the same.

use leastwise_core::decide::{Grade, Level, PrincipalStatus};
use leastwise_core::report::{PrincipalRow, Recommendation};

/// Of a change, by the worst that it removes; one step lower where the confidence is low.
pub(super) fn of_change(change: &Recommendation) -> Grade {
    let grade = change.impact.severity.grade();
    if change.confidence.level == Level::Low { grade.lower() } else { grade }
}

/// Of an unused principal, by the worst that it may do; medium at least where outsiders can assume it. One that looks like
/// emergency access is meant to be idle: that is no reason to hurry.
pub(super) fn of_unused(principal: &PrincipalRow) -> Grade {
    if principal.emergency.is_some() {
        return Grade::Low;
    }
    let grade = principal.effect.severity.grade();
    let open = principal.trust.as_ref().is_some_and(|trust| trust.open);
    if open { grade.max(Grade::Medium) } else { grade }
}

/// Of an unused credential, which works for whoever finds it.
pub(super) fn of_credential(principal: &PrincipalRow) -> Grade {
    if principal.emergency.is_some() { Grade::Low } else { Grade::Medium }
}

/// Of a role or user in a table: what its permissions are enough for today; of an unused one, how much it matters.
pub(super) fn of_principal(row: &PrincipalRow) -> Grade {
    match row.status {
        PrincipalStatus::UnusedPrincipal => of_unused(row),
        _ => row.effect.severity.grade(),
    }
}

//! Severity of findings on the scale of [`Grade`]. All formats use the same.

use leastwise_core::decide::{Grade, Level, PrincipalStatus};
use leastwise_core::report::{PrincipalRow, Recommendation};

/// Severity of a change: that of the worst permission it removes; one step lower if the confidence is low.
pub(super) fn of_change(change: &Recommendation) -> Grade {
    let grade = change.impact.severity.grade();
    if change.confidence.level == Level::Low {
        grade.lower()
    } else {
        grade
    }
}

/// Severity of an unused principal: that of its worst permission; at least medium if outsiders can assume it.
/// Apparent emergency access is meant to be idle, so it is not urgent.
pub(super) fn of_unused(principal: &PrincipalRow) -> Grade {
    if principal.emergency.is_some() {
        return Grade::Low;
    }
    let grade = principal.effect.severity.grade();
    let open = principal.trust.as_ref().is_some_and(|trust| trust.open);
    if open { grade.max(Grade::Medium) } else { grade }
}

/// Severity of an unused credential, which works for anyone who finds it.
pub(super) fn of_credential(principal: &PrincipalRow) -> Grade {
    if principal.emergency.is_some() {
        Grade::Low
    } else {
        Grade::Medium
    }
}

/// Severity of a role or user in a table: what its permissions allow today; for an unused one, how urgent it is.
pub(super) fn of_principal(row: &PrincipalRow) -> Grade {
    match row.status {
        PrincipalStatus::UnusedPrincipal => of_unused(row),
        _ => row.effect.severity.grade(),
    }
}

//! Severity in words: the worst that permissions are enough for, on a scale that the pages explain.

use leastwise_core::decide::{Grade, Severity};

/// The scale, the worst first.
pub(super) const ALL: [Severity; 6] = [
    Severity::Administrator,
    Severity::Escalation,
    Severity::DataExposure,
    Severity::Write,
    Severity::Read,
    Severity::None,
];

/// The words of the scale, the worst first, with what each means.
pub(super) const SCALE: [(Grade, &str); 5] = [
    (Grade::Critical, "can make itself administrator"),
    (Grade::High, "can gain the permissions of another principal, share data with others or read secrets"),
    (Grade::Medium, "can create, change or delete resources"),
    (Grade::Low, "can only read and list"),
    (Grade::None, "no effective permission"),
];

/// A grade as it stands on a badge.
pub(super) fn title(grade: Grade) -> &'static str {
    match grade {
        Grade::Critical => "Critical",
        Grade::High => "High",
        Grade::Medium => "Medium",
        Grade::Low => "Low",
        Grade::None => "None",
    }
}

/// In a word of the scale.
pub(super) fn word(severity: Severity) -> &'static str {
    title(severity.grade())
}

/// The class of its badge.
pub(super) fn class(severity: Severity) -> String {
    format!("severity {}", severity.grade().name())
}

/// Its place on the scale of [`ALL`].
pub(super) fn place(severity: Severity) -> usize {
    ALL.iter().position(|it| *it == severity).unwrap_or(ALL.len())
}

//! Severity in words: the worst that permissions are enough for, on a scale that the pages explain.

use crate::decide::Severity;

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
pub(super) const SCALE: [(&str, &str); 5] = [
    ("Critical", "can make itself administrator"),
    ("High", "can gain the permissions of another principal"),
    ("Medium", "can change resources, share data with others or read secrets"),
    ("Low", "can only read and list"),
    ("None", "no effective permission"),
];

/// In a word of the scale.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Administrator => "Critical",
        Severity::Escalation => "High",
        Severity::DataExposure | Severity::Write => "Medium",
        Severity::Read => "Low",
        Severity::None => "None",
    }
}

/// The class of its badge.
pub(super) fn class(severity: Severity) -> String {
    format!("severity {}", word(severity).to_lowercase())
}

/// Its place on the scale of [`ALL`].
pub(super) fn place(severity: Severity) -> usize {
    ALL.iter().position(|it| *it == severity).unwrap_or(ALL.len())
}

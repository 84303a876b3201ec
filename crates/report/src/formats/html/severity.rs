//! The severity scale, as the pages explain it.

use leastwise_core::decide::Grade;

/// The scale, the worst first, with the meaning of each word.
pub(super) const SCALE: [(Grade, &str); 5] = [
    (Grade::Critical, "can make itself administrator"),
    (
        Grade::High,
        "can gain the permissions of another principal, share data with others or read secrets",
    ),
    (Grade::Medium, "can create, change or delete resources"),
    (Grade::Low, "can only read and list"),
    (Grade::None, "no effective permission"),
];

/// CSS class of a badge.
pub(super) fn class(grade: Grade) -> String {
    format!("severity {}", grade.name())
}

/// Position in [`SCALE`].
pub(super) fn place(grade: Grade) -> usize {
    SCALE
        .iter()
        .position(|(it, _)| *it == grade)
        .unwrap_or(SCALE.len())
}

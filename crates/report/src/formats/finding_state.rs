//! How a finding compares with an earlier report.

/// The status of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FindingState {
    /// It was not there before.
    New,
    /// It is the same.
    Unchanged,
    /// It was there, and something of it is different.
    Updated,
    /// It was there, and is known to be no longer.
    Absent,
}

impl FindingState {
    /// The one of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::New, Self::Unchanged, Self::Updated, Self::Absent]
            .into_iter()
            .find(|it| it.name() == name)
    }

    /// As SARIF calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unchanged => "unchanged",
            Self::Updated => "updated",
            Self::Absent => "absent",
        }
    }
}

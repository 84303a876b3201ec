//! How sure a recommendation is. The configuration and reports name a level; [`super::Confidence`] finds it.

/// How sure a recommendation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something speaks against it.
    Low,
    /// Something is missing.
    Medium,
    /// Nothing speaks against it.
    High,
}

impl Level {
    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

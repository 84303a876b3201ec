//! What became of one piece of advice since the report before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of one piece of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was not there before.
    New,
    /// It is another now.
    Changed,
    /// It is the same.
    Same,
    /// It was followed, or is no longer needed.
    Resolved,
    /// It was resolved before, and is there again.
    Reopened,
    /// The policy grants more than it did.
    Regressed,
    /// It is still unused, or its use is no longer known, and nothing can be advised for now.
    Withheld,
    /// The account was not read whole this time, so nobody knows.
    NotRead,
}

impl Status {
    /// All of them, in the order of every list.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Reopened,
        Self::Regressed,
        Self::Changed,
        Self::Same,
        Self::Withheld,
        Self::Resolved,
        Self::NotRead,
    ];

    /// Whether somebody has to look who had looked before.
    pub fn is_news(self) -> bool {
        matches!(self, Self::New | Self::Reopened | Self::Regressed)
    }

    /// What of two asks more to be looked at.
    pub fn foremost(self, other: Self) -> Self {
        Self::ALL.into_iter().find(|it| *it == self || *it == other).unwrap_or(self)
    }

    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Regressed => "regressed",
            Self::Withheld => "withheld",
            Self::NotRead => "not-read",
        }
    }
}

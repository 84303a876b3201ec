//! What became of one piece of advice since the report before.

codes! {
    /// What became of one piece of advice, in the order of every list.
    pub enum Status {
        /// It was not there before.
        New = "new",
        /// It was resolved before, and is there again.
        Reopened = "reopened",
        /// The policy grants more than it did.
        Regressed = "regressed",
        /// It is another now.
        Changed = "changed",
        /// It is the same.
        Same = "same",
        /// It is still unused, or its use is no longer known, and nothing can be advised for now.
        Withheld = "withheld",
        /// It was followed, or is no longer needed.
        Resolved = "resolved",
        /// The account was not read whole this time, so nobody knows.
        NotRead = "not-read",
    }
}

sorted_by_name!(Status);

impl Status {
    /// Whether somebody has to look who had looked before.
    pub fn is_news(self) -> bool {
        matches!(self, Self::New | Self::Reopened | Self::Regressed)
    }

    /// What of two asks more to be looked at.
    pub fn foremost(self, other: Self) -> Self {
        Self::ALL.iter().copied().find(|it| *it == self || *it == other).unwrap_or(self)
    }
}

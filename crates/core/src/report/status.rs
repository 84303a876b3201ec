//! How a change compares with an earlier report.

codes! {
    /// How a change compares with an earlier report. Lists use this order.
    pub enum Status {
        /// Not in the earlier report.
        New = "new",
        /// Back after it was resolved.
        Reopened = "reopened",
        /// The policy grants more than before.
        Regressed = "regressed",
        /// The recommendation differs.
        Changed = "changed",
        /// The recommendation is the same.
        Same = "same",
        /// Still unused, or its use is no longer known, and there is no recommendation for now.
        Withheld = "withheld",
        /// Applied, or no longer needed.
        Resolved = "resolved",
        /// The account was not scanned completely this time.
        NotRead = "not-read",
    }
}

sorted_by_name!(Status);

impl Status {
    /// Whether someone who already reviewed the change has to look again.
    pub fn is_news(self) -> bool {
        matches!(self, Self::New | Self::Reopened | Self::Regressed)
    }

    /// The more urgent of two.
    pub fn foremost(self, other: Self) -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|it| *it == self || *it == other)
            .unwrap_or(self)
    }
}

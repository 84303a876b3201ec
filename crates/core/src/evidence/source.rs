//! What was read about the use of permissions in one account.

use serde::{Deserialize, Serialize};

use super::{Analyzer, Finding, LastAccessed};

/// What was read about use.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// The analyzer that the findings are of; none when the evidence is last-accessed data.
    pub analyzer: Option<Analyzer>,
    /// Other analyzers that look at the account, in the order in which they would be taken.
    pub others: Vec<Analyzer>,
    /// Active findings with their details, archived ones without.
    pub findings: Vec<Finding>,
    /// Last-accessed data, where that is the source.
    pub last_accessed: Vec<LastAccessed>,
}

impl Evidence {
    /// All analyzers that look at the account, that of the findings first.
    pub fn analyzers(&self) -> impl Iterator<Item = &Analyzer> {
        self.analyzer.iter().chain(&self.others)
    }
}

//! The usage data that was read for one account.

use serde::{Deserialize, Serialize};

use super::{Analyzer, Finding, LastAccessed};

/// Usage data of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Analyzer of the findings; `None` for last-accessed data.
    pub analyzer: Option<Analyzer>,
    /// Other analyzers that cover the account, in order of preference.
    pub others: Vec<Analyzer>,
    /// Active findings with details, archived ones without.
    pub findings: Vec<Finding>,
    /// Last-accessed data, if that is the source.
    pub last_accessed: Vec<LastAccessed>,
}

impl Evidence {
    /// All analyzers that cover the account, that of the findings first.
    pub fn analyzers(&self) -> impl Iterator<Item = &Analyzer> {
        self.analyzer.iter().chain(&self.others)
    }
}

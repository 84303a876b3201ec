//! What was read of one account.

use serde::{Deserialize, Serialize};

use super::{Analyzer, Failure, Finding, LastAccessed};
use crate::inventory::wire::Authorization;

/// What was read of one account. As JSON it is what journals and parts record of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answers {
    /// Principals and policies.
    pub authorization: Result<Authorization, Failure>,
    /// What is unused.
    pub evidence: Result<Evidence, Failure>,
}

impl Answers {
    /// Whether nothing of it failed.
    pub fn is_complete(&self) -> bool {
        self.authorization.is_ok()
            && self.evidence.as_ref().is_ok_and(|read| {
                read.findings.iter().all(|finding| finding.failure.is_none())
                    && read.last_accessed.iter().all(|answer| answer.failure.is_none())
            })
    }
}

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

//! What was read of one account: who is in it, and what was used.

use serde::{Deserialize, Serialize};

use crate::evidence::{Evidence, Failure};
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

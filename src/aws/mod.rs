//! The seam to AWS: what a scan asks, and two who answer. `live` talks to AWS and holds all SDK code; `snapshot` reads
//! recorded answers. Both give the same shapes, so nothing behind the seam knows which it was.

pub mod record;
mod snapshot;

use std::future::Future;

use crate::evidence::{Analyzer, Failure, Finding, LastAccessed};
use crate::inventory::wire::{Account, Authorization};

pub use snapshot::{Snapshot, SnapshotError};

/// What AWS, or a record of it, knows.
pub trait Cloud: Sync {
    /// The accounts of the organisation.
    fn organisation(&self) -> impl Future<Output = Result<Organisation, Failure>> + Send;

    /// Everything that is read of one account. Never fails as a whole: each part says what it could not do.
    fn read(&self, account: &Account, watch: &dyn Watch) -> impl Future<Output = Answers> + Send;
}

/// Who is told how far the reading of an account has come.
pub trait Watch: Sync {
    /// So many findings are to be read.
    fn findings(&self, total: usize);
    /// One more was read.
    fn finding(&self);
}

/// The accounts of an organisation, or of a list.
#[derive(Debug, Clone, Default)]
pub struct Organisation {
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: String,
    /// The accounts, in the order of the answer.
    pub accounts: Vec<Account>,
}

/// What was read of one account.
#[derive(Debug)]
pub struct Answers {
    /// Principals and policies.
    pub authorization: Result<Authorization, Failure>,
    /// What is unused.
    pub evidence: Result<Evidence, Failure>,
}

/// What was read about use.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The analyzer that the findings are of; none when the evidence is last-accessed data.
    pub analyzer: Option<Analyzer>,
    /// Active findings with their details, archived ones without.
    pub findings: Vec<Finding>,
    /// Last-accessed data, where that is the source.
    pub last_accessed: Vec<LastAccessed>,
}

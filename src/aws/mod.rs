//! The seam to AWS: what a scan asks, and two who answer. `live` talks to AWS and holds all SDK code; `snapshot` reads
//! recorded answers. Both give the same shapes, so nothing behind the seam knows which it was. `journal` stands before them
//! and remembers what was read, for a run that goes on from an interrupted one; `state` for the next night; `parts` joins
//! what several processes have read.

mod journal;
mod keeping;
pub mod live;
pub mod observe;
pub mod pace;
pub mod parts;
pub mod record;
mod snapshot;
mod state;

use std::future::Future;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::evidence::{Analyzer, Failure, Finding, LastAccessed};
use crate::inventory::wire::{Account, Authorization};

pub use journal::{Journal, JournalError, Journaled};
pub use snapshot::{Snapshot, SnapshotError};
pub use state::{State, StateError};

/// What AWS, or a record of it, knows.
pub trait Cloud: Sync {
    /// The accounts of the organisation.
    fn organisation(&self) -> impl Future<Output = Result<Organisation, Failure>> + Send;

    /// Everything that is read of one account. Never fails as a whole: each part says what it could not do.
    fn read(&self, account: &Account, reading: Reading<'_>) -> impl Future<Output = Answers> + Send;

    /// What each pacer has seen. Recorded answers need none.
    fn figures(&self) -> Vec<(pace::BucketKey, pace::Figures)> {
        Vec::new()
    }
}

/// Who is told how far the reading of an account has come.
pub trait Watch: Sync {
    /// So many findings are to be read.
    fn findings(&self, total: usize);
    /// One more was read.
    fn finding(&self);
    /// What an earlier night kept is not to be trusted; it lies here now.
    fn doubts(&self, _aside: &Path) {}
    /// What was read cannot be kept in this folder for the next night. Told once.
    fn forgets(&self, _folder: &Path, _error: &io::Error) {}
    /// What was read cannot be kept in this folder for a run that goes on from this one. Told once.
    fn loses(&self, _folder: &Path, _error: &io::Error) {}
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Watch for Nobody {
    fn findings(&self, _total: usize) {}
    fn finding(&self) {}
}

/// What earlier reading remembers. Nothing, unless it says so.
pub trait Memory: Sync {
    /// The finding with its details, if it has not changed since it was read.
    fn finding(&self, _listed: &Finding) -> Option<Finding> {
        None
    }

    /// Keeps a finding that was read whole.
    fn keep_finding(&self, _finding: &Finding) {}

    /// A principal's last-accessed data, if it was read before.
    fn last_accessed(&self, _arn: &str) -> Option<LastAccessed> {
        None
    }

    /// Keeps last-accessed data that was read whole.
    fn keep_last_accessed(&self, _answer: &LastAccessed) {}
}

/// A memory of nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

impl Memory for Forgetful {}

/// What goes along with the reading of one account.
#[derive(Clone, Copy)]
pub struct Reading<'r> {
    /// Who is told how far it has come.
    pub watch: &'r dyn Watch,
    /// What need not be read again.
    pub memory: &'r dyn Memory,
}

impl<'r> Reading<'r> {
    /// All of it, while somebody watches.
    pub fn watched(watch: &'r dyn Watch) -> Self {
        Self { watch, memory: &Forgetful }
    }
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

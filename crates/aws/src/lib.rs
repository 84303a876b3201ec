//! How a scan reads AWS. `live` calls it; `recorded` replays and records. Both return the same types, so callers
//! cannot tell the difference. `update` downloads AWS's list of actions.
//!
//! Depends on `leastwise-core` for the types and on `leastwise-files` for the disk. Only `live`, `network` and
//! `update` use the SDK.

mod event;
pub mod live;
pub mod network;
pub mod options;
pub mod pace;
mod recorded;
pub mod update;

use std::future::Future;

use leastwise_core::answers::Answers;
use leastwise_core::evidence::{Failure, Finding, LastAccessed};
use leastwise_core::inventory::wire::Account;

pub use event::{Call, EventSink, Nobody, ReachLimit, ReadEvent};
pub use recorded::{
    Journal, JournalError, Journaled, Snapshot, SnapshotError, State, StateError, parts, snapshot,
};

/// What AWS, or a record of it, knows.
pub trait Cloud: Sync {
    /// The accounts of the organisation.
    fn organisation(&self) -> impl Future<Output = Result<Organisation, Failure>> + Send;

    /// Reads everything from one account. Never fails as a whole: each part reports its own failure.
    fn read(&self, account: &Account, reading: Reading<'_>) -> impl Future<Output = Answers> + Send;

    /// What each pacer has seen. Recorded answers need none.
    fn figures(&self) -> Vec<(pace::BucketKey, pace::Figures)> {
        Vec::new()
    }
}

/// What earlier reading remembers. Nothing, unless it says so.
pub trait Memory: Sync {
    /// What is already known about the findings that AWS lists. A few cached ones are read again anyway: the
    /// spot check of rule E21.
    fn recall(&self, listed: Vec<Finding>) -> Recall {
        Recall {
            unread: listed,
            ..Recall::default()
        }
    }

    /// Saves a finding that was read completely, and compares it with the cached one.
    fn keep_finding(&self, _finding: &Finding) {}

    /// Whether [`Recall::remembered`] may be used. To be asked when all that is unread has been read.
    fn is_trusted(&self) -> bool {
        true
    }

    /// A principal's last-accessed data, if it was read before.
    fn last_accessed(&self, _arn: &str) -> Option<LastAccessed> {
        None
    }

    /// Saves last-accessed data that was read completely.
    fn keep_last_accessed(&self, _answer: &LastAccessed) {}
}

/// A memory of nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

impl Memory for Forgetful {}

/// What memory knows of the findings that AWS lists.
#[derive(Debug, Default)]
pub struct Recall {
    /// Read by the interrupted run that this one goes on from, so as good as read now.
    pub read: Vec<Finding>,
    /// Read by an earlier run.
    pub remembered: Vec<RememberedFinding>,
    /// To be read, as they are listed.
    pub unread: Vec<Finding>,
}

/// A finding that an earlier run read and that is unchanged according to AWS's list.
#[derive(Debug)]
pub struct RememberedFinding {
    /// As it is listed.
    pub listed: Finding,
    /// The same with the details that were read.
    pub known: Finding,
}

/// What goes along with the reading of one account.
#[derive(Clone, Copy)]
pub struct Reading<'r> {
    /// Where events go.
    pub events: &'r dyn EventSink,
    /// What need not be read again.
    pub memory: &'r dyn Memory,
}

impl<'r> Reading<'r> {
    /// All of it, with its events.
    pub fn watched(events: &'r dyn EventSink) -> Self {
        Self {
            events,
            memory: &Forgetful,
        }
    }
}

/// The accounts of an organisation, or of a list.
#[derive(Debug, Clone, Default)]
pub struct Organisation {
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: String,
    /// The accounts, in the order of the answer.
    pub accounts: Vec<Account>,
    /// Why the other accounts could not be listed, if that failed and the user named no accounts.
    pub unknown: Option<Failure>,
}

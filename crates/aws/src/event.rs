//! Events while AWS is read: one type, one sink. It knows nothing about the SDK, credentials or the content of
//! calls, so no event can contain any of these.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::pace::BucketKey;
use leastwise_core::evidence::{Failure, FailureKind, Finding};

/// Receives events.
pub trait EventSink: Send + Sync {
    /// Receives one event.
    fn emit(&self, event: ReadEvent<'_>);
}

impl fmt::Debug for dyn EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}

/// Drops every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl EventSink for Nobody {
    fn emit(&self, _: ReadEvent<'_>) {}
}

/// An event.
#[derive(Debug, Clone, Copy)]
pub enum ReadEvent<'e> {
    /// This many findings, or principals with last-accessed data, are to be read.
    FindingsListed(usize),
    /// This many of them have been read.
    FindingsRead(usize),
    /// What an earlier run cached for an account is damaged, or belongs to another account or version.
    StateRejected {
        /// Where it was set aside.
        aside: &'e Path,
    },
    /// AWS changed a cached finding without changing its entry in the list.
    StateContradicted {
        /// Account of the finding.
        account: &'e str,
        /// The finding as AWS returns it now.
        finding: &'e Finding,
        /// Where the account's state was set aside; none when that failed.
        aside: Option<&'e Path>,
    },
    /// The state folder has a note of such a contradiction, so nothing cached before it is used. Emitted once per
    /// run.
    StateDoubted {
        /// The note.
        note: &'e Path,
    },
    /// What was read cannot be cached for the next run. Emitted once per run.
    StateNotSaved {
        /// The folder of the state.
        folder: &'e Path,
        /// Why.
        error: &'e io::Error,
    },
    /// What an interrupted run saved of an account cannot be trusted, so the account is read again.
    JournalRejected {
        /// The file.
        file: &'e Path,
        /// Why.
        error: &'e io::Error,
    },
    /// A run that resumes this one will not find everything that was read. Emitted once per run.
    JournalNotSaved {
        /// The folder of the journal.
        folder: &'e Path,
        /// Why.
        error: &'e io::Error,
    },
    /// The run reaches less than it might.
    ReachLimited {
        /// How much less.
        limit: ReachLimit,
        /// Account of the refused or refusing call.
        account: &'e str,
        /// Why.
        why: &'e Failure,
    },
    /// An attempt of a call goes out.
    CallSent {
        /// Which.
        call: Call<'e>,
        /// How long the pacer held it.
        held: Duration,
    },
    /// AWS throttled an attempt.
    CallThrottled {
        /// Which.
        call: Call<'e>,
        /// Counted from 1.
        attempt: u32,
        /// The pause that AWS asked for.
        retry_after: Option<Duration>,
    },
    /// An attempt failed in a way that may pass, and is repeated after the pause.
    CallRepeated {
        /// Which.
        call: Call<'e>,
        /// Counted from 1.
        attempt: u32,
        /// How it failed.
        kind: FailureKind,
        /// Until the next attempt.
        pause: Duration,
    },
}

/// How far a run reaches, where it is no failure of an account that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachLimit {
    /// AWS Organizations could not be read, so only the caller's own account is scanned.
    OwnAccountOnly,
    /// The delegated administrators of Access Analyzer could not be listed.
    AdministratorsUnknown,
    /// The account administers Access Analyzer for the organisation, and whether it has an analyzer cannot be asked.
    AdministratorClosed,
}

/// An API call, without anything that it carries.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// The account that is being read. Its findings may be asked of another one.
    pub account: &'c str,
    /// As the API calls it.
    pub operation: &'c str,
    /// The bucket that paces it: API, account and Region.
    pub bucket: &'c BucketKey,
}

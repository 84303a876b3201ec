//! Recorded answers. A `snapshot` has them in the shapes of the AWS CLI, for people to make, read and share.
//! One run passes [`Answers`](super::Answers) to another as JSON, one file per account: a `journal` lets a
//! run resume an interrupted one, and `parts` are written by several processes and merged by one. `state`
//! caches only findings, for the next run.

mod journal;
pub mod parts;
mod seal;
pub mod snapshot;
mod state;

pub use self::journal::{Journal, JournalError, Journaled};
pub use self::snapshot::{Snapshot, SnapshotError};
pub use self::state::{State, StateError};

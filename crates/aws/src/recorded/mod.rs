//! Recorded answers. A `snapshot` has them in the shapes of the AWS CLI, for people to make, read and share. What one run leaves
//! for another is [`Answers`](super::Answers) as JSON, a file an account: in a `journal` those that were read so far, for a
//! run that resumes an interrupted one, and in `parts` those of several processes, for the one that merges them. `state`
//! has findings alone, for the next night.

mod journal;
pub mod parts;
mod seal;
pub mod snapshot;
mod state;

pub use self::journal::{Journal, JournalError, Journaled};
pub use self::snapshot::{Snapshot, SnapshotError};
pub use self::state::{State, StateError};

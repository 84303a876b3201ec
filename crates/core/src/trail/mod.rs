//! What CloudTrail saw after a change: who was denied what, when a policy was changed, and what a trail cannot show.
//!
//! | file | what |
//! |---|---|
//! | `event` | one record of CloudTrail, read leniently, and the records of a file |
//! | `denial` | whether a record is a denial, and what AWS's message says |
//! | `action` | the IAM action that an event is about |
//! | `write` | the events that change a policy or who has it |
//! | `meaning` | whether two policy documents are the same |
//! | `visibility` | which denials a trail cannot show |
//! | `coverage` | the accounts, Regions, days and kinds of events in a trail |
//! | `kept` | some events of many, whatever their order |
//! | `watched` | what to look for: the changes of a report |
//! | `trail` | all of that, gathered from events in any order |
//! | `unreadable` | what unreadable files may have contained |
//! | `timeline`, `decide` | when a change was applied or tried, and its state |
//! | `outcome` | the result as data |
//!
//! Everything that is gathered can be joined in any order with the same result, so that files can be read by many threads. What a
//! trail lacks never counts as quiet.

mod action;
mod coverage;
mod decide;
mod denial;
mod event;
mod kept;
mod meaning;
mod moment;
mod outcome;
mod principal;
mod timeline;
#[expect(
    clippy::module_inception,
    reason = "the trail itself is what this module is about"
)]
mod trail;
mod unreadable;
mod visibility;
mod watched;
mod write;

pub use coverage::AccountCoverage;
pub use decide::Judge;
pub use event::{EventIdentity, Issuer, NotRecords, Request, ResourceName, Text, TrailEvent, read_records};
pub use outcome::{
    ChangeOutcome, ChangeStage, CoverageRow, DenialCause, DeniedEvent, Invisible, InvisibleBecause,
    UnmappedRow, WatchResult, WatchVerdict,
};
pub use principal::WatchedPrincipal;
pub use trail::{CoverageOfDay, Trail};
pub use unreadable::Unreadable;
pub use watched::{PolicyChange, WatchList, WatchedChange};
pub use write::WRITE_EVENTS;

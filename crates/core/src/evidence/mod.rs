//! Evidence: what was unused, within which window, from which source. Core: no I/O, no clock.

mod choose;
mod failure;
mod finding;
mod join;
mod last_accessed;
mod read;
mod regions;
mod source;

pub use choose::choose_analyzers;
pub use failure::clean_message;
pub use failure::{Failure, FailureKind};
pub use finding::{
    AnalysisRule, Analyzer, AnalyzerAnswer, Configuration, Detail, Exclusion, Finding, Unused, UnusedAccess,
    UnusedAction, UnusedKey, UnusedPermission,
};
pub use join::{Gap, PrincipalEvidence, Windows, join};
pub use last_accessed::{LastAccessed, ServiceLastAccessed, TrackedAction};
pub use read::from_json;
pub use read::{EvidenceError, read_unused};
pub use regions::is_tracked;
pub use source::Evidence;

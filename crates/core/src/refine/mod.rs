//! Proposes a smaller policy. Core: no I/O. Nothing trusts a proposal before [`prove`](crate::prove) has checked
//! it.

mod explain;
mod fit;
mod generalize;
mod rewrite;
mod split;
mod trie;

pub use explain::{Explanation, NewPattern, PatternChange};
pub(crate) use explain::{NameLimit, explain};
pub(crate) use fit::fit;
pub use fit::{DoesNotFit, FitStep, Kind};
pub(crate) use rewrite::propose;
pub(crate) use split::Budget;
pub use split::{MOST_ATTACHED, MOST_PATTERNS, USUALLY_ATTACHED};

/// What replaces `*`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wildcards {
    /// The services and actions that are kept. Future actions are granted only if a wildcard among them matches.
    #[default]
    Split,
    /// `NotAction` with the unused actions: exact for all names, and future actions are granted (R13).
    Open,
}

/// Options for reducing a policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefineOptions {
    /// Kind of policy. The result must fit its quota.
    pub kind: Option<Kind>,
    /// Characters of the quota that other policies use: IAM counts all inline policies of a role, user or group
    /// together.
    pub taken: usize,
    /// What replaces `*`.
    pub wildcards: Wildcards,
}

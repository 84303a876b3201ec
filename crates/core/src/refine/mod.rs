//! Proposing a smaller policy. Core: no I/O. What is proposed here is believed by nobody before
//! [`prove`](crate::prove) has checked it.

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

/// What becomes of `*`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wildcards {
    /// It is split into the services and actions that stay: what nobody knows yet is granted only under a wildcard among them.
    #[default]
    Split,
    /// It becomes `NotAction` with what is unused: exact over all strings, and what nobody knows yet stays granted (R13).
    Open,
}

/// How a policy is made smaller, where there is a choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefineOptions {
    /// Where it lives: the result keeps to that quota.
    pub kind: Option<Kind>,
    /// The characters of that quota that others take: IAM counts all inline policies of a role, user or group together.
    pub taken: usize,
    /// What becomes of `*`.
    pub wildcards: Wildcards,
}

//! Proposing a smaller policy. Core: no I/O. What is proposed here is believed by nobody before
//! [`prove`](crate::prove) has checked it.

mod explain;
mod fit;
mod generalize;
mod rewrite;
mod split;
mod trie;

pub use explain::{Change, Explanation, NewPattern};
pub(crate) use explain::{Named, explain};
pub(crate) use fit::fit;
pub use fit::{DoesNotFit, FitStep, Kind, MOST_ATTACHED, USUALLY_ATTACHED};
pub(crate) use rewrite::propose;
pub(crate) use split::Budget;
pub use split::MOST_PATTERNS;

/// What becomes of `*`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wildcards {
    /// It is split into the services and actions that stay: what nobody knows yet is granted only under a wildcard among them.
    #[default]
    Split,
    /// It becomes `NotAction` with what is unused: exact over all strings, and what nobody knows yet stays granted (R13).
    Open,
}

/// How a policy is made smaller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct How {
    /// Where it lives: the result keeps to that quota.
    pub kind: Option<Kind>,
    /// The characters of that quota that others take: IAM counts all inline policies of a role, user or group together.
    pub taken: usize,
    /// What becomes of `*`.
    pub wildcards: Wildcards,
}

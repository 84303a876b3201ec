//! Proposing a smaller policy. Core: no I/O. What is proposed here is believed by nobody before
//! [`prove`](crate::prove) has checked it.

mod explain;
mod fit;
mod generalize;
mod rewrite;
mod trie;

pub use explain::{Change, Explanation, NewPattern};
pub(crate) use explain::{Named, explain};
pub(crate) use fit::fit;
pub use fit::{DoesNotFit, FitStep, Kind, MOST_ATTACHED, USUALLY_ATTACHED};
pub(crate) use rewrite::propose;

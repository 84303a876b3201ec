//! What a scan leaves behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::history::SinceEarlier;
use leastwise_core::report::{CallFigures, PolicyState, Report};

/// What is in memory when it ends: a row an account.
pub(crate) struct ScanOutcome {
    pub(crate) report: Arc<Report>,
    /// Why policies were not changed, by code.
    pub(crate) left_alone: BTreeMap<PolicyState, usize>,
    pub(crate) defects: usize,
    /// The points of risk that the heaviest change removes.
    pub(crate) heaviest: u64,
    /// What is known since the earlier report, if one was named.
    pub(crate) since: Option<SinceEarlier>,
    /// The other accounts could not be listed.
    pub(crate) accounts_unknown: bool,
    /// How to fix what could not be read first.
    pub(crate) fix: Option<String>,
    /// What the pacers counted.
    pub(crate) calls: Vec<CallFigures>,
}

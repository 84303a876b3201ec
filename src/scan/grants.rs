//! When earlier runs first saw an account's grants: from the state folder, or from the report that `--previous`
//! names.

use std::sync::Arc;

use leastwise_aws::State;
use leastwise_core::decide::GrantLog;
use leastwise_report::folder::ReportFolder;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// The folder of an earlier report.
    report: Option<Arc<ReportFolder>>,
}

impl Grants {
    /// Those of an earlier report, if there is one.
    pub(crate) fn new(report: Option<Arc<ReportFolder>>) -> Self {
        Self { report }
    }

    /// The log that reaches back the furthest. That there is none only makes the evidence less sure.
    pub(crate) fn of(&self, account: &str, state: Option<&State>) -> Option<GrantLog> {
        let reported = self
            .report
            .as_ref()
            .and_then(|report| report.grants(account).ok()?);
        let kept = state.and_then(|state| state.grants(account));
        reported
            .into_iter()
            .chain(kept)
            .min_by(|a, b| a.since.cmp(&b.since))
    }
}

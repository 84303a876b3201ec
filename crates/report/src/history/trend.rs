//! The totals of several reports of one organisation, from the first to the last.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::{Coverage, Manifest, Report};

/// What `leastwise compare --trend` prints.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trend {
    /// The reports, by when their runs began.
    pub reports: Vec<Point>,
}

/// The totals of one report.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// The name of its folder.
    pub report: String,
    /// When its run began.
    pub started: String,
    /// The same in seconds since 1970.
    #[serde(skip)]
    pub second: i64,
    /// When the newest of its evidence was evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<String>,
    /// Accounts by coverage. Totals of fewer accounts are smaller.
    pub accounts: BTreeMap<Coverage, usize>,
    /// Roles and users.
    pub principals: usize,
    /// The same by status.
    pub statuses: BTreeMap<PrincipalStatus, usize>,
    /// Policies that can be smaller, or go.
    pub recommendations: usize,
    /// Policies that stay although some of what they grant is reported unused.
    pub left_alone: usize,
    /// Permissions of all principals.
    pub granted: usize,
    /// How many of them are unused.
    pub unused: usize,
    /// How many of those the recommendations remove.
    pub removed: usize,
    /// Points of risk today.
    pub risk_before: u64,
    /// Points of risk that the recommendations leave.
    pub risk_after: u64,
}

impl Trend {
    /// Of reports in any order.
    pub fn of(mut reports: Vec<Point>) -> Self {
        reports.sort_by(|a, b| (a.second, &a.started, &a.report).cmp(&(b.second, &b.started, &b.report)));
        Self { reports }
    }
}

impl Point {
    /// The totals of a report; `None` if its manifest has no valid time.
    pub fn of(name: &str, manifest: &Manifest, report: &Report) -> Option<Self> {
        let second = manifest.started.parse::<Timestamp>().ok()?.as_second();
        let evaluated = report
            .accounts
            .iter()
            .filter_map(|it| it.evidence.evaluated.as_deref());
        let evaluated = evaluated.filter_map(|day| day.parse::<Timestamp>().ok()).max();
        let totals = &report.totals;
        let effect = &totals.effect;
        Some(Self {
            report: name.to_owned(),
            started: manifest.started.clone(),
            second,
            evaluated: evaluated.map(|day| day.to_string()),
            accounts: totals.accounts.clone(),
            principals: totals.principals,
            statuses: totals.statuses.clone(),
            recommendations: totals.recommendations,
            left_alone: totals.left_alone,
            granted: effect.granted,
            unused: effect.unused,
            removed: effect.removed,
            risk_before: effect.risk_before,
            risk_after: effect.risk_after,
        })
    }
}

//! Checks that the history of a report agrees with what it says about each change.

use std::collections::BTreeMap;

use leastwise_core::report::{AccountReport, FileHash, Recommendation, Report, Status};
use leastwise_report::history::{HISTORY, History, HistoryRow, Night, Readiness};

/// See the module.
#[derive(Default)]
pub(super) struct HistoryCheck {
    /// By account.
    rows: BTreeMap<String, Vec<HistoryRow>>,
    families: Readiness,
    /// The status of each change: the most important one among the affected principals.
    changes: BTreeMap<String, Status>,
    wrong: Vec<String>,
}

impl HistoryCheck {
    pub(super) fn of(history: History) -> Self {
        let mut nights = Self::default();
        if !history.rows.is_sorted_by(|one, next| one.key < next.key) {
            nights
                .wrong
                .push(format!("{HISTORY}: rows are not sorted or not unique"));
        }
        let History { counts, rows, idle } = history;
        let again = History::of(rows, idle);
        if again.counts != counts {
            nights.wrong.push(format!("{HISTORY}: the counts do not add up"));
        }
        for row in again.rows {
            nights.rows.entry(row.key.account.clone()).or_default().push(row);
        }
        nights
    }

    /// Adds an account. `hash` gives the hash of a file of the report.
    pub(super) fn add(
        &mut self,
        account: &AccountReport,
        report: &Report,
        hash: impl Fn(&str) -> Option<FileHash>,
    ) {
        let id = &account.summary.id;
        let rows = self.rows.remove(id).unwrap_or_default();
        let (mut night, none) = (Night::default(), Night::default());
        night.add(report, account, hash);
        let mut own = Readiness::default();
        let after = report.ready.map(|ready| ready.after);
        let is_own = |change: &str| account.recommendations.iter().any(|it| it.id == change);
        let known: BTreeMap<_, _> = rows.iter().map(|row| (&row.key, row)).collect();
        for (key, said) in &night.said {
            let row = known.get(key);
            let fits = match (&said.advice, row) {
                (None, None) => true,
                (None, Some(row)) => is_over(row.past.status),
                (Some(advice), Some(row)) => {
                    !is_over(row.past.status)
                        && row.past.advice.as_ref() == Some(advice)
                        && row.past.of_many == said.of_many
                }
                (Some(_), None) => false,
            };
            if !fits {
                let what = format!(
                    "{HISTORY} lacks the change of {} for {}",
                    key.policy, key.principal
                );
                self.wrong.push(what);
            }
            if let (Some(change), Some(row)) = (said.change.as_deref(), row) {
                let into = if is_own(change) {
                    &mut own
                } else {
                    &mut self.families
                };
                into.add(change, row, &none, after);
                let status = self.changes.entry(change.to_owned()).or_insert(row.past.status);
                *status = status.foremost(row.past.status);
            }
        }
        if let Some(row) = rows
            .iter()
            .find(|row| !night.said.contains_key(&row.key) && !is_over(row.past.status))
        {
            let (policy, principal) = (&row.key.policy, &row.key.principal);
            self.wrong.push(format!(
                "{HISTORY}: there is no change of {policy} for {principal}"
            ));
        }
        account
            .recommendations
            .iter()
            .for_each(|change| self.marked(&own, change, report));
    }

    /// What does not fit, when all accounts were added.
    pub(super) fn wrong(mut self, report: &Report) -> Vec<String> {
        let families = std::mem::take(&mut self.families);
        report
            .recommendations
            .iter()
            .for_each(|change| self.marked(&families, change, report));
        if self.rows.values().flatten().any(|row| !is_over(row.past.status)) {
            self.wrong.push(format!(
                "{HISTORY}: it has a change in an account that is not in the report"
            ));
        }
        let mut today = Status::ALL.iter().filter(|status| !is_over(**status));
        let count = |status: Status| self.changes.values().filter(|it| **it == status).count();
        let fits = report.since.as_ref().is_none_or(|since| {
            today.all(|status| since.changes.get(status).copied().unwrap_or_default() == count(*status))
        });
        if !fits {
            self.wrong.push(format!(
                "report.json: the numbers of new and resolved changes differ from {HISTORY}"
            ));
        }
        self.wrong
    }

    /// Whether a change is marked as the history has it.
    fn marked(&mut self, standing: &Readiness, change: &Recommendation, report: &Report) {
        let mut again = change.clone();
        let after = report.ready.map(|ready| ready.after);
        standing.mark(&mut again, after);
        if report.since.is_some() {
            standing.mark_since(&mut again);
        }
        let told = |it: &Recommendation| (it.ready, it.nights_stable, it.since, it.flapping.clone());
        if told(&again) != told(change) {
            self.wrong.push(format!(
                "{}: {HISTORY} has another number of runs without change",
                change.id
            ));
        }
    }
}

/// Whether nothing is advised any more.
fn is_over(status: Status) -> bool {
    matches!(status, Status::Resolved | Status::Withheld | Status::NotRead)
}

//! The history that a scan with an earlier report writes: how each change compares, what is ready, and whether
//! there is anything to report.

use std::collections::{BTreeMap, BTreeSet};

use super::comparable::{ComparableReport, RereadFault};
use super::finished::{FinishedAccount, FinishedAccounts};
use super::formats;
use crate::output::error::RunError;
use leastwise_core::report::{
    AccountSummary, Coverage, Ready, Recommendation, Report, RiskOfDay, SinceRow, Status,
};
use leastwise_report::folder::writer::Writer;
use leastwise_report::formats::{Earlier, Written as _};
use leastwise_report::history::{
    HISTORY, History, HistoryRow, Night, Readiness, ReportSide, accounts, compare_account, counted,
};

/// The earlier report to compare with. There is none in the first run.
pub(crate) struct Previous(pub(crate) Option<ComparableReport>);

/// What is known since the earlier report.
#[derive(Debug)]
pub(crate) struct SinceEarlier {
    /// How much advice is new, reopened or regressed.
    pub(crate) news: usize,
    /// How many principals, access keys and passwords are newly unused.
    pub(crate) newly_unused: usize,
    /// Nothing new needs attention: no recommendation is new, changed, withheld or newly ready, and no
    /// principal or credential is newly unused.
    pub(crate) calm: bool,
    /// The day of the earlier run.
    pub(crate) day: Option<String>,
    /// Of how many principals the evidence is too old, when they are more than before.
    pub(crate) too_old: Option<usize>,
    /// The earlier report is about other accounts altogether.
    pub(crate) no_common_account: bool,
}

/// One pass over the accounts that have been written.
struct Pass<'p> {
    previous: &'p Option<ComparableReport>,
    old: &'p Night,
    night: Night,
    rows: Vec<HistoryRow>,
    /// Number of runs after which a change is ready.
    after: Option<u32>,
    /// What is known of the changes that are decided for many accounts.
    families: Readiness,
    ready: usize,
    newly_ready: usize,
}

impl Previous {
    /// Compares a report on its way with it, marks what is ready and what is used every so often, and writes the history. Gives
    /// the earlier report for the formats.
    pub(crate) fn tell(
        self,
        report: &mut Report,
        (writer, finished): (&Writer, &FinishedAccounts),
        after: Option<u32>,
        fault: &RereadFault,
    ) -> Result<(SinceEarlier, Option<Earlier>), RunError> {
        let nothing = Night::default();
        let Self(previous) = self;
        let old = previous.as_ref().map_or(&nothing, |told| &told.night);
        let mut pass = Pass {
            previous: &previous,
            old,
            night: Night::of(report),
            rows: Vec::new(),
            after,
            families: Readiness::default(),
            ready: 0,
            newly_ready: 0,
        };
        let files = formats::ReportFiles::new(writer, "");
        for account in &report.accounts {
            pass.account(
                report,
                finished.take(writer, &account.id)?,
                (writer, finished),
                &files,
            )?;
        }
        let there: BTreeSet<&str> = report
            .accounts
            .iter()
            .map(|account| account.id.as_str())
            .collect();
        for id in accounts(old, &pass.night)
            .into_iter()
            .filter(|id| !there.contains(id))
        {
            let rows = compare_account(old, &pass.night, id);
            pass.rows.extend(rows);
        }
        for change in &mut report.recommendations {
            pass.disputed(change, &files);
            let (is_ready, is_new) = pass.families.mark(change, after);
            pass.ready += usize::from(is_ready);
            pass.newly_ready += usize::from(is_new);
            if previous.is_some() {
                pass.families.mark_since(change);
            }
        }
        let Pass {
            night,
            mut rows,
            ready,
            newly_ready,
            ..
        } = pass;
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        report.ready = after.map(|after| Ready {
            after,
            changes: ready,
        });
        let asked = previous
            .as_ref()
            .and_then(|told| told.report.ready)
            .map(|ready| ready.after);
        let newly_ready = if asked == after { newly_ready } else { ready };
        // Report only once that it is withheld.
        let was_withheld = |row: &HistoryRow| {
            old.history
                .get(&row.key)
                .is_some_and(|past| past.status == Status::Withheld)
        };
        let is_moved = |row: &HistoryRow| match row.past.status {
            Status::Changed => true,
            Status::Withheld => !was_withheld(row),
            status => status.is_news(),
        };
        let (emptied, unlisted) = lost(previous.as_ref(), report);
        let calm = newly_ready == 0
            && !rows.iter().any(is_moved)
            && night.idle.is_subset(&old.idle)
            && emptied.is_empty()
            && unlisted.is_empty();
        let changes = counted(old, &night, &rows);
        let newly_unused = night.idle.difference(&old.idle).count();
        let news = changes
            .iter()
            .filter(|(status, _)| status.is_news())
            .map(|(_, count)| count)
            .sum();
        let idle_in_gaps = old.idle_in_gaps(&night);
        report.since = previous.as_ref().map(|told| SinceRow {
            day: told.day().to_owned(),
            changes,
            newly_unused,
            no_longer_unused: old
                .idle
                .iter()
                .filter(|it| !night.idle.contains(*it) && !idle_in_gaps.contains(*it))
                .count(),
            risk: RiskOfDay::up_to(&told.report, told.day()),
            emptied,
            unlisted,
        });
        let history = History::of(rows, idle_in_gaps);
        writer.write_json(HISTORY, &history)?;
        let is_known = |told: &ComparableReport| {
            let known = &told.report.accounts;
            known.is_empty() || known.iter().any(|account| there.contains(account.id.as_str()))
        };
        let since = SinceEarlier {
            no_common_account: previous.as_ref().is_some_and(|told| !is_known(told)),
            news,
            newly_unused: if previous.is_some() { newly_unused } else { 0 },
            calm,
            day: previous.as_ref().map(|told| told.day().to_owned()),
            too_old: Some(night.too_old).filter(|count| *count > old.too_old),
        };
        Ok((
            since,
            previous.map(|told| told.for_formats(&night, &history.rows, fault)),
        ))
    }
}

/// Accounts of the earlier report that were read and have no principals any more, and accounts that are
/// missing.
fn lost(previous: Option<&ComparableReport>, report: &Report) -> (Vec<String>, Vec<String>) {
    let now: BTreeMap<&str, &AccountSummary> = report
        .accounts
        .iter()
        .map(|account| (account.id.as_str(), account))
        .collect();
    let before = previous.map_or(&[][..], |told| &told.report.accounts);
    let is_empty = |account: &AccountSummary| {
        account.principals == 0 && matches!(account.coverage, Coverage::Complete | Coverage::Partial)
    };
    let was_inhabited = before.iter().filter(|account| account.principals > 0);
    let is_emptied =
        |account: &&AccountSummary| now.get(account.id.as_str()).is_some_and(|now| is_empty(now));
    let is_unlisted = |account: &&AccountSummary| !now.contains_key(account.id.as_str());
    let ids = |accounts: Vec<&AccountSummary>| accounts.into_iter().map(|it| it.id.clone()).collect();
    (
        ids(was_inhabited.filter(is_emptied).collect()),
        ids(before.iter().filter(is_unlisted).collect()),
    )
}

impl Pass<'_> {
    fn disputed(&self, it: &mut Recommendation, files: &formats::ReportFiles<'_, Writer>) {
        if let Some(told) = self.previous {
            told.disputes.mark(it, |path| files.hash(path));
        }
    }

    /// One account, while it is at hand.
    fn account(
        &mut self,
        report: &Report,
        mut done: FinishedAccount,
        (writer, finished): (&Writer, &FinishedAccounts),
        files: &formats::ReportFiles<'_, Writer>,
    ) -> Result<(), RunError> {
        let account = &mut done.report;
        let id = account.summary.id.clone();
        self.night.add(report, account, |path| files.hash(path));
        let recommendations = &mut account.recommendations;
        recommendations.iter_mut().for_each(|it| self.disputed(it, files));
        // Those of this account are not asked for again, and those of all would be too many.
        files.forget(&format!("policies/{id}/"));
        let mut rows = compare_account(self.old, &self.night, &id);
        if let Some(told) = self.previous {
            let side = ReportSide {
                night: &self.night,
                report,
                account: Some(account),
            };
            rows = told.remember(rows, &side)?;
        }
        let own: BTreeSet<&str> = account.recommendations.iter().map(|it| it.id.as_str()).collect();
        let mut standing = Readiness::default();
        for row in &rows {
            let change = self
                .night
                .said
                .get(&row.key)
                .and_then(|said| said.change.as_deref());
            let Some(change) = change else { continue };
            let into = if own.contains(change) {
                &mut standing
            } else {
                &mut self.families
            };
            into.add(change, row, self.old, self.after);
        }
        self.rows.extend(rows);
        if self.previous.is_none() && self.after.is_none() && !standing.has_flapping() {
            finished.keep(done);
            return Ok(());
        }
        for change in &mut account.recommendations {
            let (is_ready, is_new) = standing.mark(change, self.after);
            self.ready += usize::from(is_ready);
            self.newly_ready += usize::from(is_new);
            if self.previous.is_some() {
                standing.mark_since(change);
            }
        }
        let FinishedAccount { report, texts, .. } = done;
        finished.rewrite(writer, report, texts)
    }
}

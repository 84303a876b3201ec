//! Asks AWS about each change, keeps what it answers, and saves that now and then, so that a check that is interrupted continues.

mod questions;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio::sync::OnceCell;

use questions::AccountAdvice;

use super::TotalsSoFar;
use super::work::{CheckWork, CheckedPair, EarlierCheck};
use crate::cli::Check;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use leastwise_aws::live::{CheckBudget, Live};
use leastwise_core::check::{CheckPlan, not_asked};
use leastwise_core::evidence::Failure;
use leastwise_core::report::{
    CHECK_SCHEMA, CheckKind, CheckReport, CheckRow, CheckTotals, CheckVerdict, CheckedChange,
};
use leastwise_report::folder::afterwards;

/// So often what was answered is saved.
const SAVE_EVERY: Duration = Duration::from_secs(2);
/// Number of progress lines.
const LINES: usize = 7;

/// See the module.
pub(super) struct Asking<'a> {
    work: &'a CheckWork,
    live: &'a Live,
    budget: &'a CheckBudget,
    earlier: EarlierCheck,
    args: &'a Check,
    log: &'a Log,
    answers: Mutex<CheckAnswers>,
    /// What would be refused again.
    refused: Mutex<BTreeMap<CheckKind, Failure>>,
    /// What AWS recommends, by principal; read when the first change needs it.
    advice: OnceCell<AccountAdvice>,
}

struct CheckAnswers {
    /// In the order of the changes.
    changes: Vec<Option<CheckedChange>>,
    /// Those in work, by place: what was answered by now was perhaps paid for.
    begun: BTreeMap<usize, CheckedChange>,
    saved: Instant,
}

impl<'a> Asking<'a> {
    pub(super) fn new(
        work: &'a CheckWork,
        live: &'a Live,
        budget: &'a CheckBudget,
        earlier: EarlierCheck,
        args: &'a Check,
        log: &'a Log,
    ) -> Self {
        let changes = work.changes.iter().map(|_| None).collect();
        Self {
            work,
            live,
            budget,
            earlier,
            args,
            log,
            answers: Mutex::new(CheckAnswers {
                changes,
                begun: BTreeMap::new(),
                saved: Instant::now(),
            }),
            refused: Mutex::default(),
            advice: OnceCell::new(),
        }
    }

    /// Asks about every change, `at_a_time` at once.
    pub(super) async fn all(&self, at_a_time: usize) -> Result<(), RunError> {
        let allotted = self.allotted()?;
        let changes = self.work.changes.iter().zip(allotted).enumerate();
        let asked = changes.map(|(place, (change, calls))| async move {
            let answer = Box::pin(self.about(place, change, calls)).await?;
            self.keep(place, answer)
        });
        let mut asked = futures::stream::iter(asked).buffer_unordered(at_a_time.max(1));
        while let Some(done) = asked.next().await {
            done?;
        }
        Ok(())
    }

    /// How many paid calls each change may have: those that lower the risk most are served first.
    fn allotted(&self) -> Result<Vec<u64>, RunError> {
        let mut left = self.args.budget.calls();
        let mut allotted = Vec::with_capacity(self.work.changes.len());
        for change in &self.work.changes {
            // Where nothing is left, no document needs to be read for that.
            let mine = if left == 0 {
                0
            } else {
                self.wanted(change)?.min(left)
            };
            left -= mine;
            allotted.push(mine);
        }
        Ok(allotted)
    }

    fn wanted(&self, change: &CheckedPair) -> Result<u64, RunError> {
        let is_final = |kind| self.known(change, kind).is_some();
        let texts = change.texts(&self.work.folder)?;
        let (before, after) = texts.documents()?;
        let plan = CheckPlan::of(&self.work.catalog, &before, &after, &change.used);
        let new_access = if is_final(CheckKind::NoNewAccess) {
            0
        } else {
            plan.after.len() as u64
        };
        let rest = if is_final(CheckKind::AccessNotGranted) {
            0
        } else {
            plan.paid_calls() - plan.after.len() as u64
        };
        Ok(new_access + rest)
    }

    /// What came of a question in an earlier check of these documents.
    fn earlier_row(&self, change: &CheckedPair, kind: CheckKind) -> Option<CheckRow> {
        let earlier = self.earlier.changes.get(&change.id);
        let earlier = earlier.filter(|it| change.is_of(it))?;
        earlier.checks.iter().find(|row| row.check == kind).cloned()
    }

    /// What AWS has answered before, unless it is to be asked again.
    fn known(&self, change: &CheckedPair, kind: CheckKind) -> Option<CheckRow> {
        let earlier = self.earlier_row(change, kind);
        earlier.filter(|row| !self.args.again && row.is_final())
    }

    /// A question that has no answer this time keeps the dispute of the last time.
    fn or_disputed(&self, change: &CheckedPair, row: CheckRow) -> CheckRow {
        match self.earlier_row(change, row.check).filter(|_| !row.is_final()) {
            Some(earlier) => questions::with_dispute(row, earlier),
            None => row,
        }
    }

    /// Everything about one change.
    async fn about(
        &self,
        place: usize,
        change: &CheckedPair,
        mut paid: u64,
    ) -> Result<CheckedChange, RunError> {
        let texts = change.texts(&self.work.folder)?;
        let (before, after) = texts.documents()?;
        let plan = CheckPlan::of(&self.work.catalog, &before, &after, &change.used);
        let known = |kind| self.known(change, kind).unwrap_or_else(|| not_asked(kind));
        let mut checks: Vec<CheckRow> = plan.questions().into_iter().map(known).collect();
        for at in 0..checks.len() {
            let Some(row) = checks.get_mut(at).filter(|row| !row.is_final()) else {
                continue;
            };
            *row = match row.check {
                CheckKind::ValidatePolicy => self.validate(&plan).await,
                CheckKind::Simulate => self.simulate(&plan).await,
                CheckKind::NoNewAccess => self.no_new_access(&plan, &mut paid).await,
                CheckKind::AccessNotGranted => self.not_granted(&plan, &mut paid).await,
                CheckKind::Recommendation => continue,
            };
            let begun = self.begun(change, &checks);
            lock(&self.answers).begun.insert(place, begun);
        }
        // A recommendation may have been generated since.
        let advice = self.recommendation(change, (&before, &after)).await;
        Ok(self.answered(change, checks, advice))
    }

    /// A change in work. What has no answer by now is as it was.
    fn begun(&self, change: &CheckedPair, checks: &[CheckRow]) -> CheckedChange {
        let by_now = |row: &CheckRow| {
            let earlier = self.earlier_row(change, row.check);
            let earlier = earlier.filter(|_| !row.is_final());
            earlier.unwrap_or_else(|| row.clone())
        };
        let advice = self.earlier_row(change, CheckKind::Recommendation);
        self.answered(change, checks.iter().map(by_now).collect(), advice)
    }

    /// A change with its answers. A dispute stands until AWS has answered the question again.
    fn answered(
        &self,
        change: &CheckedPair,
        checks: Vec<CheckRow>,
        advice: Option<CheckRow>,
    ) -> CheckedChange {
        let checks: Vec<CheckRow> = checks
            .into_iter()
            .chain(advice)
            .map(|row| self.or_disputed(change, row))
            .collect();
        CheckedChange {
            id: change.id.clone(),
            before: change.before,
            after: change.after,
            verdict: CheckVerdict::of(&checks),
            checks,
        }
    }

    fn keep(&self, place: usize, answer: CheckedChange) -> Result<(), RunError> {
        let mut answers = lock(&self.answers);
        if let Some(slot) = answers.changes.get_mut(place) {
            *slot = Some(answer);
        }
        answers.begun.remove(&place);
        let total = answers.changes.len();
        let done = answers.changes.iter().flatten().count();
        let line = |done: usize| done * LINES / total.max(1);
        if line(done) > line(done - 1) || done == total {
            let failed = answers
                .changes
                .iter()
                .flatten()
                .filter(|it| it.verdict == CheckVerdict::Incomplete);
            let failed = failed.count();
            self.log.tell(&Event::Progress {
                stage: "checked",
                done,
                failed,
                total,
                findings: 0,
            });
        }
        if answers.saved.elapsed() < SAVE_EVERY {
            return Ok(());
        }
        drop(answers);
        self.save()?;
        lock(&self.answers).saved = Instant::now();
        Ok(())
    }

    /// Writes what is known by now. A change that was not asked about again is as it was.
    pub(super) fn save(&self) -> Result<CheckReport, RunError> {
        let report = self.report();
        // If the disk is full after the first, the scripts refuse too much rather than too little.
        self.work.refuse_in_scripts(&report.changes)?;
        afterwards::write_check(self.work.folder.path(), &report)?;
        Ok(report)
    }

    fn report(&self) -> CheckReport {
        let answers = lock(&self.answers);
        let changes: Vec<CheckedChange> = self
            .work
            .changes
            .iter()
            .zip(&answers.changes)
            .enumerate()
            .filter_map(|(place, (change, answer))| {
                let begun = || answers.begun.get(&place);
                let earlier = || self.earlier.changes.get(&change.id).filter(|it| change.is_of(it));
                answer.as_ref().or_else(begun).or_else(earlier).cloned()
            })
            .collect();
        CheckReport {
            schema: CHECK_SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            manifest: self.work.folder.digest,
            checked: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            account: self.live.caller_account().to_owned(),
            region: self.live.region().to_owned(),
            totals: CheckTotals::of(
                &changes,
                self.earlier.paid_calls.saturating_add(self.budget.made()),
            ),
            changes,
        }
    }

    pub(super) fn so_far(&self) -> TotalsSoFar {
        let answers = lock(&self.answers);
        TotalsSoFar {
            done: answers.changes.iter().flatten().count(),
            total: answers.changes.len(),
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

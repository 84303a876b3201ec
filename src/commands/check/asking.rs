//! Asks AWS about each change, keeps what it answers, and saves that now and then, so that a check that is interrupted continues.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio::sync::OnceCell;

use super::TotalsSoFar;
use super::work::{CheckWork, CheckedPair, EarlierCheck};
use crate::cli::Check;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use leastwise_aws::live::{CheckBudget, Live, Unanswered};
use leastwise_core::check::{
    ACTIONS_A_CALL, AwsAdvice, CheckPlan, PolicyOpinion, advised, failed, no_new_access, not_granted,
    over_budget, simulated, validated,
};
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::policy::Document;
use leastwise_core::report::{
    CHECK_SCHEMA, CheckKind, CheckOutcome, CheckReport, CheckRow, CheckTotals, CheckVerdict, CheckedChange,
};
use leastwise_report::folder::afterwards;

/// So often what was answered is saved.
const SAVE_EVERY: Duration = Duration::from_secs(2);
/// How many lines tell how far it has come.
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
    saved: Instant,
}

/// The findings of the principals that changes affect, and why those of an analyzer are not known.
#[derive(Default)]
struct AccountAdvice {
    /// By principal: the analyzer and the finding.
    findings: BTreeMap<String, Vec<(String, String)>>,
    failure: Option<Failure>,
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
                saved: Instant::now(),
            }),
            refused: Mutex::default(),
            advice: OnceCell::new(),
        }
    }

    /// Asks about every change, so many at a time.
    pub(super) async fn all(&self, at_a_time: usize) -> Result<(), RunError> {
        let allotted = self.allotted()?;
        let changes = self.work.changes.iter().zip(allotted).enumerate();
        let asked = changes.map(|(place, (change, calls))| async move {
            let answer = Box::pin(self.about(change, calls)).await?;
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

    /// What AWS has answered before, about these documents.
    fn known(&self, change: &CheckedPair, kind: CheckKind) -> Option<CheckRow> {
        let earlier = self
            .earlier
            .changes
            .get(&change.id)
            .filter(|it| !self.args.again && change.is_of(it))?;
        earlier
            .checks
            .iter()
            .find(|row| row.check == kind && row.is_final())
            .cloned()
    }

    /// Everything about one change.
    async fn about(&self, change: &CheckedPair, mut paid: u64) -> Result<CheckedChange, RunError> {
        let texts = change.texts(&self.work.folder)?;
        let (before, after) = texts.documents()?;
        let plan = CheckPlan::of(&self.work.catalog, &before, &after, &change.used);
        let mut checks = Vec::new();
        if !plan.after.is_empty() {
            checks.push(match self.known(change, CheckKind::ValidatePolicy) {
                Some(row) => row,
                None => self.validate(&plan).await,
            });
        }
        if !plan.simulations.is_empty() {
            checks.push(match self.known(change, CheckKind::Simulate) {
                Some(row) => row,
                None => self.simulate(&plan).await,
            });
        }
        if !plan.after.is_empty() {
            checks.push(match self.known(change, CheckKind::NoNewAccess) {
                Some(row) => row,
                None => self.no_new_access(&plan, &mut paid).await,
            });
        }
        if !plan.after.is_empty() && !plan.removed.is_empty() {
            checks.push(match self.known(change, CheckKind::AccessNotGranted) {
                Some(row) => row,
                None => self.not_granted(&plan, &mut paid).await,
            });
        }
        // A recommendation may have been generated since.
        checks.extend(self.recommendation(change, (&before, &after)).await);
        let verdict = CheckVerdict::of(&checks);
        Ok(CheckedChange {
            id: change.id.clone(),
            before: change.before,
            after: change.after,
            verdict,
            checks,
        })
    }

    async fn validate(&self, plan: &CheckPlan) -> CheckRow {
        const KIND: CheckKind = CheckKind::ValidatePolicy;
        self.unless_refused(KIND, async {
            let before = self.live.validate(&plan.before).await?;
            let mut after = Vec::new();
            for document in &plan.after {
                after.push(self.live.validate(document).await?);
            }
            Ok(validated(&before, &after))
        })
        .await
    }

    async fn simulate(&self, plan: &CheckPlan) -> CheckRow {
        const KIND: CheckKind = CheckKind::Simulate;
        let mut answers = Vec::new();
        let row = self
            .unless_refused(KIND, async {
                for simulation in &plan.simulations {
                    let actions: Vec<String> = simulation.actions().cloned().collect();
                    let resource = &simulation.resource;
                    let policy = std::slice::from_ref(&plan.before);
                    let before = self.live.simulate(policy, resource, &actions).await?;
                    let after = self.live.simulate(&plan.after, resource, &actions).await?;
                    answers.push((simulation.clone(), before, after));
                }
                Ok(simulated(&answers))
            })
            .await;
        with_dispute(row, simulated(&answers))
    }

    async fn no_new_access(&self, plan: &CheckPlan, paid: &mut u64) -> CheckRow {
        const KIND: CheckKind = CheckKind::NoNewAccess;
        let mut opinions = Vec::new();
        let mut unpaid = 0;
        let row = self
            .unless_refused(KIND, async {
                for document in &plan.after {
                    let answer = self.live.check_no_new_access(document, &plan.before, self.budget);
                    match within(paid, answer).await? {
                        Some(opinion) => opinions.push(opinion),
                        None => unpaid += 1,
                    }
                }
                Ok(no_new_access(&opinions))
            })
            .await;
        let row = if unpaid > 0 && row.failure.is_none() {
            over_budget(KIND, opinions.len(), unpaid)
        } else {
            row
        };
        with_dispute(row, no_new_access(&opinions))
    }

    async fn not_granted(&self, plan: &CheckPlan, paid: &mut u64) -> CheckRow {
        const KIND: CheckKind = CheckKind::AccessNotGranted;
        let mut opinions: Vec<(&[String], PolicyOpinion)> = Vec::new();
        let mut unpaid = 0;
        let row = self
            .unless_refused(KIND, async {
                for document in &plan.after {
                    for actions in plan.removed.chunks(ACTIONS_A_CALL) {
                        let answer = self.live.check_access_not_granted(document, actions, self.budget);
                        match within(paid, answer).await? {
                            Some(opinion) => opinions.push((actions, opinion)),
                            None => unpaid += 1,
                        }
                    }
                }
                Ok(not_granted(&opinions))
            })
            .await;
        let judged = not_granted(&opinions);
        let row = if unpaid > 0 && row.failure.is_none() {
            over_budget(KIND, judged.compared, unpaid)
        } else {
            row
        };
        with_dispute(row, judged)
    }

    /// What AWS's own recommendations say, where there are some.
    async fn recommendation(
        &self,
        change: &CheckedPair,
        (before, after): (&Document<'_>, &[Document<'_>]),
    ) -> Option<CheckRow> {
        const KIND: CheckKind = CheckKind::Recommendation;
        let known = self.advice.get_or_init(|| self.findings()).await;
        let of_change: Vec<&(String, String)> = change
            .principals
            .iter()
            .filter_map(|principal| known.findings.get(principal))
            .flatten()
            .collect();
        if of_change.is_empty() {
            return known.failure.clone().map(|failure| failed(KIND, failure));
        }
        let mut advice: Vec<AwsAdvice> = Vec::new();
        let row = self
            .unless_refused(KIND, async {
                for (analyzer, finding) in of_change {
                    advice.extend(self.live.advice_of(analyzer).recommendation(finding).await?);
                }
                Ok(None)
            })
            .await;
        advice.retain(|advice| change.is_about(advice));
        let judged = advised(&self.work.catalog, before, after, &change.unused, &advice);
        match (row, judged) {
            (Some(row), Some(judged)) => Some(with_dispute(row, judged)),
            (row, judged) => row.or(judged),
        }
    }

    /// The findings on the principals that changes affect.
    async fn findings(&self) -> AccountAdvice {
        let principals = self.work.principals();
        let mut advice = AccountAdvice::default();
        for (analyzer, accounts) in self.work.analyzers() {
            let asked = self.live.advice_of(analyzer);
            for account in accounts {
                match asked.findings(account).await {
                    Ok(found) => {
                        let wanted = found
                            .into_iter()
                            .filter(|(arn, _)| principals.contains(arn.as_str()));
                        for (principal, ids) in wanted {
                            let ids = ids.into_iter().map(|id| (analyzer.to_owned(), id));
                            advice.findings.entry(principal).or_default().extend(ids);
                        }
                    }
                    Err(failure) => {
                        let is_lasting = is_lasting(&failure);
                        advice.failure.get_or_insert(failure);
                        if is_lasting {
                            break;
                        }
                    }
                }
            }
        }
        advice
    }

    /// Asks, unless the same was refused before. `None` of the work is no row.
    async fn unless_refused<R: ResultRow>(
        &self,
        kind: CheckKind,
        work: impl Future<Output = Result<R, Failure>>,
    ) -> R {
        if let Some(failure) = lock(&self.refused).get(&kind) {
            return R::of(failed(kind, failure.clone()));
        }
        // In a box, as types of futures within futures grow deeper than rustc follows.
        Box::pin(work).await.unwrap_or_else(|failure| {
            if is_lasting(&failure) {
                lock(&self.refused).entry(kind).or_insert_with(|| failure.clone());
            }
            R::of(failed(kind, failure))
        })
    }

    fn keep(&self, place: usize, answer: CheckedChange) -> Result<(), RunError> {
        let mut answers = lock(&self.answers);
        if let Some(slot) = answers.changes.get_mut(place) {
            *slot = Some(answer);
        }
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
        answers.saved = Instant::now();
        drop(answers);
        self.save().map(drop)
    }

    /// Writes what is known by now. A change that was not asked about again is as it was.
    pub(super) fn save(&self) -> Result<CheckReport, RunError> {
        let report = self.report();
        afterwards::write_check(self.work.folder.path(), &report)?;
        self.work.refuse_in_scripts(&report.changes)?;
        Ok(report)
    }

    fn report(&self) -> CheckReport {
        let answers = lock(&self.answers);
        let changes: Vec<CheckedChange> = self
            .work
            .changes
            .iter()
            .zip(&answers.changes)
            .filter_map(|(change, answer)| {
                let earlier = || self.earlier.changes.get(&change.id).filter(|it| change.is_of(it));
                answer.as_ref().or_else(earlier).cloned()
            })
            .collect();
        CheckReport {
            schema: CHECK_SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            manifest: self.work.folder.digest,
            checked: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            account: self.live.caller_account().to_owned(),
            region: self.live.region().to_owned(),
            totals: CheckTotals::of(&changes, self.earlier.paid_calls + self.budget.made()),
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

/// What an answer becomes.
trait ResultRow {
    fn of(row: CheckRow) -> Self;
}

impl ResultRow for CheckRow {
    fn of(row: CheckRow) -> Self {
        row
    }
}

impl ResultRow for Option<CheckRow> {
    fn of(row: CheckRow) -> Self {
        Some(row)
    }
}

/// One paid call, if the change has one left.
async fn within(
    paid: &mut u64,
    call: impl Future<Output = Result<PolicyOpinion, Unanswered>>,
) -> Result<Option<PolicyOpinion>, Failure> {
    if *paid == 0 {
        return Ok(None);
    }
    *paid -= 1;
    match call.await {
        Ok(opinion) => Ok(Some(opinion)),
        Err(Unanswered::OverBudget) => Ok(None),
        Err(Unanswered::Failed(failure)) => Err(failure),
    }
}

/// What was answered before the rest failed, or would have cost too much, is a dispute all the same.
fn with_dispute(row: CheckRow, judged: CheckRow) -> CheckRow {
    match judged.outcome {
        CheckOutcome::Disputes => CheckRow {
            failure: row.failure,
            unpaid_calls: row.unpaid_calls,
            ..judged
        },
        _ => row,
    }
}

/// Whether the next question of the kind would be refused as well.
fn is_lasting(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Denied | FailureKind::Expired)
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

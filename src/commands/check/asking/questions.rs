//! The questions about one change, one function per check, and what becomes of an answer that fails or costs too much.

use std::collections::BTreeMap;

use super::{Asking, lock};
use crate::commands::check::work::CheckedPair;
use leastwise_aws::live::Unanswered;
use leastwise_core::check::{
    ACTIONS_A_CALL, AwsAdvice, CheckPlan, PolicyOpinion, advised, failed, no_new_access, not_granted,
    over_budget, simulated, validated,
};
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::policy::Document;
use leastwise_core::report::{CheckKind, CheckOutcome, CheckRow};

/// The findings of the principals that changes affect, and why those of an analyzer are not known.
#[derive(Default)]
pub(super) struct AccountAdvice {
    /// By principal: the analyzer and the finding.
    findings: BTreeMap<String, Vec<(String, String)>>,
    failure: Option<Failure>,
}

impl Asking<'_> {
    pub(super) async fn validate(&self, plan: &CheckPlan) -> CheckRow {
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

    pub(super) async fn simulate(&self, plan: &CheckPlan) -> CheckRow {
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

    pub(super) async fn no_new_access(&self, plan: &CheckPlan, paid: &mut u64) -> CheckRow {
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

    pub(super) async fn not_granted(&self, plan: &CheckPlan, paid: &mut u64) -> CheckRow {
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
    pub(super) async fn recommendation(
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
        // Findings that could not be listed may have had recommendations as well.
        let row = row.or_else(|| known.failure.clone().map(|failure| failed(KIND, failure)));
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
pub(super) fn with_dispute(row: CheckRow, judged: CheckRow) -> CheckRow {
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

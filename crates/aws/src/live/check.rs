//! AWS's opinion of finished changes: policies go there as text, and nothing is changed. What AWS answers is for people, so its
//! words are cleaned here.
//!
//! Two operations cost money for each call. A [`CheckBudget`] counts every attempt of them before it goes out.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aws_sdk_accessanalyzer::types::{
    Access, AccessCheckPolicyType, CheckAccessNotGrantedResult, CheckNoNewAccessResult, PolicyType,
    ReasonSummary, ValidatePolicyFindingType,
};
use aws_sdk_iam::types::PolicyEvaluationDecisionType;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::Live;
use super::deadline::{InTheWay, late};
use super::operations::{
    CHECK_ACCESS_NOT_GRANTED, CHECK_NO_NEW_ACCESS, Operation, SIMULATE_CUSTOM_POLICY, VALIDATE_POLICY,
};
use super::options::{CHECK_PAGE, SIMULATION_PAGE};
use super::pages::{all, malformed};
use leastwise_core::check::{CheckDecision, FindingLevel, PolicyFinding, PolicyOpinion};
use leastwise_core::evidence::{Failure, clean_message};

/// Paid calls that may still be made.
#[derive(Debug, Default)]
pub struct CheckBudget {
    left: AtomicU64,
    made: AtomicU64,
}

impl CheckBudget {
    /// So many calls.
    pub fn of(calls: u64) -> Self {
        Self {
            left: AtomicU64::new(calls),
            made: AtomicU64::new(0),
        }
    }

    /// Takes one call, if there is one.
    fn take(&self) -> bool {
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if taken.is_ok() {
            self.made.fetch_add(1, Ordering::Relaxed);
        }
        taken.is_ok()
    }

    /// How many were made, retries included.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}

/// Why there is no opinion.
#[derive(Debug)]
pub enum Unanswered {
    /// The call failed.
    Failed(Failure),
    /// It would cost more than may be spent.
    OverBudget,
}

/// What stands in for a call that may not be made.
#[derive(Debug, Error)]
#[error("the budget is spent")]
struct Spent;

impl Live {
    /// What `ValidatePolicy` finds in an identity policy.
    ///
    /// # Errors
    /// When the call fails after all retries.
    pub async fn validate(&self, document: &str) -> Result<Vec<PolicyFinding>, Failure> {
        let pages = all(&VALIDATE_POLICY, |token| async move {
            let call = self.caller.call(&VALIDATE_POLICY, |clients| {
                clients
                    .analyzer()
                    .validate_policy()
                    .policy_document(document)
                    .policy_type(PolicyType::IdentityPolicy)
                    .max_results(CHECK_PAGE)
                    .set_next_token(token.clone())
                    .send()
            });
            let answer = call.await?;
            let findings = answer.findings.into_iter().map(|finding| PolicyFinding {
                level: match finding.finding_type {
                    ValidatePolicyFindingType::Error => FindingLevel::Error,
                    ValidatePolicyFindingType::SecurityWarning => FindingLevel::SecurityWarning,
                    ValidatePolicyFindingType::Warning => FindingLevel::Warning,
                    ValidatePolicyFindingType::Suggestion => FindingLevel::Suggestion,
                    _ => FindingLevel::Other,
                },
                code: cleaned(&finding.issue_code),
                details: cleaned(&finding.finding_details),
            });
            Ok((findings.collect(), answer.next_token))
        });
        self.in_time(&VALIDATE_POLICY, pages).await
    }

    /// What `SimulateCustomPolicy` says of some actions on one resource under some policies together.
    ///
    /// # Errors
    /// When the call fails after all retries.
    pub async fn simulate(
        &self,
        policies: &[String],
        resource: &str,
        actions: &[String],
    ) -> Result<Vec<CheckDecision>, Failure> {
        let pages = all(&SIMULATE_CUSTOM_POLICY, |marker| async move {
            let call = self.caller.call(&SIMULATE_CUSTOM_POLICY, |clients| {
                clients
                    .iam()
                    .simulate_custom_policy()
                    .set_policy_input_list(Some(policies.to_vec()))
                    .set_action_names(Some(actions.to_vec()))
                    .resource_arns(resource)
                    .max_items(SIMULATION_PAGE)
                    .set_marker(marker.clone())
                    .send()
            });
            let answer = call.await?;
            // A marker that comes without being wanted would be gone on with, and none where there is more would end the list.
            let marker = answer.marker.filter(|marker| !marker.is_empty());
            if answer.is_truncated != marker.is_some() {
                return Err(malformed(&SIMULATE_CUSTOM_POLICY));
            }
            let results = answer.evaluation_results.unwrap_or_default().into_iter();
            let decisions = results.map(|result| {
                let is_allowed = match result.eval_decision {
                    PolicyEvaluationDecisionType::Allowed => true,
                    PolicyEvaluationDecisionType::ExplicitDeny
                    | PolicyEvaluationDecisionType::ImplicitDeny => false,
                    _ => return Err(malformed(&SIMULATE_CUSTOM_POLICY)),
                };
                let missing = result.missing_context_values.unwrap_or_default();
                let missing = missing.iter().map(|key| cleaned(key)).collect();
                Ok(CheckDecision {
                    action: result.eval_action_name,
                    is_allowed,
                    missing,
                })
            });
            Ok((decisions.collect::<Result<_, _>>()?, marker))
        });
        self.in_time(&SIMULATE_CUSTOM_POLICY, pages).await
    }

    /// Whether `CheckNoNewAccess` passes: the new policy allows nothing that the existing one does not. A paid call.
    ///
    /// # Errors
    /// When the call fails, or may not be made.
    pub async fn check_no_new_access(
        &self,
        new: &str,
        existing: &str,
        budget: &CheckBudget,
    ) -> Result<PolicyOpinion, Unanswered> {
        let spent = AtomicBool::new(false);
        let call = self.caller.call(&CHECK_NO_NEW_ACCESS, |clients| {
            let request = clients
                .analyzer()
                .check_no_new_access()
                .new_policy_document(new)
                .existing_policy_document(existing)
                .policy_type(AccessCheckPolicyType::IdentityPolicy);
            paid(budget, &spent, || request.send())
        });
        let answer = self
            .in_time(&CHECK_NO_NEW_ACCESS, call)
            .await
            .map_err(|it| unanswered(it, &spent))?;
        let passes = match answer.result {
            Some(CheckNoNewAccessResult::Pass) => true,
            Some(CheckNoNewAccessResult::Fail) => false,
            _ => return Err(Unanswered::Failed(malformed(&CHECK_NO_NEW_ACCESS))),
        };
        Ok(PolicyOpinion {
            passes,
            words: words(answer.message, answer.reasons),
        })
    }

    /// Whether `CheckAccessNotGranted` passes: the policy allows none of the actions. A paid call.
    ///
    /// # Errors
    /// When the call fails, or may not be made.
    pub async fn check_access_not_granted(
        &self,
        policy: &str,
        actions: &[String],
        budget: &CheckBudget,
    ) -> Result<PolicyOpinion, Unanswered> {
        let spent = AtomicBool::new(false);
        let call = self.caller.call(&CHECK_ACCESS_NOT_GRANTED, |clients| {
            let request = clients
                .analyzer()
                .check_access_not_granted()
                .policy_document(policy)
                .access(Access::builder().set_actions(Some(actions.to_vec())).build())
                .policy_type(AccessCheckPolicyType::IdentityPolicy);
            paid(budget, &spent, || request.send())
        });
        let answer = self
            .in_time(&CHECK_ACCESS_NOT_GRANTED, call)
            .await
            .map_err(|it| unanswered(it, &spent))?;
        let passes = match answer.result {
            Some(CheckAccessNotGrantedResult::Pass) => true,
            Some(CheckAccessNotGrantedResult::Fail) => false,
            _ => return Err(Unanswered::Failed(malformed(&CHECK_ACCESS_NOT_GRANTED))),
        };
        Ok(PolicyOpinion {
            passes,
            words: words(answer.message, answer.reasons),
        })
    }

    /// Ends work that takes longer than an account may.
    pub(super) async fn in_time<T>(
        &self,
        operation: &Operation,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + self.options.limits.account_timeout;
        // In a box, as the types of what is asked within grow deeper than rustc follows.
        let work = Box::pin(work);
        let bounded = async {
            timeout_at(deadline, work)
                .await
                .unwrap_or_else(|_| Err(late(operation, &[])))
        };
        InTheWay::default().of(bounded).await
    }
}

/// Sends one attempt of a paid call, if it may be made.
fn paid<T, E, F>(
    budget: &CheckBudget,
    spent: &AtomicBool,
    send: impl FnOnce() -> F,
) -> impl Future<Output = Result<T, SdkError<E, HttpResponse>>>
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let sent = if budget.take() {
        Some(send())
    } else {
        spent.store(true, Ordering::Relaxed);
        None
    };
    async move {
        match sent {
            Some(sent) => sent.await,
            None => Err(SdkError::construction_failure(Spent)),
        }
    }
}

fn unanswered(failure: Failure, spent: &AtomicBool) -> Unanswered {
    if spent.load(Ordering::Relaxed) {
        Unanswered::OverBudget
    } else {
        Unanswered::Failed(failure)
    }
}

/// AWS's message and its reasons, in one line.
fn words(message: Option<String>, reasons: Option<Vec<ReasonSummary>>) -> String {
    let reasons = reasons
        .unwrap_or_default()
        .into_iter()
        .filter_map(|reason| reason.description);
    let all: Vec<String> = message
        .into_iter()
        .chain(reasons)
        .map(|text| cleaned(&text))
        .collect();
    cleaned(&all.join("; "))
}

pub(super) fn cleaned(text: &str) -> String {
    clean_message(text).unwrap_or_default()
}

//! AWS's own recommendations, if someone generated them. Generating them is a write call, which is never
//! made.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_accessanalyzer::types::{Criterion, RecommendedRemediationAction, RecommendedStep, Status};

use super::operations::{GET_FINDING_RECOMMENDATION, LIST_FINDINGS};
use super::options::{CHECK_PAGE, FINDINGS_PAGE};
use super::pages::{Pages, malformed};
use super::session::Session;
use super::{DEFAULT_REGION, Live};
use leastwise_core::arn::Arn;
use leastwise_core::check::AwsAdvice;
use leastwise_core::evidence::{Failure, FailureKind};

/// One analyzer, asked with the caller's own credentials.
#[derive(Debug)]
pub struct AnalyzerAdvice<'l> {
    live: &'l Live,
    session: Arc<Session>,
    analyzer: String,
}

impl Live {
    /// What an analyzer recommends. It is asked in its own Region.
    pub fn advice_of(&self, analyzer: &str) -> AnalyzerAdvice<'_> {
        let region = Arn::parse(analyzer).map_or(DEFAULT_REGION, |arn| arn.region);
        let account = &self.identity.account;
        let session = if self.caller.is_at(account, region) {
            Arc::clone(&self.caller)
        } else {
            let origin = self.caller.origin().clone();
            Arc::new(Session::new(
                account,
                region,
                &self.settings,
                origin,
                &self.shared,
            ))
        };
        AnalyzerAdvice {
            live: self,
            session,
            analyzer: analyzer.to_owned(),
        }
    }
}

impl AnalyzerAdvice<'_> {
    /// The active findings on unused permissions in an account: the ids, by the principal's ARN.
    ///
    /// # Errors
    /// When the call fails after all retries.
    pub async fn findings(&self, account: &str) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let list = async {
            let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut pages = Pages::of(&LIST_FINDINGS);
            loop {
                let page = self.session.call(&LIST_FINDINGS, |clients| {
                    clients
                        .analyzer()
                        .list_findings_v2()
                        .analyzer_arn(&self.analyzer)
                        .filter("resourceOwnerAccount", only(account))
                        .filter("findingType", only("UnusedPermission"))
                        .filter("status", only("ACTIVE"))
                        .max_results(FINDINGS_PAGE)
                        .set_next_token(pages.token())
                        .send()
                });
                let answer = pages.ask(page).await?;
                let elements = answer.findings.len();
                for finding in answer.findings {
                    // An analyzer that ignores the filter must not give this account another's findings.
                    if finding.resource_owner_account == account
                        && let Some(principal) = finding.resource
                    {
                        found.entry(principal).or_default().push(finding.id);
                    }
                }
                if !pages.next(answer.next_token, elements)? {
                    found.values_mut().for_each(|ids| ids.sort_unstable());
                    return Ok(found);
                }
            }
        };
        self.live.in_time(&LIST_FINDINGS, list).await
    }

    /// The recommendation for a finding; empty if none was generated.
    ///
    /// # Errors
    /// When the call fails after all retries.
    pub async fn recommendation(&self, finding: &str) -> Result<Vec<AwsAdvice>, Failure> {
        let read = async {
            let mut steps = Vec::new();
            let mut pages = Pages::of(&GET_FINDING_RECOMMENDATION);
            loop {
                let page = self.session.call(&GET_FINDING_RECOMMENDATION, |clients| {
                    clients
                        .analyzer()
                        .get_finding_recommendation()
                        .analyzer_arn(&self.analyzer)
                        .id(finding)
                        .max_results(CHECK_PAGE)
                        .set_next_token(pages.token())
                        .send()
                });
                let answer = match pages.ask(page).await {
                    Ok(answer) => answer,
                    Err(failure) if is_none(&failure) => return Ok(Vec::new()),
                    Err(failure) => return Err(failure),
                };
                if answer.status != Status::Succeeded {
                    return Ok(Vec::new());
                }
                let page = answer.recommended_steps.unwrap_or_default();
                let elements = page.len();
                steps.extend(page);
                if !pages.next(answer.next_token, elements)? {
                    return advice(&answer.resource_arn, steps);
                }
            }
        };
        self.live.in_time(&GET_FINDING_RECOMMENDATION, read).await
    }
}

/// No recommendation was generated, or AWS generates none for this kind of finding.
fn is_none(failure: &Failure) -> bool {
    failure.kind == FailureKind::Absent || failure.kind == FailureKind::Malformed && failure.code.is_some()
}

/// A policy is detached, and perhaps others are created in its place.
fn advice(principal: &str, steps: Vec<RecommendedStep>) -> Result<Vec<AwsAdvice>, Failure> {
    let mut by_policy: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for step in steps {
        // A step of a kind that is not known may keep anything.
        let RecommendedStep::UnusedPermissionsRecommendedStep(step) = step else {
            return Ok(Vec::new());
        };
        let Some(policy) = step.existing_policy_id else {
            continue;
        };
        let instead = by_policy.entry(policy).or_default();
        match (step.recommended_action, step.recommended_policy) {
            (RecommendedRemediationAction::CreatePolicy, Some(document)) => instead.push(document),
            (RecommendedRemediationAction::DetachPolicy, _) => {}
            (RecommendedRemediationAction::CreatePolicy, None) => {
                return Err(malformed(&GET_FINDING_RECOMMENDATION));
            }
            _ => return Ok(Vec::new()),
        }
    }
    let advice = by_policy.into_iter();
    let of = |(policy, instead)| AwsAdvice {
        principal: principal.to_owned(),
        policy,
        instead,
    };
    Ok(advice.map(of).collect())
}

fn only(value: &str) -> Criterion {
    Criterion::builder().eq(value).build()
}

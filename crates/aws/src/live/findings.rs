//! Reads findings of one account: the list, then every page of each active one.

use std::sync::OnceLock;

use aws_sdk_accessanalyzer::types::{Criterion, FindingStatus, FindingType};
use futures::StreamExt;
use futures::stream::iter;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::convert;
use super::deadline;
use super::operations::{GET_FINDING, LIST_FINDINGS};
use super::options::FINDINGS_PAGE;
use super::pages::{Pages, malformed};
use super::session::Session;
use crate::{ReadEvent, Reading, Recall};
use leastwise_core::evidence::{Analyzer, Failure, FailureKind, Finding};

/// How findings are read.
pub(super) struct FindingsReader<'a> {
    /// Credentials for the analyzer's account, which need not be the account that is read.
    pub(super) session: &'a Session,
    pub(super) analyzer: &'a Analyzer,
    /// Bounds what is under way, over all accounts.
    pub(super) in_flight: &'a Semaphore,
    pub(super) deadline: Instant,
}

impl FindingsReader<'_> {
    /// All findings of an account, sorted. Active ones have their details, or say why not; the others are only listed.
    pub(super) async fn read(&self, account: &str, reading: Reading<'_>) -> Result<Vec<Finding>, Failure> {
        let listed = timeout_at(self.deadline, self.list(account)).await;
        let listed = listed.map_err(|_| deadline::late(&LIST_FINDINGS, &[]))??;
        reading.events.emit(ReadEvent::FindingsListed(listed.len()));
        let refused = OnceLock::new();
        let settled =
            |finding: &Finding| same(&finding.status, "ARCHIVED") || same(&finding.status, "RESOLVED");
        let (mut findings, active): (Vec<Finding>, Vec<Finding>) = listed.into_iter().partition(settled);
        let Recall {
            read,
            remembered,
            unread,
        } = reading.memory.recall(active);
        findings.extend(read);
        reading.events.emit(ReadEvent::FindingsRead(findings.len()));
        findings.extend(self.unread(unread, &refused, reading).await);
        // Only now is it known what the spot check found.
        if reading.memory.is_trusted() {
            reading.events.emit(ReadEvent::FindingsRead(remembered.len()));
            findings.extend(remembered.into_iter().map(|it| it.known));
        } else {
            let unread = remembered.into_iter().map(|it| it.listed).collect();
            findings.extend(self.unread(unread, &refused, reading).await);
        }
        findings.sort_by(|a, b| {
            (&a.resource, &a.finding_type, &a.id).cmp(&(&b.resource, &b.finding_type, &b.id))
        });
        Ok(findings)
    }

    async fn list(&self, account: &str) -> Result<Vec<Finding>, Failure> {
        let types = [
            FindingType::UnusedIamRole,
            FindingType::UnusedIamUserAccessKey,
            FindingType::UnusedIamUserPassword,
            FindingType::UnusedPermission,
        ];
        let types = any_of(types.iter().map(FindingType::as_str));
        let status = any_of([FindingStatus::Active.as_str(), FindingStatus::Archived.as_str()]);
        let mut findings = Vec::new();
        let mut pages = Pages::of(&LIST_FINDINGS);
        loop {
            let page = self.session.call(&LIST_FINDINGS, |clients| {
                clients
                    .analyzer()
                    .list_findings_v2()
                    .analyzer_arn(&self.analyzer.arn)
                    .filter("resourceOwnerAccount", any_of([account]))
                    .filter("findingType", types.clone())
                    .filter("status", status.clone())
                    .max_results(FINDINGS_PAGE)
                    .set_next_token(pages.token())
                    .send()
            });
            let answer = pages.ask(page).await?;
            let elements = answer.findings.len();
            for summary in answer.findings {
                let finding = convert::summary(summary);
                if finding.id.is_empty() {
                    return Err(malformed(&LIST_FINDINGS));
                }
                // An analyzer that ignores the filter must not give this account another's findings.
                if finding.resource_owner_account == account {
                    findings.push(finding);
                }
            }
            if !pages.next(answer.next_token, elements)? {
                return Ok(findings);
            }
        }
    }

    /// Findings with their details, which memory is given as soon as they are there.
    async fn unread(
        &self,
        listed: Vec<Finding>,
        refused: &OnceLock<Failure>,
        reading: Reading<'_>,
    ) -> Vec<Finding> {
        iter(listed)
            .map(|listed| async {
                let finding = self.details(listed, refused).await;
                if finding.failure.is_none() {
                    reading.memory.keep_finding(&finding);
                }
                reading.events.emit(ReadEvent::FindingsRead(1));
                finding
            })
            .buffer_unordered(self.session.limits().findings.max(1))
            .collect()
            .await
    }

    /// The finding with its details. `refused` ends a useless walk: what is denied for one finding of an analyzer is
    /// denied for all.
    async fn details(&self, listed: Finding, refused: &OnceLock<Failure>) -> Finding {
        let read = async {
            match refused.get() {
                Some(failure) => Err(failure.clone()),
                None => self.pages(&listed.id).await,
            }
        };
        match timeout_at(self.deadline, read)
            .await
            .unwrap_or_else(|_| Err(deadline::late(&GET_FINDING, &[])))
        {
            Ok(finding) => finding,
            Err(failure) => {
                if matches!(failure.kind, FailureKind::Denied | FailureKind::Expired) {
                    let _first = refused.set(failure.clone());
                }
                Finding {
                    failure: Some(failure),
                    ..listed
                }
            }
        }
    }

    async fn pages(&self, id: &str) -> Result<Finding, Failure> {
        let mut whole: Option<Finding> = None;
        let mut pages = Pages::of(&GET_FINDING);
        loop {
            let page = self
                .session
                .call_within(Some(self.in_flight), &GET_FINDING, |clients| {
                    clients
                        .analyzer()
                        .get_finding_v2()
                        .analyzer_arn(&self.analyzer.arn)
                        .id(id)
                        .set_next_token(pages.token())
                        .send()
                });
            let answer = pages.ask(page).await?;
            let elements = answer.finding_details.len();
            // An answer without its required members is filled up by the SDK: it is not this finding.
            if answer.id != id {
                return Err(malformed(&GET_FINDING));
            }
            let next = answer.next_token.clone();
            let page = convert::finding(answer);
            whole = Some(match whole {
                None => page,
                Some(mut first) => {
                    // Every page repeats the header; an error on a later page belongs to the whole finding.
                    first.error = first.error.or(page.error);
                    first
                        .finding_details
                        .get_or_insert_default()
                        .extend(page.finding_details.unwrap_or_default());
                    first
                }
            });
            if !pages.next(next, elements)? {
                return whole.ok_or_else(|| malformed(&GET_FINDING));
            }
        }
    }
}

fn any_of<'a>(values: impl IntoIterator<Item = &'a str>) -> Criterion {
    Criterion::builder()
        .set_eq(Some(values.into_iter().map(ToOwned::to_owned).collect()))
        .build()
}

/// AWS spells enums in several ways (E11).
fn same(found: &str, wanted: &str) -> bool {
    found.eq_ignore_ascii_case(wanted)
}

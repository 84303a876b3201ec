//! Reads IAM last-accessed data of one account, principal by principal: the free source of evidence (E9).

use std::time::Duration;

use aws_sdk_iam::types::{AccessAdvisorUsageGranularityType, JobStatusType};
use futures::StreamExt;
use futures::stream::iter;
use tokio::time::{Instant, sleep, timeout_at};

use super::convert;
use super::deadline;
use super::operations::{GENERATE_LAST_ACCESSED, GET_LAST_ACCESSED};
use super::options::{AUTHORIZATION_PAGE, JOBS_IN_FLIGHT};
use super::pages::{Pages, malformed};
use super::session::Session;
use crate::{ReadEvent, Reading};
use leastwise_core::evidence::{Failure, FailureKind, LastAccessed};
use leastwise_core::inventory::wire::Authorization;

/// The first wait for a job; it grows by half up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Last-accessed data of all roles and users, sorted by ARN. Each says itself when it could not be read.
pub(super) async fn read(
    session: &Session,
    authorization: &Authorization,
    deadline: Instant,
    reading: Reading<'_>,
) -> Vec<LastAccessed> {
    let roles = authorization.role_detail_list.iter();
    // Service-linked roles cannot be changed.
    let roles = roles
        .filter(|role| !role.path.starts_with("/aws-service-role/"))
        .map(|role| &role.arn);
    let mut arns: Vec<String> = roles
        .chain(authorization.user_detail_list.iter().map(|user| &user.arn))
        .cloned()
        .collect();
    arns.sort();
    arns.dedup();
    reading.events.emit(ReadEvent::FindingsListed(arns.len()));
    iter(arns)
        .map(|arn| async move {
            if let Some(known) = reading.memory.last_accessed(&arn) {
                reading.events.emit(ReadEvent::FindingsRead(1));
                return known;
            }
            let read = timeout_at(deadline, principal(session, &arn)).await;
            let read = read.unwrap_or_else(|_| Err(deadline::late(&GET_LAST_ACCESSED, &[])));
            if let Ok(answer) = &read {
                reading.memory.keep_last_accessed(answer);
            }
            reading.events.emit(ReadEvent::FindingsRead(1));
            read.unwrap_or_else(|failure| LastAccessed {
                arn,
                failure: Some(failure),
                ..LastAccessed::default()
            })
        })
        // In order, so that the result is sorted as well.
        .buffered(JOBS_IN_FLIGHT)
        .collect()
        .await
}

/// A job belongs to the role session that began it: when credentials were renewed meanwhile, a new one is begun. Each renewal is
/// caused by a call that expired, and a call asks for one at most, so this ends.
async fn principal(session: &Session, arn: &str) -> Result<LastAccessed, Failure> {
    loop {
        let before = session.number().await;
        let done = job(session, arn).await;
        let is_gone = done.as_ref().err().is_some_and(|failure| {
            matches!(failure.kind, FailureKind::Absent | FailureKind::Denied)
                && failure.operation == GET_LAST_ACCESSED.name()
        });
        if !is_gone || session.number().await == before {
            return done;
        }
    }
}

async fn job(session: &Session, arn: &str) -> Result<LastAccessed, Failure> {
    let begun = session
        .call(&GENERATE_LAST_ACCESSED, |clients| {
            clients
                .iam()
                .generate_service_last_accessed_details()
                .arn(arn)
                .granularity(AccessAdvisorUsageGranularityType::ActionLevel)
                .send()
        })
        .await?;
    let id = begun.job_id.ok_or_else(|| malformed(&GENERATE_LAST_ACCESSED))?;
    let mut whole = LastAccessed {
        arn: arn.to_owned(),
        ..LastAccessed::default()
    };
    let mut pages = Pages::of(&GET_LAST_ACCESSED);
    let mut wait = FIRST_WAIT;
    loop {
        let page = session.call(&GET_LAST_ACCESSED, |clients| {
            clients
                .iam()
                .get_service_last_accessed_details()
                .job_id(&id)
                .max_items(AUTHORIZATION_PAGE)
                .set_marker(pages.token())
                .send()
        });
        let answer = pages.ask(page).await?;
        match &answer.job_status {
            JobStatusType::InProgress => {
                sleep(wait).await;
                wait = wait.mul_f64(1.5).min(LONGEST_WAIT);
                continue;
            }
            JobStatusType::Completed => {}
            // IAM gave up, or is in a state that this version does not know.
            _ => return Err(malformed(&GET_LAST_ACCESSED)),
        }
        let (more, marker) = (answer.is_truncated, answer.marker.clone());
        let elements = answer.services_last_accessed.len();
        convert::add_services(&mut whole, answer);
        let goes_on = pages.next(marker.filter(|_| more), elements)?;
        if !more {
            return Ok(whole);
        }
        if !goes_on {
            return Err(malformed(&GET_LAST_ACCESSED));
        }
    }
}

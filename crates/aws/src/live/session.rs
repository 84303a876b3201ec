//! Credentials for one account, and the calls that are made with them.
//!
//! Every call goes through [`Session::call`]: it waits for the pacer, makes one attempt, reports a throttle
//! to the pacer, and retries if that may help. The SDK retries nothing itself, so that every attempt is
//! paced, and accounts have no quota in common.
//!
//! Faults that may pass are repeated after a pause that doubles, throttles as soon as the pacer lets them:
//! the pacer has slowed down by then. Expired credentials are renewed once per call.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep};

use super::clients::Clients;
use super::deadline;
use super::error;
use super::operations::{ASSUME_ROLE, Operation, Purpose, session_policy};
use crate::options::{Limits, Role};
use crate::pace::{BucketKey, Pacers};
use crate::{Call, EventSink, ReachLimit, ReadEvent};
use leastwise_core::evidence::{Failure, FailureKind};

/// The first pause after a fault; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Credentials for one account, and where they come from.
#[derive(Debug)]
pub(super) struct Session {
    account: String,
    region: String,
    settings: SdkConfig,
    origin: CredentialOrigin,
    shared: Arc<Shared>,
    held: Mutex<Option<LiveCredentials>>,
}

/// What all sessions of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pacers: Pacers,
    pub(super) limits: Limits,
    pub(super) purpose: Purpose,
    pub(super) events: Option<Arc<dyn EventSink>>,
}

impl Shared {
    /// See [`ReadEvent::ReachLimited`].
    pub(super) fn limited(&self, limit: ReachLimit, account: &str, why: &Failure) {
        self.emit(ReadEvent::ReachLimited { limit, account, why });
    }

    fn emit(&self, event: ReadEvent<'_>) {
        if let Some(events) = &self.events {
            events.emit(event);
        }
    }
}

tokio::task_local! {
    /// The account that is being read. A session does not know: those of the caller and of the analyzer's account work for
    /// all accounts.
    static READ: Arc<str>;
}

/// Calls that `work` makes are made for this account.
pub(super) fn for_account<F: Future>(account: &str, work: F) -> impl Future<Output = F::Output> {
    READ.scope(Arc::from(account), work)
}

/// Where credentials come from.
#[derive(Debug, Clone)]
pub(super) enum CredentialOrigin {
    /// The chain: environment, profile, SSO, container, instance.
    Chain(SharedCredentialsProvider),
    /// A role, assumed by another session.
    Role {
        by: Arc<Session>,
        arn: String,
        role: Role,
    },
}

/// Credentials that are in use.
#[derive(Debug, Clone)]
struct LiveCredentials {
    number: u64,
    /// When they are to be renewed ahead of their end.
    until: Option<Instant>,
    clients: Clients,
}

impl LiveCredentials {
    fn new(number: u64, settings: &SdkConfig, credentials: Credentials, purpose: Purpose) -> Self {
        let until = credentials.expiry().and_then(renewal);
        Self {
            number,
            until,
            clients: Clients::new(settings, credentials, purpose),
        }
    }
}

impl Session {
    pub(super) fn new(
        account: &str,
        region: &str,
        settings: &SdkConfig,
        origin: CredentialOrigin,
        shared: &Arc<Shared>,
    ) -> Self {
        let settings = settings
            .to_builder()
            .region(aws_config::Region::new(region.to_owned()))
            .build();
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            settings,
            origin,
            shared: Arc::clone(shared),
            held: Mutex::new(None),
        }
    }

    /// The same with credentials that were fetched before: a process or a second factor is not to be asked once for each session.
    pub(super) fn holding(self, credentials: Credentials) -> Self {
        let held = LiveCredentials::new(1, &self.settings, credentials, self.shared.purpose);
        Self {
            held: Mutex::new(Some(held)),
            ..self
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(super) fn origin(&self) -> &CredentialOrigin {
        &self.origin
    }

    pub(super) fn is_at(&self, account: &str, region: &str) -> bool {
        self.account == account && self.region == region
    }

    /// Which of the credentials that this session had are in use. Another number is another session to AWS.
    pub(super) async fn number(&self) -> u64 {
        self.held.lock().await.as_ref().map_or(0, |held| held.number)
    }

    /// Makes a call, as often as it takes within the limits.
    pub(super) async fn call<T, E, F>(
        &self,
        operation: &Operation,
        send: impl Fn(&Clients) -> F + Send + Sync,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        T: Send,
    {
        self.call_within(None, operation, send).await
    }

    /// As [`Session::call`], while no more calls are under way than `in_flight` permits. A permit is taken after the
    /// wait for the pacer: a slow bucket must not hold the permits that another needs.
    pub(super) async fn call_within<T, E, F>(
        &self,
        in_flight: Option<&Semaphore>,
        operation: &Operation,
        send: impl Fn(&Clients) -> F + Send + Sync,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        T: Send,
    {
        let key = BucketKey {
            api: operation.api().name(),
            account: self.account.clone(),
            region: self.region.clone(),
        };
        let limits = self.limits();
        let pacer = self
            .shared
            .pacers
            .bucket(key.clone(), limits.calls_per_second.of(operation.api()));
        let account = READ
            .try_with(Arc::clone)
            .unwrap_or_else(|_| Arc::from(self.account.as_str()));
        let call = Call {
            account: &account,
            operation: operation.name(),
            bucket: &key,
        };
        let (mut attempt, mut faults, mut throttles, mut renewed) = (0, 0, 0, false);
        loop {
            let held = self.held(operation).await?;
            let leave = deadline::leave(operation, &pacer).await;
            attempt += 1;
            self.shared.emit(ReadEvent::CallSent {
                call,
                held: leave.held(),
            });
            let permit = match in_flight {
                Some(semaphore) => semaphore.acquire().await.ok(),
                None => None,
            };
            let answer = send(&held.clients).await;
            drop(permit);
            let fault = match answer {
                Ok(answer) => {
                    pacer.accepted(leave);
                    deadline::passed(operation);
                    return Ok(answer);
                }
                Err(error) => error::of_call(&error),
            };
            deadline::met(fault.of_operation(operation));
            if fault.kind == FailureKind::Throttled {
                pacer.throttled(leave, fault.retry_after);
                let retry_after = fault.retry_after;
                self.shared.emit(ReadEvent::CallThrottled {
                    call,
                    attempt,
                    retry_after,
                });
                throttles += 1;
                if throttles >= limits.throttled_attempts() {
                    return Err(fault.of_operation(operation));
                }
                continue;
            }
            pacer.accepted(leave);
            if fault.kind == FailureKind::Expired && !renewed {
                renewed = true;
                self.forget(held.number).await;
                let pause = Duration::ZERO;
                self.shared.emit(ReadEvent::CallRepeated {
                    call,
                    attempt,
                    kind: fault.kind,
                    pause,
                });
                continue;
            }
            faults += 1;
            if !fault.again || faults >= limits.attempts {
                return Err(fault.of_operation(operation));
            }
            let pause = FIRST_PAUSE
                .saturating_mul(1 << (faults - 1).min(16))
                .min(LONGEST_PAUSE);
            let pause = fault
                .retry_after
                .unwrap_or_default()
                .min(LONGEST_PAUSE)
                .max(pause);
            self.shared.emit(ReadEvent::CallRepeated {
                call,
                attempt,
                kind: fault.kind,
                pause,
            });
            sleep(pause).await;
        }
    }

    /// Credentials that are good for a while. Callers that come together wait for the one who fetches them.
    async fn held(&self, operation: &Operation) -> Result<LiveCredentials, Failure> {
        let mut held = self.held.lock().await;
        if let Some(held) = held
            .as_ref()
            .filter(|held| held.until.is_none_or(|until| Instant::now() < until))
        {
            return Ok(held.clone());
        }
        let number = held.as_ref().map_or(0, |held| held.number) + 1;
        let credentials = self.fetch(operation).await?;
        let fresh = LiveCredentials::new(number, &self.settings, credentials, self.shared.purpose);
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// These credentials have run out. Others may have renewed them already.
    async fn forget(&self, number: u64) {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_mut().filter(|held| held.number == number) {
            held.until = Some(Instant::now());
        }
    }

    async fn fetch(&self, operation: &Operation) -> Result<Credentials, Failure> {
        match &self.origin {
            CredentialOrigin::Chain(provider) => {
                let fetched = provider.provide_credentials().await;
                fetched.map_err(|error| error::of_credentials(&error).of_operation(operation))
            }
            CredentialOrigin::Role { by, arn, role } => by.assume(arn, role).await,
        }
    }

    /// Boxed, since a session that assumes a role calls another session.
    fn assume<'a>(
        &'a self,
        arn: &'a str,
        role: &'a Role,
    ) -> Pin<Box<dyn Future<Output = Result<Credentials, Failure>> + Send + 'a>> {
        Box::pin(async move {
            let seconds = i32::try_from(role.duration.as_secs()).unwrap_or(i32::MAX);
            let policy = session_policy();
            let answer = self
                .call(&ASSUME_ROLE, |clients| {
                    clients
                        .sts()
                        .assume_role()
                        .role_arn(arn)
                        .role_session_name(&role.session_name)
                        .set_external_id(role.external_id.clone())
                        .policy(&policy)
                        .duration_seconds(seconds)
                        .send()
                })
                .await?;
            let malformed = || Failure::new(ASSUME_ROLE.name(), FailureKind::Malformed);
            let given = answer.credentials.ok_or_else(malformed)?;
            if given.access_key_id.is_empty() || given.secret_access_key.is_empty() {
                return Err(malformed());
            }
            Ok(Credentials::new(
                given.access_key_id,
                given.secret_access_key,
                Some(given.session_token),
                SystemTime::try_from(given.expiration).ok(),
                "leastwise",
            ))
        })
    }
}

/// When to renew credentials that end at `expiry`: five minutes before, sooner when they are short-lived. Those that
/// have ended by this machine's clock are tried all the same: the clock may be wrong, and AWS will say.
fn renewal(expiry: SystemTime) -> Option<Instant> {
    let left = expiry.duration_since(SystemTime::now()).ok()?;
    Some(Instant::now() + left.saturating_sub((left / 5).min(Duration::from_secs(300))))
}

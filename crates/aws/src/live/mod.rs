//! AWS itself: all code of the SDK is here.
//!
//! | file | what |
//! |---|---|
//! | `options` | options of a live scan |
//! | `region` | the Region of a scan, as every AWS tool finds it |
//! | `profile` | the named profile, and no credentials but its own |
//! | `operations` | the list of what can be called, all of it read-only |
//! | `session`, `clients` | credentials of one account; every call: paced, repeated, renewed, bounded |
//! | `body` | bounds on what is read of an answer |
//! | `guard` | lets only the listed operations out and only complete responses in |
//! | `pages` | tokens, which must not repeat, and how much of a list there may be |
//! | `deadline` | what was in the way when time ran out |
//! | `check`, `advice` | AWS's opinion of finished changes |
//! | `organisation`, `units`, `authorization`, `analyzers`, `findings`, `last_accessed` | what is read |
//! | `convert` | from the SDK's types to those of a snapshot |
//! | `error` | kinds of failure, and AWS's words |
//! | `connect_error` | why a scan cannot begin |
//!
//! Deliberately absent: paginators of the SDK (they end silently on a repeated token), its retries and its cache of
//! identities (both are shared between accounts), any operation that writes.

mod advice;
mod analyzers;
mod authorization;
mod body;
mod check;
mod clients;
mod connect_error;
mod convert;
mod deadline;
mod error;
mod findings;
mod guard;
mod last_accessed;
mod operations;
mod options;
mod organisation;
mod pages;
mod profile;
mod region;
mod session;
mod units;

use std::env;
use std::sync::{Arc, OnceLock};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use self::analyzers::Sought;
use self::deadline::InTheWay;
use self::organisation::Identity;
use self::pages::List;
use self::session::{CredentialOrigin, Session, Shared, for_account};
use super::pace::{BucketKey, Figures, Pacers};
use super::{Cloud, Organisation, ReachLimit, Reading};
use crate::network::Client;
use crate::options::{EvidenceFrom, Role};
use leastwise_core::answers::Answers;
use leastwise_core::arn::{Arn, is_account_id};
use leastwise_core::evidence::{Evidence, Failure, FailureKind};
use leastwise_core::inventory::wire::{Account, Authorization};

pub use self::advice::AnalyzerAdvice;
pub use self::check::{CheckBudget, Unanswered};
pub use self::connect_error::ConnectError;
pub use self::operations::{CHECK_OPERATIONS, OPERATIONS, Operation, Purpose};
pub use self::operations::{actions, actions_for};
pub use self::options::LiveOptions;

/// The Region to search for analyzers if none is named, or if the named one has no analyzer.
const DEFAULT_REGION: &str = "us-east-1";

/// AWS, seen with one caller's credentials.
#[derive(Debug)]
pub struct Live {
    options: LiveOptions,
    settings: SdkConfig,
    region: String,
    identity: Identity,
    caller: Arc<Session>,
    shared: Arc<Shared>,
    sought: Sought,
    findings_in_flight: Semaphore,
    scope: OnceLock<AccountScope>,
    /// By when it must be known which accounts there are.
    start: Instant,
}

/// Which accounts a scan is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountScope {
    /// Those that were named.
    Named,
    /// All that Organizations lists.
    Organisation,
    /// The caller's own, as was asked.
    Own,
    /// Only the caller's own account, because listing the organisation failed for this reason.
    OwnAccount(Failure),
}

impl Live {
    /// Finds credentials in the named profile or else through the default chain, and asks AWS who they belong
    /// to.
    ///
    /// # Errors
    /// When there are no credentials, or AWS does not know them.
    pub async fn connect(options: LiveOptions) -> Result<Self, ConnectError> {
        let client = Client::new(&|name| env::var_os(name), body::bounded)?;
        let proxied_by = client.proxied_by();
        let client = SharedHttpClient::new(client);
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(client.clone());
        if let Some(name) = &options.profile {
            profile::must_exist(name).await?;
            // Whatever else the environment offers is another identity: it must not be used in the profile's place.
            let region = region::chain(&options).region().await;
            let provider = profile::provider(name, region.clone(), client, &options.limits);
            loader = loader
                .profile_name(name)
                .region(region)
                .credentials_provider(provider);
        } else {
            loader = loader.region(region::chain(&options));
        }
        let connected = Self::with_sdk_config(options, &loader.load().await).await;
        connected.map_err(|error| error.beyond(proxied_by.get().copied()))
    }

    /// As [`Live::connect`], with credentials, HTTP client and endpoints as they stand in `sdk`.
    ///
    /// # Errors
    /// As [`Live::connect`].
    pub async fn with_sdk_config(options: LiveOptions, sdk: &SdkConfig) -> Result<Self, ConnectError> {
        check(&options)?;
        let start = Instant::now() + options.limits.start_timeout;
        let no_provider = || ConnectError::Credentials("no credential provider is configured".to_owned());
        let provider = sdk.credentials_provider().ok_or_else(no_provider)?;
        // Asked here, and once: later on only the kind of a failure would be known, and a process may ask for a second factor.
        let tried = provider.provide_credentials().await;
        let credentials = tried.map_err(|error| {
            let why = error::why_none(&error);
            match options.profile.clone() {
                Some(profile) => ConnectError::ProfileCredentials { profile, why },
                None => ConnectError::Credentials(why),
            }
        })?;
        let region = options
            .region
            .clone()
            .or_else(|| sdk.region().map(ToString::to_string));
        let region = region.unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let settings = clients::settings(sdk, &options.limits);
        let shared = || {
            let (limits, events) = (options.limits.clone(), options.events.clone());
            Arc::new(Shared {
                pacers: Pacers::default(),
                limits,
                purpose: options.purpose,
                events,
            })
        };
        let origin = CredentialOrigin::Chain(provider);
        // The account is not known before this call, so the call has its own bucket.
        let stranger = Session::new("", &region, &settings, origin.clone(), &shared());
        let stranger = stranger.holding(credentials.clone());
        let in_time = async {
            let identity = timeout_at(start, organisation::identity(&stranger)).await;
            identity.unwrap_or_else(|_| Err(deadline::late(&operations::GET_CALLER_IDENTITY, &[])))
        };
        let identity = InTheWay::default()
            .of(in_time)
            .await
            .map_err(ConnectError::Identity)?;
        let shared = shared();
        let caller = Session::new(&identity.account, &region, &settings, origin, &shared);
        let caller = Arc::new(caller.holding(credentials));
        Ok(Self {
            findings_in_flight: Semaphore::new(options.limits.findings.max(1)),
            sought: Sought::new(&region, &identity, options.analyzer_arn.as_deref()),
            options,
            settings,
            region,
            identity,
            caller,
            shared,
            scope: OnceLock::new(),
            start,
        })
    }

    /// The caller's ARN, as AWS returns it.
    pub fn caller(&self) -> &str {
        &self.identity.arn
    }

    /// The account that the credentials belong to.
    pub fn caller_account(&self) -> &str {
        &self.identity.account
    }

    /// Where analyzers are looked for first.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Which accounts the scan is about: known once they were asked for.
    pub fn scope(&self) -> Option<&AccountScope> {
        self.scope.get()
    }

    /// The way into an account.
    fn session(&self, account: &str) -> Arc<Session> {
        if account == self.identity.account && !self.options.assume.accounts.contains_key(account) {
            return Arc::clone(&self.caller);
        }
        Arc::new(self.session_at(account, &self.region))
    }

    fn session_at(&self, account: &str, region: &str) -> Session {
        let assume = &self.options.assume;
        let is_left_alone = account == self.identity.account && !assume.accounts.contains_key(account);
        let origin = match assume.role_in(account).filter(|_| !is_left_alone) {
            Some(role) => self.assume(account, role),
            None => self.caller.origin().clone(),
        };
        Session::new(account, region, &self.settings, origin, &self.shared)
    }

    fn assume(&self, account: &str, role: &Role) -> CredentialOrigin {
        let arn = format!(
            "arn:{}:iam::{account}:role/{}",
            self.identity.partition, role.name
        );
        CredentialOrigin::Role {
            by: Arc::clone(&self.caller),
            arn,
            role: role.clone(),
        }
    }

    /// The accounts that the scan is about.
    async fn accounts(&self) -> Result<Vec<Account>, Failure> {
        let own = || {
            vec![Account {
                id: self.identity.account.clone(),
                ..Account::default()
            }]
        };
        let (scope, mut accounts) = if self.options.own {
            (AccountScope::Own, own())
        } else if self.options.accounts.is_empty() {
            match organisation::accounts(&self.caller).await? {
                List::Whole(accounts) => (AccountScope::Organisation, accounts),
                // Not the management account nor a delegated administrator, or in no organisation.
                List::Refused(failure) => {
                    self.shared
                        .limited(ReachLimit::OwnAccountOnly, &self.identity.account, &failure);
                    (AccountScope::OwnAccount(failure), own())
                }
            }
        } else {
            (AccountScope::Named, self.options.accounts.clone())
        };
        let is_alone =
            matches!(&scope, AccountScope::OwnAccount(failure) if failure.kind == FailureKind::Absent);
        if self.options.by_unit && !is_alone && accounts.iter().any(|account| account.paths.is_empty()) {
            units::place(&self.caller, &mut accounts).await?;
        }
        let _first = self.scope.set(scope);
        Ok(accounts)
    }

    async fn evidence(
        &self,
        account: &str,
        session: &Arc<Session>,
        authorization: &Authorization,
        deadline: Instant,
        reading: Reading<'_>,
    ) -> Result<Evidence, Failure> {
        if self.options.source != EvidenceFrom::LastAccessed {
            let found = timeout_at(deadline, self.analyzer_of(account, session)).await;
            let found = found.unwrap_or_else(|_| {
                Err(deadline::late(
                    &operations::LIST_ANALYZERS,
                    &self.sought.in_the_way(),
                ))
            })?;
            if let Some(analyzers::ChosenAnalyzer {
                asked: (analyzer, session),
                others,
            }) = found
            {
                let in_flight = &self.findings_in_flight;
                let reader = findings::FindingsReader {
                    session: &session,
                    analyzer: &analyzer,
                    in_flight,
                    deadline,
                };
                let findings = reader.read(account, reading).await?;
                let last_accessed = Vec::new();
                return Ok(Evidence {
                    analyzer: Some(analyzer),
                    others,
                    findings,
                    last_accessed,
                });
            }
            if self.options.source == EvidenceFrom::Analyzer {
                return Err(failure(&operations::LIST_ANALYZERS, FailureKind::Absent));
            }
        }
        let last_accessed = last_accessed::read(session, authorization, deadline, reading).await;
        Ok(Evidence {
            last_accessed,
            ..Evidence::default()
        })
    }
}

impl Cloud for Live {
    async fn organisation(&self) -> Result<Organisation, Failure> {
        // Pages that never end must not hold a scan for ever.
        let in_time = async {
            let accounts = timeout_at(self.start, self.accounts()).await;
            accounts.unwrap_or_else(|_| Err(deadline::late(&operations::LIST_ACCOUNTS, &[])))
        };
        let accounts = InTheWay::default().of(in_time).await?;
        // Where there is no organisation, the own account is all of it.
        let unknown = match self.scope.get() {
            Some(AccountScope::OwnAccount(failure)) if failure.kind != FailureKind::Absent => {
                Some(failure.clone())
            }
            _ => None,
        };
        Ok(Organisation {
            partition: self.identity.partition.clone(),
            accounts,
            unknown,
        })
    }

    async fn read(&self, account: &Account, reading: Reading<'_>) -> Answers {
        let answers = InTheWay::default().of(self.answers(account, reading));
        for_account(&account.id, answers).await
    }

    fn figures(&self) -> Vec<(BucketKey, Figures)> {
        self.shared.pacers.figures()
    }
}

impl Live {
    async fn answers(&self, account: &Account, reading: Reading<'_>) -> Answers {
        let deadline = Instant::now() + self.options.limits.account_timeout;
        let session = self.session(&account.id);
        let authorization = timeout_at(deadline, authorization::read(&session, &account.id)).await;
        let authorization = authorization.unwrap_or_else(|_| {
            Err(deadline::late(
                &operations::GET_ACCOUNT_AUTHORIZATION_DETAILS,
                &[],
            ))
        });
        // Evidence on principals that are not known is of no use, and costs the calls of those that are.
        let evidence = match &authorization {
            Ok(authorization) => {
                self.evidence(&account.id, &session, authorization, deadline, reading)
                    .await
            }
            Err(failure) => Err(failure.clone()),
        };
        Answers {
            authorization,
            evidence,
        }
    }
}

/// Ids become ARNs and file names.
fn check(options: &LiveOptions) -> Result<(), ConnectError> {
    let mut ids = options
        .accounts
        .iter()
        .map(|account| &account.id)
        .chain(options.assume.accounts.keys());
    if let Some(id) = ids.find(|id| !is_account_id(id)) {
        return Err(ConnectError::AccountId(id.clone()));
    }
    match &options.analyzer_arn {
        Some(arn) if !is_analyzer_arn(arn) => Err(ConnectError::AnalyzerArn(arn.clone())),
        _ => Ok(()),
    }
}

fn is_analyzer_arn(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| {
        arn.service == "access-analyzer"
            && !arn.region.is_empty()
            && is_account_id(arn.account)
            && arn.resource.starts_with("analyzer/")
    })
}

fn failure(operation: &Operation, kind: FailureKind) -> Failure {
    Failure::new(operation.name(), kind)
}

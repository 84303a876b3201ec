//! What a live scan can be told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::operations::Api;
use crate::aws::EventSink;
use crate::aws::pace::Rate;
use crate::inventory::wire::Account;

/// What a live scan can be told. Endpoints come from `AWS_ENDPOINT_URL_*` and the profile, as in all AWS tools.
#[derive(Debug, Clone, Default)]
pub struct LiveOptions {
    /// The profile; else that of the environment.
    pub profile: Option<String>,
    /// The Region of the analyzers; else that of the environment or the profile, else us-east-1.
    pub region: Option<String>,
    /// The accounts, as far as they are known; empty is all of the organisation.
    pub accounts: Vec<Account>,
    /// Only the caller's own account, without asking for others.
    pub own: bool,
    /// Whether a rule goes by organisational units, so that the place of each account must be known.
    pub by_unit: bool,
    /// How a member account is entered.
    pub role: Role,
    /// How some accounts are entered, by id.
    pub overrides: BTreeMap<String, Access>,
    /// The analyzer; else it is looked for.
    pub analyzer_arn: Option<String>,
    /// Where the evidence is from.
    pub source: Source,
    /// What must not be exceeded.
    pub limits: Limits,
    /// Where the events of calls go.
    pub events: Option<Arc<dyn EventSink>>,
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name, with its path if it has one.
    pub name: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
    /// What the session is called in CloudTrail.
    pub session_name: String,
    /// How long a session lasts. A role that was itself assumed can give an hour at most.
    pub duration: Duration,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            name: "leastwise-reader".to_owned(),
            external_id: None,
            session_name: "leastwise-reader".to_owned(),
            duration: Duration::from_secs(3600),
        }
    }
}

/// How an account is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// With the caller's own credentials.
    Direct,
    /// Through this role.
    Role(Role),
}

/// Where the evidence is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// An analyzer where there is one, else last-accessed data.
    #[default]
    Auto,
    /// An analyzer.
    Analyzer,
    /// IAM's last-accessed data, which is free.
    LastAccessed,
}

/// What must not be exceeded.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Findings that are being read at a time, over all accounts.
    pub findings_in_flight: usize,
    /// Principals of one account whose last-accessed data is being gathered at a time.
    pub jobs_in_flight: usize,
    /// How often a call is made that fails in a way that may pass.
    pub attempts: u32,
    /// How often a call is made that is throttled.
    pub throttled_attempts: u32,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long one attempt of a call may take.
    pub call_timeout: Duration,
    /// How long all may take that comes before the first account: who calls, and which accounts there are.
    pub start_timeout: Duration,
    /// How long all of an account may take, waiting for its turn included; its analyzers are looked for in that time.
    pub account_timeout: Duration,
    /// Items a page of `GetAccountAuthorizationDetails`: at most 1,000.
    pub authorization_page: i32,
    /// Findings a page of `ListFindingsV2`.
    pub findings_page: i32,
    /// Elements a page of `GetFindingV2`; none leaves it to AWS, whose limit is not documented.
    pub details_page: Option<i32>,
    /// Rates of calls.
    pub rates: Rates,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            findings_in_flight: 64,
            jobs_in_flight: 16,
            attempts: 6,
            throttled_attempts: 30,
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
            start_timeout: Duration::from_secs(600),
            account_timeout: Duration::from_secs(3600),
            authorization_page: 1000,
            findings_page: 100,
            details_page: None,
            rates: Rates::default(),
        }
    }
}

/// Rates of calls. AWS publishes none for these APIs, so they are where to begin; the pacer finds what is taken.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Access Analyzer: mostly `GetFindingV2`, of which a scan makes most.
    pub findings: Rate,
    /// `GenerateServiceLastAccessedDetails` and `GetServiceLastAccessedDetails`, known to be throttled early.
    pub last_accessed: Rate,
    /// `AssumeRole`: AWS gives 600 a second to an account, for all that it runs.
    pub sts: Rate,
    /// Organizations.
    pub organizations: Rate,
    /// All other calls.
    pub other: Rate,
}

/// How many of the calls that a scan begins with go without a pause between them.
const FIRST: f64 = 4.0;

impl Default for Rates {
    fn default() -> Self {
        Self {
            findings: Rate::of(25.0, 1000.0),
            last_accessed: Rate::of(5.0, 50.0),
            sts: Rate::of(20.0, 100.0),
            organizations: Rate::of(10.0, 100.0),
            other: Rate::of(10.0, 100.0),
        }
    }
}

impl Rates {
    pub(super) fn of(&self, api: Api) -> Rate {
        match api {
            // All accounts wait for their list, and the first findings for these.
            Api::Organizations => self.organizations.at_once(FIRST),
            Api::Analyzers | Api::FindingList => self.findings.at_once(FIRST),
            Api::Finding => self.findings,
            Api::LastAccessed => self.last_accessed,
            Api::Sts => self.sts,
            Api::Authorization => self.other,
        }
    }
}

//! Options for reading AWS: how to enter accounts, which evidence to use, how fast and for how long. The
//! configuration sets them and `live` uses them; the defaults of both are here.

use std::collections::BTreeMap;
use std::time::Duration;

/// How to enter accounts: `[assume]` in the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assume {
    /// Role for every account without an entry of its own.
    pub role: Role,
    /// Overrides, by account ID.
    pub accounts: BTreeMap<String, Access>,
}

impl Assume {
    /// The role to assume in this account; `None` if the caller's own credentials are used.
    pub fn role_in(&self, account: &str) -> Option<&Role> {
        match self.accounts.get(account) {
            None => Some(&self.role),
            Some(Access::Role(role)) => Some(role),
            Some(Access::Direct) => None,
        }
    }
}

/// How to enter one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// With the caller's own credentials.
    Direct,
    /// By assuming this role.
    Role(Role),
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Name, or path and name without the leading slash.
    pub name: String,
    /// External ID that its trust policy requires.
    pub external_id: Option<String>,
    /// Session name, as CloudTrail shows it.
    pub session_name: String,
    /// Duration of a session before it is renewed. Role chaining limits it to an hour.
    pub duration: Duration,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            name: "leastwise-reader".to_owned(),
            external_id: None,
            session_name: "leastwise".to_owned(),
            duration: Duration::from_secs(3600),
        }
    }
}

/// Source of evidence: `evidence` in the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EvidenceFrom {
    /// An analyzer if there is one, otherwise last-accessed data.
    #[default]
    Auto,
    /// Findings of IAM Access Analyzer.
    Analyzer,
    /// IAM last-accessed data, which is free.
    LastAccessed,
}

/// `[limits]` in the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Accounts at a time.
    pub accounts: usize,
    /// Findings being read at a time, over all accounts.
    pub findings: usize,
    /// Maximum number of attempts for a call that fails in a way that may pass.
    pub attempts: u32,
    /// Timeout of one attempt.
    pub call_timeout: Duration,
    /// Timeout for everything before the first account: identifying the caller and listing the accounts.
    pub start_timeout: Duration,
    /// Timeout for one account, including the time that its calls wait for the pacer.
    pub account_timeout: Duration,
    /// Older evidence is ignored; `None` accepts any age.
    pub evidence_max_age: Option<Duration>,
    /// Rates of the pacer.
    pub calls_per_second: Rates,
}

impl Limits {
    /// Maximum number of attempts for a throttled call. Throttling says nothing against the call, only against its
    /// time.
    pub fn throttled_attempts(&self) -> u32 {
        self.attempts.saturating_mul(3)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            accounts: 8,
            findings: 64,
            attempts: 10,
            call_timeout: Duration::from_secs(30),
            start_timeout: Duration::from_mins(10),
            account_timeout: Duration::from_mins(30),
            evidence_max_age: Some(Duration::from_hours(14 * 24)),
            calls_per_second: Rates::default(),
        }
    }
}

/// Calls per second for each API, account and Region. AWS publishes only that of STS, so the pacer starts with
/// these and finds out what AWS accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// IAM.
    pub iam: f64,
    /// Organizations.
    pub organizations: f64,
    /// STS. Never exceeded, because everything in the caller's account shares the same 600.
    pub sts: f64,
    /// Access Analyzer.
    pub access_analyzer: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            iam: 5.0,
            organizations: 4.0,
            sts: 20.0,
            access_analyzer: 20.0,
        }
    }
}

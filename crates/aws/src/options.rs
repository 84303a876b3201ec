//! Options for reading AWS: how to enter accounts, which evidence to use, how fast and for how long. The
//! configuration sets them and `live` uses them; the defaults of both are here.

use std::collections::BTreeMap;
use std::time::Duration;

/// How accounts are entered: `[assume]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assume {
    /// The role of every account that has no entry of its own.
    pub role: Role,
    /// What differs, by account id.
    pub accounts: BTreeMap<String, Access>,
}

impl Assume {
    /// The role that is assumed in this account; none where the caller's own credentials are used.
    pub fn role_in(&self, account: &str) -> Option<&Role> {
        match self.accounts.get(account) {
            None => Some(&self.role),
            Some(Access::Role(role)) => Some(role),
            Some(Access::Direct) => None,
        }
    }
}

/// How one account is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// With the caller's own credentials.
    Direct,
    /// Through this role.
    Role(Role),
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name, or path and name without the first slash.
    pub name: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
    /// What CloudTrail shows.
    pub session_name: String,
    /// How long a session lasts before it is renewed. A role that was itself assumed can give an hour at most.
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

/// Where evidence comes from: `evidence` of the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EvidenceFrom {
    /// An analyzer if there is one, else last-accessed data.
    #[default]
    Auto,
    /// IAM Access Analyzer's findings.
    Analyzer,
    /// IAM's last-accessed data, which is free.
    LastAccessed,
}

/// What must not be exceeded: `[limits]` of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Accounts at a time.
    pub accounts: usize,
    /// Findings in flight, over all accounts.
    pub findings: usize,
    /// How often a call is tried that fails in a way that may pass.
    pub attempts: u32,
    /// How long one try may take.
    pub call_timeout: Duration,
    /// How long all may take that comes before the first account: who calls, and which accounts there are.
    pub start_timeout: Duration,
    /// How long all of an account may take, waiting for its turn included.
    pub account_timeout: Duration,
    /// Older evidence counts as none; `None` takes any age.
    pub evidence_max_age: Option<Duration>,
    /// The pacer's rates.
    pub calls_per_second: Rates,
}

impl Limits {
    /// How often a call is tried that is throttled: that says nothing against the call, only against its time.
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

/// Calls a second for each API, account and region. AWS publishes none but that of STS, so they are where the pacer starts; it
/// finds what AWS takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// IAM.
    pub iam: f64,
    /// Organizations.
    pub organizations: f64,
    /// STS, never exceeded: all that runs in the caller's account draws on the same 600.
    pub sts: f64,
    /// Access Analyzer.
    pub access_analyzer: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { iam: 5.0, organizations: 4.0, sts: 20.0, access_analyzer: 20.0 }
    }
}

//! What a run says while it works. An event has a name and members for programs, which stay what they are, and a message
//! for people. None has a member that could hold a credential.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::aws::observe::Limit;
use crate::report::Totals;

/// How grave an event is, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    Error,
    Warn,
    Info,
    /// Told with -v.
    Debug,
    /// Told with -vv.
    Trace,
}

/// Something that is said. The account is a member of every line that is about one, so it is not among the others.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(super) enum Event<'e> {
    RunBegan {
        command: &'static str,
        version: &'static str,
    },
    /// It goes on from an interrupted one.
    RunResumed {
        began: String,
    },
    /// Something is odd about the catalog.
    CatalogWarning {
        #[serde(skip)]
        message: String,
    },
    /// What an earlier night remembers is not to be trusted.
    StateSetAside {
        path: String,
    },
    /// The next night will have to read again what this one read.
    StateNotKept {
        path: String,
        why: String,
    },
    /// A run that goes on from this one will have to read again what this one read.
    JournalNotKept {
        path: String,
        why: String,
    },
    /// The report may not fit where it goes.
    LittleRoom {
        path: String,
        free_bytes: u64,
        wanted_bytes: u64,
    },
    /// There is no earlier report to compare with.
    FirstNight {
        path: String,
    },
    /// Nothing can be advised for more principals than before, as what is known of them is too old.
    EvidenceTooOld {
        principals: usize,
    },
    /// An exception wants its owner's attention.
    RuleWarning {
        rule: &'e str,
        state: &'e str,
        #[serde(skip)]
        message: String,
    },
    /// It does not reach all that it might.
    ReachLimited {
        #[serde(skip)]
        limit: Limit,
        #[serde(skip)]
        account: &'e str,
        operation: &'e str,
        kind: &'static str,
    },
    Progress {
        /// What has been done with them: `read`, then `written`.
        stage: &'static str,
        done: usize,
        total: usize,
        findings: usize,
    },
    AccountBegan {
        #[serde(skip)]
        account: &'e str,
        name: &'e str,
    },
    /// It is not read, and need not be.
    AccountSkipped {
        #[serde(skip)]
        account: &'e str,
        name: &'e str,
        why: &'static str,
    },
    AccountEnded(AccountEnded<'e>),
    CallThrottled {
        #[serde(flatten)]
        call: CallTold<'e>,
        attempt: u32,
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_seconds")]
        retry_after_seconds: Option<Duration>,
    },
    CallRepeated {
        #[serde(flatten)]
        call: CallTold<'e>,
        attempt: u32,
        kind: &'static str,
        #[serde(serialize_with = "seconds")]
        pause_seconds: Duration,
    },
    CallWaited {
        #[serde(flatten)]
        call: CallTold<'e>,
        #[serde(serialize_with = "seconds")]
        waited_seconds: Duration,
    },
    ScanEnded(ScanEnded<'e>),
    CaptureEnded {
        accounts: usize,
        /// Accounts that could not be read whole.
        not_whole: usize,
        path: String,
        exit: u8,
    },
    ShardEnded {
        shard: u32,
        of: u32,
        /// How many accounts it read.
        accounts: usize,
        /// Those of them that could not be read whole.
        not_whole: usize,
        path: String,
        exit: u8,
    },
    ConfigProblem {
        place: String,
        key: &'e str,
        #[serde(skip)]
        message: String,
        help: &'e str,
    },
    RunFailed {
        #[serde(skip)]
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<&'e str>,
        exit: u8,
    },
}

/// An account was read, as far as it could be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountEnded<'e> {
    #[serde(skip)]
    pub(super) account: &'e str,
    pub(super) name: &'e str,
    pub(super) principals: usize,
    pub(super) findings: usize,
    #[serde(serialize_with = "seconds")]
    pub(super) seconds: Duration,
    /// Attempts of calls that were made for it.
    pub(super) calls: u64,
    /// How many of them AWS turned away for coming too fast.
    pub(super) throttles: u64,
    pub(super) failures: Vec<FailureTold>,
}

/// What could not be read, and how often.
#[derive(Debug, Serialize)]
pub(super) struct FailureTold {
    pub(super) operation: String,
    pub(super) kind: &'static str,
    pub(super) count: usize,
}

/// A call, as events tell of it.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallTold<'e> {
    #[serde(skip)]
    pub(super) account: &'e str,
    pub(super) operation: &'e str,
    pub(super) api: &'e str,
    pub(super) asked_account: &'e str,
    pub(super) region: &'e str,
}

/// The closing summary.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScanEnded<'e> {
    #[serde(flatten)]
    pub(super) totals: &'e Totals,
    /// Why policies were left alone, by code.
    pub(super) left_alone_why: &'e BTreeMap<String, usize>,
    pub(super) defects: usize,
    pub(super) path: String,
    pub(super) exit: u8,
    /// For people: several lines.
    #[serde(skip)]
    pub(super) text: String,
}

/// How far a run reaches by what an account says, and what to do.
fn reach(limit: Limit, account: &str) -> (String, &'static str) {
    match limit {
        Limit::OwnAccountOnly => (
            format!("only {account}, the caller's own account, is read"),
            "use credentials of the management account or of a delegated administrator, or name accounts in `accounts.list`",
        ),
        Limit::AdministratorsUnknown => (
            format!(
                "{account} may not ask who administers Access Analyzer, so their analyzers are not looked for"
            ),
            "scan as the management account with that allowed, or name an analyzer with --analyzer",
        ),
        Limit::AdministratorClosed => (
            format!(
                "{account} administers Access Analyzer, and could not be asked for the organisation's analyzer"
            ),
            "allow it there, or name an analyzer with --analyzer",
        ),
    }
}

impl Event<'_> {
    /// Its name, for programs. Part of the interface: it never changes.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::RunBegan { .. } => "run-began",
            Self::RunResumed { .. } => "run-resumed",
            Self::CatalogWarning { .. } => "catalog-warning",
            Self::LittleRoom { .. } => "little-room",
            Self::StateSetAside { .. } => "state-set-aside",
            Self::StateNotKept { .. } => "state-not-kept",
            Self::JournalNotKept { .. } => "journal-not-kept",
            Self::FirstNight { .. } => "first-night",
            Self::EvidenceTooOld { .. } => "evidence-too-old",
            Self::RuleWarning { .. } => "rule-warning",
            Self::ReachLimited { limit: Limit::OwnAccountOnly, .. } => "own-account-only",
            Self::ReachLimited { limit: Limit::AdministratorsUnknown, .. } => "administrators-unknown",
            Self::ReachLimited { limit: Limit::AdministratorClosed, .. } => "administrator-closed",
            Self::Progress { .. } => "progress",
            Self::AccountBegan { .. } => "account-began",
            Self::AccountSkipped { .. } => "account-skipped",
            Self::AccountEnded(_) => "account-ended",
            Self::CallThrottled { .. } => "call-throttled",
            Self::CallRepeated { .. } => "call-repeated",
            Self::CallWaited { .. } => "call-waited",
            Self::ScanEnded(_) => "scan-ended",
            Self::CaptureEnded { .. } => "capture-ended",
            Self::ShardEnded { .. } => "shard-ended",
            Self::ConfigProblem { .. } => "config-problem",
            Self::RunFailed { .. } => "run-failed",
        }
    }

    pub(super) fn level(&self) -> Level {
        match self {
            Self::ConfigProblem { .. } | Self::RunFailed { .. } => Level::Error,
            Self::CatalogWarning { .. }
            | Self::LittleRoom { .. }
            | Self::StateSetAside { .. }
            | Self::StateNotKept { .. }
            | Self::JournalNotKept { .. }
            | Self::FirstNight { .. }
            | Self::EvidenceTooOld { .. }
            | Self::RuleWarning { .. }
            | Self::ReachLimited { .. } => Level::Warn,
            Self::AccountEnded(ended) if !ended.failures.is_empty() => Level::Warn,
            Self::RunBegan { .. }
            | Self::RunResumed { .. }
            | Self::Progress { .. }
            | Self::ScanEnded(_)
            | Self::CaptureEnded { .. }
            | Self::ShardEnded { .. } => Level::Info,
            Self::AccountBegan { .. } | Self::AccountSkipped { .. } | Self::AccountEnded(_) => Level::Debug,
            Self::CallThrottled { .. } | Self::CallRepeated { .. } | Self::CallWaited { .. } => Level::Trace,
        }
    }

    /// From which level on people are told. What the summary tells anyway they see only when they ask for more.
    pub(super) fn level_for_people(&self) -> Level {
        match self {
            Self::RunBegan { .. } | Self::AccountEnded(_) => Level::Debug,
            _ => self.level(),
        }
    }

    /// The account that it is about.
    pub(super) fn account(&self) -> Option<&str> {
        match self {
            Self::ReachLimited { account, .. }
            | Self::AccountBegan { account, .. }
            | Self::AccountSkipped { account, .. } => Some(*account),
            Self::AccountEnded(ended) => Some(ended.account),
            Self::CallThrottled { call, .. }
            | Self::CallRepeated { call, .. }
            | Self::CallWaited { call, .. } => Some(call.account).filter(|account| !account.is_empty()),
            _ => None,
        }
    }

    /// In one sentence. Names in it are as others wrote them.
    pub(super) fn message(&self) -> String {
        match self {
            Self::RunBegan { command, version } => format!("leastwise {version} begins to {command}"),
            Self::RunResumed { began } => format!("goes on from the run that began at {began}"),
            Self::CatalogWarning { message }
            | Self::RuleWarning { message, .. }
            | Self::ConfigProblem { message, .. }
            | Self::RunFailed { message, .. } => message.clone(),
            Self::StateNotKept { path, why } => {
                format!("findings cannot be remembered in `{path}`: {why}; the next run reads them again")
            }
            Self::JournalNotKept { path, why } => {
                format!(
                    "what is read cannot be kept in `{path}`: {why}; --resume would have to read it again"
                )
            }
            Self::StateSetAside { path } => format!(
                "what an earlier run remembered is damaged or not of this account and version; it lies in `{path}` now and is read anew"
            ),
            Self::LittleRoom { path, free_bytes, wanted_bytes } => format!(
                "`{path}` has {} MB of room left, and a report of so many accounts may take {} MB",
                free_bytes / 1_000_000,
                wanted_bytes / 1_000_000
            ),
            Self::FirstNight { path } => {
                format!(
                    "there is no earlier report in `{path}`: this is the first night, and everything is new"
                )
            }
            Self::EvidenceTooOld { principals } => {
                format!(
                    "the evidence about {} is older than `limits.evidence-max-age`, and nothing is advised on it: see \
                     whether the analyzer still looks",
                    count(*principals as u64, "principal")
                )
            }
            Self::ReachLimited { limit, account, operation, kind } => {
                let (what, mend) = reach(*limit, account);
                format!("{what}: {operation} {kind}; {mend}")
            }
            Self::Progress { stage, done, total, .. } => format!("{done} of {total} accounts {stage}"),
            Self::AccountBegan { account, name } => format!("{} begins", named(account, name)),
            Self::AccountSkipped { account, name, why } => {
                format!("{} is not read: it is {why}", named(account, name))
            }
            Self::AccountEnded(ended) => ended.message(),
            Self::CallThrottled { call, attempt, retry_after_seconds } => {
                let pause = retry_after_seconds
                    .map(|pause| format!(", and AWS asks for a pause of {:.1} s", pause.as_secs_f64()));
                format!("{}: attempt {attempt} throttled{}", call.shown(), pause.unwrap_or_default())
            }
            Self::CallRepeated { call, attempt, kind, pause_seconds } => {
                let pause = pause_seconds.as_secs_f64();
                format!("{}: attempt {attempt} failed ({kind}), again in {pause:.1} s", call.shown())
            }
            Self::CallWaited { call, waited_seconds } => {
                format!("{}: waited {:.1} s for the pacer", call.shown(), waited_seconds.as_secs_f64())
            }
            Self::ScanEnded(ended) => {
                let totals = ended.totals;
                let (removed, policies) = (totals.effect.removed, totals.recommendations);
                format!("removed {removed} permissions from {policies} policies, every one proven")
            }
            Self::CaptureEnded { path, .. } => {
                format!("wrote {path}; read it with `leastwise scan --snapshot {path}`")
            }
            Self::ShardEnded { of, accounts, not_whole, path, .. } => {
                let accounts = count(*accounts as u64, "account");
                let whole = if *not_whole > 0 { format!(", {not_whole} not whole") } else { String::new() };
                format!("wrote {path}: {accounts}{whole}; `leastwise merge` joins it with the others of {of}")
            }
        }
    }
}

impl AccountEnded<'_> {
    fn message(&self) -> String {
        let throttles = self.throttles;
        let (who, seconds) = (named(self.account, self.name), self.seconds.as_secs_f64());
        let principals = count(self.principals as u64, "principal");
        let (findings, calls) = (count(self.findings as u64, "finding"), count(self.calls, "call"));
        let mut message =
            format!("{who} ends: {principals}, {findings}, {seconds:.1} s, {calls}, {throttles} throttled");
        for FailureTold { operation, kind, count } in &self.failures {
            let times = if *count > 1 { format!(" {count} times") } else { String::new() };
            message.push_str(&format!("; {operation} {kind}{times}"));
        }
        message
    }
}

impl CallTold<'_> {
    fn shown(&self) -> String {
        let Self { account, operation, asked_account, region, .. } = self;
        let of = if account.is_empty() { "the caller" } else { account };
        match asked_account == account || asked_account.is_empty() {
            true => format!("{of}: {operation} in {region}"),
            false => format!("{of}: {operation} in {region}, asked of {asked_account}"),
        }
    }
}

/// An account as people know it. Its name is cut where no name of AWS is so long.
fn named(account: &str, name: &str) -> String {
    const LONGEST: usize = 64;
    if name.is_empty() {
        return account.to_owned();
    }
    let short: String = name.chars().take(LONGEST).collect();
    format!("{account} ({short})")
}

fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Milliseconds are as fine as anybody wants it.
    serializer.serialize_f64((time.as_secs_f64() * 1000.0).round() / 1000.0)
}

fn optional_seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => seconds(time, serializer),
        None => serializer.serialize_none(),
    }
}

//! What a run reports while it works. An event has a stable name and members for programs, and a message for
//! people. No member can hold a credential.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use leastwise_aws::ReachLimit;
use leastwise_core::report::{CheckTotals, PolicyState, Totals};

/// How grave an event is, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    /// Logged with -v.
    Debug,
    /// Logged with -vv.
    Trace,
}

/// Something that is said. The account is a member of every line that is about one, so it is not among the others.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum Event<'e> {
    RunBegan {
        command: &'static str,
        version: &'static str,
    },
    /// A config file was found without --config.
    ConfigFound {
        path: String,
    },
    /// The identity that reads AWS.
    Caller {
        #[serde(skip)]
        account: &'e str,
        arn: &'e str,
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
    /// Something of the code is not read.
    CodeWarning {
        #[serde(skip)]
        message: String,
    },
    /// The cache of an earlier run is not trusted.
    StateSetAside {
        path: String,
    },
    /// What an interrupted run kept of an account is not to be trusted.
    JournalDoubted {
        path: String,
        why: String,
    },
    /// AWS changed a finding and its list did not say so.
    StateContradicted {
        #[serde(skip)]
        account: &'e str,
        finding: &'e str,
        resource: &'e str,
        #[serde(skip_serializing_if = "Option::is_none")]
        updated_at: Option<&'e str>,
        /// Where the account's memory lies now.
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// Another run, or another shard of this one, found that AWS did so.
    StateDoubted {
        path: String,
    },
    /// The next run will have to read again what this one read.
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
        limit: ReachLimit,
        #[serde(skip)]
        account: &'e str,
        operation: &'e str,
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        aws_says: Option<Cow<'e, str>>,
    },
    Progress {
        /// What has been done with them: `read`, then `written`.
        stage: &'static str,
        done: usize,
        /// How many of them could not be read at all.
        failed: usize,
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
    /// Why it exits with 5.
    FailOn {
        rule: String,
        #[serde(skip)]
        message: String,
        /// How the run exits.
        #[serde(skip)]
        exit: u8,
    },
    /// Two reports that are probably not meant to be compared.
    CompareWarning {
        #[serde(skip)]
        message: String,
    },
    ScanEnded(ScanEnded<'e>),
    CheckEnded(CheckEnded<'e>),
    CaptureEnded {
        accounts: usize,
        /// Accounts that could not be read completely.
        not_whole: usize,
        path: String,
        exit: u8,
    },
    ShardEnded {
        shard: u32,
        of: u32,
        /// How many accounts it read.
        accounts: usize,
        /// Those of them that could not be read completely.
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

/// An account was read, completely or in part.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountEnded<'e> {
    #[serde(skip)]
    pub(crate) account: &'e str,
    pub(crate) name: &'e str,
    pub(crate) principals: usize,
    pub(crate) findings: usize,
    #[serde(serialize_with = "seconds")]
    pub(crate) seconds: Duration,
    /// Attempts of calls that were made for it.
    pub(crate) calls: u64,
    /// How many of them AWS turned away for coming too fast.
    pub(crate) throttles: u64,
    pub(crate) failures: Vec<FailureTold>,
}

/// What could not be read, and how often.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailureTold {
    pub(crate) operation: String,
    pub(crate) kind: &'static str,
    pub(crate) count: usize,
    /// AWS's own words, of the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aws_says: Option<String>,
    /// What is wrong with the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

/// An API call in an event.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallTold<'e> {
    #[serde(skip)]
    pub(crate) account: &'e str,
    pub(crate) operation: &'e str,
    pub(crate) api: &'e str,
    pub(crate) asked_account: &'e str,
    pub(crate) region: &'e str,
}

/// The closing summary.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScanEnded<'e> {
    #[serde(flatten)]
    pub(crate) totals: &'e Totals,
    /// Why policies were left alone, by code.
    pub(crate) left_alone_why: &'e BTreeMap<PolicyState, usize>,
    pub(crate) defects: usize,
    pub(crate) path: String,
    pub(crate) exit: u8,
    /// For people: several lines.
    #[serde(skip)]
    pub(crate) text: String,
}

/// The closing summary of a check.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckEnded<'e> {
    #[serde(flatten)]
    pub(crate) totals: &'e CheckTotals,
    pub(crate) path: String,
    pub(crate) exit: u8,
    /// For people: several lines.
    #[serde(skip)]
    pub(crate) text: String,
}

impl Event<'_> {
    /// Its name, for programs. Part of the interface: it never changes.
    pub(crate) fn name(&self) -> &'static str {
        self.kind().0
    }

    pub(crate) fn level(&self) -> LogLevel {
        self.kind().1
    }

    fn kind(&self) -> (&'static str, LogLevel) {
        match self {
            Self::RunBegan { .. } => ("run-began", LogLevel::Info),
            Self::ConfigFound { .. } => ("config-found", LogLevel::Info),
            Self::Caller { .. } => ("caller", LogLevel::Info),
            Self::RunResumed { .. } => ("run-resumed", LogLevel::Info),
            Self::CatalogWarning { .. } => ("catalog-warning", LogLevel::Warn),
            Self::CodeWarning { .. } => ("code-warning", LogLevel::Warn),
            Self::LittleRoom { .. } => ("little-room", LogLevel::Warn),
            Self::StateSetAside { .. } => ("state-set-aside", LogLevel::Warn),
            Self::JournalDoubted { .. } => ("journal-doubted", LogLevel::Warn),
            Self::StateContradicted { .. } => ("state-contradicted", LogLevel::Warn),
            Self::StateDoubted { .. } => ("state-doubted", LogLevel::Info),
            Self::StateNotKept { .. } => ("state-not-kept", LogLevel::Warn),
            Self::JournalNotKept { .. } => ("journal-not-kept", LogLevel::Warn),
            Self::FirstNight { .. } => ("first-night", LogLevel::Warn),
            Self::EvidenceTooOld { .. } => ("evidence-too-old", LogLevel::Warn),
            Self::RuleWarning { .. } => ("rule-warning", LogLevel::Warn),
            Self::ReachLimited { limit, .. } => match limit {
                ReachLimit::OwnAccountOnly => ("own-account-only", LogLevel::Warn),
                ReachLimit::AdministratorsUnknown => ("administrators-unknown", LogLevel::Warn),
                ReachLimit::AdministratorClosed => ("administrator-closed", LogLevel::Warn),
            },
            Self::Progress { .. } => ("progress", LogLevel::Info),
            Self::AccountBegan { .. } => ("account-began", LogLevel::Debug),
            Self::AccountSkipped { .. } => ("account-skipped", LogLevel::Debug),
            Self::AccountEnded(ended) if ended.failures.is_empty() => ("account-ended", LogLevel::Debug),
            Self::AccountEnded(_) => ("account-ended", LogLevel::Warn),
            Self::CallThrottled { .. } => ("call-throttled", LogLevel::Trace),
            Self::CallRepeated { .. } => ("call-repeated", LogLevel::Trace),
            Self::CallWaited { .. } => ("call-waited", LogLevel::Trace),
            Self::FailOn { .. } => ("fail-on", LogLevel::Info),
            Self::CompareWarning { .. } => ("compare-warning", LogLevel::Warn),
            Self::ScanEnded(_) => ("scan-ended", LogLevel::Info),
            Self::CheckEnded(_) => ("check-ended", LogLevel::Info),
            Self::CaptureEnded { .. } => ("capture-ended", LogLevel::Info),
            Self::ShardEnded { .. } => ("shard-ended", LogLevel::Info),
            Self::ConfigProblem { .. } => ("config-problem", LogLevel::Error),
            Self::RunFailed { .. } => ("run-failed", LogLevel::Error),
        }
    }

    /// The level in the text log. What the summary shows anyway is logged only with -v.
    pub(crate) fn level_for_people(&self) -> LogLevel {
        match self {
            Self::RunBegan { .. } | Self::AccountEnded(_) => LogLevel::Debug,
            _ => self.level(),
        }
    }

    /// The account that it is about.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Caller { account, .. }
            | Self::StateContradicted { account, .. }
            | Self::ReachLimited { account, .. }
            | Self::AccountBegan { account, .. }
            | Self::AccountSkipped { account, .. } => Some(*account),
            Self::AccountEnded(ended) => Some(ended.account),
            Self::CallThrottled { call, .. }
            | Self::CallRepeated { call, .. }
            | Self::CallWaited { call, .. } => Some(call.account).filter(|account| !account.is_empty()),
            _ => None,
        }
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Milliseconds are precise enough.
    serializer.serialize_f64((time.as_secs_f64() * 1000.0).round() / 1000.0)
}

fn optional_seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => seconds(time, serializer),
        None => serializer.serialize_none(),
    }
}

//! A summary of one report, and what it remembers of earlier ones.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::used::{Used, trusted};
use leastwise_core::arn::Arn;
use leastwise_core::date::day;
use leastwise_core::decide::PrincipalStatus;
use leastwise_core::digest::FileHash;
use leastwise_core::report::{
    AccountReport, Coverage, Lookup, PrincipalCode, Recommendation, Report, Status,
};

/// Identifies one principal's policy across runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The account's id.
    pub account: String,
    /// The principal's ARN.
    pub principal: String,
    /// The policy's id.
    pub policy: String,
}

/// What a report says of one principal's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightEntry {
    /// How many permissions the policy grants.
    pub granted: usize,
    /// The hash of what is recommended, if anything is: what to do, from which document to which.
    pub advice: Option<FileHash>,
    /// The hash of the document that is to be changed, if one is.
    pub document: Option<FileHash>,
    /// The recommendation, by id, if there is one.
    pub change: Option<String>,
    /// It is one for many accounts.
    pub of_many: bool,
    /// It was marked ready, with `--ready-after`.
    pub ready: Option<bool>,
    /// It is known that nothing of it is unused.
    pub settled: bool,
    /// How much of it the principal does not use and would still be granted after the change.
    pub remains: usize,
    /// Date of the oldest usage data of the principal; the recommendation is based on all of it.
    pub day: Option<Date>,
}

/// What a report says, in short.
#[derive(Debug, Clone, Default)]
pub struct Night {
    /// By principal and policy.
    pub said: BTreeMap<Key, NightEntry>,
    /// When the newest evidence was made, by account.
    pub evaluated: BTreeMap<String, String>,
    /// The accounts that were read completely.
    pub whole: BTreeSet<String>,
    /// The accounts that should have been read but were not read completely.
    pub gaps: BTreeSet<String>,
    /// What else is to be reviewed: unused principals and credentials. Of an account that was not read, those of before.
    pub idle: BTreeSet<String>,
    /// Of how many principals the evidence is too old to act on.
    pub too_old: usize,
    /// What earlier runs reported.
    pub history: BTreeMap<Key, Past>,
}

/// What earlier runs reported about one principal's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    /// What is being said now.
    pub status: Status,
    /// The day of the evidence on which it was first advised.
    pub first_seen: String,
    /// Number of consecutive runs with the same recommendation, the latest included; 0 if there is none any
    /// more. A run whose usage data has the same date as that of the previous run does not count.
    pub nights: u32,
    /// The day of the evidence of the latest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_night: Option<Date>,
    /// The hash of what is advised: what to do, from which document to which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<FileHash>,
    /// It is advised for many accounts together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_many: bool,
    /// Actions that were unused and came into use, as far back as the history goes. `s3:*` is a whole
    /// service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub used: BTreeMap<String, Used>,
    /// Those of them that are unused again: they are used every so often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flapping: Vec<String>,
}

impl Past {
    /// As it was read from a file that others may have written: nothing in it is later than a day, and only names are names.
    pub fn trusted(mut self, latest: Option<Date>) -> Self {
        if let Some(latest) = latest {
            self.last_night = self.last_night.map(|last| last.min(latest));
        }
        self.used = trusted(self.used, latest);
        self.flapping.retain(|action| self.used.contains_key(action));
        self
    }
}

/// `history.json`, and what `leastwise compare` prints: one line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// Which principal's policy.
    #[serde(flatten)]
    pub key: Key,
    /// What became of it.
    #[serde(flatten)]
    pub past: Past,
}

impl Night {
    /// What a report says of its accounts in short; what it says of each is added one by one.
    pub fn of(report: &Report) -> Self {
        let mut night = Self::default();
        for account in &report.accounts {
            match account.coverage {
                Coverage::Complete => {
                    night.whole.insert(account.id.clone());
                }
                Coverage::Partial | Coverage::Failed => {
                    night.gaps.insert(account.id.clone());
                }
                Coverage::Suspended | Coverage::Excluded => {}
            }
            if let Some(at) = &account.evidence.evaluated {
                night.evaluated.insert(account.id.clone(), at.clone());
            }
        }
        night
    }

    /// Adds an account of the report. `hash` gives the hash of a file of it.
    pub fn add(&mut self, report: &Report, account: &AccountReport, hash: impl Fn(&str) -> Option<FileHash>) {
        let id = &account.summary.id;
        let lookup = Lookup::of(report, account);
        let own: BTreeSet<&str> = account.recommendations.iter().map(|it| it.id.as_str()).collect();
        for principal in &account.principals {
            let evaluated = principal.evaluated.as_deref().and_then(day);
            for policy in lookup.held_by(principal) {
                let key = Key {
                    account: id.clone(),
                    principal: principal.arn.clone(),
                    policy: policy.id.clone(),
                };
                let advice = lookup.change(principal, policy);
                let advice = advice.filter(|it| principal.recommendations.contains(&it.id));
                let change = advice.map(|it| it.id.clone());
                let of_many = advice.is_some_and(|it| !own.contains(it.id.as_str()));
                let ready = advice.and_then(|it| it.ready);
                let document = advice.and_then(|it| hash(&it.files.before));
                let advice = advice.map(|it| digest(it, &hash));
                // An unused principal gets a different recommendation, so this one was neither applied nor
                // resolved.
                let known = matches!(
                    principal.status,
                    PrincipalStatus::Reducible
                        | PrincipalStatus::Blocked
                        | PrincipalStatus::Clean
                        | PrincipalStatus::NoFinding
                );
                let remains = principal
                    .effect
                    .remains
                    .iter()
                    .filter(|it| it.policy == policy.id);
                let remains = remains.map(|it| it.permissions).sum();
                let (granted, settled) = (policy.granted, known && remains == 0);
                let said = NightEntry {
                    granted,
                    advice,
                    document,
                    change,
                    of_many,
                    ready,
                    settled,
                    remains,
                    day: evaluated,
                };
                self.said.insert(key, said);
            }
            self.too_old += usize::from(principal.code == PrincipalCode::EvidenceTooOld);
            let keys = principal
                .unused_access_keys
                .iter()
                .filter_map(|it| it.access_key_id.as_deref());
            let password = principal.unused_password.as_ref().map(|_| "password");
            let role = (principal.status == PrincipalStatus::UnusedPrincipal).then_some("");
            for what in keys.chain(password).chain(role) {
                self.idle.insert(format!("{}/{what}", principal.arn));
            }
        }
    }

    /// All accounts that it knows of.
    pub(super) fn accounts(&self) -> BTreeSet<&str> {
        let said = self
            .said
            .keys()
            .chain(self.history.keys())
            .map(|key| key.account.as_str());
        said.collect()
    }

    /// Unused principals and credentials in accounts that a later run did not read completely.
    pub fn idle_in_gaps(&self, later: &Self) -> BTreeSet<String> {
        // arn:aws:iam::<account>:user/...
        let is_in_gap = |it: &&String| later.gaps.contains(Arn::of(it).account);
        self.idle.iter().filter(is_in_gap).cloned().collect()
    }

    /// The day of an account's newest evidence.
    pub fn day(&self, account: &str) -> Option<Date> {
        self.evaluated.get(account).and_then(|at| day(at))
    }
}

/// What a change is known by: two that leave the same document may take away another.
fn digest(change: &Recommendation, hash: impl Fn(&str) -> Option<FileHash>) -> FileHash {
    let files = [&change.files.before, &change.files.after];
    let [before, after] = files.map(|path| hash(path).map(|hash| hash.to_string()).unwrap_or_default());
    FileHash::of(format!("{} {before} {after}", change.action.name()).as_bytes())
}

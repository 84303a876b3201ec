//! Two reports of one organisation: what is new, changed, the same, gone, back, and what grew.
//!
//! The key is the principal and the policy. Ids of findings are none: a finding that is partly mended closes and another
//! opens.
//!
//! A night is counted by the evidence, not by the run: only evidence of a later day tells anything more.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::{AccountReport, Coverage};
use super::codes::PrincipalCode;
use super::flapping::{Used, lapse, trusted};
use super::hash::FileHash;
use super::lookup::Lookup;
use super::recommendation::Recommendation;
use super::whole::Report;
use crate::date::day;
use crate::decide::PrincipalStatus;

/// What one principal's policy is known by, from night to night.
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
pub struct Said {
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
    /// The day of the oldest evidence about the principal: what is advised rests on all of it.
    pub day: Option<Date>,
}

/// What a report says, in short.
#[derive(Debug, Clone, Default)]
pub struct Night {
    /// By principal and policy.
    pub said: BTreeMap<Key, Said>,
    /// When the newest evidence was made, by account.
    pub evaluated: BTreeMap<String, String>,
    /// The accounts that were read whole.
    pub whole: BTreeSet<String>,
    /// The accounts that were to be read and were not read whole.
    pub gaps: BTreeSet<String>,
    /// What else is to be reviewed: unused principals and credentials. Of an account that was not read, those of before.
    pub idle: BTreeSet<String>,
    /// Of how many principals the evidence is too old to act on.
    pub too_old: usize,
    /// What earlier nights said.
    pub history: BTreeMap<Key, Past>,
}

/// What earlier nights said of one principal's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    /// What is being said now.
    pub status: Status,
    /// The day of the evidence on which it was first advised.
    pub first_seen: String,
    /// How many nights running have advised the same, the latest included; none when nothing is advised any more. A night whose
    /// evidence is of the same day as that of the one before adds nothing.
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
    /// Actions that were unused and came into use, as far back as is remembered. `s3:*` is a service as a whole.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub used: BTreeMap<String, Used>,
    /// Those of them that are unused again: they are used every so often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flapping: Vec<String>,
}

/// What became of one piece of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was not there before.
    New,
    /// It is another now.
    Changed,
    /// It is the same.
    Same,
    /// It was followed, or is no longer needed.
    Resolved,
    /// It was resolved before, and is there again.
    Reopened,
    /// The policy grants more than it did.
    Regressed,
    /// It is still unused, or its use is no longer known, and nothing can be advised for now.
    Withheld,
    /// The account was not read whole this time, so nobody knows.
    NotRead,
}

impl Status {
    /// All of them, in the order of every list.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Reopened,
        Self::Regressed,
        Self::Changed,
        Self::Same,
        Self::Withheld,
        Self::Resolved,
        Self::NotRead,
    ];

    /// Whether somebody has to look who had looked before.
    pub fn is_news(self) -> bool {
        matches!(self, Self::New | Self::Reopened | Self::Regressed)
    }

    /// What of two asks more to be looked at.
    pub fn foremost(self, other: Self) -> Self {
        Self::ALL.into_iter().find(|it| *it == self || *it == other).unwrap_or(self)
    }

    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Regressed => "regressed",
            Self::Withheld => "withheld",
            Self::NotRead => "not-read",
        }
    }
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
pub struct Row {
    /// Which principal's policy.
    #[serde(flatten)]
    pub key: Key,
    /// What became of it.
    #[serde(flatten)]
    pub past: Past,
}

/// How many changes ended in which status between two nights, each change of several principals counted once: what is
/// foremost of those whom it reaches.
pub fn counted(old: &Night, new: &Night, rows: &[Row]) -> BTreeMap<Status, usize> {
    let change = |night: &'_ Night, key: &Key| night.said.get(key).and_then(|said| said.change.clone());
    let today: BTreeSet<&str> = new.said.values().filter_map(|said| said.change.as_deref()).collect();
    let mut all: BTreeMap<String, Status> = BTreeMap::new();
    for Row { key, past } in rows {
        // What is gone goes by its old name, unless others still have it.
        let gone = || change(old, key).filter(|id| !today.contains(id.as_str()));
        let Some(id) = change(new, key).or_else(gone) else { continue };
        let status = all.entry(id).or_insert(past.status);
        *status = status.foremost(past.status);
    }
    let mut counts = BTreeMap::new();
    all.into_values().for_each(|status| *counts.entry(status).or_default() += 1);
    counts
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
                let key =
                    Key { account: id.clone(), principal: principal.arn.clone(), policy: policy.id.clone() };
                let advice = lookup.change(principal, policy);
                let advice = advice.filter(|it| principal.recommendations.contains(&it.id));
                let change = advice.map(|it| it.id.clone());
                let of_many = advice.is_some_and(|it| !own.contains(it.id.as_str()));
                let ready = advice.and_then(|it| it.ready);
                let document = advice.and_then(|it| hash(&it.files.before));
                let advice = advice.map(|it| digest(it, &hash));
                // Of a principal that nobody uses the advice is another: it is neither followed nor needless.
                let known = matches!(
                    principal.status,
                    PrincipalStatus::Reducible
                        | PrincipalStatus::Blocked
                        | PrincipalStatus::Clean
                        | PrincipalStatus::NoFinding
                );
                let remains = principal.effect.remains.iter().filter(|it| it.policy == policy.id);
                let remains = remains.map(|it| it.permissions).sum();
                let (granted, settled) = (policy.granted, known && remains == 0);
                let said = Said {
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
            let keys = principal.unused_access_keys.iter().filter_map(|it| it.access_key_id.as_deref());
            let password = principal.unused_password.as_ref().map(|_| "password");
            let role = (principal.status == PrincipalStatus::UnusedPrincipal).then_some("");
            for what in keys.chain(password).chain(role) {
                self.idle.insert(format!("{}/{what}", principal.arn));
            }
        }
    }

    /// All accounts that it knows of.
    fn accounts(&self) -> BTreeSet<&str> {
        let said = self.said.keys().chain(self.history.keys()).map(|key| key.account.as_str());
        said.collect()
    }

    /// What it knows as unused in accounts that a later night did not read whole.
    pub fn idle_in_gaps(&self, later: &Self) -> BTreeSet<String> {
        // arn:aws:iam::<account>:user/...
        let is_in_gap = |it: &&String| it.split(':').nth(4).is_some_and(|id| later.gaps.contains(id));
        self.idle.iter().filter(is_in_gap).cloned().collect()
    }

    /// The day of an account's newest evidence.
    pub fn day(&self, account: &str) -> Option<Date> {
        self.evaluated.get(account).and_then(|at| day(at))
    }
}

/// What became of every piece of advice, from one report to a later one. Sorted by key.
pub fn compare(old: &Night, new: &Night) -> Vec<Row> {
    accounts(old, new).into_iter().flat_map(|account| compare_account(old, new, account)).collect()
}

/// The accounts that one of two nights knows of, sorted.
pub fn accounts<'n>(old: &'n Night, new: &'n Night) -> BTreeSet<&'n str> {
    old.accounts().into_iter().chain(new.accounts()).collect()
}

/// The same for one account.
pub fn compare_account(old: &Night, new: &Night, account: &str) -> Vec<Row> {
    let keys = below(&old.said, account).chain(below(&new.said, account)).chain(below(&old.history, account));
    let keys: BTreeSet<&Key> = keys.collect();
    let today = new.day(account).or(old.day(account));
    let seen = new.evaluated.get(account).or(old.evaluated.get(account));
    let row = |key: &Key| {
        let past = old.history.get(key);
        let status = status(old, new, key)?;
        let first = match status {
            Status::New | Status::Reopened => None,
            _ => past.map(|past| past.first_seen.clone()).or_else(|| old.evaluated.get(account).cloned()),
        };
        let (nights, last_night) = nights(old, new, key, status);
        let advice = new.said.get(key).and_then(|said| said.advice);
        let of_many = if is_open(status) { was_of_many(old, key) } else { is_of_many(new, key) };
        let advice = advice.or_else(|| is_open(status).then(|| before(old, key)).flatten());
        let first_seen = first.or_else(|| seen.cloned()).unwrap_or_default();
        let used = past.map(|past| lapse(&past.used, today)).unwrap_or_default();
        let past =
            Past { status, first_seen, nights, last_night, advice, of_many, used, flapping: Vec::new() };
        Some(Row { key: key.clone(), past })
    };
    keys.into_iter().filter_map(row).collect()
}

/// The keys of one account.
fn below<'n, T>(all: &'n BTreeMap<Key, T>, account: &'n str) -> impl Iterator<Item = &'n Key> {
    let first = Key { account: account.to_owned(), principal: String::new(), policy: String::new() };
    all.range(first..).map(|(key, _)| key).take_while(move |key| key.account == account)
}

/// How many nights running have advised the same, and the day of the evidence of the latest.
fn nights(old: &Night, new: &Night, key: &Key, status: Status) -> (u32, Option<Date>) {
    // That something else of the account was looked at again says nothing about it.
    let of = |night: &Night| night.said.get(key).and_then(|said| said.day);
    let tonight = of(new);
    // The first of two reports that say the same was one night.
    let (nights, last) = match old.history.get(key) {
        Some(past) => (past.nights, past.last_night.or_else(|| of(old))),
        None => (1, of(old)),
    };
    match status {
        Status::Same if nights == 0 => (1, tonight),
        // What has no date cannot be told from what was there before.
        Status::Same if tonight.is_some_and(|tonight| last.is_some_and(|last| tonight > last)) => {
            (nights.saturating_add(1), tonight)
        }
        Status::Same => (nights, last.or(tonight)),
        // A night on which something could not be read neither counts nor begins anew.
        Status::NotRead => (nights, last),
        // So may what is decided for many accounts wait for one of them; any other advice is that of an account that was read.
        Status::Withheld if !new.gaps.is_empty() && was_of_many(old, key) => (nights, last),
        Status::Withheld | Status::Resolved => (0, None),
        Status::New | Status::Reopened | Status::Regressed | Status::Changed => (1, tonight),
    }
}

/// Whether the advice of before waits for what a later report says.
fn is_open(status: Status) -> bool {
    matches!(status, Status::NotRead | Status::Withheld)
}

/// What was advised before: by the report itself, or by one before it when the account was not read that time.
fn before(old: &Night, key: &Key) -> Option<FileHash> {
    let said = old.said.get(key).and_then(|said| said.advice);
    let past = old.history.get(key).filter(|past| is_open(past.status));
    said.or_else(|| past.and_then(|past| past.advice))
}

fn is_of_many(night: &Night, key: &Key) -> bool {
    night.said.get(key).is_some_and(|said| said.of_many)
}

/// Whether what was advised before was so for many accounts.
fn was_of_many(old: &Night, key: &Key) -> bool {
    let past = old.history.get(key).filter(|past| is_open(past.status));
    is_of_many(old, key) || past.is_some_and(|past| past.of_many)
}

/// What a change is known by: two that leave the same document may take away another.
fn digest(change: &Recommendation, hash: impl Fn(&str) -> Option<FileHash>) -> FileHash {
    let files = [&change.files.before, &change.files.after];
    let [before, after] = files.map(|path| hash(path).map(|hash| hash.to_string()).unwrap_or_default());
    FileHash::of(format!("{} {before} {after}", change.action.name()).as_bytes())
}

fn status(old: &Night, new: &Night, key: &Key) -> Option<Status> {
    let was_resolved = old.history.get(key).is_some_and(|past| past.status == Status::Resolved);
    let now = new.said.get(key).and_then(|new| new.advice);
    let grew = old.said.get(key).zip(new.said.get(key)).is_some_and(|(old, new)| new.granted > old.granted);
    match (before(old, key), now) {
        (None, None) if was_resolved => Some(Status::Resolved),
        (None, None) => None,
        (None, Some(_)) if was_resolved => Some(Status::Reopened),
        (_, Some(_)) if grew => Some(Status::Regressed),
        (None, Some(_)) => Some(Status::New),
        (Some(before), Some(now)) if before == now => Some(Status::Same),
        (Some(_), Some(_)) => Some(Status::Changed),
        // Only an account that was read whole can tell that something is gone.
        (Some(_), None) if !new.whole.contains(&key.account) => Some(Status::NotRead),
        (Some(_), None) if new.said.get(key).is_none_or(|said| said.settled) => Some(Status::Resolved),
        (Some(_), None) => Some(Status::Withheld),
    }
}

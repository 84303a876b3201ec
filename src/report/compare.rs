//! Two reports of one organisation: what is new, changed, the same, gone, back, and what grew.
//!
//! The key is the principal and the policy. Ids of findings are none: a finding that is partly mended closes and another
//! opens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::{AccountReport, Coverage};
use super::whole::Report;

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
    /// The hash of the document that is recommended, if one is.
    pub advice: Option<String>,
    /// The recommendation, by id, if there is one.
    pub change: Option<String>,
    /// It is known that nothing of it is unused.
    pub settled: bool,
}

/// What a report says, in short.
#[derive(Debug, Clone, Default)]
pub struct Night {
    /// By principal and policy.
    pub said: BTreeMap<Key, Said>,
    /// The day of the newest evidence, by account.
    pub evaluated: BTreeMap<String, String>,
    /// The accounts that were read whole.
    pub whole: Vec<String>,
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
    /// How many reports in a row have said the same.
    pub nights: u32,
    /// The hash of the document that is advised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What became of one piece of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

impl Night {
    /// Adds an account of a report. `hash` gives the hash of a file of it.
    pub fn add(&mut self, report: &Report, account: &AccountReport, hash: impl Fn(&str) -> Option<String>) {
        let id = &account.summary.id;
        if account.summary.coverage == Coverage::Complete {
            self.whole.push(id.clone());
        }
        if let Some(day) = &account.summary.evidence.evaluated {
            self.evaluated.insert(id.clone(), day.clone());
        }
        let policies: BTreeMap<&str, _> = account.policies.iter().map(|it| (it.id.as_str(), it)).collect();
        for principal in &account.principals {
            for policy in principal.policies.iter().filter_map(|id| policies.get(id.as_str())) {
                let key =
                    Key { account: id.clone(), principal: principal.arn.clone(), policy: policy.id.clone() };
                let advice = account.change(report, principal, policy);
                let advice = advice.filter(|it| principal.recommendations.contains(&it.id));
                let change = advice.map(|it| it.id.clone());
                let advice = advice.map(|it| hash(&it.files.after).unwrap_or_default());
                // Of a principal that nobody uses the advice is another: it is neither followed nor needless.
                let known = matches!(principal.bucket.as_str(), "refined" | "clean");
                let settled = known && principal.effect.remains.iter().all(|it| it.policy != policy.id);
                self.said.insert(key, Said { granted: policy.granted, advice, change, settled });
            }
        }
    }
}

/// What became of every piece of advice, from one report to a later one. Sorted by key.
pub fn compare(old: &Night, new: &Night) -> Vec<Row> {
    let mut rows = Vec::new();
    let keys = old.said.keys().chain(new.said.keys()).chain(old.history.keys());
    let mut keys: Vec<&Key> = keys.collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let past = old.history.get(key);
        let Some(status) = status(old, new, key) else {
            continue;
        };
        let today = new.evaluated.get(&key.account).or(old.evaluated.get(&key.account));
        let today = today.cloned().unwrap_or_default();
        let first = match status {
            Status::New | Status::Reopened => None,
            _ => {
                past.map(|past| past.first_seen.clone()).or_else(|| old.evaluated.get(&key.account).cloned())
            }
        };
        // The first of two reports that say the same was one night.
        let nights = match status {
            Status::Same => past.map_or(1, |past| past.nights) + 1,
            _ => 1,
        };
        let advice = new.said.get(key).and_then(|said| said.advice.clone());
        let after = advice.or_else(|| is_open(status).then(|| before(old, key).cloned()).flatten());
        let past = Past { status, first_seen: first.unwrap_or(today), nights, after };
        rows.push(Row { key: key.clone(), past });
    }
    rows
}

/// Whether the advice of before waits for what a later report says.
fn is_open(status: Status) -> bool {
    matches!(status, Status::NotRead | Status::Withheld)
}

/// What was advised before: by the report itself, or by one before it when the account was not read that time.
fn before<'n>(old: &'n Night, key: &Key) -> Option<&'n String> {
    let said = old.said.get(key).and_then(|said| said.advice.as_ref());
    let past = old.history.get(key).filter(|past| is_open(past.status));
    said.or_else(|| past.and_then(|past| past.after.as_ref()))
}

fn status(old: &Night, new: &Night, key: &Key) -> Option<Status> {
    let was_resolved = old.history.get(key).is_some_and(|past| past.status == Status::Resolved);
    let now = new.said.get(key).and_then(|new| new.advice.as_ref());
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

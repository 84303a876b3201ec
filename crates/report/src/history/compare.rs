//! Compares two reports of one organisation: what is new, changed, the same, gone or back, and what grew.
//!
//! The key is the principal and the policy. IDs of findings cannot be the key: a finding that is partly fixed
//! closes and another opens.
//!
//! Runs are counted by their evidence: only evidence of a later day adds anything.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::night::{HistoryRow, Key, Night, Past};
use super::used::lapse;
use leastwise_core::digest::FileHash;
use leastwise_core::report::Status;

/// The accounts of either run, sorted.
pub fn accounts<'n>(old: &'n Night, new: &'n Night) -> BTreeSet<&'n str> {
    old.accounts().into_iter().chain(new.accounts()).collect()
}

/// The status of every recommendation for one account, from one report to a later one. Sorted by key.
pub fn compare_account(old: &Night, new: &Night, account: &str) -> Vec<HistoryRow> {
    let keys = below(&old.said, account)
        .chain(below(&new.said, account))
        .chain(below(&old.history, account));
    let keys: BTreeSet<&Key> = keys.collect();
    let today = new.day(account).or(old.day(account));
    let seen = new.evaluated.get(account).or(old.evaluated.get(account));
    let row = |key: &Key| {
        let past = old.history.get(key);
        let status = status(old, new, key)?;
        let first = match status {
            Status::New | Status::Reopened => None,
            _ => past
                .map(|past| past.first_seen.clone())
                .or_else(|| old.evaluated.get(account).cloned()),
        };
        let (nights, last_night) = nights(old, new, key, status);
        let advice = new.said.get(key).and_then(|said| said.advice);
        let of_many = if is_open(status) {
            was_of_many(old, key)
        } else {
            is_of_many(new, key)
        };
        let advice = advice.or_else(|| is_open(status).then(|| before(old, key)).flatten());
        let first_seen = first.or_else(|| seen.cloned()).unwrap_or_default();
        let used = past.map(|past| lapse(&past.used, today)).unwrap_or_default();
        let past = Past {
            status,
            first_seen,
            nights,
            last_night,
            advice,
            of_many,
            used,
            flapping: Vec::new(),
        };
        Some(HistoryRow {
            key: key.clone(),
            past,
        })
    };
    keys.into_iter().filter_map(row).collect()
}

/// The keys of one account.
fn below<'n, T>(all: &'n BTreeMap<Key, T>, account: &'n str) -> impl Iterator<Item = &'n Key> {
    let first = Key {
        account: account.to_owned(),
        principal: String::new(),
        policy: String::new(),
    };
    all.range(first..)
        .map(|(key, _)| key)
        .take_while(move |key| key.account == account)
}

/// Number of consecutive runs with the same recommendation, and the date of the latest usage data.
fn nights(old: &Night, new: &Night, key: &Key, status: Status) -> (u32, Option<Date>) {
    // That something else of the account was looked at again says nothing about it.
    let of = |night: &Night| night.said.get(key).and_then(|said| said.day);
    let tonight = of(new);
    // The first of two equal reports counts as one run.
    let (nights, last) = match old.history.get(key) {
        Some(past) => (past.nights, past.last_night.or_else(|| of(old))),
        None => (1, of(old)),
    };
    match status {
        Status::Same if nights == 0 => (1, tonight),
        // Usage data without a date may be that of the previous run, so it does not count.
        Status::Same if tonight.is_some_and(|tonight| last.is_some_and(|last| tonight > last)) => {
            (nights.saturating_add(1), tonight)
        }
        Status::Same => (nights, last.or(tonight)),
        // A run that could not read something neither counts nor resets the count.
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

fn status(old: &Night, new: &Night, key: &Key) -> Option<Status> {
    let was_resolved = old
        .history
        .get(key)
        .is_some_and(|past| past.status == Status::Resolved);
    let now = new.said.get(key).and_then(|new| new.advice);
    let grew = old
        .said
        .get(key)
        .zip(new.said.get(key))
        .is_some_and(|(old, new)| new.granted > old.granted);
    match (before(old, key), now) {
        (None, None) if was_resolved => Some(Status::Resolved),
        (None, None) => None,
        (None, Some(_)) if was_resolved => Some(Status::Reopened),
        (_, Some(_)) if grew => Some(Status::Regressed),
        (None, Some(_)) => Some(Status::New),
        (Some(before), Some(now)) if before == now => Some(Status::Same),
        (Some(_), Some(_)) => Some(Status::Changed),
        // Only a completely read account shows that something is gone.
        (Some(_), None) if !new.whole.contains(&key.account) => Some(Status::NotRead),
        (Some(_), None) if new.said.get(key).is_none_or(|said| said.settled) => Some(Status::Resolved),
        (Some(_), None) => Some(Status::Withheld),
    }
}

/// Number of changes by status between two runs. A change that affects several principals counts once, with
/// the most important status among them.
pub fn counted(old: &Night, new: &Night, rows: &[HistoryRow]) -> BTreeMap<Status, usize> {
    let change = |night: &'_ Night, key: &Key| night.said.get(key).and_then(|said| said.change.clone());
    let today: BTreeSet<&str> = new
        .said
        .values()
        .filter_map(|said| said.change.as_deref())
        .collect();
    let mut all: BTreeMap<String, Status> = BTreeMap::new();
    for HistoryRow { key, past } in rows {
        // A change that is gone is listed under its old id, unless another row still has that id.
        let gone = || change(old, key).filter(|id| !today.contains(id.as_str()));
        let Some(id) = change(new, key).or_else(gone) else {
            continue;
        };
        let status = all.entry(id).or_insert(past.status);
        *status = status.foremost(past.status);
    }
    let mut counts = BTreeMap::new();
    all.into_values()
        .for_each(|status| *counts.entry(status).or_default() += 1);
    counts
}

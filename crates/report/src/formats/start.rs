//! What to do first: one choice, for the page and for `summary.md`.
//!
//! Accounts arrive in any order, so the order of additions has no effect; only the first entries of each list are
//! kept.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use leastwise_core::decide::{Grade, Level};
use leastwise_core::report::{PrincipalRow, Recommendation};

use super::{key, weight};

/// Number of rows of *Start here*.
const MOST: usize = 10;
/// Number of these rows reserved for unused principals, and for credentials, if there are any.
const OF_A_KIND: usize = 2;

/// Position in the list: emergency access last; then by severity, confidence and risk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    is_emergency: bool,
    grade: Reverse<Grade>,
    confidence: Reverse<Level>,
    risk: Reverse<u64>,
    key: String,
}

impl Rank {
    /// Rank of a change.
    pub(super) fn of_change(it: &Recommendation) -> Self {
        Self {
            is_emergency: false,
            grade: Reverse(weight::of_change(it)),
            confidence: Reverse(it.confidence.level),
            risk: Reverse(it.impact.risk),
            key: key::of_policy(&it.id),
        }
    }

    /// Rank of an unused role or user. It is certain that it is unused; only its owner knows whether it can be
    /// deleted.
    pub(super) fn of_unused(row: &PrincipalRow) -> Self {
        let key = key::of_principal("unused-principal", &row.arn);
        Self::of_principal(row, weight::of_unused(row), row.effect.risk.before, key)
    }

    /// Rank of the unused credentials of a user.
    pub(super) fn of_credentials(row: &PrincipalRow) -> Self {
        let key = key::of_principal("unused-credentials", &row.arn);
        Self::of_principal(row, weight::of_credential(row), 0, key)
    }

    fn of_principal(row: &PrincipalRow, grade: Grade, risk: u64, key: String) -> Self {
        Self {
            is_emergency: row.emergency.is_some(),
            grade: Reverse(grade),
            confidence: Reverse(Level::Medium),
            risk: Reverse(risk),
            key,
        }
    }
}

/// The first entries of a list.
#[derive(Debug)]
pub(super) struct Head<T>(BTreeMap<Rank, T>);

impl<T> Default for Head<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Head<T> {
    /// Keeps an item if it is among the first `most`.
    pub(super) fn keep(&mut self, rank: Rank, item: T, most: usize) {
        self.0.insert(rank, item);
        if self.0.len() > most {
            self.0.pop_last();
        }
    }

    /// The entries in order.
    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }
}

/// The list of what to do first.
#[derive(Debug)]
pub(super) struct Start<T> {
    changes: Head<T>,
    unused: Head<T>,
    credentials: Head<T>,
}

impl<T> Default for Start<T> {
    fn default() -> Self {
        Self {
            changes: Head::default(),
            unused: Head::default(),
            credentials: Head::default(),
        }
    }
}

impl<T> Start<T> {
    /// Adds a change.
    pub(super) fn change(&mut self, it: &Recommendation, item: T) {
        self.changes.keep(Rank::of_change(it), item, MOST);
    }

    /// Adds an unused role or user.
    pub(super) fn unused(&mut self, row: &PrincipalRow, item: T) {
        self.unused.keep(Rank::of_unused(row), item, MOST);
    }

    /// Adds a user with unused credentials.
    pub(super) fn credentials(&mut self, row: &PrincipalRow, item: T) {
        self.credentials.keep(Rank::of_credentials(row), item, MOST);
    }

    /// What to do first, across all kinds.
    pub(super) fn first(&self) -> Vec<&T> {
        let of_a_kind = |list: &Head<T>| {
            let ordinary = list.0.keys().filter(|rank| !rank.is_emergency);
            ordinary.take(OF_A_KIND).count()
        };
        let (unused, credentials) = (of_a_kind(&self.unused), of_a_kind(&self.credentials));
        let changes = self.changes.0.len().min(MOST - unused - credentials);
        let heads = [
            (&self.changes, changes),
            (&self.unused, unused),
            (&self.credentials, credentials),
        ];
        let mut first: Vec<(&Rank, &T)> = heads
            .iter()
            .flat_map(|(list, most)| list.0.iter().take(*most))
            .collect();
        let mut rest: Vec<(&Rank, &T)> = heads
            .iter()
            .flat_map(|(list, most)| list.0.iter().skip(*most))
            .collect();
        rest.sort_by_key(|(rank, _)| *rank);
        first.extend(rest.into_iter().take(MOST.saturating_sub(first.len())));
        first.sort_by_key(|(rank, _)| *rank);
        first.into_iter().map(|(_, item)| item).collect()
    }
}

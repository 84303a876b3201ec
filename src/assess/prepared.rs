//! One account, ready to be decided on: what is there, what is known, where each principal stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Terms;
use crate::aws::Evidence;
use crate::decide::{Circumstances, Needs, Source, Standing, Wants, standings};
use crate::evidence::{Failure, Known, join};
use crate::inventory::Inventory;
use crate::inventory::wire::{Account, Authorization};

pub(super) struct Prepared {
    pub(super) inventory: Inventory,
    pub(super) evidence: Result<Evidence, Failure>,
    /// What is known of each principal, by ARN.
    pub(super) known: BTreeMap<String, Known>,
    /// In the order of the inventory's principals.
    pub(super) standings: Vec<Standing>,
}

impl Prepared {
    pub(super) fn new(
        account: &Account,
        authorization: Authorization,
        evidence: Result<Evidence, Failure>,
        terms: Terms<'_>,
    ) -> Self {
        let inventory = Inventory::new(account.clone(), authorization);
        let known = evidence.as_ref().map_or_else(
            |_| BTreeMap::new(),
            |evidence| join(&evidence.findings, &evidence.last_accessed, terms.window_days),
        );
        let mut prepared = Self { inventory, evidence, known, standings: Vec::new() };
        let around = Circumstances {
            source: prepared.source(terms),
            as_of: terms.as_of,
            oldest_days: terms.oldest_days,
            excluded: &|_| None,
        };
        prepared.standings = standings(&prepared.inventory, &prepared.known, &around);
        prepared
    }

    /// Where the account's evidence comes from.
    pub(super) fn source(&self, terms: Terms<'_>) -> Source<'_> {
        match &self.evidence {
            Err(failure) => Source::Failed(failure),
            Ok(evidence) => match &evidence.analyzer {
                // An analyzer without a window cannot be: ninety days is what AWS sets when nobody chooses.
                Some(analyzer) => {
                    Source::Analyzer { analyzer, window_days: analyzer.window_days().unwrap_or(90) }
                }
                None if !evidence.last_accessed.is_empty() => {
                    Source::LastAccessed { window_days: terms.window_days }
                }
                None => Source::None,
            },
        }
    }

    /// The ARNs of principals.
    pub(super) fn arns(&self, places: &[usize]) -> Vec<String> {
        places.iter().filter_map(|at| self.inventory.principals.get(*at)).map(|it| it.arn.clone()).collect()
    }
}

impl Wants for Prepared {
    fn needs(&self, principal: usize, _policy: &str) -> Cow<'_, Needs> {
        match self.standings.get(principal) {
            Some(standing) => Cow::Borrowed(standing.needs()),
            None => Cow::Owned(Needs::Everything),
        }
    }
}

//! Actions that are kept whatever the evidence says.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::rule_id::RuleId;
use crate::catalog::{Basis, Catalog};
use crate::decide::Removable;
use crate::policy::{ActionNames, ActionPattern, ActionSet, Extent};

/// What stays in one policy, and by which rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept<'e> {
    patterns: Vec<(RuleId, &'e ActionPattern)>,
}

impl<'e> Kept<'e> {
    pub(super) fn new(patterns: impl Iterator<Item = (RuleId, &'e ActionPattern)>) -> Self {
        Self { patterns: Vec::new() }.with(patterns)
    }

    /// In one order and without repeats, so that it does not matter who was asked first.
    fn with(mut self, more: impl Iterator<Item = (RuleId, &'e ActionPattern)>) -> Self {
        self.patterns.extend(more);
        self.patterns.sort_by_key(|(id, pattern)| (*id, pattern.as_str()));
        self.patterns.dedup();
        self
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The rules that keep something.
    pub fn rules(&self) -> BTreeSet<RuleId> {
        self.patterns.iter().map(|(id, _)| *id).collect()
    }

    /// Whether an action stays.
    pub fn keeps(&self, service: &str, name: &str) -> bool {
        self.patterns.iter().any(|(_, pattern)| pattern.matches(service, name))
    }

    /// What several principals keep together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        self.with(other.patterns.iter().copied())
    }

    /// The evidence without what is kept. Of a service that is unused as a whole and kept in part, the other actions of
    /// the catalog stay unused, but for those whose use AWS does not see (E13); what the catalog does not know counts as used.
    #[must_use]
    pub fn take_out(&self, unused: &ActionSet, basis: Basis<'_>) -> ActionSet {
        let one = |(service, extent): (&Arc<str>, &Extent)| {
            let about: Vec<&ActionPattern> = self
                .patterns
                .iter()
                .map(|(_, pattern)| *pattern)
                .filter(|it| is_about(it, service))
                .collect();
            if about.is_empty() {
                return Some((Arc::clone(service), extent.clone()));
            }
            let stays = |name: &str| about.iter().any(|pattern| pattern.matches(service, name));
            let named = extent.names.iter().filter(|name| !stays(name));
            let others = known(basis.catalog, service)
                .filter(|name| extent.whole && !stays(name) && !basis.unobserved.has(service, name));
            let names = ActionNames::of(named.chain(others));
            (!names.is_empty()).then(|| (Arc::clone(service), Extent { whole: false, names }))
        };
        unused.iter().filter_map(one).collect()
    }

    /// The same of what may be taken from a principal. From one that uses nothing, what the catalog knows.
    pub fn narrow<'n>(&self, removable: &'n Removable, basis: Basis<'_>) -> Cow<'n, Removable> {
        match removable {
            Removable::Only(unused) if self.touches(unused) => {
                Cow::Owned(Removable::Only(self.take_out(unused, basis)))
            }
            Removable::Anything if !self.is_empty() => {
                let mut all = ActionSet::new();
                basis.catalog.services().for_each(|service| all.add_service(service.prefix()));
                Cow::Owned(Removable::Only(self.take_out(&all, basis)))
            }
            other => Cow::Borrowed(other),
        }
    }

    /// Whether anything that could go is kept.
    fn touches(&self, unused: &ActionSet) -> bool {
        self.patterns.iter().any(|(_, pattern)| {
            unused.iter().filter(|(service, _)| is_about(pattern, service)).any(|(service, extent)| {
                extent.whole || extent.names.iter().any(|name| pattern.matches(service, name))
            })
        })
    }
}

/// Whether a pattern matches something of a service.
fn is_about(pattern: &ActionPattern, service: &str) -> bool {
    pattern.service().is_none_or(|own| own.eq_ignore_ascii_case(service))
}

/// How many actions that may be taken from a principal match a pattern. Of a whole service, those that the catalog knows.
pub(super) fn matched(patterns: &[ActionPattern], removable: &Removable, catalog: &Catalog) -> usize {
    let Removable::Only(unused) = removable else { return 0 };
    let stays = |service: &str, name: &str| patterns.iter().any(|pattern| pattern.matches(service, name));
    let of_service = |(service, extent): (&Arc<str>, &Extent)| {
        if extent.whole {
            known(catalog, service).filter(|name| stays(service, name)).count()
        } else {
            extent.names.iter().filter(|name| stays(service, name)).count()
        }
    };
    unused.iter().map(of_service).sum()
}

/// The actions of a service, as the catalog spells them.
fn known<'c>(catalog: &'c Catalog, service: &str) -> impl Iterator<Item = &'c str> {
    let found = catalog.place_of(service).and_then(|place| catalog.service(place));
    found.into_iter().flat_map(|service| (0..service.len()).map(|place| service.spelled(place)))
}

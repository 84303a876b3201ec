//! Actions that are kept whatever the evidence says.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::rule_id::RuleId;
use crate::catalog::{Basis, Catalog};
use crate::decide::Removable;
use crate::policy::{ActionNames, ActionPattern, ActionSet, Extent};

/// Actions to keep in one policy, and the rules that keep them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept<'e> {
    patterns: Vec<(RuleId, &'e ActionPattern)>,
}

impl<'e> Kept<'e> {
    pub(super) fn new(patterns: impl Iterator<Item = (RuleId, &'e ActionPattern)>) -> Self {
        Self { patterns: Vec::new() }.with(patterns)
    }

    /// Sorted and without duplicates, so that the order of rules does not matter.
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

    /// Rules that keep an action.
    pub fn rules(&self) -> BTreeSet<RuleId> {
        self.patterns.iter().map(|(id, _)| *id).collect()
    }

    /// Whether an action is kept.
    pub fn keeps(&self, service: &str, name: &str) -> bool {
        self.patterns
            .iter()
            .any(|(_, pattern)| pattern.matches(service, name))
    }

    /// What several principals keep together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        self.with(other.patterns.iter().copied())
    }

    /// The evidence without kept actions. If a service is unused as a whole and partly kept, its other actions in
    /// the catalog stay unused, except those whose use AWS does not track (E13). Actions that the catalog lacks
    /// count as used.
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

    /// The same for what can be removed from a principal. For an idle one, that is what the catalog knows.
    pub fn narrow<'n>(&self, removable: &'n Removable, basis: Basis<'_>) -> Cow<'n, Removable> {
        match removable {
            Removable::Only(unused) if self.touches(unused) => {
                Cow::Owned(Removable::Only(self.take_out(unused, basis)))
            }
            Removable::Anything if !self.is_empty() => {
                let mut all = ActionSet::new();
                basis
                    .catalog
                    .services()
                    .for_each(|service| all.add_service(service.prefix()));
                Cow::Owned(Removable::Only(self.take_out(&all, basis)))
            }
            other => Cow::Borrowed(other),
        }
    }

    /// Whether anything that could be removed is kept.
    fn touches(&self, unused: &ActionSet) -> bool {
        self.patterns.iter().any(|(_, pattern)| {
            unused
                .iter()
                .filter(|(service, _)| is_about(pattern, service))
                .any(|(service, extent)| {
                    extent.whole || extent.names.iter().any(|name| pattern.matches(service, name))
                })
        })
    }
}

/// Whether a pattern matches anything of a service.
fn is_about(pattern: &ActionPattern, service: &str) -> bool {
    pattern
        .service()
        .is_none_or(|own| own.eq_ignore_ascii_case(service))
}

/// Number of removable actions that a pattern matches. For a whole service, those in the catalog.
pub(super) fn matched(patterns: &[ActionPattern], removable: &Removable, catalog: &Catalog) -> usize {
    let Removable::Only(unused) = removable else {
        return 0;
    };
    let stays = |service: &str, name: &str| patterns.iter().any(|pattern| pattern.matches(service, name));
    let of_service = |(service, extent): (&Arc<str>, &Extent)| {
        if extent.whole {
            known(catalog, service)
                .filter(|name| stays(service, name))
                .count()
        } else {
            extent.names.iter().filter(|name| stays(service, name)).count()
        }
    };
    unused.iter().map(of_service).sum()
}

/// Actions of a service, as the catalog spells them.
fn known<'c>(catalog: &'c Catalog, service: &str) -> impl Iterator<Item = &'c str> {
    let found = catalog.place_of(service).and_then(|place| catalog.service(place));
    found
        .into_iter()
        .flat_map(|service| (0..service.len()).map(|place| service.spelled(place)))
}

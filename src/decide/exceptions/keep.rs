//! Actions that stay whatever the evidence says.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::RuleId;
use crate::catalog::{Basis, Catalog};
use crate::decide::{Names, Needs};
use crate::policy::{ActionPattern, ActionSet, Extent};

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
    pub fn take_out<'u>(&self, unused: &ActionSet<'u>, basis: Basis<'_>) -> ActionSet<'u> {
        let mut left = ActionSet::new();
        for (service, extent) in unused.iter() {
            let about: Vec<&ActionPattern> = self
                .patterns
                .iter()
                .map(|(_, pattern)| *pattern)
                .filter(|pattern| is_about(pattern, service))
                .collect();
            let stays = |name: &str| about.iter().any(|pattern| pattern.matches(service, name));
            let names: Vec<Cow<'u, str>> = match extent {
                Extent::Whole if about.is_empty() => {
                    left.add_service(service.to_owned());
                    continue;
                }
                Extent::Whole => known(basis.catalog, service)
                    .filter(|name| !stays(name) && !basis.unobserved.has(service, name))
                    .map(|name| Cow::Owned(name.to_owned()))
                    .collect(),
                Extent::Names(names) => names.iter().filter(|name| !stays(name)).cloned().collect(),
            };
            // A list without names reads as a whole service elsewhere.
            if !names.is_empty() {
                left.add_actions(service.to_owned(), names);
            }
        }
        left
    }

    /// The same of what a principal can do without. Of one that uses nothing, what the catalog knows may go.
    pub fn narrow<'n>(&self, needs: &'n Needs, basis: Basis<'_>) -> Cow<'n, Needs> {
        if !self.touches(needs) {
            return Cow::Borrowed(needs);
        }
        let unused = match needs {
            Needs::Nothing => {
                let mut all = ActionSet::new();
                basis.catalog.services().for_each(|service| all.add_service(service.prefix().to_owned()));
                all
            }
            needs => needs.unused(None),
        };
        Cow::Owned(Needs::of(&self.take_out(&unused, basis)))
    }

    /// Whether anything that could go is kept.
    fn touches(&self, needs: &Needs) -> bool {
        let Needs::AllBut(services) = needs else {
            return *needs == Needs::Nothing && !self.is_empty();
        };
        self.patterns.iter().any(|(_, pattern)| {
            services.iter().any(|(service, names)| match names {
                None => is_about(pattern, service),
                Some(names) => {
                    is_about(pattern, service) && names.iter().any(|name| pattern.matches(service, name))
                }
            })
        })
    }
}

/// Whether a pattern matches something of a service.
fn is_about(pattern: &ActionPattern, service: &str) -> bool {
    pattern.service().is_none_or(|own| own.eq_ignore_ascii_case(service))
}

/// How many actions that a principal can do without match a pattern. Of a whole service, those that the catalog knows.
pub(super) fn matched(patterns: &[ActionPattern], needs: &Needs, catalog: &Catalog) -> usize {
    let Needs::AllBut(services) = needs else { return 0 };
    let stays = |service: &str, name: &str| patterns.iter().any(|pattern| pattern.matches(service, name));
    let of_service = |(service, names): (&Arc<str>, &Option<Names>)| match names {
        None => known(catalog, service).filter(|name| stays(service, name)).count(),
        Some(names) => names.iter().filter(|name| stays(service, name)).count(),
    };
    services.iter().map(of_service).sum()
}

/// The actions of a service, as the catalog spells them.
fn known<'c>(catalog: &'c Catalog, service: &str) -> impl Iterator<Item = &'c str> {
    let found = catalog.place_of(service).and_then(|place| catalog.service(place));
    found.into_iter().flat_map(|service| (0..service.len()).map(|place| service.spelled(place)))
}

//! What is in a set of actions: one action, all that a pattern matches, and the list of everything.

use std::borrow::Cow;

use super::{Levels, Permissions};
use crate::catalog::AccessLevel;
use crate::catalog::beyond::Overlap;
use crate::catalog::service::Service;
use crate::policy::{Pattern, Shape};

impl<'c> Permissions<'c> {
    /// Whether it has an action, by service and name in any case. An action that the catalog does not know need not be
    /// listed to be in it.
    pub fn contains(&self, service: &str, name: &str) -> bool {
        if let Some(place) = self.catalog.place_of(service)
            && let Some(at) = self.catalog.service(place).and_then(|service| service.find(name))
        {
            return self
                .found(place)
                .is_some_and(|slot| self.bits.has(slot.first_word * 64 + at));
        }
        let action = Pattern::new(Cow::Borrowed(service), Cow::Borrowed(name), Shape::Literal);
        self.beyond.share(&action) == Overlap::All
    }

    /// Whether it has everything that a pattern of one service matches, whatever the catalog lacks. `false`
    /// can also mean that the answer is unknown.
    pub(crate) fn covers(&self, pattern: &Pattern<'_>) -> bool {
        if pattern.shape == Shape::Literal {
            return self.contains(&pattern.service, &pattern.name);
        }
        let place = self.catalog.place_of(&pattern.service);
        let known = place
            .and_then(|place| Some((self.catalog.service(place)?, self.found(place))))
            .is_none_or(|(service, slot)| {
                let is_in = |at| slot.is_some_and(|slot| self.bits.has(slot.first_word * 64 + at));
                service.matched(pattern).all(is_in)
            });
        known && pattern.shape != Shape::All && self.beyond.share(pattern) == Overlap::All
    }

    /// The names that the catalog has of a service, in small letters and as it spells them, each with whether it is in.
    pub(crate) fn known_names(&self, service: &str) -> impl Iterator<Item = (&'c str, &'c str, bool)> {
        let catalog = self.catalog;
        let known = catalog
            .place_of(service)
            .and_then(|place| Some((catalog.service(place)?, self.found(place))));
        known.into_iter().flat_map(move |(service, slot)| {
            (0..service.len()).map(move |at| {
                let is_in = slot.is_some_and(|slot| self.bits.has(slot.first_word * 64 + at));
                (service.lower(at), service.spelled(at), is_in)
            })
        })
    }

    /// Whether it may have an action of a service; that it has none is certain.
    pub(crate) fn touches(&self, service: &str) -> bool {
        let slot = self.catalog.place_of(service).and_then(|place| self.found(place));
        slot.is_some() || self.beyond.touches(service)
    }

    /// All permissions by service and name, with access levels: those of the catalog with its spelling, the others
    /// with `None`. Sorted ignoring case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Option<AccessLevel>)> {
        let mut known = self.known().peekable();
        let mut named = self.named.iter().peekable();
        std::iter::from_fn(move || {
            let known_first = match (known.peek(), named.peek()) {
                (Some((service, at)), Some(((prefix, name), _))) => {
                    (service.prefix(), service.lower(*at)) <= (prefix, name)
                }
                (known, _) => known.is_some(),
            };
            if known_first {
                known
                    .next()
                    .map(|(service, at)| (service.prefix(), service.spelled(at), service.level(at)))
            } else {
                named
                    .next()
                    .map(|((prefix, _), pattern)| (prefix.as_str(), &*pattern.name, None))
            }
        })
    }

    /// Actions of the catalog, by service and index.
    fn known(&self) -> impl Iterator<Item = (&'c Service, usize)> {
        self.slots
            .iter()
            .filter_map(|slot| Some((self.catalog.service(slot.place)?, *slot)))
            .flat_map(|(service, slot)| places(self.words(slot)).map(move |place| (service, place)))
    }

    /// Number of permissions by access level.
    pub fn levels(&self) -> Levels {
        let mut levels = Levels {
            unknown: self.named.len(),
            ..Levels::default()
        };
        for slot in &self.slots {
            if let Some(service) = self.catalog.service(slot.place) {
                service.count_levels(self.words(*slot), &mut levels.known);
            }
        }
        levels
    }
}

/// Indices of the bits that are set.
fn places(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(at, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                at * 64 + bit
            })
        })
    })
}

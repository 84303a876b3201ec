//! Which services and actions a universe covers.

use std::borrow::Cow;

use super::{Extra, NONE, NamedBy, Scope, ServiceUse, Universe};
use crate::catalog::action_bits::ActionBits;
use crate::catalog::basis::Basis;
use crate::catalog::service::Service;
use crate::catalog::{is_name, is_prefix};
use crate::policy::{Document, Effect, Observed, Shape};

impl<'a> Universe<'a> {
    /// Covers the services with unused actions; returns the names that the catalog lacks.
    pub(super) fn cover_unused(&mut self, observed: &Observed) -> Vec<(usize, String)> {
        let mut extras = Vec::new();
        for (service, extent) in observed.unused.iter() {
            // Names that no service or action can have are not evidence.
            if !is_prefix(service) {
                continue;
            }
            let at = self.cover(service);
            let Some(scope) = self.scopes.get_mut(at) else {
                continue;
            };
            scope.whole |= extent.whole;
            let (known, first) = (scope.known, scope.first_word * 64);
            for name in extent.names.iter() {
                match known.and_then(|service| service.find(name)) {
                    Some(place) => self.unused.insert(first + place),
                    None if !is_name(name) => {}
                    None => {
                        self.add_extra(at, NamedBy::Evidence, Cow::Owned(name.to_owned()));
                        extras.push((at, name.to_ascii_lowercase()));
                    }
                }
            }
        }
        extras
    }

    /// Covers the services in use, so that none of their actions is lost with a wildcard.
    pub(super) fn cover_used(&mut self, observed: &Observed) {
        for (service, extent) in observed.used.iter().filter(|(service, _)| is_prefix(service)) {
            let scope = self.cover(service);
            let mut names = Vec::new();
            let known = self.scopes.get(scope).and_then(|scope| scope.known);
            for name in extent.names.iter().filter(|name| is_name(name)) {
                if known.is_none_or(|service| service.find(name).is_none()) {
                    self.add_extra(scope, NamedBy::Evidence, Cow::Owned(name.to_owned()));
                }
                names.push(name.to_owned());
            }
            self.used.push(ServiceUse { scope, names });
        }
    }

    fn add_extra(&mut self, scope: usize, from: NamedBy, spelled: Cow<'a, str>) {
        self.extras.push(Extra {
            scope,
            lower: spelled.to_ascii_lowercase(),
            from,
            spelled,
        });
    }

    pub(super) fn cover_policy(&mut self, policy: &Document<'a>, basis: Basis<'a>) {
        let mut spans_services = false;
        for statement in &policy.statements {
            let grants = statement.frame.effect == Effect::Allow;
            spans_services |= grants && statement.clause.negated;
            for pattern in &statement.clause.patterns {
                if pattern.shape == Shape::All {
                    spans_services |= grants;
                    continue;
                }
                let at = self.cover(&pattern.service);
                let known = self.scopes.get(at).and_then(|scope| scope.known);
                if pattern.shape == Shape::Literal
                    && known.is_none_or(|service| service.find(&pattern.name).is_none())
                {
                    self.add_extra(at, NamedBy::Policy, pattern.name.clone());
                }
            }
        }
        if spans_services {
            for place in 0..self.catalog.service_count() {
                self.cover_known(place);
            }
            for service in basis.harvest.unknown_services(basis.catalog) {
                self.cover(service);
            }
        }
    }

    /// Adds names that the organisation uses, for the services that are covered.
    pub(super) fn cover_organisation(&mut self, basis: Basis<'a>) {
        if basis.harvest.is_empty() {
            return;
        }
        for at in 0..self.scopes.len() {
            let Some((prefix, known)) = self
                .scopes
                .get(at)
                .map(|scope| (scope.prefix.clone(), scope.known))
            else {
                continue;
            };
            for (lower, spelled) in basis.harvest.of_service(&prefix) {
                // The catalog may have it by now.
                if known.is_none_or(|service| service.find(lower).is_none()) {
                    self.add_extra(at, NamedBy::Organisation, Cow::Borrowed(spelled));
                }
            }
        }
    }

    /// Everything of a service that was not used at all is unused, except actions whose use AWS does not track. Of
    /// those, only the ones that the evidence names are.
    pub(super) fn cover_whole(&mut self, basis: Basis<'a>) {
        let mut all = std::mem::replace(&mut self.unused, ActionBits(Vec::new()));
        let named = all.clone();
        for at in 0..self.scopes.len() {
            let Some((prefix, known, whole)) = self
                .scopes
                .get(at)
                .map(|scope| (scope.prefix.clone(), scope.known, scope.whole))
            else {
                continue;
            };
            let run = self.bit(at, 0)..self.bit(at, known.map_or(0, Service::len));
            let mut withheld = false;
            if whole {
                self.insert_scope(at, &mut all);
                let known = known
                    .into_iter()
                    .flat_map(|service| basis.unobserved.places(service));
                let known = known.map(|place| self.bit(at, place));
                let extras = self
                    .extras_of(at)
                    .filter(|(_, extra)| basis.unobserved.has(&prefix, &extra.lower));
                for bit in known
                    .chain(extras.map(|(bit, _)| bit))
                    .filter(|bit| !named.has(*bit))
                {
                    withheld = true;
                    all.remove(bit);
                }
            }
            let any_unused = all.any_in(run) || self.extras_of(at).any(|(bit, _)| all.has(bit));
            if let Some(scope) = self.scopes.get_mut(at) {
                // AWS does not track it, so no recorded use says nothing.
                scope.whole = whole && (any_unused || !withheld);
                scope.withheld = withheld && scope.whole;
                scope.any_unused = any_unused || scope.whole;
            }
        }
        self.unused = all;
    }

    /// Scope of a service, created on first use.
    fn cover(&mut self, prefix: &str) -> usize {
        if let Some(place) = self.catalog.place_of(prefix) {
            return self.cover_known(place);
        }
        if let Some(at) = self.unknown_scope(prefix) {
            return at;
        }
        let at = self.push_scope(Cow::Owned(prefix.to_ascii_lowercase()), None);
        self.unknown.insert(prefix.to_ascii_lowercase(), at);
        at
    }

    fn cover_known(&mut self, place: usize) -> usize {
        match self.by_place.get(place) {
            Some(&at) if at != NONE => at as usize,
            _ => {
                let service = self.catalog.service(place);
                let at = self.push_scope(Cow::Borrowed(service.map_or("", Service::prefix)), service);
                if let Some(slot) = self.by_place.get_mut(place) {
                    *slot = u32::try_from(at).unwrap_or(NONE);
                }
                at
            }
        }
    }

    fn push_scope(&mut self, prefix: Cow<'a, str>, known: Option<&'a Service>) -> usize {
        let first_word = self.unused.0.len();
        self.unused.0.resize(
            first_word + known.map_or(0, |service| service.len().div_ceil(64)),
            0,
        );
        self.scopes.push(Scope {
            prefix,
            known,
            whole: false,
            withheld: false,
            any_unused: false,
            first_word,
            extras: 0..0,
        });
        self.scopes.len() - 1
    }

    pub(super) fn unknown_scope(&self, prefix: &str) -> Option<usize> {
        if prefix.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.unknown.get(&prefix.to_ascii_lowercase()).copied()
        } else {
            self.unknown.get(prefix).copied()
        }
    }

    /// Sorts the extras within their services, removes duplicates and assigns their bits. If there are several
    /// spellings, the policy's own is kept, otherwise the first by bytes, so that the order does not matter.
    pub(super) fn number_extras(&mut self) {
        self.extras.sort_by(|a, b| {
            (a.scope, &a.lower, a.from, &a.spelled).cmp(&(b.scope, &b.lower, b.from, &b.spelled))
        });
        self.extras
            .dedup_by(|later, first| later.scope == first.scope && later.lower == first.lower);
        for (number, extra) in self.extras.iter().enumerate() {
            if let Some(scope) = self.scopes.get_mut(extra.scope) {
                let start = if scope.extras.is_empty() {
                    number
                } else {
                    scope.extras.start
                };
                scope.extras = start..number + 1;
            }
        }
        self.extra_words = self.unused.0.len();
        self.words = self.extra_words + self.extras.len().div_ceil(64);
        self.unused.0.resize(self.words, 0);
    }
}

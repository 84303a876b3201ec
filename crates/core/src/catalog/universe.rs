//! The finite set of actions in which a policy and its evidence are compared.
//!
//! Universe = catalog + literal actions in the policy + services and actions that the evidence names, used or
//! unused (R9: evidence overrides the catalog), + names that the organisation uses elsewhere (R11). It covers the
//! services that the policy or the evidence mention, and all services if a pattern of the policy spans services.
//! Sets of actions are bit sets, so unions and differences take a few words.

mod by_service;
mod cover;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

pub use self::by_service::ByService;
use super::Catalog;
use super::action_bits::ActionBits;
use super::basis::Basis;
use super::service::Service;
use crate::policy::{Clause, Document, Observed, Pattern, Shape};

/// An action that the catalog lacks.
#[derive(Debug)]
pub(crate) struct Extra<'a> {
    scope: usize,
    pub(crate) lower: String,
    from: NamedBy,
    pub(crate) spelled: Cow<'a, str>,
}

/// Who names an action that the catalog lacks. If there are several spellings, the first in this order is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NamedBy {
    Policy,
    Organisation,
    Evidence,
}

/// A service in use, with the names in use as the evidence spells them.
#[derive(Debug)]
pub(crate) struct ServiceUse {
    pub(crate) scope: usize,
    pub(crate) names: Vec<String>,
}

/// One service of a universe.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Prefix, in lower case.
    pub(crate) prefix: Cow<'a, str>,
    /// Its actions, if the catalog knows the service.
    pub(crate) known: Option<&'a Service>,
    /// Whether the evidence reports the whole service as unused.
    pub(crate) whole: bool,
    /// The same, but the service has actions whose use AWS does not track. They are kept.
    pub(crate) withheld: bool,
    /// Whether the evidence reports anything of it as unused.
    pub(crate) any_unused: bool,
    first_word: usize,
    extras: Range<usize>,
}

/// Which actions of the universe a pattern matches within one service.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// One known action, or one extra.
    One(usize),
    /// A range of known actions, and perhaps extras.
    Run(Range<usize>),
    /// Any of them.
    Scattered,
}

/// The actions in which a policy and its evidence are compared.
#[derive(Debug)]
pub struct Universe<'a> {
    catalog: &'a Catalog,
    scopes: Vec<Scope<'a>>,
    /// Index of the scope of each service of the catalog; `NONE` if it is not covered.
    by_place: Vec<u32>,
    /// Scopes of services that the catalog lacks, by prefix.
    unknown: BTreeMap<String, usize>,
    extras: Vec<Extra<'a>>,
    /// Index of the first word of the extras.
    extra_words: usize,
    words: usize,
    unused: ActionBits,
    used: Vec<ServiceUse>,
    /// Scope of the last look-up.
    recent: Cell<usize>,
}

const NONE: u32 = u32::MAX;

impl<'a> Universe<'a> {
    /// Numbers the actions that `policy` can grant.
    pub fn new(basis: Basis<'a>, policy: &Document<'a>, observed: &Observed) -> Self {
        let catalog = basis.catalog;
        let mut universe = Self {
            catalog,
            scopes: Vec::new(),
            by_place: vec![NONE; catalog.service_count()],
            unknown: BTreeMap::new(),
            extras: Vec::new(),
            extra_words: 0,
            words: 0,
            unused: ActionBits(Vec::new()),
            used: Vec::new(),
            recent: Cell::new(0),
        };
        let named_extras = universe.cover_unused(observed);
        universe.cover_used(observed);
        universe.cover_policy(policy, basis);
        universe.cover_organisation(basis);
        universe.number_extras();
        for (scope, extra) in named_extras {
            if let Some(number) = universe.extra(scope, &extra) {
                universe.unused.insert(universe.extra_words * 64 + number);
            }
        }
        universe.cover_whole(basis);
        universe
    }

    fn extra(&self, scope: usize, lower: &str) -> Option<usize> {
        let range = self.scopes.get(scope)?.extras.clone();
        let start = range.start;
        let extras = self.extras.get(range)?;
        extras
            .binary_search_by(|extra| extra.lower.as_str().cmp(lower))
            .ok()
            .map(|at| start + at)
    }

    /// All covered services, in no particular order.
    pub(crate) fn scopes(&self) -> &[Scope<'a>] {
        &self.scopes
    }

    /// Scope of a pattern's service; `None` for `*` and for services that neither policy nor evidence mention.
    pub(crate) fn scope_of(&self, pattern: &Pattern<'_>) -> Option<usize> {
        // Patterns of one service are adjacent, so it is usually that of the last one.
        let recent = self.recent.get();
        if self
            .scopes
            .get(recent)
            .is_some_and(|scope| *scope.prefix == *pattern.service)
        {
            return Some(recent);
        }
        let found = self.look_up(pattern);
        found.into_iter().for_each(|at| self.recent.set(at));
        found
    }

    fn look_up(&self, pattern: &Pattern<'_>) -> Option<usize> {
        match self.catalog.place_of(&pattern.service) {
            Some(place) => self
                .by_place
                .get(place)
                .filter(|at| **at != NONE)
                .map(|at| *at as usize),
            None => self.unknown_scope(&pattern.service),
        }
    }

    /// Whether an action is in the universe.
    pub(crate) fn knows(&self, scope: usize, name: &str) -> bool {
        let known = self.scopes.get(scope).and_then(|scope| scope.known);
        known.is_some_and(|service| service.find(name).is_some())
            || self.extra(scope, &name.to_ascii_lowercase()).is_some()
    }

    /// Actions that the evidence reports as unused.
    pub(crate) fn unused(&self) -> &ActionBits {
        &self.unused
    }

    /// Services that the evidence saw in use.
    pub(crate) fn used(&self) -> &[ServiceUse] {
        &self.used
    }

    /// No action.
    pub(crate) fn none(&self) -> ActionBits {
        ActionBits(vec![0; self.words])
    }

    /// Every action.
    pub(crate) fn everything(&self) -> ActionBits {
        let mut all = self.none();
        (0..self.scopes.len()).for_each(|scope| self.insert_scope(scope, &mut all));
        all
    }

    fn insert_scope(&self, scope: usize, into: &mut ActionBits) {
        self.runs(scope).into_iter().for_each(|run| into.insert_run(run));
    }

    /// Removes all actions of a service.
    pub(crate) fn remove_scope(&self, scope: usize, from: &mut ActionBits) {
        self.runs(scope).into_iter().for_each(|run| from.remove_run(run));
    }

    /// Ranges of bits of a service: its known actions, and its extras.
    fn runs(&self, scope: usize) -> [Range<usize>; 2] {
        let Some(scope) = self.scopes.get(scope) else {
            return [0..0, 0..0];
        };
        let (known, extras) = (scope.first_word * 64, self.extra_words * 64);
        [
            known..known + scope.known.map_or(0, Service::len),
            extras + scope.extras.start..extras + scope.extras.end,
        ]
    }

    /// Adds what a pattern matches.
    pub(crate) fn insert(&self, pattern: &Pattern<'_>, into: &mut ActionBits) {
        if pattern.shape == Shape::All {
            (0..self.scopes.len()).for_each(|scope| self.insert_scope(scope, into));
            return;
        }
        let Some((at, scope)) = self
            .scope_of(pattern)
            .and_then(|at| Some((at, self.scopes.get(at)?)))
        else {
            return;
        };
        let first = scope.first_word * 64;
        match self.reach(at, pattern) {
            Reach::One(bit) => into.insert(bit),
            Reach::Run(run) => into.insert_run(first + run.start..first + run.end),
            Reach::Scattered => {
                if let Some(service) = scope.known {
                    service
                        .matched(pattern)
                        .for_each(|place| into.insert(first + place));
                }
            }
        }
        if pattern.shape != Shape::Literal {
            self.extras_under(at, pattern)
                .for_each(|(bit, _)| into.insert(bit));
        }
    }

    /// What the actions of a statement match.
    pub(crate) fn granted_by(&self, clause: &Clause<'_>) -> ActionBits {
        let mut listed = self.none();
        clause
            .patterns
            .iter()
            .for_each(|pattern| self.insert(pattern, &mut listed));
        if !clause.negated {
            return listed;
        }
        let mut rest = self.everything();
        rest.remove_all(&listed);
        rest
    }

    /// Whether a set contains an action of a service.
    pub(crate) fn touches(&self, scope: usize, set: &ActionBits) -> bool {
        let known = self
            .scopes
            .get(scope)
            .and_then(|scope| scope.known)
            .map_or(0, Service::len);
        set.any_in(self.bit(scope, 0)..self.bit(scope, known))
            || self.extras_of(scope).any(|(bit, _)| set.has(bit))
    }

    /// Whether a pattern of one service matches an action of the set.
    pub(crate) fn meets(&self, pattern: &Pattern<'_>, set: &ActionBits) -> bool {
        let Some((at, scope)) = self
            .scope_of(pattern)
            .and_then(|at| Some((at, self.scopes.get(at)?)))
        else {
            return false;
        };
        let known = match self.reach(at, pattern) {
            Reach::One(bit) => return set.has(bit),
            Reach::Run(run) => set.any_in(self.bit(at, run.start)..self.bit(at, run.end)),
            Reach::Scattered => scope
                .known
                .is_some_and(|service| service.matched(pattern).any(|place| set.has(self.bit(at, place)))),
        };
        known || self.extras_under(at, pattern).any(|(bit, _)| set.has(bit))
    }

    /// Which actions of the service at `scope` a pattern matches. A literal is always in the universe of its own
    /// policy; one of another policy may match nothing.
    pub(crate) fn reach(&self, scope: usize, pattern: &Pattern<'_>) -> Reach {
        let known = self
            .scopes
            .get(scope)
            .and_then(|scope| Some((scope.known?, scope.first_word * 64)));
        match (pattern.shape, known) {
            (Shape::Literal, Some((service, first))) if let Some(place) = service.find(&pattern.name) => {
                Reach::One(first + place)
            }
            (Shape::Literal, _) => match self.extra(scope, &pattern.name.to_ascii_lowercase()) {
                Some(number) => Reach::One(self.extra_words * 64 + number),
                None => Reach::Run(0..0),
            },
            (Shape::Prefix, Some((service, _))) => Reach::Run(service.with_root(&pattern.name)),
            (Shape::Prefix, None) => Reach::Run(0..0),
            _ => Reach::Scattered,
        }
    }

    /// Extras of a service with their bits, sorted by name.
    pub(crate) fn extras_of(&self, scope: usize) -> impl Iterator<Item = (usize, &Extra<'a>)> {
        let range = self.scopes.get(scope).map_or(0..0, |scope| scope.extras.clone());
        let first = self.extra_words * 64 + range.start;
        self.extras
            .get(range)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(move |(at, extra)| (first + at, extra))
    }

    /// Extras that a pattern with a wildcard matches. They are sorted, so names with the same beginning are
    /// adjacent.
    fn extras_under(&self, scope: usize, pattern: &Pattern<'_>) -> impl Iterator<Item = (usize, &Extra<'a>)> {
        let range = self.scopes.get(scope).map_or(0..0, |scope| scope.extras.clone());
        let all = self.extras.get(range.clone()).unwrap_or_default();
        let is_prefix = pattern.shape == Shape::Prefix;
        let root = if is_prefix {
            pattern.name.to_ascii_lowercase()
        } else {
            String::new()
        };
        let start = all.partition_point(|extra| extra.lower < root);
        let first = self.extra_words * 64 + range.start + start;
        let is_in = move |extra: &&Extra<'a>| extra.lower.starts_with(&root);
        let here = all
            .get(start..)
            .unwrap_or_default()
            .iter()
            .take_while(is_in)
            .enumerate();
        let matches = move |extra: &Extra<'a>| is_prefix || pattern.matches_name(&extra.lower);
        here.filter(move |(_, extra)| matches(extra))
            .map(move |(at, extra)| (first + at, extra))
    }

    /// The bit of a known action.
    pub(crate) fn bit(&self, scope: usize, place: usize) -> usize {
        self.scopes.get(scope).map_or(0, |scope| scope.first_word * 64) + place
    }

    /// All actions of a set, as service and name, sorted.
    pub(crate) fn list(&self, set: &ActionBits) -> Vec<(&str, &str)> {
        self.list_in(set, None)
    }

    /// The same, for a set that is known to be within one service.
    pub(crate) fn list_in(&self, set: &ActionBits, scope: Option<usize>) -> Vec<(&str, &str)> {
        let mut list = Vec::new();
        for (at, scope) in self
            .scopes
            .iter()
            .enumerate()
            .filter(|(at, _)| scope.is_none_or(|it| it == *at))
        {
            if let Some(service) = scope.known {
                let first = self.bit(at, 0);
                let held = set.within(first..first + service.len());
                list.extend(held.map(|bit| (&*scope.prefix, service.spelled(bit - first))));
            }
            let extras = self.extras_of(at).filter(|(bit, _)| set.has(*bit));
            list.extend(extras.map(|(_, extra)| (&*scope.prefix, &*extra.spelled)));
        }
        list.sort_unstable();
        list
    }
}

impl Scope<'_> {
    /// The pattern of all its actions, known or not.
    pub(crate) fn every(&self) -> Pattern<'_> {
        Pattern::new(Cow::Borrowed(&self.prefix), Cow::Borrowed(""), Shape::Prefix)
    }
}

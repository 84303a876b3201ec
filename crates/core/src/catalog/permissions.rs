//! Sets of actions that combine several policies: what a principal may do, what it is denied, what a change
//! removes.
//!
//! A set covers the whole catalog, sparsely: a range of bits for each service it touches. It also lists what
//! policies name but the catalog lacks: names, and wildcards of unknown services. Each of these counts as one
//! permission of unknown level, so that none is lost silently. What a wildcard of a known service matches outside
//! the catalog cannot be listed, but it can be tested: `s3:*` contains `s3:NotYetKnown`, and removes it from a set
//! that lists it.
//!
//! Sets that are joined, cut or compared must use the same catalog.

mod contents;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::action_bits::ActionBits;
use super::beyond::{Beyond, Overlap};
use super::service::Service;
use super::{AccessLevel, ActionTable, Basis, Catalog, is_name, is_prefix};
use crate::policy::{ActionSet, Clause, Document, Effect, Pattern, Shape, Statement};

/// A set of actions.
#[derive(Debug, Clone)]
pub struct Permissions<'c> {
    catalog: &'c Catalog,
    /// Services with bits, by index.
    slots: Vec<Slot>,
    bits: ActionBits,
    /// What the catalog lacks, by service and name in lower case. A wildcard is stored as a glob.
    named: BTreeMap<(String, String), Pattern<'static>>,
    /// Everything that the catalog lacks, listed or not.
    beyond: Beyond,
}

/// Position of the bits of one service.
#[derive(Debug, Clone, Copy)]
struct Slot {
    place: usize,
    first_word: usize,
    words: usize,
}

impl Slot {
    fn range(&self) -> Range<usize> {
        self.first_word..self.first_word + self.words
    }
}

/// Number of actions by access level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    known: [usize; AccessLevel::COUNT],
    unknown: usize,
}

impl Levels {
    /// Number of actions of one level; `None` for actions that the catalog lacks.
    pub fn of(&self, level: Option<AccessLevel>) -> usize {
        match level {
            Some(level) => self.known.get(level as usize).copied().unwrap_or(0),
            None => self.unknown,
        }
    }
}

impl<'c> Permissions<'c> {
    /// The empty set.
    pub fn none(catalog: &'c Catalog) -> Self {
        Self {
            catalog,
            slots: Vec::new(),
            bits: ActionBits(Vec::new()),
            named: BTreeMap::new(),
            beyond: Beyond::default(),
        }
    }

    /// What the Allow statements of a policy match, for any resource and condition: what they may allow.
    pub fn allowed_by(catalog: &'c Catalog, policy: &Document<'_>) -> Self {
        Self::of_statements(catalog, policy, |statement| {
            statement.frame.effect == Effect::Allow
        })
    }

    /// What the Deny statements of a policy certainly deny: those for all resources and without a condition.
    pub fn denied_by(catalog: &'c Catalog, policy: &Document<'_>) -> Self {
        Self::of_statements(catalog, policy, |statement| {
            statement.frame.effect == Effect::Deny && statement.is_unconditional()
        })
    }

    /// What evidence reports as unused. For a whole service, this excludes actions whose use AWS does not track.
    pub fn of_unused(basis: Basis<'c>, unused: &ActionSet) -> Self {
        let mut set = Self::none(basis.catalog);
        let mut reach = Vec::new();
        let mut add = |set: &mut Self, pattern: &Pattern<'_>| {
            if set.insert(pattern) {
                reach.push(owned(pattern));
            }
        };
        // Names that no service or action can have are not evidence.
        for (service, extent) in unused.iter().filter(|(service, _)| is_prefix(service)) {
            if extent.whole {
                add(
                    &mut set,
                    &Pattern::new(Cow::Borrowed(service), Cow::Borrowed(""), Shape::Prefix),
                );
                set.each_unobserved(basis, service, |set, bit| set.bits.remove(bit));
            }
        }
        for (service, extent) in unused.iter().filter(|(service, _)| is_prefix(service)) {
            for name in extent.names.iter().filter(|name| is_name(name)) {
                add(
                    &mut set,
                    &Pattern::new(Cow::Borrowed(service), Cow::Borrowed(name), Shape::Literal),
                );
            }
        }
        set.beyond.add(false, reach);
        set
    }

    /// Actions of some services whose use AWS does not track, if the catalog has them.
    pub fn unobserved<'s>(basis: Basis<'c>, services: impl IntoIterator<Item = &'s str>) -> Self {
        let mut set = Self::none(basis.catalog);
        for service in services {
            set.each_unobserved(basis, service, |set, bit| set.bits.insert(bit));
        }
        set
    }

    fn each_unobserved(&mut self, basis: Basis<'c>, service: &str, change: impl Fn(&mut Self, usize)) {
        let Some(place) = basis.catalog.place_of(service) else {
            return;
        };
        let Some(service) = basis.catalog.service(place) else {
            return;
        };
        let mut first = None;
        for at in basis.unobserved.places(service) {
            let first = *first.get_or_insert_with(|| self.first_bit(place, service));
            change(self, first + at);
        }
    }

    /// Its actions that are in a table, sorted.
    pub fn in_table(&self, table: &ActionTable) -> Vec<String> {
        let mut found = Vec::new();
        for slot in &self.slots {
            let Some(service) = self.catalog.service(slot.place) else {
                continue;
            };
            if self.words(*slot).iter().all(|word| *word == 0) {
                continue;
            }
            let held = |place: &usize| self.bits.has(slot.first_word * 64 + place);
            let held: BTreeSet<usize> = table.places(service).filter(held).collect();
            let name = |place| format!("{}:{}", service.prefix(), service.spelled(place));
            found.extend(held.into_iter().map(name));
        }
        let beyond = self
            .named
            .iter()
            .filter(|((service, name), _)| table.row(service, name).is_some());
        found.extend(beyond.map(|((service, _), pattern)| format!("{service}:{}", pattern.name)));
        found.sort();
        found
    }

    fn of_statements(
        catalog: &'c Catalog,
        policy: &Document<'_>,
        counts: impl Fn(&Statement<'_>) -> bool,
    ) -> Self {
        let mut set = Self::none(catalog);
        for statement in policy.statements.iter().filter(|statement| counts(statement)) {
            set.insert_clause(&statement.clause);
        }
        set
    }

    fn insert_clause(&mut self, clause: &Clause<'_>) {
        let mut reach = Vec::new();
        let mut except = Self::none(self.catalog);
        let into = if clause.negated { &mut except } else { &mut *self };
        for pattern in &clause.patterns {
            if into.insert(pattern) {
                reach.push(owned(pattern));
            }
        }
        if clause.negated {
            let mut rest = Self::none(self.catalog);
            rest.insert_everything();
            rest.subtract(&except);
            self.union_with(&rest);
        }
        self.beyond.add(clause.negated, reach);
    }

    /// Adds what a pattern matches in the catalog, and lists what the catalog lacks. Returns whether the pattern
    /// matches anything outside the catalog.
    fn insert(&mut self, pattern: &Pattern<'_>) -> bool {
        if pattern.shape == Shape::All {
            self.insert_everything();
            return true;
        }
        let place = self.catalog.place_of(&pattern.service);
        let Some((place, service)) = place.and_then(|place| Some((place, self.catalog.service(place)?)))
        else {
            self.list(pattern);
            return true;
        };
        match pattern.shape {
            Shape::Literal => match service.find(&pattern.name) {
                Some(at) => {
                    let first = self.first_bit(place, service);
                    self.bits.insert(first + at);
                    return false;
                }
                None => self.list(pattern),
            },
            Shape::Glob => {
                let first = self.first_bit(place, service);
                service
                    .matched(pattern)
                    .for_each(|at| self.bits.insert(first + at));
            }
            Shape::Prefix | Shape::All => {
                let run = service.with_root(&pattern.name);
                if !run.is_empty() {
                    let first = self.first_bit(place, service);
                    self.bits.insert_run(first + run.start..first + run.end);
                }
            }
        }
        true
    }

    fn insert_everything(&mut self) {
        self.slots.reserve(self.catalog.service_count());
        for place in 0..self.catalog.service_count() {
            if let Some(service) = self.catalog.service(place) {
                let first = self.first_bit(place, service);
                self.bits.insert_run(first..first + service.len());
            }
        }
    }

    fn list(&mut self, pattern: &Pattern<'_>) {
        let service = pattern.service.to_ascii_lowercase();
        let name = pattern.glob();
        let shape = if pattern.shape == Shape::Literal {
            Shape::Literal
        } else {
            Shape::Glob
        };
        let key = (service, name.to_ascii_lowercase());
        let spelled = Pattern::new(Cow::Owned(key.0.clone()), Cow::Owned(name.into_owned()), shape);
        self.list_as(key, spelled);
    }

    /// If a name has two spellings, the first by bytes is kept, so that the order of policies does not matter.
    fn list_as(&mut self, key: (String, String), spelled: Pattern<'static>) {
        let known = self.named.entry(key).or_insert_with(|| spelled.clone());
        if spelled.name < known.name {
            *known = spelled;
        }
    }

    fn first_bit(&mut self, place: usize, service: &Service) -> usize {
        self.slot(place, service.len().div_ceil(64)).first_word * 64
    }

    /// Slot of a service, created on first use.
    fn slot(&mut self, place: usize, words: usize) -> Slot {
        let found = self.slots.binary_search_by_key(&place, |slot| slot.place);
        if let Some(slot) = found.ok().and_then(|at| self.slots.get(at)) {
            return *slot;
        }
        let slot = Slot {
            place,
            first_word: self.bits.0.len(),
            words,
        };
        self.bits.0.resize(slot.range().end, 0);
        self.slots.insert(found.unwrap_or_else(|at| at), slot);
        slot
    }

    fn found(&self, place: usize) -> Option<Slot> {
        let at = self.slots.binary_search_by_key(&place, |slot| slot.place).ok()?;
        self.slots.get(at).copied()
    }

    fn words(&self, slot: Slot) -> &[u64] {
        self.bits.0.get(slot.range()).unwrap_or_default()
    }

    /// Changes the bits of a service word by word.
    fn change(&mut self, slot: Slot, by: &[u64], how: impl Fn(u64, u64) -> u64) {
        let words = self.bits.0.get_mut(slot.range()).unwrap_or_default();
        words
            .iter_mut()
            .zip(by)
            .for_each(|(word, by)| *word = how(*word, *by));
    }

    /// Adds everything in another set.
    pub fn union_with(&mut self, other: &Self) {
        for theirs in &other.slots {
            let ours = self.slot(theirs.place, theirs.words);
            self.change(ours, other.words(*theirs), |word, other| word | other);
        }
        for (key, pattern) in &other.named {
            self.list_as(key.clone(), pattern.clone());
        }
        self.beyond.join(&other.beyond);
    }

    /// Removes everything in another set. A listed wildcard is kept if only part of it is known to be removed.
    pub fn subtract(&mut self, other: &Self) {
        for theirs in &other.slots {
            if let Some(ours) = self.found(theirs.place) {
                self.change(ours, other.words(*theirs), |word, other| word & !other);
            }
        }
        self.named
            .retain(|_, pattern| other.beyond.share(pattern) != Overlap::All);
        self.beyond.cut(&other.beyond);
    }

    /// Keeps what is also in another set. A listed wildcard is kept only if all of it is known to be in both.
    pub fn intersect(&mut self, other: &Self) {
        let theirs = other
            .named
            .iter()
            .filter(|(_, pattern)| self.beyond.share(pattern) == Overlap::All);
        let theirs: Vec<_> = theirs
            .map(|(key, pattern)| (key.clone(), pattern.clone()))
            .collect();
        self.intersect_listed(other);
        theirs
            .into_iter()
            .for_each(|(key, pattern)| self.list_as(key, pattern));
    }

    /// Like [`Permissions::intersect`], without listing anything that only the other set lists.
    pub(crate) fn intersect_listed(&mut self, other: &Self) {
        for at in 0..self.slots.len() {
            let Some(ours) = self.slots.get(at).copied() else {
                continue;
            };
            match other.found(ours.place) {
                Some(theirs) => self.change(ours, other.words(theirs), |word, other| word & other),
                None => self.bits.0.get_mut(ours.range()).unwrap_or_default().fill(0),
            }
        }
        self.named
            .retain(|_, pattern| other.beyond.share(pattern) == Overlap::All);
        self.beyond.keep(&other.beyond);
    }

    /// Removes listed wildcards that may have lost a part.
    pub(crate) fn keep_certain(&mut self) {
        let beyond = &self.beyond;
        self.named
            .retain(|_, pattern| beyond.share(pattern) == Overlap::All);
    }

    /// Number of permissions.
    pub fn len(&self) -> usize {
        self.bits.len() + self.named.len()
    }

    /// Whether it has no permissions.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.bits.is_empty()
    }

    /// Whether it has none for certain, whatever the catalog lacks.
    pub(crate) fn is_nothing(&self) -> bool {
        self.is_empty() && self.beyond.is_nothing()
    }
}

fn owned(pattern: &Pattern<'_>) -> Pattern<'static> {
    let copy = |text: &str| Cow::Owned(text.to_owned());
    Pattern::new(copy(&pattern.service), copy(&pattern.name), pattern.shape)
}

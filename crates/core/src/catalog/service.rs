//! Actions of one service, arranged for fast look-ups.

use std::hash::Hasher;
use std::ops::Range;

use rustc_hash::FxHasher;

use crate::policy::{Pattern, Shape};

/// Access level of an action, as AWS classifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads a resource.
    Read,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags only.
    Tagging,
    /// Grants or changes permissions.
    PermissionsManagement,
}

impl AccessLevel {
    pub(crate) const COUNT: usize = 5;

    const ALL: [(char, Self); Self::COUNT] = [
        ('L', Self::List),
        ('R', Self::Read),
        ('W', Self::Write),
        ('T', Self::Tagging),
        ('P', Self::PermissionsManagement),
    ];

    /// Letter in the text form of the catalog.
    pub(crate) fn letter(self) -> char {
        Self::ALL
            .iter()
            .find(|(_, level)| *level == self)
            .map_or('W', |(letter, _)| *letter)
    }

    pub(crate) fn of_letter(letter: char) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == letter)
            .map(|(_, level)| *level)
    }

    /// Name in AWS's documentation.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

/// An action as a source describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceAction<'n> {
    pub(crate) name: &'n str,
    pub(crate) level: AccessLevel,
    /// Whether IAM tracks its last use; `None` if the source does not say.
    pub(crate) tracked: Option<bool>,
}

/// Actions of one service, sorted by name ignoring case. An action is identified by its index.
#[derive(Debug)]
pub(crate) struct Service {
    prefix: String,
    spelled: String,
    /// The same bytes in lower case, for comparisons.
    lower: String,
    /// End of each name in the two texts.
    ends: Vec<u32>,
    /// Number of bytes that the name shares with the previous one, in lower case.
    shared: Vec<u16>,
    traits: Vec<(AccessLevel, Option<bool>)>,
    /// For each 64 actions, the bits of those of each level, so that a set is counted by level word by word.
    by_level: Vec<[u64; AccessLevel::COUNT]>,
    /// Hash table of indices with open addressing; empty slots are `EMPTY`.
    table: Vec<u32>,
}

const EMPTY: u32 = u32::MAX;

impl Service {
    /// Builds a service. If names differ only in case, the first by bytes is kept.
    pub(crate) fn new(prefix: &str, mut actions: Vec<SourceAction<'_>>) -> Self {
        let lower_cmp = |a: &str, b: &str| {
            a.bytes()
                .map(|b| b.to_ascii_lowercase())
                .cmp(b.bytes().map(|b| b.to_ascii_lowercase()))
        };
        actions.sort_by(|a, b| lower_cmp(a.name, b.name).then_with(|| a.name.cmp(b.name)));
        actions.dedup_by(|later, first| later.name.eq_ignore_ascii_case(first.name));

        let slots = (actions.len() * 2).next_power_of_two().max(4);
        let mut service = Self {
            prefix: prefix.to_owned(),
            spelled: String::with_capacity(actions.iter().map(|action| action.name.len()).sum()),
            lower: String::new(),
            ends: Vec::with_capacity(actions.len()),
            shared: Vec::with_capacity(actions.len()),
            traits: Vec::with_capacity(actions.len()),
            by_level: vec![[0; AccessLevel::COUNT]; actions.len().div_ceil(64)],
            table: vec![EMPTY; slots],
        };
        let mut before: &[u8] = &[];
        for (place, action) in actions.iter().enumerate() {
            let masks = service.by_level.get_mut(place / 64);
            if let Some(mask) = masks.and_then(|masks| masks.get_mut(action.level as usize)) {
                *mask |= 1 << (place % 64);
            }
            service.spelled.push_str(action.name);
            service
                .ends
                .push(u32::try_from(service.spelled.len()).unwrap_or(u32::MAX));
            let bytes = action.name.as_bytes();
            let shared = bytes
                .iter()
                .zip(before)
                .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
                .count();
            service.shared.push(u16::try_from(shared).unwrap_or(u16::MAX));
            service.traits.push((action.level, action.tracked));
            before = bytes;
        }
        service.lower = service.spelled.to_ascii_lowercase();
        for place in 0..actions.len() {
            let mut slot = service.first_slot(service.lower(place).as_bytes());
            while service.table.get(slot).is_some_and(|taken| *taken != EMPTY) {
                slot = (slot + 1) % slots;
            }
            if let Some(free) = service.table.get_mut(slot) {
                *free = u32::try_from(place).unwrap_or(EMPTY);
            }
        }
        service
    }

    /// Prefix, in lower case.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Name as the catalog spells it.
    pub(crate) fn spelled(&self, place: usize) -> &str {
        self.slice(&self.spelled, place)
    }

    /// The name in lower case.
    pub(crate) fn lower(&self, place: usize) -> &str {
        self.slice(&self.lower, place)
    }

    fn slice<'s>(&self, text: &'s str, place: usize) -> &'s str {
        let end = |place: usize| self.ends.get(place).map_or(0, |end| *end as usize);
        let start = place.checked_sub(1).map_or(0, end);
        text.get(start..end(place)).unwrap_or_default()
    }

    /// Number of bytes that the name shares with the previous one, in lower case.
    pub(crate) fn shared(&self, place: usize) -> usize {
        self.shared.get(place).map_or(0, |shared| usize::from(*shared))
    }

    pub(crate) fn level(&self, place: usize) -> Option<AccessLevel> {
        self.traits.get(place).map(|(level, _)| *level)
    }

    /// Number of actions of a set, given as bits, by access level.
    pub(crate) fn count_levels(&self, set: &[u64], counts: &mut [usize; AccessLevel::COUNT]) {
        for (word, masks) in set.iter().zip(&self.by_level) {
            for (count, mask) in counts.iter_mut().zip(masks) {
                *count += (word & mask).count_ones() as usize;
            }
        }
    }

    pub(crate) fn tracked(&self, place: usize) -> Option<bool> {
        self.traits.get(place).and_then(|(_, tracked)| *tracked)
    }

    /// Index of an action, by name in any case.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        with_lower(name.as_bytes(), |lower| {
            let mut slot = self.first_slot(lower);
            loop {
                let place = self.table.get(slot).copied().filter(|place| *place != EMPTY)? as usize;
                if self.lower(place).as_bytes() == lower {
                    return Some(place);
                }
                slot = (slot + 1) % self.table.len();
            }
        })
    }

    /// Indices of the names that begin with `root`, in any case.
    pub(crate) fn with_root(&self, root: &str) -> Range<usize> {
        if root.is_empty() {
            return 0..self.len();
        }
        with_lower(root.as_bytes(), |root| {
            let start = partition(0, self.len(), |place| self.lower(place).as_bytes() < root);
            let is_in = |place| self.lower(place).as_bytes().starts_with(root);
            // Most runs are short, so search for the end in doubling steps.
            let (mut low, mut step) = (start, 1);
            while low + step < self.len() && is_in(low + step) {
                low += step;
                step *= 2;
            }
            start..partition(low, self.len().min(low + step), is_in)
        })
    }

    /// Indices of the names that begin as a pattern does. Nothing else can match it.
    pub(crate) fn run_of(&self, pattern: &Pattern<'_>) -> Range<usize> {
        match pattern.shape {
            Shape::Literal => self.find(&pattern.name).map_or(0..0, |place| place..place + 1),
            Shape::Prefix => self.with_root(&pattern.name),
            Shape::Glob => self.with_root(pattern.name.split(['*', '?']).next().unwrap_or_default()),
            Shape::All => 0..self.len(),
        }
    }

    /// Indices of the names that a pattern matches.
    pub(crate) fn matched<'m>(&'m self, pattern: &'m Pattern<'_>) -> impl Iterator<Item = usize> + 'm {
        let matches =
            |place: &usize| pattern.shape != Shape::Glob || pattern.matches_name(self.lower(*place));
        self.run_of(pattern).filter(matches)
    }

    fn first_slot(&self, lower: &[u8]) -> usize {
        let mut hasher = FxHasher::default();
        hasher.write(lower);
        // The high bits of this hash are the best ones; this moves them to the low half.
        let mask = self.table.len() - 1;
        usize::try_from(hasher.finish() & mask as u64).unwrap_or(0)
    }
}

/// First index in `low..high` for which `before` is false.
fn partition(mut low: usize, mut high: usize, before: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Calls `f` with the bytes in lower case, without allocating for names of usual length.
fn with_lower<T>(bytes: &[u8], f: impl FnOnce(&[u8]) -> T) -> T {
    let mut buffer = [0_u8; 96];
    match buffer.get_mut(..bytes.len()) {
        Some(lower) => {
            lower.copy_from_slice(bytes);
            lower.make_ascii_lowercase();
            f(lower)
        }
        None => f(&bytes.to_ascii_lowercase()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::borrow::Cow;

    use crate::catalog::Catalog;
    use crate::policy::{Pattern, Shape};

    #[test]
    fn a_pattern_finds_by_its_beginning_what_looking_at_every_name_finds() {
        let catalog = Catalog::embedded();
        let ec2 = catalog.place_of("ec2").unwrap();
        let ec2 = catalog.service(ec2).unwrap();
        let globs = [
            "*",
            "*Tag*",
            "dEscribe*s",
            "Describe?nstances",
            "NothingIs*CalledSo",
            "?reateTags",
        ];
        let globs = globs.map(|name| (name, Shape::Glob));
        let others = [
            ("describe", Shape::Prefix),
            ("", Shape::Prefix),
            ("CREATETAGS", Shape::Literal),
        ];
        for (name, shape) in globs.into_iter().chain(others) {
            let pattern = Pattern::new(Cow::Borrowed("ec2"), Cow::Borrowed(name), shape);
            let matches = |place: &usize| pattern.matches_name(ec2.lower(*place));
            let looked: Vec<usize> = (0..ec2.len()).filter(matches).collect();
            assert_eq!(looked.is_empty(), name == "NothingIs*CalledSo", "{name}");
            assert_eq!(ec2.matched(&pattern).collect::<Vec<_>>(), looked, "{name}");
        }
    }
}

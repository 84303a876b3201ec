//! Patterns of action names: matching, and containment decided with automata.
//!
//! A pattern is a string of literal characters, `?` (one character) and `*` (any number of characters). Case is
//! ignored for ASCII letters. This module looks only at the part of an action after the colon; services are
//! compared as text elsewhere.
//!
//! # Containment
//!
//! `inner` is contained in the union of `outer` iff every string of `inner` is accepted by some pattern of `outer`. Write
//! `#` for a character that occurs in no outer pattern. The set of automaton states reached over a string `w`
//! contains the set reached over `#` repeated `|w|` times, because only `?` and `*` move over `#`, and both move
//! over everything. So it is enough to try `#` for each `?` of `inner`, and every length of a run of `#` for each
//! `*`. The state sets over such runs soon repeat.

use std::collections::HashSet;

/// Whether `pattern` matches the whole of `text`, ignoring ASCII case.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, |a, b| a.eq_ignore_ascii_case(b))
}

/// Whether `pattern` matches the whole of `text`, with case: for names that people choose.
pub(crate) fn matches_exactly(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, |a, b| a == b)
}

fn matches_by(pattern: &str, text: &str, same: impl Fn(&u8, &u8) -> bool) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*` if the present try fails: the pattern behind it, and the text.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let next = match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            (None, None) => return true,
            (Some(b'?'), Some(_)) => Some(width(text, t)),
            (Some(a), Some(b)) if same(a, b) => Some(1),
            _ => None,
        };
        match (next, retry) {
            (Some(step), _) => {
                p += 1;
                t += step;
            }
            (None, Some((after_star, from))) if from < text.len() => {
                let from = from + width(text, from);
                retry = Some((after_star, from));
                p = after_star;
                t = from;
            }
            _ => return false,
        }
    }
}

/// The length in bytes of the character that begins at `at`.
fn width(text: &[u8], at: usize) -> usize {
    1 + text
        .get(at + 1..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| (0x80..0xC0).contains(*b))
        .count()
}

/// Result of a containment check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Containment {
    /// The union accepts every string of the inner pattern.
    Contained,
    /// It does not accept this string of the inner pattern.
    Escapes(String),
    /// Deciding it would take too long.
    TooComplex,
}

/// Number of words of state sets that one check may touch: some milliseconds, far more than real policies need.
const BUDGET: usize = 2_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Symbol {
    Char(char),
    One,
    Any,
}

/// Symbols of the pattern. Each run of wildcards becomes its `?`s, followed by at most one `*`.
fn symbols(pattern: &str) -> Vec<Symbol> {
    let mut symbols = Vec::with_capacity(pattern.len());
    let mut any = false;
    for c in pattern.chars() {
        match c {
            '*' => any = true,
            '?' => symbols.push(Symbol::One),
            c => {
                if any {
                    symbols.push(Symbol::Any);
                    any = false;
                }
                symbols.push(Symbol::Char(c.to_ascii_lowercase()));
            }
        }
    }
    if any {
        symbols.push(Symbol::Any);
    }
    symbols
}

/// Whether both patterns match a common string; `None` if deciding that would take too long.
pub(crate) fn overlap(a: &str, b: &str) -> Option<bool> {
    let (a, b) = (symbols(a), symbols(b));
    if a.len().saturating_mul(b.len()) > BUDGET {
        return None;
    }
    // reach[j]: a place of `b` that some string leads to, together with the place of `a` in hand. Behind the
    // place of a `*` lies the place after it, for nothing read.
    let skip = |reach: &mut Vec<bool>| {
        for j in 0..b.len() {
            if b.get(j) == Some(&Symbol::Any) && reach.get(j) == Some(&true) {
                mark(reach, j + 1);
            }
        }
    };
    let mut reach = vec![false; b.len() + 1];
    mark(&mut reach, 0);
    skip(&mut reach);
    for symbol in &a {
        let mut next = vec![false; b.len() + 1];
        match symbol {
            // Any run: every position from the first reached one on is reachable.
            Symbol::Any => {
                let first = reach.iter().position(|here| *here);
                next.iter_mut()
                    .skip(first.unwrap_or(b.len() + 1))
                    .for_each(|place| *place = true);
            }
            Symbol::One | Symbol::Char(_) => {
                for (j, other) in b.iter().enumerate().filter(|(j, _)| reach.get(*j) == Some(&true)) {
                    match (symbol, other) {
                        (_, Symbol::Any) => mark(&mut next, j),
                        (Symbol::Char(x), Symbol::Char(y)) if x != y => {}
                        _ => mark(&mut next, j + 1),
                    }
                }
            }
        }
        reach = next;
        skip(&mut reach);
    }
    Some(reach.last() == Some(&true))
}

fn mark(places: &mut [bool], at: usize) {
    if let Some(place) = places.get_mut(at) {
        *place = true;
    }
}

/// Whether `inner` is contained in the union of `outer`.
pub(crate) fn contained<'p>(inner: &str, outer: impl IntoIterator<Item = &'p str>) -> Containment {
    let automaton = Automaton::new(outer);
    let inner = symbols(inner);
    Search {
        automaton: &automaton,
        inner: &inner,
        steps: Vec::new(),
        seen: HashSet::new(),
        left: BUDGET,
    }
    .run()
}

/// The union of the outer patterns: one state per symbol and one accepting state per pattern.
struct Automaton {
    /// `None` accepts.
    states: Vec<Option<Symbol>>,
    starts: Vec<usize>,
}

type StateSet = Vec<u64>;

impl Automaton {
    fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        let mut states = Vec::new();
        let mut starts = Vec::new();
        for pattern in patterns {
            starts.push(states.len());
            states.extend(symbols(pattern).into_iter().map(Some));
            states.push(None);
        }
        Self { states, starts }
    }

    fn empty(&self) -> StateSet {
        vec![0; self.states.len().div_ceil(64)]
    }

    fn start(&self) -> StateSet {
        let mut set = self.empty();
        for start in &self.starts {
            self.enter(&mut set, *start);
        }
        set
    }

    /// Adds a state and those reachable without reading a character, because `*` also matches nothing.
    fn enter(&self, set: &mut StateSet, state: usize) {
        let mut state = state;
        loop {
            if let Some(word) = set.get_mut(state / 64) {
                *word |= 1 << (state % 64);
            }
            match self.states.get(state) {
                Some(Some(Symbol::Any)) => state += 1,
                _ => return,
            }
        }
    }

    /// The states after reading `read`; `None` is a character that occurs in no pattern.
    fn step(&self, from: &StateSet, read: Option<char>) -> StateSet {
        let mut to = self.empty();
        for state in members(from) {
            match self.states.get(state).copied().flatten() {
                Some(Symbol::Any) => self.enter(&mut to, state),
                Some(Symbol::One) => self.enter(&mut to, state + 1),
                Some(Symbol::Char(c)) if Some(c) == read => self.enter(&mut to, state + 1),
                _ => {}
            }
        }
        to
    }

    fn accepts(&self, set: &StateSet) -> bool {
        members(set).any(|state| matches!(self.states.get(state), Some(None)))
    }

    /// A path as text, with a real character for the one that occurs in no pattern.
    fn spell(&self, path: &[Option<char>]) -> String {
        let named = |c: char| self.states.contains(&Some(Symbol::Char(c)));
        let other = ('a'..='z')
            .chain('0'..='9')
            .chain('\u{a1}'..='\u{ff}')
            .find(|c| !named(*c))
            .unwrap_or('~');
        path.iter().map(|read| read.unwrap_or(other)).collect()
    }
}

fn members(set: &StateSet) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(index, word)| {
        let mut word = *word;
        std::iter::from_fn(move || {
            (word != 0).then(|| {
                let bit = word.trailing_zeros() as usize;
                word &= word - 1;
                index * 64 + bit
            })
        })
    })
}

/// One character on a path, linked to the previous one, so that paths need not be copied.
struct SearchStep {
    before: Option<usize>,
    read: Option<char>,
}

struct Search<'s> {
    automaton: &'s Automaton,
    inner: &'s [Symbol],
    steps: Vec<SearchStep>,
    /// Positions of the inner pattern with state sets that were reached. A `no` from any of them ends the search,
    /// so reaching one again means `yes`.
    seen: HashSet<(usize, StateSet)>,
    left: usize,
}

impl Search<'_> {
    fn run(mut self) -> Containment {
        let mut open = vec![(0, self.automaton.start(), None)];
        while let Some((at, set, last)) = open.pop() {
            // A step costs the words of the set and, in the worst case, one visit per state.
            match self
                .left
                .checked_sub(set.len() + self.automaton.states.len() / 8 + 1)
            {
                Some(left) => self.left = left,
                None => return Containment::TooComplex,
            }
            let read = match self.inner.get(at) {
                None if self.automaton.accepts(&set) => continue,
                None => return Containment::Escapes(self.automaton.spell(&self.way(last))),
                Some(Symbol::Any) => {
                    let longer = self.automaton.step(&set, None);
                    if longer != set {
                        self.visit(&mut open, at, longer, last, None);
                    }
                    // Reading nothing is not a step, so the path is unchanged.
                    if self.seen.insert((at + 1, set.clone())) {
                        open.push((at + 1, set, last));
                    }
                    continue;
                }
                Some(Symbol::Char(c)) => Some(*c),
                Some(Symbol::One) => None,
            };
            let next = self.automaton.step(&set, read);
            self.visit(&mut open, at + 1, next, last, read);
        }
        Containment::Contained
    }

    fn visit(
        &mut self,
        open: &mut Vec<(usize, StateSet, Option<usize>)>,
        at: usize,
        set: StateSet,
        before: Option<usize>,
        read: Option<char>,
    ) {
        if self.seen.insert((at, set.clone())) {
            self.steps.push(SearchStep { before, read });
            open.push((at, set, Some(self.steps.len() - 1)));
        }
    }

    fn way(&self, mut last: Option<usize>) -> Vec<Option<char>> {
        let mut way = Vec::new();
        while let Some(step) = last.and_then(|index| self.steps.get(index)) {
            way.push(step.read);
            last = step.before;
        }
        way.reverse();
        way
    }
}

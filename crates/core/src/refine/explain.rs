//! Why a pattern was removed or split, and what replaces it.

use crate::catalog::{ActionBits, Universe};
use crate::policy::{Document, Effect, Pattern, Shape};

/// All changes, statement by statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// One entry for each removed or split pattern, and for each `NotAction` list that grew.
    pub changes: Vec<PatternChange>,
}

/// The change to one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternChange {
    /// Number of the statement in the original document, from 1.
    pub statement: usize,
    /// Sid of the statement, if it has one.
    pub sid: Option<String>,
    /// The pattern; `NotAction` for a list of exceptions.
    pub pattern: String,
    /// The unused actions that cause the change, sorted.
    pub unused: Vec<String>,
    /// Their number, even if not all are named.
    pub unused_count: usize,
    /// Patterns that replace it; empty if it was removed.
    pub instead: Vec<NewPattern>,
    /// Number of entries, if it became a `NotAction` list.
    pub all_but: Option<usize>,
}

/// A pattern that the original document did not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPattern {
    /// The pattern as text.
    pub pattern: String,
    /// Actions in the catalog that it matches, sorted; empty for a full name.
    pub matches: Vec<String>,
    /// Their number, even if not all are named.
    pub match_count: usize,
}

/// How many names an explanation lists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameLimit {
    /// Maximum number of unused actions for each pattern.
    pub unused: usize,
    /// Maximum number of actions that a new pattern matches.
    pub matches: usize,
}

impl NameLimit {
    /// No limit.
    pub(crate) const ALL: Self = Self {
        unused: usize::MAX,
        matches: usize::MAX,
    };
}

/// Compares a document with its result. It looks only at the two, so it is also correct after fitting.
pub(crate) fn explain<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    after: &[Document<'a>],
    most: NameLimit,
) -> Explanation {
    let mut changes = Vec::new();
    for (at, statement) in before.statements.iter().enumerate() {
        if statement.frame.effect == Effect::Deny {
            continue;
        }
        let successors = after.iter().flat_map(|document| &document.statements);
        let successors: Vec<_> = successors
            .filter(|other| other.frame == statement.frame)
            .collect();
        let now: Vec<&Pattern<'a>> = successors
            .iter()
            .flat_map(|other| &other.clause.patterns)
            .collect();
        let change = |pattern, unused: (Vec<String>, usize), instead| PatternChange {
            statement: at + 1,
            sid: statement.sid().map(|sid| sid.into_owned()),
            pattern,
            unused: unused.0,
            unused_count: unused.1,
            instead,
            all_but: None,
        };
        let fresh =
            |pattern: &&Pattern<'a>| !statement.clause.patterns.iter().any(|old| old.same_text(pattern));
        let fresh: Vec<&Pattern<'a>> = now.iter().copied().filter(fresh).collect();
        if statement.clause.negated {
            if !fresh.is_empty() {
                let mut unused = universe.granted_by(&statement.clause);
                unused.keep_only(universe.unused());
                let instead = fresh
                    .iter()
                    .map(|pattern| new_pattern(universe, pattern, most.matches));
                let unused = names(universe, &unused, None, most.unused);
                changes.push(change("NotAction".to_owned(), unused, instead.collect()));
            }
            continue;
        }
        if let Some(open) = successors.iter().find(|other| other.clause.negated) {
            let star = statement
                .clause
                .patterns
                .iter()
                .find(|pattern| pattern.shape == Shape::All);
            let unused = names(universe, universe.unused(), None, most.unused);
            let entries = open.clause.patterns.len();
            let change = star.map(|star| change(star.text(), unused, Vec::new()));
            changes.extend(change.map(|change| PatternChange {
                all_but: Some(entries),
                ..change
            }));
            continue;
        }
        for pattern in &statement.clause.patterns {
            if now.iter().any(|kept| kept.same_text(pattern)) {
                continue;
            }
            let mut unused = universe.none();
            universe.insert(pattern, &mut unused);
            unused.keep_only(universe.unused());
            let instead = fresh.iter().filter(|new| pattern.contains(new));
            let instead = instead
                .map(|new| new_pattern(universe, new, most.matches))
                .collect();
            let unused = names(universe, &unused, universe.scope_of(pattern), most.unused);
            changes.push(change(pattern.text(), unused, instead));
        }
    }
    Explanation { changes }
}

fn new_pattern(universe: &Universe<'_>, pattern: &Pattern<'_>, most: usize) -> NewPattern {
    if pattern.shape == Shape::Literal {
        return NewPattern {
            pattern: pattern.text(),
            matches: Vec::new(),
            match_count: 0,
        };
    }
    let mut matched = universe.none();
    universe.insert(pattern, &mut matched);
    let (matches, match_count) = names(universe, &matched, universe.scope_of(pattern), most);
    NewPattern {
        pattern: pattern.text(),
        matches,
        match_count,
    }
}

/// The first names of a set, and their total number. `scope` is set if all of them are in one service.
fn names(
    universe: &Universe<'_>,
    set: &ActionBits,
    scope: Option<usize>,
    most: usize,
) -> (Vec<String>, usize) {
    if most == 0 {
        return (Vec::new(), set.len());
    }
    let names = universe.list_in(set, scope).into_iter().take(most);
    (
        names
            .map(|(service, name)| [service, ":", name].concat())
            .collect(),
        set.len(),
    )
}

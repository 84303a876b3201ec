//! Why a pattern was removed or split, and what stands for it today.

use crate::catalog::{Grants, Universe};
use crate::policy::{Document, Effect, Pattern, Shape};

/// Everything that changed, statement by statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// One entry per pattern that went or was split, and per `NotAction` list that grew.
    pub changes: Vec<Change>,
}

/// What became of one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The statement, counted from 1 in the document before.
    pub statement: usize,
    /// Its Sid, if it has one.
    pub sid: Option<String>,
    /// The pattern as one string; `NotAction` for a list of exceptions.
    pub pattern: String,
    /// The unused actions that are the cause, sorted.
    pub unused: Vec<String>,
    /// What stands for it now; empty when it went.
    pub instead: Vec<NewPattern>,
}

/// A pattern that was not there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPattern {
    /// As one string.
    pub pattern: String,
    /// What it matches in the catalog of today, sorted; for a full name nothing more than itself.
    pub matches: Vec<String>,
}

/// Compares a document with what was made of it. It looks only at the results, so it tells the truth of the proposal
/// after fitting, too.
pub(crate) fn explain<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    after: &[Document<'a>],
) -> Explanation {
    let mut changes = Vec::new();
    for (at, statement) in before.statements.iter().enumerate() {
        if statement.frame.effect == Effect::Deny {
            continue;
        }
        let successors = after.iter().flat_map(|document| &document.statements);
        let successors: Vec<_> = successors.filter(|other| other.frame == statement.frame).collect();
        let now: Vec<&Pattern<'a>> = successors.iter().flat_map(|other| &other.clause.patterns).collect();
        let change = |pattern, unused, instead| Change {
            statement: at + 1,
            sid: statement.sid().map(|sid| sid.into_owned()),
            pattern,
            unused,
            instead,
        };
        let fresh =
            |pattern: &&Pattern<'a>| !statement.clause.patterns.iter().any(|old| old.same_text(pattern));
        let fresh: Vec<&Pattern<'a>> = now.iter().copied().filter(fresh).collect();
        if statement.clause.negated {
            if !fresh.is_empty() {
                let mut unused = universe.everything();
                let mut excluded = universe.none();
                statement.clause.patterns.iter().for_each(|pattern| universe.insert(pattern, &mut excluded));
                unused.remove_all(&excluded);
                unused.keep_only(universe.unused());
                let instead = fresh.iter().map(|pattern| new_pattern(universe, pattern)).collect();
                changes.push(change("NotAction".to_owned(), names(universe, &unused), instead));
            }
            continue;
        }
        for pattern in &statement.clause.patterns {
            if now.iter().any(|kept| kept.same_text(pattern)) {
                continue;
            }
            let mut unused = universe.none();
            universe.insert(pattern, &mut unused);
            unused.keep_only(universe.unused());
            let instead =
                fresh.iter().filter(|new| pattern.contains(new)).map(|new| new_pattern(universe, new));
            changes.push(change(pattern.text(), names(universe, &unused), instead.collect()));
        }
    }
    Explanation { changes }
}

fn new_pattern(universe: &Universe<'_>, pattern: &Pattern<'_>) -> NewPattern {
    let mut matched = universe.none();
    if pattern.shape != Shape::Literal {
        universe.insert(pattern, &mut matched);
    }
    NewPattern { pattern: pattern.text(), matches: names(universe, &matched) }
}

fn names(universe: &Universe<'_>, set: &Grants) -> Vec<String> {
    universe.list(set).into_iter().map(|(service, name)| format!("{service}:{name}")).collect()
}

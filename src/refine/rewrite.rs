//! A policy without its unused permissions: statement by statement, the author's structure kept (R1, R5, R8).

use std::collections::BTreeSet;

use super::generalize::{Fate, generalize, names_in, whole_service};
use crate::catalog::Universe;
use crate::policy::{Document, Effect, Pattern, Shape, Statement, starts_with};

/// Removes what is unused from a document; `None` when no statement is left. Nothing of it is proven yet.
pub(crate) fn propose<'a>(universe: &Universe<'a>, policy: &Document<'a>) -> Option<Document<'a>> {
    let smaller = policy.statements.iter().filter_map(|statement| {
        match (statement.frame.effect, statement.clause.negated) {
            (Effect::Deny, _) => Some(statement.clone()),
            (Effect::Allow, true) => Some(widen_not_action(universe, statement)),
            (Effect::Allow, false) => narrow_action(universe, statement),
        }
    });
    let statements: Vec<_> = smaller.collect();
    // A document that had no statement has nothing to lose: only what became empty goes.
    let gone = statements.is_empty() && !policy.statements.is_empty();
    (!gone).then(|| policy.with(statements))
}

fn narrow_action<'a>(universe: &Universe<'a>, statement: &Statement<'a>) -> Option<Statement<'a>> {
    let patterns = &statement.clause.patterns;
    let mut changed: Vec<(usize, Vec<Pattern<'a>>)> = Vec::new();
    for (at, pattern) in patterns.iter().enumerate() {
        match generalize(universe, pattern) {
            Fate::Keep => {}
            Fate::Remove => changed.push((at, Vec::new())),
            Fate::Split(fresh) => changed.push((at, fresh)),
        }
    }
    if changed.is_empty() {
        return Some(statement.clone());
    }
    drop_repeats(patterns, &mut changed);
    let mut changed = changed.into_iter().peekable();
    let mut smaller = Vec::with_capacity(patterns.len());
    for (at, pattern) in patterns.iter().enumerate() {
        match changed.next_if(|(changed, _)| *changed == at) {
            Some((_, mut fresh)) => {
                fresh.sort_by(Pattern::by_bytes);
                smaller.append(&mut fresh);
            }
            None => smaller.push(pattern.clone()),
        }
    }
    (!smaller.is_empty()).then(|| statement.with(false, smaller))
}

/// Drops new patterns that repeat or lie inside another pattern of the statement (R5). The author's own stay,
/// whatever covers them.
fn drop_repeats<'a>(patterns: &[Pattern<'a>], changed: &mut Vec<(usize, Vec<Pattern<'a>>)>) {
    let splits: Vec<usize> =
        changed.iter().filter(|(_, fresh)| !fresh.is_empty()).map(|(at, _)| *at).collect();
    let Some(first) = splits.first().and_then(|at| patterns.get(*at)) else { return };
    let one_service = first.shape != Shape::All;
    let is_changed = |at: usize| changed.binary_search_by_key(&at, |(changed, _)| *changed).is_ok();
    let nearby = |pattern: &Pattern<'_>| {
        !one_service
            || splits.len() > 1
            || pattern.shape == Shape::All
            || pattern.service.eq_ignore_ascii_case(&first.service)
    };
    let kept = patterns.iter().enumerate().filter(|(at, pattern)| !is_changed(*at) && nearby(pattern));
    let kept: Vec<&Pattern<'a>> = kept.map(|(_, pattern)| pattern).collect();
    if kept.is_empty() && splits.len() == 1 {
        return;
    }

    // Everything that could cover, in an order in which a prefix stands right before what it covers; of equals
    // the author's comes first, then the earlier new one.
    struct Entry {
        text: String,
        wild: bool,
        fresh: Option<(usize, usize)>,
    }
    let entry = |pattern: &Pattern<'_>, fresh| Entry {
        text: format!("{}:{}", pattern.service, pattern.name).to_ascii_lowercase(),
        wild: pattern.shape == Shape::Prefix,
        fresh,
    };
    let plain = |pattern: &&&Pattern<'a>| matches!(pattern.shape, Shape::Literal | Shape::Prefix);
    let mut entries: Vec<Entry> = kept.iter().filter(plain).map(|pattern| entry(pattern, None)).collect();
    for (row, (_, fresh)) in changed.iter().enumerate() {
        entries.extend(fresh.iter().enumerate().map(|(column, pattern)| entry(pattern, Some((row, column)))));
    }
    entries.sort_by(|a, b| (&a.text, !a.wild, a.fresh).cmp(&(&b.text, !b.wild, b.fresh)));

    let mut covered: BTreeSet<(usize, usize)> = BTreeSet::new();
    let (mut cover, mut before): (Option<&str>, Option<&Entry>) = (None, None);
    for entry in &entries {
        let inside = cover.is_some_and(|cover| starts_with(&entry.text, cover));
        let repeats = before.is_some_and(|before| before.text == entry.text && before.wild == entry.wild);
        if let Some(place) = entry.fresh.filter(|_| inside || repeats) {
            covered.insert(place);
            continue;
        }
        if entry.wild && !inside {
            cover = Some(&entry.text);
        }
        before = Some(entry);
    }
    let globs: Vec<_> =
        kept.iter().filter(|pattern| !matches!(pattern.shape, Shape::Literal | Shape::Prefix)).collect();
    for (row, (_, fresh)) in changed.iter_mut().enumerate() {
        let mut column = 0;
        fresh.retain(|pattern| {
            column += 1;
            !covered.contains(&(row, column - 1)) && !globs.iter().any(|glob| glob.contains(pattern))
        });
    }
}

/// `NotAction`: what is unused joins the list (R8).
fn widen_not_action<'a>(universe: &Universe<'a>, statement: &Statement<'a>) -> Statement<'a> {
    let written = &statement.clause.patterns;
    let mut unused = universe.everything();
    let mut excluded = universe.none();
    written.iter().for_each(|pattern| universe.insert(pattern, &mut excluded));
    unused.keep_only(universe.unused());
    unused.remove_all(&excluded);

    let mut fresh = Vec::new();
    for (at, scope) in universe.scopes().iter().enumerate().filter(|(_, scope)| scope.whole) {
        universe.remove_scope(at, &mut unused);
        let service = whole_service(scope);
        if !written.iter().any(|pattern| pattern.contains(&service)) {
            fresh.push(service);
        }
    }
    fresh.extend(names_in(universe, &unused));
    if fresh.is_empty() {
        return statement.clone();
    }
    fresh.sort_by(Pattern::by_bytes);
    statement.with(true, written.iter().cloned().chain(fresh).collect())
}

//! Removes unused permissions from a policy, statement by statement, and keeps the author's structure (R1, R5, R8).

use std::collections::BTreeSet;

use super::generalize::{Replacement, generalize, names_in, whole_service};
use super::split::{Budget, UsedUp};
use super::{DoesNotFit, Wildcards};
use crate::catalog::{ByService, Scope, Universe};
use crate::policy::{Document, Effect, Pattern, Shape, Statement, starts_with};

/// Removes unused permissions from a document; `None` if no statement is left. The result is not proven yet.
pub(crate) fn propose<'a>(
    universe: &Universe<'a>,
    policy: &Document<'a>,
    wildcards: Wildcards,
    budget: &mut Budget,
) -> Result<Option<Document<'a>>, DoesNotFit> {
    let mut statements = Vec::with_capacity(policy.statements.len());
    for statement in &policy.statements {
        let smaller = match (statement.frame.effect, statement.clause.negated) {
            (Effect::Deny, _) => Ok(Some(statement.clone())),
            (Effect::Allow, true) => exclude_unused(universe, statement, budget),
            (Effect::Allow, false) if wildcards == Wildcards::Open && grants_everything(statement) => {
                open(universe, statement, budget)
            }
            (Effect::Allow, false) => narrow_action(universe, statement, budget),
        };
        statements.extend(smaller.map_err(|UsedUp| DoesNotFit::too_many_patterns(policy))?);
    }
    // A document without statements has nothing to lose; remove only what became empty.
    let gone = statements.is_empty() && !policy.statements.is_empty();
    Ok((!gone).then(|| policy.with(statements)))
}

fn narrow_action<'a>(
    universe: &Universe<'a>,
    statement: &Statement<'a>,
    budget: &mut Budget,
) -> Result<Option<Statement<'a>>, UsedUp> {
    let patterns = &statement.clause.patterns;
    let mut changed: Vec<(usize, Vec<Pattern<'a>>)> = Vec::new();
    // Wildcards that were split; a repeated one adds nothing (R5).
    let mut split: BTreeSet<String> = BTreeSet::new();
    for (at, pattern) in patterns.iter().enumerate() {
        let is_repeat =
            || pattern.shape != Shape::Literal && split.contains(&pattern.text().to_ascii_lowercase());
        match if is_repeat() {
            Replacement::Remove
        } else {
            generalize(universe, pattern)
        } {
            Replacement::Keep => {}
            Replacement::Remove => changed.push((at, Vec::new())),
            Replacement::Split(fresh) => {
                budget.pay(fresh.len())?;
                split.insert(pattern.text().to_ascii_lowercase());
                changed.push((at, fresh));
            }
        }
    }
    if changed.is_empty() {
        return Ok(Some(statement.clone()));
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
    Ok((!smaller.is_empty()).then(|| statement.with(false, smaller)))
}

/// Removes new patterns that another pattern of the statement repeats or covers (R5). The author's own patterns are
/// kept.
fn drop_repeats<'a>(patterns: &[Pattern<'a>], changed: &mut Vec<(usize, Vec<Pattern<'a>>)>) {
    let splits: Vec<usize> = changed
        .iter()
        .filter(|(_, fresh)| !fresh.is_empty())
        .map(|(at, _)| *at)
        .collect();
    let Some(first) = splits.first().and_then(|at| patterns.get(*at)) else {
        return;
    };
    let one_service = first.shape != Shape::All;
    let is_changed = |at: usize| changed.binary_search_by_key(&at, |(changed, _)| *changed).is_ok();
    let nearby = |pattern: &Pattern<'_>| {
        !one_service
            || splits.len() > 1
            || pattern.shape == Shape::All
            || pattern.service.eq_ignore_ascii_case(&first.service)
    };
    let kept = patterns
        .iter()
        .enumerate()
        .filter(|(at, pattern)| !is_changed(*at) && nearby(pattern));
    let kept: Vec<&Pattern<'a>> = kept.map(|(_, pattern)| pattern).collect();
    if kept.is_empty() && splits.len() == 1 {
        return;
    }

    // Everything that could cover, in an order in which a prefix stands right before what it covers; of equals
    // the author's comes first, then the earlier new one.
    struct Candidate {
        text: String,
        wild: bool,
        fresh: Option<(usize, usize)>,
    }
    let entry = |pattern: &Pattern<'_>, fresh| Candidate {
        text: format!("{}:{}", pattern.service, pattern.name).to_ascii_lowercase(),
        wild: pattern.shape == Shape::Prefix,
        fresh,
    };
    let plain = |pattern: &&&Pattern<'a>| matches!(pattern.shape, Shape::Literal | Shape::Prefix);
    let mut entries: Vec<Candidate> = kept
        .iter()
        .filter(plain)
        .map(|pattern| entry(pattern, None))
        .collect();
    for (row, (_, fresh)) in changed.iter().enumerate() {
        entries.extend(
            fresh
                .iter()
                .enumerate()
                .map(|(column, pattern)| entry(pattern, Some((row, column)))),
        );
    }
    entries.sort_by(|a, b| (&a.text, !a.wild, a.fresh).cmp(&(&b.text, !b.wild, b.fresh)));

    let mut covered: BTreeSet<(usize, usize)> = BTreeSet::new();
    let (mut cover, mut before): (Option<&str>, Option<&Candidate>) = (None, None);
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
    let globs: Vec<_> = kept
        .iter()
        .filter(|pattern| !matches!(pattern.shape, Shape::Literal | Shape::Prefix))
        .collect();
    for (row, (_, fresh)) in changed.iter_mut().enumerate() {
        let mut column = 0;
        fresh.retain(|pattern| {
            column += 1;
            !covered.contains(&(row, column - 1)) && !globs.iter().any(|glob| glob.contains(pattern))
        });
    }
}

fn grants_everything(statement: &Statement<'_>) -> bool {
    statement
        .clause
        .patterns
        .iter()
        .any(|pattern| pattern.shape == Shape::All)
}

/// Replaces `*` by a `NotAction` list of the unused actions (R13), which includes the rest of the list.
fn open<'a>(
    universe: &Universe<'a>,
    statement: &Statement<'a>,
    budget: &mut Budget,
) -> Result<Option<Statement<'a>>, UsedUp> {
    if !universe.scopes().iter().any(|scope| scope.any_unused) {
        return Ok(Some(statement.clone()));
    }
    let opened = exclude_unused(universe, &statement.with(true, Vec::new()), budget)?;
    // IAM rejects an empty list.
    Ok(opened.map(|opened| {
        if opened.clause.patterns.is_empty() {
            statement.clone()
        } else {
            opened
        }
    }))
}

/// Adds unused actions to a `NotAction` list (R8). If everything that it grants is unused, the statement is removed
/// (R14).
fn exclude_unused<'a>(
    universe: &Universe<'a>,
    statement: &Statement<'a>,
    budget: &mut Budget,
) -> Result<Option<Statement<'a>>, UsedUp> {
    let written = &statement.clause.patterns;
    let granted = universe.granted_by(&statement.clause);
    let mut unused = granted.clone();
    unused.keep_only(universe.unused());
    let excluded = ByService::new(universe, written);
    // For a service that the catalog lacks, it grants more than can be listed.
    let is_left = |(at, scope): (usize, &Scope<'_>)| {
        let every = scope.every();
        scope.known.is_none()
            && !scope.whole
            && excluded
                .about(Some(at))
                .all(|it| it.overlaps(&every) == Some(false))
    };
    if !granted.is_empty() && granted == unused && !universe.scopes().iter().enumerate().any(is_left) {
        return Ok(None);
    }

    let mut fresh = Vec::new();
    let whole = |scope: &Scope<'_>| scope.whole && !scope.withheld;
    for (at, scope) in universe
        .scopes()
        .iter()
        .enumerate()
        .filter(|(_, scope)| whole(scope))
    {
        universe.remove_scope(at, &mut unused);
        let service = whole_service(scope);
        if !excluded.about(Some(at)).any(|pattern| pattern.contains(&service)) {
            fresh.push(service);
        }
    }
    fresh.extend(names_in(universe, &unused));
    if fresh.is_empty() {
        return Ok(Some(statement.clone()));
    }
    budget.pay(fresh.len())?;
    fresh.sort_by(Pattern::by_bytes);
    Ok(Some(
        statement.with(true, written.iter().cloned().chain(fresh).collect()),
    ))
}

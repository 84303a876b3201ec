//! Clauses 2 and 4 over all strings: services that are entirely unused, services whose wildcards match more names
//! than can be listed, and names in use.

use std::collections::BTreeSet;

use super::checker::{Checker, ContextSide};
use super::exclusions::Exclusions;
use super::frame::{Context, NotProven, refuted};
use super::verdict::{FailedClause, Refutation};
use crate::catalog::{ByService, Scope, Universe};
use crate::policy::{Clause, Pattern, Shape};

impl<'a> Checker<'_, 'a> {
    /// Clause 2 for services that are entirely unused, over all strings. Actions whose use AWS does not track are
    /// kept by name, and so is a pattern of the author that matches no other known action.
    pub(super) fn whole_services(
        &self,
        context: &Context<'_, 'a>,
        after: &ContextSide<'_, '_, 'a>,
    ) -> Result<(), NotProven> {
        let still = |action| {
            Err(refuted(
                FailedClause::Exactness,
                Some(context.number),
                Some(action),
                Refutation::StillGranted,
            ))
        };
        let mut whole = self
            .universe
            .scopes()
            .iter()
            .filter(|scope| scope.whole)
            .peekable();
        if whole.peek().is_none() {
            return Ok(());
        }
        let unused = self.universe.unused();
        let is_old = |pattern: &Pattern<'a>| {
            context
                .before
                .iter()
                .any(|clause| clause.patterns.iter().any(|old| old.same_text(pattern)))
        };
        for clause in context.after.iter().filter(|clause| !clause.negated) {
            for pattern in &clause.patterns {
                let at = self.universe.scope_of(pattern);
                let scope = at.and_then(|at| self.universe.scopes().get(at));
                let is_withheld = |scope: &Scope<'a>| {
                    let is_known = pattern.shape != Shape::Literal
                        || at.is_some_and(|at| self.universe.knows(at, &pattern.name));
                    scope.withheld
                        && is_known
                        && (pattern.shape == Shape::Literal || is_old(pattern))
                        && !self.universe.meets(pattern, unused)
                };
                let may_stay = scope.is_none_or(|scope| !scope.whole || is_withheld(scope));
                if pattern.shape == Shape::All || !may_stay {
                    return still(pattern.text());
                }
            }
        }
        for scope in whole.filter(|scope| !scope.withheld) {
            if !after.negated.iter().all(|list| list.excludes_service(scope)) {
                return still(format!("{}:*", scope.prefix));
            }
        }
        Ok(())
    }

    /// Clauses 2 and 4 for services whose wildcards match more names than can be listed: those that the catalog
    /// does not know, unless they are entirely unused, and those in use without unused names. Whatever the original
    /// document grants of them, the new documents grant, over all strings.
    pub(super) fn open_services(
        &self,
        context: &Context<'_, 'a>,
        (before, after): &(ContextSide<'_, '_, 'a>, ContextSide<'_, '_, 'a>),
    ) -> Result<(), NotProven> {
        let seen: BTreeSet<usize> = self.universe.used().iter().map(|seen| seen.scope).collect();
        let is_open = |at: usize, scope: &Scope<'a>| match scope.known {
            None => !scope.whole,
            Some(_) => !scope.any_unused && seen.contains(&at),
        };
        let open: BTreeSet<usize> = self
            .universe
            .scopes()
            .iter()
            .enumerate()
            .filter(|(at, scope)| is_open(*at, scope))
            .map(|(at, _)| at)
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let scope_at = |at: usize| self.universe.scopes().get(at);
        let unused = self.universe.unused();
        // What a NotAction of the context does not exclude is granted by it. Nor is it lost that it excludes what is named as
        // unused, and nothing else.
        let leaves = |list: &Exclusions<'_, '_, 'a>, wanted: &Pattern<'_>| {
            list.about(wanted).into_iter().all(|excluded| {
                excluded.overlaps(wanted) == Some(false)
                    || excluded.shape == Shape::Literal && self.universe.meets(excluded, unused)
            })
        };
        let is_granted = |wanted: &Pattern<'_>, at: usize| {
            after.wild.about(Some(at)).any(|pattern| pattern.contains(wanted))
                || after.negated.iter().any(|list| leaves(list, wanted))
        };
        let lost = |wanted: &Pattern<'_>, at: usize| {
            let (clause, reason) = if scope_at(at).is_some_and(|scope| scope.known.is_none()) {
                (FailedClause::Exactness, Refutation::UnknownServiceLost)
            } else {
                (FailedClause::Use, Refutation::UsedServiceLost)
            };
            Err(refuted(clause, Some(context.number), Some(wanted.text()), reason))
        };
        for list in &before.negated {
            // Of a service that it does not touch, it grants all there is. What is named as unused may join the list.
            for at in &open {
                let untouched = scope_at(*at).filter(|scope| !scope.any_unused);
                let Some(every) = untouched.map(Scope::every) else {
                    continue;
                };
                if list.clear_of(&every) == Some(true) && !is_granted(&every, *at) {
                    return lost(&every, *at);
                }
            }
        }
        if before.everything {
            for at in &open {
                let Some(every) = scope_at(*at).map(Scope::every) else {
                    continue;
                };
                if !is_granted(&every, *at) {
                    return lost(&every, *at);
                }
            }
        }
        for pattern in before.wild.iter() {
            if let Some(at) = self.universe.scope_of(pattern).filter(|at| open.contains(at))
                && !is_granted(pattern, at)
            {
                return lost(pattern, at);
            }
        }
        Ok(())
    }

    /// Clause 4 for actions in use: whatever the original document grants, the new documents grant. It matches the
    /// name itself, so it also holds for names that no catalog has.
    pub(super) fn seen_in_use(&mut self, context: &Context<'_, 'a>) -> Result<(), NotProven> {
        let mut checked = 0;
        let (before, after) = (
            lists(self.universe, &context.before),
            lists(self.universe, &context.after),
        );
        for seen in self.universe.used() {
            let Some(service) = self.universe.scopes().get(seen.scope).map(|scope| &*scope.prefix) else {
                continue;
            };
            let grants = |lists: &[(bool, ByService<'_, 'a>)], name: &str| {
                lists.iter().any(|(negated, list)| {
                    list.about(Some(seen.scope))
                        .any(|pattern| pattern.matches(service, name))
                        != *negated
                })
            };
            for name in &seen.names {
                if !grants(&before, name) {
                    continue;
                }
                if !grants(&after, name) {
                    let action = Some(format!("{service}:{name}"));
                    return Err(refuted(
                        FailedClause::Use,
                        Some(context.number),
                        action,
                        Refutation::UsedLost,
                    ));
                }
                checked += 1;
            }
        }
        self.used += checked;
        Ok(())
    }
}

/// The lists of a side, and whether each is a `NotAction` list.
fn lists<'d, 'a>(universe: &Universe<'a>, clauses: &[&'d Clause<'a>]) -> Vec<(bool, ByService<'d, 'a>)> {
    clauses
        .iter()
        .map(|clause| (clause.negated, ByService::new(universe, &clause.patterns)))
        .collect()
}

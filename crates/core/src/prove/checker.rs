//! How the clauses are checked. The frame comes first, because it finds the statements that belong together.

use std::collections::BTreeSet;

use super::exclusions::Exclusions;
use super::frame::{Context, NotProven, contexts, refuted};
use super::verdict::{FailedClause, Refutation, Undecided};
use crate::catalog::{ActionBits, ByService, Universe};
use crate::policy::glob;
use crate::policy::glob::Containment;
use crate::policy::{Clause, Document, Pattern, Shape};

/// State of a check.
pub(super) struct Checker<'u, 'a> {
    pub(super) universe: &'u Universe<'a>,
    pub(super) granted_before: ActionBits,
    pub(super) granted_after: ActionBits,
    /// Services that do not have to lose their unused actions.
    pub(super) undecided: BTreeSet<String>,
    /// Number of names in use that are still granted, context by context.
    pub(super) used: usize,
}

/// The lists of one side of a context, indexed by service.
pub(super) struct ContextSide<'u, 'd, 'a> {
    /// Patterns with wildcards in its `Action` lists.
    pub(super) wild: ByService<'d, 'a>,
    /// Its `NotAction` lists.
    pub(super) negated: Vec<Exclusions<'u, 'd, 'a>>,
    /// Whether one of the wildcards is `*`.
    pub(super) everything: bool,
}

impl<'u, 'a> Checker<'u, 'a> {
    /// Checks all clauses.
    pub(super) fn check(
        universe: &'u Universe<'a>,
        before: &Document<'a>,
        after: &[Document<'a>],
    ) -> Result<Self, NotProven> {
        let (granted_before, granted_after) = (universe.none(), universe.none());
        let mut checker = Self {
            universe,
            granted_before,
            granted_after,
            undecided: BTreeSet::new(),
            used: 0,
        };
        for context in contexts(before, after)? {
            checker.context(&context)?;
        }
        Ok(checker)
    }

    fn context(&mut self, context: &Context<'_, 'a>) -> Result<(), NotProven> {
        let before = self.granted(&context.before);
        let same = same_text(context);
        let after = if same {
            before.clone()
        } else {
            self.granted(&context.after)
        };
        let sides = (
            ContextSide::new(self.universe, &context.before),
            ContextSide::new(self.universe, &context.after),
        );
        if !same {
            self.no_widening(context, &sides.0, &before, &after)?;
            self.open_services(context, &sides)?;
            self.seen_in_use(context)?;
        }
        self.whole_services(context, &sides.1)?;
        self.exactness(context, &sides, &before, &after)?;
        self.granted_before.insert_all(&before);
        self.granted_after.insert_all(&after);
        Ok(())
    }

    fn granted(&self, clauses: &[&Clause<'a>]) -> ActionBits {
        let mut granted = self.universe.none();
        clauses
            .iter()
            .for_each(|clause| granted.insert_all(&self.universe.granted_by(clause)));
        granted
    }

    /// The first action of a set, if any.
    fn witness(&self, set: &ActionBits) -> Option<String> {
        self.universe
            .list(set)
            .into_iter()
            .next()
            .map(|(service, name)| format!("{service}:{name}"))
    }

    /// Clause 1.
    fn no_widening(
        &self,
        context: &Context<'_, 'a>,
        containers: &ContextSide<'_, '_, 'a>,
        before: &ActionBits,
        after: &ActionBits,
    ) -> Result<(), NotProven> {
        let mut gained = after.clone();
        gained.remove_all(before);
        if !gained.is_empty() {
            return Err(refuted(
                FailedClause::NoWidening,
                Some(context.number),
                self.witness(&gained),
                Refutation::Widened,
            ));
        }
        // Kept patterns are in the old order, so one pass over the old patterns finds them all. New patterns
        // are together where an old one was, so the last container is likely the next.
        let written = context
            .before
            .iter()
            .filter(|clause| !clause.negated)
            .flat_map(|clause| &clause.patterns);
        let mut ahead = written;
        let mut likely = None;
        for clause in &context.after {
            if clause.negated {
                self.complement_contained(context, containers, clause)?;
                continue;
            }
            for pattern in &clause.patterns {
                let mut rest = ahead.clone();
                if pattern.is_written() && rest.any(|old| old.same_text(pattern)) {
                    ahead = rest;
                } else {
                    self.contained(context, containers, pattern, &mut likely)?;
                }
            }
        }
        Ok(())
    }

    fn contained<'d>(
        &self,
        context: &Context<'_, 'a>,
        containers: &ContextSide<'_, 'd, 'a>,
        pattern: &Pattern<'a>,
        likely: &mut Option<&'d Pattern<'a>>,
    ) -> Result<(), NotProven> {
        if containers.everything || likely.is_some_and(|likely| likely.contains(pattern)) {
            return Ok(());
        }
        let scope = self.universe.scope_of(pattern);
        if pattern.shape == Shape::Literal
            && scope.is_some_and(|scope| self.universe.knows(scope, &pattern.name))
        {
            // It is in the universe, where nothing was gained.
            return Ok(());
        }
        let mut here = containers.wild.of(scope).map(|(_, container)| container);
        if let Some(container) = here.find(|container| container.contains(pattern)) {
            *likely = Some(container);
            return Ok(());
        }
        let mut unclear = false;
        for list in &containers.negated {
            match list.clear_of(pattern) {
                Some(true) => return Ok(()),
                Some(false) => {}
                None => unclear = true,
            }
        }
        let too_complex = || {
            NotProven::Undecided(Undecided::TooComplex {
                pattern: pattern.text(),
            })
        };
        let here = context
            .before
            .iter()
            .filter(|clause| !clause.negated)
            .flat_map(|clause| &clause.patterns);
        let here = here.filter(|other| {
            other.service.eq_ignore_ascii_case(&pattern.service) && other.shape != Shape::All
        });
        let globs: Vec<_> = here.map(Pattern::glob).collect();
        let escapes = if pattern.shape == Shape::All {
            Containment::Escapes("*".to_owned())
        } else {
            glob::contained(&pattern.glob(), globs.iter().map(AsRef::as_ref))
        };
        match escapes {
            Containment::Contained => Ok(()),
            Containment::TooComplex => Err(too_complex()),
            Containment::Escapes(_) if unclear => Err(too_complex()),
            Containment::Escapes(name) if containers.negated.is_empty() => {
                let action = if pattern.shape == Shape::All {
                    name
                } else {
                    format!("{}:{name}", pattern.service)
                };
                Err(refuted(
                    FailedClause::NoWidening,
                    Some(context.number),
                    Some(action),
                    Refutation::Widened,
                ))
            }
            // A `NotAction` statement may still grant the string that the lists do not match.
            Containment::Escapes(name) => {
                let granted = containers.negated.iter().any(|list| {
                    !list
                        .about(pattern)
                        .iter()
                        .any(|excluded| excluded.matches(&pattern.service, &name))
                });
                if granted || pattern.shape == Shape::All {
                    return self.overlap_witness(context, containers, pattern);
                }
                let action = format!("{}:{name}", pattern.service);
                Err(refuted(
                    FailedClause::NoWidening,
                    Some(context.number),
                    Some(action),
                    Refutation::Widened,
                ))
            }
        }
    }

    /// A pattern that overlaps what a `NotAction` list excludes. If nothing else grants that, the pattern widens
    /// access.
    fn overlap_witness(
        &self,
        context: &Context<'_, 'a>,
        containers: &ContextSide<'_, '_, 'a>,
        pattern: &Pattern<'a>,
    ) -> Result<(), NotProven> {
        let excluded = match containers.negated.as_slice() {
            [only] if context.before.len() == 1 => only
                .about(pattern)
                .into_iter()
                .find(|it| it.overlaps(pattern) == Some(true)),
            _ => None,
        };
        match excluded {
            Some(excluded) => {
                let action = if pattern.shape == Shape::All {
                    excluded.text()
                } else {
                    pattern.text()
                };
                Err(refuted(
                    FailedClause::NoWidening,
                    Some(context.number),
                    Some(action),
                    Refutation::Widened,
                ))
            }
            None => Err(NotProven::Undecided(Undecided::NotActionUnion)),
        }
    }

    /// Clause 1 for `NotAction`: everything that was excluded still is.
    fn complement_contained(
        &self,
        context: &Context<'_, 'a>,
        containers: &ContextSide<'_, '_, 'a>,
        clause: &Clause<'a>,
    ) -> Result<(), NotProven> {
        if containers.everything {
            return Ok(());
        }
        let mut freed: Option<String> = None;
        let after = Exclusions::new(self.universe, clause);
        for before in &containers.negated {
            // The author's order comes first, so most of the list is unchanged.
            let stays = |(at, excluded): (usize, &Pattern<'a>)| {
                clause.patterns.get(at).is_some_and(|now| now.same_text(excluded))
            };
            let written = before.clause.patterns.iter().enumerate();
            let mut moved = written
                .filter(|entry| !stays(*entry))
                .map(|(_, excluded)| excluded);
            match moved.find_map(|excluded| after.escape(excluded)) {
                None => return Ok(()),
                Some(Err(reason)) => return Err(NotProven::Undecided(reason)),
                Some(Ok(action)) => freed = Some(action),
            }
        }
        match (freed, context.before.as_slice()) {
            // An `Action` list grants only services that it names; `NotAction` grants others too.
            (None, _) => Err(refuted(
                FailedClause::NoWidening,
                Some(context.number),
                None,
                Refutation::Widened,
            )),
            (freed, [_]) => Err(refuted(
                FailedClause::NoWidening,
                Some(context.number),
                freed,
                Refutation::Widened,
            )),
            _ => Err(NotProven::Undecided(Undecided::NotActionUnion)),
        }
    }

    /// Clause 2.
    fn exactness(
        &mut self,
        context: &Context<'_, 'a>,
        sides: &(ContextSide<'_, '_, 'a>, ContextSide<'_, '_, 'a>),
        before: &ActionBits,
        after: &ActionBits,
    ) -> Result<(), NotProven> {
        let unused = self.universe.unused();
        let mut lost = before.clone();
        lost.remove_all(unused);
        lost.remove_all(after);
        if !lost.is_empty() {
            return Err(refuted(
                FailedClause::Exactness,
                Some(context.number),
                self.witness(&lost),
                Refutation::Lost,
            ));
        }
        let mut still = after.clone();
        still.keep_only(unused);
        if still.is_empty() {
            return Ok(());
        }
        for (at, scope) in self.universe.scopes().iter().enumerate() {
            if scope.known.is_some() || scope.whole {
                continue;
            }
            // It had to be kept: the author's wildcard matches it, and so does a kept one.
            let reached = |side: &ContextSide<'_, '_, 'a>, name: &str| {
                side.wild
                    .about(Some(at))
                    .any(|pattern| pattern.matches(&scope.prefix, name))
            };
            for (bit, extra) in self.universe.extras_of(at) {
                let name = &extra.lower;
                if still.has(bit) && reached(&sides.0, name) && reached(&sides.1, name) {
                    self.undecided.insert(scope.prefix.to_string());
                    still.remove(bit);
                }
            }
        }
        if still.is_empty() {
            return Ok(());
        }
        Err(refuted(
            FailedClause::Exactness,
            Some(context.number),
            self.witness(&still),
            Refutation::StillGranted,
        ))
    }
}

impl<'u, 'd, 'a> ContextSide<'u, 'd, 'a> {
    fn new(universe: &'u Universe<'a>, clauses: &[&'d Clause<'a>]) -> Self {
        let negated = clauses.iter().filter(|clause| clause.negated);
        let plain = clauses
            .iter()
            .filter(|clause| !clause.negated)
            .flat_map(|clause| &clause.patterns);
        let wild = || plain.clone().filter(|pattern| pattern.shape != Shape::Literal);
        Self {
            wild: ByService::new(universe, wild()),
            negated: negated.map(|clause| Exclusions::new(universe, clause)).collect(),
            everything: wild().any(|pattern| pattern.shape == Shape::All),
        }
    }
}

/// Whether the lists of a context are unchanged.
fn same_text(context: &Context<'_, '_>) -> bool {
    context.before.len() == context.after.len()
        && context
            .before
            .iter()
            .zip(&context.after)
            .all(|(before, after)| before.same_text(after))
}

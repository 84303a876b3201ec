//! How the clauses are checked. The frame comes first: it says which statements belong together.

use std::collections::BTreeSet;

use super::exclusions::{clear_of, escape, excludes_service};
use super::frame::{Context, No, contexts, refuted};
use super::{Broken, Reason, Undecided};
use crate::catalog::{Grants, Scope, Universe};
use crate::policy::glob::{self, Containment};
use crate::policy::{Clause, Document, Pattern, Shape};

/// What the check has found so far.
pub(super) struct Checker<'u, 'a> {
    universe: &'u Universe<'a>,
    pub(super) granted_before: Grants,
    pub(super) granted_after: Grants,
    /// Services that are exempt from losing what is unused.
    pub(super) undecided: BTreeSet<String>,
    /// How many names that were seen in use are granted as before, context by context.
    pub(super) used: usize,
}

/// The patterns with wildcards of one context before, ready to be asked for one that contains another.
struct Containers<'d, 'a> {
    /// By the place of the service, which is `None` for `*`.
    wild: Vec<(Option<usize>, &'d Pattern<'a>)>,
    negated: Vec<&'d Clause<'a>>,
    everything: bool,
}

impl<'u, 'a> Checker<'u, 'a> {
    /// Checks all clauses.
    pub(super) fn check(
        universe: &'u Universe<'a>,
        before: &Document<'a>,
        after: &[Document<'a>],
    ) -> Result<Self, No> {
        let (granted_before, granted_after) = (universe.none(), universe.none());
        let mut checker =
            Self { universe, granted_before, granted_after, undecided: BTreeSet::new(), used: 0 };
        for context in contexts(before, after)? {
            checker.context(&context)?;
        }
        Ok(checker)
    }

    fn context(&mut self, context: &Context<'_, 'a>) -> Result<(), No> {
        let before = self.granted(&context.before);
        let same = same_text(context);
        let after = if same { before.clone() } else { self.granted(&context.after) };
        if !same {
            self.no_widening(context, &before, &after)?;
            self.open_services(context)?;
            self.seen_in_use(context)?;
        }
        self.whole_services(context)?;
        self.exactness(context, &before, &after)?;
        self.granted_before.insert_all(&before);
        self.granted_after.insert_all(&after);
        Ok(())
    }

    fn granted(&self, clauses: &[&Clause<'a>]) -> Grants {
        let mut granted = self.universe.none();
        clauses.iter().for_each(|clause| granted.insert_all(&self.universe.granted_by(clause)));
        granted
    }

    /// The first action of a set, if there is one.
    fn witness(&self, set: &Grants) -> Option<String> {
        self.universe.list(set).into_iter().next().map(|(service, name)| format!("{service}:{name}"))
    }

    /// Clause 1.
    fn no_widening(&self, context: &Context<'_, 'a>, before: &Grants, after: &Grants) -> Result<(), No> {
        let mut gained = after.clone();
        gained.remove_all(before);
        if !gained.is_empty() {
            return Err(refuted(
                Broken::NoWidening,
                Some(context.number),
                self.witness(&gained),
                Reason::Widened,
            ));
        }
        let containers = Containers::new(self.universe, &context.before);
        // What was kept stands in the old order, so one pass over the old patterns finds all of it. New patterns
        // stand together where an old one stood, so the last container is likely the next.
        let written =
            context.before.iter().filter(|clause| !clause.negated).flat_map(|clause| &clause.patterns);
        let mut ahead = written;
        let mut likely = None;
        for clause in &context.after {
            if clause.negated {
                self.complement_contained(context, &containers, clause)?;
                continue;
            }
            for pattern in &clause.patterns {
                let mut rest = ahead.clone();
                if pattern.is_written() && rest.any(|old| old.same_text(pattern)) {
                    ahead = rest;
                } else {
                    self.contained(context, &containers, pattern, &mut likely)?;
                }
            }
        }
        Ok(())
    }

    fn contained<'d>(
        &self,
        context: &Context<'_, 'a>,
        containers: &Containers<'d, 'a>,
        pattern: &Pattern<'a>,
        likely: &mut Option<&'d Pattern<'a>>,
    ) -> Result<(), No> {
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
        if let Some(container) = containers.of(scope).find(|container| container.contains(pattern)) {
            *likely = Some(container);
            return Ok(());
        }
        let mut unclear = false;
        for clause in &containers.negated {
            match clear_of(clause, pattern) {
                Some(true) => return Ok(()),
                Some(false) => {}
                None => unclear = true,
            }
        }
        let too_complex = || No::Undecided(Undecided::TooComplex { pattern: pattern.text() });
        let here = context.before.iter().filter(|clause| !clause.negated).flat_map(|clause| &clause.patterns);
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
                let action =
                    if pattern.shape == Shape::All { name } else { format!("{}:{name}", pattern.service) };
                Err(refuted(Broken::NoWidening, Some(context.number), Some(action), Reason::Widened))
            }
            // Beside a NotAction statement the string that escapes the lists may still be granted.
            Containment::Escapes(name) => {
                let granted = containers.negated.iter().any(|clause| {
                    !clause.patterns.iter().any(|excluded| excluded.matches(&pattern.service, &name))
                });
                if granted || pattern.shape == Shape::All {
                    return self.overlap_witness(context, containers, pattern);
                }
                let action = format!("{}:{name}", pattern.service);
                Err(refuted(Broken::NoWidening, Some(context.number), Some(action), Reason::Widened))
            }
        }
    }

    /// A pattern that overlaps what one `NotAction` excludes: with nothing else granted there, that is widening.
    fn overlap_witness(
        &self,
        context: &Context<'_, 'a>,
        containers: &Containers<'_, 'a>,
        pattern: &Pattern<'a>,
    ) -> Result<(), No> {
        let excluded = match containers.negated.as_slice() {
            [only] if context.before.len() == 1 => {
                only.patterns.iter().find(|it| it.overlaps(pattern) == Some(true))
            }
            _ => None,
        };
        match excluded {
            Some(excluded) => {
                let action = if pattern.shape == Shape::All { excluded.text() } else { pattern.text() };
                Err(refuted(Broken::NoWidening, Some(context.number), Some(action), Reason::Widened))
            }
            None => Err(No::Undecided(Undecided::NotActionUnion)),
        }
    }

    /// Clause 1 for `NotAction`: everything that was excluded still is.
    fn complement_contained(
        &self,
        context: &Context<'_, 'a>,
        containers: &Containers<'_, 'a>,
        clause: &Clause<'a>,
    ) -> Result<(), No> {
        if containers.everything {
            return Ok(());
        }
        let mut freed: Option<String> = None;
        for before in &containers.negated {
            match before.patterns.iter().find_map(|excluded| escape(excluded, clause)) {
                None => return Ok(()),
                Some(Err(reason)) => return Err(No::Undecided(reason)),
                Some(Ok(action)) => freed = Some(action),
            }
        }
        match (freed, context.before.as_slice()) {
            // A list grants no service that nobody has named; NotAction does.
            (None, _) => Err(refuted(Broken::NoWidening, Some(context.number), None, Reason::Widened)),
            (freed, [_]) => Err(refuted(Broken::NoWidening, Some(context.number), freed, Reason::Widened)),
            _ => Err(No::Undecided(Undecided::NotActionUnion)),
        }
    }

    /// Clause 2, for services that are unused as a whole: over all strings, not only known ones. Of a service with actions
    /// whose use is not seen, these stay by name, and what the author wrote when it matches nothing else that is known.
    fn whole_services(&self, context: &Context<'_, 'a>) -> Result<(), No> {
        let still = |action| {
            Err(refuted(Broken::Exactness, Some(context.number), Some(action), Reason::StillGranted))
        };
        let mut whole = self.universe.scopes().iter().filter(|scope| scope.whole).peekable();
        if whole.peek().is_none() {
            return Ok(());
        }
        let unused = self.universe.unused();
        let is_old = |pattern: &Pattern<'a>| {
            context.before.iter().any(|clause| clause.patterns.iter().any(|old| old.same_text(pattern)))
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
            let every = format!("{}:*", scope.prefix);
            for clause in context.after.iter().filter(|clause| clause.negated) {
                if !excludes_service(clause, scope) {
                    return still(every);
                }
            }
        }
        Ok(())
    }

    /// Clauses 2 and 4, for services of which a wildcard holds more than anybody can list: those that the catalog does not
    /// know, unless they are unused as a whole, and those that were seen in use and of which nothing is named as unused.
    /// What the document before grants of them, the documents after grant, over all strings.
    fn open_services(&self, context: &Context<'_, 'a>) -> Result<(), No> {
        let seen: BTreeSet<usize> = self.universe.seen().iter().map(|seen| seen.scope).collect();
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
        // What a NotAction of the context does not exclude is granted by it.
        let negated: Vec<_> = context.after.iter().filter(|clause| clause.negated).collect();
        let listed =
            context.after.iter().filter(|clause| !clause.negated).flat_map(|clause| &clause.patterns);
        let listed: Vec<_> = listed.filter(|pattern| pattern.shape != Shape::Literal).collect();
        let unused = self.universe.unused();
        // Nor is it lost that it excludes what is named as unused, and nothing else.
        let leaves = |clause: &Clause<'a>, wanted: &Pattern<'_>| {
            clause.patterns.iter().all(|excluded| {
                excluded.overlaps(wanted) == Some(false)
                    || excluded.shape == Shape::Literal && self.universe.meets(excluded, unused)
            })
        };
        let is_granted = |wanted: &Pattern<'_>| {
            listed.iter().any(|pattern| pattern.contains(wanted))
                || negated.iter().any(|clause| leaves(clause, wanted))
        };
        let lost = |wanted: &Pattern<'_>, at: usize| {
            let (clause, reason) = match scope_at(at).is_some_and(|scope| scope.known.is_none()) {
                true => (Broken::Exactness, Reason::UnknownServiceLost),
                false => (Broken::Use, Reason::UsedServiceLost),
            };
            Err(refuted(clause, Some(context.number), Some(wanted.text()), reason))
        };
        for clause in &context.before {
            if clause.negated {
                // Of a service that it does not touch, it grants all there is. What is named as unused may join the list.
                for at in &open {
                    let untouched = scope_at(*at).filter(|scope| !scope.any_unused);
                    let Some(every) = untouched.map(Scope::every) else { continue };
                    if clear_of(clause, &every) == Some(true) && !is_granted(&every) {
                        return lost(&every, *at);
                    }
                }
                continue;
            }
            for pattern in &clause.patterns {
                match (pattern.shape, self.universe.scope_of(pattern)) {
                    (Shape::Literal, _) => {}
                    (Shape::All, _) => {
                        for at in &open {
                            let Some(every) = scope_at(*at).map(Scope::every) else { continue };
                            if !is_granted(&every) {
                                return lost(&every, *at);
                            }
                        }
                    }
                    (_, Some(at)) if open.contains(&at) && !is_granted(pattern) => {
                        return lost(pattern, at);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Clause 4, for the actions that were seen in use: each that the document before grants, the documents after grant. It
    /// is decided by matching the name itself, so it holds of names that no catalog has.
    fn seen_in_use(&mut self, context: &Context<'_, 'a>) -> Result<(), No> {
        let mut checked = 0;
        for seen in self.universe.seen() {
            let Some(service) = self.universe.scopes().get(seen.scope).map(|scope| &*scope.prefix) else {
                continue;
            };
            let grants = |clauses: &[&Clause<'a>], name: &str| {
                clauses.iter().any(|clause| {
                    clause.patterns.iter().any(|pattern| pattern.matches(service, name)) != clause.negated
                })
            };
            for name in &seen.names {
                if !grants(&context.before, name) {
                    continue;
                }
                if !grants(&context.after, name) {
                    let action = Some(format!("{service}:{name}"));
                    return Err(refuted(Broken::Use, Some(context.number), action, Reason::UsedLost));
                }
                checked += 1;
            }
        }
        self.used += checked;
        Ok(())
    }

    /// Clause 2.
    fn exactness(&mut self, context: &Context<'_, 'a>, before: &Grants, after: &Grants) -> Result<(), No> {
        let unused = self.universe.unused();
        let mut lost = before.clone();
        lost.remove_all(unused);
        lost.remove_all(after);
        if !lost.is_empty() {
            return Err(refuted(Broken::Exactness, Some(context.number), self.witness(&lost), Reason::Lost));
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
            // It had to stay: the author's wildcard reaches it, and so does one that is left.
            let reached = |clauses: &[&Clause<'a>], name: &str| {
                let listed =
                    clauses.iter().filter(|clause| !clause.negated).flat_map(|clause| &clause.patterns);
                let mut wild = listed.filter(|pattern| pattern.shape != Shape::Literal);
                wild.any(|pattern| pattern.matches(&scope.prefix, name))
            };
            for (bit, extra) in self.universe.extras_of(at) {
                let name = &extra.lower;
                if still.has(bit) && reached(&context.before, name) && reached(&context.after, name) {
                    self.undecided.insert(scope.prefix.to_string());
                    still.remove(bit);
                }
            }
        }
        if still.is_empty() {
            return Ok(());
        }
        Err(refuted(Broken::Exactness, Some(context.number), self.witness(&still), Reason::StillGranted))
    }
}

impl<'d, 'a> Containers<'d, 'a> {
    fn new(universe: &Universe<'a>, clauses: &[&'d Clause<'a>]) -> Self {
        let negated: Vec<_> = clauses.iter().copied().filter(|clause| clause.negated).collect();
        let plain = clauses.iter().filter(|clause| !clause.negated).flat_map(|clause| &clause.patterns);
        let wild = plain.filter(|pattern| pattern.shape != Shape::Literal);
        let mut wild: Vec<_> = wild.map(|pattern| (universe.scope_of(pattern), pattern)).collect();
        wild.sort_by_key(|(scope, _)| *scope);
        let everything = wild.iter().any(|(_, pattern)| pattern.shape == Shape::All);
        Self { wild, negated, everything }
    }

    /// Those of one service.
    fn of(&self, scope: Option<usize>) -> impl Iterator<Item = &'d Pattern<'a>> {
        let start = self.wild.partition_point(|(other, _)| *other < scope);
        let here = self.wild.get(start..).unwrap_or_default().iter();
        here.take_while(move |(other, _)| *other == scope).map(|(_, pattern)| *pattern)
    }
}

/// Whether the lists of a context did not change at all.
fn same_text(context: &Context<'_, '_>) -> bool {
    context.before.len() == context.after.len()
        && context.before.iter().zip(&context.after).all(|(before, after)| before.same_text(after))
}

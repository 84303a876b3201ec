//! What `NotAction` lists exclude.

use super::verdict::Undecided;
use crate::catalog::{ByService, Scope, Universe};
use crate::policy::glob;
use crate::policy::glob::Containment;
use crate::policy::{Clause, Pattern, Shape};

/// A `NotAction` list, indexed by service.
pub(super) struct Exclusions<'u, 'd, 'a> {
    universe: &'u Universe<'a>,
    pub(super) clause: &'d Clause<'a>,
    by_service: ByService<'d, 'a>,
}

impl<'u, 'd, 'a: 'd> Exclusions<'u, 'd, 'a> {
    pub(super) fn new(universe: &'u Universe<'a>, clause: &'d Clause<'a>) -> Self {
        Self {
            universe,
            clause,
            by_service: ByService::new(universe, &clause.patterns),
        }
    }

    /// Entries that may exclude part of a pattern.
    pub(super) fn about(&self, pattern: &Pattern<'_>) -> Vec<&'d Pattern<'a>> {
        match (pattern.shape, self.universe.scope_of(pattern)) {
            (Shape::All, _) => self.clause.patterns.iter().collect(),
            (_, Some(scope)) => self.by_service.about(Some(scope)).collect(),
            // A service that neither policy nor evidence names.
            (_, None) => self.by_service.of(None).map(|(_, excluded)| excluded).collect(),
        }
    }

    /// Whether it excludes nothing of a pattern; `None` if deciding that would take too long.
    pub(super) fn clear_of(&self, pattern: &Pattern<'_>) -> Option<bool> {
        let mut unclear = false;
        for excluded in self.about(pattern) {
            match excluded.overlaps(pattern) {
                Some(true) => return Some(false),
                Some(false) => {}
                None => unclear = true,
            }
        }
        (!unclear).then_some(true)
    }

    /// An action that matches `excluded` but is not excluded.
    pub(super) fn escape(&self, excluded: &Pattern<'_>) -> Option<Result<String, Undecided>> {
        let here = self.about(excluded);
        if here.iter().any(|pattern| pattern.contains(excluded)) {
            return None;
        }
        if excluded.shape == Shape::All {
            return Some(Ok("*".to_owned()));
        }
        let here = here
            .into_iter()
            .filter(|it| it.service.eq_ignore_ascii_case(&excluded.service));
        let globs: Vec<_> = here.map(Pattern::glob).collect();
        match glob::contained(&excluded.glob(), globs.iter().map(AsRef::as_ref)) {
            Containment::Contained => None,
            Containment::Escapes(name) => Some(Ok(format!("{}:{name}", excluded.service))),
            Containment::TooComplex => Some(Err(Undecided::TooComplex {
                pattern: excluded.text(),
            })),
        }
    }

    /// Whether it excludes every action of a service, known or not.
    pub(super) fn excludes_service(&self, scope: &Scope<'_>) -> bool {
        self.escape(&scope.every()).is_none()
    }
}

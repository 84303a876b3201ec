//! What lists of exceptions leave out.

use super::Undecided;
use crate::catalog::Scope;
use crate::policy::glob::{self, Containment};
use crate::policy::{Clause, Pattern, Shape};

/// Whether a `NotAction` list excludes nothing of a pattern; `None` when telling would cost too much.
pub(super) fn clear_of(clause: &Clause<'_>, pattern: &Pattern<'_>) -> Option<bool> {
    let mut unclear = false;
    for excluded in &clause.patterns {
        match excluded.overlaps(pattern) {
            Some(true) => return Some(false),
            Some(false) => {}
            None => unclear = true,
        }
    }
    (!unclear).then_some(true)
}

/// An action under `excluded` that `clause` no longer excludes.
pub(super) fn escape(excluded: &Pattern<'_>, clause: &Clause<'_>) -> Option<Result<String, Undecided>> {
    if clause.patterns.iter().any(|pattern| pattern.contains(excluded)) {
        return None;
    }
    if excluded.shape == Shape::All {
        return Some(Ok("*".to_owned()));
    }
    let here =
        clause.patterns.iter().filter(|pattern| pattern.service.eq_ignore_ascii_case(&excluded.service));
    let globs: Vec<_> = here.map(Pattern::glob).collect();
    match glob::contained(&excluded.glob(), globs.iter().map(AsRef::as_ref)) {
        Containment::Contained => None,
        Containment::Escapes(name) => Some(Ok(format!("{}:{name}", excluded.service))),
        Containment::TooComplex => Some(Err(Undecided::TooComplex { pattern: excluded.text() })),
    }
}

/// Whether a `NotAction` list excludes every action of a service, known or not.
pub(super) fn excludes_service(clause: &Clause<'_>, scope: &Scope<'_>) -> bool {
    escape(&scope.every(), clause).is_none()
}

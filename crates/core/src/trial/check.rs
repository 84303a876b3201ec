//! Checks, from the documents of a change, that its trial denies no more than the change removes.

use std::fmt;

use crate::catalog::{ActionBits, Universe};
use crate::policy::glob::{self, Containment};
use crate::policy::{ActionPattern, Clause, Document, Effect, Pattern};

/// What a trial denies although the change does not take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excess {
    /// No action is called so.
    NotAnAction(String),
    /// The policy did not allow it before the change.
    NotAllowedBefore(String),
    /// The policy allows it after the change too.
    StillAllowed(String),
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAction(text) => write!(f, "it denies `{text}`, which is no action"),
            Self::NotAllowedBefore(action) => {
                write!(f, "it denies {action}, which the policy does not allow today")
            }
            Self::StillAllowed(action) => write!(f, "it denies {action}, which the reduced policy allows"),
        }
    }
}

/// What a trial denies although the change does not remove it, if anything. For all action names, each
/// pattern must match only what the policy allows before the change and nothing that its documents allow
/// after it.
pub fn excess<'a>(
    actions: &[String],
    before: &Document<'a>,
    after: &[Document<'a>],
    universe: &Universe<'a>,
) -> Option<Excess> {
    let old: Vec<&Clause<'_>> = granting(std::slice::from_ref(before)).collect();
    let new: Vec<&Clause<'_>> = granting(after).collect();
    let (mut allowed, mut left) = (universe.none(), universe.none());
    granting(std::slice::from_ref(before)).for_each(|it| allowed.insert_all(&universe.granted_by(it)));
    granting(after).for_each(|it| left.insert_all(&universe.granted_by(it)));
    actions.iter().find_map(|text| {
        let Ok(parsed) = ActionPattern::parse(text.as_str()) else {
            return Some(Excess::NotAnAction(text.clone()));
        };
        let pattern = parsed.pattern();
        let mut matched = universe.none();
        universe.insert(&pattern, &mut matched);
        let mut more = matched.clone();
        more.remove_all(&allowed);
        matched.keep_only(&left);
        let named = |bits: &ActionBits| {
            // Hardly ever is there any, and listing looks at every service.
            let first = (!bits.is_empty()).then(|| universe.list(bits).into_iter().next());
            first.flatten().map(|(service, name)| format!("{service}:{name}"))
        };
        match (named(&more), named(&matched)) {
            (Some(action), _) => Some(Excess::NotAllowedBefore(action)),
            (_, Some(action)) => Some(Excess::StillAllowed(action)),
            _ if !old.iter().any(|clause| holds(clause, &pattern)) => {
                Some(Excess::NotAllowedBefore(text.clone()))
            }
            _ if !new.iter().all(|clause| is_apart(clause, &pattern)) => {
                Some(Excess::StillAllowed(text.clone()))
            }
            _ => None,
        }
    })
}

fn granting<'d, 'a>(documents: &'d [Document<'a>]) -> impl Iterator<Item = &'d Clause<'a>> {
    let statements = documents.iter().flat_map(|document| &document.statements);
    statements
        .filter(|it| it.frame.effect == Effect::Allow)
        .map(|it| &it.clause)
}

/// Whether a statement is about everything that a pattern matches.
fn holds(clause: &Clause<'_>, pattern: &Pattern<'_>) -> bool {
    if clause.negated {
        clause
            .patterns
            .iter()
            .all(|it| it.overlaps(pattern) == Some(false))
    } else {
        is_within(&clause.patterns, pattern)
    }
}

/// Whether a statement is about nothing that a pattern matches.
fn is_apart(clause: &Clause<'_>, pattern: &Pattern<'_>) -> bool {
    if clause.negated {
        is_within(&clause.patterns, pattern)
    } else {
        clause
            .patterns
            .iter()
            .all(|it| it.overlaps(pattern) == Some(false))
    }
}

fn is_within(patterns: &[Pattern<'_>], pattern: &Pattern<'_>) -> bool {
    if patterns.iter().any(|it| it.contains(pattern)) {
        return true;
    }
    let here = patterns
        .iter()
        .filter(|it| it.service.eq_ignore_ascii_case(&pattern.service));
    let globs: Vec<_> = here.map(Pattern::glob).collect();
    glob::contained(&pattern.glob(), globs.iter().map(AsRef::as_ref)) == Containment::Contained
}

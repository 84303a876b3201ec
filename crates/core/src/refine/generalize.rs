//! What replaces one pattern: R2 to R7 and R9.

use std::borrow::Cow;

use super::trie::{Ends, Node, SortedNames, cover};
use crate::catalog::{ActionBits, Scope, Universe};
use crate::policy::{Pattern, Shape};

/// What replaces a pattern.
#[derive(Debug)]
pub(super) enum Replacement<'a> {
    /// The pattern itself.
    Keep,
    /// Nothing.
    Remove,
    /// These patterns.
    Split(Vec<Pattern<'a>>),
}

/// Decides about one pattern of an Allow statement.
pub(super) fn generalize<'a>(universe: &Universe<'a>, pattern: &Pattern<'a>) -> Replacement<'a> {
    if pattern.shape == Shape::All {
        return everything(universe);
    }
    let at = universe.scope_of(pattern);
    let Some((at, scope)) = at.and_then(|at| Some((at, universe.scopes().get(at)?))) else {
        return Replacement::Keep;
    };
    let unused = universe.unused();
    if scope.withheld {
        return withheld(universe, at, pattern);
    }
    if scope.whole {
        return Replacement::Remove;
    }
    if !scope.any_unused || !universe.meets(pattern, unused) {
        return Replacement::Keep;
    }
    let fresh = match pattern.shape {
        Shape::Literal => Vec::new(),
        // The other actions of the service are unknown, so its wildcard cannot be split (R9). The checker names it.
        _ if scope.known.is_none() => return Replacement::Keep,
        Shape::Prefix => prefixes(universe, at, &pattern.name, Ends::Words, |bit| !unused.has(bit)),
        _ => names_of(universe, at, |bit, lower| {
            !unused.has(bit) && pattern.matches_name(lower)
        }),
    };
    if fresh.is_empty() {
        Replacement::Remove
    } else {
        Replacement::Split(fresh)
    }
}

/// `*`, split by service (R7).
fn everything<'a>(universe: &Universe<'a>) -> Replacement<'a> {
    if !universe.scopes().iter().any(|scope| scope.any_unused) {
        return Replacement::Keep;
    }
    let mut fresh = Vec::new();
    for (at, scope) in universe.scopes().iter().enumerate() {
        if scope.withheld {
            fresh.extend(names_of(universe, at, |bit, _| !universe.unused().has(bit)));
        } else if scope.whole {
            // Nothing of it is left.
        } else if scope.any_unused && scope.known.is_some() {
            fresh.extend(prefixes(universe, at, "", Ends::Words, |bit| {
                !universe.unused().has(bit)
            }));
        } else {
            fresh.push(whole_service(scope));
        }
    }
    if fresh.is_empty() {
        Replacement::Remove
    } else {
        Replacement::Split(fresh)
    }
}

/// A pattern of a service that was not used at all, but has actions whose use AWS does not track. Only these are
/// kept, by name.
fn withheld<'a>(universe: &Universe<'a>, at: usize, pattern: &Pattern<'a>) -> Replacement<'a> {
    let names = names_of(universe, at, |bit, lower| {
        !universe.unused().has(bit) && pattern.matches_name(lower)
    });
    if names.is_empty() {
        Replacement::Remove
    } else if universe.meets(pattern, universe.unused()) {
        Replacement::Split(names)
    } else {
        Replacement::Keep
    }
}

/// `svc:*`
pub(super) fn whole_service<'a>(scope: &Scope<'a>) -> Pattern<'a> {
    Pattern::new(scope.prefix.clone(), Cow::Borrowed(""), Shape::Prefix)
}

/// The kept actions of a service under `root`, as prefixes and full names; `root` itself if nothing under it is
/// blocked.
pub(super) fn prefixes<'a>(
    universe: &Universe<'a>,
    at: usize,
    root: &str,
    ends: Ends,
    kept: impl Fn(usize) -> bool,
) -> Vec<Pattern<'a>> {
    let Some(scope) = universe.scopes().get(at) else {
        return Vec::new();
    };
    let names = SortedNames::new(universe, at, root);
    let nodes = if root.is_empty() && names.len() > 0 && (0..names.len()).all(|name| kept(names.bit(name))) {
        vec![Node {
            at: 0,
            len: 0,
            star: true,
        }]
    } else {
        cover(&names, root.len(), ends, kept)
    };
    let pattern = |node: Node| {
        let shape = if node.star { Shape::Prefix } else { Shape::Literal };
        Pattern::new(scope.prefix.clone(), names.spelled(node.at, node.len), shape)
    };
    nodes.into_iter().map(pattern).collect()
}

/// Full names of the actions of a service that `kept` accepts, given their bits and lower-case names.
pub(super) fn names_of<'a>(
    universe: &Universe<'a>,
    at: usize,
    kept: impl Fn(usize, &str) -> bool,
) -> Vec<Pattern<'a>> {
    let Some(scope) = universe.scopes().get(at) else {
        return Vec::new();
    };
    let names = SortedNames::new(universe, at, "");
    let held = (0..names.len()).filter(|name| kept(names.bit(*name), names.lower(*name)));
    held.map(|name| {
        let full = names.spelled(name, names.lower(name).len());
        Pattern::new(scope.prefix.clone(), full, Shape::Literal)
    })
    .collect()
}

/// Full names of all actions of a set, in byte order.
pub(super) fn names_in<'a>(universe: &Universe<'a>, set: &ActionBits) -> Vec<Pattern<'a>> {
    let scopes = 0..universe.scopes().len();
    let mut names: Vec<_> = scopes
        .flat_map(|at| names_of(universe, at, |bit, _| set.has(bit)))
        .collect();
    names.sort_by(Pattern::by_bytes);
    names
}

//! Safe prefixes of action names. A trie of their words, represented as sorted names and the length that neighbours
//! share.
//!
//! A prefix is safe if no blocked name begins with it, ignoring case. In sorted order, all names that begin with a
//! text are adjacent, so a prefix of a name is safe iff it is longer than what the name shares with the nearest
//! blocked name on either side. One pass in each direction finds that.

use std::borrow::Cow;
use std::ops::Range;

use crate::catalog::{Scope, Universe, next_cut};

/// The names of one service in sorted order, including names that the catalog lacks.
#[derive(Debug)]
pub(super) enum SortedNames<'u, 'a> {
    /// Only names of the catalog, without a copy.
    Known {
        scope: &'u Scope<'a>,
        first_bit: usize,
        range: Range<usize>,
    },
    /// Names of the catalog and others.
    Merged(Vec<Merged<'u, 'a>>),
}

/// One name of a merged list.
#[derive(Debug)]
pub(super) struct Merged<'u, 'a> {
    lower: &'u str,
    spelled: Cow<'a, str>,
    shared: usize,
    bit: usize,
}

impl<'u, 'a> SortedNames<'u, 'a> {
    /// The names of a service that begin with `root`, which may be empty.
    pub(super) fn new(universe: &'u Universe<'a>, at: usize, root: &str) -> Self {
        let Some(scope) = universe.scopes().get(at) else {
            return Self::Merged(Vec::new());
        };
        let range = scope.known.map_or(0..0, |service| service.with_root(root));
        let root = root.to_ascii_lowercase();
        let mut extras = universe
            .extras_of(at)
            .filter(|(_, extra)| extra.lower.starts_with(&root))
            .peekable();
        if extras.peek().is_none() {
            return Self::Known {
                scope,
                first_bit: universe.bit(at, 0),
                range,
            };
        }
        let known = range.filter_map(|place| {
            let service = scope.known?;
            Some((
                service.lower(place),
                Cow::Borrowed(service.spelled(place)),
                universe.bit(at, place),
            ))
        });
        let extras = extras.map(|(bit, extra)| (extra.lower.as_str(), extra.spelled.clone(), bit));
        let mut all: Vec<_> = known.chain(extras).collect();
        all.sort_by_key(|(lower, ..)| *lower);
        let mut before = "";
        let merged = all.into_iter().map(|(lower, spelled, bit)| {
            let shared = lower
                .bytes()
                .zip(before.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            before = lower;
            Merged {
                lower,
                spelled,
                shared,
                bit,
            }
        });
        Self::Merged(merged.collect())
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Known { range, .. } => range.len(),
            Self::Merged(names) => names.len(),
        }
    }

    /// Bit of the name in its universe.
    pub(super) fn bit(&self, at: usize) -> usize {
        match self {
            Self::Known { first_bit, range, .. } => first_bit + range.start + at,
            Self::Merged(names) => names.get(at).map_or(usize::MAX, |name| name.bit),
        }
    }

    pub(super) fn lower(&self, at: usize) -> &'u str {
        match self {
            Self::Known { scope, range, .. } => {
                scope.known.map_or("", |service| service.lower(range.start + at))
            }
            Self::Merged(names) => names.get(at).map_or("", |name| name.lower),
        }
    }

    /// The first `len` bytes of the name as spelled.
    pub(super) fn spelled(&self, at: usize, len: usize) -> Cow<'a, str> {
        match self {
            Self::Known { scope, range, .. } => {
                let name = scope
                    .known
                    .map_or("", |service| service.spelled(range.start + at));
                Cow::Borrowed(name.get(..len).unwrap_or(name))
            }
            Self::Merged(names) => match names.get(at).map(|name| &name.spelled) {
                Some(Cow::Borrowed(name)) => Cow::Borrowed(name.get(..len).unwrap_or(name)),
                Some(Cow::Owned(name)) => Cow::Owned(name.get(..len).unwrap_or(name).to_owned()),
                None => Cow::Borrowed(""),
            },
        }
    }

    /// Number of bytes that the name shares with the previous one. Never asked for the first name.
    fn shared(&self, at: usize) -> usize {
        match self {
            Self::Known { scope, range, .. } => {
                scope.known.map_or(0, |service| service.shared(range.start + at))
            }
            Self::Merged(names) => names.get(at).map_or(0, |name| name.shared),
        }
    }
}

/// Where a prefix may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// At the end of a word, which is readable (R4).
    Words,
    /// Anywhere, for the fewest characters (F1).
    Anywhere,
}

/// A pattern: the first `len` bytes of a name, with or without a star.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) star: bool,
}

/// Covers exactly the `kept` names by full names and by prefixes longer than `root`. All other names are blocked.
pub(super) fn cover(
    names: &SortedNames<'_, '_>,
    root: usize,
    ends: Ends,
    kept: impl Fn(usize) -> bool,
) -> Vec<Node> {
    let kept: Vec<bool> = (0..names.len()).map(|at| kept(names.bit(at))).collect();
    let is_kept = |at: usize| kept.get(at).copied().unwrap_or(false);

    // For each name, the longest prefix it shares with a blocked one.
    let mut floor = vec![root; names.len()];
    let raise = |floor: &mut [usize], at: usize, shared: usize| {
        if let Some(floor) = floor.get_mut(at) {
            *floor = shared.max(*floor);
        }
    };
    let mut shared = 0;
    for at in 0..names.len() {
        shared = shared.min(names.shared(at));
        if is_kept(at) {
            raise(&mut floor, at, shared);
        } else {
            shared = usize::MAX;
        }
    }
    shared = 0;
    for at in (0..names.len()).rev() {
        if is_kept(at) {
            raise(&mut floor, at, shared);
        } else {
            shared = usize::MAX;
        }
        shared = shared.min(names.shared(at));
    }

    let mut nodes: Vec<(Node, usize)> = Vec::new();
    // Open nodes, the innermost last.
    let mut open: Vec<usize> = Vec::new();
    for at in 0..names.len() {
        let shared = if at == 0 { 0 } else { names.shared(at) };
        let len_of = |node: &usize| nodes.get(*node).map_or(0, |(node, _)| node.len);
        while open.last().is_some_and(|node| len_of(node) > shared) {
            open.pop();
        }
        if !is_kept(at) {
            continue;
        }
        let name = names.lower(at);
        let floor = floor.get(at).copied().unwrap_or(root);
        if floor >= name.len() {
            // A prefix of a blocked name, or the root itself: only the full name is safe.
            nodes.push((
                Node {
                    at,
                    len: name.len(),
                    star: false,
                },
                1,
            ));
            continue;
        }
        // Words are recognised by capitals, so search the name as spelled.
        let len = match ends {
            Ends::Words => next_cut(&names.spelled(at, name.len()), floor),
            Ends::Anywhere => (floor + 1..name.len())
                .find(|len| name.is_char_boundary(*len))
                .unwrap_or(name.len()),
        };
        match open.iter().find(|node| len_of(node) == len) {
            Some(&node) => {
                if let Some((node, takers)) = nodes.get_mut(node) {
                    *takers += 1;
                    node.star = true;
                }
            }
            None => {
                nodes.push((Node { at, len, star: false }, 1));
                open.push(nodes.len() - 1);
                // Shorter nodes first, so that the innermost is closed first.
                open.sort_by_key(|node| nodes.get(*node).map_or(0, |(node, _)| node.len));
            }
        }
    }
    let finish = |(mut node, takers): (Node, usize)| {
        let full = names.lower(node.at).len();
        if takers == 1 {
            // A single name is written in full, unless the fewest characters are wanted.
            node.star = ends == Ends::Anywhere && node.len + 1 < full;
            node.len = if node.star { node.len } else { full };
        }
        node
    };
    let mut nodes: Vec<Node> = nodes.into_iter().map(finish).collect();
    drop_covered(names, &mut nodes);
    nodes
}

/// Removes nodes that another one covers. In sorted order, a prefix comes right before everything that it covers.
fn drop_covered(names: &SortedNames<'_, '_>, nodes: &mut Vec<Node>) {
    let text = |node: &Node| names.lower(node.at).get(..node.len).unwrap_or_default();
    nodes.sort_by(|a, b| text(a).cmp(text(b)).then(b.star.cmp(&a.star)));
    let mut cover: Option<&str> = None;
    nodes.retain(|node| {
        let text = text(node);
        if cover.is_some_and(|cover| text.starts_with(cover)) {
            return false;
        }
        if node.star {
            cover = Some(text);
        }
        true
    });
}

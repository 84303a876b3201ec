//! Patterns by the service that they are about, so that nobody goes through a whole list for each service or name.

use super::Universe;
use crate::policy::{Pattern, Shape};

/// Patterns with their places in a list. `*` stands under no service, and so does one that the universe does not cover.
pub struct ByService<'d, 'a>(Vec<(Option<usize>, usize, &'d Pattern<'a>)>);

impl<'d, 'a: 'd> ByService<'d, 'a> {
    pub(crate) fn new(universe: &Universe<'a>, patterns: impl IntoIterator<Item = &'d Pattern<'a>>) -> Self {
        let placed = patterns.into_iter().enumerate();
        let mut all: Vec<_> = placed.map(|(place, it)| (universe.scope_of(it), place, it)).collect();
        all.sort_by_key(|(scope, place, _)| (*scope, *place));
        Self(all)
    }

    /// Those of one service, or those of none, each with its place.
    pub(crate) fn of(
        &self,
        scope: Option<usize>,
    ) -> impl Iterator<Item = (usize, &'d Pattern<'a>)> + use<'_, 'd, 'a> {
        let start = self.0.partition_point(|(other, ..)| *other < scope);
        let here = self.0.get(start..).unwrap_or_default().iter();
        here.take_while(move |(other, ..)| *other == scope).map(|(_, place, pattern)| (*place, *pattern))
    }

    /// Those that can match an action of a service: its own, and every `*`.
    pub(crate) fn about(
        &self,
        scope: Option<usize>,
    ) -> impl Iterator<Item = &'d Pattern<'a>> + use<'_, 'd, 'a> {
        let all = self.of(None).map(|(_, pattern)| pattern).filter(|pattern| pattern.shape == Shape::All);
        let own = scope.into_iter().flat_map(|at| self.of(Some(at)));
        all.chain(own.map(|(_, pattern)| pattern))
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'d Pattern<'a>> + use<'_, 'd, 'a> {
        self.0.iter().map(|(.., pattern)| *pattern)
    }
}

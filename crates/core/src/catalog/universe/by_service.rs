//! Patterns indexed by service, so that no look-up has to search a whole list.

use super::Universe;
use crate::policy::{Pattern, Shape};

/// Patterns with their positions in a list. `*` belongs to no service, and neither does a pattern whose service the
/// universe does not cover.
pub struct ByService<'d, 'a>(Vec<(Option<usize>, usize, &'d Pattern<'a>)>);

impl<'d, 'a: 'd> ByService<'d, 'a> {
    pub(crate) fn new(universe: &Universe<'a>, patterns: impl IntoIterator<Item = &'d Pattern<'a>>) -> Self {
        let placed = patterns.into_iter().enumerate();
        let mut all: Vec<_> = placed
            .map(|(place, it)| (universe.scope_of(it), place, it))
            .collect();
        all.sort_by_key(|(scope, place, _)| (*scope, *place));
        Self(all)
    }

    /// Those of one service, or those of none, with their positions.
    pub(crate) fn of(
        &self,
        scope: Option<usize>,
    ) -> impl Iterator<Item = (usize, &'d Pattern<'a>)> + use<'_, 'd, 'a> {
        let start = self.0.partition_point(|(other, ..)| *other < scope);
        let here = self.0.get(start..).unwrap_or_default().iter();
        here.take_while(move |(other, ..)| *other == scope)
            .map(|(_, place, pattern)| (*place, *pattern))
    }

    /// Those that can match an action of a service: its own, and every `*`.
    pub(crate) fn about(
        &self,
        scope: Option<usize>,
    ) -> impl Iterator<Item = &'d Pattern<'a>> + use<'_, 'd, 'a> {
        let all = self
            .of(None)
            .map(|(_, pattern)| pattern)
            .filter(|pattern| pattern.shape == Shape::All);
        let own = scope.into_iter().flat_map(|at| self.of(Some(at)));
        all.chain(own.map(|(_, pattern)| pattern))
    }

    /// All patterns.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'d Pattern<'a>> + use<'_, 'd, 'a> {
        self.0.iter().map(|(.., pattern)| *pattern)
    }
}

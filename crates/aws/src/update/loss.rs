//! What a new catalog lacks compared with the one in use.
//!
//! An action that the catalog lacks is lost when a wildcard is split, so a catalog that lost actions by accident
//! would remove permissions that are in use. AWS rarely withdraws actions: none of twenty thousand in nine days.

use std::collections::BTreeMap;
use std::fmt;

use leastwise_core::catalog::Catalog;

/// A service that lost more than AWS is likely to have taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Its prefix.
    pub service: String,
    /// How many actions it had.
    pub before: usize,
    /// How many it would have.
    pub after: usize,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            before,
            after,
        } = self;
        write!(f, "{service} {before} -> {after}")
    }
}

/// The services that are missing or lost more than a fifth of their actions. Of fewer than five actions one is already
/// more than a fifth, and may go; the last one may not.
pub(super) fn losses(before: &Catalog, after: &Catalog) -> Vec<Loss> {
    let now = sizes(after);
    let losses = sizes(before).into_iter().filter_map(|(service, before)| {
        let after = now.get(service).copied().unwrap_or(0);
        let tolerated = (before / 5).max(1);
        let lost = before.saturating_sub(after);
        (after == 0 || lost > tolerated).then(|| Loss {
            service: service.to_owned(),
            before,
            after,
        })
    });
    losses.collect()
}

fn sizes(catalog: &Catalog) -> BTreeMap<&str, usize> {
    let mut sizes = BTreeMap::new();
    for action in catalog.actions() {
        *sizes.entry(action.service).or_default() += 1;
    }
    sizes
}

/// For a message: at most ten of them.
pub(super) struct Listed<'l>(pub(super) &'l [Loss]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 10;
        for (number, loss) in self.0.iter().take(MOST).enumerate() {
            if number > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{loss}")?;
        }
        match self.0.len().checked_sub(MOST) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, " and {more} more"),
        }
    }
}

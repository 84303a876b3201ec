//! The spot check (rule E21): whether AWS still returns a cached finding as it was read.

use std::hash::BuildHasher;

use super::{Remembered, State};
use crate::Recall;
use leastwise_core::evidence::{Detail, Finding};

/// One in this many cached findings of an account is read again. About one in a hundred changes between daily
/// runs anyway, so a run is still some thirty times cheaper than a full scan, and each finding is checked
/// about every fifty runs.
const ONE_IN: usize = 50;
/// Maximum per account. If one finding in ten changed, this many find it with a probability of 88 %, and a
/// large account must not prolong a run.
const MOST: usize = 20;

impl State {
    /// Draws the findings that are checked and puts them with those that are to be read: at least one, if there is any.
    pub(in crate::recorded) fn draw(&self, recall: &mut Recall) {
        let remembered = &mut recall.remembered;
        let wanted = remembered.len().div_ceil(ONE_IN).min(MOST);
        // The key of the hash is the run's own, so any finding may come last, whatever its id.
        remembered.sort_by_cached_key(|it| self.lot.hash_one(&it.listed.id));
        let drawn = remembered.split_off(remembered.len().saturating_sub(wanted));
        recall.unread.extend(drawn.into_iter().map(|it| it.listed));
    }
}

impl Remembered {
    /// Whether a finding differs from the cached one although its entry in AWS's list is unchanged. The order
    /// of details does not matter.
    pub(in crate::recorded) fn is_contradicted_by(&self, read: &Finding) -> bool {
        self.unchanged(read)
            .is_some_and(|known| read.error.is_some() || sorted(known) != sorted(read))
    }
}

fn sorted(finding: &Finding) -> Option<Vec<Detail>> {
    let mut details = finding.finding_details.clone()?;
    for detail in &mut details {
        let actions = detail
            .unused_permission_details
            .as_mut()
            .and_then(|service| service.actions.as_mut());
        if let Some(actions) = actions {
            actions.sort_unstable();
        }
    }
    details.sort_unstable();
    Some(details)
}

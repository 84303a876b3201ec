//! What one change takes from a principal if no other change is made: a trial denies exactly that.

use std::collections::{BTreeMap, BTreeSet};

use super::{After, Effects};
use crate::catalog::Permissions;
use crate::decide::PolicyPlan;

/// What one change alone takes from one principal.
pub(in crate::advise) struct LostAlone<'e, 't> {
    /// The change, by id.
    pub(in crate::advise) change: &'e str,
    /// What the principal can no longer do through any policy.
    pub(in crate::advise) lost: Permissions<'t>,
    /// What the changed policy loses and another grant still allows.
    pub(in crate::advise) also_granted: Permissions<'t>,
    /// The changed policy is all that grants anything to the principal, so that the same goes for all like it.
    pub(in crate::advise) is_plain: bool,
}

impl<'t> Effects<'t> {
    /// Notes what a policy, which is not added yet, grants to those who have it from elsewhere: from another policy, or from
    /// this one by an attachment that fares differently.
    pub(super) fn granted_again(
        &mut self,
        held: &PolicyPlan<'_>,
        before: &Permissions<'t>,
        after: &[After<'_, 't>],
    ) {
        let mut fates: BTreeMap<usize, BTreeSet<Option<&str>>> = BTreeMap::new();
        for holder in &held.holders {
            let changed = after.iter().find(|it| it.holders.contains(holder));
            for at in self.reached(*holder) {
                fates
                    .entry(at)
                    .or_default()
                    .insert(changed.map(|it| it.change.as_str()));
            }
        }
        for (at, fates) in fates {
            let Some(person) = self.people.get_mut(at) else {
                continue;
            };
            let mut again = before.clone();
            if fates.len() < 2 {
                again.intersect(&person.before);
            }
            person.twice.union_with(&again);
        }
    }

    /// What each change takes from one principal if it is made and no other change.
    pub(in crate::advise) fn lost_alone(&self, at: usize) -> impl Iterator<Item = LostAlone<'_, 't>> {
        let people = self.people.get(at).into_iter();
        let losses = people.flat_map(|it| it.losses.iter().map(move |(change, lost)| (it, change, lost)));
        losses.map(|(person, change, all)| {
            let (mut lost, mut also_granted) = (all.clone(), all.clone());
            // What cannot be read may grant anything.
            let again = if person.is_unread { all } else { &person.twice };
            lost.subtract(again);
            also_granted.intersect(again);
            let is_plain = !person.is_unread && person.twice.is_nothing();
            LostAlone {
                change,
                lost,
                also_granted,
                is_plain,
            }
        })
    }
}

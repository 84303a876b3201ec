//! What a trial of each change denies. A principal is denied only what it would lose by that change alone, so principals of
//! one change that have other policies beside it get other trials: also the members of a group, each its own.

use std::collections::{BTreeMap, BTreeSet};

use super::denied::of_principal;
use super::work::AccountAdvisor;
use crate::decide::{FamilyKind, Holder, QuotaUse};
use crate::refine::{MOST_ATTACHED, USUALLY_ATTACHED};
use crate::report::{Trial, TrialRow};
use crate::trial::names;

impl AccountAdvisor<'_, '_> {
    /// What the trials of the account's changes deny. Of a permission set, which is changed everywhere at once, only what
    /// this account has to say is noted.
    pub(super) fn trials(&mut self) -> Vec<TrialRow> {
        let basis = self.terms.basis();
        let sets = self.shares.iter().enumerate().filter(|(_, share)| {
            self.families
                .get(share.index)
                .is_some_and(|it| it.slot.kind == FamilyKind::PermissionSet)
        });
        let sets: BTreeMap<String, usize> = sets.map(|(at, share)| (share.id.clone(), at)).collect();
        let mut also_granted: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let mut rows: BTreeMap<(String, Trial), Vec<String>> = BTreeMap::new();
        let mut plain: BTreeMap<(String, usize), Trial> = BTreeMap::new();
        for (at, principal) in self.prepared.inventory.principals.iter().enumerate() {
            for alone in self.effects.lost_alone(at) {
                if let Some(share) = sets.get(alone.change) {
                    let whole: BTreeSet<String> = names(&alone.lost, basis.harvest).into_iter().collect();
                    let all = alone.lost.iter();
                    let all = all.map(|(service, name, _)| format!("{service}:{name}"));
                    let also = also_granted.entry(*share).or_default();
                    also.extend(names(&alone.also_granted, basis.harvest));
                    // Another policy may allow a part of a pattern that is not lost as a whole.
                    also.extend(all.filter(|name| !whole.contains(name)));
                    continue;
                }
                let room = self.room(at);
                let key = (alone.change.to_owned(), room);
                let known = plain.get(&key).filter(|_| alone.is_plain);
                let trial = known
                    .cloned()
                    .unwrap_or_else(|| of_principal(&alone, room, basis));
                if alone.is_plain {
                    plain.insert(key, trial.clone());
                }
                if trial != Trial::default() {
                    let row = rows.entry((alone.change.to_owned(), trial));
                    row.or_default().push(principal.arn.clone());
                }
            }
        }
        for (share, names) in also_granted {
            if let Some(share) = self.shares.get_mut(share) {
                share.also_granted = names;
            }
        }
        let row = |((change, trial), mut principals): ((String, Trial), Vec<String>)| {
            principals.sort();
            TrialRow {
                change,
                principals,
                trial,
            }
        };
        rows.into_iter().map(row).collect()
    }

    /// How many more managed policies a principal can have.
    fn room(&self, at: usize) -> usize {
        let attached = QuotaUse::of(&[Holder::Principal(at)], &self.prepared.inventory).attached;
        // As for copies: a principal above the default quota has had it raised.
        USUALLY_ATTACHED
            .max(attached)
            .min(MOST_ATTACHED)
            .saturating_sub(attached)
    }
}

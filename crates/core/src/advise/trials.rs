//! What a trial of each change denies. A principal is denied only what it would lose by that change alone, so principals of
//! one change that have other policies beside it get other trials: also the members of a group, each its own.

use std::collections::{BTreeMap, BTreeSet};

use super::effect::{LostAlone, allowed_by};
use super::refinement::Refinement;
use super::work::AccountAdvisor;
use crate::catalog::Basis;
use crate::decide::{FamilyKind, Holder, PolicyKind, PolicySlot, QuotaUse};
use crate::policy::{Document, parse_all};
use crate::refine::{MOST_ATTACHED, USUALLY_ATTACHED};
use crate::report::{Trial, TrialRow, TrialSize};
use crate::trial::{TrialDoesNotFit, TrialRoom, deny, deny_names, names};

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

fn of_principal(alone: &LostAlone<'_, '_>, room: usize, basis: Basis<'_>) -> Trial {
    let actions = names(&alone.lost, basis.harvest).len();
    let also_allowed = names(&alone.also_granted, basis.harvest).len();
    trial(
        deny(&alone.lost, basis.harvest, TrialRoom::attached(room)),
        actions,
        also_allowed,
    )
}

/// Of a permission set: what all of its accounts lose.
pub(super) fn of_permission_set(
    smaller: &Refinement,
    slot: &PolicySlot,
    also_granted: &BTreeSet<String>,
    basis: Basis<'_>,
) -> Trial {
    let taken = match slot.policy_kind {
        PolicyKind::Inline => parse_all(&smaller.before)
            .unwrap_or_default()
            .iter()
            .map(Document::quota_chars)
            .sum(),
        PolicyKind::CustomerManaged | PolicyKind::AwsManaged => 0,
    };
    let room = TrialRoom::in_permission_set(taken);
    let mut lost = allowed_by(basis.catalog, &smaller.before);
    lost.subtract(&allowed_by(basis.catalog, &smaller.after));
    let mut all = names(&lost, basis.harvest);
    let before = all.len();
    all.retain(|name| !also_granted.contains(name));
    let (actions, also_allowed) = (all.len(), before - all.len());
    // A wildcard may overlap the other policies of some account, so list names if there are any.
    let denied = if also_granted.is_empty() {
        deny(&lost, basis.harvest, room)
    } else {
        deny_names(all, room)
    };
    trial(denied, actions, also_allowed)
}

fn trial(denied: Result<Vec<Vec<String>>, TrialDoesNotFit>, actions: usize, also_allowed: usize) -> Trial {
    match denied {
        Ok(deny) => Trial {
            deny,
            actions,
            also_allowed,
            does_not_fit: None,
        },
        Err(TrialDoesNotFit { policies, room }) => {
            let does_not_fit = Some(TrialSize { policies, room });
            Trial {
                deny: Vec::new(),
                actions,
                also_allowed,
                does_not_fit,
            }
        }
    }
}

//! Why a policy with unused permissions is not changed, and who blocks it.

use super::prepared::RemovableActions;
use super::why::{self, Sharers};
use super::work::{AccountAdvisor, PolicyContext};
use crate::decide::{Holder, Obstacle, PolicyPlan};
use crate::report::PolicyState;

impl<'i, 't> AccountAdvisor<'i, 't> {
    /// Why some principals cannot all lose anything from a policy, although one of them does not use all of it.
    pub(super) fn unspared(
        &self,
        context: PolicyContext<'_, 'i, 't>,
        reaches: &[usize],
    ) -> (PolicyState, String) {
        let spare = self.effects.spare(reaches, context.allows);
        if spare.is_empty() {
            return why::obstacle(Obstacle::InUse, &Sharers::default());
        }
        let rules = self.terms.exceptions.of(&self.prepared.inventory);
        let people = reaches
            .iter()
            .filter_map(|at| self.prepared.inventory.principals.get(*at));
        let kept: Vec<_> = people
            .map(|who| rules.kept(who, context.held.target.name()))
            .collect();
        let lately =
            RemovableActions::of(self.prepared, self.terms).changed_lately(context.held.target.name());
        let is_kept = |service: &str, name: &str| kept.iter().any(|kept| kept.keeps(service, name));
        why::unspared(
            spare.iter().all(|(service, name, _)| is_kept(service, name)),
            lately,
        )
    }

    /// Principals and groups that count as using everything.
    pub(super) fn sharers(
        &self,
        held: &PolicyPlan<'i>,
        holders: &[Holder<'i>],
        reaches: &[usize],
    ) -> Sharers {
        let mut sharers = Sharers::default();
        let people = &self.prepared.inventory.principals;
        for at in reaches.iter().filter(|at| held.blockers.contains(at)) {
            sharers.unknown.extend(people.get(*at).map(|it| it.arn.clone()));
        }
        for at in reaches.iter().filter(|at| held.reserves.contains(at)) {
            let hint = self.prepared.emergencies.get(*at).cloned().flatten();
            let all = if hint.is_some() {
                &mut sharers.reserves
            } else {
                &mut sharers.idle
            };
            all.extend(people.get(*at).map(|it| it.arn.clone()));
        }
        for name in held
            .reserve_groups
            .iter()
            .filter(|name| holders.contains(&Holder::Group(name)))
        {
            let is_kept = self.prepared.is_reserve_group(name);
            let all = if is_kept {
                &mut sharers.reserves
            } else {
                &mut sharers.empty_groups
            };
            all.extend(
                self.prepared
                    .inventory
                    .groups
                    .get(*name)
                    .map(|group| group.arn.clone()),
            );
        }
        sharers
    }
}

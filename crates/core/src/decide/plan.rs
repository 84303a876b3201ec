//! Every attached policy of an account, and how it could be reduced.
//!
//! A policy is edited in place for all principals it applies to, or copied for some of them. What a principal can
//! lose is the same either way; which other principals prevent it differs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::family::{Families, PolicySlot};
use super::policy_plan::{EditScope, GrantAge, Holder, PolicyLocation, PolicyPlan, is_aws_managed};
use super::removable::Removable;
use super::standing::Standing;
use crate::catalog::Unobserved;
use crate::inventory::Inventory;
use crate::inventory::wire::{AttachedPolicy, PolicyText};
use crate::policy::{ActionSet, Document, Services};

/// Questions about one principal and one policy.
pub trait PlanFacts {
    /// What can be removed from the principal with this index, in a policy with this name or ARN.
    fn removable(&self, principal: usize, policy: &str) -> Cow<'_, Removable>;

    /// What this principal uses.
    fn used(&self, principal: usize) -> Cow<'_, ActionSet>;

    /// Actions whose use AWS does not track.
    fn unobserved(&self) -> &Unobserved;

    /// Whether the name or tags of this principal suggest that it is used only in an emergency.
    fn is_reserve(&self, _principal: usize) -> bool {
        false
    }

    /// Whether a group's name suggests the same for its members.
    fn is_reserve_group(&self, _group: &str) -> bool {
        false
    }

    /// How long a policy with this name or ARN has been attached.
    fn age(&self, _holder: Holder<'_>, _policy: &str) -> GrantAge {
        GrantAge::Settled
    }

    /// Whether a rule keeps this policy of the principal unchanged.
    fn is_excepted(&self, _principal: usize, _policy: &str) -> bool {
        false
    }
}

/// Every attached policy, in the order of their locations.
pub fn plan<'i>(
    inventory: &'i Inventory,
    standings: &[Standing],
    facts: &dyn PlanFacts,
    families: &Families,
) -> Vec<PolicyPlan<'i>> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, principal) in inventory.principals.iter().enumerate() {
        principal
            .groups
            .iter()
            .for_each(|group| members.entry(group).or_default().push(at));
    }
    let mut planner = Planner {
        inventory,
        standings,
        facts,
        families,
        members,
        held: Vec::new(),
    };
    planner.inline();
    planner.managed();
    planner.held
}

struct Planner<'i, 's> {
    inventory: &'i Inventory,
    standings: &'s [Standing],
    facts: &'s dyn PlanFacts,
    families: &'s Families,
    /// Users of each group.
    members: BTreeMap<&'i str, Vec<usize>>,
    held: Vec<PolicyPlan<'i>>,
}

impl<'i> Planner<'i, '_> {
    fn inline(&mut self) {
        for (at, principal) in self.inventory.principals.iter().enumerate() {
            for policy in &principal.inline {
                let target = PolicyLocation::Inline {
                    holder: Holder::Principal(at),
                    policy: &policy.policy_name,
                };
                self.one(
                    target,
                    &policy.policy_document,
                    None,
                    vec![Holder::Principal(at)],
                    principal.permission_set(),
                );
            }
        }
        for (name, group) in &self.inventory.groups {
            for policy in &group.group_policy_list {
                let target = PolicyLocation::Inline {
                    holder: Holder::Group(name),
                    policy: &policy.policy_name,
                };
                self.one(
                    target,
                    &policy.policy_document,
                    None,
                    vec![Holder::Group(name)],
                    None,
                );
            }
        }
    }

    fn managed(&mut self) {
        let mut holders: BTreeMap<&'i str, Vec<Holder<'i>>> = BTreeMap::new();
        let mut add = |attached: &'i [AttachedPolicy], holder| {
            attached
                .iter()
                .for_each(|policy| holders.entry(&policy.policy_arn).or_default().push(holder));
        };
        for (at, principal) in self.inventory.principals.iter().enumerate() {
            add(&principal.attached, Holder::Principal(at));
        }
        for (name, group) in &self.inventory.groups {
            add(&group.attached_managed_policies, Holder::Group(name));
        }
        for (arn, mut holders) in holders {
            holders.dedup();
            let Some(policy) = self.inventory.managed.get(arn) else {
                continue;
            };
            let Some(text) = policy.document() else { continue };
            let updated = policy.update_date.as_deref();
            if !is_aws_managed(arn) {
                self.one(PolicyLocation::Managed { arn }, text, updated, holders, None);
                continue;
            }
            let (sets, others): (Vec<_>, Vec<_>) = holders
                .into_iter()
                .partition(|holder| self.permission_set(*holder).is_some());
            // A role of a permission set is made anew from it: what is attached there is changed there.
            for holder in sets {
                self.one(
                    PolicyLocation::Aws { arn },
                    text,
                    updated,
                    vec![holder],
                    self.permission_set(holder),
                );
            }
            if !others.is_empty() {
                self.one(PolicyLocation::Aws { arn }, text, updated, others, None);
            }
        }
    }

    fn one(
        &mut self,
        target: PolicyLocation<'i>,
        text: &'i PolicyText,
        updated: Option<&'i str>,
        holders: Vec<Holder<'i>>,
        set: Option<&'i str>,
    ) {
        let document = Document::parse(&text.0);
        let services = document.as_ref().map_or(Services::All, Document::services);
        let reaches = self.reached(&holders);
        let blind = |at: &usize| self.standings.get(*at).is_some_and(Standing::is_blind);
        let mut held = PolicyPlan {
            blockers: reaches.iter().copied().filter(blind).collect(),
            excepted: self.excepted(&reaches, target.name()),
            idle: reaches.iter().copied().filter(|at| self.is_idle(*at)).collect(),
            reserves: self.reserves(&holders, &reaches),
            reserve_groups: self.reserve_groups(&holders),
            ages: holders
                .iter()
                .map(|holder| self.facts.age(*holder, target.name()))
                .collect(),
            advises: self.advises(&reaches),
            bounds: false,
            unseen: false,
            in_place: None,
            copies: Vec::new(),
            target,
            text,
            inline_chars: match (&document, target) {
                (Ok(document), PolicyLocation::Inline { .. }) => document.quota_chars(),
                _ => 0,
            },
            document,
            services,
            updated,
            holders,
            reaches,
            set,
        };
        let policy = self.inventory.managed.get(target.name());
        if let (PolicyLocation::Managed { arn }, Some(policy)) = (target, policy) {
            held.bounds = policy
                .permissions_boundary_usage_count
                .is_some_and(|count| count > 0)
                || self
                    .inventory
                    .principals
                    .iter()
                    .any(|it| it.boundary.as_deref() == Some(arn));
            // It may also be attached to a principal that the account data does not contain.
            held.unseen = policy
                .attachment_count
                .is_some_and(|count| count as usize > held.holders.len());
        }
        let slot = PolicySlot::of(&held, self.inventory);
        if !matches!(target, PolicyLocation::Aws { .. }) || set.is_some() {
            let removable = self.removable_of_all(&held.reaches, target.name(), &held.services);
            let used = self.used_by(&held.reaches, &held.services);
            let family = slot.and_then(|slot| self.families.of(&slot, &held.text.0));
            let (holders, reaches) = (held.holders.clone(), held.reaches.clone());
            held.in_place = Some(EditScope {
                holders,
                reaches,
                removable,
                used,
                family,
            });
        }
        if held.advises && set.is_none() && !matches!(target, PolicyLocation::Inline { .. }) {
            held.copies = self.copies(&held);
        }
        self.held.push(held);
    }

    /// One copy for each different set of removable permissions.
    fn copies(&self, held: &PolicyPlan<'i>) -> Vec<EditScope<'i>> {
        let mut parts: Vec<EditScope<'i>> = Vec::new();
        let mut by_removable: BTreeMap<Removable, usize> = BTreeMap::new();
        for holder in &held.holders {
            let reaches = self.reached(&[*holder]);
            // Of an idle principal the advice is its deletion; one of a permission set cannot be given another policy here.
            if !self.advises(&reaches) || self.permission_set(*holder).is_some() {
                continue;
            }
            let is_free = self.reserves(&[*holder], &reaches).is_empty()
                && self.reserve_groups(&[*holder]).is_empty()
                && !matches!(held.age(&[*holder]), GrantAge::Young(_));
            let removable = self.removable_of_all(&reaches, held.target.name(), &held.services);
            if removable.is_nothing() || !is_free {
                continue;
            }
            let used = self.used_by(&reaches, &held.services);
            let slot = PolicySlot::of_holder(held.target, *holder, self.inventory);
            if let Some(family) = slot.and_then(|slot| self.families.of(&slot, &held.text.0)) {
                parts.push(EditScope {
                    holders: vec![*holder],
                    reaches,
                    removable,
                    used,
                    family: Some(family),
                });
                continue;
            }
            match by_removable.get(&removable).and_then(|at| parts.get_mut(*at)) {
                Some(part) => part.add(*holder, &reaches, &used),
                None => {
                    by_removable.insert(removable.clone(), parts.len());
                    parts.push(EditScope {
                        holders: vec![*holder],
                        reaches,
                        removable,
                        used,
                        family: None,
                    });
                }
            }
        }
        parts
    }

    /// What all of some principals can lose.
    fn removable_of_all(&self, principals: &[usize], policy: &str, services: &Services) -> Removable {
        let mut all: Option<Removable> = None;
        for at in principals {
            let one = self.facts.removable(*at, policy).within(services);
            let both = match all {
                Some(all) => all.and(&one, self.facts.unobserved()),
                None => one,
            };
            if both.is_nothing() {
                return Removable::Nothing;
            }
            all = Some(both);
        }
        all.unwrap_or(Removable::Anything)
    }

    /// What some principals use together.
    fn used_by(&self, principals: &[usize], services: &Services) -> ActionSet {
        let mut all = ActionSet::new();
        principals
            .iter()
            .for_each(|at| all.extend(&self.facts.used(*at), services));
        all
    }

    /// Those who may need more of a shared policy than they have used (E20). A role of a permission set shares
    /// nothing with others in its account.
    fn reserves(&self, holders: &[Holder<'i>], reaches: &[usize]) -> Vec<usize> {
        let is_shared = reaches.len() > 1 || !self.reserve_groups(holders).is_empty();
        let is_reserve = |at: &usize| self.is_idle(*at) || self.is_active(*at) && self.facts.is_reserve(*at);
        reaches
            .iter()
            .copied()
            .filter(|at| is_shared && is_reserve(at))
            .collect()
    }

    fn reserve_groups(&self, holders: &[Holder<'i>]) -> Vec<&'i str> {
        let groups = holders.iter().filter_map(|holder| match holder {
            Holder::Group(name) => Some(*name),
            Holder::Principal(_) => None,
        });
        let is_empty = |name: &str| self.members.get(name).is_none_or(Vec::is_empty);
        groups
            .filter(|name| is_empty(name) || self.facts.is_reserve_group(name))
            .collect()
    }

    /// Whether any of them has unused permissions without being idle. For an idle principal, deletion is
    /// recommended instead.
    fn advises(&self, principals: &[usize]) -> bool {
        principals.iter().any(|at| self.is_active(*at))
    }

    /// Whether a principal has unused permissions and is not entirely idle.
    fn is_active(&self, principal: usize) -> bool {
        matches!(self.standings.get(principal), Some(Standing::Unused(_)))
    }

    fn excepted(&self, principals: &[usize], policy: &str) -> Vec<usize> {
        principals
            .iter()
            .copied()
            .filter(|at| self.facts.is_excepted(*at, policy))
            .collect()
    }

    fn is_idle(&self, principal: usize) -> bool {
        matches!(self.standings.get(principal), Some(Standing::Idle(_)))
    }

    fn permission_set(&self, holder: Holder<'i>) -> Option<&'i str> {
        match holder {
            Holder::Principal(at) => self.inventory.principals.get(at)?.permission_set(),
            Holder::Group(_) => None,
        }
    }

    fn reached(&self, holders: &[Holder<'i>]) -> Vec<usize> {
        let mut reached = BTreeSet::new();
        for holder in holders {
            match holder {
                Holder::Principal(at) => drop(reached.insert(*at)),
                Holder::Group(name) => reached.extend(self.members.get(name).into_iter().flatten()),
            }
        }
        reached.into_iter().collect()
    }
}

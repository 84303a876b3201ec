//! Which policies may lose what.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::Needs;
use super::standing::Standing;
use crate::inventory::wire::{AttachedPolicy, InlinePolicy, ManagedPolicyDetail, PolicyText};
use crate::inventory::{Inventory, PrincipalKind};

/// Who holds a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder<'i> {
    /// A role or a user, by its place in the inventory.
    Principal(usize),
    /// A group, by name.
    Group(&'i str),
}

/// What is to be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<'i> {
    /// An inline policy.
    Inline {
        /// Who holds it.
        holder: Holder<'i>,
        /// Its name.
        policy: &'i str,
    },
    /// A customer-managed policy, in place.
    Managed {
        /// Its ARN.
        arn: &'i str,
    },
    /// An AWS-managed policy, which a customer-managed copy replaces.
    Replacement {
        /// The ARN of AWS's policy.
        arn: &'i str,
        /// For whom.
        holder: Holder<'i>,
    },
}

/// A policy that may lose something.
#[derive(Debug, Clone)]
pub struct Edit<'i> {
    /// Which.
    pub target: Target<'i>,
    /// Its document.
    pub document: &'i PolicyText,
    /// When it was last changed, if AWS tells.
    pub updated: Option<&'i str>,
    /// What may go.
    pub needs: Needs,
    /// The principals that it reaches, by place in the inventory.
    pub reaches: Vec<usize>,
}

/// A policy that must stay as it is although somebody does not use all of it.
#[derive(Debug, Clone)]
pub struct Keeps<'i> {
    /// Its ARN, or a name for an inline policy of a group.
    pub policy: &'i str,
    /// The principals that it reaches, by place in the inventory.
    pub reaches: Vec<usize>,
    /// Those of them of which nothing is known.
    pub blockers: Vec<usize>,
    /// It bounds principals: editing it would narrow them all.
    pub is_boundary: bool,
    /// It is attached more often than this account shows.
    pub unseen: bool,
}

/// Everything that may be edited in one account, and what has to stay.
pub fn plan_edits<'i>(inventory: &'i Inventory, standings: &[Standing]) -> (Vec<Edit<'i>>, Vec<Keeps<'i>>) {
    let mut plan = Plan { inventory, standings, edits: Vec::new(), keeps: Vec::new() };
    plan.inline();
    plan.managed();
    (plan.edits, plan.keeps)
}

struct Plan<'i, 's> {
    inventory: &'i Inventory,
    standings: &'s [Standing],
    edits: Vec<Edit<'i>>,
    keeps: Vec<Keeps<'i>>,
}

impl<'i> Plan<'i, '_> {
    /// What all of some principals can do without.
    fn needs_of(&self, principals: &[usize]) -> Needs {
        let needs = principals.iter().filter_map(|at| self.standings.get(*at)).map(Standing::needs);
        needs.fold(Needs::Nothing, |all, one| all.and(one))
    }

    /// Whether any of them is more than idle: of an idle principal the advice is its deletion, and nothing beside it.
    fn advises(&self, principals: &[usize]) -> bool {
        principals.iter().any(|at| matches!(self.standings.get(*at), Some(Standing::Unused(_))))
    }

    fn members(&self, group: &str) -> Vec<usize> {
        let all = self.inventory.principals.iter().enumerate();
        all.filter(|(_, principal)| principal.groups.iter().any(|name| name == group))
            .map(|(at, _)| at)
            .collect()
    }

    fn inline(&mut self) {
        for (at, principal) in self.inventory.principals.iter().enumerate() {
            for policy in &principal.inline {
                self.inline_policy(Holder::Principal(at), policy, vec![at]);
            }
        }
        for (name, group) in &self.inventory.groups {
            let members = self.members(name);
            for policy in &group.group_policy_list {
                self.inline_policy(Holder::Group(name), policy, members.clone());
            }
        }
    }

    fn inline_policy(&mut self, holder: Holder<'i>, policy: &'i InlinePolicy, reaches: Vec<usize>) {
        if !self.advises(&reaches) {
            return;
        }
        let needs = self.needs_of(&reaches);
        if needs == Needs::Everything {
            self.keep(&policy.policy_name, reaches, false, false);
            return;
        }
        self.edits.push(Edit {
            target: Target::Inline { holder, policy: &policy.policy_name },
            document: &policy.policy_document,
            updated: None,
            needs,
            reaches,
        });
    }

    fn keep(&mut self, policy: &'i str, reaches: Vec<usize>, is_boundary: bool, unseen: bool) {
        let blind = |at: &usize| self.standings.get(*at).is_some_and(Standing::is_blind);
        let blockers = reaches.iter().copied().filter(blind).collect();
        self.keeps.push(Keeps { policy, reaches, blockers, is_boundary, unseen });
    }

    fn managed(&mut self) {
        let mut holders: BTreeMap<&'i str, Vec<Holder<'i>>> = BTreeMap::new();
        let mut add = |attached: &'i [AttachedPolicy], holder| {
            attached.iter().for_each(|policy| holders.entry(&policy.policy_arn).or_default().push(holder));
        };
        for (at, principal) in self.inventory.principals.iter().enumerate() {
            add(&principal.attached, Holder::Principal(at));
        }
        for (name, group) in &self.inventory.groups {
            add(&group.attached_managed_policies, Holder::Group(name));
        }
        let boundaries: BTreeSet<&str> =
            self.inventory.principals.iter().filter_map(|principal| principal.boundary.as_deref()).collect();
        for (arn, holders) in holders {
            let Some(policy) = self.inventory.managed.get(arn) else { continue };
            if is_aws_managed(arn) {
                self.replacements(arn, policy, &holders);
            } else {
                self.in_place(arn, policy, &holders, boundaries.contains(arn));
            }
        }
    }

    fn reached(&self, holders: &[Holder<'i>]) -> Vec<usize> {
        let mut reached = BTreeSet::new();
        for holder in holders {
            match holder {
                Holder::Principal(at) => drop(reached.insert(*at)),
                Holder::Group(name) => reached.extend(self.members(name)),
            }
        }
        reached.into_iter().collect()
    }

    fn in_place(
        &mut self,
        arn: &'i str,
        policy: &'i ManagedPolicyDetail,
        holders: &[Holder<'i>],
        bounds: bool,
    ) {
        let reaches = self.reached(holders);
        if !self.advises(&reaches) {
            return;
        }
        let Some(document) = policy.document() else { return };
        let bounds = bounds || policy.permissions_boundary_usage_count.is_some_and(|count| count > 0);
        // Somebody whom the account does not show may hold it too.
        let unseen = policy.attachment_count.is_some_and(|count| count as usize > holders.len());
        let needs = self.needs_of(&reaches);
        if needs == Needs::Everything || bounds || unseen {
            self.keep(arn, reaches, bounds, unseen);
            return;
        }
        let updated = policy.update_date.as_deref();
        self.edits.push(Edit { target: Target::Managed { arn }, document, updated, needs, reaches });
    }

    fn replacements(&mut self, arn: &'i str, policy: &'i ManagedPolicyDetail, holders: &[Holder<'i>]) {
        let Some(document) = policy.document() else { return };
        for holder in holders {
            let reaches = self.reached(&[*holder]);
            if !self.advises(&reaches) {
                continue;
            }
            match self.needs_of(&reaches) {
                Needs::Everything => self.keep(arn, reaches, false, false),
                needs => self.edits.push(Edit {
                    target: Target::Replacement { arn, holder: *holder },
                    document,
                    // AWS changes its policies itself; that says nothing about the evidence.
                    updated: None,
                    needs,
                    reaches,
                }),
            }
        }
    }
}

/// `arn:aws:iam::aws:policy/...`
pub(crate) fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

impl Holder<'_> {
    /// As it stands in paths: the kind and the name.
    pub fn describe(&self, inventory: &Inventory) -> (&'static str, String) {
        match self {
            Self::Group(name) => ("group", (*name).to_owned()),
            Self::Principal(at) => match inventory.principals.get(*at) {
                Some(principal) => (principal.kind.name(), principal.name.clone()),
                None => (PrincipalKind::Role.name(), String::new()),
            },
        }
    }
}

//! Every policy that somebody of an account holds, and how it could be made smaller.
//!
//! A policy is edited in its place for all whom it reaches, or copied for some of them. What a principal may lose is
//! the same either way; who else is in the way differs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::family::{Families, Family, Seat};
use super::needs::Needs;
use super::standing::Standing;
use crate::inventory::wire::{AttachedPolicy, ManagedPolicyDetail, PolicyText};
use crate::inventory::{Inventory, PrincipalKind};
use crate::policy::{Document, PolicyError};

/// Who holds a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder<'i> {
    /// A role or a user, by its place in the inventory.
    Principal(usize),
    /// A group, by name.
    Group(&'i str),
}

/// Where a policy lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target<'i> {
    /// In its holder.
    Inline {
        /// Who holds it.
        holder: Holder<'i>,
        /// Its name.
        policy: &'i str,
    },
    /// A customer-managed policy.
    Managed {
        /// Its ARN.
        arn: &'i str,
    },
    /// A policy of AWS, which nobody else can edit.
    Aws {
        /// Its ARN.
        arn: &'i str,
    },
}

/// What can be changed as one: the holders, whom it reaches, and what all of them can do without.
#[derive(Debug, Clone)]
pub struct Part<'i> {
    /// Who holds it.
    pub holders: Vec<Holder<'i>>,
    /// The principals that it reaches, by place in the inventory.
    pub reaches: Vec<usize>,
    /// What may go, as far as the policy's services are concerned.
    pub needs: Needs,
    /// The family of equal policies over many accounts that decides instead.
    pub family: Option<&'i Family>,
}

/// One policy that somebody holds.
#[derive(Debug)]
pub struct Held<'i> {
    /// Where it lives.
    pub target: Target<'i>,
    /// Its text.
    pub text: &'i PolicyText,
    /// The same, read.
    pub document: Result<Document<'i>, PolicyError>,
    /// The services that it names; `None` for all there are, and where it could not be read.
    pub services: Option<BTreeSet<String>>,
    /// The characters that count against the quota for its holder's inline policies: none where it is no such policy.
    pub inline_chars: usize,
    /// When it was last changed, if AWS tells.
    pub updated: Option<&'i str>,
    /// Who holds it.
    pub holders: Vec<Holder<'i>>,
    /// The principals that it reaches, by place in the inventory.
    pub reaches: Vec<usize>,
    /// Those of them of which nothing is known: they count as using everything.
    pub blockers: Vec<usize>,
    /// Those of them that use nothing at all.
    pub idle: Vec<usize>,
    /// Those of them for which a rule leaves the policy as it is.
    pub excepted: Vec<usize>,
    /// The permission set that it comes from: then it is changed there and not here.
    pub set: Option<&'i str>,
    /// It bounds principals: editing it would narrow them all.
    pub bounds: bool,
    /// It is attached more often than this account shows.
    pub unseen: bool,
    /// Somebody whom it reaches does not use all that he may, and is more than idle.
    pub advises: bool,
    /// The edit in its place. None for a policy of AWS.
    pub in_place: Option<Part<'i>>,
    /// Copies for the holders that can do with less, one for each distinct need.
    pub copies: Vec<Part<'i>>,
}

impl Held<'_> {
    /// Whether a holder is a principal that uses nothing at all.
    pub fn is_idle(&self, holder: Holder<'_>) -> bool {
        matches!(holder, Holder::Principal(at) if self.idle.contains(&at))
    }

    /// Why it cannot be edited in its place, if it cannot.
    pub fn obstacle(&self) -> Option<Obstacle> {
        let part = self.in_place.as_ref()?;
        if !self.excepted.is_empty() {
            Some(Obstacle::Excepted)
        } else if self.bounds {
            Some(Obstacle::Bounds)
        } else if self.unseen {
            Some(Obstacle::Unseen)
        } else if !self.blockers.is_empty() {
            Some(Obstacle::Blocked)
        } else {
            part.needs.is_all().then_some(Obstacle::InUse)
        }
    }
}

/// Why a policy has to stay as it is although somebody does not use all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A rule leaves it as it is.
    Excepted,
    /// It bounds principals.
    Bounds,
    /// It is attached to more than the account shows.
    Unseen,
    /// Nothing is known of the use of somebody who shares it.
    Blocked,
    /// What one does not use, another does.
    InUse,
}

/// What is asked about one principal and one policy: what may be taken from it there.
pub trait Wants {
    /// What the principal at that place can do without of a policy of that name or ARN.
    fn needs(&self, principal: usize, policy: &str) -> Cow<'_, Needs>;

    /// Whether a rule leaves this policy of the principal as it is.
    fn is_excepted(&self, _principal: usize, _policy: &str) -> bool {
        false
    }
}

/// Every policy that somebody holds. Policies come in the order of their targets.
pub fn plan<'i>(
    inventory: &'i Inventory,
    standings: &[Standing],
    wants: &dyn Wants,
    families: &'i Families,
) -> Vec<Held<'i>> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, principal) in inventory.principals.iter().enumerate() {
        principal.groups.iter().for_each(|group| members.entry(group).or_default().push(at));
    }
    let mut planner = Planner { inventory, standings, wants, families, members, held: Vec::new() };
    planner.inline();
    planner.managed();
    planner.held
}

struct Planner<'i, 's> {
    inventory: &'i Inventory,
    standings: &'s [Standing],
    wants: &'s dyn Wants,
    families: &'i Families,
    /// The users of each group.
    members: BTreeMap<&'i str, Vec<usize>>,
    held: Vec<Held<'i>>,
}

impl<'i> Planner<'i, '_> {
    fn inline(&mut self) {
        for (at, principal) in self.inventory.principals.iter().enumerate() {
            for policy in &principal.inline {
                let target = Target::Inline { holder: Holder::Principal(at), policy: &policy.policy_name };
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
                let target = Target::Inline { holder: Holder::Group(name), policy: &policy.policy_name };
                self.one(target, &policy.policy_document, None, vec![Holder::Group(name)], None);
            }
        }
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
        for (arn, mut holders) in holders {
            holders.dedup();
            let Some(policy) = self.inventory.managed.get(arn) else { continue };
            let Some(text) = policy.document() else { continue };
            if !is_aws_managed(arn) {
                let updated = policy.update_date.as_deref();
                self.one(Target::Managed { arn }, text, updated, holders, None);
                continue;
            }
            let (sets, others): (Vec<_>, Vec<_>) =
                holders.into_iter().partition(|holder| self.permission_set(*holder).is_some());
            // A role of a permission set is made anew from it: what is attached there is changed there.
            for holder in sets {
                self.one(Target::Aws { arn }, text, None, vec![holder], self.permission_set(holder));
            }
            if !others.is_empty() {
                self.one(Target::Aws { arn }, text, None, others, None);
            }
        }
    }

    fn one(
        &mut self,
        target: Target<'i>,
        text: &'i PolicyText,
        updated: Option<&'i str>,
        holders: Vec<Holder<'i>>,
        set: Option<&'i str>,
    ) {
        let document = Document::parse(&text.0);
        let services = document.as_ref().ok().and_then(Document::services);
        let reaches = self.reached(&holders);
        let blind = |at: &usize| self.standings.get(*at).is_some_and(Standing::is_blind);
        let mut held = Held {
            blockers: reaches.iter().copied().filter(blind).collect(),
            excepted: self.excepted(&reaches, target.name()),
            idle: reaches.iter().copied().filter(|at| self.is_idle(*at)).collect(),
            advises: self.advises(&reaches),
            bounds: false,
            unseen: false,
            in_place: None,
            copies: Vec::new(),
            target,
            text,
            inline_chars: match (&document, target) {
                (Ok(document), Target::Inline { .. }) => document.quota_chars(),
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
        if let (Target::Managed { arn }, Some(policy)) = (target, policy) {
            held.bounds = policy.permissions_boundary_usage_count.is_some_and(|count| count > 0)
                || self.inventory.principals.iter().any(|it| it.boundary.as_deref() == Some(arn));
            // Somebody whom the account does not show may hold it too.
            held.unseen = policy.attachment_count.is_some_and(|count| count as usize > held.holders.len());
        }
        let seat = Seat::of(&held, self.inventory);
        if !matches!(target, Target::Aws { .. }) || set.is_some() {
            let needs = self.needs_of(&held.reaches, target.name(), held.services.as_ref());
            let family = seat.and_then(|seat| self.families.of(&seat, &held.text.0));
            let (holders, reaches) = (held.holders.clone(), held.reaches.clone());
            held.in_place = Some(Part { holders, reaches, needs, family });
        }
        if held.advises && set.is_none() && !matches!(target, Target::Inline { .. }) {
            held.copies = self.copies(&held);
        }
        self.held.push(held);
    }

    /// One copy for each distinct need of the holders that can do with less.
    fn copies(&self, held: &Held<'i>) -> Vec<Part<'i>> {
        let mut parts: Vec<Part<'i>> = Vec::new();
        let mut by_needs: BTreeMap<Needs, usize> = BTreeMap::new();
        for holder in &held.holders {
            let reaches = self.reached(&[*holder]);
            // Of an idle principal the advice is its deletion; one of a permission set cannot be given another policy here.
            if !self.advises(&reaches) || self.permission_set(*holder).is_some() {
                continue;
            }
            let needs = self.needs_of(&reaches, held.target.name(), held.services.as_ref());
            if needs.is_all() {
                continue;
            }
            let seat = Seat::of_holder(held.target, *holder, self.inventory);
            if let Some(family) = seat.and_then(|seat| self.families.of(&seat, &held.text.0)) {
                parts.push(Part { holders: vec![*holder], reaches, needs, family: Some(family) });
                continue;
            }
            match by_needs.get(&needs).and_then(|at| parts.get_mut(*at)) {
                Some(part) => part.add(*holder, &reaches),
                None => {
                    by_needs.insert(needs.clone(), parts.len());
                    parts.push(Part { holders: vec![*holder], reaches, needs, family: None });
                }
            }
        }
        parts
    }

    /// What all of some principals can do without.
    fn needs_of(&self, principals: &[usize], policy: &str, services: Option<&BTreeSet<String>>) -> Needs {
        let mut all = Needs::Nothing;
        for at in principals {
            let one = self.wants.needs(*at, policy);
            all = match &*one {
                Needs::Nothing => all,
                one => all.and(&one.within(services)),
            };
            if all.is_all() {
                return Needs::Everything;
            }
        }
        all
    }

    /// Whether any of them is more than idle: of an idle principal the advice is its deletion, and nothing beside it.
    fn advises(&self, principals: &[usize]) -> bool {
        principals.iter().any(|at| matches!(self.standings.get(*at), Some(Standing::Unused(_))))
    }

    fn excepted(&self, principals: &[usize], policy: &str) -> Vec<usize> {
        principals.iter().copied().filter(|at| self.wants.is_excepted(*at, policy)).collect()
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

impl<'i> Part<'i> {
    /// Joins a holder whose needs are the same.
    fn add(&mut self, holder: Holder<'i>, reaches: &[usize]) {
        self.holders.push(holder);
        self.reaches.extend(reaches);
        self.reaches.sort_unstable();
        self.reaches.dedup();
    }
}

impl<'i> Target<'i> {
    /// The name of an inline policy, the ARN of a managed one.
    pub fn name(self) -> &'i str {
        match self {
            Self::Inline { policy, .. } => policy,
            Self::Managed { arn } | Self::Aws { arn } => arn,
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

    /// How many managed policies it has.
    pub fn attachments(&self, inventory: &Inventory) -> usize {
        match self {
            Self::Group(name) => {
                inventory.groups.get(*name).map_or(0, |group| group.attached_managed_policies.len())
            }
            Self::Principal(at) => inventory.principals.get(*at).map_or(0, |it| it.attached.len()),
        }
    }
}

/// The document of a principal's boundary, as far as the account shows it.
pub fn boundary_of<'i>(inventory: &'i Inventory, arn: &str) -> Option<&'i PolicyText> {
    inventory.managed.get(arn).and_then(ManagedPolicyDetail::document)
}

//! For each policy of an account: how to reduce it, and what to report about it.

mod managed;

use std::collections::{BTreeMap, BTreeSet};

use super::Terms;
use super::attach::Attached;
use super::effect::{After, Effects, naming};
use super::family::{FamilyShare, Outcomes, is_told};
use super::place::{CopyNames, PolicySite};
use super::prepared::{ConfidenceFacts, Prepared};
use super::refinement::{Attempt, KeptBecause, Original, Refinement, Smaller};
use crate::catalog::Permissions;
use crate::decide::{
    Confidence, EditScope, Families, Family, FamilyKind, Grain, Holder, Level, Obstacle, PolicyLocation,
    PolicyPlan,
};
use crate::policy::{Document, Services};
use crate::refine::Kind;
use crate::report::{
    FamilyAccount, ImpactRow, LeftAlone, PolicyHolder, PolicyRow, PolicyState, Recommendation, Removal,
};

/// The analysis of one account, policy by policy.
pub(super) struct AccountAdvisor<'i, 't> {
    pub(super) prepared: &'i Prepared,
    pub(super) terms: Terms<'t>,
    pub(super) families: &'i Families,
    outcomes: &'t Outcomes,
    /// Characters of every inline policy, which share a quota.
    inline: BTreeMap<Holder<'i>, BTreeMap<&'i str, usize>>,
    pub(super) names: CopyNames,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) recommendations: Vec<Recommendation>,
    /// Alternatives, with the principals they affect and what they remove from each.
    pub(super) alternatives: Vec<(Recommendation, Vec<usize>, Permissions<'t>)>,
    pub(super) left_alone: Vec<LeftAlone>,
    pub(super) files: Vec<(String, String)>,
    pub(super) services: Services,
    pub(super) defects: Vec<(String, String)>,
    pub(super) shares: Vec<FamilyShare>,
    /// IDs of the changes for several accounts that apply here, by ARN of the principal.
    pub(super) from_families: BTreeMap<String, Vec<String>>,
    pub(super) effects: Effects<'t>,
    /// What the current policy grants to some of its principals after its change.
    pub(super) changed: Vec<After<'i, 't>>,
}

/// The current policy.
#[derive(Clone, Copy)]
pub(super) struct PolicyContext<'w, 'i, 't> {
    pub(super) held: &'w PolicyPlan<'i>,
    pub(super) document: &'w Document<'i>,
    pub(super) place: &'w PolicySite,
    /// What the document allows.
    pub(super) allows: &'w Permissions<'t>,
}

/// A copy for some of a policy's principals.
pub(super) struct Copied<'w, 'i> {
    pub(super) part: EditScope<'i>,
    pub(super) smaller: Box<Smaller<'w>>,
    /// Documents as in a file.
    pub(super) after: String,
}

impl<'w> PolicyContext<'w, '_, 'w> {
    pub(super) fn original(self, terms: Terms<'w>) -> Original<'w> {
        let PolicyPlan { text, services, .. } = self.held;
        let (basis, wildcards) = (terms.basis(), terms.wildcards);
        let of_aws = match self.held.target {
            PolicyLocation::Aws { arn } => Some(arn),
            PolicyLocation::Inline { .. } | PolicyLocation::Managed { .. } => None,
        };
        Original {
            document: self.document,
            text: &text.0,
            services,
            basis,
            wildcards,
            of_aws,
        }
    }
}

impl<'i, 't> AccountAdvisor<'i, 't> {
    pub(super) fn new(
        prepared: &'i Prepared,
        terms: Terms<'t>,
        families: &'i Families,
        outcomes: &'t Outcomes,
        held: &[PolicyPlan<'i>],
    ) -> Self {
        let mut inline: BTreeMap<Holder<'i>, BTreeMap<&'i str, usize>> = BTreeMap::new();
        for policy in held {
            if let PolicyLocation::Inline { holder, policy: name } = policy.target {
                inline
                    .entry(holder)
                    .or_default()
                    .insert(name, policy.inline_chars);
            }
        }
        Self {
            names: CopyNames::of(&prepared.inventory),
            prepared,
            terms,
            families,
            outcomes,
            inline,
            policies: Vec::new(),
            recommendations: Vec::new(),
            alternatives: Vec::new(),
            left_alone: Vec::new(),
            files: Vec::new(),
            services: Services::default(),
            defects: Vec::new(),
            shares: Vec::new(),
            from_families: BTreeMap::new(),
            effects: Effects::of(prepared, terms, held),
            changed: Vec::new(),
        }
    }

    /// Analyses one policy and writes its row.
    pub(super) fn policy(&mut self, held: &PolicyPlan<'i>) {
        let mut place = PolicySite::of(held.target, &self.prepared.inventory);
        if let (Some(_), PolicyLocation::Aws { .. }, Some(holder)) =
            (held.set, held.target, held.holders.first())
        {
            // Others may hold the same policy of AWS, and it is changed elsewhere for them.
            place.id = format!("{}@{}", place.id, holder.describe(&self.prepared.inventory).1);
        }
        let mut granted = 0;
        let state = match &held.document {
            Ok(document) => {
                self.services.extend(&held.services);
                let allows = Permissions::allowed_by(self.terms.catalog, document);
                let state = self.readable(PolicyContext {
                    held,
                    document,
                    place: &place,
                    allows: &allows,
                });
                let changed = std::mem::take(&mut self.changed);
                granted = naming(&allows, &changed).len();
                self.effects.policy(held, &allows, &changed, (&place.id, state));
                state
            }
            Err(error) if held.advises => {
                let why = format!("the policy document could not be read: {error}");
                self.leave(held, &place, (PolicyState::NotAPolicy, why), None);
                PolicyState::NotAPolicy
            }
            Err(_) => PolicyState::NotAPolicy,
        };
        let holder = |holder: &Holder<'_>| {
            let (kind, name) = holder.describe(&self.prepared.inventory);
            PolicyHolder { kind, name }
        };
        self.policies.push(PolicyRow {
            id: place.id,
            kind: held.target.kind(),
            name: place.policy,
            arn: place.arn,
            holders: held.holders.iter().map(holder).collect(),
            reaches: self.prepared.arns(&held.reaches),
            others: 0,
            state,
            granted,
        });
    }

    /// Result for a policy, as a stable code.
    fn readable(&mut self, context: PolicyContext<'_, 'i, 't>) -> PolicyState {
        let held = context.held;
        if held.set.is_some() {
            return self.of_permission_set(context);
        }
        if !held.advises {
            return if held.reaches.is_empty() || held.idle.len() < held.reaches.len() {
                PolicyState::Kept
            } else {
                PolicyState::Idle
            };
        }
        if !self.effects.concerns(&held.reaches, context.allows) {
            return PolicyState::Kept;
        }
        match held.target {
            PolicyLocation::Inline { holder, policy } => self.inline(context, holder, policy),
            PolicyLocation::Managed { .. } => self.managed(context),
            PolicyLocation::Aws { .. } => self.of_aws(context),
        }
    }

    /// The family that decides about part of a policy.
    pub(super) fn family(&self, part: &EditScope<'i>) -> Option<&'i Family> {
        part.family.and_then(|index| self.families.get(index))
    }

    /// Policies that a permission set provisioned can be changed only there.
    fn of_permission_set(&mut self, context: PolicyContext<'_, 'i, 't>) -> PolicyState {
        let part = context.held.in_place.as_ref();
        let Some((part, family)) = part.and_then(|part| Some((part, self.family(part)?))) else {
            return PolicyState::PermissionSet;
        };
        self.join(context, part, family);
        PolicyState::PermissionSet
    }

    /// Adds this account's verdict about a family; returns whether the family's change applies here.
    pub(super) fn join(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        part: &EditScope<'i>,
        family: &'i Family,
    ) -> bool {
        let outcome = self
            .outcomes
            .get(family, self.families, context.original(self.terms), self.terms);
        let smaller = matches!(outcome.map(|outcome| &outcome.tried), Some(Attempt::Smaller(_)));
        let is_told = family.slot.kind == FamilyKind::PermissionSet
            || is_told(family, self.families, outcome, self.terms.least_sure);
        if !is_told {
            return false;
        }
        let alone = context
            .original(self.terms)
            .attempt(&part.removable, &part.used, context.place.kind, 0);
        let removable_alone = match alone {
            Attempt::Smaller(smaller) => smaller.removed(),
            Attempt::Unchanged | Attempt::Kept(_) => 0,
        };
        let principals = self.prepared.arns(&part.reaches);
        if smaller {
            if let Some(Attempt::Smaller(after)) = outcome.map(|outcome| &outcome.tried) {
                self.inlined(context.held.target, after);
            }
            for arn in &principals {
                self.from_families
                    .entry(arn.clone())
                    .or_default()
                    .push(family.id.clone());
            }
        }
        let account = self.prepared.inventory.account.id.clone();
        // What the change takes here is known once all changes of the account are.
        let removal = Removal::default();
        let account = FamilyAccount {
            account,
            removable_alone,
            removal,
            principals,
        };
        let grain = Grain::of(&family.removable.unused(&context.held.services));
        let confidence = self
            .prepared
            .confidence(&ConfidenceFacts::of(context.held, part, grain), self.terms);
        let impact = match outcome.map(|outcome| &outcome.tried) {
            Some(Attempt::Smaller(smaller)) => {
                let permissions = self.effects.allowed_by(&smaller.after);
                let impact = self.effects.impact(context.allows, &permissions, &part.reaches);
                let change = family.id.clone();
                self.changed.push(After {
                    change,
                    holders: part.holders.clone(),
                    permissions,
                });
                impact
            }
            _ => ImpactRow::default(),
        };
        let owners = self.owners_of_family(family, (context.held.target, &part.holders));
        self.shares.push(FamilyShare {
            index: family.index,
            id: family.id.clone(),
            account,
            confidence,
            evaluated: self.oldest_evidence(&part.reaches),
            impact,
            also_granted: BTreeSet::new(),
            owners,
        });
        smaller
    }

    fn inline(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        holder: Holder<'i>,
        policy: &'i str,
    ) -> PolicyState {
        let Some(part) = &context.held.in_place else {
            return PolicyState::Kept;
        };
        if self
            .family(part)
            .is_some_and(|family| self.join(context, part, family))
        {
            return PolicyState::Family;
        }
        if let Some(obstacle) = context.held.obstacle() {
            return self.leave_for(context, obstacle, None);
        }
        let all = self.inline.get(&holder);
        let taken = all.map_or(0, |all| {
            all.iter()
                .filter(|(name, _)| **name != policy)
                .map(|(_, it)| it)
                .sum()
        });
        let kind = context.place.kind;
        match self.attempt(context, part, kind, taken) {
            Attempt::Unchanged => self.leave_for(context, Obstacle::InUse, None),
            Attempt::Kept(stays) => self.stay(context, &stays, None),
            Attempt::Smaller(smaller) => {
                let room = Attached::to(&[holder], &self.prepared.inventory, false);
                if let Some(stays) = room.refuses(smaller.documents()).filter(|_| smaller.is_split()) {
                    return self.stay(context, &stays, None);
                }
                self.in_place(context, part, &smaller, None);
                PolicyState::Smaller
            }
        }
    }

    /// Records the new size of an inline policy.
    pub(super) fn inlined(&mut self, target: PolicyLocation<'i>, smaller: &Refinement) {
        if let PolicyLocation::Inline { holder, policy } = target {
            self.inline
                .entry(holder)
                .or_default()
                .insert(policy, smaller.inline_chars());
        }
    }

    /// A policy that is split needs room for its parts wherever it is attached.
    pub(super) fn attachable<'w>(
        &self,
        part: &EditScope<'i>,
        smaller: Box<Smaller<'w>>,
    ) -> Attempt<Smaller<'w>> {
        match Attached::to(&part.holders, &self.prepared.inventory, true).refuses(smaller.documents()) {
            Some(stays) => Attempt::Kept(stays),
            None => Attempt::Smaller(smaller),
        }
    }

    pub(super) fn attempt<'w>(
        &self,
        context: PolicyContext<'w, 'i, 't>,
        part: &EditScope<'i>,
        kind: Kind,
        taken: usize,
    ) -> Attempt<Smaller<'w>>
    where
        't: 'w,
    {
        match context
            .original(self.terms)
            .attempt(&part.removable, &part.used, kind, taken)
        {
            Attempt::Smaller(smaller) if self.terms.least_sure > Level::Low => {
                let confidence = self
                    .confidence(context, part, smaller.grain)
                    .of_change(smaller.doubts.count());
                if confidence.level < self.terms.least_sure {
                    Attempt::Kept(KeptBecause::NotSure(confidence))
                } else {
                    Attempt::Smaller(smaller)
                }
            }
            tried => tried,
        }
    }

    pub(super) fn confidence(
        &self,
        context: PolicyContext<'_, 'i, 't>,
        part: &EditScope<'i>,
        grain: Option<Grain>,
    ) -> Confidence {
        self.prepared
            .confidence(&ConfidenceFacts::of(context.held, part, grain), self.terms)
    }
}

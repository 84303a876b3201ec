//! Turns a reduced policy into a recommendation and its files.

use super::attach::Attached;
use super::effect::After;
use super::place::PolicySite;
use super::refinement::{Refinement, Smaller};
use super::work::{AccountAdvisor, Copied, PolicyContext};
use crate::catalog::Permissions;
use crate::date::is_after;
use crate::decide::{Confidence, EditScope, Family, FamilyKind, Holder, PolicyKind, PolicyLocation, Reason};
use crate::report::{
    Action, Alternative, CodeOwner, ConfidenceReason, ConfidenceRow, Hands, Note, Recommendation,
    UnusedService,
};

impl<'i, 't> AccountAdvisor<'i, 't> {
    /// The recommendation for a policy that is edited in place.
    pub(super) fn in_place(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        part: &EditScope<'i>,
        smaller: &Smaller<'_>,
        alternative: Option<Alternative>,
    ) {
        let (grain, permissions) = (smaller.grain, smaller.permissions(self.terms.catalog));
        let smaller = smaller.told(smaller.after(), &part.removable, &part.used);
        let inline = matches!(context.held.target, PolicyLocation::Inline { .. });
        self.inlined(context.held.target, &smaller);
        let action = match smaller.documents {
            0 if inline => Action::Delete,
            0 => Action::Detach,
            _ if smaller.split => Action::Split,
            _ if inline => Action::Replace,
            _ => Action::NewVersion,
        };
        let (mut notes, mut creates) = (Vec::new(), Vec::new());
        if action == Action::Split {
            let room = Attached::to(&part.holders, &self.prepared.inventory, !inline);
            notes.extend(room.note(smaller.documents));
            let named = self.names.name(&context.place.policy, &smaller);
            notes.extend(named.exist.then_some(Note::CopyExists));
            creates = named.names;
        }
        self.files
            .extend(smaller.texts(&Refinement::places(&context.place.path)));
        let confidence = self.confidence(context, part, grain);
        let mut recommendation = self.recommendation(
            context,
            context.place,
            (part, &confidence),
            (smaller, &permissions),
            action,
        );
        recommendation.alternative = alternative;
        recommendation.notes.append(&mut notes);
        recommendation.creates = creates;
        let change = recommendation.id.clone();
        self.changed.push(After {
            change,
            holders: part.holders.clone(),
            permissions,
        });
        self.recommendations.push(recommendation);
    }

    /// The recommendations for copies of a managed policy.
    pub(super) fn copy(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        copies: Vec<Copied<'_, 'i>>,
        alternative: Option<&Alternative>,
        beside: bool,
    ) {
        let substitutes = matches!(context.held.target, PolicyLocation::Aws { .. });
        for Copied { part, smaller, after } in copies {
            let Some(first) = part.holders.first() else {
                continue;
            };
            let (grain, permissions) = (smaller.grain, smaller.permissions(self.terms.catalog));
            let smaller = smaller.told(after, &part.removable, &part.used);
            let named = (smaller.documents > 0).then(|| self.names.name(&context.place.policy, &smaller));
            let inventory = &self.prepared.inventory;
            let base = named.as_ref().map(|named| named.base.as_str());
            let place = PolicySite::of_copy(context.held.target, *first, inventory, base);
            let action = match smaller.documents {
                0 => Action::Detach,
                _ if smaller.split => Action::Split,
                _ if substitutes => Action::Substitute,
                _ => Action::Fork,
            };
            let holders = part
                .holders
                .iter()
                .map(|holder| self.hands(context, *holder, &smaller))
                .collect();
            let room = Attached::to(&part.holders, &self.prepared.inventory, true);
            let room = room.note(smaller.documents);
            let confidence = self.confidence(context, &part, grain);
            let mut recommendation = self.recommendation(
                context,
                &place,
                (&part, &confidence),
                (smaller, &permissions),
                action,
            );
            recommendation.alternative = alternative.cloned();
            if let Some(named) = named {
                recommendation.creates = named.names;
                recommendation
                    .notes
                    .extend(named.exist.then_some(Note::CopyExists));
            }
            recommendation.holders = holders;
            let is_copy_of_aws = substitutes && action != Action::Detach;
            recommendation
                .notes
                .extend(is_copy_of_aws.then_some(Note::NoLongerFollowsAws));
            recommendation.notes.extend(room);
            if beside {
                let mut lost = context.allows.clone();
                lost.subtract(&permissions);
                self.alternatives
                    .push((recommendation, part.reaches.clone(), lost));
            } else {
                let change = recommendation.id.clone();
                self.changed.push(After {
                    change,
                    holders: part.holders.clone(),
                    permissions,
                });
                self.recommendations.push(recommendation);
            }
        }
    }

    /// A role, user or group that gets a copy, and the files under its name.
    fn hands(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        holder: Holder<'i>,
        smaller: &Refinement,
    ) -> Hands {
        let inventory = &self.prepared.inventory;
        let place = PolicySite::of_copy(context.held.target, holder, inventory, None);
        let files = Refinement::places(&place.path);
        self.files.extend(smaller.texts(&files));
        Hands {
            kind: place.holder_kind,
            name: place.holder,
            attached: holder.attachments(inventory),
            files,
        }
    }

    /// Unused permissions, with the last use of each service by an affected principal.
    fn used_last(&self, unused: Vec<UnusedService>, reaches: &[usize]) -> Vec<UnusedService> {
        let arns = reaches
            .iter()
            .filter_map(|at| self.prepared.inventory.principals.get(*at));
        let known: Vec<_> = arns.filter_map(|it| self.prepared.known.get(&it.arn)).collect();
        let newest = |service: &str| {
            known
                .iter()
                .filter_map(|it| it.last_used.get(service))
                .max()
                .cloned()
        };
        let dated = |it: UnusedService| UnusedService {
            last_accessed: newest(&it.service_namespace),
            ..it
        };
        unused.into_iter().map(dated).collect()
    }

    /// When the oldest of the evidence about these was taken; `None` if that is not known of all of them.
    pub(super) fn oldest_evidence(&self, reaches: &[usize]) -> Option<String> {
        let arns = reaches
            .iter()
            .filter_map(|at| self.prepared.inventory.principals.get(*at));
        let days = arns.map(|it| self.prepared.known.get(&it.arn)?.oldest.clone());
        days.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// Code that defines what a change modifies.
    fn owners(&self, target: PolicyLocation<'_>, holders: &[Holder<'i>], action: Action) -> Vec<CodeOwner> {
        self.terms.code.owners(
            &self.prepared.inventory,
            target,
            holders,
            action == Action::NewVersion,
        )
    }

    /// Code that defines a policy of a family in this account.
    pub(super) fn owners_of_family(
        &self,
        family: &Family,
        (target, holders): (PolicyLocation<'_>, &[Holder<'i>]),
    ) -> Vec<CodeOwner> {
        let slot = &family.slot;
        match (slot.kind, slot.policy_kind) {
            (FamilyKind::PermissionSet, _) => {
                self.terms.code.owner_of_set(&slot.holder).into_iter().collect()
            }
            (FamilyKind::Fleet, PolicyKind::CustomerManaged) => {
                self.owners(target, holders, Action::NewVersion)
            }
            (FamilyKind::Fleet, PolicyKind::Inline | PolicyKind::AwsManaged) => {
                self.owners(target, holders, Action::Replace)
            }
        }
    }

    /// What is recommended, with what the smaller policy allows.
    fn recommendation(
        &self,
        context: PolicyContext<'_, 'i, 't>,
        place: &PolicySite,
        (part, confidence): (&EditScope<'i>, &Confidence),
        (smaller, permissions): (Refinement, &Permissions<'t>),
        action: Action,
    ) -> Recommendation {
        let known = part
            .reaches
            .iter()
            .filter_map(|at| self.prepared.inventory.principals.get(*at));
        let evaluated = known
            .filter_map(|it| self.prepared.known.get(&it.arn)?.analyzed_at.as_deref())
            .min();
        let confidence = confidence.clone().of_change(smaller.doubts.count());
        let mut notes = Vec::new();
        if context
            .held
            .updated
            .zip(evaluated)
            .is_some_and(|(updated, at)| is_newer(updated, at))
        {
            notes.push(Note::PolicyNewer);
        }
        if !smaller.proof.undecided.is_empty() {
            notes.push(Note::ServiceNotInCatalog);
        }
        Recommendation {
            since: None,
            id: place.id.clone(),
            holder_kind: place.holder_kind,
            holder: place.holder.clone(),
            policy_kind: Some(place.policy_kind),
            policy: place.policy.clone(),
            policy_arn: place.arn.clone(),
            action,
            holders: Vec::new(),
            creates: Vec::new(),
            reaches: self.prepared.arns(&part.reaches),
            others: 0,
            // Its share is known once all changes of the account are.
            permissions_removed: 0,
            alternative: None,
            evaluated: self.oldest_evidence(&part.reaches),
            confidence: confidence_row(&confidence),
            impact: self.effects.impact(context.allows, permissions, &part.reaches),
            kept: Some(self.effects.kept(permissions, &part.reaches, smaller.proof.kept)),
            patterns: smaller.patterns,
            unused: self.used_last(smaller.unused, &part.reaches),
            used: smaller.used,
            catalog_behind: smaller.doubts.behind,
            rare_actions: smaller.doubts.rare,
            proof: smaller.proof,
            sizes: smaller.sizes,
            files: Refinement::places(&place.path),
            notes,
            code_owners: self.owners(context.held.target, &part.holders, action),
            code: None,
            ready: None,
            nights_stable: None,
            flapping: Vec::new(),
        }
    }
}

/// Confidence as in a report.
pub(super) fn confidence_row(confidence: &Confidence) -> ConfidenceRow {
    let reason = |reason: &Reason| ConfidenceReason {
        code: reason.code(),
        effect: reason.effect(),
        principals: reason.principals(),
        why: reason.sentence(),
    };
    ConfidenceRow {
        level: confidence.level,
        reasons: confidence.reasons.iter().map(reason).collect(),
    }
}

/// Whether a policy changed after its use was evaluated. An unreadable date counts as today, as for the confidence.
fn is_newer(updated: &str, evaluated: &str) -> bool {
    is_after(updated, evaluated).unwrap_or(true)
}

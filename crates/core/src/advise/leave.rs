//! Policies that are left as they are, with the reason.

use super::place::PolicySite;
use super::refinement::KeptBecause;
use super::why;
use super::work::{AccountAdvisor, PolicyContext};
use crate::decide::{Obstacle, PolicyPlan};
use crate::report::{Alternative, LeftAlone, PolicyState};

impl<'i, 't> AccountAdvisor<'i, 't> {
    /// Keeps a policy although some of it is unused.
    pub(super) fn leave_for(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        obstacle: Obstacle,
        fork: Option<Alternative>,
    ) -> PolicyState {
        let (code, why) = match obstacle {
            Obstacle::InUse => self.unspared(context, &context.held.reaches),
            other => why::obstacle(
                other,
                &self.sharers(context.held, &context.held.holders, &context.held.reaches),
            ),
        };
        self.leave(context.held, context.place, (code, why), fork);
        code
    }

    pub(super) fn stay(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        stays: &KeptBecause,
        other: Option<Alternative>,
    ) -> PolicyState {
        self.note_defect(context.place, stays);
        let (code, why) = why::stays(stays);
        self.leave(context.held, context.place, (code, why), other);
        code
    }

    pub(super) fn note_defect(&mut self, place: &PolicySite, stays: &KeptBecause) {
        if let KeptBecause::Refuted(case) = stays {
            self.defects.push((format!("{}.json", place.path), case.clone()));
        }
    }

    pub(super) fn leave(
        &mut self,
        held: &PolicyPlan<'i>,
        place: &PolicySite,
        (code, why): (PolicyState, String),
        alternative: Option<Alternative>,
    ) {
        let is_blocked = code == PolicyState::Blocked;
        let blockers = if is_blocked {
            self.sharers(held, &held.holders, &held.reaches).all()
        } else {
            Vec::new()
        };
        self.left_alone.push(LeftAlone {
            policy: place.arn.clone().unwrap_or_else(|| place.id.clone()),
            code,
            why,
            remedy: code.remedy().to_owned(),
            reaches: self.prepared.arns(&held.reaches),
            others: 0,
            blockers,
            alternative,
        });
    }
}

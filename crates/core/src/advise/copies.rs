//! Reduced copies of a managed policy. Principals that need the same share a copy.

use std::collections::BTreeSet;

use super::refinement::{Attempt, KeptBecause, Smaller};
use super::why::{self, Sharers};
use super::work::{AccountAdvisor, Copied, PolicyContext};
use crate::decide::{EditScope, GrantAge, Holder, Obstacle};
use crate::policy::Services;
use crate::refine::Kind;
use crate::report::{LeftAlone, PolicyState};

impl<'i, 't> AccountAdvisor<'i, 't> {
    /// An AWS managed policy, which only AWS can edit, so it is replaced by copies.
    pub(super) fn of_aws(&mut self, context: PolicyContext<'_, 'i, 't>) -> PolicyState {
        let (copies, stay) = self.copies(context);
        let mut state = match (copies.is_empty(), self.changed.is_empty()) {
            (false, _) => PolicyState::Copied,
            // Decided for some of the principals together with other accounts.
            (true, false) => PolicyState::Family,
            (true, true) => PolicyState::Kept,
        };
        for (part, stays) in &stay {
            self.note_defect(context.place, stays);
            let (code, why) = why::stays(stays);
            self.leave_part(context, &part.reaches, (code, why), Vec::new());
            state = code;
        }
        let changed = self.changed.iter().flat_map(|after| &after.holders);
        let parts = copies
            .iter()
            .map(|copy| &copy.part)
            .chain(stay.iter().map(|(part, _)| part));
        let done: BTreeSet<Holder<'i>> = changed
            .chain(parts.flat_map(|part| &part.holders))
            .copied()
            .collect();
        for holder in context
            .held
            .holders
            .iter()
            .filter(|holder| !done.contains(holder))
        {
            let reaches = self.effects.reached(*holder);
            if !self.effects.concerns(&reaches, context.allows) {
                continue;
            }
            let is_excepted = reaches.iter().any(|at| context.held.excepted.contains(at));
            let mut sharers = self.sharers(context.held, &[*holder], &reaches);
            // A principal that shares the policy with no one blocks no one.
            if reaches.len() < 2 && matches!(holder, Holder::Principal(_)) {
                sharers.idle.clear();
                sharers.reserves.clear();
            }
            let (code, why) = match context.held.age(&[*holder]) {
                _ if is_excepted => why::obstacle(Obstacle::Excepted, &Sharers::default()),
                _ if !sharers.is_empty() => why::obstacle(Obstacle::Blocked, &sharers),
                GrantAge::Young(days) => why::obstacle(Obstacle::Young(days), &sharers),
                _ => self.unspared(context, &reaches),
            };
            let blockers = if code == PolicyState::Blocked {
                sharers.all()
            } else {
                Vec::new()
            };
            self.leave_part(context, &reaches, (code, why), blockers);
            if state == PolicyState::Kept {
                state = code;
            }
        }
        self.copy(context, copies, None, false);
        state
    }

    /// Keeps the policy for some of its principals.
    fn leave_part(
        &mut self,
        context: PolicyContext<'_, 'i, 't>,
        reaches: &[usize],
        (code, why): (PolicyState, String),
        blockers: Vec<String>,
    ) {
        self.left_alone.push(LeftAlone {
            policy: context.held.target.name().to_owned(),
            code,
            why,
            remedy: code.remedy().to_owned(),
            reaches: self.prepared.arns(reaches),
            others: 0,
            blockers,
            alternative: None,
        });
    }

    /// The possible copies for a policy's principals, equal ones merged, and those that cannot be made.
    pub(super) fn copies<'w>(
        &mut self,
        context: PolicyContext<'w, 'i, 't>,
    ) -> (Vec<Copied<'w, 'i>>, Vec<(EditScope<'i>, KeptBecause)>)
    where
        't: 'w,
    {
        let mut copies: Vec<Copied<'w, 'i>> = Vec::new();
        let mut stay = Vec::new();
        for part in &context.held.copies {
            if self
                .family(part)
                .is_some_and(|family| self.join(context, part, family))
            {
                continue;
            }
            match self.tried(context, part) {
                // An obstacle for one principal does not affect the others.
                Attempt::Kept(KeptBecause::NotSure(_) | KeptBecause::TooManyAttached { .. })
                    if part.holders.len() > 1 =>
                {
                    for holder in &part.holders {
                        let reaches = self.effects.reached(*holder);
                        let own = EditScope {
                            holders: vec![*holder],
                            reaches,
                            ..part.clone()
                        };
                        let tried = self.tried(context, &own);
                        self.sort(context, (own, tried), &mut copies, &mut stay);
                    }
                }
                tried => self.sort(context, (part.clone(), tried), &mut copies, &mut stay),
            }
        }
        // The one that most share comes first, and has the plain name.
        copies.sort_by(|a, b| (b.part.reaches.len(), &a.after).cmp(&(a.part.reaches.len(), &b.after)));
        (copies, stay)
    }

    /// A copy for some principals, if it can be attached to them.
    fn tried<'w>(&self, context: PolicyContext<'w, 'i, 't>, part: &EditScope<'i>) -> Attempt<Smaller<'w>>
    where
        't: 'w,
    {
        match self.attempt(context, part, Kind::Managed, 0) {
            Attempt::Smaller(smaller) => self.attachable(part, smaller),
            tried => tried,
        }
    }

    fn sort<'w>(
        &self,
        context: PolicyContext<'w, 'i, 't>,
        (part, tried): (EditScope<'i>, Attempt<Smaller<'w>>),
        copies: &mut Vec<Copied<'w, 'i>>,
        stay: &mut Vec<(EditScope<'i>, KeptBecause)>,
    ) where
        't: 'w,
    {
        match tried {
            Attempt::Unchanged => {}
            Attempt::Kept(stays) => stay.push((part, stays)),
            Attempt::Smaller(smaller) => {
                let after = smaller.after();
                self.merge(context, copies, Copied { part, smaller, after });
            }
        }
    }

    /// Merges two copies with the same document: they have the same unused permissions.
    fn merge<'w>(
        &self,
        context: PolicyContext<'w, 'i, 't>,
        copies: &mut Vec<Copied<'w, 'i>>,
        new: Copied<'w, 'i>,
    ) where
        't: 'w,
    {
        for old in copies.iter_mut().filter(|old| old.after == new.after) {
            let removable = old
                .part
                .removable
                .clone()
                .and(&new.part.removable, self.terms.unobserved);
            let mut used = old.part.used.clone();
            used.extend(&new.part.used, &Services::All);
            let both = context
                .original(self.terms)
                .attempt(&removable, &used, Kind::Managed, 0);
            if let Attempt::Smaller(smaller) = both
                && smaller.after() == old.after
            {
                old.part.holders.extend(&new.part.holders);
                old.part.reaches.extend(&new.part.reaches);
                old.part.reaches.sort_unstable();
                old.part.reaches.dedup();
                (old.part.removable, old.part.used) = (removable, used);
                old.smaller = smaller;
                return;
            }
        }
        copies.push(new);
    }
}

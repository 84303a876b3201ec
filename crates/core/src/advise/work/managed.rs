//! A customer-managed policy: whether one edit in place or copies for some of its principals remove more.

use super::{AccountAdvisor, Copied, PolicyContext};
use crate::advise::refinement::Attempt;
use crate::decide::{Obstacle, SharedPolicies};
use crate::refine::Kind;
use crate::report::{Alternative, Choice, PolicyState};

impl<'i, 't> AccountAdvisor<'i, 't> {
    /// A customer-managed policy: one edit in place, or copies for those who need less.
    pub(super) fn managed(&mut self, context: PolicyContext<'_, 'i, 't>) -> PolicyState {
        let Some(part) = &context.held.in_place else {
            return PolicyState::Kept;
        };
        if self
            .family(part)
            .is_some_and(|family| self.join(context, part, family))
        {
            return PolicyState::Family;
        }
        let obstacle = context.held.obstacle();
        let tried = match obstacle {
            Some(_) => Attempt::Unchanged,
            None => match self.attempt(context, part, Kind::Managed, 0) {
                Attempt::Smaller(smaller) => self.attachable(part, smaller),
                tried => tried,
            },
        };
        let alone = context.held.holders.len() < 2 && matches!(tried, Attempt::Smaller(_));
        let copies = if alone { Vec::new() } else { self.copies(context).0 };
        let in_place_gain = match &tried {
            // Of an idle principal the advice is its deletion, so nothing is gained there.
            Attempt::Smaller(smaller) => {
                smaller.removed() * part.reaches.len().saturating_sub(context.held.idle.len())
            }
            Attempt::Unchanged | Attempt::Kept(_) => 0,
        };
        let fork = self
            .fork(&copies)
            .filter(|fork| fork.removed_in_all > in_place_gain);
        let wants_fork = self.terms.shared != SharedPolicies::InPlace;
        match (tried, fork) {
            (Attempt::Smaller(smaller), Some(_)) if self.terms.shared == SharedPolicies::Fork => {
                let other = Alternative {
                    choice: Choice::InPlace,
                    removed_in_all: smaller.removed() * part.reaches.len(),
                    policies: 0,
                    attachments: 0,
                };
                self.copy(context, copies, Some(&other), false);
                PolicyState::Forked
            }
            (Attempt::Smaller(smaller), fork) => {
                if fork.is_some() && wants_fork {
                    self.copy(context, copies, None, true);
                }
                self.in_place(context, part, &smaller, fork);
                PolicyState::Smaller
            }
            (_, Some(_)) if wants_fork => {
                self.copy(context, copies, None, false);
                PolicyState::Forked
            }
            (Attempt::Kept(stays), fork) => self.stay(context, &stays, fork),
            (Attempt::Unchanged, fork) => self.leave_for(context, obstacle.unwrap_or(Obstacle::InUse), fork),
        }
    }

    /// What copies would remove and cost; `None` if there are none.
    fn fork(&self, copies: &[Copied<'_, 'i>]) -> Option<Alternative> {
        if copies.is_empty() {
            return None;
        }
        Some(Alternative {
            choice: Choice::Fork,
            removed_in_all: copies
                .iter()
                .map(|it| it.smaller.removed() * it.part.reaches.len())
                .sum(),
            policies: copies.iter().map(|it| it.smaller.documents()).sum(),
            attachments: copies
                .iter()
                .map(|it| it.smaller.documents().max(1) * it.part.holders.len())
                .sum(),
        })
    }
}

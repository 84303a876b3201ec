//! Checks that replacements can be attached: IAM limits the number of attached managed policies.

use super::refinement::KeptBecause;
use crate::decide::{Holder, QuotaUse};
use crate::inventory::Inventory;
use crate::refine::{MOST_ATTACHED, USUALLY_ATTACHED};
use crate::report::Note;

/// Largest number of attached policies among the principals and groups of a policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attached {
    count: usize,
    most: usize,
    /// Whether the policy itself is attached and will be detached.
    goes: usize,
}

impl Attached {
    /// For these principals and groups. `goes` says that the policy is a managed one, which is detached.
    pub(super) fn to(holders: &[Holder<'_>], inventory: &Inventory, goes: bool) -> Self {
        Self::with(QuotaUse::of(holders, inventory), goes)
    }

    /// For principals that were already examined.
    pub(super) fn with(room: QuotaUse, goes: bool) -> Self {
        // A principal with more policies attached already has a raised quota; for others, the quota must be
        // raised first.
        let most = USUALLY_ATTACHED.max(room.attached).min(MOST_ATTACHED);
        Self {
            count: room.attached,
            most,
            goes: usize::from(goes),
        }
    }

    /// Why this many policies cannot replace one, if they cannot.
    pub(super) fn refuses(self, policies: usize) -> Option<KeptBecause> {
        let Self {
            count: attached,
            most,
            goes,
        } = self;
        // One for one is always possible: what is attached today was allowed.
        (policies > goes && attached.saturating_sub(goes) + policies > most).then_some(
            KeptBecause::TooManyAttached {
                attached,
                policies,
                most,
            },
        )
    }

    /// What to know before this many policies replace one.
    pub(super) fn note(self, policies: usize) -> Option<Note> {
        let after = self.count.saturating_sub(self.goes) + policies;
        if policies == 0 {
            None
        } else {
            (after + self.goes > self.most).then_some(Note::DetachBeforeAttach)
        }
    }
}

//! Room at the holders of a policy for those that take its place: IAM attaches only so many managed policies.

use super::refinement::Stays;
use crate::decide::{Holder, Room};
use crate::inventory::Inventory;
use crate::refine::{MOST_ATTACHED, USUALLY_ATTACHED};

/// What the holders of a policy have attached, where that is most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attached {
    count: usize,
    most: usize,
    /// The policy itself is attached and goes.
    goes: usize,
}

impl Attached {
    /// Of these holders. `goes` says that the policy is itself a managed one, which is detached.
    pub(super) fn to(holders: &[Holder<'_>], inventory: &Inventory, goes: bool) -> Self {
        Self::with(Room::of(holders, inventory), goes)
    }

    /// Of holders that were looked at before.
    pub(super) fn with(room: Room, goes: bool) -> Self {
        // The quota of groups cannot be raised.
        let most = if room.group { USUALLY_ATTACHED } else { MOST_ATTACHED };
        Self { count: room.attached, most, goes: usize::from(goes) }
    }

    /// Why so many policies cannot take the place of one, if they cannot.
    pub(super) fn refuses(self, policies: usize) -> Option<Stays> {
        let Self { count: attached, most, goes } = self;
        // One for one is always possible: what is attached today was allowed.
        (policies > goes && attached.saturating_sub(goes) + policies > most)
            .then_some(Stays::TooManyAttached { attached, policies, most })
    }

    /// What to know before so many policies take the place of one, as a stable code.
    pub(super) fn note(self, policies: usize) -> Option<&'static str> {
        let after = self.count.saturating_sub(self.goes) + policies;
        if policies == 0 {
            None
        } else if after > USUALLY_ATTACHED {
            Some("needs-more-attachments")
        } else {
            (after + self.goes > USUALLY_ATTACHED).then_some("detach-before-attach")
        }
    }
}

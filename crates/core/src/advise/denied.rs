//! What one trial denies, and whether it fits: of a principal, or of a permission set.

use std::collections::BTreeSet;

use super::effect::{LostAlone, allowed_by};
use super::refinement::Refinement;
use crate::catalog::Basis;
use crate::decide::{PolicyKind, PolicySlot};
use crate::policy::{Document, parse_all};
use crate::report::{Trial, TrialSize};
use crate::trial::{TrialDoesNotFit, TrialRoom, deny, deny_counted, deny_names, names};

/// Of a principal: what it loses by one change alone.
pub(super) fn of_principal(alone: &LostAlone<'_, '_>, room: usize, basis: Basis<'_>) -> Trial {
    let (denied, actions) = deny_counted(&alone.lost, basis.harvest, TrialRoom::attached(room));
    let also_allowed = names(&alone.also_granted, basis.harvest).len();
    trial(denied, actions, also_allowed)
}

/// Of a permission set: what all of its accounts lose.
pub(super) fn of_permission_set(
    smaller: &Refinement,
    slot: &PolicySlot,
    also_granted: &BTreeSet<String>,
    basis: Basis<'_>,
) -> Trial {
    let taken = match slot.policy_kind {
        PolicyKind::Inline => parse_all(&smaller.before)
            .unwrap_or_default()
            .iter()
            .map(Document::quota_chars)
            .sum(),
        PolicyKind::CustomerManaged | PolicyKind::AwsManaged => 0,
    };
    let room = TrialRoom::in_permission_set(taken);
    let mut lost = allowed_by(basis.catalog, &smaller.before);
    lost.subtract(&allowed_by(basis.catalog, &smaller.after));
    let mut all = names(&lost, basis.harvest);
    let before = all.len();
    all.retain(|name| !also_granted.contains(name));
    let (actions, also_allowed) = (all.len(), before - all.len());
    // A wildcard may overlap the other policies of some account, so list names if there are any.
    let denied = if also_granted.is_empty() {
        deny(&lost, basis.harvest, room)
    } else {
        deny_names(all, room)
    };
    trial(denied, actions, also_allowed)
}

fn trial(denied: Result<Vec<Vec<String>>, TrialDoesNotFit>, actions: usize, also_allowed: usize) -> Trial {
    match denied {
        Ok(deny) => Trial {
            deny,
            actions,
            also_allowed,
            does_not_fit: None,
        },
        Err(TrialDoesNotFit { policies, room }) => {
            let does_not_fit = Some(TrialSize { policies, room });
            Trial {
                deny: Vec::new(),
                actions,
                also_allowed,
                does_not_fit,
            }
        }
    }
}

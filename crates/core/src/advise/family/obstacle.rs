//! Why nothing can be recommended for a permission set or a fleet as a whole.

use crate::advise::why;
use crate::decide::{Families, Family, FamilyKind, Level, Removable};
use crate::report::PolicyState;
use crate::report::numbers::counted;

/// Why nothing can be recommended for all accounts of a family together, if so: a stable code and a sentence.
pub(super) fn obstacle(
    family: &Family,
    families: &Families,
    least_sure: Level,
) -> Option<(PolicyState, String)> {
    let set = family.slot.kind == FamilyKind::PermissionSet;
    if family.drifted {
        return Some((
            PolicyState::ProvisionedDifferently,
            "the policy differs between accounts; provision the permission set again first".to_owned(),
        ));
    }
    if !family.blockers.is_empty() {
        return Some((PolicyState::Blocked, why::count_as_users(family.blockers.len())));
    }
    if family.excepted {
        return Some((
            PolicyState::Excepted,
            "an exception keeps the policy in at least one account".to_owned(),
        ));
    }
    // Whether the set is provisioned elsewhere, and what is used of it, is not known: it is changed everywhere at once.
    if set && !families.unread.is_empty() {
        let unread = counted(families.unread.len(), "account");
        let were = if families.unread.len() == 1 { "was" } else { "were" };
        return Some((
            PolicyState::AccountsUnread,
            format!("{unread} that may use the policy {were} not scanned"),
        ));
    }
    if set && families.others {
        let why =
            "other accounts may use the policy, and the accounts of the organisation could not be listed";
        return Some((PolicyState::AccountsUnknown, why.to_owned()));
    }
    match &family.removable {
        Removable::Anything => Some((
            PolicyState::Idle,
            "every role is unused; confirm who still needs the permission set".to_owned(),
        )),
        removable if !removable.is_nothing() && family.level < least_sure => Some((
            PolicyState::NotSureEnough,
            format!("confidence is {}", family.level.name()),
        )),
        removable if removable.is_nothing() => Some((
            PolicyState::InUse,
            "no permission is unused in every account".to_owned(),
        )),
        _ => None,
    }
}

//! Where the files of a permission set or fleet are.

use crate::decide::{Family, FamilyKind, HolderKind, PolicyKind};
use crate::report::names::{Spellings, file_part, joined_parts};

/// Path of the files of a family, without extension and unique to it.
pub(super) fn path_of(family: &Family, spellings: &Spellings) -> String {
    spellings.apart(&plain_path_of(family))
}

pub(super) fn plain_path_of(family: &Family) -> String {
    let slot = &family.slot;
    path(
        (slot.kind, slot.policy_kind),
        (slot.holder_kind, &slot.holder),
        &slot.policy,
        &family.id,
    )
}

/// The same from its identity.
pub(super) fn path(
    (kind, policy_kind): (FamilyKind, PolicyKind),
    (holder_kind, holder): (HolderKind, &str),
    policy: &str,
    id: &str,
) -> String {
    let (holder, policy) = (file_part(holder), file_part(policy));
    // Two fleets with the same name are distinguished by their policy text.
    let text = id
        .rsplit_once('~')
        .map(|(_, text)| format!("~{}", file_part(text)))
        .unwrap_or_default();
    match (kind, policy_kind) {
        (FamilyKind::PermissionSet, PolicyKind::AwsManaged) => {
            format!(
                "policies/permission-sets/{}",
                joined_parts(&[&holder, "~", &policy])
            )
        }
        (FamilyKind::PermissionSet, PolicyKind::Inline | PolicyKind::CustomerManaged) => {
            format!("policies/permission-sets/{holder}")
        }
        (FamilyKind::Fleet, PolicyKind::CustomerManaged) => {
            format!("policies/fleet/managed/{}", joined_parts(&[&policy, &text]))
        }
        (FamilyKind::Fleet, PolicyKind::Inline | PolicyKind::AwsManaged) => {
            let mark = if policy_kind == PolicyKind::AwsManaged {
                "~aws"
            } else {
                ""
            };
            let policy = joined_parts(&[&policy, mark, &text]);
            format!("policies/fleet/{holder_kind}/{holder}/{policy}")
        }
    }
}

//! Permissions that a principal has but cannot use.

use crate::catalog::Permissions;

/// What of `removed` something else blocks already, for certain: whoever removes it changes nothing.
///
/// `denied` is what the principal's own policies and its permissions boundary deny ([`Permissions::denied_by`]: on every
/// resource, without a condition). `boundary` is what its boundary allows at all ([`Permissions::allowed_by`], nothing
/// taken out of it); `None` when it has none, or one whose document is not known. A Deny on some resources or under a
/// condition, and a boundary that allows some resources only, block more than this says.
pub fn ineffective<'c>(
    removed: &Permissions<'c>,
    denied: &Permissions<'c>,
    boundary: Option<&Permissions<'c>>,
) -> Permissions<'c> {
    let mut blocked = removed.clone();
    blocked.intersect_listed(denied);
    if let Some(boundary) = boundary {
        let mut outside = removed.clone();
        outside.subtract(boundary);
        blocked.union_with(&outside);
    }
    blocked.keep_certain();
    blocked
}

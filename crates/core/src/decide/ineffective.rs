//! Permissions that a principal has but cannot use.

use crate::catalog::Permissions;

/// The part of `removed` that is certainly blocked already, so that removing it has no effect.
///
/// `denied` is what the principal's own policies and its permissions boundary deny ([`Permissions::denied_by`]: for
/// all resources, without a condition). `boundary` is everything that its boundary allows
/// ([`Permissions::allowed_by`]); `None` without a boundary, or if its document is unknown. A Deny for some
/// resources or with a condition, and a boundary that allows only some resources, block more than this says.
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

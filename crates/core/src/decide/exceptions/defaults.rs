//! Built-in rules: principals that the owner of an account cannot change, so that recommendations about them are
//! useless.
//!
//! A name alone never matches, because anyone can give a role an AWS name. `OrganizationAccountAccessRole` and the
//! roles of self-managed StackSets can be changed by their owner, and are reported like any other role.

use crate::arn::Arn;
use crate::inventory::{Inventory, Principal, PrincipalKind};

/// A built-in rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefaultRule {
    /// Service-linked roles.
    ServiceLinked,
    /// Roles under the path that AWS reserves, except those of Identity Center, which change with their permission
    /// set.
    AwsReserved,
    /// Roles that AWS Control Tower protects in the accounts that it governs.
    ControlTower,
}

impl DefaultRule {
    /// All built-in rules. Lists use this order.
    pub const ALL: [Self; 3] = [Self::ServiceLinked, Self::AwsReserved, Self::ControlTower];

    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceLinked => "service-linked",
            Self::AwsReserved => "aws-reserved",
            Self::ControlTower => "control-tower",
        }
    }

    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::ServiceLinked => "managed by an AWS service, which alone can change it",
            Self::AwsReserved => "under a path reserved by AWS, which alone can change it",
            Self::ControlTower => "protected by a mandatory control of AWS Control Tower",
        }
    }

    pub(super) fn covers(self, principal: &Principal, enrolled: bool) -> bool {
        if principal.kind != PrincipalKind::Role {
            return false;
        }
        match self {
            Self::ServiceLinked => principal.is_service_linked(),
            Self::AwsReserved => {
                principal.path.starts_with("/aws-reserved/")
                    && !principal.path.starts_with("/aws-reserved/sso.amazonaws.com/")
                    && principal.permission_set().is_none()
            }
            Self::ControlTower => enrolled && is_protected(principal),
        }
    }
}

/// Whether the service control policy of the control AWS-GR_IAM_ROLE_CHANGE_PROHIBITED names the role:
/// `role/aws-controltower-*`, `role/*AWSControlTower*`, `role/stacksets-exec-*`.
fn is_protected(role: &Principal) -> bool {
    let resource = format!(
        "{}{}",
        role.path.strip_prefix('/').unwrap_or(&role.path),
        role.name
    );
    resource.starts_with("aws-controltower-")
        || resource.starts_with("stacksets-exec-")
        || resource.contains("AWSControlTower")
}

/// Whether AWS Control Tower governs an account: every enrolled account has its role. Service control policies do
/// not apply to the management account, so nothing is protected there.
pub(super) fn is_enrolled(inventory: &Inventory) -> bool {
    let account = &inventory.account;
    // arn:aws:organizations::<management account>:account/...
    let is_management = Arn::of(&account.arn).account == account.id;
    let is_the_role = |it: &Principal| {
        it.kind == PrincipalKind::Role && it.path == "/" && it.name == "AWSControlTowerExecution"
    };
    !is_management && inventory.principals.iter().any(is_the_role)
}

//! What an organisation contains: accounts, principals and their policies. Core: no I/O.

mod error;
mod limits;
mod once;
pub mod wire;

use std::collections::BTreeMap;

pub use self::error::{InventoryError, NamedKind};
pub use self::limits::TooMany;
use self::once::{managed, named};
use wire::{
    Account, AttachedPolicy, Authorization, GroupDetail, InlinePolicy, ManagedPolicyDetail, PolicyText, Tag,
};

/// One account, from all of its responses.
#[derive(Debug)]
pub struct Inventory {
    /// The account.
    pub account: Account,
    /// Roles and users, sorted by ARN.
    pub principals: Vec<Principal>,
    /// Groups by name.
    pub groups: BTreeMap<String, GroupDetail>,
    /// Managed policies by ARN.
    pub managed: BTreeMap<String, ManagedPolicyDetail>,
}

codes! {
    /// Kind of principal.
    #[derive(PartialOrd, Ord)]
    pub enum PrincipalKind {
        /// A role.
        Role = "role",
        /// A user.
        User = "user",
    }
}

/// A role or a user.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Role or user.
    pub kind: PrincipalKind,
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Path.
    pub path: String,
    /// When it was created.
    pub created: Option<String>,
    /// Inline policies.
    pub inline: Vec<InlinePolicy>,
    /// Managed policies.
    pub attached: Vec<AttachedPolicy>,
    /// Names of a user's groups.
    pub groups: Vec<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// Trust policy of a role.
    pub trust: Option<PolicyText>,
    /// When a role was last used.
    pub last_used: Option<String>,
    /// Region of the last use.
    pub last_used_region: Option<String>,
}

impl Principal {
    /// Whether only an AWS service can change the role.
    pub fn is_service_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }

    /// Permission set that Identity Center created the role from.
    pub fn permission_set(&self) -> Option<&str> {
        // AWSReservedSSO_<permission set>_<16 hexadecimal digits>
        let rest = self
            .name
            .strip_prefix("AWSReservedSSO_")
            .filter(|_| self.path.starts_with("/aws-reserved/"))?;
        rest.rsplit_once('_').map(|(name, _)| name)
    }
}

impl Inventory {
    /// Combines the responses about one account. Parts of a principal may come on any page; all pages are here.
    ///
    /// # Errors
    /// If two resources have the same name, or a name does not match its ARN. IAM has no such account, and results
    /// for one resource would be reported for the other.
    pub fn new(account: Account, answers: Authorization) -> Result<Self, InventoryError> {
        let id = account.id.as_str();
        let roles = named(id, answers.role_detail_list)?;
        let users = named(id, answers.user_detail_list)?;
        let groups = named(id, answers.group_detail_list)?;
        let managed = managed(id, answers.policies)?;
        let roles = roles.into_iter().map(|role| {
            let used = role.role_last_used.unwrap_or_default();
            Principal {
                kind: PrincipalKind::Role,
                arn: role.arn,
                name: role.role_name,
                path: role.path,
                created: role.create_date,
                inline: role.role_policy_list,
                attached: role.attached_managed_policies,
                groups: Vec::new(),
                boundary: role
                    .permissions_boundary
                    .map(|boundary| boundary.permissions_boundary_arn),
                tags: role.tags,
                trust: role.assume_role_policy_document,
                last_used: used.last_used_date,
                last_used_region: used.region,
            }
        });
        let users = users.into_iter().map(|user| Principal {
            kind: PrincipalKind::User,
            arn: user.arn,
            name: user.user_name,
            path: user.path,
            created: user.create_date,
            inline: user.user_policy_list,
            attached: user.attached_managed_policies,
            groups: user.group_list,
            boundary: user
                .permissions_boundary
                .map(|boundary| boundary.permissions_boundary_arn),
            tags: user.tags,
            trust: None,
            last_used: None,
            last_used_region: None,
        });
        let mut principals: Vec<Principal> = roles.chain(users).collect();
        principals.sort_by(|a, b| a.arn.cmp(&b.arn));
        let groups = groups.into_iter().map(|group| (group.group_name.clone(), group));
        let managed = managed.into_iter().map(|policy| (policy.arn.clone(), policy));
        Ok(Self {
            account,
            principals,
            groups: groups.collect(),
            managed: managed.collect(),
        })
    }

    /// Principals that a managed policy applies to, directly or through a group.
    pub fn reached_by<'i>(&'i self, policy_arn: &'i str) -> impl Iterator<Item = &'i Principal> {
        let names =
            move |attached: &[AttachedPolicy]| attached.iter().any(|policy| policy.policy_arn == policy_arn);
        self.principals.iter().filter(move |principal| {
            let group_has = |group: &String| {
                self.groups
                    .get(group)
                    .is_some_and(|group| names(&group.attached_managed_policies))
            };
            names(&principal.attached) || principal.groups.iter().any(group_has)
        })
    }

    /// The users in a group.
    pub fn members<'i>(&'i self, group: &'i str) -> impl Iterator<Item = &'i Principal> {
        self.principals
            .iter()
            .filter(move |principal| principal.groups.iter().any(|name| name == group))
    }
}

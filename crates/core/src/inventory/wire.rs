//! AWS responses in the form that the AWS CLI prints, used by snapshots and by live scans.
//!
//! Unused members are ignored, so your own dumps can be read. Output has the members in this order, so a captured
//! snapshot always looks the same.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::limits::{self, TooMany};
use crate::policy;

/// `aws organizations list-accounts`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Accounts {
    /// All accounts of the organisation.
    pub accounts: Vec<Account>,
}

/// One account of the organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// Account ID, 12 digits.
    pub id: String,
    /// ARN, which contains the organisation and its management account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arn: String,
    /// Account name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// IDs of the organisation, root and organisational units above it, and of the account itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Its state; older partitions and emulators only have `Status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The state's older name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl Account {
    /// What is above it in the organisation: its path without its own id.
    pub fn ou_path(&self) -> Option<String> {
        let path = self.paths.first()?.trim_end_matches('/');
        Some(
            path.strip_suffix(self.id.as_str())
                .unwrap_or(path)
                .trim_end_matches('/')
                .to_owned(),
        )
    }

    /// `State`, else `Status`.
    pub fn state(&self) -> &str {
        self.state
            .as_deref()
            .or(self.status.as_deref())
            .unwrap_or("ACTIVE")
    }

    /// Whether nobody can use the account: it is suspended, closed or not yet active. An unknown state does not
    /// count; whether the account can be read is then up to AWS.
    pub fn is_closed(&self) -> bool {
        const CLOSED: [&str; 4] = ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"];
        CLOSED
            .iter()
            .any(|closed| closed.eq_ignore_ascii_case(self.state()))
    }
}

/// `aws iam get-account-authorization-details`, all pages joined. AWS always sends all four lists: a response
/// without one is invalid, and would otherwise look like an empty account. Lists are no longer than IAM can return.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", try_from = "Lists")]
pub struct Authorization {
    /// The users.
    pub user_detail_list: Vec<UserDetail>,
    /// The groups.
    pub group_detail_list: Vec<GroupDetail>,
    /// The roles.
    pub role_detail_list: Vec<RoleDetail>,
    /// Managed policies: customer-managed ones, and attached AWS managed ones.
    pub policies: Vec<ManagedPolicyDetail>,
}

impl Authorization {
    /// Checks that no list is longer than IAM can return.
    ///
    /// # Errors
    /// Which list is too long.
    pub fn within_limits(&self) -> Result<(), TooMany> {
        limits::USERS.holds(self.user_detail_list.len())?;
        limits::GROUPS.holds(self.group_detail_list.len())?;
        limits::ROLES.holds(self.role_detail_list.len())?;
        limits::POLICIES.holds(self.policies.len())?;
        let mut inline = 0;
        let mut holder = |policies: usize, attached: usize, tags: usize| {
            inline += policies;
            limits::INLINE
                .holds(policies)
                .and(limits::ATTACHED.holds(attached))
                .and(limits::TAGS.holds(tags))
        };
        for it in &self.user_detail_list {
            holder(
                it.user_policy_list.len(),
                it.attached_managed_policies.len(),
                it.tags.len(),
            )?;
            limits::GROUPS_OF_USER.holds(it.group_list.len())?;
        }
        for it in &self.group_detail_list {
            holder(it.group_policy_list.len(), it.attached_managed_policies.len(), 0)?;
        }
        for it in &self.role_detail_list {
            holder(
                it.role_policy_list.len(),
                it.attached_managed_policies.len(),
                it.tags.len(),
            )?;
        }
        // AWS keeps more versions of its own policies than customers can.
        let mut own = self
            .policies
            .iter()
            .filter(|it| it.arn.split(':').nth(4) != Some("aws"));
        own.try_for_each(|it| {
            limits::VERSIONS
                .holds(it.policy_version_list.len())
                .and(limits::TAGS.holds(it.tags.len()))
        })?;
        limits::ALL_INLINE.holds(inline)
    }
}

/// The same in the form it is written.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lists {
    #[serde(deserialize_with = "limits::users")]
    user_detail_list: Vec<UserDetail>,
    #[serde(deserialize_with = "limits::groups")]
    group_detail_list: Vec<GroupDetail>,
    #[serde(deserialize_with = "limits::roles")]
    role_detail_list: Vec<RoleDetail>,
    #[serde(deserialize_with = "limits::policies")]
    policies: Vec<ManagedPolicyDetail>,
}

impl TryFrom<Lists> for Authorization {
    type Error = TooMany;

    fn try_from(lists: Lists) -> Result<Self, TooMany> {
        let Lists {
            user_detail_list,
            group_detail_list,
            role_detail_list,
            policies,
        } = lists;
        let all = Self {
            user_detail_list,
            group_detail_list,
            role_detail_list,
            policies,
        };
        all.within_limits()?;
        Ok(all)
    }
}

/// One user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserDetail {
    /// Path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Name.
    pub user_name: String,
    /// ARN.
    pub arn: String,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// Inline policies.
    #[serde(default, deserialize_with = "limits::inline")]
    pub user_policy_list: Vec<InlinePolicy>,
    /// Names of its groups.
    #[serde(default, deserialize_with = "limits::groups_of_user")]
    pub group_list: Vec<String>,
    /// Managed policies.
    #[serde(default, deserialize_with = "limits::attached")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// Permissions boundary, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Boundary>,
    /// Tags.
    #[serde(default, deserialize_with = "limits::tags")]
    pub tags: Vec<Tag>,
}

/// One group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupDetail {
    /// Path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Name.
    pub group_name: String,
    /// ARN.
    pub arn: String,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// Inline policies.
    #[serde(default, deserialize_with = "limits::inline")]
    pub group_policy_list: Vec<InlinePolicy>,
    /// Managed policies.
    #[serde(default, deserialize_with = "limits::attached")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
}

/// One role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleDetail {
    /// Path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Name.
    pub role_name: String,
    /// ARN.
    pub arn: String,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// Trust policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role_policy_document: Option<PolicyText>,
    /// Inline policies.
    #[serde(default, deserialize_with = "limits::inline")]
    pub role_policy_list: Vec<InlinePolicy>,
    /// Managed policies.
    #[serde(default, deserialize_with = "limits::attached")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// Permissions boundary, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Boundary>,
    /// Tags.
    #[serde(default, deserialize_with = "limits::tags")]
    pub tags: Vec<Tag>,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_last_used: Option<RoleLastUsed>,
}

/// An inline policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlinePolicy {
    /// Name.
    pub policy_name: String,
    /// The document.
    pub policy_document: PolicyText,
}

/// A managed policy attached to a principal or group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Name.
    #[serde(default)]
    pub policy_name: String,
    /// ARN.
    pub policy_arn: String,
}

/// A permissions boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Boundary {
    /// Type, which is always a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary_type: Option<String>,
    /// ARN of the policy.
    pub permissions_boundary_arn: String,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// When a role was last used. Empty if IAM recorded no use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleLastUsed {
    /// Time of last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_date: Option<String>,
    /// Region of last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A managed policy with its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ManagedPolicyDetail {
    /// Name. Some emulators omit it; use the ARN then.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_name: String,
    /// ARN.
    pub arn: String,
    /// ID of the default version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_version_id: Option<String>,
    /// Number of users, groups and roles it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_count: Option<u32>,
    /// Number of principals it is a permissions boundary of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary_usage_count: Option<u32>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// When its newest version was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_date: Option<String>,
    /// Its versions.
    #[serde(default, deserialize_with = "limits::versions")]
    pub policy_version_list: Vec<PolicyVersion>,
    /// Its tags, which this answer of AWS leaves out and an answer put together from others may have.
    #[serde(
        default,
        deserialize_with = "limits::tags",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tags: Vec<Tag>,
}

impl ManagedPolicyDetail {
    /// Document of the default version.
    pub fn document(&self) -> Option<&PolicyText> {
        self.default_version()
            .and_then(|version| version.document.as_ref())
    }

    /// The default version.
    pub fn default_version(&self) -> Option<&PolicyVersion> {
        let named = |version: &&PolicyVersion| {
            version.is_default_version
                || version.version_id.is_some() && version.version_id == self.default_version_id
        };
        self.policy_version_list.iter().find(named)
    }

    /// Name, from the ARN if the response has none.
    pub fn name(&self) -> &str {
        match self.policy_name.as_str() {
            "" => self.arn.rsplit('/').next().unwrap_or(&self.arn),
            name => name,
        }
    }
}

/// One version of a managed policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// Document. Present at least for the default version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyText>,
    /// Such as `v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Whether it is the default version.
    #[serde(default)]
    pub is_default_version: bool,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
}

/// A policy document as text. In JSON, it is the document itself or a string with the document, percent-encoded or
/// not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyText(pub String);

impl PolicyText {
    /// Text of a document that AWS may have percent-encoded. What cannot be decoded is kept, and rejected when it
    /// is parsed. Surrounding white space is removed, as it is when a snapshot stores the document as JSON, so that
    /// the text is the same before and after.
    pub fn decoded(text: &str) -> Self {
        let decoded = policy::decode(text.as_bytes()).unwrap_or(Cow::Borrowed(text));
        Self(decoded.trim_matches([' ', '\t', '\r', '\n']).to_owned())
    }
}

impl Serialize for PolicyText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Text that is JSON is written unchanged, anything else as a string.
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(raw) if raw.get().starts_with('{') => raw.serialize(serializer),
            _ => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for PolicyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => Ok(Self::decoded(&text)),
            Err(_) => Ok(Self(raw.get().to_owned())),
        }
    }
}

fn root_path() -> String {
    "/".to_owned()
}

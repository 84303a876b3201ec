//! Answers of AWS in the shapes in which the AWS CLI prints them: what a snapshot holds and what a live read makes.
//!
//! Members that are not used here are passed over, so a user's own dumps can be read. What is written back has the
//! members in this order, so a captured snapshot has one form.

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
    /// Twelve digits.
    pub id: String,
    /// The account's ARN, which names the organisation and its management account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arn: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Organisation, root and organisational units above it, and the account itself, by id.
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
        Some(path.strip_suffix(self.id.as_str()).unwrap_or(path).trim_end_matches('/').to_owned())
    }

    /// `State`, else `Status`.
    pub fn state(&self) -> &str {
        self.state.as_deref().or(self.status.as_deref()).unwrap_or("ACTIVE")
    }

    /// Whether nobody can use anything there. A state that this version does not know says no such thing: whether the account
    /// can be read is then for AWS to tell.
    pub fn is_closed(&self) -> bool {
        const CLOSED: [&str; 4] = ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"];
        CLOSED.iter().any(|closed| closed.eq_ignore_ascii_case(self.state()))
    }
}

/// `aws iam get-account-authorization-details`, all pages joined. AWS sends all four lists, empty or not: an answer without one
/// of them is none, and would pass for an account in which nobody is. What is read has no more
/// than IAM can have said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", try_from = "Lists")]
pub struct Authorization {
    /// The users.
    pub user_detail_list: Vec<UserDetail>,
    /// The groups.
    pub group_detail_list: Vec<GroupDetail>,
    /// The roles.
    pub role_detail_list: Vec<RoleDetail>,
    /// Managed policies, the customer's and those of AWS that are attached.
    pub policies: Vec<ManagedPolicyDetail>,
}

impl Authorization {
    /// That no list is longer than IAM can have made it.
    ///
    /// # Errors
    /// Which one is.
    pub fn within_limits(&self) -> Result<(), TooMany> {
        limits::USERS.holds(self.user_detail_list.len())?;
        limits::GROUPS.holds(self.group_detail_list.len())?;
        limits::ROLES.holds(self.role_detail_list.len())?;
        limits::POLICIES.holds(self.policies.len())?;
        let mut inline = 0;
        let mut holder = |policies: usize, attached: usize, tags: usize| {
            inline += policies;
            limits::INLINE.holds(policies).and(limits::ATTACHED.holds(attached)).and(limits::TAGS.holds(tags))
        };
        for it in &self.user_detail_list {
            holder(it.user_policy_list.len(), it.attached_managed_policies.len(), it.tags.len())?;
            limits::GROUPS_OF_USER.holds(it.group_list.len())?;
        }
        for it in &self.group_detail_list {
            holder(it.group_policy_list.len(), it.attached_managed_policies.len(), 0)?;
        }
        for it in &self.role_detail_list {
            holder(it.role_policy_list.len(), it.attached_managed_policies.len(), it.tags.len())?;
        }
        // AWS keeps more versions of its own policies than anybody else may.
        let mut own = self.policies.iter().filter(|it| it.arn.split(':').nth(4) != Some("aws"));
        own.try_for_each(|it| {
            limits::VERSIONS.holds(it.policy_version_list.len()).and(limits::TAGS.holds(it.tags.len()))
        })?;
        limits::ALL_INLINE.holds(inline)
    }
}

/// The same as it is written down.
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
        let Lists { user_detail_list, group_detail_list, role_detail_list, policies } = lists;
        let all = Self { user_detail_list, group_detail_list, role_detail_list, policies };
        all.within_limits()?;
        Ok(all)
    }
}

/// One user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserDetail {
    /// The user's path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Its name.
    pub user_name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// Inline policies.
    #[serde(default, deserialize_with = "limits::inline")]
    pub user_policy_list: Vec<InlinePolicy>,
    /// The names of its groups.
    #[serde(default, deserialize_with = "limits::groups_of_user")]
    pub group_list: Vec<String>,
    /// Managed policies.
    #[serde(default, deserialize_with = "limits::attached")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// The boundary, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Boundary>,
    /// Its tags.
    #[serde(default, deserialize_with = "limits::tags")]
    pub tags: Vec<Tag>,
}

/// One group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupDetail {
    /// The group's path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Its name.
    pub group_name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
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
    /// The role's path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Its name.
    pub role_name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// Who may assume it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role_policy_document: Option<PolicyText>,
    /// Inline policies.
    #[serde(default, deserialize_with = "limits::inline")]
    pub role_policy_list: Vec<InlinePolicy>,
    /// Managed policies.
    #[serde(default, deserialize_with = "limits::attached")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// The boundary, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Boundary>,
    /// Its tags.
    #[serde(default, deserialize_with = "limits::tags")]
    pub tags: Vec<Tag>,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_last_used: Option<RoleLastUsed>,
}

/// A policy inside a principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlinePolicy {
    /// Its name.
    pub policy_name: String,
    /// The document.
    pub policy_document: PolicyText,
}

/// A managed policy, as a principal names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Its name.
    #[serde(default)]
    pub policy_name: String,
    /// Its ARN.
    pub policy_arn: String,
}

/// A permissions boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Boundary {
    /// Always a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary_type: Option<String>,
    /// The policy's ARN.
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

/// When a role was last used; empty when it was not, within the time that IAM remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleLastUsed {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_date: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A managed policy with its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ManagedPolicyDetail {
    /// Its name; some emulators leave it out, then the ARN tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_name: String,
    /// Its ARN.
    pub arn: String,
    /// The version that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_version_id: Option<String>,
    /// To how many users, groups and roles it is attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_count: Option<u32>,
    /// How many principals it bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary_usage_count: Option<u32>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// When its newest version was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_date: Option<String>,
    /// Its versions.
    #[serde(default, deserialize_with = "limits::versions")]
    pub policy_version_list: Vec<PolicyVersion>,
    /// Its tags, which this answer of AWS leaves out and an answer put together from others may have.
    #[serde(default, deserialize_with = "limits::tags", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl ManagedPolicyDetail {
    /// The document of the version that counts.
    pub fn document(&self) -> Option<&PolicyText> {
        self.default_version().and_then(|version| version.document.as_ref())
    }

    /// The version that counts.
    pub fn default_version(&self) -> Option<&PolicyVersion> {
        let named = |version: &&PolicyVersion| {
            version.is_default_version
                || version.version_id.is_some() && version.version_id == self.default_version_id
        };
        self.policy_version_list.iter().find(named)
    }

    /// The name, from the ARN where the answer has none.
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
    /// The document, which comes with the default version at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyText>,
    /// `v1` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Whether it is the one that counts.
    #[serde(default)]
    pub is_default_version: bool,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
}

/// A policy document as text. In JSON it is the document itself, or a string that holds it, percent-encoded or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyText(pub String);

impl PolicyText {
    /// The text of a document that AWS may have percent-encoded. What cannot be decoded stays as it is, and is refused
    /// when it is parsed. White space around it goes, as it does when the text is kept as JSON: a document is the same
    /// text before and after.
    pub fn decoded(text: &str) -> Self {
        let decoded = policy::decode(text.as_bytes()).unwrap_or(Cow::Borrowed(text));
        Self(decoded.trim_matches([' ', '\t', '\r', '\n']).to_owned())
    }
}

impl Serialize for PolicyText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Text that is JSON stands as it is, so that nothing of it changes; else it is a string.
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

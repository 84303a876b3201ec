//! Analyzers and findings in the shapes in which the AWS CLI prints them.

use serde::{Deserialize, Serialize};

use crate::arn::Arn;

pub(super) use super::failure::Failure;

/// `aws accessanalyzer get-analyzer`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalyzerAnswer {
    /// The analyzer.
    pub analyzer: Analyzer,
}

/// An unused-access analyzer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analyzer {
    /// Its ARN, which names its account and Region.
    pub arn: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// `ORGANIZATION_UNUSED_ACCESS` or `ACCOUNT_UNUSED_ACCESS`, among others.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ACTIVE`, among others.
    #[serde(default)]
    pub status: String,
    /// The AWS service that made it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it last looked at something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_resource_analyzed_at: Option<String>,
    /// What it looks at; only `GetAnalyzer` tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}

/// What an analyzer looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// The part on unused access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_access: Option<UnusedAccess>,
}

/// How far an analyzer looks back, and what it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedAccess {
    /// In days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_access_age: Option<u32>,
    /// The rule of exclusions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis_rule: Option<AnalysisRule>,
}

/// What an analyzer leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisRule {
    /// A principal that one of these matches is not analysed.
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
}

/// Accounts or tags that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exclusion {
    /// Account ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub account_ids: Vec<String>,
    /// Maps of tags; an empty value stands for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_tags: Vec<std::collections::BTreeMap<String, String>>,
}

impl Analyzer {
    /// How many days it looks back.
    pub fn window_days(&self) -> Option<u32> {
        self.configuration.as_ref()?.unused_access.as_ref()?.unused_access_age
    }

    /// The account in its ARN.
    pub fn account(&self) -> &str {
        Arn::of(&self.arn).account
    }
}

/// `aws accessanalyzer get-finding-v2`, all pages joined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Not stable: a partial fix closes one finding and opens another.
    pub id: String,
    /// The principal's ARN.
    #[serde(default)]
    pub resource: String,
    /// `AWS::IAM::Role` or `AWS::IAM::User`.
    #[serde(default)]
    pub resource_type: String,
    /// The principal's account.
    #[serde(default)]
    pub resource_owner_account: String,
    /// `ACTIVE`, `ARCHIVED` or `RESOLVED`.
    #[serde(default)]
    pub status: String,
    /// `UnusedPermission`, `UnusedIAMRole`, `UnusedIAMUserAccessKey` or `UnusedIAMUserPassword`.
    #[serde(default)]
    pub finding_type: String,
    /// When it was last evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyzed_at: Option<String>,
    /// When it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Why the analyzer could not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it found; absent when it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding_details: Option<Vec<Detail>>,
    /// There are more pages than were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// Why its details could not be read: a member of ours, AWS has none of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// One element of a finding's details: one of its members is there. None is when the kind is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Permissions of one service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_permission_details: Option<UnusedPermission>,
    /// A role that was not used at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_iam_role_details: Option<Unused>,
    /// An access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_iam_user_access_key_details: Option<UnusedKey>,
    /// A password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_iam_user_password_details: Option<Unused>,
}

/// What is unused of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedPermission {
    /// The service's prefix.
    pub service_namespace: String,
    /// When the service was last used at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
    /// The unused actions; none, or an empty list, is the whole service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<UnusedAction>>,
}

/// One unused action.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedAction {
    /// Its name, without the service's prefix.
    pub action: String,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// When something was last used; absent is never, within the time that AWS remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unused {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// An unused access key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedKey {
    /// The key's id, which is no secret.
    pub access_key_id: String,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

//! Analyzers and findings, in the form that the AWS CLI prints.

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
    /// ARN, which contains its account and Region.
    pub arn: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Such as `ORGANIZATION_UNUSED_ACCESS` or `ACCOUNT_UNUSED_ACCESS`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Such as `ACTIVE`.
    #[serde(default)]
    pub status: String,
    /// AWS service that created it. Absent if the customer did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it last analyzed a resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_resource_analyzed_at: Option<String>,
    /// What it analyzes; only `GetAnalyzer` returns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}

/// What an analyzer analyzes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// Settings for unused access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_access: Option<UnusedAccess>,
}

/// Window and exclusions of an analyzer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedAccess {
    /// Window in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_access_age: Option<u32>,
    /// Exclusions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis_rule: Option<AnalysisRule>,
}

/// Exclusions of an analyzer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisRule {
    /// A principal that matches one of these is not analyzed.
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
}

/// Excluded accounts or tags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exclusion {
    /// Account IDs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub account_ids: Vec<String>,
    /// Maps of tags; an empty value matches any value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_tags: Vec<std::collections::BTreeMap<String, String>>,
}

impl Analyzer {
    /// Window in days.
    pub fn window_days(&self) -> Option<u32> {
        self.configuration
            .as_ref()?
            .unused_access
            .as_ref()?
            .unused_access_age
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
    /// ID. Not stable: a partial fix closes one finding and opens another.
    pub id: String,
    /// ARN of the principal.
    #[serde(default)]
    pub resource: String,
    /// `AWS::IAM::Role` or `AWS::IAM::User`.
    #[serde(default)]
    pub resource_type: String,
    /// Account of the principal.
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
    /// Why the analyzer could not analyze the principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it found. Absent if it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding_details: Option<Vec<Detail>>,
    /// Present if there are more pages than were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// Why its details could not be read. Our own field, which AWS does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// One element of a finding's details. One of the fields is set; none if its kind is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Unused permissions of one service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_permission_details: Option<UnusedPermission>,
    /// An unused role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_iam_role_details: Option<Unused>,
    /// An unused access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_iam_user_access_key_details: Option<UnusedKey>,
    /// An unused password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_iam_user_password_details: Option<Unused>,
}

/// Unused permissions of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedPermission {
    /// Service prefix.
    pub service_namespace: String,
    /// When any action of the service was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
    /// Unused actions. Absent or empty if the whole service is unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<UnusedAction>>,
}

/// One unused action.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedAction {
    /// Name, without the service prefix.
    pub action: String,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// When something was last used. Absent if AWS recorded no use.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unused {
    /// Time of last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// An unused access key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedKey {
    /// Access key ID, which is not a secret.
    pub access_key_id: String,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

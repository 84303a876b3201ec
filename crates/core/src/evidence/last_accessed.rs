//! IAM last-accessed data, the free source of evidence (E9), in the form that the AWS CLI prints.

use serde::{Deserialize, Serialize};

/// `aws iam get-service-last-accessed-details` for one principal, all pages joined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LastAccessed {
    /// ARN of the principal. Our own field, because the response does not contain it.
    pub arn: String,
    /// How the job ended. Absent in recordings of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_status: Option<String>,
    /// Granularity of the job: `ACTION_LEVEL` is requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_type: Option<String>,
    /// Whether there are more pages than were recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_truncated: bool,
    /// When the job completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_completion_date: Option<String>,
    /// Services that the principal has permissions for. AWS always sends this list; without it, nothing is known.
    pub services_last_accessed: Vec<ServiceLastAccessed>,
    /// Why it could not be read. Our own field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<super::failure::Failure>,
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceLastAccessed {
    /// Service prefix.
    pub service_namespace: String,
    /// When it was last used. Absent if IAM recorded no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_authenticated: Option<String>,
    /// Actions whose use IAM tracks. Absent if IAM tracks none of the service or recorded no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked_actions_last_accessed: Option<Vec<TrackedAction>>,
}

/// One action whose use IAM tracks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrackedAction {
    /// Name, without the service prefix.
    pub action_name: String,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed_time: Option<String>,
}

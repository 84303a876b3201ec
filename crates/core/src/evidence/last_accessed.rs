//! IAM's last-accessed data, the free source of the same evidence (E9), in the shapes of the AWS CLI.

use serde::{Deserialize, Serialize};

/// `aws iam get-service-last-accessed-details` for one principal, all pages joined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LastAccessed {
    /// The principal's ARN: a member of ours, the answer does not repeat what was asked.
    pub arn: String,
    /// How the job that gathered it ended; absent in what an older version recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_status: Option<String>,
    /// What it looked at: `ACTION_LEVEL` is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_type: Option<String>,
    /// There are more pages than were recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_truncated: bool,
    /// When the answer was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_completion_date: Option<String>,
    /// The services that the principal may use. AWS always sends the list: without it nothing is known.
    pub services_last_accessed: Vec<ServiceLastAccessed>,
    /// Why it could not be read: a member of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<super::failure::Failure>,
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceLastAccessed {
    /// The service's prefix.
    pub service_namespace: String,
    /// When it was last used; absent is never, within the time that IAM remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_authenticated: Option<String>,
    /// The actions whose use IAM records; absent when it records none of the service, or none was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked_actions_last_accessed: Option<Vec<TrackedAction>>,
}

/// One action whose use IAM records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrackedAction {
    /// Its name, without the service's prefix.
    pub action_name: String,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed_time: Option<String>,
}

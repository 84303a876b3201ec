//! The use of services and their actions, as AWS reports it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Unused actions of one service. Without `actions`, the whole service is unused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnusedService {
    /// Service prefix, such as `s3`.
    pub service_namespace: String,
    /// Unused actions, sorted, without the service prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    /// When an affected principal last used the service. Absent if no use is known and, in an owner's pack, if the
    /// change also affects other owners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// Actions of one service that are in use. Without `actions`, AWS only reports that the service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedService {
    /// Service prefix, such as `s3`.
    pub service_namespace: String,
    /// Actions in use, sorted, without the service prefix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

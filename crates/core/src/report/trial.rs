//! What a trial of a change denies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a trial of one change denies to some of the principals that it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrialRow {
    /// The change, by id.
    pub change: String,
    /// The principals, by ARN.
    pub principals: Vec<String>,
    /// What it denies to each of them.
    #[serde(flatten)]
    pub trial: Trial,
}

/// Exactly what a change takes, as a Deny.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// The actions that it denies on every resource, a list for each policy that it takes. With a wildcard only where the change
    /// takes everything that it matches.
    pub deny: Vec<Vec<String>>,
    /// Number of these actions whose names are known.
    pub actions: usize,
    /// How many actions the changed policy loses and another policy also allows: the change does not take them, so they are not
    /// denied.
    pub also_allowed: usize,
    /// Why it denies nothing, where it does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub does_not_fit: Option<TrialSize>,
}

/// A trial that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrialSize {
    /// Number of managed policies that it needs; for a permission set, of inline policies.
    pub policies: usize,
    /// Number of policies that can be attached.
    pub room: usize,
}

//! How bad the worst of some permissions is, and which are the worst. Not how many they are: ten thousand that read names are
//! no match for one that makes an administrator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escalation::{Escalation, Gain};
use super::risk::rank;
use crate::catalog::{AccessLevel, Permissions};

/// The worst that some permissions are good for, the least first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing.
    #[default]
    None,
    /// To look at things.
    Read,
    /// To change things.
    Write,
    /// To open to others what should be kept, or to read secrets.
    DataExposure,
    /// To gain the rights of another principal.
    Escalation,
    /// To gain any right.
    Administrator,
}

impl Severity {
    /// Of permissions, and the known ways to escalate that they are enough for.
    pub fn of(permissions: &Permissions<'_>, escalations: &[&Escalation]) -> Self {
        let levels = permissions.levels();
        let has = |level| levels.of(level) > 0;
        let by_level = if has(Some(AccessLevel::PermissionsManagement)) {
            Self::DataExposure
        } else if [Some(AccessLevel::Write), Some(AccessLevel::Tagging), None].into_iter().any(has) {
            Self::Write
        } else if permissions.is_empty() {
            Self::None
        } else {
            Self::Read
        };
        Self::of_escalations(escalations).max(by_level)
    }

    /// Of known ways to escalate.
    pub fn of_escalations(escalations: &[&Escalation]) -> Self {
        /// An escalation that weighs so much gives any right by itself.
        const ANY_RIGHT: u64 = 100;
        let of_one = |it: &&Escalation| match it.gain {
            Gain::Rights if it.weight >= ANY_RIGHT => Self::Administrator,
            Gain::Rights => Self::Escalation,
            Gain::Reach => Self::DataExposure,
        };
        escalations.iter().map(of_one).max().unwrap_or_default()
    }

    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::DataExposure => "data-exposure",
            Self::Escalation => "escalation",
            Self::Administrator => "administrator",
        }
    }
}

/// All permissions as `service:Name`, the most dangerous first: by the heaviest known escalation that needs them, then by
/// what they do, then by name.
pub fn by_danger(permissions: &Permissions<'_>) -> Vec<String> {
    let mut ranked: Vec<_> = permissions
        .iter()
        .map(|(service, name, level)| {
            (std::cmp::Reverse(Escalation::weight_of(service, name)), rank(level), service, name)
        })
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, _, service, name)| format!("{service}:{name}")).collect()
}

//! The worst that a set of permissions allows, and its most dangerous actions. Their number does not matter: ten
//! thousand read actions are less dangerous than one that makes an administrator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escalation::{Escalation, Gain};
use super::risk::rank;
use crate::catalog::{AccessLevel, Permissions};

/// The worst that a set of permissions allows, from harmless to critical.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing.
    #[default]
    None,
    /// Reading.
    Read,
    /// Changing resources.
    Write,
    /// Opening resources to others, or reading secrets.
    DataExposure,
    /// Gaining the permissions of another principal.
    Escalation,
    /// Gaining any permission.
    Administrator,
}

impl Severity {
    /// The severity of permissions, and of the known escalation paths they open.
    pub fn of(permissions: &Permissions<'_>, escalations: &[&Escalation]) -> Self {
        let levels = permissions.levels();
        let known = [
            AccessLevel::List,
            AccessLevel::Read,
            AccessLevel::Write,
            AccessLevel::Tagging,
            AccessLevel::PermissionsManagement,
        ];
        let all = known.into_iter().map(Some).chain([None]);
        let held = all.filter(|level| levels.of(*level) > 0);
        held.map(Self::of_level)
            .fold(Self::of_escalations(escalations), Self::max)
    }

    /// The severity of one action by its access level; `None` if the catalog lacks it.
    pub fn of_level(level: Option<AccessLevel>) -> Self {
        match level {
            Some(AccessLevel::PermissionsManagement) => Self::DataExposure,
            Some(AccessLevel::Write | AccessLevel::Tagging) | None => Self::Write,
            Some(AccessLevel::Read | AccessLevel::List) => Self::Read,
        }
    }

    /// The severity of known escalation paths.
    pub fn of_escalations(escalations: &[&Escalation]) -> Self {
        /// Weight from which an escalation path grants any permission by itself.
        const ANY_RIGHT: u64 = 100;
        let of_one = |it: &&Escalation| match it.gain {
            Gain::Rights if it.weight >= ANY_RIGHT => Self::Administrator,
            Gain::Rights => Self::Escalation,
            Gain::Reach => Self::DataExposure,
        };
        escalations.iter().map(of_one).max().unwrap_or_default()
    }

    /// Its word on the scale.
    pub fn grade(self) -> Grade {
        match self {
            Self::None => Grade::None,
            Self::Read => Grade::Low,
            Self::Write => Grade::Medium,
            Self::DataExposure | Self::Escalation => Grade::High,
            Self::Administrator => Grade::Critical,
        }
    }

    /// Name in files.
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

/// The severity scale in words. The worst single permission decides, not their number.
///
/// | severity | what the permissions allow | score (CVSS bounds) |
/// |---|---|---|
/// | critical | become administrator | 9.5 |
/// | high | take over another principal, or expose data, keys or secrets | 8.0 |
/// | medium | create, change or delete resources | 5.5 |
/// | low | read and list | 2.5 |
/// | none | nothing, or nothing certain | 0.0 |
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Nothing.
    #[default]
    None,
    /// Read and list.
    Low,
    /// Create, change or delete resources.
    Medium,
    /// Take over another principal, or expose data.
    High,
    /// Become administrator.
    Critical,
}

impl Grade {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The word on a badge.
    pub fn title(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// A score from 0 to 10 for tools, within CVSS's bounds for the same words.
    pub fn score(self) -> &'static str {
        match self {
            Self::None => "0.0",
            Self::Low => "2.5",
            Self::Medium => "5.5",
            Self::High => "8.0",
            Self::Critical => "9.5",
        }
    }

    /// One step lower.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium => Self::Low,
            Self::Low | Self::None => Self::None,
        }
    }
}

/// All permissions as `service:Name`, the most dangerous first: by the heaviest known escalation path that needs
/// them, then by access level, then by name.
pub fn by_danger(permissions: &Permissions<'_>) -> Vec<String> {
    let mut ranked: Vec<_> = permissions
        .iter()
        .map(|(service, name, level)| {
            (
                std::cmp::Reverse(Escalation::weight_of(service, name)),
                rank(level),
                service,
                name,
            )
        })
        .collect();
    ranked.sort();
    ranked
        .into_iter()
        .map(|(_, _, service, name)| format!("{service}:{name}"))
        .collect()
}

//! What changes remove: for a principal, an account or the organisation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::{ActionLevel, PolicyState};
use super::usage::UnusedService;
use crate::decide::Severity;

/// Permissions and risk of one principal, before and after the changes. A permission counts once, even if several
/// policies grant it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectRow {
    /// Number of permissions that its policies grant.
    pub granted: usize,
    /// Number of permissions that AWS reports as unused.
    pub unused: usize,
    /// Number of permissions that the changes remove.
    pub removed: usize,
    /// Removed permissions by access level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removed_by_level: BTreeMap<ActionLevel, usize>,
    /// Number of removed permissions that a Deny or the permissions boundary already blocks, so that removing them
    /// has no effect.
    pub ineffective: usize,
    /// Risk score before and after the changes.
    pub risk: RiskRow,
    /// Policies that still grant unused permissions after the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<Remains>,
    /// The worst that the principal can do today with the permissions that are not blocked.
    #[serde(default)]
    pub severity: Severity,
    /// Permissions that are kept because AWS does not track their use, in services with no recorded call. The most
    /// dangerous come first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unobserved: Vec<String>,
}

/// What one change removes from one principal. If several changes remove the same permission, the one that removes
/// the most risk counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// Number of permissions.
    pub permissions: usize,
    /// Risk score removed.
    pub risk: u64,
}

impl std::ops::AddAssign for Removal {
    fn add_assign(&mut self, other: Self) {
        self.permissions += other.permissions;
        self.risk += other.risk;
    }
}

/// Risk score of a principal's permissions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskRow {
    /// Score before the changes.
    pub before: u64,
    /// Score after the changes.
    pub after: u64,
    /// What the score before consists of, as a sentence.
    pub why_before: String,
    /// What the score after consists of, as a sentence.
    pub why_after: String,
}

/// A policy that still grants unused permissions after the changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remains {
    /// ID of the policy.
    pub policy: String,
    /// Why the policy still grants them, as a stable code.
    pub state: PolicyState,
    /// Number of unused permissions that it still grants.
    pub permissions: usize,
}

/// What a change to one policy removes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImpactRow {
    /// The worst that an affected principal can no longer do. Permissions that are already blocked do not count.
    #[serde(default)]
    pub severity: Severity,
    /// Number of actions that the policy no longer grants, by access level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_level: BTreeMap<ActionLevel, usize>,
    /// Risk score removed from all affected principals. Permissions that are already blocked do not count. If
    /// several changes remove the same permission, the one that removes the most risk counts it.
    pub risk: u64,
    /// The most dangerous removed actions, at most 10: those of known escalation paths first, then permissions
    /// management, write and read. Actions that are already blocked are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foremost: Vec<String>,
    /// Known escalation paths that the change closes for an affected principal, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<EscalationRow>,
    /// Removed actions that are already blocked for every affected principal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ineffective: Vec<UnusedService>,
}

/// Why the actions that a policy still grants are kept, for all affected principals together. Each action counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptRow {
    /// Number of actions that are in use, or that AWS does not report as unused for every affected principal.
    pub in_use: usize,
    /// Number of actions whose use AWS does not track, in services with no recorded call.
    pub untracked: usize,
    /// Number of unused actions that an exception or another rule keeps.
    pub by_rule: usize,
}

/// Sums over principals. Every principal is counted separately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectTotals {
    /// Number of permissions granted.
    pub granted: usize,
    /// Number of permissions that AWS reports as unused.
    pub unused: usize,
    /// Number of permissions that the changes remove.
    pub removed: usize,
    /// Removed permissions by access level.
    #[serde(default)]
    pub removed_by_level: BTreeMap<ActionLevel, usize>,
    /// Number of removed permissions that are already blocked.
    pub ineffective: usize,
    /// Risk score before the changes.
    pub risk_before: u64,
    /// Risk score after the changes.
    pub risk_after: u64,
}

impl EffectTotals {
    /// Adds a principal.
    pub fn add(&mut self, row: &EffectRow) {
        self.granted += row.granted;
        self.unused += row.unused;
        self.removed += row.removed;
        self.ineffective += row.ineffective;
        self.risk_before += row.risk.before;
        self.risk_after += row.risk.after;
        self.levels(&row.removed_by_level);
    }

    /// Adds other totals.
    pub fn join(&mut self, other: &Self) {
        self.granted += other.granted;
        self.unused += other.unused;
        self.removed += other.removed;
        self.ineffective += other.ineffective;
        self.risk_before += other.risk_before;
        self.risk_after += other.risk_after;
        self.levels(&other.removed_by_level);
    }

    fn levels(&mut self, more: &BTreeMap<ActionLevel, usize>) {
        for (level, count) in more {
            *self.removed_by_level.entry(*level).or_default() += count;
        }
    }
}

/// A known privilege escalation path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EscalationRow {
    /// Actions that a principal needs together.
    pub actions: String,
    /// What the principal gains.
    pub gives: String,
    /// URL of the research that describes the path.
    pub source: String,
}

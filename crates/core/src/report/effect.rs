//! What changes do: to a principal, to an account, to the organisation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::{ActionLevel, PolicyState};
use super::recommendation::UnusedService;
use crate::decide::Severity;

/// What the changes do to one principal. Permissions are counted once, however many policies grant them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectRow {
    /// Permissions that its policies grant.
    pub granted: usize,
    /// Those that its evidence calls unused.
    pub unused: usize,
    /// Those that it loses.
    pub removed: usize,
    /// The same by access level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removed_by_level: BTreeMap<ActionLevel, usize>,
    /// Those of them that a Deny or its boundary blocks already: nothing changes when they go.
    pub ineffective: usize,
    /// What it may do, in points.
    pub risk: RiskRow,
    /// The policies that still grant what its evidence calls unused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<Remains>,
    /// The worst that it may do, but for what is blocked.
    #[serde(default)]
    pub severity: Severity,
    /// Permissions whose use AWS does not see, of services to which it saw no call: they stay. The most dangerous first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unobserved: Vec<String>,
}

/// What one change takes from one principal. A permission that several changes take counts for the heaviest of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// Permissions.
    pub permissions: usize,
    /// Points of risk.
    pub risk: u64,
}

impl std::ops::AddAssign for Removal {
    fn add_assign(&mut self, other: Self) {
        self.permissions += other.permissions;
        self.risk += other.risk;
    }
}

/// What permissions are worth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskRow {
    /// Points before.
    pub before: u64,
    /// Points after.
    pub after: u64,
    /// What makes the points before, in one sentence.
    pub why_before: String,
    /// What makes those after.
    pub why_after: String,
}

/// A policy that still grants what a principal's evidence calls unused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remains {
    /// The policy, by id.
    pub policy: String,
    /// What became of it, as a stable code.
    pub state: PolicyState,
    /// How many unused permissions it still grants.
    pub permissions: usize,
}

/// What a change of one policy does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImpactRow {
    /// The worst that somebody loses whom it reaches, but for what is blocked already.
    #[serde(default)]
    pub severity: Severity,
    /// Actions that the policy no longer grants, by access level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_level: BTreeMap<ActionLevel, usize>,
    /// Points of risk removed, over all whom it reaches; what was blocked already was none, and what several changes remove
    /// counts for the heaviest of them.
    pub risk: u64,
    /// The removed actions that are the most dangerous: those of known escalations, then permissions management before write
    /// before read; at most ten, and none that is blocked already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foremost: Vec<String>,
    /// Known ways to escalate that the policy opened to somebody whom it reaches and no longer opens, the heaviest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<EscalationRow>,
    /// Those of the removed permissions that something else blocks already for all whom it reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ineffective: Vec<UnusedService>,
}

/// What principals may do together, each counted for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectTotals {
    /// Permissions granted.
    pub granted: usize,
    /// Those unused.
    pub unused: usize,
    /// Those removed.
    pub removed: usize,
    /// The same by access level.
    #[serde(default)]
    pub removed_by_level: BTreeMap<ActionLevel, usize>,
    /// Those of them that were blocked already.
    pub ineffective: usize,
    /// Points of risk before.
    pub risk_before: u64,
    /// Points of risk after.
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

    /// Adds the totals of others.
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

/// A known way to escalate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EscalationRow {
    /// The actions that have to be held together.
    pub actions: String,
    /// What they give.
    pub gives: String,
    /// The address of who says so.
    pub source: String,
}

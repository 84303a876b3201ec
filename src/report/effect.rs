//! What changes do: to a principal, to an account, to the organisation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recommendation::UnusedService;

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
    pub removed_by_level: BTreeMap<String, usize>,
    /// Those of them that a Deny or its boundary blocks already: nothing changes when they go.
    pub ineffective: usize,
    /// What it may do, in points.
    pub risk: RiskRow,
    /// The policies that still grant what it does not use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<Remains>,
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

/// A policy that still grants what a principal does not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remains {
    /// The policy, by id.
    pub policy: String,
    /// What became of it, as a stable code.
    pub state: String,
    /// How many unused permissions it still grants.
    pub permissions: usize,
}

/// What a change of one policy does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImpactRow {
    /// Permissions removed, by access level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_level: BTreeMap<String, usize>,
    /// Points of risk removed, over all whom it reaches; what was blocked already was none.
    pub risk: u64,
    /// The removed permissions that weigh most, permissions management before write before read; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foremost: Vec<String>,
    /// Known ways to escalate that the policy gave and no longer gives, the heaviest first.
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
    pub removed_by_level: BTreeMap<String, usize>,
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

    fn levels(&mut self, more: &BTreeMap<String, usize>) {
        for (level, count) in more {
            *self.removed_by_level.entry(level.clone()).or_default() += count;
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

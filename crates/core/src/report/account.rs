//! `accounts/<id>.json`: the full result for one account.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::{EvidenceKind, PolicyState, PrincipalCode};
use super::effect::{EffectRow, EffectTotals, Removal};
use super::holder::PolicyHolder;
use super::recommendation::{Alternative, Recommendation};
use super::trial::TrialRow;
use crate::decide::{GrantLog, PolicyKind, PrincipalStatus};
use crate::evidence::Failure;
use crate::inventory::PrincipalKind;

/// `accounts/<id>.json`: the full result for one account. A permission is one action of one principal. Times are
/// UTC, as in `2026-10-31T07:25:34Z`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountReport {
    /// Version of the report's JSON format.
    pub schema: u32,
    /// Summary of the account, as in `report.json`.
    pub summary: AccountSummary,
    /// All roles and users of the account, including those without a result.
    pub principals: Vec<PrincipalRow>,
    /// All policies that are attached to a role, user or group of the account.
    pub policies: Vec<PolicyRow>,
    /// Recommended changes, one for each policy that can be reduced, detached or deleted. Changes for several
    /// accounts are in `report.json`.
    pub recommendations: Vec<Recommendation>,
    /// Alternative changes, with `--shared both`: copies instead of an edit in place. For each policy, apply either
    /// these or the recommendation, not both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Recommendation>,
    /// Policies that grant unused permissions but are not changed, with the reason.
    pub left_alone: Vec<LeftAlone>,
    /// What a trial of each change denies: of its own, and of those of a fleet.
    // Not in every report of schema 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<TrialRow>,
    /// Since when each policy is held, where the evidence is last-accessed data, which do not look at that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantLog>,
}

/// Summary of one account. `report.json` has one for each account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountSummary {
    /// Account ID, 12 digits.
    pub id: String,
    /// Account name in AWS Organizations.
    pub name: String,
    /// Where it is in the organisation, as AWS Organizations writes it, without the account itself: the ids of the organisation,
    /// its root and each organizational unit below that. Absent where AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ou_path: Option<String>,
    /// How far it was read.
    pub coverage: Coverage,
    /// AWS API calls that failed. Absent if none did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failed>,
    /// Where the usage data of the account comes from.
    pub evidence: EvidenceSource,
    /// Number of principals by status. Includes statuses with no principals; the numbers add up to `principals`.
    // Schema 1 called them buckets.
    #[serde(alias = "buckets")]
    pub statuses: BTreeMap<PrincipalStatus, usize>,
    /// Number of roles and users.
    pub principals: usize,
    /// Number of recommended changes.
    pub recommendations: usize,
    /// Number of policies that grant unused permissions but are not changed.
    pub left_alone: usize,
    /// Number of access keys and passwords that AWS reports as unused.
    // Not in schema 1.
    #[serde(default)]
    pub credentials: usize,
    /// Permissions and risk of all principals of the account, before and after the changes.
    pub effect: EffectTotals,
}

impl AccountSummary {
    /// The id of its organisation.
    pub fn organisation(&self) -> Option<&str> {
        self.ou_path
            .as_deref()?
            .split('/')
            .find(|part| part.starts_with("o-"))
    }

    /// The id of the organizational unit, or root, that it is in.
    pub fn ou(&self) -> Option<&str> {
        let part = self
            .ou_path
            .as_deref()?
            .rsplit('/')
            .find(|part| !part.is_empty())?;
        (!part.starts_with("o-")).then_some(part)
    }

    /// Whether its principals and policies were read, but it has no usage data at all.
    pub fn is_blind(&self) -> bool {
        let count = |status| self.statuses.get(&status).copied().unwrap_or_default();
        let unknown = count(PrincipalStatus::NoEvidence);
        let is_read = matches!(self.coverage, Coverage::Complete | Coverage::Partial);
        is_read
            && (self.evidence.source == EvidenceKind::None
                || unknown > 0
                    && unknown + count(PrincipalStatus::Unsupported) + count(PrincipalStatus::Failed)
                        == self.principals)
    }
}

codes! {
    /// How much of an account was scanned.
    pub enum Coverage {
        /// Everything.
        Complete = "complete",
        /// All principals and policies, but not all usage data.
        Partial = "partial",
        /// Nothing.
        Failed = "failed",
        /// Nothing, because the account is suspended or closed.
        Suspended = "suspended",
        /// Nothing, because the configuration excludes the account.
        Excluded = "excluded",
    }
}

sorted_by_name!(Coverage);

/// An AWS API call that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// The operation and the kind of failure.
    #[serde(flatten)]
    pub failure: Failure,
    /// ARN of the affected principal. Absent if the call was not for one principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
}

/// Where the usage data of an account comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceSource {
    /// Kind of usage data.
    pub source: EvidenceKind,
    /// ARN of the analyzer. Absent without an analyzer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyzer: Option<String>,
    /// Days without use before a permission counts as unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_days: Option<u32>,
    /// When AWS evaluated the newest finding or last-accessed report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<String>,
    /// Number of active findings.
    #[serde(default)]
    pub findings: usize,
    /// Number of archived findings. They are not used.
    #[serde(default)]
    pub archived_findings: usize,
    /// Number of active findings that are not used, because the same principal has a newer one.
    #[serde(default)]
    pub superseded_findings: usize,
    /// When the analyzer was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyzer_created: Option<String>,
    /// When the analyzer last analyzed a resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_analyzed: Option<String>,
    /// ARNs of other analyzers that cover the account. Their findings are not used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_analyzers: Vec<String>,
}

/// One role or user.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalRow {
    /// ARN of the principal.
    pub arn: String,
    /// Role or user.
    pub kind: PrincipalKind,
    /// Name of the principal, without its path.
    pub name: String,
    /// When the principal was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When the principal was last used. Absent if AWS recorded no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// When AWS evaluated the oldest usage data of the principal. Recommendations are as old as this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<String>,
    /// Tags of the principal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Names of the groups that a user belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Result for the principal. Every principal has exactly one status.
    #[serde(alias = "bucket")]
    pub status: PrincipalStatus,
    /// Reason for the status, as a stable code.
    pub code: PrincipalCode,
    /// Reason for the status, as a sentence.
    pub why: String,
    /// How to fix it. Only if unused permissions remain.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// Why the principal looks like emergency access, such as `name contains "breakglass"`. Do not delete such a
    /// principal for being unused. Absent if nothing suggests it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<String>,
    /// Permissions and risk of the principal, before and after the changes.
    pub effect: EffectRow,
    /// ID of the rule that excludes the principal from changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who can assume the role. Only for roles that AWS reports as unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustRow>,
    /// IDs of the policies attached to the principal or to its groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// IDs of the recommended changes that affect the principal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<String>,
    /// What each change removes from the principal, by ID of the change.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removals: BTreeMap<String, Removal>,
    /// Access keys that AWS reports as unused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused_access_keys: Vec<IdleCredential>,
    /// The console password, if AWS reports it as unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_password: Option<IdleCredential>,
}

impl PrincipalRow {
    /// Number of unused access keys and passwords.
    pub fn credentials(&self) -> usize {
        self.unused_access_keys.len() + usize::from(self.unused_password.is_some())
    }

    /// Whether it is known how many of its permissions are unused.
    pub fn has_usage(&self) -> bool {
        let is_silent = matches!(self.status, PrincipalStatus::NoEvidence | PrincipalStatus::Failed);
        !is_silent || self.effect.unused > 0
    }
}

/// An access key or a password that AWS reports as unused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdleCredential {
    /// Access key ID. Absent for a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// When the credential was last used. Absent if AWS recorded no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// A policy that is attached to a role, user or group.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRow {
    /// ID of the policy, which stays the same between runs.
    pub id: String,
    /// Inline, customer managed or AWS managed.
    pub kind: PolicyKind,
    /// Name of the policy.
    pub name: String,
    /// ARN of a managed policy. Absent for an inline policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Roles, users and groups that the policy is attached to, such as `role/deployer`.
    pub holders: Vec<PolicyHolder>,
    /// ARNs of the principals that the policy applies to, directly or through a group.
    pub reaches: Vec<String>,
    /// Number of further principals that the policy applies to that belong to other owners. Only in packs
    /// (`--split-by`), which omit their names; absent if 0.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: usize,
    /// Result for the policy, as a stable code.
    pub state: PolicyState,
    /// Number of actions that the policy grants today.
    pub granted: usize,
}

/// Who can assume a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustRow {
    /// Whether a principal outside the organisation can assume the role, or this cannot be ruled out.
    pub open: bool,
    /// Who can assume the role, as a sentence.
    pub why: String,
    /// IDs of accounts in the organisation that can assume it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<String>,
    /// IDs of accounts outside the organisation that can assume it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// AWS services that can assume it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Identity providers whose users can assume it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub federated: Vec<String>,
}

/// A policy that grants unused permissions but is not changed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// ID of an inline policy, ARN of a managed one.
    pub policy: String,
    /// Why the policy is not changed, as a stable code.
    pub code: PolicyState,
    /// Why the policy is not changed, as a sentence.
    pub why: String,
    /// How to fix it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// ARNs of the principals that the policy applies to, directly or through a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reaches: Vec<String>,
    /// Number of further principals that the policy applies to that belong to other owners. Only in packs
    /// (`--split-by`), which omit their names; absent if 0.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: usize,
    /// ARNs of the principals and empty groups that prevent the change, because they are treated as using
    /// everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<String>,
    /// What reduced copies for individual principals would remove instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Alternative>,
}

/// Whether a count is 0 and can be omitted.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
pub(super) fn is_none(count: &usize) -> bool {
    *count == 0
}

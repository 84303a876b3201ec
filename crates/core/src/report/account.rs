//! `accounts/<id>.json`: one account, complete.

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

/// `accounts/<id>.json`: one account, complete.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountReport {
    /// The version of the report's JSON files.
    pub schema: u32,
    /// The account in short.
    pub summary: AccountSummary,
    /// Every role and user.
    pub principals: Vec<PrincipalRow>,
    /// Every policy that somebody holds.
    pub policies: Vec<PolicyRow>,
    /// Every policy that can be smaller, or go.
    pub recommendations: Vec<Recommendation>,
    /// The other way, where both were asked for: taken instead of the recommendation that they name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Recommendation>,
    /// Policies that stay although some of what they grant is reported unused.
    pub left_alone: Vec<LeftAlone>,
    /// What a trial of each change denies: of its own, and of those of a fleet.
    // Not in every report of schema 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<TrialRow>,
    /// Since when each policy is held, where the evidence is last-accessed data, which do not look at that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantLog>,
}

/// One account in short: a row of `report.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountSummary {
    /// Twelve digits.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it is in the organisation, as AWS Organizations writes it, without the account itself: the ids of the organisation,
    /// its root and each organizational unit below that. Absent where AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ou_path: Option<String>,
    /// How far it was read.
    pub coverage: Coverage,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failed>,
    /// Where its evidence comes from.
    pub evidence: EvidenceSource,
    /// How many principals are in which status; all statuses are there.
    // Schema 1 called them buckets.
    #[serde(alias = "buckets")]
    pub statuses: BTreeMap<PrincipalStatus, usize>,
    /// Roles and users in all.
    pub principals: usize,
    /// Recommendations in all.
    pub recommendations: usize,
    /// Policies that stay although some of what they grant is reported unused.
    pub left_alone: usize,
    /// Access keys and passwords that are reported unused.
    // Not in schema 1.
    #[serde(default)]
    pub credentials: usize,
    /// What its principals may do, together.
    pub effect: EffectTotals,
}

impl AccountSummary {
    /// The id of its organisation.
    pub fn organisation(&self) -> Option<&str> {
        self.ou_path.as_deref()?.split('/').find(|part| part.starts_with("o-"))
    }

    /// The id of the organizational unit, or root, that it is in.
    pub fn ou(&self) -> Option<&str> {
        let part = self.ou_path.as_deref()?.rsplit('/').find(|part| !part.is_empty())?;
        (!part.starts_with("o-")).then_some(part)
    }

    /// Whether its principals and policies were read, and nothing is known of what anybody in it uses.
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
    /// How far an account was read.
    pub enum Coverage {
        /// All of it.
        Complete = "complete",
        /// Principals and policies, but not all evidence.
        Partial = "partial",
        /// Nothing.
        Failed = "failed",
        /// It is suspended or closed.
        Suspended = "suspended",
        /// The config leaves it out.
        Excluded = "excluded",
    }
}

sorted_by_name!(Coverage);

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// Operation and kind.
    #[serde(flatten)]
    pub failure: Failure,
    /// The principal, where it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
}

/// Where evidence comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceSource {
    /// Which of the sources it is.
    pub source: EvidenceKind,
    /// The analyzer's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyzer: Option<String>,
    /// How many days it looks back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_days: Option<u32>,
    /// When the newest of it was evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<String>,
    /// How many active findings there are.
    #[serde(default)]
    pub findings: usize,
    /// How many findings somebody archived; they were not used.
    #[serde(default)]
    pub archived_findings: usize,
    /// How many active findings a newer one of the same principal has taken the place of; they were not used.
    #[serde(default)]
    pub superseded_findings: usize,
    /// When the analyzer was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyzer_created: Option<String>,
    /// When the analyzer last looked at something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_analyzed: Option<String>,
    /// Other analyzers that look at the account, by ARN: their findings were not used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_analyzers: Vec<String>,
}

/// One role or user.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalRow {
    /// Its ARN.
    pub arn: String,
    /// Which of the two.
    pub kind: PrincipalKind,
    /// Its name.
    pub name: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it was last used, as far as AWS tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// When the oldest of the evidence about it was evaluated: what is advised is as old as that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The names of a user's groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Where it ended.
    #[serde(alias = "bucket")]
    pub status: PrincipalStatus,
    /// Why, as a stable code.
    pub code: PrincipalCode,
    /// Why, in one sentence.
    pub why: String,
    /// What to do about it, where permissions stay that are not used.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// What says that it is kept for emergencies: `name contains "breakglass"`. Then it is not to be deleted for being unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<String>,
    /// What the changes do to it.
    pub effect: EffectRow,
    /// The rule that leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who can assume a role that is reported unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustRow>,
    /// The policies that it holds or has from its groups, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The recommendations that reach it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<String>,
    /// What each change takes from it, by the change's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removals: BTreeMap<String, Removal>,
    /// Access keys that are reported unused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused_access_keys: Vec<IdleCredential>,
    /// The password is reported unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_password: Option<IdleCredential>,
}

impl PrincipalRow {
    /// How many access keys and passwords of it are reported unused.
    pub fn credentials(&self) -> usize {
        self.unused_access_keys.len() + usize::from(self.unused_password.is_some())
    }
}

/// A credential that is reported unused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdleCredential {
    /// The access key's id; a password has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// When it was last used; absent is never, as far as AWS remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// A policy that somebody holds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRow {
    /// Stable from run to run: where the policy lives.
    pub id: String,
    /// What it is.
    pub kind: PolicyKind,
    /// Its name.
    pub name: String,
    /// A managed policy's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Who holds it: kind and name.
    pub holders: Vec<PolicyHolder>,
    /// The principals that it reaches, by ARN.
    pub reaches: Vec<String>,
    /// How many more it reaches whose names are not told here: in the pack of one owner, those of others.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: usize,
    /// What becomes of it, as a stable code.
    pub state: PolicyState,
    /// How many permissions it grants today.
    pub granted: usize,
}

/// Who can assume a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustRow {
    /// Somebody outside the organisation can, or it cannot be told that nobody can.
    pub open: bool,
    /// In one sentence.
    pub why: String,
    /// Accounts of the organisation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<String>,
    /// Other accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// AWS services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Identity providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub federated: Vec<String>,
}

/// A policy that stays although some of what it grants is reported unused.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// Its name or ARN.
    pub policy: String,
    /// Why, as a stable code.
    pub code: PolicyState,
    /// Why, in one sentence.
    pub why: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// The principals that it reaches, by ARN.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reaches: Vec<String>,
    /// How many more it reaches whose names are not told here: in the pack of one owner, those of others.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: usize,
    /// Those who count as using everything, by ARN, empty groups among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<String>,
    /// What copies for those who can do with less would bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Alternative>,
}

/// Whether a count is not worth a line.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
pub(super) fn is_none(count: &usize) -> bool {
    *count == 0
}

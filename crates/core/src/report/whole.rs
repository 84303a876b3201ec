//! `report.json` and `manifest.json`: the whole organisation, and the run that scanned it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::{AccountSummary, Coverage};
use super::codes::PolicyState;
use super::effect::{EffectTotals, Removal};
use super::first::First;
use super::format::{ReportFormat, SplitBy};
use super::recommendation::Recommendation;
use super::trial::Trial;
use crate::decide::{FamilyKind, PrincipalStatus, RuleCode};
use crate::digest::FileHash;
use crate::report::Status;

/// `report.json`: the whole organisation, with a summary of each account. A permission is one action of one
/// principal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of the report's JSON format.
    pub schema: u32,
    /// AWS partition: `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: String,
    /// Catalog of AWS actions that the proofs are based on.
    pub catalog: CatalogRow,
    /// Address of the manual, whose page `codes.html` explains every code. Only with `manual-url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<String>,
    /// Totals of all accounts.
    pub totals: Totals,
    /// Summary of each account, sorted by ID.
    pub accounts: Vec<AccountSummary>,
    /// Policies that several accounts share and that get one change together: permission sets and fleets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<FamilyRow>,
    /// Recommended changes to these shared policies. Changes to a single account are in `accounts/<id>.json`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<Recommendation>,
    /// What to start with: the fewest changes that together remove most of the removable risk.
    pub first: First,
    /// Exceptions and other rules that keep principals or permissions unchanged, and what each one matched.
    #[serde(default)]
    pub exceptions: Vec<ExceptionRow>,
    /// Number of changes that are ready. Only with `--ready-after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    /// What changed since the earlier report. Only with `--previous`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<SinceRow>,
}

impl Report {
    /// Whether every account was scanned completely, apart from suspended and excluded ones.
    pub fn is_whole(&self) -> bool {
        !self
            .accounts
            .iter()
            .any(|it| matches!(it.coverage, Coverage::Partial | Coverage::Failed))
    }

    /// A report without accounts.
    pub fn empty() -> Self {
        Self {
            schema: super::SCHEMA,
            partition: String::new(),
            catalog: CatalogRow::default(),
            manual: None,
            totals: Totals::default(),
            accounts: Vec::new(),
            families: Vec::new(),
            recommendations: Vec::new(),
            first: First::default(),
            exceptions: Vec::new(),
            ready: None,
            since: None,
        }
    }
}

/// Number of changes that are ready, and what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Number of consecutive runs for which a change must be the same to be ready.
    pub after: u32,
    /// Number of ready changes.
    pub changes: usize,
}

/// Maximum number of accounts that a sentence names.
const MOST_NAMED: usize = 5;

/// What changed since an earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SinceRow {
    /// Date on which the earlier run started.
    pub day: String,
    /// Number of changes by status: new, reopened (back after it was resolved), regressed (the policy grants more),
    /// changed, same, withheld (no recommendation for now), resolved or not-read (not scanned).
    pub changes: BTreeMap<Status, usize>,
    /// Number of unused principals, access keys and passwords that the earlier report did not list as unused.
    // Not in schema 1.
    #[serde(default)]
    pub newly_unused: usize,
    /// Number of those in the earlier report that have been deleted or are in use again.
    // Not in schema 1.
    #[serde(default)]
    pub no_longer_unused: usize,
    /// Risk score of each earlier report before its changes, oldest first. Absent in packs.
    // Not in schema 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risk: Vec<RiskOfDay>,
    /// IDs of accounts that had roles or users in the earlier report and have none now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emptied: Vec<String>,
    /// IDs of accounts in the earlier report that are no longer listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<String>,
}

/// Risk score of one report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskOfDay {
    /// Date on which the run started.
    pub day: String,
    /// Risk score of all principals, before the changes.
    pub risk: u64,
}

/// Maximum number of earlier reports whose risk score is kept.
const MOST_REMEMBERED: usize = 60;

impl RiskOfDay {
    /// The scores of a report and of the earlier reports it lists.
    pub fn up_to(report: &Report, day: &str) -> Vec<Self> {
        let mut all = report
            .since
            .as_ref()
            .map(|since| since.risk.clone())
            .unwrap_or_default();
        all.push(Self {
            day: day.to_owned(),
            risk: report.totals.effect.risk_before,
        });
        all.drain(..all.len().saturating_sub(MOST_REMEMBERED));
        all
    }
}

impl SinceRow {
    /// What is new, back and resolved, as a sentence.
    pub fn sentence(&self) -> String {
        let count = |status: Status| self.changes.get(&status).copied().unwrap_or_default();
        let told = [
            (Status::New, "new"),
            (Status::Reopened, "back"),
            (Status::Regressed, "with a policy that grants more than before"),
            (Status::Changed, "changed"),
            (Status::Resolved, "resolved"),
            (Status::Withheld, "withheld"),
        ];
        let told = told.into_iter().filter(|(status, _)| count(*status) > 0);
        let told: Vec<String> = told
            .map(|(status, word)| format!("{} {word}", count(status)))
            .collect();
        let idle = [(self.newly_unused, "new"), (self.no_longer_unused, "gone")];
        let idle: Vec<String> = idle
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let said = match (told.is_empty(), idle.is_empty()) {
            (true, true) => "nothing new, back or resolved".to_owned(),
            (true, false) => "none new, back or resolved".to_owned(),
            (false, _) => told.join(", "),
        };
        let idle = if idle.is_empty() {
            String::new()
        } else {
            format!("; unused principals and credentials: {}", idle.join(", "))
        };
        let accounts = |ids: &[String], one: &str, many: &str| match ids.len() {
            0 => String::new(),
            1 => format!(", 1 account {one}"),
            count => format!(", {count} accounts {many}"),
        };
        let emptied = accounts(
            &self.emptied,
            "has no principals any more",
            "have no principals any more",
        );
        let unlisted = accounts(&self.unlisted, "is no longer listed", "are no longer listed");
        format!("since {}: {said}{emptied}{unlisted}{idle}", self.day)
    }

    /// Signs that AWS returned an incomplete result, rather than that accounts became clean, as sentences.
    pub fn doubts(&self) -> Vec<String> {
        let doubts = [
            (
                &self.emptied,
                [
                    "had roles or users in the earlier report, but has none now",
                    "had roles or users in the earlier report, but have none now",
                ],
                "check whether this is right",
            ),
            (
                &self.unlisted,
                [
                    "of the earlier report is no longer listed",
                    "of the earlier report are no longer listed",
                ],
                "check whether they were excluded by mistake",
            ),
        ];
        let doubts = doubts.into_iter().filter(|(ids, ..)| !ids.is_empty());
        let doubts = doubts.map(|(ids, [one, many], fix)| {
            let (accounts, what) = if ids.len() == 1 {
                ("account", one)
            } else {
                ("accounts", many)
            };
            let shown = ids
                .iter()
                .take(MOST_NAMED)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            let more = match ids.len().saturating_sub(MOST_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{} {accounts} {what}: {shown}{more}; {fix}", ids.len())
        });
        doubts.collect()
    }
}

/// A rule that keeps principals or permissions unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionRow {
    /// ID of the rule: `default:service-linked` for a built-in rule, `config:12` for the exception on line 12,
    /// `keep:1` for the first entry of `keep`.
    pub id: String,
    /// Reason for the rule, as its author wrote it.
    pub reason: String,
    /// Who is responsible for the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Last day on which the rule applies (`YYYY-MM-DD`), or `never`.
    pub expires: String,
    /// Number of principals that the rule covers.
    pub principals: usize,
    /// Number of policies that the rule covers, if it names policies.
    pub policies: usize,
    /// Number of unused actions that the rule keeps.
    pub actions: usize,
    /// State of the rule, and problems with it.
    pub states: Vec<ExceptionState>,
}

/// State of a rule, or a problem with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionState {
    /// Stable code.
    pub code: RuleCode,
    /// Explanation, as a sentence.
    pub why: String,
}

/// A policy that several accounts share.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FamilyRow {
    /// ID, which stays the same between runs.
    pub id: String,
    /// Permission set or fleet.
    pub kind: FamilyKind,
    /// Name of the permission set, or of the role or user that has the policy in every account.
    pub name: String,
    /// Name of the policy.
    pub policy: String,
    /// Result for the policy, as a stable code.
    pub code: PolicyState,
    /// Reason for the result, as a sentence.
    pub why: String,
    /// Accounts that have the policy, sorted by ID.
    pub accounts: Vec<FamilyAccount>,
    /// What prevents a change: ARNs of principals without usage data, and IDs of accounts that were not scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<String>,
    /// Number of further affected principals that belong to other owners. Only in packs (`--split-by`), which omit
    /// their names; absent if 0.
    #[serde(default, skip_serializing_if = "super::account::is_none")]
    pub others: usize,
    /// ID of the recommended change. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<String>,
    /// What a trial of a permission set's change denies in all of its accounts. In the pack of one owner it is left out where
    /// the change reaches others.
    // Not in every report of schema 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
}

/// One account that shares a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FamilyAccount {
    /// Account ID.
    pub account: String,
    /// Number of permissions that could be removed if only this account had the policy.
    pub removable_alone: usize,
    /// What the change removes from the principals of this account.
    #[serde(default)]
    pub removal: Removal,
    /// ARNs of the principals of this account that have the policy.
    pub principals: Vec<String>,
}

/// Totals of all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Number of accounts by coverage.
    pub accounts: BTreeMap<Coverage, usize>,
    /// Number of roles and users.
    pub principals: usize,
    /// Number of principals by status; adds up to `principals`.
    #[serde(alias = "buckets")]
    pub statuses: BTreeMap<PrincipalStatus, usize>,
    /// Number of recommended changes.
    pub recommendations: usize,
    /// Number of policies that grant unused permissions but are not changed.
    pub left_alone: usize,
    /// Number of access keys and passwords that AWS reports as unused.
    // Not in schema 1.
    #[serde(default)]
    pub credentials: usize,
    /// Permissions and risk of all principals, before and after the changes.
    pub effect: EffectTotals,
}

/// Catalog of AWS actions that a run used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogRow {
    /// Version, as the publisher names it.
    pub version: String,
    /// When the publisher updated the data.
    pub updated: String,
    /// SHA-256 of the catalog in its text form.
    pub digest: String,
}

/// `manifest.json`: the run that wrote the report, and the hash of every file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Version of the report's JSON format.
    pub schema: u32,
    /// Version of leastwise that wrote the report.
    pub tool: String,
    /// When the run started; for a resumed run, when the first attempt did. Nothing else in a report depends on the
    /// clock.
    pub started: String,
    /// Catalog of AWS actions that the proofs are based on.
    pub catalog: CatalogRow,
    /// Totals of all accounts.
    pub totals: Totals,
    /// Settings that the other formats were written with, so that they can be written again. Absent in reports of
    /// older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendering: Option<Rendering>,
    /// Statistics of AWS API calls. Absent for a recorded snapshot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallFigures>,
    /// SHA-256 of every other file of the report, by path.
    #[schemars(with = "BTreeMap<String, String>")]
    pub files: BTreeMap<String, FileHash>,
}

/// Settings that the other formats of a report depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rendering {
    /// Output formats, sorted.
    pub formats: Vec<ReportFormat>,
    /// Tag that names the owner of a principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_tag: Option<String>,
    /// What packs were written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_by: Option<SplitBy>,
    /// Whether this report is a pack. Its history is in the report that it was split from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pack: bool,
}

/// Calls to one API of one account and Region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallFigures {
    /// The API.
    pub api: String,
    /// ID of the account that was called.
    pub account: String,
    /// Region that was called.
    pub region: String,
    /// Number of calls.
    pub calls: u64,
    /// Number of calls that AWS throttled.
    pub throttles: u64,
    /// Number of calls that leastwise delayed to stay below AWS's rate limits.
    pub waits: u64,
    /// Total delay of these calls, in seconds.
    pub seconds_waited: f64,
}

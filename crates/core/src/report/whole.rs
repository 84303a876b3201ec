//! `report.json` and `manifest.json`: the whole organisation, and the run.

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

/// `report.json`: the whole organisation, an account a row.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of the report's JSON files.
    pub schema: u32,
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: String,
    /// The catalog that the proofs rest on.
    pub catalog: CatalogRow,
    /// Totals over all accounts.
    pub totals: Totals,
    /// The accounts, sorted by id.
    pub accounts: Vec<AccountSummary>,
    /// Equal policies of many accounts, decided once: permission sets and fleets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<FamilyRow>,
    /// What to do with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<Recommendation>,
    /// The fewest changes that together remove most of the risk that can be removed.
    pub first: First,
    /// The rules that leave things as they are, and what came of each.
    #[serde(default)]
    pub exceptions: Vec<ExceptionRow>,
    /// How many changes are ready, with `--ready-after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    /// What is new, back and resolved since the earlier report, with `--previous`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<SinceRow>,
}

impl Report {
    /// Whether everything was read that was to be read.
    pub fn is_whole(&self) -> bool {
        !self.accounts.iter().any(|it| matches!(it.coverage, Coverage::Partial | Coverage::Failed))
    }

    /// Of nothing.
    pub fn empty() -> Self {
        Self {
            schema: super::SCHEMA,
            partition: String::new(),
            catalog: CatalogRow::default(),
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

/// How many changes are ready, and what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// After how many nights of the same a change is ready.
    pub after: u32,
    /// How many are.
    pub changes: usize,
}

/// So many accounts are named in a sentence.
const MOST_NAMED: usize = 5;

/// What became of the changes since an earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SinceRow {
    /// The day on which the earlier run began.
    pub day: String,
    /// How many changes are new, reopened (back after they were resolved), regressed (the policy grants more), changed, same,
    /// withheld (cannot be advised for now), resolved or not-read.
    pub changes: BTreeMap<Status, usize>,
    /// How many unused principals, access keys and passwords were not unused then, or not known to be.
    // Not in schema 1.
    #[serde(default)]
    pub newly_unused: usize,
    /// How many of those of that day are gone or in use again.
    // Not in schema 1.
    #[serde(default)]
    pub no_longer_unused: usize,
    /// The risk before all changes, report by report up to the earlier one, the oldest first; of a pack none.
    // Not in schema 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risk: Vec<RiskOfDay>,
    /// Accounts that had roles or users and in which nobody is any more, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emptied: Vec<String>,
    /// Accounts that the earlier report knows and that are no longer listed, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<String>,
}

/// The risk of one report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskOfDay {
    /// The day on which its run began.
    pub day: String,
    /// Points of risk of all principals.
    pub risk: u64,
}

/// So many earlier reports are remembered.
const MOST_REMEMBERED: usize = 60;

impl RiskOfDay {
    /// What a report remembers, and itself.
    pub fn up_to(report: &Report, day: &str) -> Vec<Self> {
        let mut all = report.since.as_ref().map(|since| since.risk.clone()).unwrap_or_default();
        all.push(Self { day: day.to_owned(), risk: report.totals.effect.risk_before });
        all.drain(..all.len().saturating_sub(MOST_REMEMBERED));
        all
    }
}

impl SinceRow {
    /// What is new, back and resolved, in a sentence.
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
        let told: Vec<String> = told.map(|(status, word)| format!("{} {word}", count(status))).collect();
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
        let idle = match idle.is_empty() {
            true => String::new(),
            false => format!("; unused principals and credentials: {}", idle.join(", ")),
        };
        let accounts = |ids: &[String], one: &str, many: &str| match ids.len() {
            0 => String::new(),
            1 => format!(", 1 account {one}"),
            count => format!(", {count} accounts {many}"),
        };
        let emptied = accounts(&self.emptied, "has no principals any more", "have no principals any more");
        let unlisted = accounts(&self.unlisted, "is no longer listed", "are no longer listed");
        format!("since {}: {said}{emptied}{unlisted}{idle}", self.day)
    }

    /// What speaks for an answer that is wrong rather than for accounts that are clean, a sentence each.
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
                ["of the earlier report is no longer listed", "of the earlier report are no longer listed"],
                "check whether they were excluded by mistake",
            ),
        ];
        let doubts = doubts.into_iter().filter(|(ids, ..)| !ids.is_empty());
        let doubts = doubts.map(|(ids, [one, many], fix)| {
            let (accounts, what) = if ids.len() == 1 { ("account", one) } else { ("accounts", many) };
            let shown = ids.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = match ids.len().saturating_sub(MOST_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{} {accounts} {what}: {shown}{more}; {fix}", ids.len())
        });
        doubts.collect()
    }
}

/// A rule that leaves things as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionRow {
    /// `default:service-linked`, `config:12` by its line, `keep:1` by its place.
    pub id: String,
    /// Why it is there.
    pub reason: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it holds, or `never`.
    pub expires: String,
    /// How many principals it covers.
    pub principals: usize,
    /// How many of their policies, when it names policies.
    pub policies: usize,
    /// How many unused actions it keeps.
    pub actions: usize,
    /// What is to be said of it.
    pub states: Vec<ExceptionState>,
}

/// What is to be said of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionState {
    /// A stable code.
    pub code: RuleCode,
    /// In one sentence.
    pub why: String,
}

/// Equal policies of many accounts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FamilyRow {
    /// Stable from run to run.
    pub id: String,
    /// Which of the two.
    pub kind: FamilyKind,
    /// The name of the permission set, or of the holders.
    pub name: String,
    /// The policy's name.
    pub policy: String,
    /// What becomes of it, as a stable code.
    pub code: PolicyState,
    /// Why, in one sentence.
    pub why: String,
    /// The accounts, sorted by id.
    pub accounts: Vec<FamilyAccount>,
    /// Principals of which nothing is known, by ARN, and accounts that were not read, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<String>,
    /// How many more it reaches whose names are not told here: in the pack of one owner, those of others.
    #[serde(default, skip_serializing_if = "super::account::is_none")]
    pub others: usize,
    /// The recommendation, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<String>,
    /// What a trial of a permission set's change denies in all of its accounts. In the pack of one owner it is left out where
    /// the change reaches others.
    // Not in every report of schema 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
}

/// One account of a family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FamilyAccount {
    /// Its id.
    pub account: String,
    /// Permissions that could go there if it stood alone.
    pub removable_alone: usize,
    /// What the change takes from its principals.
    #[serde(default)]
    pub removal: Removal,
    /// The principals, by ARN.
    pub principals: Vec<String>,
}

/// Totals over all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Accounts by coverage.
    pub accounts: BTreeMap<Coverage, usize>,
    /// Roles and users.
    pub principals: usize,
    /// The same by status.
    #[serde(alias = "buckets")]
    pub statuses: BTreeMap<PrincipalStatus, usize>,
    /// Policies that can be smaller, or go.
    pub recommendations: usize,
    /// Policies that stay although some of what they grant is reported unused.
    pub left_alone: usize,
    /// Access keys and passwords that are reported unused.
    // Not in schema 1.
    #[serde(default)]
    pub credentials: usize,
    /// What all principals may do, together.
    pub effect: EffectTotals,
}

/// The catalog that was used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogRow {
    /// As its source calls it.
    pub version: String,
    /// When its data was made.
    pub updated: String,
    /// SHA-256 of its text form.
    pub digest: String,
}

/// `manifest.json`: what the run was, and the hash of every file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of the report's JSON files.
    pub schema: u32,
    /// The version of leastwise.
    pub tool: String,
    /// When the run began, the first one if it was interrupted and gone on with. Nothing else in a report depends on
    /// the clock.
    pub started: String,
    /// The catalog that was used.
    pub catalog: CatalogRow,
    /// Totals over all accounts.
    pub totals: Totals,
    /// How its other files were made, so that they can be made again. An older report does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendering: Option<Rendering>,
    /// The pacers' figures; none for recorded answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallFigures>,
    /// SHA-256 of every other file, by path.
    #[schemars(with = "BTreeMap<String, String>")]
    pub files: BTreeMap<String, FileHash>,
}

/// What the files of a report depend on beside its JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rendering {
    /// The formats, sorted.
    pub formats: Vec<ReportFormat>,
    /// The tag that names the owner of a principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_tag: Option<String>,
    /// What there is a pack for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_by: Option<SplitBy>,
    /// Whether this is a pack: the history of what it says is in the report that it was made from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pack: bool,
}

/// What one pacer counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallFigures {
    /// The API.
    pub api: String,
    /// The account that was called.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Calls made.
    pub calls: u64,
    /// How many of them were throttled.
    pub throttles: u64,
    /// How many had to wait for their turn.
    pub waits: u64,
    /// How long they waited in all.
    pub seconds_waited: f64,
}

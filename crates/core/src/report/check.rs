//! `check.json`: what AWS says of the changes of a finished report. It is written into the report's folder afterwards, so the
//! manifest does not list it; it names the manifest instead.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::FileHash;
use crate::evidence::Failure;

/// The file, from the report's folder.
pub const CHECK: &str = "check.json";

/// The version of the file.
pub const CHECK_SCHEMA: u32 = 1;

/// `check.json`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// The version of the file.
    pub schema: u32,
    /// The version of leastwise that asked.
    pub tool: String,
    /// SHA-256 of the manifest.json that the changes are of.
    #[schemars(with = "String")]
    pub manifest: FileHash,
    /// When AWS was asked last.
    pub checked: String,
    /// The account whose credentials asked.
    pub account: String,
    /// The Region that was asked.
    pub region: String,
    /// What came of it.
    pub totals: CheckTotals,
    /// Every change of the report: the one that lowers the risk most first.
    pub changes: Vec<CheckedChange>,
}

/// How many changes have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckTotals {
    /// All changes.
    pub changes: usize,
    /// Those that AWS agrees with.
    pub agreed: usize,
    /// Those that AWS contradicts.
    pub disputed: usize,
    /// Those for which AWS gave no clear answer.
    pub undecided: usize,
    /// Those for which some question has no answer.
    pub incomplete: usize,
    /// Paid calls made so far, retries included.
    pub paid_calls: u64,
    /// Paid calls that were left out because of `--budget`.
    pub unpaid_calls: u64,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckedChange {
    /// The recommendation, by id.
    pub id: String,
    /// SHA-256 of the document before. An answer holds for these documents only.
    #[schemars(with = "String")]
    pub before: FileHash,
    /// SHA-256 of the document after.
    #[schemars(with = "String")]
    pub after: FileHash,
    /// What AWS says in all.
    pub verdict: CheckVerdict,
    /// What it says to each question.
    pub checks: Vec<CheckRow>,
}

/// What AWS says to one kind of question about one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckRow {
    /// The kind.
    pub check: CheckKind,
    /// What came of it.
    pub outcome: CheckOutcome,
    /// How many actions or documents AWS gave an opinion on.
    pub compared: usize,
    /// Number of actions without a result, because the simulation needs values of condition keys or another
    /// resource.
    #[serde(default, skip_serializing_if = "crate::report::account::is_none")]
    pub not_comparable: usize,
    /// Paid calls that were left out because of `--budget`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unpaid_calls: u64,
    /// What AWS says, and what leastwise says to that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<CheckRemark>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// Two opinions on one point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckRemark {
    /// Whether they contradict each other.
    pub disputes: bool,
    /// What AWS says, in its own words where it has some.
    pub aws: String,
    /// What the proof or the usage data says.
    pub leastwise: String,
    /// The actions that it is about; the first of them, if there are many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "crate::report::account::is_none")]
    pub more: usize,
}

codes! {
    /// What AWS says of a change.
    pub enum CheckVerdict {
        /// Every answer agrees with it.
        Agreed = "agreed",
        /// An answer contradicts it, so no script applies it.
        Disputed = "disputed",
        /// No answer confirms or disputes it.
        Undecided = "undecided",
        /// Some question has no answer.
        Incomplete = "incomplete",
    }
}

codes! {
    /// What AWS is asked.
    pub enum CheckKind {
        /// Whether the reduced policy is valid.
        ValidatePolicy = "validate-policy",
        /// Whether actions are allowed by both policies.
        Simulate = "simulate-custom-policy",
        /// Whether the reduced policy allows anything new.
        NoNewAccess = "check-no-new-access",
        /// Whether the reduced policy still grants what can be removed.
        AccessNotGranted = "check-access-not-granted",
        /// Whether AWS's own recommendation keeps what the change removes.
        Recommendation = "finding-recommendation",
    }
}

codes! {
    /// What AWS says to a question.
    pub enum CheckOutcome {
        /// The same as leastwise.
        Agrees = "agrees",
        /// Something else, which contradicts nothing.
        Differs = "differs",
        /// It contradicts leastwise.
        Disputes = "disputes",
        /// It cannot decide.
        Undecided = "undecided",
        /// It did not answer.
        NotAsked = "not-asked",
        /// It was not asked everything, as that would cost more than `--budget`.
        OverBudget = "over-budget",
    }
}

sorted_by_name!(CheckKind);

/// Whether a count is not worth a line.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl CheckKind {
    /// The API operation that answers.
    pub fn operation(self) -> &'static str {
        match self {
            Self::ValidatePolicy => "ValidatePolicy",
            Self::Simulate => "SimulateCustomPolicy",
            Self::NoNewAccess => "CheckNoNewAccess",
            Self::AccessNotGranted => "CheckAccessNotGranted",
            Self::Recommendation => "GetFindingRecommendation",
        }
    }
}

impl CheckRow {
    /// Whether it need not be asked again for the same documents.
    pub fn is_final(&self) -> bool {
        self.failure.is_none() && !matches!(self.outcome, CheckOutcome::NotAsked | CheckOutcome::OverBudget)
    }
}

impl CheckVerdict {
    /// What follows from the answers.
    pub fn of(checks: &[CheckRow]) -> Self {
        let any = |wanted: &[CheckOutcome]| checks.iter().any(|row| wanted.contains(&row.outcome));
        if any(&[CheckOutcome::Disputes]) {
            Self::Disputed
        } else if any(&[CheckOutcome::NotAsked]) {
            Self::Incomplete
        } else if any(&[CheckOutcome::Agrees, CheckOutcome::Differs]) {
            Self::Agreed
        } else {
            Self::Undecided
        }
    }
}

impl CheckTotals {
    /// Totals of these changes, after `paid_calls` paid calls.
    pub fn of<'c>(changes: impl IntoIterator<Item = &'c CheckedChange>, paid_calls: u64) -> Self {
        let mut totals = Self {
            paid_calls,
            ..Self::default()
        };
        for change in changes {
            totals.changes += 1;
            let unpaid = change.checks.iter().map(|row| row.unpaid_calls);
            totals.unpaid_calls = unpaid.fold(totals.unpaid_calls, u64::saturating_add);
            *match change.verdict {
                CheckVerdict::Agreed => &mut totals.agreed,
                CheckVerdict::Disputed => &mut totals.disputed,
                CheckVerdict::Undecided => &mut totals.undecided,
                CheckVerdict::Incomplete => &mut totals.incomplete,
            } += 1;
        }
        totals
    }
}

/// The recommendations that AWS disputes.
pub fn disputed_ids<'c>(changes: impl IntoIterator<Item = &'c CheckedChange>) -> BTreeSet<&'c str> {
    let disputed = changes
        .into_iter()
        .filter(|change| change.verdict == CheckVerdict::Disputed);
    disputed.map(|change| change.id.as_str()).collect()
}

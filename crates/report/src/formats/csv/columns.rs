//! The columns of `findings.csv` and their meaning, for the header, the documentation and `leastwise schema csv`.

use serde_json::{Value, json};

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    /// Rows that have a value in the column.
    rows: &'static str,
    means: &'static str,
    /// Number in `report.json` that the sum of the column equals.
    sum: Option<&'static str>,
}

const fn column(name: &'static str, rows: &'static str, means: &'static str) -> Column {
    Column {
        name,
        rows,
        means,
        sum: None,
    }
}

const fn summed(name: &'static str, rows: &'static str, means: &'static str, sum: &'static str) -> Column {
    Column {
        name,
        rows,
        means,
        sum: Some(sum),
    }
}

const ALL: &str = "all";
const PRINCIPAL: &str = "principal";
const POLICY: &str = "policy";
const CHANGE: &str = "policy with a change";

pub(super) const COLUMNS: [Column; 44] = [
    column(
        "decision",
        ALL,
        "What the row is about: principal, policy, access-key or password",
    ),
    column("account_id", ALL, "Account ID"),
    column("account_name", ALL, "Account name"),
    column(
        "owner",
        ALL,
        "Value of the owner tag of the principal; empty without one",
    ),
    column("principal_kind", ALL, "role or user"),
    column("principal_name", ALL, "Name of the role or user"),
    column("principal_arn", ALL, "ARN of the role or user"),
    column(
        "status",
        ALL,
        "Status of the principal, as a code; the same in all of its rows",
    ),
    column(
        "severity",
        "policy with a change, unused principal, credential",
        "critical, high, medium, low or none: by the worst permission concerned",
    ),
    column("confidence", CHANGE, "high, medium or low"),
    column("code", PRINCIPAL, "Why the principal has its status, as a code"),
    column(
        "why",
        PRINCIPAL,
        "Why the principal has its status, as a sentence",
    ),
    column(
        "remedy",
        PRINCIPAL,
        "What to do about unused permissions that cannot be removed",
    ),
    column(
        "emergency",
        PRINCIPAL,
        "Why the principal looks like emergency access, if it does",
    ),
    column(
        "policy_id",
        POLICY,
        "Where the policy lives, the same in every run",
    ),
    column("policy_kind", POLICY, "inline, customer-managed or aws-managed"),
    column("policy_name", POLICY, "Name of the policy"),
    column("policy_arn", POLICY, "ARN of a managed policy"),
    column(
        "policy_state",
        POLICY,
        "What is decided about the policy, as a code",
    ),
    column(
        "recommendation_id",
        CHANGE,
        "ID of the change, as in the JSON files",
    ),
    column(
        "action",
        CHANGE,
        "replace, new-version, substitute, fork, split, detach or delete",
    ),
    column("creates", CHANGE, "Names of the managed policies to create"),
    summed(
        "permissions_removed",
        CHANGE,
        "Permissions that this change removes from this principal; one that several changes remove counts once",
        "totals.effect.removed",
    ),
    summed(
        "risk_removed",
        CHANGE,
        "By how much this change lowers the risk score of this principal",
        "totals.effect.riskBefore - totals.effect.riskAfter",
    ),
    column(
        "actions_removed",
        CHANGE,
        "Actions that the policy no longer grants",
    ),
    column("actions_kept", CHANGE, "Actions that the policy still grants"),
    column(
        "removed_permissions_management",
        CHANGE,
        "Those removed with access level permissions management",
    ),
    column("removed_write", CHANGE, "Those removed with access level write"),
    column("confidence_why", CHANGE, "Reasons for the confidence, as codes"),
    column(
        "notes",
        CHANGE,
        "What to know before applying the change, as codes",
    ),
    column("unused", CHANGE, "Action patterns that AWS reports as unused"),
    column(
        "after_file",
        CHANGE,
        "The reduced policy, relative to the report folder",
    ),
    column(
        "owned_by",
        CHANGE,
        "Where the policy or its attachments are defined in code, if they are",
    ),
    column(
        "patch_file",
        CHANGE,
        "The patch of that code, relative to the report folder, with --iac",
    ),
    column("access_key_id", "access-key", "ID of the unused access key"),
    column(
        "last_used",
        "principal, access-key, password",
        "When the principal or credential was last used; empty if no use is recorded",
    ),
    summed(
        "principal_granted",
        PRINCIPAL,
        "Permissions granted",
        "totals.effect.granted",
    ),
    summed(
        "principal_unused",
        PRINCIPAL,
        "Permissions unused",
        "totals.effect.unused",
    ),
    summed(
        "principal_removed",
        PRINCIPAL,
        "Permissions that all changes remove",
        "totals.effect.removed",
    ),
    summed(
        "principal_risk_before",
        PRINCIPAL,
        "Risk score now",
        "totals.effect.riskBefore",
    ),
    summed(
        "principal_risk_after",
        PRINCIPAL,
        "Risk score after all changes",
        "totals.effect.riskAfter",
    ),
    column(
        "unobserved",
        PRINCIPAL,
        "Permissions kept because AWS does not track their use",
    ),
    column("evidence_source", ALL, "analyzer, last-accessed or none"),
    column("window_days", ALL, "Days that the usage data covers"),
];

/// Further columns with `--ready-after`.
pub(super) const COLUMNS_OF_READY: [Column; 3] = [
    column(
        "ready",
        CHANGE,
        "true when the change was the same in enough runs",
    ),
    column(
        "nights_stable",
        CHANGE,
        "In how many runs in a row the change was the same",
    ),
    column(
        "flapping",
        CHANGE,
        "Removed actions that were used between earlier runs",
    ),
];

/// All columns in order, for programs and documentation.
pub fn columns() -> Value {
    let describe = |it: &Column| json!({"name": it.name, "rows": it.rows, "means": it.means, "sum": it.sum});
    json!({
        "file": super::PATH,
        "rows": {
            "principal": "one for every role and user",
            "policy": "one for every policy that a role or user has",
            "access-key": "one for every unused access key",
            "password": "one for every unused console password",
        },
        "columns": COLUMNS.iter().map(describe).collect::<Vec<_>>(),
        "withReadyAfter": COLUMNS_OF_READY.iter().map(describe).collect::<Vec<_>>(),
    })
}

//! `findings.csv`: a row for every principal and policy, for spreadsheets.

use super::sheet::{guarded, rows};
use super::{AccountView, Format, Part, Read};
use crate::report::whole::Report;
use crate::report::{AccountReport, ActionLevel, Lookup, PolicyRow, PrincipalRow, Recommendation};

const PATH: &str = "findings.csv";

/// The columns. New ones come at the end, so that a script which counts them goes on working.
const COLUMNS: [&str; 39] = [
    "account_id",
    "account_name",
    "principal_kind",
    "principal_name",
    "principal_arn",
    "status",
    "code",
    "why",
    "policy_id",
    "policy_kind",
    "policy_name",
    "policy_arn",
    "policy_state",
    "recommendation_id",
    "action",
    "creates",
    "permissions_removed",
    "actions_kept",
    "removed_permissions_management",
    "removed_write",
    "confidence",
    "confidence_why",
    "risk_removed",
    "unused",
    "notes",
    "principal_granted",
    "principal_unused",
    "principal_removed",
    "principal_risk_before",
    "principal_risk_after",
    "evidence_source",
    "window_days",
    "after_file",
    "remedy",
    "emergency",
    "unused_access_keys",
    "unused_password",
    "severity",
    "unobserved",
];

/// What comes behind them where it is asked which changes are ready.
const COLUMNS_OF_READY: [&str; 3] = ["ready", "nights_stable", "flapping"];

/// The format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Csv;

impl Format for Csv {
    fn begin(&self, report: &Report) -> Vec<Part> {
        let mut columns = COLUMNS.to_vec();
        columns.extend(report.ready.iter().flat_map(|_| COLUMNS_OF_READY));
        vec![Part::text(PATH, rows([columns.into_iter().map(str::to_owned).collect()]))]
    }

    fn account(&self, view: &AccountView<'_>, _read: &Read<'_>) -> Vec<Part> {
        let (report, account, lookup) = (view.report, view.account, &view.lookup);
        let all = account.principals.iter().flat_map(|principal| {
            let held = lookup.held_by(principal);
            let row = |policy| row(report, account, lookup, principal, policy);
            match held.is_empty() {
                true => vec![row(None)],
                false => held.into_iter().map(|policy| row(Some(policy))).collect(),
            }
        });
        let text = rows(all);
        if text.is_empty() { Vec::new() } else { vec![Part::text(PATH, text)] }
    }
}

fn row(
    report: &Report,
    account: &AccountReport,
    lookup: &Lookup<'_>,
    principal: &PrincipalRow,
    policy: Option<&PolicyRow>,
) -> Vec<String> {
    let change = policy.and_then(|policy| lookup.change(principal, policy));
    let of_policy = |get: &dyn Fn(&PolicyRow) -> String| policy.map(get).unwrap_or_default();
    let of_change = |get: &dyn Fn(&Recommendation) -> String| change.map(get).unwrap_or_default();
    let level = |change: &Recommendation, level: ActionLevel| {
        change.impact.by_level.get(&level).copied().unwrap_or_default().to_string()
    };
    let evidence = &account.summary.evidence;
    let effect = &principal.effect;
    let removal = change.and_then(|change| principal.removals.get(&change.id)).copied().unwrap_or_default();
    let mut cells = vec![
        account.summary.id.clone(),
        account.summary.name.clone(),
        principal.kind.to_string(),
        principal.name.clone(),
        principal.arn.clone(),
        principal.status.to_string(),
        principal.code.to_string(),
        principal.why.clone(),
        of_policy(&|it| it.id.clone()),
        of_policy(&|it| it.kind.to_string()),
        of_policy(&|it| it.name.clone()),
        of_policy(&|it| it.arn.clone().unwrap_or_default()),
        of_policy(&|it| it.state.to_string()),
        of_change(&|it| it.id.clone()),
        of_change(&|it| it.action.name().to_owned()),
        of_change(&|it| it.creates.join(" ")),
        of_change(&|_| removal.permissions.to_string()),
        of_change(&|it| it.proof.kept.to_string()),
        of_change(&|it| level(it, ActionLevel::PermissionsManagement)),
        of_change(&|it| level(it, ActionLevel::Write)),
        of_change(&|it| it.confidence.level.to_string()),
        of_change(&|it| it.confidence.reasons.iter().map(|it| it.code.name()).collect::<Vec<_>>().join(" ")),
        of_change(&|_| removal.risk.to_string()),
        of_change(&unused),
        of_change(&|it| it.notes.iter().map(|it| it.name()).collect::<Vec<_>>().join(" ")),
        effect.granted.to_string(),
        effect.unused.to_string(),
        effect.removed.to_string(),
        effect.risk.before.to_string(),
        effect.risk.after.to_string(),
        evidence.source.to_string(),
        evidence.window_days.map(|days| days.to_string()).unwrap_or_default(),
        of_change(&|it| it.files.after.clone()),
        principal.remedy.clone(),
        principal.emergency.clone().unwrap_or_default(),
        keys(principal),
        principal.unused_password.is_some().to_string(),
        of_change(&|it| it.impact.severity.name().to_owned()),
        effect.unobserved.join(" "),
    ];
    if report.ready.is_some() {
        let flapping = |it: &Recommendation| {
            it.flapping.iter().map(|it| it.action.as_str()).collect::<Vec<_>>().join(" ")
        };
        cells.push(of_change(&|it| it.ready.unwrap_or_default().to_string()));
        cells.push(of_change(&|it| it.nights_stable.unwrap_or_default().to_string()));
        cells.push(of_change(&flapping));
    }
    cells.iter().map(|cell| guarded(cell)).collect()
}

/// The ids of the access keys that were not used.
fn keys(principal: &PrincipalRow) -> String {
    let ids = principal.unused_access_keys.iter().filter_map(|it| it.access_key_id.as_deref());
    ids.collect::<Vec<_>>().join(" ")
}

/// What was taken as unused, as action patterns.
fn unused(change: &Recommendation) -> String {
    let whole = ["*".to_owned()];
    let mut all = String::new();
    for service in &change.unused {
        for name in service.actions.as_deref().unwrap_or(&whole) {
            let gap = if all.is_empty() { "" } else { " " };
            all.extend([gap, &service.service_namespace, ":", name]);
        }
    }
    all
}

//! `findings.csv`: one row for each decision, for spreadsheets and scripts.
//!
//! Every principal has one row of its own, one for each of its policies, and one for each unused credential. Each
//! number is in one row only, so that the sum of a column is the total of the report.

mod columns;

use std::collections::BTreeSet;

use super::sheet::{guarded, rows};
use super::{AccountView, Format, Part, Read, weight};
use crate::folder::Owner;
use leastwise_core::decide::Grade;
use leastwise_core::report::{
    AccountReport, ActionLevel, IdleCredential, Lookup, PolicyRow, PrincipalRow, Recommendation, Removal,
    Report,
};

pub use columns::columns;
use columns::{COLUMNS, COLUMNS_OF_READY};

const PATH: &str = "findings.csv";

/// The CSV format.
#[derive(Debug, Clone, Default)]
pub struct Csv {
    tag: Option<String>,
}

impl Csv {
    /// Creates the format, with owners from the given tag.
    pub fn new(owner_tag: Option<&str>) -> Self {
        Self {
            tag: owner_tag.map(str::to_owned),
        }
    }
}

impl Format for Csv {
    fn begin(&self, report: &Report) -> Vec<Part> {
        let columns = COLUMNS
            .iter()
            .chain(report.ready.iter().flat_map(|_| &COLUMNS_OF_READY));
        vec![Part::text(
            PATH,
            rows([columns.map(|it| it.name.to_owned()).collect()]),
        )]
    }

    fn account(&self, view: &AccountView<'_>, _read: &Read<'_>) -> Vec<Part> {
        let (report, account, lookup) = (view.report, view.account, &view.lookup);
        let table = CsvRows {
            report,
            account,
            tag: self.tag.as_deref(),
        };
        let all = account.principals.iter().flat_map(|principal| {
            decisions(lookup, principal)
                .into_iter()
                .map(|decision| table.row(principal, &decision))
        });
        let text = rows(all);
        if text.is_empty() {
            Vec::new()
        } else {
            vec![Part::text(PATH, text)]
        }
    }
}

/// A decision about a principal. Each gets a row.
enum Decision<'r> {
    /// Its status.
    Principal,
    /// One of its policies and the change to it. Either can be missing.
    Policy(Option<&'r PolicyRow>, Option<(&'r Recommendation, Removal)>),
    /// An unused access key.
    AccessKey(&'r IdleCredential),
    /// An unused console password.
    Password(&'r IdleCredential),
}

impl Decision<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Policy(..) => "policy",
            Self::AccessKey(_) => "access-key",
            Self::Password(_) => "password",
        }
    }
}

fn decisions<'r>(lookup: &Lookup<'r>, principal: &'r PrincipalRow) -> Vec<Decision<'r>> {
    let mut all = vec![Decision::Principal];
    // What a change removes from a principal counts once, even if it affects several of its policies.
    let mut told = BTreeSet::new();
    for policy in lookup.held_by(principal) {
        let change = lookup.change(principal, policy).map(|change| {
            let removal = principal
                .removals
                .get(&change.id)
                .filter(|_| told.insert(change.id.as_str()));
            (change, removal.copied().unwrap_or_default())
        });
        all.push(Decision::Policy(Some(policy), change));
    }
    let others = principal
        .removals
        .iter()
        .filter(|(id, _)| !told.contains(id.as_str()));
    let others = others.filter_map(|(id, removal)| lookup.by_id(id).map(|change| (change, *removal)));
    all.extend(others.map(|change| Decision::Policy(None, Some(change))));
    all.extend(principal.unused_access_keys.iter().map(Decision::AccessKey));
    all.extend(principal.unused_password.iter().map(Decision::Password));
    all
}

struct CsvRows<'r> {
    report: &'r Report,
    account: &'r AccountReport,
    tag: Option<&'r str>,
}

impl CsvRows<'_> {
    fn row(&self, principal: &PrincipalRow, decision: &Decision<'_>) -> Vec<String> {
        let (policy, change) = match decision {
            Decision::Policy(policy, change) => (*policy, *change),
            _ => (None, None),
        };
        let credential = match decision {
            Decision::AccessKey(it) | Decision::Password(it) => Some(*it),
            _ => None,
        };
        let is_principal = matches!(decision, Decision::Principal);
        let of_principal = |cell: String| if is_principal { cell } else { String::new() };
        let of_policy = |get: &dyn Fn(&PolicyRow) -> String| policy.map(get).unwrap_or_default();
        let of_change =
            |get: &dyn Fn(&Recommendation) -> String| change.map(|(it, _)| get(it)).unwrap_or_default();
        let of_removal = |get: &dyn Fn(Removal) -> String| change.map(|(_, it)| get(it)).unwrap_or_default();
        let level = |change: &Recommendation, level: ActionLevel| {
            change
                .impact
                .by_level
                .get(&level)
                .copied()
                .unwrap_or_default()
                .to_string()
        };
        let (summary, effect) = (&self.account.summary, &principal.effect);
        let owner = match Owner::of(principal, &summary.id, self.tag) {
            Owner::Tag(name) => name,
            Owner::Account(_) => String::new(),
        };
        let mut cells = vec![
            decision.name().to_owned(),
            summary.id.clone(),
            summary.name.clone(),
            owner,
            principal.kind.to_string(),
            principal.name.clone(),
            principal.arn.clone(),
            principal.status.to_string(),
            self.grade(principal, decision).map_or("", Grade::name).to_owned(),
            of_change(&|it| it.confidence.level.to_string()),
            of_principal(principal.code.to_string()),
            of_principal(principal.why.clone()),
            of_principal(principal.remedy.clone()),
            of_principal(principal.emergency.clone().unwrap_or_default()),
            of_policy(&|it| it.id.clone()),
            policy
                .map(|it| it.kind)
                .or_else(|| change.map(|(it, _)| it.policy_ref().kind))
                .map_or_else(String::new, |kind| kind.to_string()),
            policy
                .map(|it| it.name.clone())
                .unwrap_or_else(|| of_change(&|it| it.policy.clone())),
            of_policy(&|it| it.arn.clone().unwrap_or_default()),
            of_policy(&|it| it.state.to_string()),
            of_change(&|it| it.id.clone()),
            of_change(&|it| it.action.name().to_owned()),
            of_change(&|it| it.creates.join(" ")),
            of_removal(&|it| it.permissions.to_string()),
            of_removal(&|it| it.risk.to_string()),
            of_change(&|it| it.proof.removed.to_string()),
            of_change(&|it| it.proof.kept.to_string()),
            of_change(&|it| level(it, ActionLevel::PermissionsManagement)),
            of_change(&|it| level(it, ActionLevel::Write)),
            of_change(&|it| {
                it.confidence
                    .reasons
                    .iter()
                    .map(|it| it.code.name())
                    .collect::<Vec<_>>()
                    .join(" ")
            }),
            of_change(&|it| it.notes.iter().map(|it| it.name()).collect::<Vec<_>>().join(" ")),
            of_change(&unused),
            of_change(&|it| it.files.after.clone()),
            of_change(&|it| it.owned_by().unwrap_or_default()),
            of_change(&|it| {
                it.code
                    .as_ref()
                    .and_then(|it| it.patch.clone())
                    .unwrap_or_default()
            }),
            credential
                .and_then(|it| it.access_key_id.clone())
                .unwrap_or_default(),
            match credential {
                Some(it) => it.last_accessed.clone().unwrap_or_default(),
                None => of_principal(principal.last_used.clone().unwrap_or_default()),
            },
            of_principal(effect.granted.to_string()),
            of_principal(effect.unused.to_string()),
            of_principal(effect.removed.to_string()),
            of_principal(effect.risk.before.to_string()),
            of_principal(effect.risk.after.to_string()),
            of_principal(effect.unobserved.join(" ")),
            summary.evidence.source.to_string(),
            summary
                .evidence
                .window_days
                .map(|days| days.to_string())
                .unwrap_or_default(),
        ];
        if self.report.ready.is_some() {
            let flapping = |it: &Recommendation| {
                it.flapping
                    .iter()
                    .map(|it| it.action.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            cells.push(of_change(&|it| it.ready.unwrap_or_default().to_string()));
            cells.push(of_change(&|it| it.nights_stable.unwrap_or_default().to_string()));
            cells.push(of_change(&flapping));
        }
        cells.iter().map(|cell| guarded(cell)).collect()
    }

    /// Severity of a row. For a principal in use, that of its changes.
    fn grade(&self, principal: &PrincipalRow, decision: &Decision<'_>) -> Option<Grade> {
        match decision {
            Decision::Principal => {
                let is_unused = principal.status == leastwise_core::decide::PrincipalStatus::UnusedPrincipal;
                is_unused.then(|| weight::of_unused(principal))
            }
            Decision::Policy(_, change) => change.map(|(it, _)| weight::of_change(it)),
            Decision::AccessKey(_) | Decision::Password(_) => Some(weight::of_credential(principal)),
        }
    }
}

/// Unused actions, as action patterns.
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

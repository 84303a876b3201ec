//! `changes/`: scripts that apply a recommendation with the AWS CLI and undo it, `apply.sh` and `rollback.sh`, which take the
//! change by its name. What they do is in `lib.bash`; what there is to do is in tables, a line of JSON a change. Nothing here
//! is run by this program.
//!
//! A table is of one account, since credentials are: a fleet has a line in that of each of its accounts. What is changed in
//! Identity Center has one in `permission-sets.jsonl`, which the first of its accounts puts there, and one in each account for
//! the policies that the permission set is to name. Alternatives have none: two ways at once would be a trap.

mod plan;
mod row;

use super::{Format, Part, Read};
use crate::decide::FamilyKind;
use crate::report::whole::{FamilyRow, Report};
use crate::report::{AccountReport, Lookup, Recommendation};
use plan::{Place, Plan};

/// The names of the changes that are ready.
const READY: &str = "changes/ready.txt";

/// The table of what is done in Identity Center.
const SETS: &str = "changes/permission-sets.jsonl";

/// What stands before the name of a change to apply it.
pub(super) const APPLY: &str = "bash changes/apply.sh ";

/// What is the same in every report.
const SCRIPTS: [(&str, &str); 3] = [
    ("changes/apply.sh", include_str!("shell/apply.sh")),
    ("changes/rollback.sh", include_str!("shell/rollback.sh")),
    ("changes/lib.bash", include_str!("shell/lib.bash")),
];

/// The format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes;

/// How to run the script of a change from the report's folder, or why its script refuses whatever is there. Of a change in
/// Identity Center the family is told.
pub(super) fn command(
    report: &Report,
    account: &AccountReport,
    lookup: &Lookup<'_>,
    family: Option<&FamilyRow>,
    it: &Recommendation,
) -> Result<String, &'static str> {
    let plan = match family {
        Some(family) => Plan::set(report, lookup, family, it),
        None => Plan::own(report, account, lookup, it),
    };
    match plan.obstacle() {
        Some(why) => Err(why),
        None => Ok(format!("{APPLY}{}", plan.name)),
    }
}

impl Format for Changes {
    fn begin(&self, report: &Report) -> Vec<Part> {
        if report.totals.recommendations == 0 {
            return Vec::new();
        }
        let mut readme = include_str!("README.md").to_owned();
        let mut parts = Vec::new();
        if let Some(ready) = report.ready {
            readme += &about_ready(ready.after);
            // Also where none is.
            parts.push(Part::text(READY, String::new()));
        }
        parts.push(Part::file("changes/README.md", readme));
        parts.extend(SCRIPTS.map(|(path, text)| Part::file(path, text.to_owned())));
        parts
    }

    fn account(&self, report: &Report, account: &AccountReport, read: &Read<'_>) -> Vec<Part> {
        let id = &account.summary.id;
        let lookup = Lookup::of(report, account);
        let own = account.recommendations.iter().map(|it| Plan::own(report, account, &lookup, it));
        let mut plans: Vec<Plan<'_>> = own.collect();
        let is_here = |family: &&FamilyRow| family.accounts.iter().any(|it| it.account == *id);
        for family in report.families.iter().filter(is_here) {
            let wanted = family.recommendation.as_ref();
            let Some(it) = report.recommendations.iter().find(|it| Some(&it.id) == wanted) else { continue };
            if family.kind != FamilyKind::PermissionSet {
                plans.push(Plan::fleet(report, account, &lookup, family, it));
                continue;
            }
            if family.accounts.iter().map(|it| &it.account).min() == Some(id) {
                plans.push(Plan::set(report, &lookup, family, it));
            }
            if !it.creates.is_empty() {
                plans.push(Plan::set_in_account(report, account, it));
            }
        }
        let table = |is_set: bool| -> String {
            let plans = plans.iter().filter(|plan| matches!(plan.place, Place::Set { .. }) == is_set);
            plans.map(|plan| plan.row(read)).collect()
        };
        // What no script can apply is nobody's to run.
        let ready = plans.iter().filter(|plan| plan.it.ready == Some(true) && plan.obstacle().is_none());
        let ready: String = ready.map(|plan| format!("{}\n", plan.name)).collect();
        let parts = [
            Part::file(&format!("changes/{id}.jsonl"), table(false)),
            // More of them come from other accounts.
            Part::text(SETS, table(true)),
            Part::text(READY, ready),
        ];
        parts.into_iter().filter(|part| !part.text.is_empty()).collect()
    }
}

fn about_ready(after: u32) -> String {
    let nights = if after == 1 { "1 run".to_owned() } else { format!("{after} runs in a row") };
    format!(
        "\n## Which are ready\n\n`ready.txt` lists the changes, one per line, that were the same for {nights} and remove \
         nothing\nthat was used in between. The other changes are here too, and can wait.\n"
    )
}

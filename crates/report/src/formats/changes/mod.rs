//! `changes/`: scripts that apply a recommendation with the AWS CLI and undo it, `apply.sh` and `rollback.sh`, which take the
//! change by its name. What they do is in `lib.bash`; what there is to do is in tables, a line of JSON a change. Nothing here
//! is run by this program.
//!
//! A change can be tried before: `trial.sh` denies what it would take, and `trial-end.sh` ends that. Their tables are in `trial/`.
//!
//! A table is of one account, since credentials are: a fleet has a line in that of each of its accounts. What is changed in
//! Identity Center has one in `permission-sets.jsonl`, which the first of its accounts puts there, and one in each account for
//! the policies that the permission set is to name. Alternatives have none: two ways at once would be a trap.

mod plan;
mod row;
mod trial;

use super::account_view::AccountChange;
use super::{AccountView, Format, Part, Read};
use leastwise_core::report::Report;
use plan::Plan;
#[allow(unused_imports, reason = "the page of a change shows it with its other steps")]
pub(super) use trial::trial;

/// The names of the changes that are ready.
const READY: &str = "changes/ready.txt";

/// The table of what is done in Identity Center.
const SETS: &str = "changes/permission-sets.jsonl";

/// What stands before the name of a change to apply it.
pub(super) const APPLY: &str = "bash changes/apply.sh ";

/// What is the same in every report.
const SCRIPTS: [(&str, &str); 6] = [
    ("changes/apply.sh", include_str!("shell/apply.sh")),
    ("changes/rollback.sh", include_str!("shell/rollback.sh")),
    ("changes/lib.bash", include_str!("shell/lib.bash")),
    ("changes/trial.sh", include_str!("shell/trial.sh")),
    ("changes/trial-end.sh", include_str!("shell/trial-end.sh")),
    ("changes/trial.bash", include_str!("shell/trial.bash")),
];

/// The format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes;

/// How to run the script of a change from the report's folder, or why its script refuses whatever is there.
pub(super) fn command(view: &AccountView<'_>, change: &AccountChange<'_>) -> Result<String, &'static str> {
    let plan = Plan::of(view, change);
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

    fn account(&self, view: &AccountView<'_>, read: &Read<'_>) -> Vec<Part> {
        let id = &view.account.summary.id;
        let plans = Plan::all(view);
        let table = |is_set: bool| -> String {
            let plans = plans.iter().filter(|plan| plan.is_set() == is_set);
            plans.map(|plan| plan.row(read)).collect()
        };
        // What no script can apply is nobody's to run.
        let ready = plans.iter().filter(|plan| plan.of.it.ready == Some(true) && plan.obstacle().is_none());
        let ready: String = ready.map(|plan| format!("{}\n", plan.name)).collect();
        let parts = [
            Part::file(&format!("changes/{id}.jsonl"), table(false)),
            // More of them come from other accounts.
            Part::text(SETS, table(true)),
            Part::text(READY, ready),
            Part::file(&format!("changes/trial/{id}.jsonl"), trial::table(view, &plans, false)),
            Part::text(trial::SETS, trial::table(view, &plans, true)),
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

//! `changes/`: scripts that apply a recommendation with the AWS CLI and undo it, `apply.sh` and
//! `rollback.sh`, which take the change by its name. Their code is in `lib.bash` and the files next to it;
//! the changes are in tables, one line of JSON per change. leastwise itself runs none of it.
//!
//! A change can be tried before: `trial.sh` denies what it would take, and `trial-end.sh` ends that. Their tables are in `trial/`.
//!
//! A table is of one account, since credentials are: a fleet has a line in that of each of its accounts. What is changed in
//! Identity Center has one in `permission-sets.jsonl`, which the first of its accounts puts there, and one in each account for
//! the policies that the permission set is to name. Alternatives have none: two ways at once would be a trap.

mod plan;
mod row;
mod steps;
mod trial;
mod watched;

use super::{AccountView, Format, Part, Read};
use leastwise_core::report::Report;
use plan::Plan;
pub(super) use steps::Steps;
pub use watched::watched;

/// The names of the changes that are ready.
const READY: &str = "changes/ready.txt";

/// The names of the changes that AWS disputes, which no script applies. `leastwise check` writes it.
pub const DISPUTED: &str = "changes/disputed.txt";

/// What a report with scripts has.
pub const SCRIPT_LIBRARY: &str = "changes/lib.bash";

/// The table of what is done in Identity Center.
const SETS: &str = "changes/permission-sets.jsonl";

/// What is the same in every report.
const SCRIPTS: [(&str, &str); 10] = [
    ("changes/apply.sh", include_str!("shell/apply.sh")),
    ("changes/rollback.sh", include_str!("shell/rollback.sh")),
    ("changes/trial.sh", include_str!("shell/trial.sh")),
    ("changes/trial-end.sh", include_str!("shell/trial-end.sh")),
    (SCRIPT_LIBRARY, include_str!("shell/lib.bash")),
    ("changes/checks.bash", include_str!("shell/checks.bash")),
    ("changes/policies.bash", include_str!("shell/policies.bash")),
    ("changes/principals.bash", include_str!("shell/principals.bash")),
    ("changes/sets.bash", include_str!("shell/sets.bash")),
    ("changes/trial.bash", include_str!("shell/trial.bash")),
];

/// The format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes;

/// The recommendations of an account with the names by which its scripts know them.
pub fn change_names(view: &AccountView<'_>) -> Vec<(String, String)> {
    Plan::all(view)
        .into_iter()
        .map(|plan| (plan.of.it.id.clone(), plan.name))
        .collect()
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
        // A change that no script can apply has no row.
        let ready = plans
            .iter()
            .filter(|plan| plan.of.it.ready == Some(true) && plan.obstacle().is_none());
        let ready: String = ready.map(|plan| format!("{}\n", plan.name)).collect();
        let parts = [
            Part::file(&format!("changes/{id}.jsonl"), table(false)),
            // More of them come from other accounts.
            Part::text(SETS, table(true)),
            Part::text(READY, ready),
            Part::file(
                &format!("changes/trial/{id}.jsonl"),
                trial::table(view, &plans, false),
            ),
            Part::text(trial::SETS, trial::table(view, &plans, true)),
        ];
        parts.into_iter().filter(|part| !part.text.is_empty()).collect()
    }
}

fn about_ready(after: u32) -> String {
    let nights = if after == 1 {
        "1 run".to_owned()
    } else {
        format!("{after} runs in a row")
    };
    format!(
        "\n## Which are ready\n\n`ready.txt` lists the changes, one per line, that were the same for {nights} and remove \
         nothing\nthat was used in between. The other changes are here too, and can wait.\n"
    )
}

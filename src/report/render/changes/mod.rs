//! `changes/`: for each recommendation a script of AWS CLI commands that applies it, and one that takes it back. Nothing
//! here is run by this program.
//!
//! A script belongs to one account, since credentials do: a fleet has one in each of its accounts. What is changed in
//! Identity Center has one for the permission set, where the first of its accounts puts it, and one in each account for
//! the policies that the permission set is to name. Alternatives have none: two ways at once would be a trap.

mod plan;
mod script;
mod shell;
mod steps;

use super::{Format, Part, Read};
use crate::decide::FamilyKind;
use crate::report::whole::{FamilyRow, Report};
use crate::report::{AccountReport, Lookup, Recommendation};
use plan::Plan;
use steps::Steps;

/// The folders of the changes that are ready.
const READY: &str = "changes/ready.txt";

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
        None => Ok(format!("bash {}/apply.sh", plan.folder)),
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
        parts.extend(Steps::files());
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
        // What no script can apply is nobody's to run.
        let ready = plans.iter().filter(|plan| plan.it.ready == Some(true) && plan.obstacle().is_none());
        let ready: String = ready.map(|plan| format!("{}\n", plan.folder)).collect();
        let mut parts: Vec<Part> = plans.iter().flat_map(|plan| plan.scripts(read)).collect();
        if !ready.is_empty() {
            parts.push(Part::text(READY, ready));
        }
        parts
    }
}

fn about_ready(after: u32) -> String {
    let nights = if after == 1 { "a night".to_owned() } else { format!("{after} nights running") };
    format!(
        "\n## Which are ready\n\n`ready.txt` names the folders, one a line, of the changes that were the same for {nights} and \
         take away\nnothing that is used every so often. The others are here as well, and can wait.\n"
    )
}

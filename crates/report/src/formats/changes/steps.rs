//! The lines that carry a change out, in the order in which people run them from the report's folder.

use super::plan::Plan;
use super::trial;
use crate::formats::AccountView;
use crate::formats::account_view::AccountChange;

/// What asks AWS about all changes of the report.
const CHECK: &str = "leastwise check .";

/// Where the CloudTrail files of the organisation are, in the lines and in the docs.
const TRAIL: &str = "AWSLogs";

/// What to do, and the lines that do it.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Step {
    pub(in crate::formats) what: String,
    pub(in crate::formats) lines: Vec<String>,
}

/// The lines of one change.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Steps {
    /// What the scripts know the change by.
    name: String,
    /// Why it cannot be tried, if it cannot.
    no_trial: Option<&'static str>,
}

impl Steps {
    /// Of a change, or why no script applies it.
    pub(in crate::formats) fn of(
        view: &AccountView<'_>,
        change: &AccountChange<'_>,
    ) -> Result<Self, &'static str> {
        let plan = Plan::of(view, change);
        if let Some(why) = plan.obstacle() {
            return Err(why);
        }
        let no_trial = trial::obstacle(view, &plan);
        Ok(Self {
            name: plan.name,
            no_trial,
        })
    }

    /// All of them, in order.
    pub(in crate::formats) fn in_order(&self) -> Vec<Step> {
        let step = |what: &str, lines: Vec<String>| Step {
            what: what.to_owned(),
            lines,
        };
        let apply = self.run("apply");
        let trial = match self.no_trial {
            None => step(
                "Try it: deny exactly what it would remove, then end the trial. The Deny also overrides resource policies",
                vec![self.run("trial"), self.run("trial-end")],
            ),
            Some(why) => Step {
                what: format!("No trial: {why}"),
                lines: Vec::new(),
            },
        };
        let watch = format!("leastwise watch . --trail {TRAIL} --change {}", self.name);
        vec![
            step(
                "Ask AWS for a second opinion, once for all changes",
                vec![CHECK.to_owned()],
            ),
            trial,
            step(
                "Run every check without changing anything",
                vec![format!("DRY_RUN=1 {apply}")],
            ),
            step("Apply", vec![apply]),
            step(
                "Watch for denied calls, in the CloudTrail files since then",
                vec![watch],
            ),
            step("Undo", vec![self.run("rollback")]),
        ]
    }

    /// The name is of characters that a shell takes as they are: see [`Plan::obstacle`].
    fn run(&self, script: &str) -> String {
        format!("bash changes/{script}.sh {}", self.name)
    }
}

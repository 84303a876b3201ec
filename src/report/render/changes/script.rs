//! The scripts of one plan: what it is about, as variables, and which of the steps under `changes/steps/` are made of it.

use std::fmt::Write as _;

use super::plan::{Old, Place, Plan};
use super::shell::{comment, list, quoted, variable};
use super::steps::Steps;
use crate::report::render::{Part, Read};
use crate::report::{Action, Note};

/// Which of the two scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Apply,
    Rollback,
}

/// Variables, and the steps that are made with them.
type Body = (String, Steps);

impl Plan<'_> {
    /// Both scripts.
    pub(super) fn scripts(&self, read: &Read<'_>) -> [Part; 2] {
        let files = &self.it.files;
        let documents = [("BEFORE", &files.before), ("AFTER", &files.after)].map(|(name, path)| {
            let hash = read.hash(path)?;
            let file = variable(name, &format!("{}{path}", "../".repeat(self.folder.split('/').count())));
            Some(file + &variable(&format!("{name}_SHA256"), &hash.to_string()))
        });
        let obstacle = self.obstacle();
        [(Way::Apply, "apply.sh"), (Way::Rollback, "rollback.sh")].map(|(way, name)| {
            let text = match (obstacle, &documents) {
                (None, [Some(before), Some(after)]) => self.script(way, [before, after]),
                (why, _) => self.refusal(why.unwrap_or("the report lacks its documents: scan again")),
            };
            Part::file(&format!("{}/{name}", self.folder), text)
        })
    }

    fn script(&self, way: Way, documents: [&str; 2]) -> String {
        let (variables, steps) = self.body(way);
        let up = "../".repeat(self.folder.split('/').count() - 1);
        let mut out = self.head(way);
        out += "set -euo pipefail\nunset CDPATH\n";
        // From standard input it would not know where it is, and go on with whatever is in the current folder.
        let _ = write!(
            out,
            "[ -n \"${{BASH_SOURCE[0]:-}}\" ] || {{\n  echo 'refused: run this as a file, with bash {}' >&2\n  exit 1\n}}\n",
            way.of("apply.sh", "rollback.sh")
        );
        out += "cd -- \"$(dirname -- \"${BASH_SOURCE[0]}\")\"\n\n";
        out += &variables;
        out.extend(documents);
        let _ = write!(out, "\n# shellcheck source-path=SCRIPTDIR\n. {up}{}\n", steps.path());
        out
    }

    /// A script that says why there is none.
    fn refusal(&self, why: &str) -> String {
        format!(
            "#!/usr/bin/env bash\n# {}\nprintf 'refused: %s\\n' {} >&2\nexit 1\n",
            comment(&self.it.id),
            quoted(why)
        )
    }

    fn head(&self, way: Way) -> String {
        let it = self.it;
        let what = match (way, &self.place) {
            (Way::Rollback, _) => "Takes back what apply.sh beside it does.".to_owned(),
            (_, Place::Account { holders, .. }) if holders.is_empty() => format!(
                "Creates what permission set {} is to name, before the script of the permission set runs.",
                it.holder
            ),
            _ => self.what(),
        };
        let (who, credentials) = match &self.place {
            Place::Account { id, .. } => ("the policy", format!("of account {id}")),
            Place::Set { .. } => {
                ("the permission set", "of the account that administers Identity Center".to_owned())
            }
        };
        let name = if way == Way::Apply { "apply.sh" } else { "rollback.sh" };
        let mut lines = vec![
            it.id.clone(),
            what,
            format!(
                "Confidence: {}. It removes {} actions; the difference is in {}.",
                it.confidence.level, it.proof.removed, it.files.diff
            ),
        ];
        if let Some(accounts) = self.fleet {
            lines.push(format!(
                "{accounts} accounts have this from one template, it seems: change that instead, or it comes back."
            ));
        }
        if it.notes.contains(&Note::PolicyNewer) {
            lines.push(
                "The policy was changed after its use was looked at: read the difference first.".to_owned(),
            );
        }
        lines.push(format!("Run it as `bash {name}` with credentials {credentials}."));
        lines.push(format!(
            "It refuses when {who} is no longer what was analysed, and says so when nothing is left to do."
        ));
        lines.push(format!("`DRY_RUN=1 bash {name}` tells the steps and calls nothing that writes."));
        let lines: String = lines.iter().map(|line| ["# ", &comment(line), "\n"].concat()).collect();
        ["#!/usr/bin/env bash\n", &lines].concat()
    }

    fn what(&self) -> String {
        let it = self.it;
        let holder = match &self.place {
            Place::Set { .. } => format!("permission set {}", it.holder),
            Place::Account { holders, .. } => match holders.as_slice() {
                [one] => one.replacen('/', " ", 1),
                many => format!("{} holders", many.len()),
            },
        };
        let policy = match self.old {
            Old::Inline => format!("inline policy {} of {holder}", it.policy),
            Old::Managed(arn) => format!("policy {}", arn.unwrap_or(&it.policy)),
        };
        match it.action {
            Action::Replace => format!("Puts the smaller document into {policy}."),
            Action::NewVersion => format!("Makes the smaller document the default version of {policy}."),
            Action::Delete => format!("Deletes {policy}: nothing of it is used."),
            Action::Detach => format!("Detaches {policy} from {holder}: nothing of it is used."),
            Action::Substitute | Action::Fork | Action::Split => {
                format!("Creates {}, gives it to {holder}, and takes {policy} away.", it.creates.join(", "))
            }
        }
    }

    fn body(&self, way: Way) -> Body {
        match &self.place {
            Place::Account { partition, id, holders } => {
                let (variables, steps) = match self.it.action {
                    _ if holders.is_empty() => {
                        (self.created(partition, id), way.of(Steps::CreateApply, Steps::CreateRollback))
                    }
                    Action::Replace | Action::Delete => (self.old("") + way.texts(), Steps::Inline),
                    Action::NewVersion => self.version(way, holders),
                    Action::Detach => (
                        self.old("OLD") + &list("HOLDERS", holders),
                        way.of(Steps::DetachApply, Steps::DetachRollback),
                    ),
                    Action::Substitute | Action::Fork | Action::Split => {
                        self.moved(way, partition, id, holders)
                    }
                };
                (variable("ACCOUNT", id) + &variables, steps)
            }
            Place::Set { accounts } => {
                let (variables, steps) = self.set_body(way);
                let accounts = match way {
                    Way::Apply => list("ACCOUNTS", accounts),
                    Way::Rollback => String::new(),
                };
                (variable("SET", &self.it.holder) + &accounts + &variables, steps)
            }
        }
    }

    /// The holder and the name of an inline policy, or the ARN of a managed one.
    fn old(&self, name: &str) -> String {
        match self.old {
            Old::Managed(arn) => variable(name, arn.unwrap_or_default()),
            Old::Inline => {
                let it = self.it;
                variable("KIND", it.holder_kind.name())
                    + &variable("HOLDER", &it.holder)
                    + &variable("POLICY", &it.policy)
            }
        }
    }

    fn created(&self, partition: &str, account: &str) -> String {
        let arn = |name: &String| format!("arn:{partition}:iam::{account}:policy/{name}");
        list("NEW", &self.it.creates.iter().map(arn).collect::<Vec<_>>())
    }

    fn version(&self, way: Way, holders: &[String]) -> Body {
        let variables = self.old("ARN") + way.texts();
        match way {
            Way::Apply => (variables + &list("HOLDERS", holders), Steps::VersionApply),
            Way::Rollback => (variables, Steps::VersionRollback),
        }
    }

    fn moved(&self, way: Way, partition: &str, account: &str, holders: &[String]) -> Body {
        let (goes, steps) = match self.old {
            Old::Managed(_) => ("1", way.of(Steps::MoveManagedApply, Steps::MoveManagedRollback)),
            Old::Inline => ("0", way.of(Steps::MoveInlineApply, Steps::MoveInlineRollback)),
        };
        let variables = self.old("OLD")
            + &variable("GOES", goes)
            + &self.created(partition, account)
            + &list("HOLDERS", holders);
        (variables, steps)
    }

    fn set_body(&self, way: Way) -> Body {
        let it = self.it;
        let managed = matches!(self.old, Old::Managed(_));
        let name = match self.old {
            Old::Managed(Some(arn)) => variable("OLD", arn),
            Old::Managed(None) | Old::Inline => String::new(),
        };
        match it.action {
            Action::Replace | Action::Delete | Action::NewVersion => {
                (way.texts().to_owned(), way.of(Steps::SetInlineApply, Steps::SetInlineRollback))
            }
            Action::Detach => {
                let to = way.of("TO=no\nDONE=applied\n", "TO=yes\nDONE='rolled back'\n");
                (name + to, way.of(Steps::SetDetachApply, Steps::SetDetachRollback))
            }
            Action::Substitute | Action::Fork | Action::Split => {
                let steps = match managed {
                    true => way.of(Steps::SetMoveManagedApply, Steps::SetMoveManagedRollback),
                    false => way.of(Steps::SetMoveInlineApply, Steps::SetMoveInlineRollback),
                };
                (name + &list("NEW", &it.creates), steps)
            }
        }
    }
}

impl Way {
    fn of<T>(self, apply: T, rollback: T) -> T {
        match self {
            Self::Apply => apply,
            Self::Rollback => rollback,
        }
    }

    /// From which of the documents to which.
    fn texts(self) -> &'static str {
        self.of("FROM=before\nTO=after\nDONE=applied\n", "FROM=after\nTO=before\nDONE='rolled back'\n")
    }
}

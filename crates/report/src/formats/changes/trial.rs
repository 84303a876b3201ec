//! The trial of a change as a line of JSON: the policies that deny what the change takes, and who gets each. Equal policies of
//! one change are one policy, attached to all who get it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::plan::{ChangePlace, Plan};
use crate::formats::reserve::is_name;
use crate::formats::{AccountView, json};
use leastwise_core::arn::{Arn, last_name};
use leastwise_core::decide::HolderKind;
use leastwise_core::report::{PolicyHolder, Trial, TrialRow, TrialSize};
use leastwise_core::trial::{DenyPolicy, DenyStatement, POLICY, mark};

/// The trials of permission sets.
pub(super) const SETS: &str = "changes/trial/permission-sets.jsonl";

/// Why a change is not tried.
const NOTHING: &str =
    "other policies also allow every action that this change would remove, so there is nothing to try";
const NO_ROOM: &str = "what it would deny does not fit into the policies that can be attached";
const NOT_SAID: &str = "the report does not say what a trial would deny: scan again";

/// The fields that `trial.bash` reads, and those that describe the trial to people.
#[derive(Serialize)]
struct TrialLine<'p> {
    change: &'p str,
    what: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<TrialPolicy<'p>>,
    /// What the inline policy of a permission set gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<DenyStatement<'p>>,
}

/// A policy to create, and the principals to attach it to.
#[derive(Serialize)]
struct TrialPolicy<'p> {
    arn: String,
    principals: Vec<PolicyHolder>,
    document: DenyPolicy<'p>,
}

/// A change that is not tried.
#[derive(Serialize)]
struct RefusedTrial<'p> {
    change: &'p str,
    refused: String,
}

/// What is known of the trial of one change in its place.
pub(super) struct Trials<'v> {
    plan: &'v Plan<'v>,
    /// The trials, each with its principals.
    rows: Vec<(Vec<PolicyHolder>, &'v Trial)>,
}

/// Why a change is not tried, if it is not.
pub(super) fn obstacle(view: &AccountView<'_>, plan: &Plan<'_>) -> Option<&'static str> {
    let of_change = view
        .account
        .trials
        .iter()
        .filter(|row| row.change == plan.of.it.id);
    Trials::of(plan, of_change).obstacle()
}

/// The lines of an account's trials, of principals or of permission sets.
pub(super) fn table(view: &AccountView<'_>, plans: &[Plan<'_>], is_set: bool) -> String {
    let mut by_change: BTreeMap<&str, Vec<&TrialRow>> = BTreeMap::new();
    view.account
        .trials
        .iter()
        .for_each(|row| by_change.entry(&row.change).or_default().push(row));
    let plans = plans
        .iter()
        .filter(|plan| plan.is_set() == is_set && !plan.is_creating());
    let rows = plans.map(|plan| {
        let rows = by_change
            .get(plan.of.it.id.as_str())
            .into_iter()
            .flatten()
            .copied();
        Trials::of(plan, rows).row() + "\n"
    });
    rows.collect()
}

impl<'v> Trials<'v> {
    fn of(plan: &'v Plan<'v>, rows: impl Iterator<Item = &'v TrialRow>) -> Self {
        let rows = match plan.of.set() {
            Some(set) => set.family.trial.iter().map(|trial| (Vec::new(), trial)).collect(),
            None => rows.map(|row| (holders(row), &row.trial)).collect(),
        };
        Self { plan, rows }
    }

    fn obstacle(&self) -> Option<&'static str> {
        let names = self.rows.iter().flat_map(|(who, _)| who);
        let denies = |(_, trial): &(Vec<PolicyHolder>, &Trial)| !trial.deny.is_empty();
        match self.plan.obstacle() {
            Some(why) => Some(why),
            None if names.into_iter().any(|who| !is_name(&who.name)) => Some(super::plan::NO_SUCH_NAME),
            None if self.rows.is_empty() => Some(NOT_SAID),
            None if self.rows.iter().any(denies) => None,
            None if self.rows.iter().any(|(_, trial)| trial.does_not_fit.is_some()) => Some(NO_ROOM),
            None => Some(NOTHING),
        }
    }

    fn row(&self) -> String {
        let change = self.plan.name.as_str();
        if let Some(why) = self.obstacle() {
            let details = if why == NO_ROOM {
                self.without_room()
            } else {
                Vec::new()
            };
            let refused = std::iter::once(why.to_owned())
                .chain(details)
                .collect::<Vec<_>>()
                .join(": ");
            return json(&RefusedTrial { change, refused });
        }
        let (what, notes) = (self.what(), self.notes());
        let mut row = TrialLine {
            change,
            what,
            notes,
            policies: Vec::new(),
            statement: None,
        };
        match &self.plan.place {
            ChangePlace::Set { .. } => {
                let actions = self.rows.iter().find_map(|(_, trial)| trial.deny.first());
                row.statement = actions.map(|actions| DenyStatement::of(&self.mark(actions), actions));
            }
            ChangePlace::Account { id, .. } => row.policies = self.policies(self.plan.partition, id),
        }
        json(&row)
    }

    fn mark(&self, actions: &[String]) -> String {
        mark(&self.plan.name, actions)
    }

    fn policies(&self, partition: &str, account: &str) -> Vec<TrialPolicy<'v>> {
        let mut all: BTreeMap<&'v [String], Vec<PolicyHolder>> = BTreeMap::new();
        for (who, trial) in &self.rows {
            trial
                .deny
                .iter()
                .for_each(|actions| all.entry(actions).or_default().extend(who.iter().cloned()));
        }
        let policy = |(actions, mut principals): (&'v [String], Vec<PolicyHolder>)| {
            principals.sort();
            let mark = self.mark(actions);
            let arn = format!("arn:{partition}:iam::{account}:policy/{POLICY}-{mark}");
            TrialPolicy {
                arn,
                principals,
                document: DenyPolicy::of(&mark, actions),
            }
        };
        all.into_iter().map(policy).collect()
    }

    fn what(&self) -> String {
        let denying = || self.rows.iter().filter(|(_, trial)| !trial.deny.is_empty());
        let actions = denying()
            .map(|(_, trial)| trial.actions)
            .max()
            .unwrap_or_default();
        let who: Vec<&PolicyHolder> = denying().flat_map(|(who, _)| who).collect();
        let whom = match (&self.plan.place, who.as_slice()) {
            (ChangePlace::Set { .. }, _) => format!("permission set {}", self.plan.of.it.holder),
            (_, [one]) => format!("{} {}", one.kind, one.name),
            (_, many) => {
                return format!(
                    "Denies {} principals the actions that this change would remove from each, {} at most.",
                    many.len(),
                    counted(actions)
                );
            }
        };
        format!(
            "Denies {whom} the {} that this change would remove.",
            counted(actions)
        )
    }

    /// What it leaves out.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let also = self
            .rows
            .iter()
            .map(|(_, trial)| trial.also_allowed)
            .max()
            .unwrap_or_default();
        if also > 0 {
            let most = if self.rows.len() > 1 { "up to " } else { "" };
            let them = if also == 1 { "it" } else { "them" };
            notes.push(format!(
                "Leaves out {most}{} that another policy also allows: this change alone does not remove {them}.",
                counted(also)
            ));
        }
        let without = self.without_room();
        notes.extend(
            without
                .into_iter()
                .map(|it| format!("Denies nothing to some: {it}.")),
        );
        notes
    }

    /// Who cannot be denied anything, and why.
    fn without_room(&self) -> Vec<String> {
        let rows = self
            .rows
            .iter()
            .filter_map(|(who, trial)| Some((who, trial.does_not_fit?)));
        let told = rows.map(|(who, TrialSize { policies, room })| {
            let names = who
                .iter()
                .map(|it| format!("{} {}", it.kind, it.name))
                .collect::<Vec<_>>();
            match names.as_slice() {
                [] => "the statement is larger than the inline policy of a permission set can be".to_owned(),
                names => {
                    let policies = if policies == 1 {
                        "1 policy".to_owned()
                    } else {
                        format!("{policies} policies")
                    };
                    format!(
                        "{} would need {policies} more attached, and can have {room} more",
                        names.join(", ")
                    )
                }
            }
        });
        told.collect()
    }
}

fn counted(actions: usize) -> String {
    if actions == 1 {
        "1 action".to_owned()
    } else {
        format!("{actions} actions")
    }
}

/// The principals of a trial, as the scripts know them.
fn holders(row: &TrialRow) -> Vec<PolicyHolder> {
    let holder = |arn: &String| {
        let kind = if Arn::of(arn).is_user() {
            HolderKind::User
        } else {
            HolderKind::Role
        };
        PolicyHolder {
            kind,
            name: last_name(arn).to_owned(),
        }
    };
    row.principals.iter().map(holder).collect()
}

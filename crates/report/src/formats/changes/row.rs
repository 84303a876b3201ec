//! A change as a line of JSON: all that `lib.bash` has to know to carry it out. That it is data, and no script, is what makes
//! names from AWS harmless in it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::plan::{ChangePlace, Old, Plan};
use crate::formats::{Read, json};
use leastwise_core::digest::FileHash;
use leastwise_core::report::{Action, Note, PolicyHolder, UnusedService};
use leastwise_core::visible::visible_line;

/// The fields that `lib.bash` reads, and those that describe the change to people.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeLine<'p> {
    change: &'p str,
    what: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Where it is defined in code, which would take the change back.
    #[serde(skip_serializing_if = "Option::is_none")]
    owned_by: Option<String>,
    id: &'p str,
    confidence: &'p str,
    removes: usize,
    diff: &'p str,
    how: How,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_set: Option<&'p str>,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    accounts: &'p [&'p str],
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    suspended: &'p [&'p str],
    /// Of the managed policy that is changed or goes; without it the inline one is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<&'p str>,
    /// Who has the inline policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<PolicyHolder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'p str>,
    /// Principals whose attachments change, or that have the policy that gets a new version.
    #[serde(skip_serializing_if = "<[PolicyHolder]>::is_empty")]
    holders: &'p [PolicyHolder],
    /// ARNs of policies in an account; names that a permission set is to have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    creates: Vec<String>,
    /// What is removed by service, `*` for all of it, from these principals: by what follows `arn:aws:iam::` in their ARNs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unused: BTreeMap<&'p str, RemovedActions<'p>>,
    partition: &'p str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    principals: Vec<&'p str>,
    /// When the evidence was taken, and until when the change may be applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    before: &'p str,
    before_sha256: FileHash,
    after: &'p str,
    after_sha256: FileHash,
}

/// Unused actions of a service.
#[derive(Serialize)]
#[serde(untagged)]
enum RemovedActions<'p> {
    All(&'static str),
    Actions(&'p [String]),
}

/// For how many days evidence is good enough to remove something: what is used once a month is seen by then.
const GOOD_FOR: i64 = 30;

/// A change that no script can carry out.
#[derive(Serialize)]
struct RefusedLine<'p> {
    change: &'p str,
    refused: &'static str,
}

/// The ways to carry one out, each both ways in `lib.bash`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum How {
    /// Create policies, for a permission set to name.
    Create,
    /// Replace or delete an inline document.
    Document,
    /// Make another version the default.
    Version,
    /// Detach a managed policy.
    Detach,
    /// Create policies, attach them, and take the old one away.
    Move,
    /// Add statements to the inline policy of a permission set, and detach a policy of AWS.
    Merge,
}

impl Plan<'_> {
    /// Its line in a table.
    pub(super) fn row(&self, read: &Read<'_>) -> String {
        let files = &self.of.it.files;
        let line = match (self.obstacle(), read.hash(&files.before), read.hash(&files.after)) {
            (None, Some(before), Some(after)) => json(&self.to_carry_out(before, after)),
            (why, _, _) => {
                let refused = why.unwrap_or("the report lacks its documents: scan again");
                json(&RefusedLine {
                    change: &self.name,
                    refused,
                })
            }
        };
        line + "\n"
    }

    fn to_carry_out(&self, before_sha256: FileHash, after_sha256: FileHash) -> ChangeLine<'_> {
        let it = self.of.it;
        let mut row = ChangeLine {
            change: &self.name,
            what: self.what(),
            notes: self.notes(),
            owned_by: it.owned_by().map(|owned| visible_line(&owned).into_owned()),
            id: &it.id,
            confidence: it.confidence.level.name(),
            removes: it.proof.removed,
            diff: &it.files.diff,
            how: self.how(),
            account: None,
            permission_set: None,
            accounts: &[],
            suspended: &[],
            arn: None,
            holder: None,
            policy: None,
            holders: &[],
            creates: it.creates.clone(),
            unused: BTreeMap::new(),
            partition: self.partition,
            principals: self.principals(),
            evaluated: None,
            expires: None,
            before: &it.files.before,
            before_sha256,
            after: &it.files.after,
            after_sha256,
        };
        if let Old::Managed(arn) = self.old {
            row.arn = arn;
        }
        if !row.principals.is_empty() {
            row.unused = it
                .unused
                .iter()
                .map(|it| (it.service_namespace.as_str(), unused(it)))
                .collect();
            let evaluated = it
                .evaluated
                .as_deref()
                .and_then(|at| at.parse::<Timestamp>().ok());
            let expires =
                evaluated.and_then(|at| at.checked_add(SignedDuration::from_hours(24 * GOOD_FOR)).ok());
            (row.evaluated, row.expires) = (evaluated.map(second), expires.map(second));
        }
        match &self.place {
            ChangePlace::Account { id, holders } => {
                let partition = self.partition;
                let arn = |name: &String| format!("arn:{partition}:iam::{id}:policy/{name}");
                row.account = Some(id);
                row.creates = it.creates.iter().map(arn).collect();
                row.holders = holders;
                if row.arn.is_none() && !holders.is_empty() {
                    row.holder = Some(PolicyHolder {
                        kind: it.holder_kind,
                        name: it.holder.clone(),
                    });
                    row.policy = Some(&it.policy);
                }
            }
            ChangePlace::Set { accounts, suspended } => {
                row.permission_set = Some(&it.holder);
                (row.accounts, row.suspended) = (accounts, suspended);
            }
        }
        row
    }

    fn how(&self) -> How {
        match (&self.place, self.of.it.action) {
            (ChangePlace::Account { holders: [], .. }, _) => How::Create,
            (ChangePlace::Account { .. }, Action::NewVersion) => How::Version,
            (_, Action::Replace | Action::Delete | Action::NewVersion) => How::Document,
            (_, Action::Detach) => How::Detach,
            (ChangePlace::Set { .. }, Action::Substitute) if self.of.it.creates.is_empty() => How::Merge,
            (_, Action::Substitute | Action::Fork | Action::Split) => How::Move,
        }
    }

    fn what(&self) -> String {
        let it = self.of.it;
        let holder = match &self.place {
            ChangePlace::Set { .. } => format!("permission set {}", it.holder),
            ChangePlace::Account { holders, .. } => match holders {
                [] => return format!("Creates the policies that permission set {} will use.", it.holder),
                [one] => format!("{} {}", one.kind, one.name),
                many => format!("{} principals", many.len()),
            },
        };
        let policy = match self.old {
            Old::Inline => format!("inline policy {} of {holder}", it.policy),
            Old::Managed(arn) => format!("policy {}", arn.unwrap_or(&it.policy)),
        };
        match it.action {
            Action::Replace => format!("Replaces {policy} with the reduced version."),
            Action::NewVersion => {
                format!("Creates a new default version of {policy} with the reduced document.")
            }
            Action::Delete => format!("Deletes {policy}: AWS reports all of its permissions as unused."),
            Action::Detach => {
                format!("Detaches {policy} from {holder}: AWS reports all of its permissions as unused.")
            }
            Action::Substitute if self.how() == How::Merge => format!(
                "Adds the reduced statements of {policy} to the inline policy of {holder}, and detaches the AWS managed policy."
            ),
            Action::Substitute | Action::Fork | Action::Split => {
                let them = if it.creates.len() == 1 { "it" } else { "them" };
                let created = it.creates.join(" and ");
                format!("Creates {created}, attaches {them} to {holder}, and detaches {policy}.")
            }
        }
    }

    /// What to know before it is applied.
    fn notes(&self) -> Vec<String> {
        let fleet = self.of.fleet().map(|fleet| {
            let accounts = fleet.family.accounts.len();
            format!("{accounts} accounts have this policy, probably from a template: change the template too, or the policy comes back.")
        });
        let has = |note| self.of.it.notes.contains(&note);
        let newer = has(Note::PolicyNewer)
            .then(|| "The policy changed after the usage data was taken: read the diff first.".to_owned());
        let copied = [Note::NoLongerFollowsAws, Note::PoliciesInEveryAccount]
            .into_iter()
            .filter(|note| has(*note));
        fleet
            .into_iter()
            .chain(newer)
            .chain(copied.map(|note| note.sentence().to_owned()))
            .collect()
    }
}

fn unused(of: &UnusedService) -> RemovedActions<'_> {
    of.actions
        .as_deref()
        .map_or(RemovedActions::All("*"), RemovedActions::Actions)
}

/// A moment as the scripts compare it with the clock, as text: `2026-10-01T00:00:00Z`.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

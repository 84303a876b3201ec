//! Night after night: what is ready, what is used every so often, and when nothing is said. Each night is a snapshot of its
//! own, in the short form of the cases of decisions.

mod flapping;
mod quiet;
mod ready;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::decisions::{catalog, recorded};
use crate::run::{Ran, Run, folder, leastwise};

const ACCOUNT: &str = "111111111111";
const OWN: &str = "111111111111/role/worker/own";
const OTHER: &str = "111111111111/role/other/own";

/// The nights of one schedule, each of which knows the one before.
struct Nights {
    folder: PathBuf,
    catalog: PathBuf,
    reports: Vec<PathBuf>,
}

impl Nights {
    fn of(name: &str) -> Self {
        let folder = folder(&format!("stability-{name}"));
        let catalog = catalog(&folder);
        Self {
            folder,
            catalog,
            reports: Vec::new(),
        }
    }

    /// What the next night reads, and its arguments.
    fn next(&mut self, answers: &Value, more: &[&str]) -> Run {
        let number = self.reports.len();
        let snapshot = self.folder.join(format!("snapshot-{number}"));
        recorded::write(answers, &snapshot);
        let out = self.folder.join(format!("report-{number}"));
        // On the first night it is not there.
        let previous = self
            .reports
            .last()
            .cloned()
            .unwrap_or_else(|| self.folder.join("none"));
        self.reports.push(out.clone());
        let paths = [
            ("--snapshot", &snapshot),
            ("--catalog", &self.catalog),
            ("--out", &out),
            ("--previous", &previous),
        ];
        let args = paths
            .iter()
            .flat_map(|(flag, path)| [*flag, path.to_str().unwrap()]);
        leastwise(["scan"].into_iter().chain(args).chain(more.iter().copied()))
    }

    fn night(&mut self, answers: &Value, more: &[&str]) -> Ran {
        self.next(answers, more).ran()
    }

    fn report(&self) -> &Path {
        self.reports.last().unwrap()
    }

    fn json(&self, path: &str) -> Value {
        let text = fs::read_to_string(self.report().join(path)).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A recommendation of the account.
    fn change(&self, id: &str) -> Value {
        let account = self.json(&format!("accounts/{ACCOUNT}.json"));
        let all = account["recommendations"].as_array().unwrap();
        all.iter()
            .find(|it| it["id"] == id)
            .unwrap_or_else(|| panic!("no {id}"))
            .clone()
    }

    /// Whether it is ready, and after how many nights.
    fn ready(&self, id: &str) -> (bool, u64) {
        let change = self.change(id);
        (
            change["ready"].as_bool().unwrap(),
            change["nightsStable"].as_u64().unwrap(),
        )
    }

    /// What the history says of a policy.
    fn row(&self, policy: &str) -> Value {
        let history = self.json("history.json");
        let rows = history["rows"].as_array().unwrap();
        rows.iter()
            .find(|row| row["policy"] == policy)
            .unwrap_or_else(|| panic!("no {policy}"))
            .clone()
    }
}

/// What an account says on a day: a worker of which this is unused, and another of which the same is every night.
fn answers(day: &str, unused: &Value) -> Value {
    let grants = json!([
        "s3:GetObject",
        "s3:PutObject",
        "s3:GetBucketAcl",
        "sqs:SendMessage",
        "sqs:DeleteQueue"
    ]);
    let mut answers = json!({"accounts": {ACCOUNT: {
        "roles": {"worker": {"inline": {"own": grants}}, "other": {"inline": {"own": grants}}},
        "unused": {"other": {"s3": ["PutObject"]}},
        "analyzedAt": format!("{day}T07:00:00Z"),
    }}});
    if unused.as_object().is_some_and(|services| !services.is_empty()) {
        answers["accounts"][ACCOUNT]["unused"]["worker"] = unused.clone();
    }
    answers
}

/// The same with the usual of the worker.
fn usual(day: &str) -> Value {
    answers(day, &json!({"s3": ["GetBucketAcl", "PutObject"]}))
}

/// The same of an account that cannot be read, beside one that can: a run that reads none leaves the earlier report.
fn unread() -> Value {
    json!({"accounts": {
        ACCOUNT: {"error": {"operation": "GetAccountAuthorizationDetails", "kind": "denied"}},
        "222222222222": {"roles": {"quiet": {"inline": {"own": ["s3:GetObject"]}}}},
    }})
}

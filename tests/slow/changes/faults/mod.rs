//! What goes wrong around the scripts, played by a fake AWS CLI: `fake_aws.py`. After each failure the state is the one before,
//! the one after, or one that running the same again completes; and rollback leads back to the one before.

#![expect(
    clippy::needless_pass_by_value,
    reason = "values are written where they are used, with `json!`"
)]

mod back;
mod checks;
mod killed;
mod kinds;
mod sets;
mod trials;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use leastwise_core::digest::FileHash;
use serde_json::{Value, json};

use super::make_executable;
use crate::run::{Ran, folder};

const ACCOUNT: &str = "111111111111";
const OTHER: &str = "222222222222";
const AWS: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const OWN: &str = "arn:aws:iam::111111111111:policy/team/own";
const COPY: &str = "arn:aws:iam::111111111111:policy/ReadOnlyAccess-leastwise";

/// Where the credentials of the accounts of a permission set are.
const PROFILE: (&str, &str) = ("CHECK_PROFILE", "audit-{account}");

/// A report folder with one change, and a state of AWS.
struct Bench {
    root: PathBuf,
    change: String,
    before: Value,
}

fn document(actions: &[&str]) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Sid": "One", "Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

fn wide() -> Value {
    document(&["s3:GetObject", "s3:DeleteBucket"])
}

fn narrow() -> Value {
    document(&["s3:GetObject"])
}

impl Bench {
    /// Of a change with these fields, which makes `after` of `before`.
    fn of(name: &str, fields: Value, (before, after): (Value, Value), state: Value) -> Self {
        let root = folder(&format!("changes-faults-{name}"));
        for part in ["changes", "policies", "bin", "aws"] {
            fs::create_dir_all(root.join(part)).unwrap();
        }
        for file in fs::read_dir("crates/report/src/formats/changes/shell").unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), root.join("changes").join(file.file_name())).unwrap();
        }
        let fake = fs::canonicalize("tests/slow/changes/fake_aws.py").unwrap();
        let programs = [
            ("aws", format!("exec python3 -S -E {} \"$@\"\n", fake.display())),
            ("sleep", "echo \"$1\" >>\"$FAKE_AWS/slept\"\n".to_owned()),
            ("date", "echo \"${NOW:-2026-10-10T00:00:00Z}\"\n".to_owned()),
        ];
        for (name, text) in programs {
            let path = root.join("bin").join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
            make_executable(&path);
        }
        let is_set = fields.get("permissionSet").is_some();
        let table = if is_set { "permission-sets" } else { ACCOUNT };
        let change = format!("{table}/{name}");
        let mut row = json!({
            "change": change, "what": "Changes something.", "unused": {"s3": ["DeleteBucket"], "sqs": "*"},
            "partition": "aws", "principals": [format!("{ACCOUNT}:role/app")],
            "evaluated": "2026-10-01T00:00:00Z", "expires": "2026-10-31T00:00:00Z",
        });
        if !is_set {
            row["account"] = ACCOUNT.into();
        }
        row.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        for (part, document) in [("before", before), ("after", after)] {
            let text = format!("{document:#}\n");
            let path = format!("policies/{part}.json");
            fs::write(root.join(&path), &text).unwrap();
            row[part] = path.into();
            row[format!("{part}Sha256")] = FileHash::of(text.as_bytes()).to_string().into();
        }
        fs::write(
            root.join("changes").join(format!("{table}.jsonl")),
            format!("{row}\n"),
        )
        .unwrap();
        let mut bench = Self {
            root,
            change,
            before: Value::Null,
        };
        let mut all = json!({"account": ACCOUNT, "policies": {}, "holders": {}});
        all.as_object_mut()
            .unwrap()
            .extend(state.as_object().unwrap().clone());
        bench.set(&all);
        bench.before = bench.state();
        bench
    }

    fn raw(&self) -> Value {
        serde_json::from_slice(&fs::read(self.root.join("aws/state.json")).unwrap()).unwrap()
    }

    fn set(&self, state: &Value) {
        fs::write(self.root.join("aws/state.json"), state.to_string()).unwrap();
    }

    /// Somebody changes something.
    fn meanwhile(&self, change: impl FnOnce(&mut Value)) -> &Self {
        let mut state = self.raw();
        change(&mut state);
        self.set(&state);
        self
    }

    fn fault(&self, faults: Value) -> &Self {
        self.meanwhile(|state| state["faults"] = faults)
    }

    /// What AWS has. The text of an inline policy is its document.
    fn state(&self) -> Value {
        let mut state = self.raw();
        for part in ["faults", "polled"] {
            state.as_object_mut().unwrap().remove(part);
        }
        let read = |text: &mut Value| {
            if let Some(it) = text.as_str() {
                *text = serde_json::from_str(it).unwrap();
            }
        };
        if let Some(set) = state.get_mut("set") {
            read(&mut set["inline"]);
            set["accounts"]
                .as_object_mut()
                .unwrap()
                .values_mut()
                .for_each(|it| read(&mut it[0]));
        }
        state
    }

    fn run(&self, script: &str, variables: &[(&str, &str)]) -> Ran {
        let aws = self.root.join("aws");
        let _ = fs::remove_file(aws.join("calls"));
        let path = format!(
            "{}:{}",
            self.root.join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = Command::new("bash");
        // What is killed with the script is its group.
        command
            .arg(self.root.join("changes").join(script))
            .arg(&self.change)
            .process_group(0);
        for variable in [
            "DRY_RUN",
            "DETACH_FIRST",
            "FORCE",
            "PAUSE",
            "CHECK_PROFILE",
            "AWS_PROFILE",
        ] {
            command.env_remove(variable);
        }
        command
            .env("PATH", path)
            .env("FAKE_AWS", &aws)
            .envs(variables.iter().copied());
        let output = command.output().unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    fn apply(&self, variables: &[(&str, &str)]) -> Ran {
        self.run("apply.sh", variables)
    }

    fn roll_back(&self, variables: &[(&str, &str)]) -> Ran {
        self.run("rollback.sh", variables)
    }

    /// The calls of AWS that the last run made.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.root.join("aws/calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// It refuses for this reason and changes nothing.
    fn refuses(&self, ran: Ran, why: &str) -> &Self {
        let ran = ran.exits(1);
        assert!(ran.err.contains(why), "{}: {}{}", self.change, ran.out, ran.err);
        assert_eq!(
            self.state(),
            self.before,
            "{} wrote before it refused",
            self.change
        );
        self
    }

    /// Everything is as it was.
    fn is_back(&self) -> &Self {
        assert_eq!(meaning(&self.state()), meaning(&self.before), "{}", self.change);
        self
    }
}

/// What a state is about, whatever versions of a policy there are and in which order things are attached.
fn meaning(state: &Value) -> Value {
    let mut state = state.clone();
    for it in state["policies"].as_object_mut().unwrap().values_mut() {
        *it = it["versions"][it["default"].as_str().unwrap()].clone();
    }
    let sort = |list: &mut Value| {
        list.as_array_mut()
            .unwrap()
            .sort_by_key(|it| it.as_str().map(str::to_owned));
    };
    state["holders"]
        .as_object_mut()
        .unwrap()
        .values_mut()
        .for_each(|it| sort(&mut it["attached"]));
    if let Some(set) = state.get_mut("set") {
        sort(&mut set["managed"]);
        sort(&mut set["named"]);
    }
    state
}

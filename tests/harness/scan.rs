//! Scans, recorded and live, and what they wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use leastwise_core::report::{AccountReport, Manifest, Report};
use serde_json::{Value, json};

use crate::fake::{Fake, Setup, World};
use crate::run::{Ran, Run, folder, leastwise};

/// Every file below a folder, by path.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// All files of a report except the manifest, which describes the run itself.
pub(crate) fn lasting_files(report: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(report);
    assert!(files.remove("manifest.json").is_some());
    files
}

/// The changes that the scripts of a report know, by their names.
pub(crate) fn changes(out: &Path) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(out.join("changes")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let name = row["change"].as_str().unwrap().to_owned();
            let table = name.split('/').next().unwrap();
            assert_eq!(path.file_stem().unwrap().to_str().unwrap(), table, "{name}");
            assert!(found.insert(name, row).is_none(), "twice: {line}");
        }
    }
    found
}

/// Two reports are the same except for what describes their runs.
pub(crate) fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (lasting_files(one), lasting_files(other));
    let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differ: Vec<&&String> = paths
        .iter()
        .filter(|path| one.get(**path) != other.get(**path))
        .collect();
    assert!(differ.is_empty(), "{differ:?}");
    assert!(one.len() > 8);
}

pub(crate) fn report(folder: &Path) -> Report {
    serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap()
}

pub(crate) fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

pub(crate) fn account(folder: &Path, id: &str) -> AccountReport {
    serde_json::from_slice(&fs::read(folder.join(format!("accounts/{id}.json"))).unwrap()).unwrap()
}

pub(crate) fn scan(snapshot: &str, out: &Path) -> Ran {
    leastwise(["scan", "--snapshot", snapshot, "--out", out.to_str().unwrap()]).ran()
}

/// The report of the demonstration with what a scan writes by default: made once, for all tests that only read it.
pub(crate) fn demonstration() -> PathBuf {
    static REPORT: OnceLock<PathBuf> = OnceLock::new();
    let made = REPORT.get_or_init(|| {
        let out = folder(concat!("demonstration-", env!("CARGO_CRATE_NAME"))).join("report");
        scan("mocks/acme", &out).exits(0);
        out
    });
    made.clone()
}

/// Every format there is.
pub(crate) const EVERY_FORMAT: &str =
    "asff,changes,cloudformation,csv,html,ocsf,sarif,summary,terraform,tickets";

/// The same in every format there is.
pub(crate) fn demonstration_in_every_format() -> PathBuf {
    static REPORT: OnceLock<PathBuf> = OnceLock::new();
    let made = REPORT.get_or_init(|| {
        let out = folder(concat!("every-format-", env!("CARGO_CRATE_NAME"))).join("report");
        let to = out.to_str().unwrap();
        leastwise([
            "scan",
            "--snapshot",
            "mocks/acme",
            "--format",
            EVERY_FORMAT,
            "--out",
            to,
        ])
        .ran()
        .exits(0);
        out
    });
    made.clone()
}

/// A command against a fake AWS, with the credentials of the delegated administrator, whose analyzer it is.
pub(crate) fn live(fake: &Fake, args: &[&str]) -> Ran {
    live_as(fake, "AKIA222222222222", args)
}

/// The same with other credentials, from a shell that knows nothing else of AWS.
pub(crate) fn live_as(fake: &Fake, key: &str, args: &[&str]) -> Ran {
    command_as(fake, key, args).ran()
}

pub(crate) fn command_as(fake: &Fake, key: &str, args: &[&str]) -> Run {
    leastwise(args)
        .with("AWS_ENDPOINT_URL", &fake.url())
        .with("AWS_ACCESS_KEY_ID", key)
        .with("AWS_SECRET_ACCESS_KEY", "invented")
        .with("AWS_REGION", "us-east-1")
        .with("AWS_CONFIG_FILE", "/dev/null")
        .with("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .with("AWS_EC2_METADATA_DISABLED", "true")
        // What is recorded grows older every day.
        .with("LEASTWISE_LIMITS_EVIDENCE_MAX_AGE", "none")
}

pub(crate) fn acme() -> Setup {
    Fake::of(World::folder(Path::new("mocks/acme")))
}

/// The files of a folder once more, byte for byte.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A snapshot with changes.
pub(crate) fn copy(from: &str, to: &Path, change: impl Fn(&str, &mut Value)) {
    for (path, bytes) in files(Path::new(from)) {
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        change(&path, &mut value);
        let full = to.join(&path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, value.to_string()).unwrap();
    }
}

/// The demonstration's four smallest accounts with findings, for tests of how a snapshot is read, whatever is in it.
pub(crate) fn small_acme(to: &Path) {
    const ACCOUNTS: [&str; 4] = ["111111111111", "222222222222", "333333333333", "888888888888"];
    for (path, bytes) in files(Path::new("mocks/acme")) {
        let account = path
            .strip_prefix("accounts/")
            .and_then(|rest| rest.split('/').next());
        if account.is_some_and(|id| !ACCOUNTS.contains(&id)) {
            continue;
        }
        let full = to.join(&path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, bytes).unwrap();
    }
    let path = to.join("accounts.json");
    let mut list: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    list["Accounts"]
        .as_array_mut()
        .unwrap()
        .retain(|it| ACCOUNTS.contains(&it["Id"].as_str().unwrap()));
    fs::write(path, list.to_string()).unwrap();
}

/// Gives the principals of acme their owners by turns.
pub(crate) fn by_turns(to: &Path, owners: &[&str]) {
    copy("mocks/acme", to, |path, value| {
        if !path.ends_with("authorization.json") {
            return;
        }
        for list in ["RoleDetailList", "UserDetailList"] {
            for (at, principal) in value[list].as_array_mut().unwrap().iter_mut().enumerate() {
                principal["Tags"] = json!([{"Key": "owner", "Value": owners[at % owners.len()]}]);
            }
        }
    });
}

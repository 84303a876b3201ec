//! `changes/`: scripts for hands. What they do is tried on moto, in [`applied`].

mod acme;
mod applied;
mod faults;
mod names;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::run::{Ran, folder, leastwise};
use crate::scan::changes;

/// A report of a snapshot with these scripts in it.
fn report(snapshot: &Path, out: &Path) {
    let args = [
        "scan",
        "--min-confidence",
        "low",
        "--format",
        "changes",
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
    ];
    let ran = leastwise(args.iter().copied().chain([out.to_str().unwrap()])).ran();
    assert!([0, 3].contains(&ran.code), "{}", ran.err);
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_recommendation_is_a_change_where_it_is_carried_out() {
    let out = folder("changes-all").join("report");
    report(Path::new("mocks/acme"), &out);
    let mut wanted = BTreeSet::new();
    let mut want = |path: String| assert!(wanted.insert(path));
    let trunk = |it: &Value| {
        let before = it["files"]["before"].as_str().unwrap();
        before
            .strip_prefix("policies/")
            .unwrap()
            .strip_suffix(".before.json")
            .unwrap()
            .to_owned()
    };
    let whole = json(&out.join("report.json"));
    for account in whole["accounts"].as_array().unwrap() {
        let account = json(&out.join(format!("accounts/{}.json", account["id"].as_str().unwrap())));
        let own = account["recommendations"].as_array().unwrap();
        own.iter().for_each(|it| want(trunk(it)));
    }
    for it in whole["recommendations"].as_array().unwrap() {
        let path = trunk(it);
        let families = whole["families"].as_array().unwrap();
        let family = families
            .iter()
            .find(|family| family["recommendation"] == it["id"])
            .unwrap();
        let accounts = family["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["account"].as_str().unwrap());
        match path.strip_prefix("fleet/") {
            Some(path) => accounts.for_each(|account| want(format!("{account}/{path}"))),
            None => {
                want(path.clone());
                let creates = it["creates"].as_array().is_some();
                accounts
                    .filter(|_| creates)
                    .for_each(|account| want(format!("{account}/{path}")));
            }
        }
    }
    assert!(wanted.len() > 85);
    let changes = changes(&out);
    assert_eq!(changes.keys().cloned().collect::<BTreeSet<_>>(), wanted);
    for (name, row) in &changes {
        for file in ["before", "after", "diff"] {
            assert!(out.join(row[file].as_str().unwrap()).is_file(), "{name}: {row}");
        }
        // What takes something away knows from whom, and for how long that is right.
        let takes = row["how"] != "create";
        for field in ["principals", "unused", "evaluated", "expires"] {
            assert_eq!(row.get(field).is_some(), takes, "{name}: {row}");
        }
    }
    let files: BTreeSet<String> = fs::read_dir(out.join("changes"))
        .unwrap()
        .filter(|it| it.as_ref().unwrap().path().is_file())
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    let others = files
        .iter()
        .filter(|it| !it.ends_with(".jsonl"))
        .collect::<Vec<_>>();
    let code = [
        "checks.bash",
        "lib.bash",
        "policies.bash",
        "principals.bash",
        "rollback.sh",
        "sets.bash",
    ];
    let trial = ["trial-end.sh", "trial.bash", "trial.sh"];
    assert_eq!(others, [&["README.md", "apply.sh"][..], &code, &trial].concat());
    let text = fs::read_to_string(out.join("changes/README.md")).unwrap();
    assert!(text.contains("bash changes/rollback.sh"));
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
}

/// A name of IAM may end like the name of a file.
#[test]
fn policies_that_are_called_like_files_are_changes_of_their_own() {
    let root = folder("changes-endings");
    let inline: Vec<String> = ["x", "x.before.json", "x.before.json.before.json"]
        .map(String::from)
        .into();
    let policy = |name: &String| (name.clone(), json!(["s3:GetObject", "s3:DeleteBucket"]));
    let inline = inline.iter().map(policy).collect::<serde_json::Map<_, _>>();
    let case = json!({"accounts": {"111111111111": {
        "roles": {"app": {"inline": inline}}, "unused": {"app": {"s3": ["DeleteBucket"]}},
    }}});
    let snapshot = root.join("snapshot");
    crate::harness::decisions::recorded::write(&case, &snapshot);
    let out = root.join("report");
    report(&snapshot, &out);
    let all = changes(&out);
    assert_eq!(all.len(), 3, "{all:?}");
    for name in ["x", "x.before.json", "x.before.json.before.json"] {
        let row = &all[&format!("111111111111/role/app/{name}")];
        assert_eq!(row["policy"], name);
        assert_eq!(
            row["after"],
            format!("policies/111111111111/role/app/{name}.after.json")
        );
    }
}

#[test]
fn the_same_answers_make_the_same_changes() {
    let root = folder("changes-same");
    let [one, other] = ["one", "other"].map(|name| {
        let out = root.join(name);
        report(Path::new("mocks/acme"), &out);
        crate::scan::files(&out.join("changes"))
    });
    assert!(one == other);
}

const COPY: &str = "444444444444/role/nightly-backup/copy";

/// Runs a script of a report, without an AWS that could be changed.
fn runs(folder: &Path, script: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new("bash");
    command
        .arg(script)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("BASH_ENV", "/dev/null");
    let output = command.output().unwrap();
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap_or(-1),
    }
}

#[test]
#[ignore = "needs jq"]
fn a_script_without_its_library_refuses_and_takes_none_from_the_current_folder() {
    let root = folder("changes-library");
    report(Path::new("mocks/acme"), &root.join("report"));
    let (here, away) = (root.join("here"), root.join("away"));
    for folder in [&here, &away] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(here.join("lib.bash"), "touch pwned\n").unwrap();
    for script in ["apply.sh", "rollback.sh", "trial.sh", "trial-end.sh"] {
        let own = root.join("report/changes").join(script);
        let copied = away.join(script);
        fs::copy(&own, &copied).unwrap();
        runs(&here, &copied, &[COPY])
            .exits(1)
            .says("stopped: lib.bash not found beside");
        // From standard input it does not know its folder.
        let input = fs::File::open(&own).unwrap();
        let ran = Command::new("bash")
            .current_dir(&here)
            .stdin(input)
            .output()
            .unwrap();
        let told = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(told, format!("stopped: run this as a file, with bash {script}\n"));
        assert_eq!(ran.status.code(), Some(1));
        runs(&here, &own, &["444444444444/role/nobody/copy"])
            .exits(1)
            .says("this report has no change");
    }
    assert!(
        !here.join("pwned").exists(),
        "the current folder's library was run"
    );
}

#[test]
#[ignore = "needs jq"]
fn no_text_of_a_change_passes_for_another_field_of_it() {
    let out = folder("changes-fields").join("report");
    report(Path::new("mocks/acme"), &out);
    let table = out.join("changes/444444444444.jsonl");
    let text = fs::read_to_string(&table).unwrap();
    let rows = text.lines().map(|line| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        if row["change"] == COPY {
            row["what"] = json!("a copy\nrefused forged");
        }
        row.to_string() + "\n"
    });
    fs::write(&table, rows.collect::<String>()).unwrap();
    let ran = runs(&out, &out.join("changes/apply.sh"), &[COPY]);
    assert!(ran.out.starts_with("a copy refused forged\n"), "{}", ran.out);
    assert!(!ran.err.contains("stopped: forged"), "{}", ran.err);
}

#[test]
#[ignore = "needs jq"]
fn a_script_lists_the_changes_and_takes_one_of_them_by_its_name() {
    let out = folder("changes-listed").join("report");
    report(Path::new("mocks/acme"), &out);
    let changes = changes(&out);
    for script in ["apply.sh", "rollback.sh"] {
        let path = out.join("changes").join(script);
        let ran = runs(&out, &path, &[])
            .exits(1)
            .says(&format!("bash changes/{script} CHANGE"));
        let listed: BTreeMap<&str, &str> = ran
            .out
            .lines()
            .map(|line| line.split_once('\t').unwrap())
            .collect();
        let wanted = changes
            .iter()
            .map(|(name, row)| (name.as_str(), row["what"].as_str().unwrap()));
        assert_eq!(listed, wanted.collect());
        runs(&out, &path, &[COPY, COPY])
            .exits(1)
            .says("one change at a time");
        for name in [
            "",
            "copy",
            "../444444444444/role/nightly-backup/copy",
            "lib.bash",
            "-h",
            "444444444444",
        ] {
            runs(&out, &path, &[name])
                .exits(1)
                .says("this report has no change");
        }
    }
}

#[test]
fn an_alternative_has_no_script() {
    let out = folder("changes-both");
    fs::write(out.join("leastwise.toml"), "shared = \"both\"\n").unwrap();
    let (config, report) = (out.join("leastwise.toml"), out.join("report"));
    let args = [
        "scan",
        "--min-confidence",
        "low",
        "--format",
        "changes",
        "--snapshot",
        "mocks/acme",
        "--config",
    ];
    let args = args
        .into_iter()
        .chain([config.to_str().unwrap(), "--out", report.to_str().unwrap()]);
    leastwise(args).ran().exits(0);
    let account = json(&report.join("accounts/444444444444.json"));
    let alternatives = account["alternatives"].as_array().unwrap();
    let all = changes(&report);
    for it in alternatives {
        let path = it["files"]["before"]
            .as_str()
            .unwrap()
            .strip_suffix(".before.json")
            .unwrap();
        assert!(
            !all.contains_key(path.strip_prefix("policies/").unwrap()),
            "{path}"
        );
    }
    assert!(!alternatives.is_empty());
}

#[test]
#[ignore = "needs shellcheck"]
fn scripts_pass_shellcheck() {
    let checked = Command::new("shellcheck")
        .current_dir("crates/report/src/formats/changes/shell")
        .args([
            "--external-sources",
            "--check-sourced",
            "apply.sh",
            "rollback.sh",
            "lib.bash",
        ])
        .args(["trial.sh", "trial-end.sh", "trial.bash"])
        .output()
        .expect("shellcheck, from the Debian package of that name");
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

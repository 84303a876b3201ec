//! Names and paths of IAM that a shell would run: refused, or passed on as they are.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{make_executable, report, runs};
use crate::hostile::poison;
use crate::run::folder;
use crate::scan::{changes, copy};

/// The same snapshot with other text in it.
fn changed(name: &str, change: impl Fn(&mut Value, &str)) -> PathBuf {
    let root = folder(name).join("snapshot");
    copy("mocks/acme", &root, |_, value| each(value, "", &change));
    root
}

fn each(value: &mut Value, under: &str, change: &impl Fn(&mut Value, &str)) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(key, it)| each(it, key, change)),
        Value::Array(items) => items.iter_mut().for_each(|it| each(it, under, change)),
        _ => change(value, under),
    }
}

/// What ends a word, a line, a comment or a script, and would leave a file behind.
const HOSTILE: &str = "'\"`touch pwned`$(touch pwned)\n\rtouch pwned;#\\\u{2028}";

/// A report of names that AWS cannot have.
fn impossible_names(name: &str) -> PathBuf {
    let names = ["RoleName", "UserName", "GroupName", "PolicyName", "Sid"];
    let snapshot = folder(name).join("snapshot");
    copy("mocks/acme", &snapshot, |_, value| poison(value, &names, HOSTILE));
    let out = snapshot.with_file_name("report");
    report(&snapshot, &out);
    out
}

#[test]
#[ignore = "needs jq"]
fn a_change_with_a_name_that_aws_cannot_have_is_refused() {
    let out = impossible_names("changes-hostile");
    let all = changes(&out);
    let refused: Vec<&String> = all
        .iter()
        .filter(|(_, row)| {
            row["refused"]
                .as_str()
                .is_some_and(|why| why.contains("AWS allows no such name"))
        })
        .map(|(name, row)| {
            assert!(row.get("how").is_none(), "{row}");
            name
        })
        .collect();
    assert!(refused.len() > 50);
    let root = out.parent().unwrap();
    let scripts = ["apply.sh", "rollback.sh", "trial.sh", "trial-end.sh"];
    for (name, script) in refused.into_iter().zip(scripts.into_iter().cycle()) {
        let ran = runs(root, &out.join("changes").join(script), &[name]).exits(1);
        assert!(
            ran.err.starts_with("stopped: AWS allows no such name") && ran.out.is_empty(),
            "{name}"
        );
    }
    assert!(
        !root.join("pwned").exists() && !out.join("changes/pwned").exists(),
        "what stands in a name was run"
    );
}

/// The path of a policy may hold any graphic character, so this one AWS takes.
const PATH: &str = "policy/'$(touch${IFS}pwned)`touch${IFS}pwned`;touch${IFS}pwned#\\\"/";

/// A report of policies with such a path.
fn steering_paths(name: &str) -> PathBuf {
    let snapshot = changed(name, |value, under| {
        if let Value::String(text) = value
            && ["Arn", "PolicyArn"].contains(&under)
            && !text.contains(":aws:policy/")
        {
            *text = text.replace("policy/", PATH);
        }
    });
    let out = snapshot.with_file_name("report");
    report(&snapshot, &out);
    out
}

#[test]
#[ignore = "needs jq"]
fn the_path_of_a_policy_is_passed_as_it_is_and_never_run() {
    let out = steering_paths("changes-path");
    let root = out.parent().unwrap();
    // A CLI that gives back what it was asked.
    let bin = root.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let told = root.join("told");
    let aws = "#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"$TOLD\"\necho '{\"Account\":\"444444444444\"}'\n";
    let program = bin.join("aws");
    fs::write(&program, aws).unwrap();
    make_executable(&program);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let name = "shop-assets-shared";
    for script in ["apply.sh", "rollback.sh"] {
        let _ = fs::remove_file(&told);
        let mut command = Command::new("bash");
        command
            .arg(out.join("changes").join(script))
            .arg(format!("444444444444/managed/{name}"));
        command
            .current_dir(root)
            .env("PATH", &path)
            .env("TOLD", &told)
            .env("FORCE", "1");
        command.output().unwrap();
        let told = fs::read_to_string(&told).unwrap();
        let asked = format!("--policy-arn=arn:aws:iam::444444444444:{PATH}{name}\n");
        assert!(told.contains(&asked), "{told}");
    }
    for place in [root, &out.join("changes")] {
        assert!(!place.join("pwned").exists(), "what stands in a path was run");
    }
}

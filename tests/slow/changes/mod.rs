//! `changes/`: scripts for hands. What they do is tried on moto, in [`applied`].

mod applied;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::run::{folder, leastwise};

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

/// All scripts of a report, by their paths in it.
fn scripts(out: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![out.join("changes")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "sh") {
                found.insert(path.strip_prefix(out).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The same snapshot with other text in it.
fn changed(name: &str, change: impl Fn(&mut Value, &str)) -> PathBuf {
    let root = folder(name).join("snapshot");
    let mut paths = vec![PathBuf::from("mocks/acme")];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let mut value = json(&path);
        each(&mut value, "", &change);
        let path = root.join(path.strip_prefix("mocks/acme").unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    }
    root
}

fn each(value: &mut Value, under: &str, change: &impl Fn(&mut Value, &str)) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(key, it)| each(it, key, change)),
        Value::Array(items) => items.iter_mut().for_each(|it| each(it, under, change)),
        _ => change(value, under),
    }
}

#[test]
fn every_recommendation_has_two_scripts_where_it_is_carried_out() {
    let out = folder("changes-all").join("report");
    report(Path::new("mocks/acme"), &out);
    let mut wanted = BTreeSet::new();
    let mut want = |path: String| wanted.extend(["apply", "rollback"].map(|it| format!("{path}/{it}.sh")));
    let trunk = |it: &Value| {
        let before = it["files"]["before"].as_str().unwrap();
        before.strip_prefix("policies/").unwrap().strip_suffix(".before.json").unwrap().to_owned()
    };
    let whole = json(&out.join("report.json"));
    for account in whole["accounts"].as_array().unwrap() {
        let account = json(&out.join(format!("accounts/{}.json", account["id"].as_str().unwrap())));
        let own = account["recommendations"].as_array().unwrap();
        own.iter().for_each(|it| want(format!("changes/{}", trunk(it))));
    }
    for it in whole["recommendations"].as_array().unwrap() {
        let path = trunk(it);
        let families = whole["families"].as_array().unwrap();
        let family = families.iter().find(|family| family["recommendation"] == it["id"]).unwrap();
        let accounts =
            family["accounts"].as_array().unwrap().iter().map(|it| it["account"].as_str().unwrap());
        match path.strip_prefix("fleet/") {
            Some(path) => accounts.for_each(|account| want(format!("changes/{account}/{path}"))),
            None => {
                want(format!("changes/{path}"));
                let creates = it["creates"].as_array().is_some();
                accounts.filter(|_| creates).for_each(|account| want(format!("changes/{account}/{path}")));
            }
        }
    }
    assert!(wanted.len() > 170);
    assert_eq!(scripts(&out), wanted);
    let text = fs::read_to_string(out.join("changes/README.md")).unwrap();
    assert!(text.contains("bash rollback.sh"));
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
}

/// A name of IAM may end like the name of a file.
#[test]
fn policies_that_are_called_like_files_have_scripts_of_their_own() {
    let root = folder("changes-endings");
    let inline: Vec<String> = ["x", "x.before.json", "x.before.json.before.json"].map(String::from).into();
    let policy = |name: &String| (name.clone(), json!(["s3:GetObject", "s3:DeleteBucket"]));
    let inline = inline.iter().map(policy).collect::<serde_json::Map<_, _>>();
    let case = json!({"accounts": {"111111111111": {
        "roles": {"app": {"inline": inline}}, "unused": {"app": {"s3": ["DeleteBucket"]}},
    }}});
    let snapshot = root.join("snapshot");
    crate::harness::decisions::recorded::write(&case, &snapshot);
    let out = root.join("report");
    report(&snapshot, &out);
    let all = scripts(&out);
    assert_eq!(all.len(), 6, "{all:?}");
    for name in ["x", "x.before.json", "x.before.json.before.json"] {
        for script in ["apply.sh", "rollback.sh"] {
            let text = fs::read_to_string(out.join("changes/111111111111/role/app").join(name).join(script));
            let text = text.unwrap();
            assert!(text.contains(&format!("\nPOLICY='{name}'\n")), "{text}");
            assert!(text.contains(&format!("policies/111111111111/role/app/{name}.after.json'\n")), "{text}");
        }
    }
}

#[test]
fn the_same_answers_make_the_same_scripts() {
    let root = folder("changes-same");
    let [one, other] = ["one", "other"].map(|name| {
        let out = root.join(name);
        report(Path::new("mocks/acme"), &out);
        scripts(&out).into_iter().map(|path| (fs::read(out.join(&path)).unwrap(), path)).collect::<Vec<_>>()
    });
    assert!(one == other);
}

#[test]
fn what_all_scripts_of_a_kind_do_is_there_once_and_they_stop_without_it() {
    let out = folder("changes-steps").join("report");
    report(Path::new("mocks/acme"), &out);
    let steps: BTreeSet<String> = fs::read_dir(out.join("changes/steps"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut named = BTreeSet::new();
    for path in scripts(&out) {
        let text = fs::read_to_string(out.join(&path)).unwrap();
        let last = text.lines().last().unwrap();
        let from = out.join(&path).with_file_name(last.strip_prefix(". ").unwrap());
        assert!(from.is_file(), "{path}: {last}");
        named.insert(from.file_name().unwrap().to_str().unwrap().to_owned());
    }
    assert!(named.is_subset(&steps) && named.len() > 10, "{named:?}");
    let path = out.join("changes/444444444444");
    fs::rename(out.join("changes/steps"), out.join("changes/other")).unwrap();
    let script = scripts(&out).into_iter().find(|it| out.join(it).starts_with(&path)).unwrap();
    let ran = Command::new("bash").arg(out.join(script)).output().unwrap();
    let told = String::from_utf8(ran.stderr).unwrap();
    assert!(!ran.status.success() && told.contains("steps/") && told.contains("No such file"), "{told}");
}

/// From standard input a script does not know its folder, and what lies in the current one may be another's.
#[test]
fn a_script_from_standard_input_does_nothing() {
    let root = folder("changes-stdin");
    report(Path::new("mocks/acme"), &root.join("report"));
    let here = root.join("here");
    fs::create_dir_all(here.join("one/two/three")).unwrap();
    fs::create_dir(here.join("steps")).unwrap();
    let trap = "touch pwned\n";
    for steps in ["inline", "version-apply", "version-rollback"] {
        fs::write(here.join("steps").join(format!("{steps}.bash")), trap).unwrap();
    }
    let place = root.join("report/changes/444444444444");
    for (folder, script) in ["role/nightly-backup/copy", "managed/five-versions-already"]
        .iter()
        .flat_map(|it| ["apply.sh", "rollback.sh"].map(|script| (place.join(it), script)))
    {
        let input = fs::File::open(folder.join(script)).unwrap();
        let below = here.join(if folder.ends_with("copy") { "one/two/three" } else { "one/two" });
        let mut bash = Command::new("bash");
        let ran = bash.current_dir(&below).stdin(input).output().unwrap();
        let told = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(told, format!("refused: run this as a file, with bash {script}\n"));
        assert_eq!(ran.status.code(), Some(1));
        assert!(!below.join("pwned").exists(), "{script} went on elsewhere");
    }
}

#[test]
fn an_alternative_has_no_script() {
    let out = folder("changes-both");
    fs::write(out.join("leastwise.toml"), "shared = \"both\"\n").unwrap();
    let (config, report) = (out.join("leastwise.toml"), out.join("report"));
    let args =
        ["scan", "--min-confidence", "low", "--format", "changes", "--snapshot", "mocks/acme", "--config"];
    let args = args.into_iter().chain([config.to_str().unwrap(), "--out", report.to_str().unwrap()]);
    leastwise(args).ran().exits(0);
    let account = json(&report.join("accounts/444444444444.json"));
    let alternatives = account["alternatives"].as_array().unwrap();
    let all = scripts(&report);
    for it in alternatives {
        let path = it["files"]["before"].as_str().unwrap().replace(".before.json", "/apply.sh");
        assert!(!all.contains(&path.replacen("policies/", "changes/", 1)), "{path}");
    }
    assert!(!alternatives.is_empty());
}

/// What ends a word, a line, a comment or a script, and would leave a file behind.
const HOSTILE: &str = "'\"`touch pwned`$(touch pwned)\n\rtouch pwned;#\\\u{2028}";

/// A report of names that AWS cannot have.
fn impossible_names(name: &str) -> PathBuf {
    let names = ["RoleName", "UserName", "GroupName", "PolicyName", "Sid"];
    let snapshot = folder(name).join("snapshot");
    for (path, bytes) in crate::scan::files(Path::new("mocks/acme")) {
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        crate::hostile::poison(&mut value, &names, HOSTILE);
        let path = snapshot.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    }
    let out = snapshot.with_file_name("report");
    report(&snapshot, &out);
    out
}

#[test]
fn a_name_that_aws_cannot_have_gets_a_script_that_refuses() {
    let out = impossible_names("changes-hostile");
    let all = scripts(&out);
    let there = out.with_file_name("pwned");
    for path in &all {
        let text = fs::read_to_string(out.join(path)).unwrap();
        if !text.contains("AWS takes no such name") {
            continue;
        }
        let ran = Command::new("bash").arg(out.join(path)).current_dir(there.parent().unwrap()).output();
        let ran = ran.unwrap();
        assert_eq!(ran.status.code(), Some(1), "{path}");
        assert!(String::from_utf8(ran.stderr).unwrap().starts_with("refused: "), "{path}");
    }
    let refusing = |path: &&String| fs::read_to_string(out.join(path)).unwrap().contains("no such name");
    assert!(all.iter().filter(refusing).count() > 100);
    assert!(!there.exists(), "what stands in a name was run");
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
fn the_path_of_a_policy_is_quoted_for_the_shell() {
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
        let script = out.join("changes/444444444444/managed").join(name).join(script);
        let mut command = Command::new("bash");
        command.arg(&script).current_dir(root).env("PATH", &path).env("TOLD", &told);
        command.output().unwrap();
        let told = fs::read_to_string(&told).unwrap();
        let asked = format!("--policy-arn=arn:aws:iam::444444444444:{PATH}{name}\n");
        assert!(told.contains(&asked), "{told}");
    }
    for place in [root, &out.join("changes/444444444444/managed").join(name)] {
        assert!(!place.join("pwned").exists(), "what stands in a path was run");
    }
}

#[test]
#[ignore = "needs shellcheck"]
fn scripts_pass_shellcheck() {
    let out = folder("changes-shellcheck").join("report");
    report(Path::new("mocks/acme"), &out);
    for out in [out, impossible_names("changes-shellcheck-names"), steering_paths("changes-shellcheck-paths")]
    {
        let checked = Command::new("shellcheck")
            .arg("--external-sources")
            .current_dir(&out)
            .args(scripts(&out))
            .output()
            .expect("shellcheck, from the Debian package of that name");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

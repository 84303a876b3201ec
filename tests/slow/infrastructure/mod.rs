//! Terraform and CloudFormation: what the formats say of each recommendation, read back, and checked by the tools that people
//! would run on them.

mod cloudformation;
mod terraform;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use leastwise_core::report::{AccountReport, Recommendation};
use serde_json::{Value, json};

use crate::hostile::poison;
use crate::run::{folder, leastwise};
use crate::scan::{account, copy, files, report};

/// A scan that writes both formats.
fn scan(snapshot: &str, out: &Path, more: &[&str]) {
    let args = [
        "scan",
        "--quiet",
        "--format",
        "terraform,cloudformation",
        "--snapshot",
        snapshot,
        "--out",
    ];
    let ran = leastwise(
        args.iter()
            .copied()
            .chain([out.to_str().unwrap()])
            .chain(more.iter().copied()),
    )
    .ran();
    assert!(ran.code == 0 || ran.code == 3, "{}", ran.err);
}

/// The report of the demonstration.
fn acme(name: &str) -> PathBuf {
    let out = folder(name).join("report");
    scan("mocks/acme", &out, &[]);
    out
}

/// The demonstration with a text behind every value of some members.
fn poisoned(name: &str, members: &[&str], text: &str) -> PathBuf {
    let root = folder(name);
    let snapshot = root.join("snapshot");
    copy("mocks/acme", &snapshot, |_, value| poison(value, members, text));
    let out = root.join("report");
    scan(snapshot.to_str().unwrap(), &out, &[]);
    out
}

/// Whole organisations of a few lines, each with something that the demonstration does not show.
fn cases(name: &str) -> Vec<(String, PathBuf)> {
    let root = folder(name);
    let catalog = crate::harness::decisions::catalog(&root);
    let shown = [
        "fork", "fleet", "copy", "copies", "set", "group", "split", "detached", "attach", "path",
    ];
    let is_shown = |name: &str| name.split('-').any(|word| shown.contains(&word));
    let mut all = Vec::new();
    for (case, value) in crate::harness::decisions::all()
        .into_iter()
        .filter(|(case, _)| is_shown(case))
    {
        let value = crate::harness::decisions::expand(&value);
        let place = root.join(&case);
        let (snapshot, config, out) = (
            place.join("snapshot"),
            place.join("leastwise.toml"),
            place.join("report"),
        );
        crate::harness::decisions::recorded::write(&value, &snapshot);
        let lines = value["config"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|line| line.as_str().unwrap());
        fs::write(&config, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let more = [
            "--config",
            config.to_str().unwrap(),
            "--catalog",
            catalog.to_str().unwrap(),
        ];
        scan(snapshot.to_str().unwrap(), &out, &more);
        all.push((case, out));
    }
    all
}

/// A recommendation in a folder of changes: an account's, or that of the permission sets.
struct Wanted {
    /// `changes/<folder>`.
    folder: String,
    it: Recommendation,
    account: Option<AccountReport>,
}

/// Every change that a report's folders are to tell: those of accounts, those of many in each of their accounts, those of
/// permission sets where they are made, and in the accounts whose policies they name.
fn wanted(out: &Path) -> Vec<Wanted> {
    let whole = report(out);
    let mut all = Vec::new();
    for summary in &whole.accounts {
        let account = account(out, &summary.id);
        let shared = whole.recommendations.iter().filter(|it| {
            let family = whole
                .families
                .iter()
                .find(|family| family.recommendation.as_ref() == Some(&it.id));
            family.is_some_and(|family| family.accounts.iter().any(|it| it.account == summary.id))
                && (it.holder_kind.name() != "permission-set" || !it.creates.is_empty())
        });
        for it in account.recommendations.iter().chain(shared) {
            let (folder, account) = (summary.id.clone(), Some(account.clone()));
            all.push(Wanted {
                folder,
                it: it.clone(),
                account,
            });
        }
    }
    for it in whole
        .recommendations
        .iter()
        .filter(|it| it.holder_kind.name() == "permission-set")
    {
        all.push(Wanted {
            folder: "permission-sets-as-code".to_owned(),
            it: it.clone(),
            account: None,
        });
    }
    all
}

/// The documents of a file of the report.
fn documents(out: &Path, file: &str) -> Vec<Value> {
    match serde_json::from_slice(&fs::read(out.join(file)).unwrap()).unwrap() {
        Value::Null => Vec::new(),
        Value::Array(all) => all,
        one => vec![one],
    }
}

/// The folders of changes, each with what is in it.
fn folders(out: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    if !out.join("changes").exists() {
        return all;
    }
    for (path, bytes) in files(&out.join("changes")) {
        let Some((folder, rest)) = path.split_once('/') else {
            continue;
        };
        all.entry(folder.to_owned())
            .or_default()
            .insert(rest.to_owned(), String::from_utf8(bytes).unwrap());
    }
    all
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn neither_is_written_unless_it_is_asked_for() {
    let out = folder("infrastructure-default").join("report");
    crate::scan::scan("mocks/acme", &out).exits(0);
    assert!(
        !files(&out)
            .keys()
            .any(|path| path.ends_with(".tf") || path.contains("cloudformation"))
    );
}

#[test]
fn a_report_with_both_is_verified_and_is_the_same_twice() {
    let (one, other) = (acme("infrastructure-one"), acme("infrastructure-other"));
    assert!(folders(&one) == folders(&other));
    leastwise(["verify", one.to_str().unwrap()]).ran().exits(0);
}

/// A permission set is called whatever somebody called it.
#[test]
fn no_name_of_a_permission_set_is_in_the_way_of_the_code() {
    let root = folder("infrastructure-sets");
    let names = ["terraform", "cloudformation.template.json", "Support"];
    let roles = names.map(|name| format!("AWSReservedSSO_{name}_1111111111111111"));
    let role = json!({
        "path": "/aws-reserved/sso.amazonaws.com/", "inline": {"AwsSSOInlinePolicy": ["s3:GetObject", "s3:PutObject"]},
    });
    let of = |value: &Value| {
        roles
            .iter()
            .map(|it| (it.clone(), value.clone()))
            .collect::<Value>()
    };
    let account = json!({"roles": of(&role), "unused": of(&json!({"s3": ["PutObject"]}))});
    let snapshot = root.join("snapshot");
    crate::harness::decisions::recorded::write(&json!({"accounts": {"111111111111": account}}), &snapshot);
    let out = root.join("report");
    let formats = "changes,terraform,cloudformation";
    let args = [
        "scan",
        "--quiet",
        "--min-confidence",
        "low",
        "--format",
        formats,
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
    ];
    leastwise(args.into_iter().chain([out.to_str().unwrap()]))
        .ran()
        .exits(0);
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
    let folders = folders(&out);
    let changes = crate::scan::changes(&out);
    let wanted: BTreeSet<String> = names
        .iter()
        .map(|name| format!("permission-sets/{name}"))
        .collect();
    assert_eq!(changes.into_keys().collect::<BTreeSet<_>>(), wanted);
    let code = &folders["permission-sets-as-code"];
    assert!(code.contains_key("terraform/main.tf") && code.contains_key("cloudformation.template.json"));
}

/// A name of IAM may begin with a dash, and the path of a policy may hold what a template would look up.
#[test]
fn a_command_takes_no_name_for_an_option_and_a_template_looks_nothing_up() {
    let root = folder("infrastructure-dash");
    let aws = json!({"Storage": ["s3:GetObject", "s3:PutObject"]});
    let role = json!({"inline": {"--cli-input-json": ["s3:GetObject"]}, "attached": ["aws:Storage"]});
    let account = json!({"roles": {"-role": role}, "unused": {"-role": {"s3": ["GetObject"]}}});
    let snapshot = root.join("snapshot");
    crate::harness::decisions::recorded::write(
        &json!({"aws": aws, "accounts": {"111111111111": account}}),
        &snapshot,
    );
    let path = snapshot.join("accounts/111111111111/authorization.json");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("policy/Storage", "policy/{{resolve:ssm:x}}/Storage");
    fs::write(&path, text).unwrap();
    let out = root.join("report");
    scan(snapshot.to_str().unwrap(), &out, &[]);
    let folders = folders(&out);
    let account = &folders["111111111111"];
    let detach = "aws iam detach-role-policy --role-name=-role --policy-arn=";
    let delete = "aws iam delete-role-policy --role-name=-role --policy-name=--cli-input-json";
    let (code, template) = (
        &account["terraform/main.tf"],
        &account["cloudformation.template.json"],
    );
    assert!(
        code.contains(delete) && template.contains(delete),
        "{code}{template}"
    );
    // The command names the policy as it is, or there is none.
    let whole = format!("{detach}'arn:aws:iam::aws:policy/{{{{resolve:ssm:x}}}}/Storage'\n");
    assert!(code.contains(&whole), "{code}");
    assert!(
        !template.contains(detach) && !template.contains("{{"),
        "{template}"
    );
    assert!(template.contains("see the scripts under changes/"), "{template}");
}

/// No text of others is in a file but as a name that IAM takes, in a document or in a string.
#[test]
fn nothing_hostile_stands_outside_of_a_string() {
    let hostile = "\n}\nresource \"x\" \"y\" {}\u{202e}\u{1b}[31m${x}%{if}{{resolve:ssm:x}}\"'`$(id)";
    let members = [
        "RoleName",
        "UserName",
        "GroupName",
        "PolicyName",
        "Sid",
        "Condition",
        "Value",
        "Name",
    ];
    let out = poisoned("infrastructure-hostile", &members, hostile);
    assert!(report(&out).totals.recommendations > 40);
    let mut seen = BTreeSet::new();
    for (folder, files) in folders(&out) {
        for (path, text) in files.iter().filter(|(path, _)| !path.contains("documents/")) {
            seen.insert(path.clone());
            for bad in ["\u{202e}", "\u{1b}", "\r", "{{", "\nresource \"x\""] {
                assert!(!text.contains(bad), "{folder}/{path}: {bad:?}");
            }
            if path.ends_with(".tf") {
                for line in text
                    .lines()
                    .filter(|line| line.contains("${") && !line.starts_with('#'))
                {
                    assert_eq!(
                        line.matches("${").count(),
                        line.matches("${path.module}").count(),
                        "{line}"
                    );
                }
            }
        }
    }
    assert!(
        seen.contains("terraform/main.tf") && seen.contains("cloudformation.template.json"),
        "{seen:?}"
    );
}

//! From night to night: what is new, the same, resolved, back, and what nobody can tell.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::run::{Ran, folder, leastwise};
use crate::scan::{copy_files, files};

pub(crate) const SHOP: &str = "444444444444";
pub(crate) const ROLE: &str = "arn:aws:iam::444444444444:role/wildcard-prefix-reader";

/// A copy of `mocks/acme` that can be changed.
pub(crate) fn acme(into: &Path) -> PathBuf {
    let to = into.join("snapshot");
    copy_files(Path::new("mocks/acme"), &to);
    to
}

pub(crate) fn change(snapshot: &Path, file: &str, edit: impl FnOnce(&mut Value)) {
    let path = snapshot.join(format!("accounts/{SHOP}/{file}"));
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

pub(crate) fn without_its_finding(findings: &mut Value) {
    findings
        .as_array_mut()
        .unwrap()
        .retain(|finding| finding["resource"] != ROLE);
}

pub(crate) fn night(snapshot: &Path, out: &Path, previous: Option<&Path>) -> Ran {
    let (from, to) = (snapshot.to_str().unwrap(), out.to_str().unwrap());
    // What tells of the night before, apart from JSON.
    let formats = "ocsf,sarif";
    let mut args = vec![
        "scan",
        "--min-confidence",
        "low",
        "--format",
        formats,
        "--snapshot",
        from,
        "--out",
        to,
    ];
    args.extend(
        previous
            .iter()
            .flat_map(|previous| ["--previous", previous.to_str().unwrap()]),
    );
    leastwise(args).ran()
}

/// The analyzer has looked again, and found the same.
fn a_day_later(snapshot: &Path, from: &str, to: &str) {
    let mut seen = 0;
    for (path, bytes) in files(snapshot) {
        let text = String::from_utf8(bytes).unwrap();
        let (from, to) = (
            format!("\"analyzedAt\": \"{from}"),
            format!("\"analyzedAt\": \"{to}"),
        );
        seen += text.matches(&from).count();
        fs::write(snapshot.join(path), text.replace(&from, &to)).unwrap();
    }
    assert!(seen > 60, "{seen}");
}

/// The history of a report: status, first seen and nights by principal and policy.
fn history(out: &Path) -> BTreeMap<(String, String), (String, String, u64)> {
    let history: Value = serde_json::from_slice(&fs::read(out.join("history.json")).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let said = (
            text(&row["status"]),
            text(&row["firstSeen"]),
            row["nights"].as_u64().unwrap(),
        );
        ((text(&row["principal"]), text(&row["policy"])), said)
    };
    history["rows"].as_array().unwrap().iter().map(row).collect()
}

fn key() -> (String, String) {
    (
        ROLE.to_owned(),
        format!("{SHOP}/role/wildcard-prefix-reader/prefix-wildcards"),
    )
}

#[test]
fn advice_is_new_once_and_then_the_same_night_after_night() {
    let folder = folder("compare-same");
    let (one, two, three) = (folder.join("one"), folder.join("two"), folder.join("three"));
    let acme = acme(&folder);
    night(&acme, &one, None).exits(0);
    assert!(!one.join("history.json").exists());
    a_day_later(&acme, "2026-10-31", "2026-11-01");
    night(&acme, &two, Some(&one)).exits(0);
    a_day_later(&acme, "2026-11-01", "2026-11-02");
    night(&acme, &three, Some(&two)).exits(0);
    let all = history(&three);
    assert!(all.len() > 60);
    let others = all
        .iter()
        .filter(|(_, (status, _, nights))| status != "same" || *nights != 3);
    assert_eq!(
        others.collect::<Vec<_>>(),
        Vec::<(&(String, String), &(String, String, u64))>::new()
    );
    leastwise(["verify", three.to_str().unwrap()]).ran().exits(0);
    leastwise(["compare", one.to_str().unwrap(), three.to_str().unwrap()])
        .ran()
        .exits(0)
        .prints(" unchanged\n");
}

#[test]
fn what_was_followed_is_resolved_and_what_comes_back_is_reopened() {
    let folder = folder("compare-resolved");
    let snapshot = acme(&folder);
    let nights: Vec<PathBuf> = (0..4).map(|at| folder.join(format!("night-{at}"))).collect();
    night(&snapshot, &nights[0], None).exits(0);
    let findings = snapshot.join(format!("accounts/{SHOP}/findings.json"));
    let as_it_was = fs::read(&findings).unwrap();
    change(&snapshot, "findings.json", without_its_finding);
    night(&snapshot, &nights[1], Some(&nights[0])).exits(0);
    assert_eq!(history(&nights[1])[&key()].0, "resolved");
    night(&snapshot, &nights[2], Some(&nights[1])).exits(0);
    assert_eq!(history(&nights[2])[&key()].0, "resolved");
    fs::write(&findings, as_it_was).unwrap();
    night(&snapshot, &nights[3], Some(&nights[2])).exits(0);
    assert_eq!(history(&nights[3])[&key()].0, "reopened");
    let compared = leastwise([
        "compare",
        nights[1].to_str().unwrap(),
        nights[3].to_str().unwrap(),
    ])
    .ran();
    compared
        .exits(0)
        .prints("1 back")
        .prints("444444444444/role/wildcard-prefix-reader");
}

#[test]
fn an_account_that_was_not_read_tells_nothing_and_forgets_nothing() {
    let folder = folder("compare-unread");
    let snapshot = acme(&folder);
    let nights: Vec<PathBuf> = (0..3).map(|at| folder.join(format!("night-{at}"))).collect();
    night(&snapshot, &nights[0], None).exits(0);
    let account = snapshot.join(format!("accounts/{SHOP}"));
    let aside = folder.join("aside");
    fs::rename(&account, &aside).unwrap();
    fs::create_dir_all(&account).unwrap();
    let error = json!({"operation": "GetAccountAuthorizationDetails", "kind": "denied"});
    fs::write(account.join("error.json"), error.to_string()).unwrap();
    night(&snapshot, &nights[1], Some(&nights[0])).exits(3);
    assert_eq!(history(&nights[1])[&key()].0, "not-read");
    let told = history(&nights[1]);
    assert!(!told.values().any(|(status, ..)| status == "resolved"));
    // What is decided for all accounts together waits for that one.
    let elsewhere = told
        .iter()
        .filter(|((principal, _), _)| !principal.contains(SHOP));
    assert!(elsewhere.filter(|(_, (status, ..))| status == "withheld").count() > 3);
    fs::remove_dir_all(&account).unwrap();
    fs::rename(&aside, &account).unwrap();
    night(&snapshot, &nights[2], Some(&nights[1])).exits(0);
    assert_eq!(history(&nights[2])[&key()].0, "same");
}

#[test]
fn a_policy_that_grants_more_than_it_did_has_regressed() {
    let folder = folder("compare-regressed");
    let snapshot = acme(&folder);
    let (one, two) = (folder.join("one"), folder.join("two"));
    night(&snapshot, &one, None).exits(0);
    change(&snapshot, "authorization.json", |answer| {
        let roles = answer["RoleDetailList"].as_array_mut().unwrap();
        let role = roles.iter_mut().find(|role| role["Arn"] == ROLE).unwrap();
        let statement = &mut role["RolePolicyList"][0]["PolicyDocument"]["Statement"][0];
        statement["Action"] = json!(["s3:Get*", "ec2:Describe*", "dynamodb:*"]);
    });
    night(&snapshot, &two, Some(&one)).exits(0);
    assert_eq!(history(&two)[&key()].0, "regressed");
    let told = leastwise([
        "compare",
        one.to_str().unwrap(),
        two.to_str().unwrap(),
        "--format",
        "json",
    ])
    .ran();
    let told: Value = serde_json::from_str(&told.exits(0).out).unwrap();
    assert_eq!(told["counts"]["regressed"], 1);
}

#[test]
fn what_is_no_report_is_told_before_the_work() {
    let out = folder("compare-none").join("report");
    night(Path::new("mocks/acme"), &out, Some(Path::new("mocks/acme")))
        .exits(1)
        .says("manifest.json");
    assert!(!out.exists());
    leastwise(["compare", "mocks/acme", "mocks/acme"])
        .ran()
        .exits(1)
        .says("manifest.json");
}

#[test]
fn reports_in_the_wrong_order_and_of_different_organisations_are_told_and_compared_all_the_same() {
    let folder = folder("compare-doubts");
    let scan = |account: &str, name: &str| {
        let out = folder.join(name);
        let args = [
            "scan",
            "--snapshot",
            "mocks/acme",
            "--format",
            "json",
            "--accounts",
            account,
            "--out",
        ];
        leastwise(args.iter().copied().chain([out.to_str().unwrap()]))
            .ran()
            .exits(0);
        out.to_str().unwrap().to_owned()
    };
    let [one, two, other] = [
        ("111111111111", "one"),
        ("111111111111", "two"),
        ("222222222222", "other"),
    ]
    .map(|(account, name)| scan(account, name));
    let compare = |old: &str, new: &str| leastwise(["compare", old, new]).ran().exits(0);
    assert_eq!(compare(&one, &two).err, "");
    compare(&two, &one)
        .prints(" unchanged")
        .says("warning: `")
        .says("compare-doubts/two` (")
        .says(") is newer than `");
    compare(&one, &other).says("have no account in common; are they of the same organisation?\n");
    let out = folder.join("previous");
    let args = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--format",
        "json",
        "--accounts",
        "222222222222",
        "--out",
    ];
    let previous = [out.to_str().unwrap(), "--previous", &one];
    leastwise(args.into_iter().chain(previous))
        .ran()
        .exits(0)
        .says("warning: the earlier report has no account in common");
}

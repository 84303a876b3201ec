//! A scan that knows an earlier report: SARIF's baseline states and OCSF's updates and closes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{faults, ocsf, sarif, schema, text};
use crate::compare::{ROLE, SHOP, acme, change, night, without_its_finding};
use crate::run::folder;

const GONE: &str = "policy:444444444444/role/wildcard-prefix-reader/prefix-wildcards";

/// The baseline states of a report's results, by fingerprint.
fn states(out: &Path) -> BTreeMap<String, String> {
    let results = sarif::results(out);
    let state = |it: &Value| {
        let print = text(it, "/partialFingerprints/leastwise~1v1").to_owned();
        (print, text(it, "/baselineState").to_owned())
    };
    let states: BTreeMap<String, String> = results.iter().map(state).collect();
    assert_eq!(states.len(), results.len(), "two results have one fingerprint");
    states
}

/// Activity, type and status of a report's events, by uid.
fn activities(out: &Path) -> BTreeMap<String, (u64, u64, u64)> {
    let number = |event: &Value, key: &str| event[key].as_u64().unwrap();
    let events = ocsf::events(out);
    let told = |it: &Value| {
        let what = (
            number(it, "activity_id"),
            number(it, "type_uid"),
            number(it, "status_id"),
        );
        (text(it, "/finding_info/uid").to_owned(), what)
    };
    let all: BTreeMap<_, _> = events.iter().map(told).collect();
    assert_eq!(all.len(), events.len(), "two events have one uid");
    all
}

const CREATED: (u64, u64, u64) = (1, 200_801, 1);
const UPDATED: (u64, u64, u64) = (2, 200_802, 1);
const CLOSED: (u64, u64, u64) = (3, 200_803, 4);

fn is_valid(out: &Path) {
    let sarif: Value = serde_json::from_slice(&fs::read(out.join("report.sarif")).unwrap()).unwrap();
    assert_eq!(faults(&schema("sarif-2.1.0.json"), &sarif), Vec::<String>::new());
    let class = schema("ocsf-1.6.0-iam-analysis-finding.json");
    for event in ocsf::events(out) {
        assert_eq!(faults(&class, &event), Vec::<String>::new(), "{event}");
    }
}

fn nights<const N: usize>(folder: &Path) -> [PathBuf; N] {
    std::array::from_fn(|at| folder.join(format!("night-{at}")))
}

#[test]
fn the_same_findings_are_unchanged_and_update_their_events() {
    let folder = folder("nights-same");
    let [one, two] = nights(&folder);
    let acme = Path::new("mocks/acme");
    night(acme, &one, None).exits(0);
    assert!(
        sarif::results(&one)
            .iter()
            .all(|it| it.get("baselineState").is_none())
    );
    assert!(activities(&one).values().all(|it| *it == CREATED));
    night(acme, &two, Some(&one)).exits(0);
    let states = states(&two);
    assert!(
        states.len() > 60 && states.values().all(|it| it == "unchanged"),
        "{states:?}"
    );
    assert!(activities(&two).values().all(|it| *it == UPDATED));
    assert_eq!(activities(&two).len(), activities(&one).len());
    is_valid(&two);
}

#[test]
fn what_is_gone_is_absent_and_its_event_is_closed_once() {
    let folder = folder("nights-gone");
    let snapshot = acme(&folder);
    let [one, two, three] = nights(&folder);
    night(&snapshot, &one, None).exits(0);
    change(&snapshot, "findings.json", without_its_finding);
    night(&snapshot, &two, Some(&one)).exits(0);
    let gone: Vec<String> = states(&two)
        .into_iter()
        .filter(|(_, state)| state == "absent")
        .map(|(print, _)| print)
        .collect();
    assert_eq!(gone, [GONE]);
    assert_eq!(activities(&two)[GONE], CLOSED);
    assert_eq!(activities(&two).values().filter(|it| **it == CLOSED).count(), 1);
    is_valid(&two);
    // It leads to a file that is there.
    let results = sarif::results(&two);
    let absent = results.iter().find(|it| it["baselineState"] == "absent").unwrap();
    let uri = text(absent, "/locations/0/physicalLocation/artifactLocation/uri");
    assert!(two.join(uri).is_file(), "{uri}");
    assert!(absent.pointer("/properties/files").is_none());
    // The counts of the report are those of what is there.
    let there = results.iter().filter(|it| it["baselineState"] != "absent");
    let there = there
        .filter(|it| it.pointer("/properties/recommendation").is_some())
        .count();
    assert_eq!(there, crate::scan::report(&two).totals.recommendations);
    night(&snapshot, &three, Some(&two)).exits(0);
    assert!(!states(&three).contains_key(GONE) && !activities(&three).contains_key(GONE));
}

#[test]
fn what_changed_is_updated_and_what_comes_is_new() {
    let folder = folder("nights-changed");
    let snapshot = acme(&folder);
    let [one, two, three] = nights(&folder);
    night(&snapshot, &one, None).exits(0);
    let findings = snapshot.join(format!("accounts/{SHOP}/findings.json"));
    let as_it_was = fs::read(&findings).unwrap();
    change(&snapshot, "authorization.json", |answer| {
        let roles = answer["RoleDetailList"].as_array_mut().unwrap();
        let role = roles.iter_mut().find(|role| role["Arn"] == ROLE).unwrap();
        let statement = &mut role["RolePolicyList"][0]["PolicyDocument"]["Statement"][0];
        statement["Action"] = json!(["s3:Get*", "ec2:Describe*", "dynamodb:*"]);
    });
    night(&snapshot, &two, Some(&one)).exits(0);
    assert_eq!(
        (states(&two)[GONE].as_str(), activities(&two)[GONE]),
        ("updated", UPDATED)
    );
    // Elsewhere nothing happened.
    let elsewhere = "unused-principal:arn:aws:iam::555555555555:role/unused-role-external";
    assert_eq!(
        (states(&two)[elsewhere].as_str(), activities(&two)[elsewhere]),
        ("unchanged", UPDATED)
    );
    is_valid(&two);
    change(&snapshot, "findings.json", without_its_finding);
    night(&snapshot, &two, Some(&one)).exits(0);
    fs::write(&findings, as_it_was).unwrap();
    night(&snapshot, &three, Some(&two)).exits(0);
    assert_eq!(
        (states(&three)[GONE].as_str(), activities(&three)[GONE]),
        ("new", CREATED)
    );
}

#[test]
fn of_an_account_that_was_not_read_nothing_is_absent_and_later_it_is_no_news() {
    let folder = folder("nights-unread");
    let snapshot = acme(&folder);
    let [one, two, three] = nights(&folder);
    night(&snapshot, &one, None).exits(0);
    let (account, aside) = (snapshot.join(format!("accounts/{SHOP}")), folder.join("aside"));
    fs::rename(&account, &aside).unwrap();
    fs::create_dir_all(&account).unwrap();
    let error = json!({"operation": "GetAccountAuthorizationDetails", "kind": "denied"});
    fs::write(account.join("error.json"), error.to_string()).unwrap();
    night(&snapshot, &two, Some(&one)).exits(3);
    let gone: Vec<String> = states(&two)
        .into_iter()
        .filter(|(_, state)| state == "absent")
        .map(|(print, _)| print)
        .collect();
    assert_eq!(gone, [""; 0]);
    assert!(!activities(&two).values().any(|it| *it == CLOSED));
    assert!(!states(&two).contains_key(GONE));
    is_valid(&two);
    fs::remove_dir_all(&account).unwrap();
    fs::rename(&aside, &account).unwrap();
    night(&snapshot, &three, Some(&two)).exits(0);
    assert_eq!(
        (states(&three)[GONE].as_str(), activities(&three)[GONE]),
        ("unchanged", UPDATED)
    );
}

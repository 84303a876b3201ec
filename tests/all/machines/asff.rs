//! `asff/<account>/0001.json` and on: what Security Hub asks of a finding, and what a call takes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{hostile, json, text};
use crate::compare::{acme, change, without_its_finding};
use crate::fake::{Invented, write_folder};
use crate::run::{folder, leastwise};
use crate::scan::{account, demonstration, files, report};
use leastwise_core::decide::PrincipalStatus;

fn scan(snapshot: &str, out: &Path, more: &[&str]) {
    let to = out.to_str().unwrap();
    let args = ["scan", "--snapshot", snapshot, "--out", to, "--format", "asff"];
    leastwise(args.into_iter().chain(more.iter().copied())).ran();
}

/// All files, by path.
pub(super) fn calls(out: &Path) -> Vec<(String, Vec<Value>)> {
    let all = files(out)
        .into_iter()
        .filter(|(path, _)| path.starts_with("asff/"));
    all.map(|(path, bytes)| (path, serde_json::from_slice(&bytes).unwrap()))
        .collect()
}

/// What is wrong with a finding, by what AWS documents of `AwsSecurityFinding`.
fn faults_of(finding: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut string = |pointer: &str, most: usize| {
        let found = finding
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default();
        // AWS asks for something that is no white space, on one line.
        if found.trim().is_empty() || found.chars().count() > most || found.chars().any(char::is_control) {
            faults.push(format!("{pointer}: {found:.600}"));
        }
    };
    for (pointer, most) in [
        ("/Id", 512),
        ("/GeneratorId", 512),
        ("/ProductArn", 2048),
        ("/AwsAccountId", 12),
        ("/CreatedAt", 30),
        ("/UpdatedAt", 30),
        ("/Title", 256),
        ("/Description", 1024),
        ("/Remediation/Recommendation/Text", 512),
        ("/Types/0", 500),
    ] {
        string(pointer, most);
    }
    let resources = finding["Resources"].as_array().map_or(0, Vec::len);
    for at in 0..resources {
        string(&format!("/Resources/{at}/Id"), 512);
    }
    for key in finding["ProductFields"].as_object().unwrap().keys() {
        assert!(key.len() <= 128);
        string(&format!("/ProductFields/{}", key.replace('/', "~1")), 2048);
    }
    let one_of = |pointer: &str, words: &[&str]| {
        let found = finding
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default();
        (!words.contains(&found)).then(|| format!("{pointer}: {found}"))
    };
    faults.extend(one_of("/SchemaVersion", &["2018-10-08"]));
    faults.extend(one_of(
        "/Severity/Label",
        &["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"],
    ));
    faults.extend(one_of("/RecordState", &["ACTIVE", "ARCHIVED"]));
    faults.extend(one_of("/Workflow/Status", &["NEW"]));
    for at in 0..resources {
        let kinds = ["AwsIamRole", "AwsIamUser", "AwsIamPolicy", "Other"];
        faults.extend(one_of(&format!("/Resources/{at}/Type"), &kinds));
    }
    if !(1..=32).contains(&resources) || finding.to_string().len() > 240_000 {
        faults.push(format!("{resources} resources"));
    }
    for date in ["CreatedAt", "UpdatedAt", "LastObservedAt"] {
        if finding[date]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_err()
        {
            faults.push(format!("{date}: {}", finding[date]));
        }
    }
    faults
}

/// Checks every call and finding, and gives the findings.
fn checked(out: &Path) -> Vec<Value> {
    let (mut all, mut ids) = (Vec::new(), BTreeSet::new());
    for (path, findings) in calls(out) {
        assert!((1..=100).contains(&findings.len()), "{path}");
        assert!(fs::metadata(out.join(&path)).unwrap().len() < 6_000_000, "{path}");
        for finding in findings {
            assert_eq!(faults_of(&finding), Vec::<String>::new(), "{path}");
            let id = text(&finding, "/AwsAccountId").to_owned();
            // Only the account itself may call for it.
            assert!(path.starts_with(&format!("asff/{id}/")), "{path}: {id}");
            let product = format!("arn:aws:securityhub:us-east-1:{id}:product/{id}/default");
            assert_eq!(text(&finding, "/ProductArn"), product);
            assert!(ids.insert(text(&finding, "/Id").to_owned()), "{finding}");
            all.push(finding);
        }
    }
    assert!(!all.is_empty());
    all
}

fn about<'f>(findings: &'f [Value], generator: &'f str) -> impl Iterator<Item = &'f Value> {
    findings
        .iter()
        .filter(move |it| text(it, "/GeneratorId").starts_with(generator))
}

#[test]
fn every_finding_is_one_that_security_hub_takes_and_none_is_missing() {
    let out = folder("asff").join("report");
    scan("mocks/acme", &out, &[]);
    let (findings, whole) = (checked(&out), report(&out));
    // Of what is no name somebody chose, nothing is cut.
    let cut = findings
        .iter()
        .filter(|it| text(it, "/Remediation/Recommendation/Text").ends_with(" ..."));
    assert_eq!(cut.count(), 0);
    let told: BTreeSet<&str> = about(&findings, "leastwise/policy-")
        .map(|it| text(it, "/ProductFields/leastwise~1recommendation"))
        .collect();
    assert_eq!(told.len(), whole.totals.recommendations);
    let unused = about(&findings, "leastwise/unused-principal").count();
    assert_eq!(unused, whole.totals.statuses[&PrincipalStatus::UnusedPrincipal]);
    let (mut keys, mut passwords) = (0, 0);
    for summary in &whole.accounts {
        for principal in account(&out, &summary.id).principals {
            keys += principal.unused_access_keys.len();
            passwords += usize::from(principal.unused_password.is_some());
        }
    }
    assert!(keys > 0 && passwords > 0);
    assert_eq!(about(&findings, "leastwise/unused-access-key").count(), keys);
    assert_eq!(about(&findings, "leastwise/unused-password").count(), passwords);
    // What is decided for many accounts stands with each, about its own principals only.
    for family in &whole.recommendations {
        let own = findings.iter().filter(|it| {
            let id = it.pointer("/ProductFields/leastwise~1recommendation");
            id.and_then(Value::as_str) == Some(&family.id)
        });
        let mut reached = 0;
        for finding in own {
            for resource in finding["Resources"].as_array().unwrap() {
                reached += 1;
                assert!(
                    text(resource, "/Id").contains(text(finding, "/AwsAccountId")),
                    "{finding}"
                );
            }
        }
        assert_eq!(reached, family.reaches.len(), "{}", family.id);
    }
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
}

#[test]
fn a_call_has_a_hundred_findings_at_most() {
    let root = folder("asff-many");
    let (snapshot, out) = (root.join("snapshot"), root.join("report"));
    write_folder(
        &Invented {
            accounts: 2,
            principals: 200,
            seed: 5,
        },
        &snapshot,
    )
    .unwrap();
    scan(snapshot.to_str().unwrap(), &out, &[]);
    let findings = checked(&out);
    let calls = calls(&out);
    assert!(
        calls
            .iter()
            .any(|(path, all)| path.ends_with("/0001.json") && all.len() == 100)
    );
    assert!(calls.iter().any(|(path, _)| path.ends_with("/0002.json")));
    assert_eq!(
        calls.iter().map(|(_, all)| all.len()).sum::<usize>(),
        findings.len()
    );
}

#[test]
fn what_is_too_long_or_hostile_is_cut_and_stays_apart() {
    let root = folder("asff-hostile");
    let (snapshot, out) = (hostile::snapshot(&root), root.join("report"));
    scan(snapshot.to_str().unwrap(), &out, &[]);
    let findings = checked(&out);
    assert!(findings.iter().any(|it| text(it, "/Title").ends_with(" ...")));
    assert!(findings.iter().any(|it| text(it, "/Id").contains('~')));
    for bad in ['\u{2028}', '\u{202e}', '\u{200f}', '\u{2067}', '\u{1b}'] {
        assert!(!findings.iter().any(|it| it.to_string().contains(bad)), "{bad:?}");
    }
}

#[test]
fn what_is_gone_is_archived_on_the_day_of_the_new_evidence() {
    let root = folder("asff-gone");
    let snapshot = acme(&root);
    let (one, two) = (root.join("one"), root.join("two"));
    scan(snapshot.to_str().unwrap(), &one, &[]);
    assert!(
        checked(&one)
            .iter()
            .all(|it| text(it, "/RecordState") == "ACTIVE")
    );
    change(&snapshot, "findings.json", |findings| {
        without_its_finding(findings);
        for finding in findings.as_array_mut().unwrap() {
            finding["analyzedAt"] = "2026-12-01T00:00:00Z".into();
        }
    });
    scan(
        snapshot.to_str().unwrap(),
        &two,
        &["--previous", one.to_str().unwrap()],
    );
    let findings = checked(&two);
    let gone: Vec<&Value> = findings
        .iter()
        .filter(|it| text(it, "/RecordState") == "ARCHIVED")
        .collect();
    let [gone] = gone[..] else { panic!("{gone:?}") };
    assert!(text(gone, "/Id").ends_with("wildcard-prefix-reader/prefix-wildcards"));
    assert_eq!(text(gone, "/UpdatedAt"), "2026-12-01T00:00:00Z");
    assert!(text(gone, "/CreatedAt") < text(gone, "/UpdatedAt"));
}

#[test]
fn nobody_has_them_without_asking_and_the_manifest_knows_them() {
    let one = folder("asff-asked").join("report");
    assert!(!demonstration().join("asff").exists());
    scan("mocks/acme", &one, &[]);
    assert!(
        json(&one.join("manifest.json"))["files"]
            .get(&calls(&one)[0].0)
            .is_some()
    );
}

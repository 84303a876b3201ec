//! `report.sarif`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{faults, json, schema, text};
use crate::run::{folder, leastwise};
use crate::scan::{account, demonstration, report, scan};
use leastwise_core::decide::PrincipalStatus;

pub(super) fn results(out: &Path) -> Vec<Value> {
    json(&out.join("report.sarif"))
        .pointer("/runs/0/results")
        .unwrap()
        .as_array()
        .unwrap()
        .clone()
}

fn of_rule(results: &[Value], rule: &str) -> Vec<Value> {
    results
        .iter()
        .filter(|it| text(it, "/ruleId") == rule)
        .cloned()
        .collect()
}

#[test]
fn the_file_is_what_the_published_schema_of_sarif_asks_for() {
    let schema = schema("sarif-2.1.0.json");
    for (snapshot, code) in [("mocks/acme", 0), ("mocks/partial", 3)] {
        let out = folder(&format!("sarif-{code}")).join("report");
        scan(snapshot, &out).exits(code);
        let mut sarif = json(&out.join("report.sarif"));
        assert_eq!(faults(&schema, &sarif), Vec::<String>::new(), "{snapshot}");
        // A missing account is no success, and is reported.
        let invocation = sarif.pointer("/runs/0/invocations/0").unwrap();
        assert_eq!(invocation["executionSuccessful"], code == 0);
        let gaps = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(gaps.len(), if code == 0 { 0 } else { 3 });
        // The schema looks at results as well.
        sarif["runs"][0]["results"][0]["level"] = "grave".into();
        assert!(!faults(&schema, &sarif).is_empty());
    }
}

#[test]
fn every_finding_has_one_result_under_a_rule_that_the_file_explains() {
    let out = demonstration();
    let (report, results) = (report(&out), results(&out));
    let sarif = json(&out.join("report.sarif"));
    let rules = sarif
        .pointer("/runs/0/tool/driver/rules")
        .unwrap()
        .as_array()
        .unwrap();
    for result in &results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    // No code of the demonstration falls through to the rule for what nobody foresaw.
    assert_eq!(of_rule(&results, "left-alone").len(), 0);

    let mut wanted: Vec<String> = report.recommendations.iter().map(|it| it.id.clone()).collect();
    let (mut keys, mut passwords) = (0, 0);
    for summary in &report.accounts {
        let account = account(&out, &summary.id);
        wanted.extend(account.recommendations.iter().map(|it| it.id.clone()));
        keys += account
            .principals
            .iter()
            .map(|it| it.unused_access_keys.len())
            .sum::<usize>();
        passwords += account
            .principals
            .iter()
            .filter(|it| it.unused_password.is_some())
            .count();
    }
    let mut told: Vec<&str> = results
        .iter()
        .filter_map(|it| it.pointer("/properties/recommendation"))
        .filter_map(Value::as_str)
        .collect();
    told.sort_unstable();
    wanted.sort();
    assert_eq!(told, wanted);
    assert_eq!(
        of_rule(&results, "unused-principal").len(),
        report.totals.statuses[&PrincipalStatus::UnusedPrincipal]
    );
    assert!(keys > 0 && passwords > 0);
    assert_eq!(of_rule(&results, "unused-access-key").len(), keys);
    assert_eq!(of_rule(&results, "unused-password").len(), passwords);
}

#[test]
fn code_scanning_has_a_line_a_severity_and_a_fingerprint_for_every_result() {
    let out = demonstration();
    let sarif = json(&out.join("report.sarif"));
    let rules = sarif
        .pointer("/runs/0/tool/driver/rules")
        .unwrap()
        .as_array()
        .unwrap();
    let score = |value: &Value, pointer: &str| text(value, pointer).parse::<f64>().unwrap();
    for rule in rules {
        assert!(
            (0.0..=10.0).contains(&score(rule, "/properties/security-severity")),
            "{rule}"
        );
    }
    let accounts: Vec<String> = report(&out).accounts.into_iter().map(|it| it.name).collect();
    let mut hashes = BTreeSet::new();
    for result in results(&out) {
        assert_eq!(
            result.pointer("/locations/0/physicalLocation/region/startLine"),
            Some(&1.into())
        );
        assert!(hashes.insert(text(&result, "/partialFingerprints/primaryLocationLineHash").to_owned()));
        if let Some(name) = result.pointer("/properties/accountName").and_then(Value::as_str) {
            assert!(accounts.iter().any(|it| it == name));
            assert!(text(&result, "/message/text").contains(name), "{result}");
        }
        let level = match result.pointer("/properties/severity").and_then(Value::as_str) {
            Some("critical" | "high") => "error",
            Some("medium") => "warning",
            Some(_) => "note",
            None => continue,
        };
        assert_eq!(text(&result, "/level"), level);
    }
}

#[test]
fn a_result_is_known_from_night_to_night_without_the_ids_of_findings() {
    let out = demonstration();
    let results = results(&out);
    let prints: BTreeSet<&str> = results
        .iter()
        .map(|it| text(it, "/partialFingerprints/leastwise~1v1"))
        .collect();
    assert_eq!(prints.len(), results.len(), "two results have one fingerprint");
    assert!(prints.contains("policy:888888888888/role/wildcard-everything/everything"));
    assert!(prints.contains("unused-principal:arn:aws:iam::555555555555:role/unused-role-external"));

    let whole = fs::read_to_string(out.join("report.sarif")).unwrap();
    let mut seen = 0;
    for account in fs::read_dir("mocks/acme/accounts").unwrap() {
        let findings = json(&account.unwrap().path().join("findings.json"));
        for id in ids(&findings) {
            seen += 1;
            assert!(!whole.contains(&id), "{id}");
        }
    }
    assert!(seen > 50, "only {seen} findings were looked for");
}

/// The ids of findings, wherever they stand.
fn ids(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("id").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(ids)).collect()
        }
        Value::Array(items) => items.iter().flat_map(ids).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_result_leads_to_a_file_of_the_report_and_to_whom_it_is_about() {
    let out = demonstration();
    for result in results(&out) {
        let place = "/locations/0/physicalLocation/artifactLocation";
        assert_eq!(text(&result, &format!("{place}/uriBaseId")), "REPORT");
        let uri = text(&result, &format!("{place}/uri"));
        assert!(out.join(unescaped(uri)).is_file(), "{uri}");
        let about = text(&result, "/locations/0/logicalLocations/0/fullyQualifiedName");
        assert!(!about.is_empty());
        if text(&result, "/ruleId") == "unused-principal" {
            assert!(about.starts_with("arn:aws:iam::"), "{about}");
        }
    }
}

fn unescaped(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut path = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        path.push(u8::from_str_radix(&part[..2], 16).unwrap());
        path.extend(part[2..].bytes());
    }
    String::from_utf8(path).unwrap()
}

#[test]
fn what_an_exception_leaves_as_it_is_is_suppressed_with_its_reason() {
    let folder = folder("sarif-suppressed");
    let (config, out) = (folder.join("leastwise.toml"), folder.join("report"));
    let rule = "[[exception]]\nnames = [\"break-glass-admin\"]\nreason = \"a {sealed} [envelope]\"\n\
                owner = \"platform\"\nexpires = \"never\"\n";
    fs::write(&config, rule).unwrap();
    let (config, to) = (config.to_str().unwrap(), out.to_str().unwrap());
    leastwise([
        "scan",
        "--snapshot",
        "mocks/acme",
        "--config",
        config,
        "--out",
        to,
    ])
    .ran()
    .exits(0);
    let results = results(&out);
    let suppressed: Vec<&Value> = results
        .iter()
        .filter(|it| it.get("suppressions").is_some())
        .collect();
    let [one] = suppressed[..] else {
        panic!("{suppressed:?}")
    };
    assert_eq!(text(one, "/ruleId"), "principal-excepted");
    assert!(
        text(one, "/locations/0/logicalLocations/0/fullyQualifiedName").ends_with(":role/break-glass-admin")
    );
    assert_eq!(text(one, "/suppressions/0/kind"), "external");
    assert_eq!(
        text(one, "/suppressions/0/justification"),
        "a {sealed} [envelope]"
    );
    assert_eq!(text(one, "/properties/exception/owner"), "platform");
    // SARIF gives braces and brackets in messages a meaning, in justifications none.
    assert!(
        text(one, "/message/text").contains(r"a {{sealed}} \[envelope\]"),
        "{one}"
    );
    let totals = crate::scan::report(&out).totals;
    assert_eq!(totals.statuses[&PrincipalStatus::Excluded], 1);
    assert_eq!(
        of_rule(&results, "unused-principal").len(),
        totals.statuses[&PrincipalStatus::UnusedPrincipal]
    );
}

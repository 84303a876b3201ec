//! `findings.ocsf.jsonl`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{faults, schema, text};
use crate::run::folder;
use crate::scan::{demonstration, report, scan};

pub(super) fn events(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("findings.ocsf.jsonl")).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_line_is_an_event_of_the_published_class() {
    let schema = schema("ocsf-1.6.0-iam-analysis-finding.json");
    for (snapshot, code) in [("mocks/acme", 0), ("mocks/partial", 3)] {
        let out = folder(&format!("ocsf-{code}")).join("report");
        scan(snapshot, &out).exits(code);
        let events = events(&out);
        assert!(!events.is_empty());
        for event in &events {
            assert_eq!(faults(&schema, event), Vec::<String>::new(), "{event}");
            assert_eq!(
                (&event["class_uid"], &event["type_uid"]),
                (&2008.into(), &200_801.into())
            );
            assert_eq!(text(event, "/metadata/version"), "1.6.0");
        }
        // The schema knows what has to be there, and what may not.
        let mut event = events[0].clone();
        event.as_object_mut().unwrap().remove("time");
        assert!(!faults(&schema, &event).is_empty());
        let mut event = events[0].clone();
        event["finding_info"]["identity"] = "x".into();
        assert!(!faults(&schema, &event).is_empty());
    }
}

#[test]
fn an_event_is_known_from_night_to_night_and_dated_by_its_evidence() {
    let out = demonstration();
    let (report, events) = (report(&out), events(&out));
    let uids: BTreeSet<&str> = events.iter().map(|it| text(it, "/finding_info/uid")).collect();
    assert_eq!(uids.len(), events.len(), "two events have one uid");
    assert!(uids.contains("policy:fleet/role/fleet-inventory-collector/collect-inventory"));
    assert!(uids.contains("unused-principal:arn:aws:iam::111111111111:role/break-glass-admin"));
    let evaluated = report
        .accounts
        .iter()
        .find_map(|it| it.evidence.evaluated.clone())
        .unwrap();
    let evaluated = evaluated.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    for event in &events {
        assert_eq!(event["time"], evaluated, "{event}");
        assert_eq!(event["finding_info"]["last_seen_time"], evaluated);
    }
}

#[test]
fn a_policy_is_told_with_what_is_unused_and_an_idle_role_with_what_it_holds() {
    let out = demonstration();
    let events = events(&out);
    let find = |uid: &str| {
        events
            .iter()
            .find(|it| text(it, "/finding_info/uid") == uid)
            .unwrap()
    };

    let change = find("policy:444444444444/managed/legacy-queue-access");
    assert_eq!(
        change
            .pointer("/permission_analysis_results/0/unused_privileges_count")
            .unwrap(),
        22
    );
    assert_eq!(
        text(change, "/permission_analysis_results/0/policy/uid"),
        "arn:aws:iam::444444444444:policy/legacy-queue-access"
    );
    assert_eq!(
        text(change, "/user/uid"),
        "arn:aws:iam::444444444444:role/wholly-unused-policy-holder"
    );
    assert_eq!(
        (text(change, "/cloud/account/uid"), text(change, "/confidence")),
        ("444444444444", "High")
    );
    assert_eq!(text(change, "/severity"), "High");

    let idle = find("unused-principal:arn:aws:iam::111111111111:role/break-glass-admin");
    let used = "2026-01-09T22:14:05Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond();
    assert_eq!(
        idle.pointer("/identity_activity_metrics/last_seen_time").unwrap(),
        used
    );
    // It looks like emergency access, which is meant to be idle.
    assert_eq!(text(idle, "/severity"), "Low");
    assert!(text(idle, "/remediation/desc").starts_with("Do not delete it"));
    assert!(idle.get("confidence").is_none());
}

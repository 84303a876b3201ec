//! Two owners who share one policy: what is known of the one is in no byte of the other's pack.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::split;
use super::torn::{REASON, is_refused, name};
use crate::harness::decisions::{catalog, recorded};
use crate::run::folder;
use crate::scan::{account, files};

const ACCOUNT: &str = "111111111111";
const EVERY: &str = "html,csv,tickets,sarif,asff,ocsf,summary,changes,terraform,cloudformation";

/// A reader and a writer who share a policy. Of the writer's owner are the tag and all days, which no other account has.
fn shared(unused: &[&str], analyzed: &str) -> Value {
    let finding = |about: &str, last: &str| {
        let actions: Vec<Value> = unused.iter().map(|name| json!({"action": name})).collect();
        let details = json!({"serviceNamespace": "s3", "lastAccessed": last, "actions": actions});
        json!({"about": about, "findingDetails": [{"unusedPermissionDetails": details}]})
    };
    json!({"accounts": {ACCOUNT: {
        "roles": {
            "reader": {"attached": ["Store"], "tags": {"owner": "left"}, "lastUsed": "2026-10-30T00:00:00Z"},
            "writer": {
                "attached": ["Store"],
                "tags": {"owner": "right", "purpose": "deployment-of-right"},
                "lastUsed": "2026-09-24T00:00:00Z",
            },
        },
        "policies": {"Store": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]},
        "findings": [finding("reader", "2026-10-29T00:00:00Z"), finding("writer", "2026-10-30T11:00:00Z")],
        "analyzedAt": analyzed,
    }}})
}

/// Scans a case into a folder of its own.
fn pack(case: &Value, name: &str, catalog: &Path, more: &[&str]) -> PathBuf {
    let (snapshot, out) = (
        catalog.with_file_name(format!("{name}-snapshot")),
        catalog.with_file_name(name),
    );
    recorded::write(case, &snapshot);
    let mut args = vec!["--catalog", catalog.to_str().unwrap(), "--format", EVERY];
    args.extend(more);
    split(snapshot.to_str().unwrap(), "owner", &out, &args).exits(0);
    out
}

/// The words stand in the report of all, and in no byte of an owner's pack.
fn are_told_to_all_but(out: &Path, owner: &str, words: &[&str]) {
    let told = |word: &str, of: &dyn Fn(&str) -> bool| {
        let all = files(out).into_iter().filter(|(path, _)| of(path));
        let found = all.filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(word));
        found.map(|(path, _)| path).collect::<Vec<_>>()
    };
    let pack = format!("packs/{owner}/");
    assert!(out.join(&pack).join("report.json").is_file());
    for word in words {
        assert!(
            !told(word, &|path| !path.starts_with("packs/")).is_empty(),
            "the report lacks `{word}`"
        );
        assert_eq!(
            told(word, &|path| path.starts_with(&pack)),
            Vec::<String>::new(),
            "{owner}: {word}"
        );
    }
}

#[test]
fn no_tag_and_no_day_of_another_owner_is_in_a_pack() {
    let catalog = catalog(&folder("packs-others"));
    let case = shared(&["PutObject"], "2026-10-31T00:00:00Z");
    let out = pack(&case, "told", &catalog, &["--min-confidence", "low"]);
    let words = [
        "purpose",
        "deployment-of-right",
        "\\\"deployment\\\"",
        "37 days",
        "2026-09-24",
        "2026-10-30T11",
    ];
    are_told_to_all_but(&out, "left", &words);
    are_told_to_all_but(&out, "right", &["2026-10-30T00:00:00Z"]);
    let account = fs::read_to_string(out.join(format!("packs/left/accounts/{ACCOUNT}.json"))).unwrap();
    let account: Value = serde_json::from_str(&account).unwrap();
    let reasons = account["recommendations"][0]["confidence"]["reasons"]
        .as_array()
        .unwrap();
    let told: Vec<_> = reasons
        .iter()
        .map(|it| (it["code"].as_str(), it["principals"].as_u64()))
        .collect();
    let codes = ["hint-deployment", "used-in-window", "unused-by-action"];
    assert_eq!(
        told,
        codes
            .map(Some)
            .into_iter()
            .zip([1, 2, 2].map(Some))
            .collect::<Vec<_>>()
    );
    for reason in reasons {
        assert!(
            !reason["why"].as_str().unwrap().is_empty()
                && reason["why"] != "it is so of somebody whom it reaches"
        );
    }
    // If confidence is too low for a recommendation, the first reason is included as well.
    let config = catalog.with_file_name("sure.toml");
    fs::write(&config, "min-confidence = \"high\"\n").unwrap();
    let out = pack(&case, "held", &catalog, &["--config", config.to_str().unwrap()]);
    are_told_to_all_but(&out, "left", &["\\\"deployment\\\""]);
}

#[test]
fn a_path_that_another_owners_own_policy_completes_is_in_no_pack() {
    let root = folder("packs-others-paths");
    let catalog = catalog(&root);
    let finding = |about: &str, action: &str, service: &str| {
        let details = json!({"serviceNamespace": service, "lastAccessed": "2026-10-29T00:00:00Z", "actions": [{"action": action}]});
        json!({"about": about, "findingDetails": [{"unusedPermissionDetails": details}]})
    };
    let role = |owner: &str| json!({"attached": ["Start"], "tags": {"owner": owner}, "lastUsed": "2026-10-30T00:00:00Z"});
    let mut writer = role("right");
    writer["inline"] = json!({"private": ["iam:PassRole"]});
    let case = json!({"accounts": {ACCOUNT: {
        "roles": {"reader": role("left"), "writer": writer},
        "policies": {"Start": ["ec2:RunInstances", "ec2:DescribeInstances"]},
        "findings": [finding("reader", "RunInstances", "ec2"), finding("writer", "RunInstances", "ec2")],
        "analyzedAt": "2026-10-31T00:00:00Z",
    }}});
    let out = pack(&case, "paths", &catalog, &["--min-confidence", "low"]);
    are_told_to_all_but(&out, "left", &["iam:PassRole with ec2:RunInstances"]);
    // Nor does the severity say that there is one.
    let change = |place: &Path| {
        account(place, ACCOUNT)
            .recommendations
            .remove(0)
            .impact
            .severity
            .name()
    };
    assert_eq!(
        (change(&out), change(&out.join("packs/left"))),
        ("escalation", "write")
    );
}

#[test]
fn when_another_owner_uses_something_every_so_often_is_in_no_pack() {
    let catalog = catalog(&folder("packs-others-nights"));
    let mut previous = catalog.with_file_name("none");
    for (night, unused) in [
        ("2026-11-02", "PutObject"),
        ("2026-11-13", "DeleteObject"),
        ("2026-11-24", "PutObject"),
    ] {
        let case = shared(&[unused], &format!("{night}T07:00:00Z"));
        previous = pack(
            &case,
            night,
            &catalog,
            &[
                "--min-confidence",
                "low",
                "--previous",
                previous.to_str().unwrap(),
            ],
        );
    }
    let page = fs::read_to_string(previous.join(format!("packs/left/accounts/{ACCOUNT}.html"))).unwrap();
    assert!(
        page.contains("<strong>Used occasionally:</strong> <code>s3:PutObject</code> (1 time)."),
        "the page of the pack does not show it"
    );
    are_told_to_all_but(&previous, "left", &["2026-11-13"]);
}

#[test]
fn a_group_in_which_none_of_its_owners_principals_is_stands_in_no_pack() {
    let user = |group: &str, owner: &str| json!({"groups": [group], "tags": {"owner": owner}});
    let unused = json!({"s3": ["PutObject"], "sqs": ["PurgeQueue"]});
    let group = json!({"attached": ["Queues", "aws:Storage"]});
    let case = json!({
        "aws": {"Storage": ["s3:Get*", "s3:PutObject"]},
        "accounts": {ACCOUNT: {
            "groups": {"LEFT-grp": group, "RIGHT-grp": group, "EMPTY-grp": group},
            "users": {"one": user("LEFT-grp", "left"), "two": user("RIGHT-grp", "right")},
            "policies": {"Queues": ["sqs:PurgeQueue", "sqs:SendMessage"]},
            "unused": {"one": unused, "two": unused},
        }},
    });
    let out = pack(
        &case,
        "report",
        &catalog(&folder("packs-others-foreign-groups")),
        &[],
    );
    for (own, other) in [("left", "RIGHT-grp"), ("right", "LEFT-grp")] {
        let mut told = 0;
        for (path, bytes) in crate::scan::files(&out.join("packs").join(own)) {
            let text = format!("{path} {}", String::from_utf8(bytes).unwrap());
            assert!(
                !text.contains(other) && !text.contains("EMPTY-grp"),
                "{path} of {own}"
            );
            told += usize::from(text.contains(&format!("{}-grp", own.to_uppercase())));
        }
        assert!(told > 0, "the pack of {own} lacks its own group");
    }
}

/// What a group has, all its members have: a change of it is nobody's own whose pack does not name all of them.
#[test]
fn what_a_group_has_is_changed_from_the_pack_of_an_owner_who_has_all_its_members() {
    let all = json!(["s3:GetObject", "s3:PutObject"]);
    let group = json!({
        "inline": {"own": all, "idle": ["sqs:PurgeQueue"]},
        "attached": ["Queues", "aws:Storage", "aws:Topics"],
    });
    let user = |group: &str, owner: &str| json!({"groups": [group], "tags": {"owner": owner}});
    let unused = json!({"s3": ["PutObject"], "sqs": ["PurgeQueue"], "sns": ["Publish"]});
    let case = json!({
        "aws": {"Storage": ["s3:Get*", "s3:PutObject"], "Topics": ["sns:Publish"]},
        "accounts": {ACCOUNT: {
            "groups": {"both": group, "mine": {"inline": {"own": all}}},
            "users": {
                "one": user("both", "left"), "two": user("both", "right"),
                "three": user("mine", "left"), "four": user("mine", "left"),
            },
            "policies": {"Queues": ["sqs:PurgeQueue"]},
            "unused": {"one": unused, "two": unused, "three": unused, "four": unused},
        }},
    });
    let out = pack(&case, "report", &catalog(&folder("packs-others-groups")), &[]);
    let left = out.join("packs/left");
    let changes = account(&left, ACCOUNT).recommendations;
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let page = |folder: &Path| fs::read_to_string(folder.join(format!("accounts/{ACCOUNT}.html"))).unwrap();
    for it in &changes {
        is_refused(&left, it, it.others > 0);
        let command = format!("bash changes/apply.sh {}", name(it));
        assert_eq!(page(&left).contains(&command), it.others == 0, "{command}");
        assert!(page(&out).contains(&command), "{command}");
        seen.push((it.action.name(), &it.policy));
    }
    seen.sort_unstable();
    let wanted = [
        ("delete", "idle"),
        ("detach", "Queues"),
        ("detach", "Topics"),
        ("replace", "own"),
        ("replace", "own"),
    ];
    assert_eq!(seen[..], [&wanted[..], &[("substitute", "Storage")]].concat());
    let shared = changes.iter().filter(|it| it.others > 0).count();
    assert_eq!(shared, 5);
    for (file, own) in [
        ("terraform/main.tf", "\"mine\""),
        ("cloudformation.template.json", "\"mine\""),
    ] {
        let text = fs::read_to_string(left.join("changes").join(ACCOUNT).join(file)).unwrap();
        assert_eq!(text.matches(REASON).count(), shared, "{text}");
        assert!(
            text.contains(own) && !text.contains("detach-group-policy"),
            "{text}"
        );
    }
    assert_eq!(
        page(&left)
            .matches(&format!("No script can apply this change: {REASON}"))
            .count(),
        shared
    );
    assert!(!page(&out).contains("No script can apply this change"));
}

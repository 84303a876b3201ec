//! The files of trials: `changes/trial/`. What they do on an AWS is in tests/slow/changes/trial.rs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::decisions::recorded;
use crate::hostile::poison;
use crate::run::{folder, leastwise};
use crate::scan::{changes, copy, files};

/// A report of a snapshot with scripts.
fn report(snapshot: &Path, out: &Path, more: &[&str]) {
    let args = [
        "scan",
        "--min-confidence",
        "low",
        "--format",
        "changes",
        "--snapshot",
        snapshot.to_str().unwrap(),
    ];
    let ran = leastwise(args.iter().chain(&["--out", out.to_str().unwrap()]).chain(more)).ran();
    assert!([0, 3].contains(&ran.code), "{}", ran.err);
}

/// The trials of a report, by the names of their changes.
fn trials(out: &Path) -> BTreeMap<String, Value> {
    let all = files(&out.join("changes/trial"));
    let lines = all
        .values()
        .flat_map(|bytes| std::str::from_utf8(bytes).unwrap().lines());
    let rows = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut by_change = BTreeMap::new();
    for row in rows {
        assert!(
            by_change.insert(text(&row["change"]).to_owned(), row).is_none(),
            "a change has two trials"
        );
    }
    by_change
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What is one or a list; nothing where there is nothing.
fn many(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// A report of one account with these policies.
fn of(name: &str, account: &Value) -> BTreeMap<String, Value> {
    let root = folder(name);
    recorded::write(
        &json!({"accounts": {"111111111111": account}}),
        &root.join("snapshot"),
    );
    report(&root.join("snapshot"), &root.join("report"), &[]);
    trials(&root.join("report"))
}

/// Every policy of a trial: its ARN, who gets it and what it denies.
fn policies(row: &Value) -> Vec<(&str, Vec<&str>, Vec<&str>)> {
    let policies = list(&row["policies"]).iter().map(|policy| {
        let [statement] = list(&policy["document"]["Statement"]) else {
            panic!("{policy}")
        };
        assert_eq!(
            (&statement["Effect"], &statement["Resource"]),
            (&json!("Deny"), &json!("*")),
            "{policy}"
        );
        let who = list(&policy["principals"]).iter().map(text).collect();
        (
            text(&policy["arn"]),
            who,
            list(&statement["Action"]).iter().map(text).collect(),
        )
    });
    policies.collect()
}

#[test]
fn every_change_has_a_trial_or_a_reason_and_its_policies_keep_to_the_quota() {
    let out = folder("trial-acme").join("report");
    report(Path::new("mocks/acme"), &out, &[]);
    let (changes, trials) = (changes(&out), trials(&out));
    let carried_out = changes.iter().filter(|(_, row)| row["how"] != "create");
    assert_eq!(
        trials.keys().collect::<BTreeSet<_>>(),
        carried_out.map(|(name, _)| name).collect::<BTreeSet<_>>()
    );
    let (mut arns, mut tried) = (BTreeSet::new(), 0);
    for (name, row) in &trials {
        let Some(_) = row["what"].as_str() else {
            assert!(!text(&row["refused"]).is_empty(), "{row}");
            continue;
        };
        tried += 1;
        let after = fs::read_to_string(out.join(text(&changes[name]["after"]))).unwrap();
        let after: Value = serde_json::from_str(&after).unwrap();
        let statements: Vec<Value> = many(&after)
            .iter()
            .flat_map(|it| many(&it["Statement"]))
            .collect();
        let allowing = statements.iter().filter(|it| it["Effect"] == "Allow");
        let kept: BTreeSet<String> = allowing
            .flat_map(|it| many(&it["Action"]))
            .map(|it| text(&it).to_owned())
            .collect();
        let check = |action: &str| assert!(!kept.contains(action), "{name} keeps {action}");
        match row.get("statement") {
            Some(statement) => {
                assert!(
                    text(&statement["Sid"])
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric())
                );
                assert!(statement.to_string().len() <= 32_768);
                list(&statement["Action"]).iter().map(text).for_each(check);
            }
            None => {
                let all = policies(row);
                assert!(!all.is_empty(), "{row}");
                for (policy, (arn, who, actions)) in list(&row["policies"]).iter().zip(all) {
                    assert!(
                        arn.contains(":policy/leastwise-trial-") && arns.insert(arn.to_owned()),
                        "{arn}"
                    );
                    assert!(policy["document"].to_string().len() <= 6_144, "{name}");
                    assert!(!who.is_empty() && !actions.is_empty(), "{row}");
                    actions.into_iter().for_each(check);
                }
            }
        }
    }
    assert!(tried > 50, "{tried}");
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
    let again = out.with_file_name("again");
    report(Path::new("mocks/acme"), &again, &[]);
    assert!(
        files(&out.join("changes")) == files(&again.join("changes")),
        "other bytes"
    );
}

#[test]
fn members_of_a_group_are_denied_what_they_lose_each_by_its_own_policies() {
    let unused = json!({"s3": ["DeleteBucket", "DeleteObject"]});
    let trials = of(
        "trial-members",
        &json!({
            "groups": {"team": {"inline": {"own": ["s3:GetObject", "s3:DeleteBucket", "s3:DeleteObject"]}}},
            "users": {
                "ann": {"groups": ["team"]},
                "bob": {"groups": ["team"]},
                "cid": {"groups": ["team"], "inline": {"more": ["s3:DeleteObject", "s3:PutObject"]}},
            },
            "unused": {"ann": unused, "bob": unused, "cid": unused},
        }),
    );
    let row = &trials["111111111111/group/team/own"];
    let all: Vec<_> = policies(row)
        .into_iter()
        .map(|(_, who, actions)| (who, actions))
        .collect();
    let wanted = [
        (vec!["user/cid"], vec!["s3:DeleteBucket"]),
        (
            vec!["user/ann", "user/bob"],
            vec!["s3:DeleteBucket", "s3:DeleteObject"],
        ),
    ];
    assert_eq!(all, wanted, "{row}");
}

#[test]
fn an_action_that_another_policy_allows_is_not_denied_and_counted() {
    let account = |more: &[&str]| {
        json!({
            "roles": {"app": {"inline": {"own": ["s3:GetObject", "s3:DeleteBucket", "s3:DeleteObject"], "more": more}}},
            "unused": {"app": {"s3": ["DeleteBucket", "DeleteObject"]}},
        })
    };
    let trials_of = |name: &str, more: &[&str]| of(name, &account(more));
    let trials = trials_of("trial-other-policy", &["s3:DeleteObject", "s3:PutObject"]);
    let row = &trials["111111111111/role/app/own"];
    assert_eq!(policies(row)[0].2, ["s3:DeleteBucket"], "{row}");
    let note = "Leaves out 1 action that another policy also allows";
    assert!(text(&row["notes"][0]).starts_with(note), "{row}");

    let trials = trials_of("trial-all-elsewhere", &["s3:Delete*", "s3:PutObject"]);
    let row = &trials["111111111111/role/app/own"];
    assert!(
        text(&row["refused"]).contains("other policies also allow every action"),
        "{row}"
    );
}

#[test]
fn a_name_that_aws_cannot_have_is_not_tried_and_nothing_of_it_is_script() {
    let hostile = "'\"`touch pwned`$(touch pwned)\n\rtouch pwned;#\\\u{2028}";
    let root = folder("trial-hostile");
    let names = ["RoleName", "UserName", "GroupName", "PolicyName", "Sid"];
    copy("mocks/acme", &root.join("snapshot"), |_, value| {
        poison(value, &names, hostile);
    });
    report(&root.join("snapshot"), &root.join("report"), &[]);
    let trials = trials(&root.join("report"));
    assert!(trials.len() > 50);
    for row in trials.values() {
        assert!(
            row.get("policies").is_none() || !row.to_string().contains("pwned"),
            "{row}"
        );
    }
    let refused = trials.values().filter(|row| {
        row["refused"]
            .as_str()
            .is_some_and(|why| why.contains("AWS allows no such name"))
    });
    assert!(refused.count() > 50);
    for name in ["trial.sh", "trial-end.sh", "trial.bash"] {
        let script = fs::read_to_string(root.join("report/changes").join(name)).unwrap();
        assert!(!script.contains("pwned"), "{name}");
    }
}

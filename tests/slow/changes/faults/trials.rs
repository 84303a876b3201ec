//! Trials, with the failures of changes: the same Deny, its end, and nothing else.

use std::fs;

use serde_json::{Value, json};

use super::killed::{Pair, kill_everywhere};
use super::kinds::{copy_of_aws, inline_of_role, set_inline, set_merge};
use super::{ACCOUNT, Bench, OTHER, document, meaning, wide};

const TRIAL: Pair = Pair {
    scripts: ["trial.sh", "trial-end.sh"],
    ends: ["is on trial", "has ended"],
    done: ["already on trial", "already ended"],
};

const ONE: &str = "arn:aws:iam::111111111111:policy/leastwise-trial-1";
const TWO: &str = "arn:aws:iam::111111111111:policy/leastwise-trial-2";

fn deny(sid: &str, actions: &[&str]) -> Value {
    json!({"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*"})
}

impl Bench {
    /// With a trial in its report.
    fn tried(self, fields: Value) -> Self {
        let folder = self.root.join("changes/trial");
        fs::create_dir_all(&folder).unwrap();
        let mut row = json!({"change": self.change, "what": "Denies something."});
        row.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let table = self.change.split('/').next().unwrap();
        fs::write(folder.join(format!("{table}.jsonl")), format!("{row}\n")).unwrap();
        self
    }
}

/// Two policies for a role and a user, and one for the user alone.
fn of_account(name: &str) -> Bench {
    let policy = |arn: &str, principals: &[&str], actions: &[&str]| {
        let document = json!({"Version": "2012-10-17", "Statement": [deny("LeastwiseTrial1", actions)]});
        json!({"arn": arn, "principals": principals, "document": document})
    };
    copy_of_aws(name).tried(json!({"policies": [
        policy(ONE, &["role/app", "user/ann"], &["s3:DeleteBucket"]),
        policy(TWO, &["user/ann"], &["sqs:*"]),
    ]}))
}

fn of_set(bench: Bench) -> Bench {
    bench.tried(json!({"statement": deny("LeastwiseTrial1", &["s3:DeleteBucket"])}))
}

/// Every kind of trial that there is: an inline policy that takes the statement, and one that comes and goes with it.
fn every_kind(test: &str) -> [Bench; 3] {
    let name = |kind: &str| format!("{test}-trial-{kind}");
    [
        of_account(&name("account")),
        of_set(set_inline(&name("set"))),
        of_set(set_merge(&name("first-in-set"), None)),
    ]
}

#[test]
#[ignore = "needs jq and python3"]
fn whenever_a_trial_is_killed_running_it_again_completes_it_and_its_end_leaves_nothing() {
    for bench in every_kind("killed") {
        kill_everywhere(&bench, &TRIAL);
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_dry_run_of_a_trial_and_of_its_end_writes_nothing() {
    for bench in every_kind("dry") {
        let dry = [("DRY_RUN", "1")];
        bench.run("trial.sh", &dry).exits(0).prints("dry run: would ");
        assert_eq!(bench.state(), bench.before, "{}", bench.change);
        bench.run("trial.sh", &[]).exits(0);
        let on_trial = bench.state();
        bench.run("trial-end.sh", &dry).exits(0).prints("dry run: would ");
        assert_eq!(bench.state(), on_trial, "{}", bench.change);
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_trial_that_aws_throttles_is_finished_by_the_same_command() {
    let writes = [
        "attach-user-policy",
        "detach-user-policy",
        "put-inline-policy-to-permission-set",
        "provision-permission-set",
        "delete-inline-policy-from-permission-set",
    ];
    for bench in every_kind("throttled") {
        for script in TRIAL.scripts {
            let before = bench.state();
            bench.fault(json!({"throttled": writes}));
            let ran = bench.run(script, &[]);
            assert!(
                ran.code > 0 && ran.err.contains("Rate exceeded"),
                "{}: {}",
                bench.change,
                ran.err
            );
            let halfway = bench.state() != before;
            assert_eq!(
                ran.err.contains("not finished: "),
                halfway,
                "{}: {}",
                bench.change,
                ran.err
            );
            bench.fault(json!({}));
            bench.run(script, &[]).exits(0);
        }
        bench.is_back();
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_trial_is_refused_when_the_policy_has_changed_and_when_its_evidence_is_old() {
    let other = document(&["s3:*"]);
    let mut bench = of_account("changed-trial");
    bench.meanwhile(|state| state["policies"][super::AWS]["versions"]["v1"] = other.clone());
    bench.before = bench.state();
    bench.refuses(
        bench.run("trial.sh", &[("FORCE", "1")]),
        "has changed since the scan",
    );

    let bench = of_account("expired-trial");
    let late = ("NOW", "2026-10-31T00:00:01Z");
    bench.refuses(
        bench.run("trial.sh", &[late]),
        "this change expired on 2026-10-31",
    );
    bench
        .run("trial.sh", &[late, ("FORCE", "1")])
        .exits(0)
        .says("warning: this change expired");
    // It can be ended at any time, also when the policy has changed meanwhile.
    bench.meanwhile(|state| state["policies"][super::AWS]["versions"]["v1"] = other.clone());
    bench
        .run("trial-end.sh", &[("NOW", "2031-01-01T00:00:00Z")])
        .exits(0);
    bench
        .meanwhile(|state| state["policies"][super::AWS]["versions"]["v1"] = wide())
        .is_back();
}

#[test]
#[ignore = "needs jq and python3"]
fn the_end_of_a_trial_keeps_what_others_made_of_its_policies_and_names_trials_of_other_reports() {
    let bench = of_account("edited-trial");
    bench.run("trial.sh", &[]).exits(0);
    let started = bench.raw();
    bench.meanwhile(|state| state["policies"][ONE]["versions"]["v1"] = wide());
    let edited = bench.state();
    for script in TRIAL.scripts {
        bench
            .run(script, &[])
            .exits(1)
            .says("is not what the trial creates");
        assert_eq!(bench.state(), edited, "{script}");
    }

    bench.set(&started);
    let older = "arn:aws:iam::111111111111:policy/leastwise-trial-0";
    bench.meanwhile(|state| {
        state["policies"][older] = state["policies"][ONE].clone();
        let held = state["holders"]["role/app"]["attached"].as_array_mut().unwrap();
        held.push(json!(older));
    });
    bench
        .run("trial-end.sh", &[])
        .exits(1)
        .says("that another report began is still on")
        .says(older);
    let held = bench.state()["holders"]["role/app"]["attached"].clone();
    assert!(held.as_array().unwrap().contains(&json!(older)), "{held}");
}

#[test]
#[ignore = "needs jq and python3"]
fn a_trial_of_a_permission_set_goes_account_by_account_and_stops_before_edits_of_others() {
    let waiting = json!(["arn:aws:iam::aws:policy/AdministratorAccess"]);
    for mut bench in every_kind("waiting").into_iter().skip(1) {
        let start = bench.raw();
        bench.meanwhile(|state| state["set"]["accounts"][OTHER][1] = waiting.clone());
        bench.before = bench.state();
        bench.refuses(
            bench.run("trial.sh", &[]),
            "has edits that are not provisioned yet in 222222222222",
        );
        bench.set(&start);
        bench.before = bench.state();

        for fault in [
            json!({"provision": {OTHER: "try later"}}),
            json!({"suspended": [OTHER]}),
        ] {
            let is_suspended = fault.get("suspended").is_some();
            for script in TRIAL.scripts {
                bench.fault(fault.clone());
                let ran = bench.run(script, &[]);
                let says = if is_suspended {
                    "skip account 222222222222: it is suspended"
                } else {
                    "could not be provisioned in 222222222222"
                };
                assert_eq!(ran.code, i32::from(!is_suspended), "{}", ran.err);
                assert!(
                    format!("{}{}", ran.out, ran.err).contains(says),
                    "{}{}",
                    ran.out,
                    ran.err
                );
                let set = &bench.state()["set"];
                assert_eq!(set["accounts"][ACCOUNT][0], set["inline"], "{script}");
                bench.fault(json!({}));
                bench.run(script, &[]).exits(0);
                let set = &bench.state()["set"];
                assert_eq!(set["accounts"][OTHER][0], set["inline"], "{script}");
            }
            assert_eq!(
                meaning(&bench.state()),
                meaning(&bench.before),
                "{}",
                bench.change
            );
        }
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_disputed_change_is_not_tried_and_a_trial_of_it_can_end() {
    let bench = inline_of_role("disputed-trial").tried(json!({"policies": [{
        "arn": ONE, "principals": ["role/app"],
        "document": {"Version": "2012-10-17", "Statement": [deny("LeastwiseTrial1", &["s3:DeleteBucket"])]},
    }]}));
    let list = bench.root.join("changes/disputed.txt");
    fs::write(&list, format!("{}\n", bench.change)).unwrap();
    bench.refuses(bench.run("trial.sh", &[("FORCE", "1")]), "AWS disputes");
    fs::remove_file(&list).unwrap();
    bench.run("trial.sh", &[]).exits(0);
    fs::write(&list, format!("{}\n", bench.change)).unwrap();
    bench.run("trial-end.sh", &[]).exits(0);
    bench.is_back();
}

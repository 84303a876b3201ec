//! The trial of a change, run for real on moto: what is denied while it runs, and what is there when it has ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::acme::Acme;
use super::applied::{DEV, SHOP};
use super::make_executable;
use crate::run::Ran;

/// The trials of a report that can be run, by the names of their changes.
fn trials(acme: &Acme, table: &str) -> BTreeMap<String, Value> {
    let text = fs::read_to_string(acme.out.join(format!("changes/trial/{table}.jsonl"))).unwrap();
    let rows = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rows = rows.filter(|row| row.get("refused").is_none());
    rows.map(|row| (row["change"].as_str().unwrap().to_owned(), row))
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What an account has while the trial of a change runs, and nothing else has changed.
fn on_trial(before: &Value, row: &Value) -> Value {
    let mut all = before.clone();
    for policy in row["policies"].as_array().unwrap() {
        let arn = text(&policy["arn"]);
        all["managed"][arn] = policy["document"].clone();
        for who in policy["principals"].as_array().unwrap() {
            let held = all["attached"][text(who)].as_array_mut().unwrap();
            held.push(json!(arn));
            held.sort_by_key(ToString::to_string);
        }
    }
    all
}

impl Acme {
    fn tries(&self, account: &str, script: &str, change: &str) -> Ran {
        self.ran(account, (script, change), &[])
    }

    fn dry(&self, account: &str, script: &str, change: &str) -> Ran {
        self.ran(account, (script, change), &[("DRY_RUN", "1".to_owned())])
    }

    /// Runs a script with an `aws` that ends it at some call, if at any.
    fn ran(&self, account: &str, (script, change): (&str, &str), variables: &[(&str, String)]) -> Ran {
        let bin = self.out.with_file_name("trial-bin");
        if !bin.is_dir() {
            put_aws(&bin, &self.bin.join("aws"));
        }
        let _ = fs::remove_file(bin.join("count"));
        let mut command = self.command("bash", account);
        command.env(
            "PATH",
            format!(
                "{}:{}:{}",
                bin.display(),
                self.bin.display(),
                std::env::var("PATH").unwrap()
            ),
        );
        command
            .env("COUNT", bin.join("count"))
            .envs(variables.iter().map(|(name, value)| (name, value)));
        let output = command
            .arg(self.out.join("changes").join(script))
            .arg(change)
            .output()
            .unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn every_kind_of_change_can_be_tried_twice_and_leaves_nothing_behind() {
    let acme = Acme::with("trial-kinds", &[SHOP, DEV]);
    let kinds = [
        (SHOP, "444444444444/role/nightly-backup/copy"),
        (SHOP, "444444444444/role/inline-only-worker/forgotten-email"),
        (SHOP, "444444444444/managed/five-versions-already"),
        (SHOP, "444444444444/managed/legacy-queue-access"),
        (SHOP, "444444444444/managed/platform-operations-large"),
        (DEV, "666666666666/group/developers/developers-inline"),
        (DEV, "666666666666/user/ci+bot=dev,build.1@shop-dev_01/push"),
    ];
    for (at, (account, change)) in kinds.into_iter().enumerate() {
        let row = trials(&acme, account)
            .remove(change)
            .unwrap_or_else(|| panic!("{change} is not tried"));
        let before = acme.all(account);
        // A run takes some seconds: once is enough for what is the same of every kind.
        let is_first = at == 0;
        if is_first {
            acme.dry(account, "trial.sh", change)
                .exits(0)
                .prints("dry run: would create policy");
            assert_eq!(acme.all(account), before, "{change}: a dry run wrote");
        }
        let ran = acme.tries(account, "trial.sh", change).exits(0);
        assert!(
            ran.out
                .contains("An explicit Deny also overrides resource policies"),
            "{}",
            ran.out
        );
        let wanted = on_trial(&before, &row);
        assert_eq!(acme.all(account), wanted, "{change}");
        assert_ne!(wanted, before, "{change}");
        acme.tries(account, "trial.sh", change)
            .exits(0)
            .prints("already on trial");
        assert_eq!(acme.all(account), wanted, "{change}: the second run wrote");
        if is_first {
            acme.dry(account, "trial-end.sh", change)
                .exits(0)
                .prints("dry run: would delete");
            assert_eq!(acme.all(account), wanted, "{change}: a dry run wrote");
        }
        acme.tries(account, "trial-end.sh", change).exits(0);
        assert_eq!(acme.all(account), before, "{change}");
        acme.tries(account, "trial-end.sh", change)
            .exits(0)
            .prints("already ended");
    }
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn two_trials_of_one_role_end_one_by_one_and_what_others_attached_stays() {
    let acme = Acme::with("trial-two", &[SHOP]);
    let all = trials(&acme, SHOP);
    let (one, other) = (
        "444444444444/role/nightly-backup/copy",
        "444444444444/managed/legacy-queue-access",
    );
    let before = acme.all(SHOP);
    for change in [one, other] {
        acme.tries(SHOP, "trial.sh", change).exits(0);
    }
    assert_eq!(
        acme.all(SHOP),
        on_trial(&on_trial(&before, &all[one]), &all[other])
    );
    acme.tries(SHOP, "trial-end.sh", one).exits(0);
    let rest = on_trial(&before, &all[other]);
    assert_eq!(acme.all(SHOP), rest);

    // Somebody has attached it elsewhere.
    let arn = text(&all[other]["policies"][0]["arn"]);
    acme.meanwhile(
        SHOP,
        &[
            "iam",
            "attach-role-policy",
            "--role-name",
            "nightly-backup",
            "--policy-arn",
            arn,
        ],
    );
    let ran = acme.tries(SHOP, "trial-end.sh", other).exits(0);
    assert!(
        ran.out.contains("is kept: it is attached to role/nightly-backup"),
        "{}",
        ran.out
    );
    let detach = [
        "iam",
        "detach-role-policy",
        "--role-name",
        "nightly-backup",
        "--policy-arn",
        arn,
    ];
    acme.meanwhile(SHOP, &detach);
    acme.tries(SHOP, "trial-end.sh", other).exits(0);
    assert_eq!(acme.all(SHOP), before);
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_trial_refuses_a_policy_that_bears_its_name_a_changed_policy_and_a_full_principal() {
    let acme = Acme::with("trial-refused", &[SHOP, DEV]);
    let change = "444444444444/role/nightly-backup/copy";
    let row = &trials(&acme, SHOP)[change];
    let arn = text(&row["policies"][0]["arn"]);
    acme.tries(DEV, "trial.sh", change)
        .exits(1)
        .says("logged in to 666666666666");

    let name = arn.rsplit('/').next().unwrap();
    let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
    acme.meanwhile(
        SHOP,
        &[
            "iam",
            "create-policy",
            "--policy-name",
            name,
            "--policy-document",
            document,
        ],
    );
    let before = acme.all(SHOP);
    for script in ["trial.sh", "trial-end.sh"] {
        acme.tries(SHOP, script, change)
            .exits(1)
            .says("is not what the trial creates");
        assert_eq!(acme.all(SHOP), before, "{script}");
    }
    acme.meanwhile(SHOP, &["iam", "delete-policy", "--policy-arn", arn]);

    let put = [
        "iam",
        "put-role-policy",
        "--role-name",
        "nightly-backup",
        "--policy-name",
        "copy",
    ];
    let other = r#"--policy-document={"Version":"2012-10-17","Statement":[]}"#;
    acme.meanwhile(SHOP, &[&put[..], &[other]].concat());
    let before = acme.all(SHOP);
    acme.tries(SHOP, "trial.sh", change)
        .exits(1)
        .says("has changed since the scan");
    assert_eq!(acme.all(SHOP), before);

    // It has ten policies already: the report says so.
    let full = "444444444444/role/ten-attached-policies/CloudWatchReadOnlyAccess~aws";
    let ran = acme.tries(SHOP, "trial.sh", full).exits(1);
    assert!(ran.err.contains("does not fit"), "{}", ran.err);
}

const SET: &str = "permission-sets/DeveloperAccess";
const OF_AWS: &str = "permission-sets/DeveloperAccess~CloudWatchReadOnlyAccess";

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_permission_set_gets_a_statement_and_loses_it_also_when_others_edit_its_policy_meanwhile() {
    let acme = Acme::with("trial-set", &[DEV]);
    let all = trials(&acme, "permission-sets");
    let before = acme.all(DEV);
    let inline = |all: &Value| all["sets"]["DeveloperAccess"]["inline"].clone();
    let with_set = |value: Value| {
        let mut all = before.clone();
        all["sets"]["DeveloperAccess"]["inline"] = value;
        all
    };
    let mut wanted = inline(&before);
    for change in [SET, OF_AWS] {
        wanted["Statement"]
            .as_array_mut()
            .unwrap()
            .push(all[change]["statement"].clone());
        acme.dry(DEV, "trial.sh", change)
            .exits(0)
            .prints("dry run: would add");
        acme.tries(DEV, "trial.sh", change).exits(0);
        acme.tries(DEV, "trial.sh", change)
            .exits(0)
            .prints("already on trial");
        assert_eq!(acme.all(DEV), with_set(wanted.clone()), "{change}");
    }
    acme.tries(DEV, "trial-end.sh", SET).exits(0);
    wanted["Statement"]
        .as_array_mut()
        .unwrap()
        .retain(|it| *it != all[SET]["statement"]);
    assert_eq!(acme.all(DEV), with_set(wanted.clone()));

    let sso = |args: &[&str]| {
        let mut command = acme.command("aws", DEV);
        let output = command
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .arg("sso-admin")
            .args(args)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default()
    };
    let instance = sso(&["list-instances"])["Instances"][0]["InstanceArn"].clone();
    let sets = sso(&["list-permission-sets", "--instance-arn", text(&instance)])["PermissionSets"].clone();
    let set = sets.as_array().unwrap().iter().find(|arn| {
        let told = sso(&[
            "describe-permission-set",
            "--instance-arn",
            text(&instance),
            "--permission-set-arn",
            text(arn),
        ]);
        told["PermissionSet"]["Name"] == "DeveloperAccess"
    });
    let set = text(set.unwrap());
    let put = |document: &Value| {
        let policy = document.to_string();
        let place = ["--instance-arn", text(&instance), "--permission-set-arn", set];
        sso(&[
            &["put-inline-policy-to-permission-set", "--inline-policy", &policy][..],
            &place[..],
        ]
        .concat());
    };
    let more = json!({"Sid": "Theirs", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"});
    wanted["Statement"].as_array_mut().unwrap().insert(0, more);
    put(&wanted);
    acme.tries(DEV, "trial-end.sh", OF_AWS).exits(0);
    wanted["Statement"]
        .as_array_mut()
        .unwrap()
        .retain(|it| *it != all[OF_AWS]["statement"]);
    assert_eq!(acme.all(DEV), with_set(wanted));
    acme.tries(DEV, "trial-end.sh", OF_AWS)
        .exits(0)
        .prints("already ended");
    put(&inline(&before));

    // Edited, it is no longer the trial's.
    acme.tries(DEV, "trial.sh", SET).exits(0);
    let mut edited = inline(&acme.all(DEV));
    edited["Statement"].as_array_mut().unwrap().last_mut().unwrap()["Resource"] = json!("arn:aws:s3:::one");
    put(&edited);
    acme.tries(DEV, "trial-end.sh", SET)
        .exits(1)
        .says("someone edited statement LeastwiseTrial");
    assert_eq!(inline(&acme.all(DEV)), edited);
}

/// The AWS CLI, which kills whoever calls it before the call number KILL_AT that writes. moto takes every permission set for one that waits to be provisioned.
const AWS: &str = r#"#!/bin/bash
case "$*" in *LATEST_PERMISSION_SET_NOT_PROVISIONED*) echo '{"AccountIds":[]}'; exit ;; esac
case "$2" in
  create-* | attach-* | detach-* | delete-* | put-* | provision-*)
    echo >>"$COUNT"
    if [ "$(wc -l <"$COUNT")" = "${KILL_AT:-0}" ]; then
      kill -9 "$PPID"
      exit 1
    fi ;;
esac
exec '{aws}' "$@"
"#;

fn put_aws(folder: &Path, aws: &Path) {
    fs::create_dir_all(folder).unwrap();
    let program = folder.join("aws");
    fs::write(&program, AWS.replace("{aws}", aws.to_str().unwrap())).unwrap();
    make_executable(&program);
}

/// Runs a script that is killed before its n-th call that writes; says whether it got that far.
fn is_killed(acme: &Acme, script: &str, (account, change): (&str, &str), call: usize) -> bool {
    acme.ran(account, (script, change), &[("KILL_AT", call.to_string())])
        .code
        != 0
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_trial_that_is_killed_at_any_step_goes_on_and_ends_without_a_trace() {
    let acme = Acme::with("trial-killed", &[SHOP, DEV]);
    // Before one call is after the one before it. moto has provisioned the permission set nowhere, so no such call is made.
    for (account, change, writes) in [(SHOP, "444444444444/role/nightly-backup/copy", 2), (DEV, SET, 1)] {
        let case = (account, change);
        let before = acme.all(account);
        acme.tries(account, "trial.sh", change).exits(0);
        let on_trial = acme.all(account);
        acme.tries(account, "trial-end.sh", change).exits(0);
        let mut killed = [0, 0];
        while is_killed(&acme, "trial.sh", case, killed[0] + 1) {
            killed[0] += 1;
            // From there it goes on as well as it ends.
            if killed[0] % 2 == 0 {
                acme.tries(account, "trial.sh", change).exits(0);
                assert_eq!(acme.all(account), on_trial, "{change} {killed:?}");
            }
            acme.tries(account, "trial-end.sh", change).exits(0);
            assert_eq!(acme.all(account), before, "{change} {killed:?}");
        }
        while is_killed(&acme, "trial-end.sh", case, killed[1] + 1) {
            killed[1] += 1;
            acme.tries(account, "trial-end.sh", change).exits(0);
            assert_eq!(acme.all(account), before, "{change} {killed:?}");
            acme.tries(account, "trial.sh", change).exits(0);
        }
        assert_eq!(acme.all(account), before, "{change}");
        assert_eq!(
            killed, [writes; 2],
            "{change}: not every call that writes was tried"
        );
    }
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_change_that_is_killed_at_any_step_is_rolled_back_to_what_was_there() {
    let acme = Acme::with("apply-killed", &[SHOP]);
    let kinds = [
        ("role/escalation-launcher/launch", "document"),
        ("managed/equal-needs-shared", "version"),
        ("managed/legacy-queue-access", "detach"),
        ("role/inline-policies-near-the-quota/first-half", "move"),
    ];
    let rows = crate::scan::changes(&acme.out);
    let before = acme.all(SHOP);
    for (name, how) in kinds {
        let change = format!("{SHOP}/{name}");
        assert_eq!(rows[&change]["how"], how, "{change}");
        let mut killed = 0;
        while is_killed(&acme, "apply.sh", (SHOP, &change), killed + 1) {
            killed += 1;
            acme.tries(SHOP, "rollback.sh", &change).exits(0);
            assert_eq!(acme.all(SHOP), before, "{change}, killed before call {killed}");
        }
        // The last one was not killed.
        assert_ne!(acme.all(SHOP), before, "{change}");
        acme.tries(SHOP, "rollback.sh", &change).exits(0);
        assert_eq!(acme.all(SHOP), before, "{change}");
        assert!(killed > 0, "{change}: no call that writes was tried");
    }
}

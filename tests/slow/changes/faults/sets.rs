//! Permission sets: accounts in which it fails, edits of others, and several changes of one.

use std::fs;

use serde_json::{Value, json};

use super::kinds::{set_detach, set_inline, set_merge, set_move};
use super::{ACCOUNT, Bench, OTHER, PROFILE, document, meaning, narrow, wide};

const THIRD: &str = "333333333333";

/// Every kind of change of a permission set.
fn every_kind(test: &str) -> [Bench; 4] {
    let name = |kind: &str| format!("{test}-{kind}");
    [
        set_inline(&name("inline")),
        set_merge(&name("merge"), Some(document(&["iam:GetUser"]))),
        set_detach(&name("detach")),
        set_move(&name("move")),
    ]
}

/// One more account has the permission set, and was analysed.
fn with_third(mut bench: Bench) -> Bench {
    bench.meanwhile(|state| state["set"]["accounts"][THIRD] = state["set"]["accounts"][ACCOUNT].clone());
    let table = bench.root.join("changes/permission-sets.jsonl");
    let mut row: Value = serde_json::from_slice(&fs::read(&table).unwrap()).unwrap();
    row["accounts"] = json!([ACCOUNT, OTHER, THIRD]);
    fs::write(&table, format!("{row}\n")).unwrap();
    bench.before = bench.state();
    bench
}

#[test]
#[ignore = "needs jq and python3"]
fn accounts_in_which_provisioning_fails_are_named_and_stop_no_other() {
    for bench in every_kind("provision").map(with_third) {
        bench.fault(json!({"provision": {OTHER: "the policy does not exist there"}}));
        let ran = bench.apply(&[PROFILE]).exits(1);
        // Some versions of jq leave the reason in quotes.
        let line = ran
            .err
            .lines()
            .find(|it| it.starts_with("account 222222222222: provisioning failed: "));
        assert!(
            line.is_some_and(|it| it.contains("the policy does not exist there")),
            "{}",
            ran.err
        );
        assert!(
            ran.err.contains("could not be provisioned in 222222222222."),
            "{}",
            ran.err
        );
        let (before, state) = (&bench.before["set"]["accounts"], bench.state());
        assert_ne!(
            state["set"]["accounts"][THIRD], before[THIRD],
            "the others stopped"
        );
        assert_eq!(state["set"]["accounts"][OTHER], before[OTHER]);
        bench.fault(json!({}));
        bench.apply(&[PROFILE]).exits(0);
        let done = bench.state();
        for it in done["set"]["accounts"].as_object().unwrap().values() {
            assert_eq!(*it, done["set"]["accounts"][ACCOUNT]);
        }
        bench.roll_back(&[]).exits(0);
        bench.is_back();
    }
}

/// Nothing can be provisioned there, and nobody works there.
#[test]
#[ignore = "needs jq and python3"]
fn a_suspended_account_is_skipped() {
    for bench in every_kind("suspended").map(with_third) {
        bench.fault(json!({"suspended": [OTHER]}));
        bench
            .apply(&[PROFILE])
            .exits(0)
            .prints("skip account 222222222222: it is suspended");
        bench.apply(&[PROFILE]).exits(0).prints("already applied");
        bench.roll_back(&[]).exits(0);
        bench.is_back();
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_permission_set_is_refused_while_edits_wait_and_where_these_credentials_cannot_change_it() {
    let admin = json!(["arn:aws:iam::aws:policy/AdministratorAccess"]);
    for mut bench in every_kind("waiting") {
        bench.meanwhile(|state| state["set"]["accounts"][OTHER][1] = admin.clone());
        bench.before = bench.state();
        bench.refuses(
            bench.apply(&[PROFILE]),
            "has edits that are not provisioned yet in 222222222222",
        );
    }
    let mut bench = set_detach("management");
    bench.meanwhile(|state| state["management"] = OTHER.into());
    bench.before = bench.state();
    bench.refuses(
        bench.apply(&[PROFILE]),
        "use credentials of the management account",
    );
    let mut bench = set_detach("new-account");
    bench.meanwhile(|state| state["set"]["accounts"][THIRD] = state["set"]["accounts"][OTHER].clone());
    bench.before = bench.state();
    bench.refuses(
        bench.apply(&[PROFILE]),
        "also provisioned in 333333333333, which was not analysed",
    );
}

/// Two changes write the same inline policy, each its own part, in any order.
#[test]
#[ignore = "needs jq and python3"]
fn changes_of_one_permission_set_do_not_depend_on_each_other() {
    let (inline, merge) = (set_inline("both-inline"), set_merge("both-merge", Some(wide())));
    let start = merge.raw();
    for [first, second] in [[&inline, &merge], [&merge, &inline]] {
        first.set(&start);
        let before = first.state();
        first.apply(&[PROFILE]).exits(0);
        second.set(&first.raw());
        second.apply(&[PROFILE]).exits(0);
        let text = second.state()["set"]["inline"].clone();
        let statements = text["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 2, "{text:#}");
        assert_eq!(statements[0], narrow()["Statement"][0]);
        assert!(
            statements[1]["Sid"].as_str().unwrap().starts_with("leastwise"),
            "{text:#}"
        );
        assert_eq!(statements[1]["Action"], narrow()["Statement"][0]["Action"]);
        // The first is undone while the second stands.
        first.set(&second.raw());
        first.roll_back(&[]).exits(0);
        second.set(&first.raw());
        second.roll_back(&[]).exits(0);
        assert_eq!(meaning(&second.state()), meaning(&before));
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn an_inline_policy_that_cannot_take_more_stays_as_it_is() {
    let actions: Vec<String> = (0..1_100)
        .map(|at| format!("s3:SomeActionWithNumber{at:05}"))
        .collect();
    let long = document(&actions.iter().map(String::as_str).collect::<Vec<_>>());
    let bench = set_merge("large", Some(long));
    bench.refuses(bench.apply(&[PROFILE]), "of 32768 bytes");
    let mut old = document(&["iam:GetUser"]);
    old["Version"] = "2008-10-17".into();
    let bench = set_merge("old-version", Some(old));
    bench.refuses(
        bench.apply(&[PROFILE]),
        "has version 2008-10-17 of the policy language",
    );
}

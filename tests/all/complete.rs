//! No answer is not an answer: what lacks what AWS always sends is malformed, and a scan that sees less than the one before says
//! so.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::fake::{Fake, Fault, Rule, When};
use crate::run::{Ran, folder, leastwise};
use crate::scan::{acme, command_as, copy, live, live_as, report, scan, small_acme};

const ACCOUNT: &str = "333333333333";

/// The demonstration with one answer of one account in another form.
fn with_answer(name: &str, file: &str, text: &str) -> PathBuf {
    let snapshot = folder(name).join("snapshot");
    small_acme(&snapshot);
    fs::write(snapshot.join("accounts").join(ACCOUNT).join(file), text).unwrap();
    snapshot
}

/// What the report says of that account, and how the scan went.
fn row(snapshot: &Path) -> (Ran, Value) {
    let out = snapshot.with_file_name("report");
    let ran = scan(snapshot.to_str().unwrap(), &out);
    let account = report(&out)
        .accounts
        .into_iter()
        .find(|it| it.id == ACCOUNT)
        .unwrap();
    let failure = serde_json::to_value(account.failures.first()).unwrap();
    (ran, failure)
}

#[test]
fn a_recorded_answer_that_is_none_is_malformed_and_its_file_is_told() {
    let lists = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
    let without = |left_out: &str| {
        let answer = lists
            .iter()
            .filter(|list| **list != left_out)
            .map(|list| ((*list).to_owned(), json!([])));
        (
            Value::Object(answer.collect()).to_string(),
            format!("missing field `{left_out}`"),
        )
    };
    let mut cases = vec![
        ("{}".to_owned(), "missing field".to_owned()),
        ("[]".to_owned(), "expected an object".to_owned()),
        ("[[],[],[],[]]".to_owned(), "expected an object".to_owned()),
        ("null".to_owned(), "expected an object".to_owned()),
        (r#"{"foo":1}"#.to_owned(), "missing field".to_owned()),
        (r#"{"roleDetailList":[]}"#.to_owned(), "missing field".to_owned()),
    ];
    cases.extend(lists.into_iter().map(without));
    for (at, (answer, why)) in cases.iter().enumerate() {
        let (ran, failure) = row(&with_answer(
            &format!("complete-authorization-{at}"),
            "authorization.json",
            answer,
        ));
        let ran = ran.exits(3);
        assert_eq!(failure["kind"], "malformed", "{answer}");
        let told = failure["detail"].as_str().unwrap();
        assert!(
            told.contains(&format!("`accounts/{ACCOUNT}/authorization.json`")),
            "{answer}: {told}"
        );
        assert!(told.contains(why.as_str()), "{answer}: {told}");
        ran.says(": unusable response on iam:")
            .says(&format!("accounts/{ACCOUNT}/authorization.json"));
    }
    for (at, answer) in ["{}", "null", "[{}]", r#"{"findings":[]}"#]
        .into_iter()
        .enumerate()
    {
        let (ran, failure) = row(&with_answer(
            &format!("complete-findings-{at}"),
            "findings.json",
            answer,
        ));
        ran.exits(3);
        assert_eq!(failure["kind"], "malformed", "{answer}");
        assert!(
            failure["detail"].as_str().unwrap().contains("findings.json"),
            "{failure}"
        );
    }
}

#[test]
fn a_list_of_accounts_that_is_none_ends_the_scan() {
    for (at, answer) in ["{}", "[]", r#"{"accounts":[]}"#].into_iter().enumerate() {
        let snapshot = folder(&format!("complete-accounts-{at}")).join("snapshot");
        small_acme(&snapshot);
        fs::write(snapshot.join("accounts.json"), answer).unwrap();
        scan(snapshot.to_str().unwrap(), &snapshot.with_file_name("report"))
            .exits(1)
            .says("accounts.json");
    }
}

#[test]
fn an_account_that_became_empty_and_accounts_that_are_no_longer_listed_are_told() {
    let place = folder("complete-since");
    let (snapshot, before, after) = (place.join("snapshot"), place.join("before"), place.join("after"));
    scan("mocks/acme", &before).exits(0);
    let gone = "888888888888";
    copy("mocks/acme", &snapshot, |path, value| {
        if path == format!("accounts/{ACCOUNT}/authorization.json") {
            *value =
                json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []});
        } else if path == "accounts.json" {
            value["Accounts"]
                .as_array_mut()
                .unwrap()
                .retain(|account| account["Id"] != gone);
        }
    });
    let [snapshot, before, after_text] = [&snapshot, &before, &after].map(|path| path.to_str().unwrap());
    let args = [
        "scan",
        "--snapshot",
        snapshot,
        "--out",
        after_text,
        "--previous",
        before,
    ];
    let ran = leastwise(args).ran().exits(0);
    ran.says(&format!(
        "warning: 1 account had roles or users in the earlier report, but has none now: {ACCOUNT}"
    ))
    .says(&format!(
        "warning: 1 account of the earlier report is no longer listed: {gone}"
    ));
    let since = report(&after).since.unwrap();
    assert_eq!(
        (since.emptied.as_slice(), since.unlisted.as_slice()),
        (&[ACCOUNT.to_owned()][..], &[gone.to_owned()][..])
    );
    let page = fs::read_to_string(after.join("index.html")).unwrap();
    assert!(page.contains(&format!("none now: {ACCOUNT}")) && page.contains("1 account is no longer listed"));
    // What is told once is no news the night after.
    let again = place.join("again");
    let args = [
        "scan",
        "--snapshot",
        snapshot,
        "--out",
        again.to_str().unwrap(),
        "--previous",
        after_text,
    ];
    assert!(!leastwise(args).ran().exits(0).err.contains("none now"));
}

fn refused() -> Fake {
    acme()
        .fault(Rule::new(Fault::Denied, When::Always).on("ListAccounts"))
        .start()
}

#[test]
fn a_scan_that_may_not_list_accounts_is_incomplete_unless_the_own_account_is_all_that_is_asked_for() {
    let place = folder("complete-own");
    let [out, own, snapshot, recorded, whole] = ["out", "own", "snapshot", "recorded", "whole"]
        .map(|name| place.join(name).to_str().unwrap().to_owned());
    scan("mocks/acme", Path::new(&whole)).exits(0);
    let ran = live(&refused(), &["scan", "--out", &out, "--previous", &whole]).exits(3);
    ran.says("accounts of the earlier report are no longer listed")
        .says("--own-account");
    assert_eq!(report(Path::new(&out)).accounts.len(), 1);
    let fake = refused();
    live(&fake, &["scan", "--out", &own, "--own-account"]).exits(0);
    assert_eq!(fake.calls_of("ListAccounts"), 0);
    // Without a flag, as a config or a variable says it.
    let fake = refused();
    let run = command_as(&fake, "AKIA222222222222", &["scan", "--out", &own]);
    run.with("LEASTWISE_ACCOUNTS_OWN", "true").ran().exits(0);
    // What was recorded then is as incomplete.
    live(&refused(), &["capture", "--out", &snapshot]).exits(3);
    scan(&snapshot, Path::new(&recorded)).exits(3);
    let args = ["scan", "--out", &own, "--own-account", "--accounts", ACCOUNT];
    live_as(&refused(), "AKIA222222222222", &args).exits(2);
}

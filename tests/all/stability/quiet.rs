//! A run that finds nothing to do says nothing, away from a terminal.

use serde_json::{Value, json};

use super::{ACCOUNT, Nights, answers, unread, usual};
use crate::run::leastwise;

/// What is said, but for the warning that the catalog of this build grows old.
fn said(ran: &crate::run::Ran) -> String {
    let lines = ran.err.lines().filter(|line| !line.contains("catalog"));
    lines.map(|line| format!("{line}\n")).collect::<String>() + &ran.out
}

#[test]
fn a_night_with_nothing_new_says_nothing_and_writes_its_report() {
    let mut nights = Nights::of("quiet");
    let first = said(&nights.night(&usual("2026-11-01"), &[]).exits(0));
    assert!(first.starts_with("warning: no earlier report in `"), "{first}");
    assert!(
        first.contains("\nchanges ") && !first.contains("Scanning:"),
        "{first}"
    );
    assert_eq!(nights.json("history.json")["counts"]["new"], 2);
    assert_eq!(said(&nights.night(&usual("2026-11-02"), &[]).exits(0)), "");
    assert_eq!(nights.row(super::OWN)["nights"], 2);
    // The exit code is the usual one, and says why it is what it is.
    let told = said(
        &nights
            .night(&usual("2026-11-03"), &["--fail-on", "unused"])
            .exits(5),
    );
    assert_eq!(told, "exit 5: --fail-on unused: 2 policies can be reduced\n");
    // What is gone is nothing to do.
    assert_eq!(
        said(&nights.night(&answers("2026-11-04", &json!({})), &[]).exits(0)),
        ""
    );
    assert_eq!(nights.json("history.json")["counts"]["resolved"], 1);
    // -v logs more.
    let told = said(&nights.night(&answers("2026-11-05", &json!({})), &["-v"]).exits(0));
    assert!(
        told.contains(": started") && told.contains("\nchanges "),
        "{told}"
    );
    let events = nights
        .night(&answers("2026-11-06", &json!({})), &["--log-format", "json"])
        .exits(0)
        .err;
    let last: Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["event"], &last["recommendations"]),
        (&json!("scan-ended"), &json!(1))
    );
}

#[test]
fn whatever_asks_to_be_looked_at_is_told() {
    let mut nights = Nights::of("loud");
    nights.night(&usual("2026-11-01"), &[]).exits(0);
    let mut speaks = |night: &Value, more: &[&str], code: i32| {
        let told = said(&nights.night(night, more).exits(code));
        assert!(told.contains("changes ") || told.contains("accounts "), "{told}");
        assert!(!told.contains("Scanning:"), "{told}");
        told
    };
    // A change that is another, one that is back, one that is new.
    speaks(&answers("2026-11-02", &json!({"s3": ["GetBucketAcl"]})), &[], 0);
    speaks(&usual("2026-11-03"), &[], 0);
    let mut more = usual("2026-11-05");
    more["accounts"][ACCOUNT]["roles"]["third"] = json!({"inline": {"own": ["s3:GetObject"]}});
    more["accounts"][ACCOUNT]["users"] = json!({"fourth": {"inline": {"own": ["s3:GetObject"]}}});
    more["accounts"][ACCOUNT]["findings"] = json!([{
        "about": "fourth", "findingType": "UnusedIAMUserAccessKey",
        "findingDetails": [{"unusedIamUserAccessKeyDetails": {"accessKeyId": "AKIAEXAMPLE"}}],
    }]);
    // A credential that nobody uses.
    let told = speaks(&more, &[], 0);
    assert!(
        told.contains("principals and credentials: 1 newly unused (since "),
        "{told}"
    );
    // What could not be read, and nothing when it can be: it is as it was.
    let is_named = |told: &str| {
        told.lines()
            .any(|line| line.starts_with("incomplete    ") && line.contains("111111111111"))
    };
    assert!(is_named(&speaks(&unread(), &[], 3)));
    assert!(is_named(&speaks(&unread(), &[], 3)));
    // But that the other account is not there any more.
    let told = said(&nights.night(&more, &[]).exits(0));
    let gone = "warning: 1 account of the earlier report is no longer listed: 222222222222; ";
    assert!(told.starts_with(gone), "{told}");
    assert_eq!(said(&nights.night(&more, &[]).exits(0)), "");
    assert_eq!(nights.json("history.json")["idle"], Value::Null);
    // A role that nobody uses, though no policy of it is to be changed.
    more["accounts"][ACCOUNT]["unused"]["third"] = json!("idle");
    let told = said(&nights.night(&more, &[]).exits(0));
    assert!(
        told.contains(", 1 unused\n") || told.contains(", 1 unused,"),
        "{told}"
    );
    assert_eq!(said(&nights.night(&more, &[]).exits(0)), "");
    // A rule that wants its owner.
    let told = said(
        &nights
            .night(&more, &["--keep", "nimbus:NothingOfTheKind"])
            .exits(0),
    );
    assert!(
        told.starts_with("warning: `keep` entry nimbus:NothingOfTheKind: ") && told.lines().count() == 1,
        "{told}"
    );
}

#[test]
fn the_night_on_which_something_becomes_ready_is_told_once() {
    let mut nights = Nights::of("ready-news");
    let two = ["--ready-after", "2"];
    nights.night(&usual("2026-11-01"), &two).exits(0);
    let told = said(&nights.night(&usual("2026-11-02"), &two).exits(0));
    assert!(
        told.contains("\nready         2 changes (the same in 2 daily runs)\n"),
        "{told}"
    );
    assert_eq!(said(&nights.night(&usual("2026-11-03"), &two).exits(0)), "");
    // Another wish is another question.
    let told = said(
        &nights
            .night(&usual("2026-11-04"), &["--ready-after", "3"])
            .exits(0),
    );
    assert!(told.contains("\nready         2 changes"), "{told}");
    assert_eq!(
        said(
            &nights
                .night(&usual("2026-11-05"), &["--ready-after", "3"])
                .exits(0)
        ),
        ""
    );
}

#[test]
fn what_is_ready_as_one_who_hindered_it_left_is_told() {
    let mut nights = Nights::of("hindrance");
    let three = ["--ready-after", "3", "--shared", "in-place"];
    let shared = |day: &str, with_second: bool| {
        let mut night = usual(day);
        let account = &mut night["accounts"][ACCOUNT];
        account["policies"] = json!({"shared": ["s3:GetObject", "s3:PutObject"]});
        account["roles"] = json!({"first": {"attached": ["shared"]}});
        account["unused"] = json!({"first": {"s3": ["PutObject"]}});
        if with_second {
            account["roles"]["second"] = json!({"attached": ["shared"]});
            account["unused"]["second"] = json!({"s3": ["PutObject"]});
        }
        night
    };
    nights.night(&shared("2026-11-01", false), &three).exits(0);
    nights.night(&shared("2026-11-02", false), &three).exits(0);
    // Whoever joins is known for one night only.
    nights
        .night(&shared("2026-11-03", true), &three)
        .exits(0)
        .says("\nready         0 changes");
    let told = said(&nights.night(&shared("2026-11-04", false), &three).exits(0));
    assert!(
        told.contains("\nready         1 change (the same in 3 daily runs)\n"),
        "{told}"
    );
    assert_eq!(
        said(&nights.night(&shared("2026-11-05", false), &three).exits(0)),
        ""
    );
}

#[test]
fn advice_that_is_withheld_is_told_once() {
    let mut nights = Nights::of("withheld");
    let blind = |day: &str| {
        let mut night = usual(day);
        night["accounts"][ACCOUNT]["unused"] = json!({"other": {"s3": ["PutObject"]}});
        night["accounts"][ACCOUNT]["findings"] = json!([{"about": "worker", "error": "INTERNAL_ERROR"}]);
        night
    };
    nights.night(&usual("2026-11-01"), &[]).exits(0);
    let told = said(&nights.night(&blind("2026-11-02"), &[]).exits(0));
    assert!(told.contains("1 without usage data"), "{told}");
    assert_eq!(said(&nights.night(&blind("2026-11-03"), &[]).exits(0)), "");
}

#[test]
fn an_analyzer_that_looks_no_more_is_told_when_its_evidence_is_too_old() {
    let mut nights = Nights::of("too-old");
    let config = nights.folder.join("leastwise.toml");
    std::fs::write(&config, "[limits]\nevidence-max-age = \"14d\"\n").unwrap();
    let config = ["--config", config.to_str().unwrap()];
    // The answers are of 2026-11-01.
    nights.night(&usual("2026-10-20"), &config).exits(0);
    assert_eq!(said(&nights.night(&usual("2026-10-21"), &config).exits(0)), "");
    let told = said(&nights.night(&usual("2026-10-01"), &config).exits(0));
    let warning = "warning: the usage data of 2 principals is older than `limits.evidence-max-age`";
    assert!(
        told.starts_with(warning) && told.contains("2 without usage data"),
        "{told}"
    );
    assert_eq!(said(&nights.night(&usual("2026-10-01"), &config).exits(0)), "");
}

#[test]
fn an_organisation_with_nothing_to_change_is_quiet_from_its_second_night() {
    let mut nights = Nights::of("nothing");
    let clean = |day: &str| {
        let mut night = answers(day, &json!({}));
        night["accounts"][ACCOUNT]["unused"] = json!({"other": {"ec2": ["RunInstances"]}});
        night
    };
    nights.night(&clean("2026-11-01"), &[]).exits(0);
    assert_eq!(nights.json("report.json")["totals"]["recommendations"], 0);
    assert_eq!(said(&nights.night(&clean("2026-11-02"), &[]).exits(0)), "");
}

#[test]
fn the_first_night_of_a_schedule_needs_no_earlier_report_and_everything_is_new() {
    let mut nights = Nights::of("first");
    // Of those who exit when something is new this is the first.
    nights
        .night(&usual("2026-11-01"), &["--fail-on", "new"])
        .exits(5)
        .says("no earlier report in");
    nights.night(&usual("2026-11-02"), &["--fail-on", "new"]).exits(0);
    // The schedule names one folder for both.
    let out = nights.folder.join("schedule");
    std::fs::create_dir(&out).unwrap();
    let (out, snapshot) = (out.to_str().unwrap(), nights.folder.join("snapshot-0"));
    let args = [
        "scan",
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
        out,
        "--previous",
        out,
    ];
    leastwise(args).ran().exits(0).says("no earlier report in");
    let second = leastwise(args).ran().exits(0);
    assert_eq!(said(&second), "");
    // What is there and is no report is a mistake.
    let wrong = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--out",
        out,
        "--previous",
        "mocks",
    ];
    leastwise(wrong).ran().exits(1).says("manifest.json");
}

//! `leastwise check`: AWS's second opinion. The fake AWS computes its opinions with an evaluator of its own, so on the
//! demonstration it agrees with every change; each dispute is one that a test plants.

mod disputes;
mod faults;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use leastwise_aws::live::{CHECK_OPERATIONS, OPERATIONS, Operation};
use leastwise_core::report::{CheckKind, CheckReport, CheckRow, CheckVerdict};
use serde_json::Value;

use crate::fake::{Fake, Setup};
use crate::run::{Ran, Run, folder, leastwise};
use crate::scan::{acme, command_as, demonstration, files, report};

/// Of the accounts of the small report.
const ACCOUNTS: &str = "333333333333,555555555555";
/// A change in it: `s3:Put*` and `s3:GetBucket*` on one bucket.
const ARCHIVE: &str = "333333333333/role/log-archiver/archive";
/// What only its documents have.
const BUCKET: &str = "acme-log-archive";
/// What only its document before allows.
const REMOVED: &str = "s3:PutBucketPolicy";
const ROLE: &str = "arn:aws:iam::333333333333:role/log-archiver";
const PAID: [&str; 2] = ["CheckNoNewAccess", "CheckAccessNotGranted"];

/// A report of two accounts, which a test may change.
fn small(name: &str) -> PathBuf {
    let out = folder(name).join("report");
    let to = out.to_str().unwrap();
    let args = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--accounts",
        ACCOUNTS,
        "--out",
        to,
    ];
    leastwise(args).ran().exits(0);
    out
}

fn command(fake: &Fake, report: &Path, more: &[&str]) -> Run {
    let args: Vec<&str> = ["check", report.to_str().unwrap()]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    command_as(fake, "AKIA222222222222", &args)
        .with("LEASTWISE_LIMITS_CALLS_PER_SECOND_IAM", "1000")
        .with("LEASTWISE_LIMITS_CALLS_PER_SECOND_ACCESS_ANALYZER", "1000")
}

fn check(fake: &Fake, report: &Path, more: &[&str]) -> Ran {
    command(fake, report, more).ran()
}

fn checked(report: &Path) -> CheckReport {
    serde_json::from_slice(&fs::read(report.join("check.json")).unwrap()).unwrap()
}

fn verdict(report: &CheckReport, id: &str) -> CheckVerdict {
    report
        .changes
        .iter()
        .find(|change| change.id == id)
        .unwrap()
        .verdict
}

fn verify(report: &Path) -> Ran {
    leastwise(["verify", report.to_str().unwrap()]).ran()
}

fn paid_calls(fake: &Fake) -> u64 {
    PAID.iter().map(|operation| fake.calls_of(operation)).sum()
}

#[test]
fn aws_agrees_with_every_change_of_the_demonstration_and_the_report_still_verifies() {
    let out = folder("check-acme").join("report");
    for (path, bytes) in files(&demonstration()) {
        let to = out.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    let fake = acme().short_pages().start();
    let ran = check(&fake, &out, &["--budget", "100"])
        .exits(0)
        .says("checked")
        .says("check.json");
    let found = checked(&out);
    assert_eq!(found.totals.changes, report(&out).totals.recommendations);
    assert_eq!(
        (found.totals.disputed, found.totals.incomplete),
        (0, 0),
        "{}",
        ran.err
    );
    assert!(found.totals.agreed * 10 > found.totals.changes * 9, "{}", ran.err);
    let kinds: BTreeSet<&str> = found
        .changes
        .iter()
        .flat_map(|change| &change.checks)
        .map(|row| row.check.name())
        .collect();
    assert_eq!(kinds.len(), CheckKind::ALL.len() - 1, "{kinds:?}");
    assert!(!out.join("changes/disputed.txt").exists());
    assert!(found.totals.paid_calls > 0 && found.totals.paid_calls == paid_calls(&fake));
    let called = fake.operations();
    let mut listed: BTreeSet<String> = CHECK_OPERATIONS.iter().map(|it| it.name().to_owned()).collect();
    // The fake lists findings, but nobody had a recommendation generated for most of them.
    listed.remove("GetFindingRecommendation");
    assert!(called.is_superset(&listed), "{called:?}");
    listed.insert("GetFindingRecommendation".to_owned());
    assert!(called.is_subset(&listed), "{called:?}");
    verify(&out).exits(0);

    fake.forget();
    check(&fake, &out, &["--budget", "100"]).exits(0);
    for operation in ["ValidatePolicy", "SimulateCustomPolicy", PAID[0], PAID[1]] {
        assert_eq!(fake.calls_of(operation), 0, "{operation} was asked again");
    }
    fake.forget();
    check(&fake, &out, &["--again"]).exits(0);
    assert!(fake.calls_of("ValidatePolicy") > 0 && paid_calls(&fake) == 0);
}

#[test]
fn the_file_is_as_its_schema_says_and_a_scan_replaces_the_report_with_it() {
    let out = small("check-schema");
    let fake = acme()
        .dispute("ValidatePolicy", BUCKET, REMOVED, "Ajoute un mot")
        .start();
    check(&fake, &out, &["--budget", "0.01"]).exits(0);
    let schema: Value = serde_json::from_str(&leastwise(["schema", "check"]).ran().exits(0).out).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let value: Value = serde_json::from_slice(&fs::read(out.join("check.json")).unwrap()).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    assert!(out.join("changes/disputed.txt").exists());
    let to = out.to_str().unwrap();
    leastwise([
        "scan",
        "--snapshot",
        "mocks/acme",
        "--accounts",
        ACCOUNTS,
        "--out",
        to,
    ])
    .ran()
    .exits(0);
    assert!(!out.join("check.json").exists() && !out.join("changes/disputed.txt").exists());
}

#[test]
fn nothing_is_paid_for_without_a_budget_and_the_summary_says_what_it_would_cost() {
    let out = small("check-free");
    let fake = acme().start();
    check(&fake, &out, &[])
        .exits(0)
        .says("paid checks")
        .says("not made; --budget 0.0");
    assert_eq!(paid_calls(&fake), 0);
    let unpaid = checked(&out).totals.unpaid_calls;
    assert!(unpaid > 20);
    check(&fake, &out, &["--budget", "1"])
        .exits(0)
        .says("US dollars for");
    let totals = checked(&out).totals;
    assert_eq!(
        (totals.paid_calls, totals.unpaid_calls, paid_calls(&fake)),
        (unpaid, 0, unpaid)
    );
}

#[test]
fn a_budget_is_never_exceeded_and_goes_to_the_changes_that_lower_the_risk_most() {
    for (name, setup) in [("calm", acme()), ("faults", with_paid_faults())] {
        let out = small(&format!("check-budget-{name}"));
        let fake = setup.start();
        check(&fake, &out, &["--budget", "0.0199"]);
        assert!(paid_calls(&fake) <= 9, "{name}: {}", paid_calls(&fake));
        let found = checked(&out);
        assert_eq!(found.totals.paid_calls, paid_calls(&fake), "{name}");
        assert!(found.totals.unpaid_calls > 0, "{name}");
        if name == "calm" {
            assert_eq!(paid_calls(&fake), 9);
            let paid: Vec<bool> = found
                .changes
                .iter()
                .flat_map(|change| {
                    change
                        .checks
                        .iter()
                        .find(|row| row.check == CheckKind::NoNewAccess)
                })
                .map(|row| row.compared > 0)
                .collect();
            assert!(paid.is_sorted_by(|before, after| before >= after), "{paid:?}");
        }
        verify(&out).exits(0);
    }
}

fn with_paid_faults() -> Setup {
    use crate::fake::{Fault, Rule, When};
    let faults = [Fault::Internal, Fault::Throttle, Fault::Reset];
    let rule = |(at, fault)| Rule::new(fault, When::Chance(0.5, at as u64)).on(PAID[at % 2]);
    faults
        .into_iter()
        .enumerate()
        .map(rule)
        .fold(acme(), Setup::fault)
}

#[test]
fn the_printed_policy_is_what_a_check_can_call_and_a_scan_can_call_none_of_it() {
    let actions = |args: &[&str]| -> BTreeSet<String> {
        let printed: Value = serde_json::from_str(&leastwise(args).ran().exits(0).out).unwrap();
        let statements = printed["Statement"].as_array().unwrap();
        let all = statements.iter().flat_map(|it| match &it["Action"] {
            Value::String(one) => vec![one.clone()],
            many => many
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap().to_owned())
                .collect(),
        });
        all.collect()
    };
    let callable = |of: &[Operation]| -> BTreeSet<String> {
        of.iter().map(|operation| operation.action().to_owned()).collect()
    };
    let check = actions(&["iam-policy", "--check"]);
    assert_eq!(check, callable(CHECK_OPERATIONS));
    let shared: Vec<String> = check.intersection(&actions(&["iam-policy"])).cloned().collect();
    assert_eq!(shared, ["access-analyzer:ListFindings", "sts:GetCallerIdentity"]);
    assert!(!OPERATIONS.iter().any(|it| it.name().contains("Policy")));
    let reads = ["Get", "List", "Check", "Validate", "Simulate"];
    for action in &check {
        let (_, name) = action.split_once(':').unwrap();
        assert!(
            reads.iter().any(|verb| name.starts_with(verb)),
            "{action} may write"
        );
    }
    leastwise(["iam-policy", "--check", "--trust", "111111111111"])
        .ran()
        .exits(2);
}

#[test]
fn a_report_that_does_not_verify_is_refused_before_aws_is_asked() {
    let out = small("check-refused");
    let fake = acme().start();
    let path = out.join(format!("policies/{ARCHIVE}.after.json"));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("s3:PutBucketAbac", "s3:PutBucketPolicy")).unwrap();
    check(&fake, &out, &[])
        .exits(1)
        .says("does not verify")
        .says("leastwise verify");
    assert_eq!(fake.operations(), BTreeSet::new());
    fs::write(&path, text).unwrap();
    check(&fake, Path::new("mocks/acme"), &[])
        .exits(1)
        .says("this is a snapshot");
    check(&fake, &out, &["--budget=-1"])
        .exits(2)
        .says("give an amount in US dollars");
    assert_eq!(fake.operations(), BTreeSet::new());
}

#[cfg(unix)]
#[test]
fn a_check_that_is_stopped_continues_and_asks_nothing_twice() {
    let out = small("check-stopped");
    let whole = {
        let other = small("check-not-stopped");
        let fake = acme().start();
        check(&fake, &other, &[]).exits(0);
        fake.calls_of("ValidatePolicy")
    };
    // One by one, and from the sixth change on there is no answer: nothing more can be done before it is stopped.
    use crate::fake::{Fault, Rule, When};
    let silent = Rule::new(Fault::Silent, When::From(13)).on("ValidatePolicy");
    let fake = acme().fault(silent).start();
    let run = command(&fake, &out, &[]).with("LEASTWISE_LIMITS_ACCOUNTS", "1");
    let ran = run.stopped_when(|| fake.calls_of("ValidatePolicy") > 12).exits(1);
    ran.says("changes are checked")
        .says("run the same command again to continue");
    let saved = checked(&out);
    assert!(!saved.changes.is_empty() && saved.changes.len() < report(&out).totals.recommendations);
    verify(&out).exits(0);
    let answered: usize = saved
        .changes
        .iter()
        .flat_map(|change| &change.checks)
        .filter(|row| row.check == CheckKind::ValidatePolicy)
        .map(|row| 1 + row.compared)
        .sum();
    fake.heal();
    fake.forget();
    check(&fake, &out, &[]).exits(0);
    assert_eq!(fake.calls_of("ValidatePolicy"), whole - answered as u64);
    let found = checked(&out);
    assert_eq!(found.totals.changes, report(&out).totals.recommendations);
    let left: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(left.iter().all(|name| !name.ends_with(".part")), "{left:?}");
}

#[cfg(unix)]
#[test]
fn what_was_answered_of_a_change_in_work_is_kept_when_the_check_is_stopped() {
    use crate::fake::{Fault, Rule, When};
    let out = small("check-in-work");
    let silent = Rule::new(Fault::Silent, When::From(1)).on("SimulateCustomPolicy");
    let fake = acme().fault(silent).start();
    let run = command(&fake, &out, &[]).with("LEASTWISE_LIMITS_ACCOUNTS", "1");
    run.stopped_when(|| fake.calls_of("SimulateCustomPolicy") > 0)
        .exits(1);
    let validated = fake.calls_of("ValidatePolicy");
    let saved = checked(&out);
    assert_eq!(saved.totals.incomplete, saved.changes.len());
    let is_kept = |row: &CheckRow| row.check == CheckKind::ValidatePolicy && row.is_final();
    assert!(
        saved
            .changes
            .iter()
            .any(|change| change.checks.iter().any(is_kept))
    );
    verify(&out).exits(0);
    fake.heal();
    fake.forget();
    check(&fake, &out, &[]).exits(0);
    let again = fake.calls_of("ValidatePolicy");
    let other = small("check-not-in-work");
    fake.forget();
    check(&fake, &other, &[]).exits(0);
    assert_eq!(validated + again, fake.calls_of("ValidatePolicy"));
}

#[cfg(unix)]
#[test]
fn asking_again_loses_no_answer_when_it_is_stopped() {
    use crate::fake::{Fault, Rule, When};
    let out = small("check-again-stopped");
    let fake = acme().start();
    check(&fake, &out, &["--budget", "1"]).exits(0);
    let before = checked(&out);
    let silent = Rule::new(Fault::Silent, When::From(1)).on("SimulateCustomPolicy");
    let mute = acme().fault(silent).start();
    let run = command(&mute, &out, &["--again"]).with("LEASTWISE_LIMITS_ACCOUNTS", "1");
    run.stopped_when(|| mute.calls_of("SimulateCustomPolicy") > 0)
        .exits(1);
    assert_eq!(checked(&out).changes, before.changes);
    verify(&out).exits(0);
}

#[test]
fn a_file_that_somebody_changed_is_found_and_nothing_else_may_be_added() {
    let out = small("check-tampered");
    let fake = acme()
        .dispute("ValidatePolicy", BUCKET, REMOVED, "No such action.")
        .start();
    check(&fake, &out, &[]).exits(0);
    verify(&out).exits(0);
    let path = |name: &str| out.join(name);
    let (text, names) = (
        fs::read_to_string(path("check.json")).unwrap(),
        fs::read_to_string(path("changes/disputed.txt")).unwrap(),
    );
    assert_eq!(names, format!("{ARCHIVE}\n"));
    let found = |what: &str| {
        verify(&out).exits(1).prints(what);
        fs::write(path("check.json"), &text).unwrap();
        fs::write(path("changes/disputed.txt"), &names).unwrap();
        verify(&out).exits(0);
    };
    fs::write(path("check.json"), text.replacen("\"disputed\"", "\"agreed\"", 1)).unwrap();
    found("check.json");
    let digest = leastwise_core::digest::sha256(fs::read(path("manifest.json")).unwrap());
    fs::write(path("check.json"), text.replace(&digest, &"0".repeat(64))).unwrap();
    found("it is the result for another report");
    fs::write(path("check.json"), "{").unwrap();
    found("check.json");
    fs::write(path("changes/disputed.txt"), "").unwrap();
    found("changes/disputed.txt differs");
    fs::remove_file(path("changes/disputed.txt")).unwrap();
    found("changes/disputed.txt differs");
    fs::remove_file(path("check.json")).unwrap();
    found("changes/disputed.txt is not listed in manifest.json");
    fs::write(path("checks.json"), "{}").unwrap();
    verify(&out)
        .exits(1)
        .prints("checks.json is not listed in manifest.json");
}

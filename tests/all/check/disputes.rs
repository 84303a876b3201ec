//! What AWS disputes, each kind once: it is named with both opinions, and no script applies it.

use std::fs;
use std::path::Path;
use std::process::Command;

use leastwise_core::report::{CheckKind, CheckOutcome, CheckRow, CheckVerdict};
use serde_json::{Value, json};

use super::{ACCOUNTS, ARCHIVE, BUCKET, REMOVED, ROLE, check, checked, small, verdict, verify};
use crate::fake::Setup;
use crate::run::leastwise;
use crate::scan::acme;

/// The row of one kind of the change.
fn row(report: &std::path::Path, kind: CheckKind) -> CheckRow {
    let found = checked(report);
    let change = found.changes.iter().find(|change| change.id == ARCHIVE).unwrap();
    change
        .checks
        .iter()
        .find(|row| row.check == kind)
        .unwrap()
        .clone()
}

#[test]
fn every_kind_of_dispute_marks_the_change_and_no_other() {
    let advice = vec![
        json!({"unusedPermissionsRecommendedStep": {
            "recommendedAction": "CREATE_POLICY", "existingPolicyId": "archive",
            "recommendedPolicy": json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": [REMOVED, "s3:GetBucket*", "s3:PutObject*"], "Resource": "*",
            }]}).to_string(),
        }}),
        json!({"unusedPermissionsRecommendedStep": {
            "recommendedAction": "DETACH_POLICY", "existingPolicyId": "archive",
        }}),
    ];
    let dispute = |operation: &str, says: &str| acme().dispute(operation, BUCKET, REMOVED, says);
    let cases: [(&str, Setup, CheckKind, &str); 6] = [
        (
            "invalid",
            dispute("ValidatePolicy", "No such action."),
            CheckKind::ValidatePolicy,
            "INVALID_ACTION: No such action.",
        ),
        (
            "denied",
            dispute("SimulateCustomPolicy", "deny"),
            CheckKind::Simulate,
            "the reduced policy does not",
        ),
        (
            "allowed",
            dispute("SimulateCustomPolicy", "allow"),
            CheckKind::Simulate,
            "the reduced policy allows these actions",
        ),
        (
            "new",
            dispute("CheckNoNewAccess", "Grants more."),
            CheckKind::NoNewAccess,
            "Grants more.",
        ),
        (
            "granted",
            dispute("CheckAccessNotGranted", "Still grants."),
            CheckKind::AccessNotGranted,
            "Still grants.",
        ),
        (
            "advice",
            acme()
                .recommends(ROLE, advice)
                .page("GetFindingRecommendation", 1),
            CheckKind::Recommendation,
            "keeps these actions",
        ),
    ];
    for (name, setup, kind, says) in cases {
        let out = small(&format!("check-dispute-{name}"));
        let fake = setup.start();
        let ran = check(&fake, &out, &["--budget", "1", "--fail-on", "disputed"]).exits(5);
        let ran = ran
            .says(&format!("disputed      {ARCHIVE}"))
            .says(says)
            .says("leastwise: ");
        let found = checked(&out);
        assert_eq!(verdict(&found, ARCHIVE), CheckVerdict::Disputed, "{name}");
        assert_eq!(found.totals.disputed, 1, "{name}: {}", ran.err);
        let row = row(&out, kind);
        assert_eq!(row.outcome, CheckOutcome::Disputes, "{name}");
        let remark = row.remarks.iter().find(|remark| remark.disputes).unwrap();
        assert!(
            remark.aws.contains(says) && !remark.leastwise.is_empty(),
            "{name}: {remark:?}"
        );
        assert_eq!(
            fs::read_to_string(out.join("changes/disputed.txt")).unwrap(),
            format!("{ARCHIVE}\n")
        );
        verify(&out).exits(0);
    }
}

#[test]
fn a_dispute_stands_until_aws_has_answered_the_question_again() {
    let out = small("check-dispute-stands");
    let disputing = acme()
        .dispute("CheckNoNewAccess", BUCKET, REMOVED, "Grants more.")
        .start();
    check(&disputing, &out, &["--budget", "1"]).exits(0);
    // Without a budget it is not asked, and no answer is no agreement.
    let agreeing = acme().start();
    check(&agreeing, &out, &["--again"]).exits(0);
    assert_eq!(verdict(&checked(&out), ARCHIVE), CheckVerdict::Disputed);
    let listed = || fs::read_to_string(out.join("changes/disputed.txt")).unwrap_or_default();
    assert_eq!(listed(), format!("{ARCHIVE}\n"));
    verify(&out).exits(0);
    check(&agreeing, &out, &["--again", "--budget", "1"]).exits(0);
    assert_eq!(verdict(&checked(&out), ARCHIVE), CheckVerdict::Agreed);
    assert_eq!(listed(), "");
}

/// The same accounts once more, compared with an earlier report.
fn scanned_again(report: &Path, earlier: &Path) {
    let (to, previous) = (report.to_str().unwrap(), earlier.to_str().unwrap());
    let what = ["scan", "--snapshot", "mocks/acme", "--accounts", ACCOUNTS];
    let how = [
        "--out",
        to,
        "--previous",
        previous,
        "--ready-after",
        "1",
        "--format",
        "json,changes,terraform,cloudformation",
    ];
    leastwise(what.into_iter().chain(how)).ran().exits(0);
}

/// Whether the report knows of the dispute: its note, no script, no code and not ready, all or none.
fn is_disputed(report: &Path) -> bool {
    let of = |path: &str| fs::read_to_string(report.join(path)).unwrap();
    let account: Value = serde_json::from_str(&of("accounts/333333333333.json")).unwrap();
    let all = account["recommendations"].as_array().unwrap();
    let change = all.iter().find(|it| it["id"] == ARCHIVE).unwrap();
    let noted = change["notes"]
        .as_array()
        .is_some_and(|notes| notes.contains(&json!("disputed")));
    let rows = of("changes/333333333333.jsonl");
    let row = rows.lines().find(|row| row.contains(ARCHIVE)).unwrap();
    assert_eq!(noted, row.contains("AWS disputed it"));
    let terraform = of("changes/333333333333/terraform/main.tf");
    assert_eq!(noted, terraform.contains("AWS disputed it"));
    assert_eq!(noted, change["ready"] == json!(false));
    noted
}

#[test]
fn a_dispute_goes_with_the_change_into_later_reports_until_aws_agrees() {
    let out = small("check-dispute-carried");
    let disputing = acme()
        .dispute("ValidatePolicy", BUCKET, REMOVED, "No such action.")
        .start();
    check(&disputing, &out, &[]).exits(0);
    let night = |number: u8| out.with_file_name(format!("night-{number}"));
    scanned_again(&night(1), &out);
    assert!(is_disputed(&night(1)));
    verify(&night(1)).exits(0);
    // Nobody asked AWS about this report, and the next one still knows.
    scanned_again(&night(2), &night(1));
    assert!(is_disputed(&night(2)));
    let agreeing = acme().start();
    check(&agreeing, &night(2), &["--budget", "1"]).exits(0);
    scanned_again(&night(3), &night(2));
    assert!(!is_disputed(&night(3)));
}

#[test]
fn what_aws_finds_in_both_policies_is_not_the_changes_and_a_warning_disputes_nothing() {
    // Planted on every document that does not allow an action of no policy: on both.
    let out = small("check-both");
    let fake = acme()
        .dispute("ValidatePolicy", BUCKET, "nosuch:Action", "An old error.")
        .start();
    check(&fake, &out, &["--fail-on", "disputed"]).exits(0);
    let row = row(&out, CheckKind::ValidatePolicy);
    assert_eq!((row.outcome, row.remarks.len()), (CheckOutcome::Agrees, 0));
}

#[test]
fn an_action_that_aws_keeps_through_a_wildcard_though_it_reports_it_unused_is_only_told() {
    let out = small("check-wildcard");
    let policy = |actions: Value| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
            .to_string()
    };
    let step = |document: String| {
        vec![json!({"unusedPermissionsRecommendedStep": {
            "recommendedAction": "CREATE_POLICY", "existingPolicyId": "archive", "recommendedPolicy": document,
        }})]
    };
    let fake = acme().recommends(ROLE, step(policy(json!(["s3:Put*"])))).start();
    check(&fake, &out, &["--fail-on", "disputed"]).exits(0);
    let found = row(&out, CheckKind::Recommendation);
    assert_eq!(found.outcome, CheckOutcome::Differs);
    let about = |part: &str| {
        found
            .remarks
            .iter()
            .find(|remark| remark.aws.contains(part))
            .unwrap()
    };
    assert!(!about("through a wildcard").disputes);
    assert!(
        about("removes these actions as well")
            .actions
            .contains(&"s3:GetBucketAcl".to_owned())
    );
}

#[test]
fn the_script_refuses_a_disputed_change_but_can_roll_it_back() {
    let out = small("check-script");
    let fake = acme()
        .dispute("ValidatePolicy", BUCKET, REMOVED, "No such action.")
        .start();
    check(&fake, &out, &[]).exits(0);
    let lib = fs::read_to_string(out.join("changes/lib.bash")).unwrap();
    assert!(lib.contains("refuse_disputed \"$1\""));
    let refuses = |name: &str| {
        let script = "set -euo pipefail; . ./lib.bash; refuse_disputed \"$1\"; echo 'goes on'";
        let mut command = Command::new("bash");
        command
            .args(["-c", script, "bash", name])
            .current_dir(out.join("changes"))
            .env("FORCE", "1");
        command.output().unwrap()
    };
    let refused = refuses(ARCHIVE);
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains(&format!("stopped: AWS disputes {ARCHIVE}; check.json")),
        "{said}"
    );
    for other in [
        "333333333333/role/log-archiver/arch",
        "333333333333/role/log.archiver/archive",
        "-e",
    ] {
        assert!(refuses(other).status.success(), "{other}");
    }
}

#[test]
fn the_words_of_aws_neither_steer_a_terminal_nor_stand_for_lines_of_their_own() {
    let out = small("check-hostile");
    let says = "Grants\u{1b}[2J more\u{202e} access.\nleastwise: forged</script>";
    let fake = acme().dispute("CheckNoNewAccess", BUCKET, REMOVED, says).start();
    let ran = check(&fake, &out, &["--budget", "1"]).exits(0);
    assert!(ran.err.contains("disputed"));
    for text in [ran.err, fs::read_to_string(out.join("check.json")).unwrap()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(
            !text
                .lines()
                .any(|line| line.trim_start().starts_with("leastwise: forged")),
            "{text}"
        );
    }
    verify(&out).exits(0);
}

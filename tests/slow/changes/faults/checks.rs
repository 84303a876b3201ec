//! What speaks against applying a change.

use serde_json::{Value, json};

use super::kinds::{copy_of_aws, inline_of_group, inline_of_role, set_inline};
use super::{ACCOUNT, document};

#[test]
#[ignore = "needs jq and python3"]
fn what_was_used_since_the_report_is_not_removed() {
    let service = |name: &str, last: &str, tracked: Value| json!({"ServiceNamespace": name, "LastAuthenticated": last, "TrackedActionsLastAccessed": tracked});
    let (early, late) = ("2026-09-30T23:59:59+00:00", "2026-10-01T00:00:01+00:00");
    let action = |name: &str, last: &str| json!({"ActionName": name, "LastAccessedTime": last});
    let bench = inline_of_role("used");
    let principal = format!("arn:aws:iam::{ACCOUNT}:role/app");
    let used = |services: Value| {
        bench.fault(json!({"used": {(principal.as_str()): services}}));
    };

    // On the second page.
    used(json!([
        service("ec2", late, json!([])),
        service("s3", late, json!([action("DeleteBucket", late)]))
    ]));
    bench.refuses(bench.apply(&[]), "used the permissions above since the report");
    bench.refuses(bench.apply(&[("DRY_RUN", "1")]), "s3:DeleteBucket (2026-10-01)");
    used(json!([service("sqs", late, Value::Null)]));
    bench.refuses(bench.apply(&[]), "sqs:* (2026-10-01)");
    // Nothing of that is removed, or it was known.
    let known = json!([action("GetObject", late), action("DeleteBucket", early)]);
    used(json!([
        service("sqs", early, Value::Null),
        service("s3", late, known)
    ]));
    let ran = bench.apply(&[]).exits(0);
    assert!(!ran.err.contains("warning"), "{}", ran.err);
    bench.roll_back(&[]).exits(0);
    // AWS does not say which action.
    used(json!([service("s3", late, Value::Null)]));
    bench
        .apply(&[])
        .exits(0)
        .says("warning: IAM does not say whether");
    bench.roll_back(&[]).exits(0);
    used(json!([service("sqs", late, Value::Null)]));
    bench
        .apply(&[("FORCE", "1")])
        .exits(0)
        .says("ignored because of FORCE=1");
    bench.roll_back(&[]).exits(0).prints("rolled back");
}

#[test]
#[ignore = "needs jq and python3"]
fn a_change_is_refused_when_iam_cannot_say_what_was_used() {
    let bench = inline_of_role("unsaid");
    let denied =
        "An error occurred (AccessDenied) when calling the GenerateServiceLastAccessedDetails operation: no";
    for (fault, why) in [
        (json!({"generate": denied}), "(AccessDenied)"),
        (json!({"job": "try later"}), "the job is FAILED: try later"),
        (
            json!({"throttled": ["get-service-last-accessed-details"]}),
            "Rate exceeded",
        ),
    ] {
        bench.fault(fault);
        bench
            .refuses(bench.apply(&[]), why)
            .refuses(bench.apply(&[]), "FORCE=1 overrides this");
        bench
            .apply(&[("FORCE", "1")])
            .exits(0)
            .says("warning: could not check");
        bench.roll_back(&[]).exits(0);
    }
    // Who is gone uses nothing.
    bench.fault(json!({"gone": [format!("arn:aws:iam::{ACCOUNT}:role/app")]}));
    bench.apply(&[]).exits(0).prints("no longer exists");
    bench.roll_back(&[]).exits(0);
    let bench = set_inline("unsaid-set");
    bench.refuses(
        bench.apply(&[]),
        "no credentials of account 222222222222: set CHECK_PROFILE",
    );
}

#[test]
#[ignore = "needs jq and python3"]
fn a_change_expires_thirty_days_after_its_evidence_and_its_rollback_never() {
    let bench = copy_of_aws("expired");
    let late = ("NOW", "2026-10-31T00:00:01Z");
    bench.refuses(bench.apply(&[late]), "this change expired on 2026-10-31");
    assert!(bench.calls().is_empty(), "AWS was asked first");
    bench.apply(&[("NOW", "2026-10-31T00:00:00Z")]).exits(0);
    bench.roll_back(&[("NOW", "2031-01-01T00:00:00Z")]).exits(0);
    bench
        .apply(&[late, ("FORCE", "1")])
        .exits(0)
        .says("warning: this change expired");
}

#[test]
#[ignore = "needs jq and python3"]
fn a_user_who_joined_the_group_since_is_named_and_who_left_is_not_missed() {
    let bench = inline_of_group("joined");
    let members = |names: Value| {
        bench
            .meanwhile(|state| state["holders"]["group/devs"]["members"] = names)
            .state()
    };
    members(json!(["ann"]));
    bench.apply(&[]).exits(0);
    bench.roll_back(&[]).exits(0);
    let joined = members(json!(["ann", "bob", "eve"]));
    let why = "members who were not analysed and may need more permissions: eve: scan again";
    bench.apply(&[("FORCE", "1")]).exits(1).says(why);
    assert_eq!(bench.state(), joined);
}

#[test]
#[ignore = "needs jq and python3"]
fn an_edit_that_is_made_while_iam_is_asked_is_not_overwritten() {
    let bench = inline_of_role("raced");
    let theirs = document(&["s3:*", "kms:Decrypt"]);
    bench.fault(json!({"edited": {"role/app": theirs}}));
    bench.apply(&[]).exits(1).says("was edited while this ran");
    assert_eq!(bench.state()["holders"]["role/app"]["inline"]["p"], theirs);
}

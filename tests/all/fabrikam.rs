//! The examples of mocks/fabrikam, whose evidence is last-accessed data: what it cannot tell takes nothing away.

mod payroll;
mod rows;

use std::path::Path;

use leastwise_core::report::Action;

use rows::{Actions, REPORT, codes, fabrikam, left_alone, recommendation, row, why};

use crate::run::{folder, leastwise};
use crate::scan::{account, files, report};

const PLATFORM: &str = "121212121212";
const RETAIL: &str = "343434343434";
const PAYROLL: &str = "565656565656";

#[test]
fn the_report_is_proven_and_every_principal_has_a_status() {
    leastwise(["verify", REPORT.to_str().unwrap()])
        .ran()
        .exits(0)
        .prints("8 changes proven again");
    let totals = report(&REPORT).totals;
    let count = |wanted: &str| {
        totals
            .statuses
            .iter()
            .find(|(status, _)| status.name() == wanted)
            .unwrap()
            .1
    };
    assert_eq!(
        (totals.principals, totals.statuses.values().sum::<usize>()),
        (26, 26)
    );
    assert_eq!(
        (count("reducible"), count("blocked"), count("no-evidence")),
        (&8, &7, &7)
    );
    assert_eq!((count("no-finding"), count("unused-principal")), (&2, &2));
}

#[test]
fn the_snapshot_is_what_a_capture_writes() {
    let out = folder("fabrikam-capture").join("snapshot");
    leastwise([
        "capture",
        "--snapshot",
        "mocks/fabrikam",
        "--out",
        out.to_str().unwrap(),
    ])
    .ran()
    .exits(0);
    let (wanted, found) = (files(Path::new("mocks/fabrikam")), files(&out));
    let differing: Vec<&String> = wanted
        .keys()
        .filter(|path| found.get(*path) != wanted.get(*path))
        .collect();
    assert!(
        differing.is_empty() && wanted.len() == found.len(),
        "{differing:?}"
    );
}

#[test]
fn a_used_service_that_the_catalog_lacks_stays_when_a_star_is_split() {
    why(
        PLATFORM,
        "used-service-beyond-the-catalog",
        "reducible",
        "permissions-unused",
    );
    let id = format!("{PLATFORM}/role/used-service-beyond-the-catalog/everything");
    let change = recommendation(&REPORT, &id);
    let after = Actions::after(&REPORT, &change);
    // Nothing is known of sqs.
    for stays in ["nimbus:*", "ecs:*", "logs:*", "sqs:*"] {
        assert!(after.has(stays), "{stays}");
    }
    for unused in ["gamelift:", "mediaconvert:", "robomaker:"] {
        assert!(
            !after.0.iter().any(|it| it == "*" || it.starts_with(unused)),
            "{unused}"
        );
    }
    assert!(change.used.iter().any(|it| it.service_namespace == "nimbus"));
    assert_eq!(change.confidence.level.name(), "medium");
    assert_eq!(
        codes(&change),
        ["grant-age-unknown", "used-in-window", "unused-by-service"]
    );
}

#[test]
fn a_split_that_the_catalog_is_behind_for_is_held_back() {
    for (name, policy, unused) in [
        ("used-action-beyond-the-catalog", "buckets", 6),
        ("catalog-behind", "workflows", 4),
    ] {
        let why = why(PLATFORM, name, "blocked", "policies-stay");
        assert!(
            why.ends_with("confidence is lower than `min-confidence`"),
            "{why}"
        );
        assert_eq!(
            (
                row(PLATFORM, name).effect.unused,
                row(PLATFORM, name).effect.removed
            ),
            (unused, 0)
        );
        let stays = left_alone(PLATFORM, &format!("{name}/{policy}"));
        assert_eq!(stays.code.name(), "not-sure-enough");
        assert!(stays.why.starts_with("confidence is low") && stays.why.contains("catalog update"));
    }
}

#[test]
fn the_lowest_confidence_publishes_what_is_held_back_and_keeps_what_was_used() {
    let out = fabrikam("fabrikam-low", &["--min-confidence", "low"]);
    leastwise(["verify", out.to_str().unwrap()])
        .ran()
        .exits(0)
        .prints("10 changes proven again");
    let left = account(&out, PLATFORM).left_alone;
    assert!(left.is_empty(), "{left:?}");
    let published = |name: &str, behind: &str| {
        let change = recommendation(&out, &format!("{PLATFORM}/role/{name}"));
        assert_eq!(
            (change.confidence.level.name(), codes(&change)[0]),
            ("low", "catalog-behind")
        );
        assert_eq!(change.catalog_behind, [behind]);
        Actions::after(&out, &change)
    };

    let buckets = published("used-action-beyond-the-catalog/buckets", "s3");
    for used in [
        "s3:GetBucketInsightReport",
        "s3:PutBucketInsightReport",
        "s3:GetBucketLocation",
    ] {
        assert!(buckets.grants(used), "{used}");
    }
    for unused in [
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:GetBucketPolicy",
        "s3:PutBucketAcl",
    ] {
        assert!(!buckets.grants(unused), "{unused}");
    }

    let workflows = published("catalog-behind/workflows", "states");
    assert!(workflows.grants("states:StartExecution") && workflows.grants("states:StopExecution"));
    assert!(!workflows.grants("states:PauseExecution") && !workflows.grants("states:DeleteStateMachine"));
}

#[test]
fn a_star_says_what_few_removals_cost() {
    why(
        PLATFORM,
        "star-with-few-removals",
        "reducible",
        "permissions-unused",
    );
    let change = recommendation(
        &REPORT,
        &format!("{PLATFORM}/role/star-with-few-removals/everything"),
    );
    let [star] = change.patterns.as_slice() else {
        panic!("{:?}", change.patterns)
    };
    assert_eq!(
        (star.pattern.as_str(), star.unused, change.permissions_removed),
        ("*", 3, 3)
    );
    assert!(star.keeps_services.unwrap() > 400);
    let after = Actions::after(&REPORT, &change);
    assert!(after.grants("sqs:SendMessage") && after.has("ecs:*") && after.has("nimbus:*"));
    for unused in ["sqs:AddPermission", "sqs:PurgeQueue", "sqs:RemovePermission"] {
        assert!(!after.grants(unused), "{unused}");
    }
}

#[test]
fn what_aws_does_not_see_in_use_stays_and_is_listed() {
    for (name, policy, gone, stays) in [
        (
            "pass-role-task-runner",
            "run-tasks",
            "iam:GetRole",
            "iam:PassRole",
        ),
        (
            "database-login",
            "read-the-database",
            "rds:DescribeDBSnapshots",
            "rds-db:connect",
        ),
    ] {
        why(PLATFORM, name, "reducible", "permissions-unused");
        assert_eq!(row(PLATFORM, name).effect.unobserved, [stays]);
        let change = recommendation(&REPORT, &format!("{PLATFORM}/role/{name}/{policy}"));
        let after = Actions::after(&REPORT, &change);
        assert!(after.has(stays) && !after.grants(gone), "{name}");
    }
}

#[test]
fn what_is_rarely_used_lowers_the_confidence() {
    why(PLATFORM, "rarely-used-actions", "reducible", "permissions-unused");
    let change = recommendation(
        &REPORT,
        &format!("{PLATFORM}/role/rarely-used-actions/keep-the-archive"),
    );
    assert_eq!(
        change.rare_actions,
        ["kms:EnableKey", "rds:PromoteReadReplica", "s3:RestoreObject"]
    );
    assert_eq!(change.confidence.level.name(), "medium");
    assert!(
        codes(&change).contains(&"rarely-used-actions"),
        "{:?}",
        codes(&change)
    );
}

#[test]
fn unused_emergency_access_is_not_for_deletion() {
    let why = why(
        PLATFORM,
        "break-glass-root-access",
        "unused-principal",
        "emergency-access-unused",
    );
    assert!(
        why.contains("do not delete, add an exception") && !why.contains("then delete"),
        "{why}"
    );
    assert!(
        row(PLATFORM, "break-glass-root-access")
            .recommendations
            .is_empty()
    );
}

#[test]
fn what_was_granted_last_week_stays() {
    why(RETAIL, "grant-of-last-week", "reducible", "permissions-unused");
    let change = recommendation(&REPORT, &format!("{RETAIL}/managed/order-events"));
    assert_eq!(
        (change.action, change.permissions_removed),
        (Action::NewVersion, 1)
    );
    let after = Actions::after(&REPORT, &change);
    assert!(!after.grants("sqs:PurgeQueue"));
    for young in [
        "sqs:SetQueueAttributes",
        "sns:CreateTopic",
        "sns:ListTopics",
        "sns:Publish",
    ] {
        assert!(after.has(young), "{young}");
    }

    let sentence = why(RETAIL, "policy-made-last-week", "blocked", "policies-stay");
    assert!(
        sentence.ends_with("the policy was granted too recently to judge"),
        "{sentence}"
    );
    assert_eq!(
        left_alone(RETAIL, "policy/price-alerts").code.name(),
        "grant-too-young"
    );
}

#[test]
fn a_grant_of_which_nobody_knows_the_age_is_medium_at_most() {
    why(RETAIL, "inline-age-unknown", "reducible", "permissions-unused");
    let change = recommendation(&REPORT, &format!("{RETAIL}/role/inline-age-unknown/orders"));
    assert_eq!(
        (change.action, change.confidence.level.name()),
        (Action::Replace, "medium")
    );
    assert_eq!(
        codes(&change),
        ["grant-age-unknown", "used-in-window", "unused-by-action"]
    );
    let after = Actions::after(&REPORT, &change);
    assert_eq!(after.0, ["dynamodb:DescribeTable", "dynamodb:GetItem"]);
}

#[test]
fn gaps_and_contradictions_are_no_evidence() {
    for (id, name, code, part) in [
        (
            RETAIL,
            "unused-but-used-elsewhere",
            "unused-but-recently-used",
            "2026-10-31",
        ),
        (RETAIL, "job-failed", "job-not-completed", "FAILED"),
        (
            RETAIL,
            "service-level-only",
            "job-not-action-level",
            "SERVICE_LEVEL",
        ),
        (RETAIL, "truncated-answer", "answer-truncated", "incomplete"),
        (
            RETAIL,
            "works-in-an-untracked-region",
            "untracked-region",
            "ap-southeast-7",
        ),
        (
            PAYROLL,
            "contradictory-service",
            "contradictory-evidence",
            "sns:*",
        ),
    ] {
        let why = why(id, name, "no-evidence", code);
        assert!(why.contains(part), "{name}: {why}");
        let row = row(id, name);
        assert_eq!((row.effect.removed, row.recommendations.len()), (0, 0), "{name}");
    }
}

#[test]
fn who_may_need_all_of_a_shared_policy_keeps_it_and_is_named() {
    for (name, policy, blocker, kind, removed) in [
        (
            "shares-with-idle",
            "catalog-sync",
            "role/idle-sharer",
            "unused",
            1,
        ),
        (
            "shares-with-empty-group",
            "stock-queries",
            "group/on-call",
            "empty group",
            2,
        ),
        (
            "shares-with-standby",
            "order-failover",
            "role/orders-dr",
            "emergency access",
            2,
        ),
    ] {
        why(RETAIL, name, "blocked", "policies-stay");
        let stays = left_alone(RETAIL, &format!("policy/{policy}"));
        assert_eq!(stays.code.name(), "blocked", "{policy}");
        assert_eq!(stays.blockers, [format!("arn:aws:iam::{RETAIL}:{blocker}")]);
        assert!(stays.why.ends_with(&format!("({kind})")), "{}", stays.why);
        // A copy for the other one would take nothing from anybody else.
        let fork = stays.alternative.unwrap();
        assert_eq!(
            (fork.choice.name(), fork.removed_in_all, fork.policies),
            ("fork", removed, 1)
        );
    }
    why(RETAIL, "orders-dr", "blocked", "policies-stay");
    let idle = why(RETAIL, "idle-sharer", "unused-principal", "principal-unused");
    assert!(idle.ends_with("confirm with the owner, then delete"), "{idle}");
}

//! What AWS is asked about a change, and what follows from its answers.

use std::slice::from_ref;

use leastwise_core::catalog::Catalog;
use leastwise_core::check::{
    ACTIONS_A_CALL, CheckDecision, CheckPlan, FindingLevel, PolicyFinding, Simulation, failed, simulated,
    validated,
};
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::policy::Document;
use leastwise_core::report::{CheckKind, CheckOutcome, CheckRow, CheckVerdict, UsedService};

fn catalog() -> Catalog {
    let names: Vec<String> = (0..250).map(|at| format!("\"GetThing{at:03}\"")).collect();
    Catalog::from_json(&format!(
        "{{\"s3\":[{}],\"sqs\":[\"SendMessage\"]}}",
        names.join(",")
    ))
    .unwrap()
}

fn policy(statements: &str) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}")
}

fn plan(before: &str, after: &str, used: &[&str]) -> CheckPlan {
    let actions = used.iter().map(|name| (*name).to_owned()).collect();
    let used = UsedService {
        service_namespace: "s3".to_owned(),
        actions,
    };
    let (before, after) = (policy(before), policy(after));
    CheckPlan::of(
        &catalog(),
        &Document::parse(&before).unwrap(),
        &[Document::parse(&after).unwrap()],
        &[used],
    )
}

fn allow(action: &str, resource: &str) -> String {
    format!("{{\"Effect\":\"Allow\",\"Action\":{action},\"Resource\":\"{resource}\"}}")
}

#[test]
fn used_actions_come_first_and_a_call_has_at_most_a_hundred() {
    let plan = plan(
        &allow("\"s3:*\"", "*"),
        &allow("\"s3:GetThing0*\"", "*"),
        &["GetThing077", "getthing099"],
    );
    assert_eq!(plan.removed.len(), 150);
    assert_eq!(plan.paid_calls(), 3);
    let first = &plan.simulations[0];
    assert_eq!(first.kept[..2], ["s3:GetThing077", "s3:GetThing099"]);
    assert!(
        plan.simulations
            .iter()
            .all(|it| it.actions().count() <= ACTIONS_A_CALL && it.resource == "*")
    );
    let asked: usize = plan.simulations.iter().map(|it| it.actions().count()).sum();
    assert_eq!(asked + plan.left_out, 250);
    assert!(plan.simulations.iter().any(|it| !it.removed.is_empty()));
}

#[test]
fn an_action_is_simulated_on_a_resource_that_its_statement_has() {
    let condition = allow("\"s3:GetThing001\"", "arn:aws:s3:::x").replace('}', ",\"Condition\":{}}");
    let before = [
        condition,
        allow("[\"s3:GetThing001\",\"s3:GetThing002\"]", "arn:aws:s3:::a/*"),
        "{\"Effect\":\"Allow\",\"NotAction\":\"s3:*\",\"NotResource\":\"arn:aws:sqs:::q\"}".to_owned(),
    ];
    let plan = plan(
        &before.join(","),
        &allow("\"s3:GetThing002\"", "arn:aws:s3:::a/*"),
        &[],
    );
    let of = |action: &str| {
        let has = |it: &&Simulation| it.actions().any(|known| known == action);
        plan.simulations.iter().find(has).map(|it| it.resource.as_str())
    };
    assert_eq!(of("s3:GetThing002"), Some("arn:aws:s3:::a/*"));
    assert_eq!(of("s3:GetThing001"), Some("arn:aws:s3:::x"));
    assert_eq!(of("sqs:SendMessage"), Some("*"));
}

#[test]
fn where_nothing_is_left_there_is_nothing_to_simulate_and_nothing_to_pay() {
    let before = policy(&allow("\"s3:*\"", "*"));
    let plan = CheckPlan::of(&catalog(), &Document::parse(&before).unwrap(), &[], &[]);
    assert_eq!(
        (plan.simulations.len(), plan.paid_calls(), plan.removed.len()),
        (0, 0, 250)
    );
}

fn decided(action: &str, is_allowed: bool, missing: &[&str]) -> CheckDecision {
    let missing = missing.iter().map(|key| (*key).to_owned()).collect();
    CheckDecision {
        action: action.to_owned(),
        is_allowed,
        missing,
    }
}

fn row(kept: [bool; 2], removed: [bool; 2], missing: &[&str]) -> CheckRow {
    let (one, other) = ("s3:GetThing001".to_owned(), "s3:GetThing002".to_owned());
    let simulation = Simulation {
        resource: "*".to_owned(),
        kept: vec![one],
        removed: vec![other],
    };
    let answers = [0, 1].map(|at| {
        vec![
            decided("S3:getthing001", kept[at], missing),
            decided("s3:GetThing002", removed[at], missing),
        ]
    });
    let [before, after] = answers;
    simulated(&[(simulation, before, after)])
}

#[test]
fn the_simulator_disputes_only_what_it_decides_differently_for_both_policies() {
    use CheckOutcome::{Agrees, Disputes, Undecided};
    let (yes, no) = (true, false);
    for (kept, removed, missing, outcome, compared) in [
        ([yes, yes], [yes, no], &[][..], Agrees, 2),
        ([yes, no], [yes, no], &[], Disputes, 2),
        ([yes, yes], [yes, yes], &[], Disputes, 2),
        ([yes, yes], [no, yes], &[], Disputes, 2),
        // Without a value for a condition key nothing is allowed by either: nobody knows.
        ([no, no], [no, no], &["aws:SourceVpce"], Undecided, 0),
        ([no, no], [yes, no], &["aws:SourceVpce"], Agrees, 1),
        ([no, yes], [yes, no], &[], Agrees, 1),
    ] {
        let row = row(kept, removed, missing);
        assert_eq!(
            (row.outcome, row.compared),
            (outcome, compared),
            "{kept:?} {removed:?}"
        );
        assert_eq!(row.compared + row.not_comparable, 2);
        let names_keys = row
            .remarks
            .iter()
            .any(|it| it.aws.contains("aws:SourceVpce") && !it.disputes);
        assert_eq!(names_keys, !missing.is_empty(), "{row:?}");
    }
}

#[test]
fn a_finding_that_both_policies_have_is_not_the_changes() {
    let finding = |level, code: &str| PolicyFinding {
        level,
        code: code.to_owned(),
        details: "words".to_owned(),
    };
    let (error, warning) = (
        finding(FindingLevel::Error, "A"),
        finding(FindingLevel::Warning, "B"),
    );
    let outcome =
        |before: &[PolicyFinding], after: &[PolicyFinding]| validated(before, &[after.to_vec()]).outcome;
    assert_eq!(outcome(&[], &[]), CheckOutcome::Agrees);
    assert_eq!(outcome(from_ref(&error), from_ref(&error)), CheckOutcome::Agrees);
    assert_eq!(outcome(&[], from_ref(&warning)), CheckOutcome::Differs);
    assert_eq!(
        outcome(from_ref(&warning), &[error.clone(), warning.clone()]),
        CheckOutcome::Disputes
    );
    assert_eq!(outcome(&[error], &[]), CheckOutcome::Agrees);
}

#[test]
fn a_question_that_aws_refuses_is_undecided_and_no_answer_is_incomplete() {
    let kind = CheckKind::NoNewAccess;
    let refused = Failure::new("CheckNoNewAccess", FailureKind::Malformed)
        .saying(Some("UnprocessableEntityException"), Some("Too complex."));
    let refused = failed(kind, refused);
    assert_eq!(
        (refused.outcome, refused.is_final()),
        (CheckOutcome::Undecided, true)
    );
    assert!(refused.remarks[0].aws.contains("Too complex."));
    assert_eq!(CheckVerdict::of(from_ref(&refused)), CheckVerdict::Undecided);
    let denied = failed(kind, Failure::new("CheckNoNewAccess", FailureKind::Denied));
    assert_eq!(
        (denied.outcome, denied.is_final()),
        (CheckOutcome::NotAsked, false)
    );
    assert_eq!(CheckVerdict::of(&[refused, denied]), CheckVerdict::Incomplete);
}

//! A check while AWS fails: what passes changes nothing, what lasts is named, and nobody takes silence for agreement.

use leastwise_core::report::{CheckKind, CheckOutcome, CheckReport, CheckVerdict, FileHash};

use super::{check, checked, command, small, verify};
use crate::fake::{Fault, Rule, When};
use crate::scan::acme;

const ASKED: [&str; 4] = [
    "ValidatePolicy",
    "SimulateCustomPolicy",
    "CheckNoNewAccess",
    "CheckAccessNotGranted",
];

/// All but of which run it is, when it was made and how often it was paid for.
fn lasting(report: CheckReport) -> String {
    let mut report = report;
    report.checked.clear();
    report.manifest = FileHash::of(b"");
    report.totals.paid_calls = 0;
    serde_json::to_string_pretty(&report).unwrap()
}

#[test]
fn what_passes_gives_the_same_answers() {
    let calm = small("check-calm");
    check(&acme().start(), &calm, &["--budget", "10"]).exits(0);
    let calm = lasting(checked(&calm));
    let passing = [
        Fault::Throttle,
        Fault::Internal,
        Fault::GatewayPage,
        Fault::TruncatedBody,
        Fault::CutBody,
        Fault::Malformed,
        Fault::Reset,
        Fault::EmptyAnswer,
    ];
    let out = small("check-passing");
    for (at, fault) in passing.into_iter().enumerate() {
        let operation = ASKED[at % ASKED.len()];
        let fake = acme()
            .retry_after(0)
            .fault(Rule::new(fault, When::Nth(3)).on(operation))
            .start();
        check(&fake, &out, &["--budget", "10", "--again"]).exits(0);
        assert!(fake.struck().contains_key(&fault), "{fault:?} never came");
        let found = lasting(checked(&out));
        assert!(found == calm, "{fault:?} once with {operation}:\n{found}");
    }
    // Pages of one, and empty ones between them.
    let fake = acme()
        .page("SimulateCustomPolicy", 7)
        .page("ValidatePolicy", 1)
        .empty_pages("ValidatePolicy")
        .start();
    check(&fake, &out, &["--budget", "10", "--again"]).exits(0);
    assert!(lasting(checked(&out)) == calm);
}

#[test]
fn what_lasts_is_no_answer_and_asked_once() {
    for operation in ASKED {
        let out = small(&format!("check-denied-{operation}"));
        let fake = acme()
            .fault(Rule::new(Fault::Denied, When::Always).on(operation))
            .start();
        let run = command(&fake, &out, &["--budget", "10", "--fail-on", "disputed"]);
        let ran = run.with("LEASTWISE_LIMITS_ACCOUNTS", "1").ran().exits(3);
        ran.says("no answer")
            .says(operation)
            .says("leastwise iam-policy --check");
        assert_eq!(fake.calls_of(operation), 1, "{operation}");
        let found = checked(&out);
        assert_eq!(found.totals.agreed, 0, "{operation}");
        assert!(
            found
                .changes
                .iter()
                .any(|change| change.verdict == CheckVerdict::Incomplete)
        );
        verify(&out).exits(0);
        // What has an answer is not asked again, the rest is.
        fake.heal();
        fake.forget();
        check(&fake, &out, &["--budget", "10"]).exits(0);
        let asked: Vec<&str> = ASKED.into_iter().filter(|it| fake.calls_of(it) > 0).collect();
        assert_eq!(asked, [operation]);
        assert_eq!(checked(&out).totals.incomplete, 0);
    }
}

#[test]
fn an_answer_that_makes_no_sense_is_no_agreement() {
    let faults = [
        (Fault::UnknownEnum, "SimulateCustomPolicy", CheckKind::Simulate),
        (Fault::UnknownEnum, "CheckNoNewAccess", CheckKind::NoNewAccess),
        (Fault::RepeatedToken, "SimulateCustomPolicy", CheckKind::Simulate),
        (Fault::RepeatedToken, "ValidatePolicy", CheckKind::ValidatePolicy),
        (
            Fault::EmptyAnswer,
            "CheckAccessNotGranted",
            CheckKind::AccessNotGranted,
        ),
    ];
    let out = small("check-nonsense");
    for (fault, operation, kind) in faults {
        let fake = acme().fault(Rule::new(fault, When::Always).on(operation)).start();
        let run = command(&fake, &out, &["--budget", "10", "--again"]).with("LEASTWISE_LIMITS_ATTEMPTS", "1");
        run.ran().exits(3);
        let found = checked(&out);
        let rows: Vec<_> = found
            .changes
            .iter()
            .flat_map(|it| &it.checks)
            .filter(|row| row.check == kind)
            .collect();
        assert!(
            rows.iter().all(|row| row.outcome == CheckOutcome::NotAsked),
            "{fault:?} {operation}: {rows:?}"
        );
        assert!(!rows.is_empty() && found.totals.disputed == 0);
    }
}

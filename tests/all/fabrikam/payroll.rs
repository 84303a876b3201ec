//! The account of mocks/fabrikam whose evidence is an analyzer's findings.

use leastwise_core::report::EvidenceSource;

use super::rows::{Actions, REPORT, recommendation, row, why};
use super::{PAYROLL, PLATFORM, RETAIL};
use crate::scan::{account, report};

#[test]
fn of_two_analyzers_the_one_that_looks_back_longer_counts() {
    let evidence = |id: &str| -> EvidenceSource { account(&REPORT, id).summary.evidence };
    for id in [PLATFORM, RETAIL] {
        let found = evidence(id);
        assert_eq!(
            (found.source.name(), found.window_days),
            ("last-accessed", Some(90))
        );
        assert!(found.analyzer.is_none() && found.other_analyzers.is_empty());
    }
    let found = evidence(PAYROLL);
    assert_eq!((found.source.name(), found.window_days), ("analyzer", Some(180)));
    assert!(found.analyzer.unwrap().ends_with(":analyzer/payroll-180-days"));
    let [other] = found.other_analyzers.as_slice() else {
        panic!("{:?}", found.other_analyzers)
    };
    assert!(other.ends_with(":analyzer/fabrikam-organization-90-days"));
    assert_eq!(found.analyzer_created.as_deref(), Some("2026-01-20T13:55:18Z"));
}

#[test]
fn only_the_newest_finding_about_permissions_counts() {
    let found = account(&REPORT, PAYROLL).summary.evidence;
    assert_eq!((found.findings, found.superseded_findings), (4, 1));
    why(PAYROLL, "superseded-finding", "reducible", "permissions-unused");
    let change = recommendation(&REPORT, &format!("{PAYROLL}/role/superseded-finding/payslips"));
    assert_eq!(
        (change.permissions_removed, change.confidence.level.name()),
        (1, "high")
    );
    let after = Actions::after(&REPORT, &change);
    assert_eq!(after.0, ["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]);
}

#[test]
fn a_principal_without_a_finding_is_not_called_clean() {
    let small = why(PAYROLL, "no-finding", "no-finding", "no-finding");
    assert!(small.contains("does not prove"), "{small}");
    let large = why(
        PAYROLL,
        "no-finding-improbable",
        "no-evidence",
        "no-finding-improbable",
    );
    assert!(large.contains("probably not analysed"), "{large}");
}

#[test]
fn unused_keys_and_passwords_are_listed() {
    let user = row(PAYROLL, "user-with-unused-key-and-password");
    let keys: Vec<&str> = user
        .unused_access_keys
        .iter()
        .filter_map(|key| key.access_key_id.as_deref())
        .collect();
    assert_eq!(
        (keys.as_slice(), user.credentials()),
        (["AKIAEXAMPLE000000343"].as_slice(), 2)
    );
    assert_eq!(user.unused_password.unwrap().last_accessed, None);
    assert_eq!(
        (user.status.name(), report(&REPORT).totals.credentials),
        ("no-finding", 2)
    );
}

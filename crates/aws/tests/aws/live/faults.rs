//! What can go wrong with a call, in the bytes in which it goes wrong.

use std::time::Duration;

use leastwise_core::evidence::FailureKind;

use super::recorded::{CALLER, Recorded, Reply, finding, live, read, role, sweep};

/// The message of each of these errors names three other kinds: a classification by text would be wrong.
#[tokio::test(start_paused = true)]
async fn failures_are_told_by_code_and_status_and_tried_again_where_that_may_help() {
    use FailureKind::{Absent, Denied, Expired, Malformed, Throttled, Unreachable};
    let html = "<html><body>502 Bad Gateway</body></html>";
    let cases: [(Reply, FailureKind, usize); 16] = [
        (Reply::xml(403, "AccessDenied"), Denied, 1),
        (Reply::xml(403, "InvalidClientTokenId"), Denied, 1),
        (Reply::xml(403, "SignatureDoesNotMatch"), Denied, 1),
        (Reply::xml(403, "SomethingNew"), Denied, 1),
        (Reply::xml(403, "ExpiredToken"), Expired, 2),
        (Reply::xml(400, "ExpiredTokenException"), Expired, 2),
        (Reply::xml(400, "Throttling"), Throttled, 30),
        (Reply::xml(429, "TooManyRequestsException"), Throttled, 30),
        (Reply::xml(404, "NoSuchEntity"), Absent, 1),
        (Reply::xml(400, "ValidationError"), Malformed, 1),
        (Reply::xml(500, "ServiceFailure"), Unreachable, 10),
        (Reply::xml(503, "ServiceUnavailable"), Unreachable, 10),
        (
            Reply {
                status: 502,
                ..Reply::ok(html)
            },
            Unreachable,
            10,
        ),
        (Reply::ok(html), Malformed, 10),
        (
            Reply::ok(sweep(&role(CALLER, "r", ""), None).split_at(200).0),
            Malformed,
            10,
        ),
        (
            Reply {
                delay: Duration::from_secs(100_000),
                ..Reply::ok("")
            },
            Unreachable,
            10,
        ),
    ];
    for (reply, kind, attempts) in cases {
        let what = format!("{reply:?}");
        let mut aws = Recorded::new();
        aws.always("GetAccountAuthorizationDetails", reply);
        let aws = aws.start();
        let failure = read(&live(&aws).await, CALLER).await.authorization.unwrap_err();
        assert_eq!(failure.kind, kind, "{what}");
        assert_eq!(failure.operation, "GetAccountAuthorizationDetails", "{what}");
        assert_eq!(
            aws.asked("GetAccountAuthorizationDetails").len(),
            attempts,
            "{what}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_code_and_the_words_of_aws_go_along_and_those_of_gateways_do_not() {
    let words = Some("AccessDenied Throttling ExpiredToken");
    let cases = [
        (Reply::xml(403, "AccessDenied"), Some("AccessDenied"), words),
        (Reply::xml(400, "Throttling"), Some("Throttling"), words),
        (Reply::xml(500, "ServiceFailure"), Some("ServiceFailure"), words),
        (
            Reply {
                status: 502,
                ..Reply::ok("<html><body>502 Bad Gateway</body></html>")
            },
            None,
            None,
        ),
    ];
    for (reply, code, message) in cases {
        for operation in ["GetAccountAuthorizationDetails", "AssumeRole"] {
            let mut aws = Recorded::new();
            aws.always(operation, reply.clone());
            let aws = aws.start();
            let account = if operation == "AssumeRole" {
                "222222222222"
            } else {
                CALLER
            };
            let failure = read(&live(&aws).await, account).await.authorization.unwrap_err();
            assert_eq!(failure.operation, operation);
            assert_eq!(
                (failure.code.as_deref(), failure.message.as_deref()),
                (code, message),
                "{reply:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failures_of_access_analyzer_are_told_by_code_and_status() {
    use FailureKind::{Absent, Denied, Expired, Malformed, Throttled, Unreachable};
    let cases: [(Reply, FailureKind); 11] = [
        (Reply::json(403, "AccessDeniedException"), Denied),
        (Reply::json(403, "UnrecognizedClientException"), Denied),
        (Reply::json(403, "ExpiredTokenException"), Expired),
        (
            Reply::json(429, "ThrottlingException").header("retry-after", "1"),
            Throttled,
        ),
        (Reply::json(404, "ResourceNotFoundException"), Absent),
        (Reply::json(400, "ValidationException"), Malformed),
        (
            Reply::json(500, "InternalServerException").header("retry-after", "1"),
            Unreachable,
        ),
        (
            Reply {
                status: 503,
                ..Reply::ok("<html>")
            },
            Unreachable,
        ),
        (Reply::ok(r#"{"findings":[{"id":"#), Malformed),
        (Reply::ok("{}"), Malformed),
        (Reply::ok(""), Malformed),
    ];
    for (reply, kind) in cases {
        let what = format!("{reply:?}");
        let mut aws = Recorded::new();
        aws.always("ListFindingsV2", reply);
        let aws = aws.start();
        let answers = read(&live(&aws).await, CALLER).await;
        assert!(answers.authorization.is_ok(), "{what}");
        let failure = answers.evidence.unwrap_err();
        assert_eq!(
            (failure.operation.as_str(), failure.kind),
            ("ListFindingsV2", kind),
            "{what}"
        );
    }
}

/// The SDK takes every beginning of an XML answer for all of it, as long as it can read it.
#[tokio::test(start_paused = true)]
async fn no_beginning_of_an_answer_passes_for_all_of_it() {
    let whole = sweep(&(role(CALLER, "a", "") + &role(CALLER, "b", "")), None);
    for length in (0..whole.len()).step_by(7) {
        let mut aws = Recorded::new();
        aws.options.limits.attempts = 1;
        aws.always("GetAccountAuthorizationDetails", Reply::ok(&whole[..length]));
        let aws = aws.start();
        let failure = read(&live(&aws).await, CALLER).await.authorization.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed, "{}", &whole[..length]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_off_answer_and_an_overload_are_survived() {
    let mut aws = Recorded::new();
    aws.on("GetAccountAuthorizationDetails", |asked| {
        let whole = sweep(&role(&asked.account, "r", ""), None);
        Some(match asked.nth {
            0 => Reply::ok(&whole[..300]),
            1 => Reply::xml(503, "ServiceUnavailable"),
            2 => Reply::xml(400, "Throttling"),
            3 => Reply {
                delay: Duration::from_secs(3600),
                ..Reply::ok("")
            },
            _ => Reply::ok(whole),
        })
    });
    let aws = aws.start();
    assert!(read(&live(&aws).await, CALLER).await.authorization.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_finding_or_of_none_is_malformed() {
    for body in [
        finding("other", "UnusedPermission", "ACTIVE", ""),
        "{}".to_owned(),
    ] {
        let mut aws = Recorded::new();
        let listed = finding("f", "UnusedPermission", "ACTIVE", "");
        aws.always(
            "ListFindingsV2",
            Reply::ok(format!(r#"{{"findings":[{listed}]}}"#)),
        );
        aws.always("GetFindingV2", Reply::ok(body));
        let aws = aws.start();
        let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
        assert_eq!(
            evidence.findings[0].failure.as_ref().unwrap().kind,
            FailureKind::Malformed
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_for_one_finding_is_not_asked_for_thousands() {
    let mut aws = Recorded::new();
    aws.options.limits.findings = 4;
    let listed: Vec<String> = (0..500)
        .map(|n| finding(&format!("f{n}"), "UnusedPermission", "ACTIVE", ""))
        .collect();
    aws.always(
        "ListFindingsV2",
        Reply::ok(format!(r#"{{"findings":[{}]}}"#, listed.join(","))),
    );
    aws.always("GetFindingV2", Reply::json(403, "AccessDeniedException"));
    let aws = aws.start();
    let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
    assert_eq!(evidence.findings.len(), 500);
    assert!(
        evidence
            .findings
            .iter()
            .all(|finding| finding.failure.as_ref().unwrap().kind == FailureKind::Denied)
    );
    assert!(aws.asked("GetFindingV2").len() <= 8);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_takes_too_long_keeps_what_was_read() {
    let mut aws = Recorded::new();
    aws.options.limits.account_timeout = Duration::from_secs(30);
    let listed = ["quick", "slow"].map(|id| finding(id, "UnusedIAMRole", "ACTIVE", ""));
    aws.always(
        "ListFindingsV2",
        Reply::ok(format!(r#"{{"findings":[{}]}}"#, listed.join(","))),
    );
    aws.on("GetFindingV2", |asked| {
        let more = r#","findingDetails":[{"unusedIamRoleDetails":{}}]"#;
        Some(if asked.has("/quick") {
            Reply::ok(finding("quick", "UnusedIAMRole", "ACTIVE", more))
        } else {
            Reply {
                delay: Duration::from_secs(3600),
                ..Reply::ok("")
            }
        })
    });
    let aws = aws.start();
    let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
    assert!(evidence.findings[0].failure.is_none() && evidence.findings[0].finding_details.is_some());
    assert_eq!(
        evidence.findings[1].failure.as_ref().unwrap().kind,
        FailureKind::Unreachable
    );
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_time_runs_out_says_what_was_in_its_way() {
    let slow = |reply: Reply| reply.header("retry-after", "60");
    let cases = [
        (
            "GetAccountAuthorizationDetails",
            slow(Reply::xml(400, "Throttling")),
        ),
        ("GetAnalyzer", slow(Reply::json(429, "ThrottlingException"))),
        ("ListFindingsV2", slow(Reply::json(429, "ThrottlingException"))),
    ];
    for (operation, reply) in cases {
        let mut aws = Recorded::new();
        aws.options.limits.account_timeout = Duration::from_secs(30);
        aws.always(operation, reply);
        let aws = aws.start();
        let live = live(&aws).await;
        // Two accounts look for one analyzer: one of them asks, the other waits for it.
        let (one, other) = tokio::join!(read(&live, CALLER), read(&live, CALLER));
        for answers in [one, other] {
            let failure = answers.authorization.err().or(answers.evidence.err()).unwrap();
            assert_eq!(
                (failure.operation.as_str(), failure.kind),
                (operation, FailureKind::Throttled)
            );
        }
    }
}

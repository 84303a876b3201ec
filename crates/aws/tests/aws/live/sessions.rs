//! Credentials: assumed, renewed, refused; and accounts that leave each other alone.

use leastwise_aws::Cloud as _;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use futures::future::join_all;
use leastwise_aws::live::{ConnectError, Live, OPERATIONS, Operation};
use leastwise_aws::options::{Access, EvidenceFrom, Role};
use leastwise_core::evidence::FailureKind;
use tokio::time::Instant;

use super::recorded::{CALLER, Recorded, Reply, assumed, finding, live, read, role, sdk, sweep};

fn account(n: usize) -> String {
    format!("{:012}", 222_222_000_000_usize + n)
}

/// Eight findings for whoever asks.
fn busy() -> Recorded {
    let mut aws = Recorded::new();
    aws.on("ListFindingsV2", |asked| {
        let owner = asked
            .body
            .split("resourceOwnerAccount\":{\"eq\":[\"")
            .nth(1)
            .unwrap()[..12]
            .to_owned();
        let listed: Vec<String> = (0..8)
            .map(|n| finding(&format!("{owner}-{n}"), "UnusedIAMRole", "ACTIVE", "").replace(CALLER, &owner))
            .collect();
        Some(Reply::ok(format!(r#"{{"findings":[{}]}}"#, listed.join(","))))
    });
    aws.on("GetFindingV2", |asked| {
        let id = asked
            .path
            .split("findingv2/")
            .nth(1)
            .unwrap()
            .split('?')
            .next()
            .unwrap();
        let more = r#","findingDetails":[{"unusedIamRoleDetails":{}}]"#;
        Some(Reply::ok(finding(id, "UnusedIAMRole", "ACTIVE", more)))
    });
    aws
}

#[tokio::test(start_paused = true)]
async fn a_hundred_accounts_assume_a_role_each_once() {
    let mut aws = busy();
    aws.options.assume.role = Role {
        name: "audit/reader".to_owned(),
        external_id: Some("ext".to_owned()),
        session_name: "scan".to_owned(),
        duration: Duration::from_secs(1800),
    };
    // Pages make several calls with the same credentials.
    aws.on("GetAccountAuthorizationDetails", |asked| {
        let marker = (asked.nth < 4).then(|| format!("m{}", asked.nth));
        Some(Reply::ok(sweep(
            &role(&asked.account, &format!("r{}", asked.nth), ""),
            marker.as_deref(),
        )))
    });
    let aws = aws.start();
    let live = live(&aws).await;
    let accounts: Vec<String> = (0..100).map(account).collect();
    let answers = join_all(accounts.iter().map(|account| read(&live, account))).await;
    assert!(answers.iter().all(|answers| answers.authorization.is_ok()));
    assert!(
        answers
            .iter()
            .all(|answers| answers.evidence.as_ref().unwrap().findings.len() == 8)
    );
    let asked = aws.asked("AssumeRole");
    assert_eq!(asked.len(), 100, "one for each account");
    assert!(asked.iter().all(|asked| asked.account == CALLER));
    for part in [
        ":role/audit/reader",
        "ExternalId=ext",
        "RoleSessionName=scan",
        "DurationSeconds=1800",
    ] {
        assert!(asked[0].has(part), "{} lacks {part}", asked[0].body);
    }
    // Whatever the role may do, its sessions may do what is called there.
    for action in OPERATIONS
        .iter()
        .filter(|it| it.in_members())
        .map(Operation::action)
    {
        assert!(
            asked[0].has(&format!("%22{action}%22")),
            "{} lacks {action}",
            asked[0].body
        );
    }
    assert!(
        !asked[0].has("sts:AssumeRole") && !asked[0].has("organizations:"),
        "{}",
        asked[0].body
    );
    assert_eq!(
        aws.asked("GetAnalyzer").len(),
        1,
        "the organisation's analyzer is found once"
    );
    assert_eq!(
        aws.asked("ListAnalyzers").len(),
        101,
        "the organisation's once, and each account's own"
    );
    assert!(
        aws.asked("GetFindingV2")
            .iter()
            .all(|asked| asked.account == CALLER)
    );
}

#[tokio::test(start_paused = true)]
async fn throttling_of_one_account_does_not_slow_another() {
    let mut aws = Recorded::new();
    aws.options.source = EvidenceFrom::Analyzer;
    aws.on("GetAccountAuthorizationDetails", |asked| {
        (asked.account == account(0)).then(|| Reply::xml(400, "Throttling").header("retry-after", "5"))
    });
    let aws = aws.start();
    let live = live(&aws).await;
    let (slow, quick) = (account(0), account(1));
    let began = Instant::now();
    let throttled = async { (read(&live, &slow).await, began.elapsed()) };
    let free = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let asked = Instant::now();
        (read(&live, &quick).await, asked.elapsed())
    };
    let ((slow, slow_took), (quick, quick_took)) = tokio::join!(throttled, free);
    assert_eq!(slow.authorization.unwrap_err().kind, FailureKind::Throttled);
    assert!(slow_took > Duration::from_secs(100), "{slow_took:?}");
    assert!(quick.authorization.is_ok());
    assert!(quick_took < Duration::from_secs(1), "{quick_took:?}");
    let figures = live.figures();
    let of = |account: &str| {
        let key = |key: &leastwise_aws::pace::BucketKey| key.account == account && key.api.starts_with("iam");
        figures.iter().find(|(found, _)| key(found)).unwrap().1
    };
    assert_eq!((of(&account(0)).calls, of(&account(0)).throttles), (30, 30));
    assert_eq!((of(&account(1)).calls, of(&account(1)).throttles), (1, 0));
    let keys: Vec<_> = figures.iter().map(|(key, _)| key.clone()).collect();
    assert!(keys.is_sorted());
}

/// The SDK's own retries draw on one quota for all clients of a service and Region.
#[tokio::test(start_paused = true)]
async fn an_account_that_was_throttled_to_the_end_leaves_others_all_their_attempts() {
    let mut aws = Recorded::new();
    aws.on("GetAccountAuthorizationDetails", |asked| {
        let overloaded = asked.nth < 5;
        match asked.account == account(0) {
            true => Some(Reply::xml(400, "Throttling")),
            false => overloaded.then(|| Reply::xml(503, "ServiceUnavailable")),
        }
    });
    let aws = aws.start();
    let live = live(&aws).await;
    let throttled = read(&live, &account(0)).await.authorization.unwrap_err();
    assert_eq!(throttled.kind, FailureKind::Throttled);
    let others: Vec<String> = (1..40).map(account).collect();
    let answers = join_all(others.iter().map(|account| read(&live, account))).await;
    assert!(answers.iter().all(|answers| answers.authorization.is_ok()));
    assert_eq!(aws.asked("GetAccountAuthorizationDetails").len(), 30 + 39 * 6);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_run_out_in_mid_scan_are_renewed_once() {
    let mut aws = Recorded::new();
    aws.on("GetAccountAuthorizationDetails", |asked| {
        Some(match asked.nth {
            0 => Reply::ok(sweep(&role(&asked.account, "a", ""), Some("m"))),
            1 => Reply::xml(403, "ExpiredToken"),
            _ => Reply::ok(sweep(&role(&asked.account, "b", ""), None)),
        })
    });
    let aws = aws.start();
    let all = read(&live(&aws).await, &account(0)).await.authorization.unwrap();
    assert_eq!(all.role_detail_list.len(), 2);
    assert_eq!(aws.asked("AssumeRole").len(), 2);

    let mut aws = Recorded::new();
    aws.always("GetAccountAuthorizationDetails", Reply::xml(403, "ExpiredToken"));
    let aws = aws.start();
    let failure = read(&live(&aws).await, &account(0))
        .await
        .authorization
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Expired);
    assert_eq!(aws.asked("AssumeRole").len(), 2, "renewed once, not for ever");
}

#[tokio::test(start_paused = true)]
async fn credentials_are_renewed_before_they_run_out_and_not_at_every_call_when_the_clock_is_wrong() {
    // Ended long ago by this clock: AWS is to say so, not we.
    let mut aws = Recorded::new();
    aws.always(
        "AssumeRole",
        Reply::ok(assumed(&account(0), "2001-01-01T00:00:00Z")),
    );
    aws.on("GetAccountAuthorizationDetails", |asked| {
        let marker = (asked.nth < 4).then(|| format!("m{}", asked.nth));
        Some(Reply::ok(sweep(
            &role(&asked.account, "r", ""),
            marker.as_deref(),
        )))
    });
    let aws = aws.start();
    assert!(read(&live(&aws).await, &account(0)).await.authorization.is_ok());
    assert_eq!(aws.asked("AssumeRole").len(), 1);

    // An hour's credentials, over a throttled sweep of more than an hour.
    let mut aws = Recorded::new();
    aws.options.limits.account_timeout = Duration::from_secs(100_000);
    let in_an_hour =
        (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ");
    aws.always(
        "AssumeRole",
        Reply::ok(assumed(&account(0), &in_an_hour.to_string())),
    );
    aws.on("GetAccountAuthorizationDetails", |asked| {
        (asked.nth % 2 == 0).then(|| Reply::xml(400, "Throttling").header("retry-after", "120"))
    });
    aws.on("GetAccountAuthorizationDetails", |asked| {
        let marker = (asked.nth < 159).then(|| format!("m{}", asked.nth));
        (asked.nth % 2 == 1).then(|| Reply::ok(sweep(&role(&asked.account, "r", ""), marker.as_deref())))
    });
    let aws = aws.start();
    let began = Instant::now();
    assert!(read(&live(&aws).await, &account(0)).await.authorization.is_ok());
    assert!(began.elapsed() > Duration::from_secs(4000));
    assert_eq!(aws.asked("AssumeRole").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_role_is_refused_says_so_and_costs_one_call() {
    let mut aws = busy();
    aws.on("AssumeRole", |asked| {
        asked.has(&account(0)).then(|| Reply::xml(403, "AccessDenied"))
    });
    let aws = aws.start();
    let live = live(&aws).await;
    let answers = read(&live, &account(0)).await;
    let failure = answers.authorization.unwrap_err();
    assert_eq!(
        (failure.operation.as_str(), failure.kind),
        ("AssumeRole", FailureKind::Denied)
    );
    assert_eq!(answers.evidence.unwrap_err(), failure);
    assert_eq!(aws.calls().len(), 2, "who calls, and the refusal");
    assert!(read(&live, &account(1)).await.evidence.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_account_is_entered_directly_unless_told_otherwise() {
    let mut aws = Recorded::new();
    aws.options.assume.accounts.insert(
        CALLER.to_owned(),
        Access::Role(Role {
            name: "own".to_owned(),
            ..Role::default()
        }),
    );
    let aws = aws.start();
    assert!(read(&live(&aws).await, CALLER).await.authorization.is_ok());
    assert!(aws.asked("AssumeRole")[0].has("arn:aws:iam::111111111111:role/own"));

    // The caller's credentials for another account: its principals are not that account's.
    let mut aws = Recorded::new();
    aws.options.assume.accounts.insert(account(0), Access::Direct);
    let aws = aws.start();
    let failure = read(&live(&aws).await, &account(0))
        .await
        .authorization
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Malformed);
    assert!(aws.asked("AssumeRole").is_empty());
}

/// A profile that assumes a role fails inside the provider; the code stands in the chain of causes only.
#[tokio::test(start_paused = true)]
async fn the_reason_of_a_provider_is_found_in_the_chain_of_causes() {
    for (code, kind) in [
        ("ExpiredToken", FailureKind::Expired),
        ("AccessDenied", FailureKind::Denied),
    ] {
        let mut aws = Recorded::new();
        aws.always("GetAccountAuthorizationDetails", Reply::xml(403, "ExpiredToken"));
        aws.on("AssumeRole", move |asked| {
            Some(match asked.nth {
                // For `connect`, which hands them to all sessions of the caller.
                0 => Reply::ok(assumed(CALLER, "2099-01-01T00:00:00Z")),
                _ => Reply::xml(403, code),
            })
        });
        let aws = aws.start();
        let clock = aws_config::defaults(BehaviorVersion::latest())
            .no_credentials()
            .load()
            .await
            .time_source();
        let mut sdk = sdk(&aws).into_builder();
        sdk.set_time_source(clock);
        let sdk = sdk.build();
        let provider = AssumeRoleProvider::builder("arn:aws:iam::111111111111:role/profile")
            .session_name("profile")
            .configure(&sdk)
            .build_from_provider(sdk.credentials_provider().unwrap())
            .await;
        let sdk = sdk
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .build();
        let live = Live::with_sdk_config(aws.options.clone(), &sdk).await.unwrap();
        let failure = read(&live, CALLER).await.authorization.unwrap_err();
        assert_eq!(failure.kind, kind, "{code}");
        let again = Live::with_sdk_config(aws.options.clone(), &sdk)
            .await
            .unwrap_err();
        assert!(
            matches!(&again, ConnectError::Credentials(text) if text.contains(code)),
            "{again}"
        );
    }
}

//! Everything that can go wrong with every operation, on real connections: what passes is survived, what lasts becomes a
//! failure with its operation and kind, and nothing hangs.

use std::path::Path;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use futures::StreamExt;
use leastwise_aws::live::{ConnectError, Live, LiveOptions, OPERATIONS, Operation};
use leastwise_aws::options::{EvidenceFrom, Limits, Rates};
use leastwise_aws::{Cloud, Nobody, Reading};
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::inventory::wire::Account;
use tokio::time::{Instant, timeout};

use crate::fake::{Fake, Fault, Invented, Rule, Setup, When, World};
use crate::harness::small::{MANAGEMENT, MEMBER, small};
use crate::run::{LAST_RESORT, folder, leastwise};
use crate::scan::{acme, live, live_as, report};
use leastwise_core::decide::PrincipalStatus;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_millis(800);

/// Every operation that a scan calls, with the source of evidence for which it does.
const CALLED: [(&str, EvidenceFrom); 14] = [
    ("GetCallerIdentity", EvidenceFrom::Auto),
    ("ListAccounts", EvidenceFrom::Auto),
    ("ListRoots", EvidenceFrom::Auto),
    ("ListOrganizationalUnitsForParent", EvidenceFrom::Auto),
    ("ListAccountsForParent", EvidenceFrom::Auto),
    ("AssumeRole", EvidenceFrom::Auto),
    ("GetAccountAuthorizationDetails", EvidenceFrom::Auto),
    ("ListDelegatedAdministrators", EvidenceFrom::Auto),
    ("ListAnalyzers", EvidenceFrom::Auto),
    ("GetAnalyzer", EvidenceFrom::Auto),
    ("ListFindingsV2", EvidenceFrom::Auto),
    ("GetFindingV2", EvidenceFrom::Auto),
    ("GenerateServiceLastAccessedDetails", EvidenceFrom::LastAccessed),
    ("GetServiceLastAccessedDetails", EvidenceFrom::LastAccessed),
];

/// Those that come in pages.
fn is_list(operation: &str) -> bool {
    !matches!(
        operation,
        "GetCallerIdentity" | "AssumeRole" | "GetAnalyzer" | "GenerateServiceLastAccessedDetails"
    )
}

/// All that was read, and all that was not.
#[derive(Debug, Default, PartialEq)]
struct Read {
    answers: String,
    failures: Vec<Failure>,
}

fn aws() -> Setup {
    let lists = [
        "ListAccounts",
        "ListAccountsForParent",
        "ListOrganizationalUnitsForParent",
        "ListRoots",
    ];
    let others = [
        "ListAnalyzers",
        "ListDelegatedAdministrators",
        "GetServiceLastAccessedDetails",
    ];
    let pages = ["GetAccountAuthorizationDetails", "ListFindingsV2", "GetFindingV2"];
    let all = lists.into_iter().chain(others).chain(pages);
    all.fold(Fake::of(small()).no_paths().retry_after(0), |setup, operation| {
        setup.page(operation, 1)
    })
}

/// Reads the organisation and its member, with few attempts.
async fn read(fake: &Fake, source: EvidenceFrom) -> Read {
    let rates = Rates {
        iam: 1000.0,
        organizations: 1000.0,
        sts: 1000.0,
        access_analyzer: 1000.0,
    };
    let options = LiveOptions {
        source,
        by_unit: true,
        limits: Limits {
            attempts: 2,
            call_timeout: ATTEMPT,
            calls_per_second: rates,
            ..Limits::default()
        },
        ..LiveOptions::default()
    };
    let credentials = Credentials::new(format!("AKIA{MANAGEMENT}"), "invented", None, None, "test");
    let clock = aws_config::defaults(BehaviorVersion::latest())
        .no_credentials()
        .region("us-east-1")
        .load()
        .await;
    let sdk: SdkConfig = clock
        .to_builder()
        .region(Region::new("us-east-1"))
        .endpoint_url(fake.url())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let mut read = Read::default();
    let live = match Live::with_sdk_config(options, &sdk).await {
        Ok(live) => live,
        Err(ConnectError::Identity(failure)) => {
            read.failures.push(failure);
            return read;
        }
        Err(other) => panic!("{other}"),
    };
    match live.organisation().await {
        Ok(organisation) => read.answers = format!("{organisation:?}"),
        Err(failure) => read.failures.push(failure),
    }
    let member = Account {
        id: MEMBER.to_owned(),
        ..Account::default()
    };
    let answers = live.read(&member, Reading::watched(&Nobody)).await;
    match answers.authorization {
        Ok(authorization) => read.answers += &format!("{authorization:?}"),
        Err(failure) => read.failures.push(failure),
    }
    match answers.evidence {
        Ok(mut evidence) => {
            read.failures.extend(
                evidence
                    .findings
                    .iter()
                    .filter_map(|finding| finding.failure.clone()),
            );
            read.failures.extend(
                evidence
                    .last_accessed
                    .iter()
                    .filter_map(|answer| answer.failure.clone()),
            );
            // When a job was done is now.
            evidence
                .last_accessed
                .iter_mut()
                .for_each(|answer| answer.job_completion_date = None);
            read.answers += &format!("{evidence:?}");
        }
        Err(failure) => read.failures.push(failure),
    }
    read
}

/// Reads while something goes wrong; how long that took is part of the answer.
async fn under(rule: Rule, source: EvidenceFrom) -> Read {
    let fake = aws().fault(rule).start();
    let began = Instant::now();
    let read = timeout(LAST_RESORT, read(&fake, source)).await;
    let what = fake.struck();
    assert!(!what.is_empty(), "nothing went wrong");
    read.unwrap_or_else(|_| panic!("{what:?} hangs after {:?}", began.elapsed()))
}

/// Each of these with each operation, some at a time.
async fn each<F: Future<Output = ()>>(
    faults: &[Fault],
    try_it: impl Fn(Fault, &'static str, EvidenceFrom) -> F,
) {
    let pairs = faults.iter().flat_map(|fault| {
        CALLED
            .iter()
            .map(move |(operation, source)| (*fault, *operation, *source))
    });
    let tries = pairs.map(|(fault, operation, source)| try_it(fault, operation, source));
    futures::stream::iter(tries)
        .buffer_unordered(12)
        .collect::<()>()
        .await;
}

const PASSING: [Fault; 10] = [
    Fault::Throttle,
    Fault::Internal,
    Fault::GatewayPage,
    Fault::Expired,
    Fault::TruncatedBody,
    Fault::CutBody,
    Fault::Malformed,
    Fault::Reset,
    Fault::Silent,
    Fault::Stall,
];

#[test]
fn no_operation_is_left_out() {
    let mut called = CALLED.map(|(operation, _)| operation);
    let mut listed: Vec<&str> = OPERATIONS.iter().map(Operation::name).collect();
    called.sort_unstable();
    listed.sort_unstable();
    assert_eq!(called.as_slice(), listed);
}

#[tokio::test]
async fn what_passes_is_survived_by_every_operation() {
    let calm = [
        read(&aws().start(), EvidenceFrom::Auto).await,
        read(&aws().start(), EvidenceFrom::LastAccessed).await,
    ];
    assert!(calm.iter().all(|read| read.failures.is_empty()), "{calm:?}");
    let of = |source| {
        if source == EvidenceFrom::LastAccessed {
            &calm[1]
        } else {
            &calm[0]
        }
    };
    let try_it = |fault, operation, source| async move {
        let read = under(Rule::new(fault, When::First(1)).on(operation), source).await;
        assert_eq!(&read, of(source), "{fault:?} once with {operation}");
    };
    each(&PASSING, try_it).await;
}

#[tokio::test]
async fn what_lasts_is_a_failure_of_its_operation_and_kind() {
    use FailureKind::{Denied, Expired, Malformed, Throttled, Unreachable};
    let kind = |fault| match fault {
        Fault::Throttle => Throttled,
        Fault::Denied => Denied,
        Fault::Expired => Expired,
        Fault::TruncatedBody | Fault::CutBody | Fault::Malformed => Malformed,
        Fault::EmptyPage | Fault::RepeatedToken => Malformed,
        _ => Unreachable,
    };
    let try_it = |fault, operation, source| async move {
        if matches!(fault, Fault::EmptyPage | Fault::RepeatedToken) && !is_list(operation) {
            return;
        }
        let read = under(Rule::new(fault, When::Always).on(operation), source).await;
        let told: Vec<_> = read
            .failures
            .iter()
            .map(|it| (it.operation.as_str(), it.kind))
            .collect();
        // Refused, these say how far the scan reaches.
        if fault == Fault::Denied && matches!(operation, "ListAccounts" | "ListDelegatedAdministrators") {
            assert_eq!(told, [], "{operation} denied");
            return;
        }
        assert!(!told.is_empty(), "{fault:?} with {operation} is not reported");
        for it in told {
            assert_eq!(it, (operation, kind(fault)), "{fault:?} with {operation}");
        }
    };
    each(&PASSING, try_it).await;
    each(&[Fault::Denied, Fault::EmptyPage, Fault::RepeatedToken], try_it).await;
}

#[tokio::test]
async fn pages_may_be_empty_and_short() {
    let calm = [
        read(&aws().start(), EvidenceFrom::Auto).await,
        read(&aws().start(), EvidenceFrom::LastAccessed).await,
    ];
    for (wanted, source) in calm.iter().zip([EvidenceFrom::Auto, EvidenceFrom::LastAccessed]) {
        let lists = CALLED
            .iter()
            .map(|(operation, _)| *operation)
            .filter(|operation| is_list(operation));
        let fake = lists
            .fold(aws(), |setup, operation| setup.empty_pages(operation))
            .start();
        assert_eq!(
            &read(&fake, source).await,
            wanted,
            "an empty page before every page"
        );
        assert_eq!(
            &read(&Fake::of(small()).no_paths().short_pages().start(), source).await,
            wanted
        );
    }
}

/// Findings that came, and say nothing that this version understands.
#[test]
fn what_cannot_be_understood_leaves_every_policy_as_it_is() {
    let out = folder("not-understood").join("report");
    for fault in [Fault::NoDetails, Fault::UnknownMember, Fault::UnknownEnum] {
        let fake = acme()
            .fault(Rule::new(fault, When::Always).on("GetFindingV2"))
            .start();
        let ran = live(&fake, &["scan", "--out", out.to_str().unwrap()]);
        let totals = report(&out).totals;
        assert_eq!(
            (totals.recommendations, totals.effect.removed),
            (0, 0),
            "{fault:?}"
        );
        assert!(
            totals.statuses[&PrincipalStatus::NoEvidence] > 30,
            "{fault:?}: {:?}",
            totals.statuses
        );
        assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
    }
}

#[test]
fn with_faults_everywhere_every_principal_is_still_accounted_for() {
    let organisation = Invented {
        accounts: 12,
        principals: 30,
        seed: 5,
    };
    let (calm, rough) = (folder("calm").join("report"), folder("rough").join("report"));
    let scan = |setup: Setup, out: &Path| {
        let fake = setup.start();
        let args = ["scan", "--format", "json", "--out", out.to_str().unwrap()];
        (live_as(&fake, "AKIA200000000001", &args), fake.struck().len())
    };
    scan(Fake::of(World::invented(organisation)), &calm).0.exits(0);
    let mut setup = Fake::of(World::invented(organisation));
    let faults = [
        Fault::Throttle,
        Fault::Internal,
        Fault::GatewayPage,
        Fault::TruncatedBody,
        Fault::CutBody,
        Fault::Reset,
    ];
    for (fault, seed) in faults.into_iter().zip(1..) {
        setup = setup.fault(Rule::new(fault, When::Chance(0.01, seed)));
    }
    let (ran, kinds) = scan(setup, &rough);
    assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
    assert!(kinds >= 4, "{kinds} kinds of fault struck");
    assert_eq!(report(&rough).totals.principals, report(&calm).totals.principals);
    leastwise(["verify", rough.to_str().unwrap()]).ran().exits(0);
}

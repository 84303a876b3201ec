//! Which analyzer is found (E10): whose, where, and what is said when nobody could look.

mod organisation;

use std::sync::Arc;

use leastwise_aws::Cloud as _;
use leastwise_aws::live::Live;
use leastwise_aws::options::EvidenceFrom;
use leastwise_core::evidence::{Evidence, Failure, FailureKind};

use organisation::{Has, with};

use super::recorded::{CALLER, Recorded, Reply, identity, live, read, sdk};

const ADMINISTRATOR: &str = "222222222222";
const MEMBER: &str = "333333333333";
const ORGANISATION: &str = "ORGANIZATION_UNUSED_ACCESS";
const ACCOUNT: &str = "ACCOUNT_UNUSED_ACCESS";

async fn evidence(live: &Live, account: &str) -> Result<Evidence, Failure> {
    read(live, account).await.evidence
}

/// The name of the analyzer that an account's evidence is of; none is last-accessed data.
async fn found(live: &Live, account: &str) -> Option<String> {
    evidence(live, account)
        .await
        .unwrap()
        .analyzer
        .map(|analyzer| analyzer.arn)
}

async fn at(aws: &Arc<Recorded>, region: &str) -> Live {
    let region = aws_config::Region::new(region.to_owned());
    let sdk = sdk(aws).to_builder().region(region).build();
    Live::with_sdk_config(aws.options.clone(), &sdk).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_organisations_analyzer_is_found_with_its_delegated_administrator_and_asked_there() {
    static ALL: [Has; 2] = [
        Has {
            account: ADMINISTRATOR,
            region: "us-east-1",
            kind: ORGANISATION,
            is_managed: false,
        },
        Has {
            account: MEMBER,
            region: "us-east-1",
            kind: ACCOUNT,
            is_managed: false,
        },
    ];
    let aws = with(&ALL).start();
    let live = live(&aws).await;
    for account in [CALLER, ADMINISTRATOR, MEMBER] {
        assert_eq!(found(&live, account).await, Some(ALL[0].arn()), "{account}");
    }
    let listed = aws.asked("ListDelegatedAdministrators");
    assert_eq!(listed.len(), 2, "two pages, once a run");
    assert!(
        listed
            .iter()
            .all(|asked| asked.has("access-analyzer.amazonaws.com"))
    );
    let count = |operation: &str| aws.asked(operation).len();
    assert_eq!(
        (count("ListAnalyzers"), count("GetAnalyzer")),
        (5, 2),
        "the caller's, then the administrator's, then the own of each of three accounts, of which one has one"
    );
    assert!(
        aws.asked("ListFindingsV2")
            .iter()
            .all(|asked| asked.account == ADMINISTRATOR)
    );
    let roles = aws.asked("AssumeRole");
    assert!(
        roles[1].has(&format!("arn:aws:iam::{ADMINISTRATOR}:role/reader")),
        "{}",
        roles[1].body
    );
    assert!(
        roles.iter().all(|asked| !asked.has("444444444444")),
        "a suspended account is not entered"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_has_the_organisations_analyzer_needs_nobody_else() {
    static ALL: [Has; 1] = [Has {
        account: CALLER,
        region: "us-east-1",
        kind: ORGANISATION,
        is_managed: false,
    }];
    let aws = with(&ALL).start();
    assert_eq!(found(&live(&aws).await, MEMBER).await, Some(ALL[0].arn()));
}

#[tokio::test(start_paused = true)]
async fn who_may_not_ask_for_administrators_goes_by_what_is_there() {
    for code in ["AccessDeniedException", "AWSOrganizationsNotInUseException"] {
        static ALL: [Has; 1] = [Has {
            account: MEMBER,
            region: "us-east-1",
            kind: ACCOUNT,
            is_managed: false,
        }];
        let mut aws = with(&ALL);
        aws.always("ListDelegatedAdministrators", Reply::json(400, code));
        let aws = aws.start();
        let live = live(&aws).await;
        assert_eq!(found(&live, MEMBER).await, Some(ALL[0].arn()));
        assert_eq!(found(&live, CALLER).await, None, "last-accessed data");
        assert_eq!(aws.asked("ListDelegatedAdministrators").len(), 1, "once a run");
    }
}

#[tokio::test(start_paused = true)]
async fn an_administrator_that_cannot_be_entered_leaves_the_accounts_own_analyzers_and_is_no_proof_of_none() {
    static ALL: [Has; 2] = [
        Has {
            account: ADMINISTRATOR,
            region: "us-east-1",
            kind: ORGANISATION,
            is_managed: false,
        },
        Has {
            account: MEMBER,
            region: "us-east-1",
            kind: ACCOUNT,
            is_managed: false,
        },
    ];
    let mut aws = with(&ALL);
    aws.on("AssumeRole", |asked| {
        asked.has(ADMINISTRATOR).then(|| Reply::xml(403, "AccessDenied"))
    });
    let aws = aws.start();
    let live = live(&aws).await;
    assert_eq!(found(&live, MEMBER).await, Some(ALL[1].arn()));
    let failure = evidence(&live, CALLER).await.unwrap_err();
    assert_eq!(
        (failure.operation.as_str(), failure.kind),
        ("AssumeRole", FailureKind::Denied)
    );
    assert!(aws.asked("GenerateServiceLastAccessedDetails").is_empty());
    let refused = aws
        .asked("AssumeRole")
        .into_iter()
        .filter(|asked| asked.has(ADMINISTRATOR));
    assert_eq!(refused.count(), 1, "once a run");
}

#[tokio::test(start_paused = true)]
async fn an_analyzer_that_was_found_serves_though_an_administrator_cannot_be_asked_or_another_analyzer_is_gone()
 {
    static ALL: [Has; 2] = [
        Has {
            account: CALLER,
            region: "us-east-1",
            kind: ORGANISATION,
            is_managed: false,
        },
        Has {
            account: ADMINISTRATOR,
            region: "us-east-1",
            kind: ORGANISATION,
            is_managed: false,
        },
    ];
    let faults = [
        ("ListAnalyzers", Reply::json(500, "InternalServerException")),
        ("GetAnalyzer", Reply::json(404, "ResourceNotFoundException")),
    ];
    for (operation, fault) in faults {
        let mut aws = with(&ALL);
        aws.options.limits.attempts = 1;
        aws.on(operation, move |asked| {
            (asked.account == ADMINISTRATOR).then(|| fault.clone())
        });
        let aws = aws.start();
        assert_eq!(
            found(&live(&aws).await, MEMBER).await,
            Some(ALL[0].arn()),
            "{operation}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_asked_again_for_the_next_account() {
    static ALL: [Has; 1] = [Has {
        account: ADMINISTRATOR,
        region: "us-east-1",
        kind: ORGANISATION,
        is_managed: false,
    }];
    let mut aws = with(&ALL);
    aws.options.limits.attempts = 1;
    aws.on("ListDelegatedAdministrators", |asked| {
        (asked.nth == 0).then(|| Reply::json(500, "ServiceException"))
    });
    let aws = aws.start();
    let live = live(&aws).await;
    let failure = evidence(&live, MEMBER).await.unwrap_err();
    assert_eq!(failure.operation, "ListDelegatedAdministrators");
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert_eq!(found(&live, CALLER).await, Some(ALL[0].arn()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_list_is_not_an_organisation_without_administrators() {
    let mut aws = with(&[]);
    aws.always("ListDelegatedAdministrators", Reply::ok("{}"));
    let aws = aws.start();
    let failure = evidence(&live(&aws).await, CALLER).await.unwrap_err();
    assert_eq!(failure.operation, "ListDelegatedAdministrators");
    assert_eq!(failure.kind, FailureKind::Malformed);
}

#[tokio::test(start_paused = true)]
async fn the_organisations_analyzer_comes_first_and_one_that_a_service_manages_last() {
    let managed = Has::one(CALLER, ORGANISATION).managed();
    let all = [
        managed,
        Has::one(MEMBER, ACCOUNT),
        Has::one(ADMINISTRATOR, ORGANISATION),
    ];
    let order = [(3, 2), (2, 1), (1, 0)];
    for (count, wanted) in order {
        let known: &'static [Has] = Box::leak(all[..count].to_vec().into_boxed_slice());
        let aws = with(known).start();
        assert_eq!(
            found(&live(&aws).await, MEMBER).await,
            Some(all[wanted].arn()),
            "of the first {count}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_region_has_no_analyzer_us_east_1_is_looked_through() {
    static MANAGED: [Has; 2] = [
        Has {
            account: ADMINISTRATOR,
            region: "us-east-1",
            kind: ORGANISATION,
            is_managed: true,
        },
        Has {
            account: MEMBER,
            region: "eu-central-1",
            kind: ACCOUNT,
            is_managed: false,
        },
    ];
    let aws = with(&MANAGED).start();
    let live = at(&aws, "eu-central-1").await;
    assert_eq!(
        found(&live, MEMBER).await,
        Some(MANAGED[1].arn()),
        "the Region that is given goes first"
    );
    assert!(
        aws.asked("ListAnalyzers")
            .iter()
            .all(|asked| asked.region == "eu-central-1")
    );
    assert_eq!(found(&live, CALLER).await, Some(MANAGED[0].arn()));
    assert_eq!(found(&live, ADMINISTRATOR).await, Some(MANAGED[0].arn()));
    let listed = aws.asked("ListFindingsV2");
    assert_eq!(listed[1].region, "us-east-1");
    assert_eq!(
        aws.asked("ListDelegatedAdministrators").len(),
        2,
        "two pages, once a run for both Regions"
    );
}

#[tokio::test(start_paused = true)]
async fn an_accounts_own_analyzer_is_found_in_us_east_1_within_the_budget_of_calls() {
    static OWN: [Has; 1] = [Has {
        account: MEMBER,
        region: "us-east-1",
        kind: ACCOUNT,
        is_managed: true,
    }];
    let aws = with(&OWN).start();
    let live = at(&aws, "eu-central-1").await;
    assert_eq!(found(&live, ADMINISTRATOR).await, None);
    let before = aws.calls().len();
    assert_eq!(found(&live, MEMBER).await, Some(OWN[0].arn()));
    assert!(
        aws.calls().len() - before <= 1 + 1 + 5,
        "{:?}",
        &aws.calls()[before..]
    );
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_forbidden_is_no_failure_unless_findings_are_wanted() {
    for (source, kind) in [
        (EvidenceFrom::Auto, None),
        (EvidenceFrom::Analyzer, Some(FailureKind::Denied)),
    ] {
        let mut aws = with(&[]);
        aws.options.source = source;
        aws.on("ListAnalyzers", |asked| {
            (asked.region == "us-east-1").then(|| Reply::json(403, "AccessDeniedException"))
        });
        let aws = aws.start();
        let found = evidence(&at(&aws, "eu-central-1").await, CALLER).await;
        assert_eq!(found.err().map(|failure| failure.kind), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn other_partitions_have_no_us_east_1() {
    let mut aws = with(&[]);
    aws.always(
        "GetCallerIdentity",
        Reply::ok(identity().replace("arn:aws:", "arn:aws-us-gov:")),
    );
    let aws = aws.start();
    let live = at(&aws, "us-gov-west-1").await;
    assert_eq!(found(&live, CALLER).await, None);
    assert!(
        aws.calls().iter().all(|asked| asked.region == "us-gov-west-1"),
        "{:?}",
        live.figures()
    );
}

#[tokio::test(start_paused = true)]
async fn an_analyzer_that_is_named_is_the_one_though_a_service_manages_it_and_its_refusal_is_told() {
    let named = Has::one(ADMINISTRATOR, ORGANISATION).managed().at("eu-west-1");
    static OWN: [Has; 2] = [
        Has {
            account: ADMINISTRATOR,
            region: "eu-west-1",
            kind: ORGANISATION,
            is_managed: true,
        },
        Has {
            account: MEMBER,
            region: "us-east-1",
            kind: ACCOUNT,
            is_managed: false,
        },
    ];
    for is_refused in [false, true] {
        let mut aws = with(&OWN);
        aws.options.analyzer_arn = Some(named.arn());
        if is_refused {
            aws.always("GetAnalyzer", Reply::json(403, "AccessDeniedException"));
        }
        let aws = aws.start();
        let live = live(&aws).await;
        for account in [MEMBER, CALLER] {
            match evidence(&live, account).await {
                Ok(evidence) => assert_eq!(evidence.analyzer.unwrap().arn, named.arn()),
                Err(failure) => assert_eq!((failure.operation.as_str(), is_refused), ("GetAnalyzer", true)),
            }
        }
        assert_eq!(aws.asked("GetAnalyzer").len(), 1);
        assert!(aws.asked("ListAnalyzers").is_empty());
    }
}

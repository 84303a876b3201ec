//! What the real clients say of the fake's answers: one call of each service, with paging where it pages.

use aws_sdk_accessanalyzer::types::{Criterion, FindingDetails};
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_iam::error::ProvideErrorMetadata;

use crate::fake::{Fake, Fault, Invented, Rule, When, World};

/// The configuration of a client, which every service's crate has a builder of.
macro_rules! client {
    ($service:ident, $fake:expr, $key:expr) => {
        $service::Client::from_conf(
            $service::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("us-east-1"))
                .endpoint_url($fake.url())
                .retry_config(RetryConfig::disabled())
                .credentials_provider(Credentials::new($key, "invented", None, None, "test"))
                .build(),
        )
    };
}

const ORGANISATION: Invented = Invented {
    accounts: 30,
    principals: 60,
    seed: 11,
};
const OWNER: &str = "200000000001";

fn fake() -> Fake {
    Fake::of(World::invented(ORGANISATION))
        .page("GetFindingV2", 2)
        .page("ListFindingsV2", 10)
        .start()
}

#[tokio::test]
async fn sts_is_understood() {
    let fake = fake();
    let sts = client!(aws_sdk_sts, fake, "AKIAINVENTED");
    let role = format!("arn:aws:iam::{OWNER}:role/reader");
    let assumed = sts
        .assume_role()
        .role_arn(role)
        .role_session_name("scan")
        .send()
        .await
        .unwrap();
    let credentials = assumed.credentials().unwrap();
    assert!(credentials.expiration().secs() > 0);
    let sts = client!(aws_sdk_sts, fake, credentials.access_key_id());
    assert_eq!(
        sts.get_caller_identity().send().await.unwrap().account(),
        Some(OWNER)
    );
}

#[tokio::test]
async fn organizations_is_understood() {
    let fake = fake();
    let client = client!(aws_sdk_organizations, fake, "AKIAINVENTED");
    let mut pages = client.list_accounts().into_paginator().send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        ids.extend(
            page.accounts()
                .iter()
                .map(|account| account.id().unwrap().to_owned()),
        );
    }
    let expected: Vec<String> = ORGANISATION
        .accounts()
        .into_iter()
        .map(|account| account.id)
        .collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn iam_is_understood() {
    let fake = fake();
    let client = client!(aws_sdk_iam, fake, format!("ASIA{OWNER}TEST"));
    let mut pages = client
        .get_account_authorization_details()
        .max_items(20)
        .into_paginator()
        .send();
    let mut documents = Vec::new();
    while let Some(page) = pages.next().await {
        for role in page.unwrap().role_detail_list() {
            assert!(role.create_date().is_some());
            documents.extend(role.role_policy_list().iter().map(|policy| {
                let encoded = policy.policy_document().unwrap();
                leastwise_core::policy::decode(encoded.as_bytes())
                    .unwrap()
                    .into_owned()
            }));
        }
    }
    let known = ORGANISATION.books(OWNER).authorization.unwrap();
    let known = known
        .role_detail_list
        .into_iter()
        .flat_map(|role| role.role_policy_list);
    assert_eq!(
        documents,
        known.map(|policy| policy.policy_document.0).collect::<Vec<_>>()
    );
    assert!(fake.calls_of("GetAccountAuthorizationDetails") > 3);

    let arn = ORGANISATION.books(OWNER).authorization.unwrap().role_detail_list[0]
        .arn
        .clone();
    let job = client
        .generate_service_last_accessed_details()
        .arn(arn)
        .send()
        .await
        .unwrap();
    let poll = || {
        client
            .get_service_last_accessed_details()
            .job_id(job.job_id().unwrap())
            .send()
    };
    assert_eq!(poll().await.unwrap().job_status().as_str(), "IN_PROGRESS");
    assert_eq!(poll().await.unwrap().job_status().as_str(), "COMPLETED");
}

#[tokio::test]
async fn access_analyzer_is_understood() {
    let fake = fake();
    let client = client!(aws_sdk_accessanalyzer, fake, format!("ASIA{OWNER}TEST"));
    let analyzers = client.list_analyzers().send().await.unwrap();
    let arn = analyzers.analyzers()[0].arn();
    let one = client
        .get_analyzer()
        .analyzer_name(analyzers.analyzers()[0].name())
        .send()
        .await
        .unwrap();
    assert!(
        one.analyzer()
            .unwrap()
            .configuration()
            .unwrap()
            .is_unused_access()
    );
    let owner = Criterion::builder().eq(OWNER).build();
    let active = Criterion::builder().eq("ACTIVE").build();
    let mut pages = client
        .list_findings_v2()
        .analyzer_arn(arn)
        .filter("resourceOwnerAccount", owner)
        .filter("status", active)
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(finding) = pages.next().await {
        found.push(finding.unwrap().id().to_owned());
    }
    let known = ORGANISATION.books(OWNER).findings.unwrap();
    let known: Vec<_> = known
        .into_iter()
        .filter(|finding| finding.status == "ACTIVE")
        .collect();
    assert_eq!(
        found,
        known.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>()
    );
    let largest = known
        .iter()
        .max_by_key(|finding| finding.finding_details.as_ref().unwrap().len())
        .unwrap();
    let mut pages = client
        .get_finding_v2()
        .analyzer_arn(arn)
        .id(&largest.id)
        .into_paginator()
        .send();
    let mut services = Vec::new();
    while let Some(page) = pages.next().await {
        for detail in page.unwrap().finding_details() {
            let FindingDetails::UnusedPermissionDetails(unused) = detail else {
                panic!("{detail:?}")
            };
            services.push(unused.service_namespace().to_owned());
        }
    }
    let known = largest.finding_details.iter().flatten();
    let known = known.filter_map(|detail| {
        Some(
            detail
                .unused_permission_details
                .as_ref()?
                .service_namespace
                .clone(),
        )
    });
    assert_eq!(services, known.collect::<Vec<_>>());
    let gone = client
        .get_finding_v2()
        .analyzer_arn(arn)
        .id("gone")
        .send()
        .await
        .unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn errors_have_the_codes_that_the_clients_know() {
    for (fault, codes) in [
        (
            Fault::Denied,
            [
                "AccessDenied",
                "AccessDenied",
                "AccessDeniedException",
                "AccessDeniedException",
            ],
        ),
        (
            Fault::Expired,
            [
                "ExpiredToken",
                "ExpiredToken",
                "ExpiredTokenException",
                "ExpiredTokenException",
            ],
        ),
        (
            Fault::Throttle,
            [
                "Throttling",
                "Throttling",
                "TooManyRequestsException",
                "ThrottlingException",
            ],
        ),
    ] {
        let fake = fake();
        fake.fault(Rule::new(fault, When::Always));
        let sts = client!(aws_sdk_sts, fake, "AKIAINVENTED")
            .get_caller_identity()
            .send()
            .await
            .unwrap_err();
        let iam = client!(aws_sdk_iam, fake, "AKIAINVENTED");
        let iam = iam.get_account_authorization_details().send().await.unwrap_err();
        let organizations = client!(aws_sdk_organizations, fake, "AKIAINVENTED");
        let organizations = organizations.list_accounts().send().await.unwrap_err();
        let analyzer = client!(aws_sdk_accessanalyzer, fake, "AKIAINVENTED");
        let analyzer = analyzer.list_analyzers().send().await.unwrap_err();
        let told = [sts.code(), iam.code(), organizations.code(), analyzer.code()];
        assert_eq!(told, codes.map(Some));
    }
}

//! Analyzers, findings, last-accessed data.

use leastwise_aws::options::EvidenceFrom;
use leastwise_core::evidence::{Detail, FailureKind, Finding, Gap, Windows, join};

use super::recorded::{ANALYZER, Asked, CALLER, Recorded, Reply, analyzer, finding, live, read};

const S3: &str = r#"{"unusedPermissionDetails":{"serviceNamespace":"s3","lastAccessed":"2024-01-01T00:00:00Z","actions":[{"action":"GetBucketAcl"}]}}"#;
const SNS: &str = r#"{"unusedPermissionDetails":{"serviceNamespace":"sns"}}"#;

fn details(list: &str) -> String {
    format!(r#","findingDetails":[{list}]"#)
}

fn id(asked: &Asked) -> String {
    asked
        .path
        .split("findingv2/")
        .nth(1)
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned()
}

/// The caller's account with one finding of each kind; `GetFindingV2` and the last-accessed data answer as well.
pub(super) fn with_everything() -> Recorded {
    let mut aws = Recorded::new();
    aws.on("ListFindingsV2", |asked| {
        let listed = match asked.has("111111111111\"]") {
            false => String::new(),
            true => [
                finding("paged", "UnusedPermission", "ACTIVE", ""),
                finding("archived", "UnusedPermission", "ARCHIVED", ""),
                finding("resolved", "UnusedPermission", "RESOLVED", ""),
                finding("idle", "UnusedIAMRole", "ACTIVE", ""),
                finding("key", "UnusedIAMUserAccessKey", "ACTIVE", ""),
                finding("password", "UnusedIAMUserPassword", "ACTIVE", ""),
                finding("unknown", "UnusedPermission", "ACTIVE", ""),
                finding("empty", "UnusedPermission", "ACTIVE", ""),
                finding(
                    "broken",
                    "UnusedPermission",
                    "ACTIVE",
                    r#","error":"INTERNAL_ERROR""#,
                ),
                finding("gone", "UnusedPermission", "ACTIVE", ""),
            ]
            .join(","),
        };
        Some(Reply::ok(format!(r#"{{"findings":[{listed}]}}"#)))
    });
    aws.on("GetFindingV2", |asked| {
        let id = id(asked);
        let (kind, more) = match id.as_str() {
            "paged" if asked.has("nextToken=p2") => ("UnusedPermission", details(SNS)),
            "paged" => ("UnusedPermission", details(S3) + r#","nextToken":"p2""#),
            "idle" => ("UnusedIAMRole", details(r#"{"unusedIamRoleDetails":{}}"#)),
            "key" => (
                "UnusedIAMUserAccessKey",
                details(r#"{"unusedIamUserAccessKeyDetails":{"accessKeyId":"AKIA1","lastAccessed":"2020-01-01T00:00:00Z"}}"#),
            ),
            "password" => ("UnusedIAMUserPassword", details(r#"{"unusedIamUserPasswordDetails":{}}"#)),
            "unknown" => {
                ("UnusedPermission", details(&format!(r#"{S3},{{"unusedSpellsDetails":{{"wand":1}}}}"#)))
            }
            "empty" => ("UnusedPermission", String::new()),
            "broken" => ("UnusedPermission", details("") + r#","error":"INTERNAL_ERROR""#),
            _ => return Some(Reply::json(404, "ResourceNotFoundException")),
        };
        Some(Reply::ok(finding(&id, kind, "ACTIVE", &more)))
    });
    aws.on("GenerateServiceLastAccessedDetails", |asked| {
        Some(Reply::ok(format!(
            "<GenerateServiceLastAccessedDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <GenerateServiceLastAccessedDetailsResult><JobId>job-{}</JobId></GenerateServiceLastAccessedDetailsResult>\
             </GenerateServiceLastAccessedDetailsResponse>",
            asked.account
        )))
    });
    aws.on("GetServiceLastAccessedDetails", |asked| {
        let (status, more, services) = match asked.nth {
            0 | 1 => ("IN_PROGRESS", "<IsTruncated>false</IsTruncated>", ""),
            2 => (
                "COMPLETED",
                "<IsTruncated>true</IsTruncated><Marker>m</Marker>",
                "<member><ServiceName>S3</ServiceName><ServiceNamespace>s3</ServiceNamespace>\
                 <LastAuthenticated>2026-01-01T00:00:00Z</LastAuthenticated><TrackedActionsLastAccessed>\
                 <member><ActionName>GetBucketAcl</ActionName></member></TrackedActionsLastAccessed></member>",
            ),
            _ => (
                "COMPLETED",
                "<IsTruncated>false</IsTruncated>",
                "<member><ServiceName>SNS</ServiceName><ServiceNamespace>sns</ServiceNamespace></member>",
            ),
        };
        let done = if status == "COMPLETED" { "<JobCompletionDate>2026-02-01T00:00:00Z</JobCompletionDate>" } else { "" };
        Some(Reply::ok(format!(
            "<GetServiceLastAccessedDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <GetServiceLastAccessedDetailsResult><JobStatus>{status}</JobStatus><JobType>ACTION_LEVEL</JobType>\
             <JobCreationDate>2026-02-01T00:00:00Z</JobCreationDate>{done}{more}\
             <ServicesLastAccessed>{services}</ServicesLastAccessed></GetServiceLastAccessedDetailsResult>\
             </GetServiceLastAccessedDetailsResponse>"
        )))
    });
    aws
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_finding_is_read_and_what_says_nothing_is_no_evidence() {
    let aws = with_everything().start();
    let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
    let analyzer = evidence.analyzer.as_ref().unwrap();
    assert_eq!(
        (analyzer.arn.as_str(), analyzer.window_days()),
        (ANALYZER, Some(90))
    );
    let ids: Vec<_> = evidence
        .findings
        .iter()
        .map(|finding| finding.id.as_str())
        .collect();
    let all = [
        "archived", "broken", "empty", "gone", "idle", "key", "paged", "password", "resolved", "unknown",
    ];
    assert_eq!(ids, all);
    let of = |id: &str| -> &Finding { evidence.findings.iter().find(|finding| finding.id == id).unwrap() };
    let services: Vec<_> = of("paged")
        .finding_details
        .iter()
        .flatten()
        .flat_map(|detail| &detail.unused_permission_details)
        .collect();
    assert_eq!(
        services
            .iter()
            .map(|service| service.service_namespace.as_str())
            .collect::<Vec<_>>(),
        ["s3", "sns"]
    );
    assert!(
        services[1].actions.is_none(),
        "a service without a list is unused as a whole"
    );
    assert_eq!(of("paged").analyzed_at.as_deref(), Some("2024-06-20T00:00:00Z"));
    assert_eq!(
        of("paged").updated_at.as_deref(),
        Some("2024-06-20T00:00:00.123000Z")
    );
    assert!(of("archived").finding_details.is_none() && of("archived").failure.is_none());
    assert_eq!(
        of("unknown").finding_details.as_ref().unwrap()[1],
        Detail::default()
    );
    assert_eq!(of("gone").failure.as_ref().unwrap().kind, FailureKind::Absent);

    let known = join(
        &evidence.findings,
        &[],
        Windows {
            findings: 90,
            last_accessed: 90,
        },
    );
    let about = |name: &str| &known[&format!("arn:aws:iam::{CALLER}:role/{name}")];
    assert!(about("paged").gap.is_none() && !about("paged").observed.is_empty());
    assert_eq!(about("empty").gap, Some(Gap::Empty));
    assert_eq!(about("unknown").gap, Some(Gap::UnknownDetails));
    assert_eq!(about("broken").gap, Some(Gap::Error("INTERNAL_ERROR".to_owned())));
    assert!(matches!(about("gone").gap, Some(Gap::Unread(_))));
    assert_eq!(about("archived").archived, 1);
    let resolved = about("resolved");
    assert!(resolved.gap.is_none() && resolved.observed.is_empty() && resolved.archived == 0);
    assert!(
        !aws.asked("GetFindingV2")
            .iter()
            .any(|asked| asked.has("/resolved"))
    );
    assert_eq!(about("idle").idle, Some(None));
    assert_eq!(about("key").keys[0].access_key_id, "AKIA1");
    assert_eq!(about("password").password, Some(None));

    let asked = aws.asked("ListFindingsV2");
    for part in [
        r#""resourceOwnerAccount":{"eq":["111111111111"]}"#,
        r#""status":{"eq":["ACTIVE","ARCHIVED"]}"#,
        r#""findingType":{"eq":["UnusedIAMRole","UnusedIAMUserAccessKey","UnusedIAMUserPassword","UnusedPermission"]}"#,
    ] {
        assert!(asked[0].has(part), "{} lacks {part}", asked[0].body);
    }
}

/// ceil(entities / page) + ceil(F / page) + P + 5
#[tokio::test(start_paused = true)]
async fn an_account_costs_no_more_calls_than_its_budget() {
    let mut aws = Recorded::new();
    aws.on("ListFindingsV2", |asked| {
        let listed: Vec<String> = (0..10)
            .map(|n| finding(&format!("f{}-{n}", asked.nth), "UnusedIAMRole", "ACTIVE", ""))
            .collect();
        let next = if asked.nth < 3 {
            format!(r#","nextToken":"t{}""#, asked.nth)
        } else {
            String::new()
        };
        Some(Reply::ok(format!(
            r#"{{"findings":[{}]{next}}}"#,
            listed.join(",")
        )))
    });
    aws.on("GetFindingV2", |asked| {
        let next = if asked.has("nextToken") {
            ""
        } else {
            r#","nextToken":"p2""#
        };
        let more = details(r#"{"unusedIamRoleDetails":{}}"#) + next;
        Some(Reply::ok(finding(&id(asked), "UnusedIAMRole", "ACTIVE", &more)))
    });
    let aws = aws.start();
    let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
    assert_eq!(evidence.findings.len(), 40);
    assert!(aws.calls().len() <= 1 + 4 + 80 + 5, "{} calls", aws.calls().len());
    assert!(aws.asked("ListFindingsV2")[0].has(r#""maxResults":100"#));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_token_is_malformed_in_the_list_and_in_a_finding() {
    let mut aws = with_everything();
    aws.on("GetFindingV2", |asked| {
        let more = details(S3) + r#","nextToken":"again""#;
        (id(asked) == "paged").then(|| Reply::ok(finding("paged", "UnusedPermission", "ACTIVE", &more)))
    });
    let aws = aws.start();
    let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
    let paged = evidence
        .findings
        .iter()
        .find(|finding| finding.id == "paged")
        .unwrap();
    assert_eq!(paged.failure.as_ref().unwrap().kind, FailureKind::Malformed);
    assert!(
        paged.finding_details.is_none(),
        "half of a finding must not pass for all of it"
    );
    assert!(
        evidence
            .findings
            .iter()
            .any(|finding| finding.id == "idle" && finding.failure.is_none())
    );

    let mut aws = with_everything();
    aws.always(
        "ListFindingsV2",
        Reply::ok(r#"{"findings":[],"nextToken":"again"}"#),
    );
    let aws = aws.start();
    let failure = read(&live(&aws).await, CALLER).await.evidence.unwrap_err();
    assert_eq!(
        (failure.operation.as_str(), failure.kind),
        ("ListFindingsV2", FailureKind::Malformed)
    );
}

#[tokio::test(start_paused = true)]
async fn without_an_analyzer_the_evidence_is_last_accessed_data() {
    let mut aws = with_everything();
    aws.always("ListAnalyzers", Reply::ok(r#"{"analyzers":[]}"#));
    let aws = aws.start();
    let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
    assert!(evidence.analyzer.is_none() && evidence.findings.is_empty());
    let [quiet] = evidence.last_accessed.as_slice() else {
        panic!("one role is there")
    };
    assert_eq!(quiet.arn, "arn:aws:iam::111111111111:role/quiet");
    assert_eq!(quiet.job_completion_date.as_deref(), Some("2026-02-01T00:00:00Z"));
    let services: Vec<_> = quiet
        .services_last_accessed
        .iter()
        .map(|service| service.service_namespace.as_str())
        .collect();
    assert_eq!(services, ["s3", "sns"]);
    assert!(
        quiet.services_last_accessed[1]
            .tracked_actions_last_accessed
            .is_none()
    );
    assert!(aws.asked("GetServiceLastAccessedDetails")[3].has("Marker=m"));
    assert!(aws.asked("GenerateServiceLastAccessedDetails")[0].has("ACTION_LEVEL"));
}

/// A job belongs to the role session that began it.
#[tokio::test(start_paused = true)]
async fn a_job_of_a_session_that_ran_out_is_begun_again() {
    const MEMBER: &str = "222222222222";
    let job = |number: usize| {
        format!(
            "<GenerateServiceLastAccessedDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <GenerateServiceLastAccessedDetailsResult><JobId>job-{number}</JobId>\
             </GenerateServiceLastAccessedDetailsResult></GenerateServiceLastAccessedDetailsResponse>"
        )
    };
    let mut aws = with_everything();
    aws.options.source = EvidenceFrom::LastAccessed;
    aws.on("GenerateServiceLastAccessedDetails", move |asked| {
        Some(Reply::ok(job(asked.nth)))
    });
    aws.on("GetServiceLastAccessedDetails", |asked| match asked.nth {
        0 => Some(Reply::xml(403, "ExpiredToken")),
        // The first session's job, asked for by the second.
        1 => Some(Reply::xml(404, "NoSuchEntity")),
        _ => None,
    });
    let aws = aws.start();
    let evidence = read(&live(&aws).await, MEMBER).await.evidence.unwrap();
    let [quiet] = evidence.last_accessed.as_slice() else {
        panic!("one role is there")
    };
    assert!(quiet.failure.is_none(), "{quiet:?}");
    assert_eq!(quiet.services_last_accessed.len(), 2);
    assert_eq!(
        (
            aws.asked("AssumeRole").len(),
            aws.asked("GenerateServiceLastAccessedDetails").len()
        ),
        (2, 2)
    );
    let polls = aws.asked("GetServiceLastAccessedDetails");
    assert!(polls[1].has("job-0") && polls[2].has("job-1"));

    // The same refusal within one session is no reason to begin again.
    let mut aws = with_everything();
    aws.options.source = EvidenceFrom::LastAccessed;
    aws.always("GetServiceLastAccessedDetails", Reply::xml(404, "NoSuchEntity"));
    let aws = aws.start();
    let evidence = read(&live(&aws).await, MEMBER).await.evidence.unwrap();
    assert_eq!(
        evidence.last_accessed[0].failure.as_ref().unwrap().kind,
        FailureKind::Absent
    );
    assert_eq!(aws.asked("GenerateServiceLastAccessedDetails").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_analyzer_that_is_asked_for_and_not_there_is_absent() {
    let mut aws = with_everything();
    aws.options.source = EvidenceFrom::Analyzer;
    aws.always("ListAnalyzers", Reply::ok(r#"{"analyzers":[]}"#));
    let aws = aws.start();
    let failure = read(&live(&aws).await, CALLER).await.evidence.unwrap_err();
    assert_eq!(
        (failure.operation.as_str(), failure.kind),
        ("ListAnalyzers", FailureKind::Absent)
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_who_may_not_look_says_that_there_is_no_analyzer() {
    let mut aws = with_everything();
    aws.always("ListAnalyzers", Reply::json(403, "AccessDeniedException"));
    let aws = aws.start();
    let failure = read(&live(&aws).await, CALLER).await.evidence.unwrap_err();
    assert_eq!(
        (failure.operation.as_str(), failure.kind),
        ("ListAnalyzers", FailureKind::Denied)
    );
    assert!(aws.asked("GenerateServiceLastAccessedDetails").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_accounts_own_analyzer_goes_before_one_that_a_service_manages() {
    let own = "arn:aws:access-analyzer:us-east-1:111111111111:analyzer/own";
    let mut aws = with_everything();
    aws.on("ListAnalyzers", move |asked| {
        let managed = analyzer(false).replacen('{', r#"{"managedBy":"securityhubv2.amazonaws.com","#, 1);
        let of_account = analyzer(false)
            .replace(ANALYZER, own)
            .replace("ORGANIZATION_UNUSED", "ACCOUNT_UNUSED");
        let found = if asked.has("type=ORGANIZATION") {
            managed
        } else {
            of_account
        };
        Some(Reply::ok(format!(r#"{{"analyzers":[{found}]}}"#)))
    });
    aws.on("GetAnalyzer", move |asked| {
        let answer = if asked.has("/analyzer/own") {
            analyzer(true)
                .replace(ANALYZER, own)
                .replace("ORGANIZATION_UNUSED", "ACCOUNT_UNUSED")
        } else {
            analyzer(true).replacen('{', r#"{"managedBy":"securityhubv2.amazonaws.com","#, 1)
        };
        Some(Reply::ok(format!(r#"{{"analyzer":{answer}}}"#)))
    });
    let aws = aws.start();
    let evidence = read(&live(&aws).await, CALLER).await.evidence.unwrap();
    assert_eq!(evidence.analyzer.unwrap().arn, own);
    assert!(aws.asked("ListFindingsV2")[0].has(own));
}

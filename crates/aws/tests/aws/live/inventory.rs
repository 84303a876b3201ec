//! Accounts, principals, policies.

use leastwise_aws::Cloud;
use leastwise_aws::live::{AccountScope, ConnectError, Live, OPERATIONS};
use leastwise_aws::options::EvidenceFrom;
use leastwise_core::evidence::FailureKind;

use super::recorded::{CALLER, Recorded, Reply, analyzer, live, read, role, sdk, sweep};

fn page(accounts: &str, token: &str) -> Reply {
    let token = if token.is_empty() {
        String::new()
    } else {
        format!(r#","NextToken":"{token}""#)
    };
    Reply::ok(format!(r#"{{"Accounts":[{accounts}]{token}}}"#))
}

#[tokio::test(start_paused = true)]
async fn accounts_come_from_all_pages_and_an_empty_page_is_no_end() {
    let mut aws = Recorded::new();
    aws.on("ListAccounts", |asked| {
        Some(match asked.nth {
            0 => page(
                r#"{"Id":"111111111111","Name":"main","State":"ACTIVE","Status":"ACTIVE","Paths":["o-1/r-1/ou-1/111111111111/"]}"#,
                "a",
            ),
            1 => page("", "b"),
            _ => page(r#"{"Id":"222222222222","Status":"SUSPENDED"},{"Id":"333333333333","State":"PENDING_CLOSURE"}"#, ""),
        })
    });
    let aws = aws.start();
    let live = live(&aws).await;
    let organisation = live.organisation().await.unwrap();
    let states: Vec<_> = organisation
        .accounts
        .iter()
        .map(|account| (account.id.as_str(), account.state()))
        .collect();
    assert_eq!(
        states,
        [
            ("111111111111", "ACTIVE"),
            ("222222222222", "SUSPENDED"),
            ("333333333333", "PENDING_CLOSURE")
        ]
    );
    assert_eq!(organisation.accounts[0].paths, ["o-1/r-1/ou-1/111111111111/"]);
    assert_eq!(organisation.partition, "aws");
    assert_eq!(live.scope(), Some(&AccountScope::Organisation));
    let asked = aws.asked("ListAccounts");
    assert!(asked[0].has(r#""MaxResults":20"#) && asked[1].has(r#""NextToken":"a""#));
    // The whole scan waits for them, so they do not wait for each other.
    let figures = live.figures();
    let (_, list) = figures
        .iter()
        .find(|(key, _)| key.api == "organizations")
        .unwrap();
    assert_eq!((list.calls, list.waits), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_token_of_list_accounts_is_malformed_and_no_end() {
    let mut aws = Recorded::new();
    aws.on("ListAccounts", |_| {
        Some(page(r#"{"Id":"111111111111"}"#, "again"))
    });
    let aws = aws.start();
    let failure = live(&aws).await.organisation().await.unwrap_err();
    assert_eq!(
        (failure.operation.as_str(), failure.kind),
        ("ListAccounts", FailureKind::Malformed)
    );
    assert_eq!(aws.asked("ListAccounts").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn pages_that_never_end_do() {
    let mut aws = Recorded::new();
    aws.options.limits.start_timeout = std::time::Duration::from_secs(30);
    aws.on("ListAccounts", |asked| Some(page("", &format!("t{}", asked.nth))));
    let aws = aws.start();
    let failure = live(&aws).await.organisation().await.unwrap_err();
    assert_eq!(
        (failure.operation.as_str(), failure.kind),
        ("ListAccounts", FailureKind::Unreachable)
    );
    assert!(aws.asked("ListAccounts").len() > 100);
}

#[tokio::test(start_paused = true)]
async fn without_an_organisation_the_callers_own_account_is_read_and_it_is_said() {
    for (code, kind) in [
        ("AccessDeniedException", FailureKind::Denied),
        ("AWSOrganizationsNotInUseException", FailureKind::Absent),
    ] {
        let mut aws = Recorded::new();
        aws.always("ListAccounts", Reply::json(400, code));
        let aws = aws.start();
        let live = live(&aws).await;
        let organisation = live.organisation().await.unwrap();
        // Where there is no organisation, no account is missing.
        assert_eq!(
            organisation.unknown.map(|why| why.kind),
            Some(kind).filter(|it| *it == FailureKind::Denied)
        );
        let accounts = organisation.accounts;
        assert_eq!(
            accounts
                .iter()
                .map(|account| account.id.as_str())
                .collect::<Vec<_>>(),
            [CALLER]
        );
        assert!(matches!(live.scope(), Some(AccountScope::OwnAccount(failure)) if failure.kind == kind));
        assert!(read(&live, CALLER).await.authorization.is_ok());
        assert!(aws.asked("AssumeRole").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_the_own_account_alone_does_not_ask_for_others() {
    let mut aws = Recorded::new();
    aws.options.own = true;
    let aws = aws.start();
    let live = live(&aws).await;
    let organisation = live.organisation().await.unwrap();
    assert_eq!(
        organisation
            .accounts
            .iter()
            .map(|it| it.id.as_str())
            .collect::<Vec<_>>(),
        [CALLER]
    );
    assert_eq!(
        (organisation.unknown, live.scope()),
        (None, Some(&AccountScope::Own))
    );
    assert!(aws.asked("ListAccounts").is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_sweep_joins_all_pages_and_decodes_documents_without_touching_a_plus_sign() {
    let mut aws = Recorded::new();
    aws.on("GetAccountAuthorizationDetails", |asked| {
        let attached = "<AttachedManagedPolicies><member><PolicyName>A</PolicyName>\
             <PolicyArn>arn:aws:iam::aws:policy/A</PolicyArn></member></AttachedManagedPolicies>\
             <RolePolicyList><member><PolicyName>inline</PolicyName><PolicyDocument>\
             %7B%22Statement%22%3A%5B%7B%22Resource%22%3A%22a+b%2Bc%20d%22%7D%5D%7D</PolicyDocument></member></RolePolicyList>";
        let policy = |arn: &str, name: &str| {
            format!(
                "<member>{name}<Arn>{arn}</Arn><DefaultVersionId>v2</DefaultVersionId><PolicyVersionList>\
                 <member><Document>%7B%7D</Document><VersionId>v1</VersionId><IsDefaultVersion>false</IsDefaultVersion></member>\
                 <member><Document>%7B%22a%22%3A1%7D</Document><VersionId>v2</VersionId><IsDefaultVersion>true</IsDefaultVersion></member>\
                 </PolicyVersionList></member>"
            )
        };
        Some(Reply::ok(match asked.nth {
            0 => sweep(&role(&asked.account, "first", attached), Some("m1")),
            1 => sweep("", Some("m2")),
            _ => {
                let all = [
                    policy("arn:aws:iam::aws:policy/A", "<PolicyName>A</PolicyName>"),
                    policy("arn:aws:iam::aws:policy/Unattached", "<PolicyName>Unattached</PolicyName>"),
                    policy("arn:aws:iam::111111111111:policy/team/Nameless", ""),
                ];
                sweep(&format!("<Policies>{}</Policies>{}", all.concat(), role(&asked.account, "second", "")), None)
            }
        }))
    });
    let aws = aws.start();
    let all = read(&live(&aws).await, CALLER).await.authorization.unwrap();
    let roles: Vec<_> = all
        .role_detail_list
        .iter()
        .map(|role| role.role_name.as_str())
        .collect();
    assert_eq!(roles, ["first", "second"]);
    let first = &all.role_detail_list[0];
    assert_eq!(
        first.role_policy_list[0].policy_document.0,
        r#"{"Statement":[{"Resource":"a+b+c d"}]}"#
    );
    assert_eq!(first.create_date.as_deref(), Some("2020-01-02T03:04:05Z"));
    assert!(first.role_last_used.is_some());
    let policies: Vec<_> = all.policies.iter().map(|policy| policy.name()).collect();
    assert_eq!(
        policies,
        ["A", "Nameless"],
        "what nothing uses of AWS's own is dropped"
    );
    assert_eq!(all.policies[0].document().unwrap().0, r#"{"a":1}"#);
    assert_eq!(all.policies[0].policy_version_list.len(), 2);
    let asked = aws.asked("GetAccountAuthorizationDetails");
    assert_eq!(asked.len(), 3);
    assert!(asked[0].has("MaxItems=1000") && asked[0].has("AWSManagedPolicy") && asked[2].has("Marker=m2"));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_loses_its_way_is_malformed() {
    let repeated = |account: &str| sweep(&role(account, "r", ""), Some("again"));
    let no_marker = |account: &str| sweep(&role(account, "r", ""), Some(""));
    let nameless = |_: &str| {
        sweep(
            "<RoleDetailList><member><Path>/</Path></member></RoleDetailList>",
            None,
        )
    };
    let of_another = |_: &str| sweep(&role("999999999999", "r", ""), None);
    type Case = (fn(&str) -> String, &'static str);
    let cases: [Case; 4] = [
        (repeated, "comes back to a page that it had"),
        (no_marker, "does not say from where"),
        (nameless, "has no name or no ARN"),
        (of_another, "is of another account"),
    ];
    for (case, detail) in cases {
        let mut aws = Recorded::new();
        aws.on("GetAccountAuthorizationDetails", move |asked| {
            Some(Reply::ok(case(&asked.account)))
        });
        let aws = aws.start();
        let answers = read(&live(&aws).await, CALLER).await;
        let failure = answers.authorization.unwrap_err();
        assert_eq!(failure.operation, "GetAccountAuthorizationDetails");
        assert_eq!(failure.kind, FailureKind::Malformed);
        assert!(failure.to_string().contains(detail), "{failure}");
        assert_eq!(
            answers.evidence.unwrap_err(),
            failure,
            "the reason is the same on both sides"
        );
    }
}

/// What the SDK makes of such an answer is an account in which nobody is.
#[tokio::test(start_paused = true)]
async fn an_answer_without_what_is_always_there_is_none_and_it_is_said_what_it_lacks() {
    let whole = sweep(&role(CALLER, "r", ""), None);
    for member in [
        "IsTruncated",
        "UserDetailList",
        "GroupDetailList",
        "RoleDetailList",
        "Policies",
    ] {
        let mut aws = Recorded::new();
        let answer = whole
            .replace(&format!("<{member}"), "<Else")
            .replace(&format!("</{member}"), "</Else");
        aws.always("GetAccountAuthorizationDetails", Reply::ok(answer));
        let aws = aws.start();
        let failure = read(&live(&aws).await, CALLER).await.authorization.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed, "{member}");
        assert!(
            failure.to_string().contains(&format!("lacks `{member}`")),
            "{failure}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_is_no_longer_than_any_of_aws() {
    // A token for ever, another each time.
    let mut aws = Recorded::new();
    aws.on("GetAccountAuthorizationDetails", |asked| {
        Some(Reply::ok(sweep(
            &role(CALLER, &format!("r{}", asked.nth), ""),
            Some(&format!("m{}", asked.nth)),
        )))
    });
    let aws = aws.start();
    let failure = read(&live(&aws).await, CALLER).await.authorization.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Malformed);
    assert!(failure.to_string().contains("more than 5000 pages"), "{failure}");
    assert_eq!(aws.asked("GetAccountAuthorizationDetails").len(), 5000);
    // One page with far more on it than was asked for.
    let mut aws = Recorded::new();
    let analyzers = vec![analyzer(false); 1001].join(",");
    aws.always(
        "ListAnalyzers",
        Reply::ok(format!(r#"{{"analyzers":[{analyzers}]}}"#)),
    );
    let aws = aws.start();
    let failure = read(&live(&aws).await, CALLER).await.evidence.unwrap_err();
    assert!(
        failure.to_string().contains("more than 1000 elements"),
        "{failure}"
    );
}

/// A day in the header must not be a day of silence, and a server that says nothing must not be waited for for ever.
#[tokio::test(start_paused = true)]
async fn what_comes_before_the_first_account_ends_in_time_and_says_what_it_waited_for() {
    let silent = || Reply {
        delay: std::time::Duration::from_secs(1_000_000),
        ..Reply::ok("")
    };
    let xml = Reply::xml(400, "Throttling").header("retry-after", "86400");
    let json = Reply::json(400, "ThrottlingException").header("retry-after", "86400");
    let patient = || {
        let mut aws = Recorded::new();
        aws.options.limits.attempts = 1000;
        aws.options.limits.call_timeout = std::time::Duration::from_secs(60);
        aws
    };
    let cases = [
        (silent(), silent(), FailureKind::Unreachable),
        (xml, json, FailureKind::Throttled),
    ];
    for (identity, accounts, kind) in cases {
        let mut aws = patient();
        aws.always("GetCallerIdentity", identity);
        let aws = aws.start();
        let error = Live::with_sdk_config(aws.options.clone(), &sdk(&aws))
            .await
            .unwrap_err();
        let ConnectError::Identity(failure) = &error else {
            panic!("{error}")
        };
        assert_eq!(
            (failure.operation.as_str(), failure.kind),
            ("GetCallerIdentity", kind),
            "{error}"
        );
        let mut aws = patient();
        aws.always("ListAccounts", accounts);
        let aws = aws.start();
        let failure = live(&aws).await.organisation().await.unwrap_err();
        assert_eq!((failure.operation.as_str(), failure.kind), ("ListAccounts", kind));
        // Ten minutes have pauses of a minute, and none of a day.
        let asked = aws.asked("ListAccounts").len();
        assert!((8..=12).contains(&asked), "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_list_of_operations_is_what_is_called_and_nothing_of_it_writes() {
    let mut called = std::collections::BTreeSet::new();
    for source in [EvidenceFrom::Analyzer, EvidenceFrom::LastAccessed] {
        let mut aws = super::evidence::with_everything();
        aws.options.source = source;
        aws.always(
            "ListAccounts",
            page(r#"{"Id":"111111111111"},{"Id":"222222222222"}"#, ""),
        );
        super::units::plant(&mut aws);
        // One that a service manages: whether a delegated administrator has a better one is asked as well.
        let managed = analyzer(true).replacen('{', r#"{"managedBy":"securityhubv2.amazonaws.com","#, 1);
        aws.always("GetAnalyzer", Reply::ok(format!(r#"{{"analyzer":{managed}}}"#)));
        let aws = aws.start();
        let live = live(&aws).await;
        for account in live.organisation().await.unwrap().accounts {
            let answers = read(&live, &account.id).await;
            assert!(answers.authorization.is_ok() && answers.evidence.is_ok());
        }
        called.extend(aws.calls().into_iter().map(|asked| asked.operation));
    }
    let listed: std::collections::BTreeSet<_> =
        OPERATIONS.iter().map(|listed| listed.name().to_owned()).collect();
    assert_eq!(called, listed);
    for operation in OPERATIONS {
        let (service, action) = operation.action().split_once(':').unwrap();
        assert!(["sts", "organizations", "iam", "access-analyzer"].contains(&service));
        let reads = ["Get", "List", "GenerateServiceLastAccessedDetails", "AssumeRole"];
        assert!(
            reads.iter().any(|verb| action.starts_with(verb)),
            "{action} may write"
        );
    }
}

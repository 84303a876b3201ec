//! The fake AWS at its worst: each fault does what it says, the rate holds, recorded errors are answered.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use leastwise_core::evidence::{Failure, FailureKind};
use serde_json::{Value, json};

use crate::fake::{Books, Fake, Fault, Invented, Rule, When, World};
use crate::harness::small::{ANALYZER, MANAGEMENT, MEMBER, small};
use crate::raw::{BASE, Reply, analyzer, ask, get, iam, key, organizations, receive, request, sign, sts};

const FINDING: &str = "0fa3f5a1-bd92-4193-8ca4-aba12cd91370";

fn finding(fake: &Fake) -> std::io::Result<Reply> {
    analyzer(
        fake,
        &key(MEMBER),
        "GET",
        &format!("/findingv2/{FINDING}?analyzerArn={ANALYZER}"),
        "",
    )
}

fn authorization(fake: &Fake) -> Reply {
    iam(fake, MEMBER, "Action=GetAccountAuthorizationDetails")
}

fn told(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

#[test]
fn each_service_words_an_error_in_its_own_way() {
    for (fault, analyzer, iam, organisation) in [
        (
            Fault::Throttle,
            (429, "ThrottlingException"),
            (400, "Throttling"),
            (400, "TooManyRequestsException"),
        ),
        (
            Fault::Internal,
            (500, "InternalServerException"),
            (500, "ServiceFailure"),
            (500, "ServiceException"),
        ),
        (
            Fault::Denied,
            (403, "AccessDeniedException"),
            (403, "AccessDenied"),
            (400, "AccessDeniedException"),
        ),
        (
            Fault::Expired,
            (403, "ExpiredTokenException"),
            (403, "ExpiredToken"),
            (400, "ExpiredTokenException"),
        ),
        (Fault::GatewayPage, (503, ""), (503, ""), (503, "")),
    ] {
        let fake = Fake::of(small())
            .retry_after(2)
            .fault(Rule::new(fault, When::Always))
            .start();
        let reply = finding(&fake).unwrap();
        let owned = |(status, code): (u16, &str)| (status, code.to_owned());
        assert_eq!(told(&reply), owned(analyzer), "{fault:?}");
        assert_eq!(
            reply.head.contains("retry-after: 2\r\n"),
            matches!(reply.status, 429 | 500),
            "{fault:?}"
        );
        assert_eq!(told(&authorization(&fake)), owned(iam), "{fault:?}");
        assert_eq!(
            told(&organizations(&fake, BASE, "ListAccounts", &json!({}))),
            owned(organisation),
            "{fault:?}"
        );
        assert_eq!(fake.struck(), BTreeMap::from([(fault, 3)]));
        fake.heal();
        assert_eq!(finding(&fake).unwrap().status, 200);
    }
}

#[test]
fn a_broken_body_is_broken_in_the_way_that_is_wanted() {
    let whole = finding(&Fake::of(small()).start()).unwrap();
    let with = |fault| Fake::of(small()).fault(Rule::new(fault, When::First(1))).start();

    let cut = finding(&with(Fault::CutBody)).unwrap();
    assert!(cut.status == 200 && whole.body.starts_with(&cut.body) && cut.body.len() < whole.body.len());
    let odd = finding(&with(Fault::Malformed)).unwrap();
    assert!(odd.status == 200 && serde_json::from_str::<Value>(&odd.body).is_err());
    for (fault, kinds) in [
        (Fault::TruncatedBody, &[ErrorKind::UnexpectedEof][..]),
        (Fault::Reset, &[ErrorKind::ConnectionReset]),
        (Fault::Silent, &[ErrorKind::WouldBlock, ErrorKind::TimedOut]),
        (Fault::Stall, &[ErrorKind::WouldBlock, ErrorKind::TimedOut]),
    ] {
        let fake = with(fault);
        let error = finding(&fake).unwrap_err();
        assert!(kinds.contains(&error.kind()), "{fault:?}: {error}");
        assert_eq!(finding(&fake).unwrap().body, whole.body, "after {fault:?}");
    }
}

#[test]
fn answers_can_hold_what_no_client_knows() {
    let with = |fault| Fake::of(small()).fault(Rule::new(fault, When::Always)).start();
    let details = |fault| finding(&with(fault)).unwrap().json()["findingDetails"].clone();
    assert_eq!(details(Fault::NoDetails), Value::Null);
    let known = details(Fault::UnknownEnum).as_array().unwrap().len();
    let more = details(Fault::UnknownMember);
    assert_eq!(more.as_array().unwrap().len(), known + 1);
    assert!(more[known]["unusedFutureDetails"].is_object());
    let strange = finding(&with(Fault::UnknownEnum)).unwrap().json();
    assert_eq!(
        (&strange["status"], &strange["findingType"]),
        (&json!("HIBERNATING"), &json!("UnusedSomethingNew"))
    );
    let listed = organizations(&with(Fault::UnknownEnum), BASE, "ListAccounts", &json!({})).json();
    assert_eq!(listed["Accounts"][0]["State"], "HIBERNATING");
}

#[test]
fn pages_can_be_empty_or_repeat_their_token() {
    let list = |fake: &Fake, token: &Value| {
        let reply = organizations(fake, BASE, "ListAccounts", &json!({ "NextToken": token })).json();
        (
            reply["Accounts"].as_array().unwrap().len(),
            reply["NextToken"].clone(),
        )
    };
    let fake = Fake::of(small())
        .page("ListAccounts", 2)
        .fault(Rule::new(Fault::EmptyPage, When::First(1)))
        .start();
    let (count, token) = list(&fake, &Value::Null);
    assert!(count == 0 && token.is_string());
    assert_eq!(list(&fake, &token).0, 2);

    let fake = Fake::of(small())
        .page("ListAccounts", 1)
        .fault(Rule::new(Fault::RepeatedToken, When::Nth(2)))
        .start();
    let (_, first) = list(&fake, &Value::Null);
    assert_eq!(list(&fake, &first), (1, first.clone()));
    assert_ne!(list(&fake, &first).1, first);
}

#[test]
fn a_rule_is_about_its_operation_its_account_and_its_turn() {
    let rules = [
        Rule::new(Fault::Denied, When::Nth(2)).on("GetFindingV2"),
        Rule::new(Fault::Internal, When::From(2))
            .on("GetAccountAuthorizationDetails")
            .of(MEMBER),
        Rule::new(Fault::Throttle, When::Always).of("444444444444"),
    ];
    let fake = rules
        .into_iter()
        .fold(Fake::of(small()), |setup, rule| setup.fault(rule))
        .start();
    let statuses: Vec<u16> = (0..3).map(|_| finding(&fake).unwrap().status).collect();
    assert_eq!(statuses, [200, 403, 200]);
    let statuses: Vec<u16> = (0..3).map(|_| authorization(&fake).status).collect();
    assert_eq!(statuses, [200, 500, 500]);

    let strikes = |seed| {
        let fake = Fake::of(small())
            .fault(Rule::new(Fault::Internal, When::Chance(0.3, seed)))
            .start();
        (0..100)
            .map(|_| sts(&fake, BASE, "Action=GetCallerIdentity").status)
            .collect::<Vec<u16>>()
    };
    let some = strikes(5);
    let count = some.iter().filter(|status| **status == 500).count();
    assert!((15..45).contains(&count), "{count} of 100 at three in ten");
    assert_eq!(some, strikes(5), "the same seed, the same faults");
    assert_ne!(some, strikes(6));
}

#[test]
fn the_rate_holds_for_each_account_alone() {
    let fake = Fake::of(small())
        .rate_with_burst("GetCallerIdentity", 50.0, 5.0)
        .start();
    let start = Instant::now();
    let (mut taken, mut refused) = (0, 0);
    while start.elapsed() < Duration::from_millis(400) {
        match sts(&fake, BASE, "Action=GetCallerIdentity").status {
            200 => taken += 1,
            _ => refused += 1,
        }
    }
    let most = 5.0 + 50.0 * start.elapsed().as_secs_f64() + 1.0;
    assert!(
        refused > 0 && f64::from(taken) <= most,
        "{taken} taken of at most {most}, {refused} refused"
    );
    assert!(taken >= 10, "{taken} taken");
    assert_eq!(fake.throttles(), refused);
    assert_eq!(
        sts(&fake, &key(MEMBER), "Action=GetCallerIdentity").status,
        200,
        "another account's bucket"
    );
    assert_eq!(finding(&fake).unwrap().status, 200, "another operation's");
}

#[test]
fn what_a_snapshot_could_not_read_cannot_be_read() {
    let error = |operation: &str, kind| Failure::new(operation, kind);
    let organisation = Invented {
        accounts: 4,
        principals: 5,
        seed: 1,
    };
    let mut books: BTreeMap<String, Books> = organisation
        .accounts()
        .into_iter()
        .map(|account| (account.id.clone(), organisation.books(&account.id)))
        .collect();
    books.get_mut("200000000001").unwrap().error = Some(error("ListFindingsV2", FailureKind::Denied));
    books.insert(
        "200000000002".to_owned(),
        Books {
            error: Some(error("GetAccountAuthorizationDetails", FailureKind::Denied)),
            ..Books::default()
        },
    );
    let unread = &mut books.get_mut("200000000003").unwrap().findings.as_mut().unwrap()[0];
    unread.failure = Some(error("GetFindingV2", FailureKind::Absent));
    let unread = unread.id.clone();
    let analyzer_arn = organisation.analyzer().arn;
    let fake = Fake::of(World::memory(
        organisation.accounts(),
        vec![organisation.analyzer()],
        books,
    ))
    .start();

    let denied = iam(&fake, "200000000002", "Action=GetAccountAuthorizationDetails");
    assert_eq!(told(&denied), (403, "AccessDenied".to_owned()));
    let list = |account: &str| {
        let body =
            json!({ "analyzerArn": analyzer_arn, "filter": { "resourceOwnerAccount": { "eq": [account] } } });
        told(
            &analyzer(
                &fake,
                &key("200000000001"),
                "POST",
                "/findingv2",
                &body.to_string(),
            )
            .unwrap(),
        )
    };
    assert_eq!(list("200000000001"), (403, "AccessDeniedException".to_owned()));
    assert_eq!(list("200000000003").0, 200);
    let reply = get(
        &fake,
        &key("200000000001"),
        &format!("/findingv2/{unread}?analyzerArn={analyzer_arn}"),
    );
    assert_eq!(told(&reply), (404, "ResourceNotFoundException".to_owned()));
}

#[test]
fn what_is_no_call_is_refused_and_what_is_one_is_counted() {
    let fake = Fake::of(small()).start();
    let form = "Action=GetAccountAuthorizationDetails&Version=2010-05-08";
    let unsigned = ask(&fake, &request("POST", "/", &[], form)).unwrap();
    assert_eq!(told(&unsigned), (403, "MissingAuthenticationToken".to_owned()));
    let stranger = iam(&fake, "999999999999", "Action=GetAccountAuthorizationDetails");
    assert_eq!(told(&stranger), (403, "InvalidClientTokenId".to_owned()));
    assert_eq!(fake.refusals(), 2);
    let write = iam(&fake, MEMBER, "Action=PutRolePolicy&RoleName=EC2role");
    assert_eq!(told(&write), (400, "InvalidAction".to_owned()));
    authorization(&fake);
    sts(
        &fake,
        BASE,
        &format!("Action=AssumeRole&RoleSessionName=s&RoleArn=arn:aws:iam::{MEMBER}:role/r"),
    );
    sts(&fake, BASE, "Action=GetCallerIdentity");
    let expected = [
        "AssumeRole",
        "GetAccountAuthorizationDetails",
        "GetCallerIdentity",
        "PutRolePolicy",
    ];
    assert_eq!(
        fake.operations(),
        expected.map(str::to_owned).into_iter().collect::<BTreeSet<_>>()
    );
    let of = |operation: &str, account: &str| {
        fake.calls()
            .get(&(operation.to_owned(), account.to_owned()))
            .copied()
    };
    assert_eq!(of("AssumeRole", MEMBER), Some(1), "by the role's account");
    assert_eq!(of("GetCallerIdentity", MANAGEMENT), Some(1));
    let shown = ask(&fake, &request("GET", "/_fake/calls", &[], ""))
        .unwrap()
        .json();
    assert_eq!(shown["calls"]["GetAccountAuthorizationDetails"][MEMBER], 1);
    fake.forget();
    assert!(fake.calls().is_empty());
}

#[test]
fn many_connections_are_kept_alive_at_a_time() {
    let fake = Fake::of(small()).latency(Duration::from_millis(100)).start();
    let address = fake.url().trim_start_matches("http://").to_owned();
    let signed = sign(BASE, "sts");
    let bytes = request(
        "POST",
        "/",
        &[signed.as_ref()],
        "Action=GetCallerIdentity&Version=2011-06-15",
    );
    let mut streams: Vec<TcpStream> = (0..256).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for _ in 0..2 {
        streams
            .iter_mut()
            .for_each(|stream| stream.write_all(bytes.as_bytes()).unwrap());
        for stream in &mut streams {
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            assert_eq!(receive(stream).unwrap().status, 200);
        }
    }
    assert_eq!(fake.calls_of("GetCallerIdentity"), 512);
    assert!(fake.peak() > 100, "{} at a time", fake.peak());
}

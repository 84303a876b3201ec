//! Where a change stands, from records of CloudTrail: cases as data in `tests/cases-trail`, and what holds for any records.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use leastwise_core::catalog::Catalog;
use leastwise_core::decide::HolderKind;
use leastwise_core::trail::{
    ChangeOutcome, Judge, PolicyChange, Trail, Unreadable, WatchList, WatchVerdict, WatchedChange,
    WatchedPrincipal, read_records,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const ACCOUNT: &str = "111111111111";
const STARTED: &str = "2026-11-01T00:00:00Z";

fn seconds(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_second()
}

fn principal(kind: HolderKind, name: &str) -> WatchedPrincipal {
    WatchedPrincipal {
        account: ACCOUNT.to_owned(),
        kind,
        name: name.to_owned(),
    }
}

/// The change of a case.
fn change(case: &Value) -> WatchedChange {
    let it = &case["change"];
    let kind = HolderKind::named(it["kind"].as_str().unwrap_or("role")).unwrap();
    let names = match it["holders"].as_array() {
        Some(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        None => vec!["app"],
    };
    let holders: BTreeSet<WatchedPrincipal> = names.iter().map(|name| principal(kind, name)).collect();
    let text = |key: &str| it[key].as_str().map(str::to_owned);
    let how = match (text("inline"), text("version"), text("detach")) {
        (Some(name), ..) => PolicyChange::Inline(name),
        (_, Some(arn), _) => PolicyChange::Version(arn),
        (.., Some(arn)) => PolicyChange::Detach {
            name: arn.rsplit('/').next().unwrap().to_owned(),
            arn: Some(arn),
        },
        _ => panic!("no kind of change"),
    };
    WatchedChange {
        name: format!("{ACCOUNT}/role/app/work"),
        has_script: true,
        set: false,
        how,
        principals: holders
            .iter()
            .map(|it| {
                (
                    it.clone(),
                    format!("arn:aws:iam::{ACCOUNT}:{}/{}", it.kind, it.name),
                )
            })
            .collect(),
        holders,
        accounts: BTreeSet::from([ACCOUNT.to_owned()]),
        before: String::new(),
        after: String::new(),
    }
}

fn session(role: &str) -> Value {
    json!({
        "type": "AssumedRole",
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s"),
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}")}},
    })
}

/// The records of a case: a quiet day after another, and what happens.
fn records(case: &Value) -> Vec<Value> {
    let has = |list: &str, what: &str| {
        case[list]
            .as_array()
            .is_some_and(|it| it.iter().any(|it| it == what))
    };
    let mut all = Vec::new();
    let mut day: jiff::civil::Date = case["begins"].as_str().unwrap_or("2026-11-01").parse().unwrap();
    let end: jiff::civil::Date = case["through"].as_str().unwrap().parse().unwrap();
    while day <= end && !has("without", "all") {
        let mut sources = vec![
            ("ec2.amazonaws.com", "eu-west-1", true, "Management"),
            ("ec2.amazonaws.com", "eu-west-1", false, "Management"),
        ];
        sources.push(("iam.amazonaws.com", "us-east-1", false, "Management"));
        let listed = |key: &str| {
            case[key]
                .as_array()
                .into_iter()
                .flatten()
                .map(|it| it.as_str().unwrap())
                .collect::<Vec<_>>()
        };
        sources.extend(
            listed("data")
                .into_iter()
                .map(|source| (source, "eu-west-1", true, "Data")),
        );
        sources.extend(
            listed("has")
                .into_iter()
                .map(|source| (source, "eu-west-1", true, "Management")),
        );
        for (source, region, reads, category) in sources {
            let is_left_out = has("lacks", &day.to_string())
                || has("without", "iam") && source.starts_with("iam")
                || has("without", "reads") && reads;
            if !is_left_out {
                all.push(json!({
                    "eventTime": format!("{day}T06:00:00Z"), "eventSource": source, "eventName": "Background", "awsRegion": region,
                    "readOnly": reads, "eventCategory": category, "userIdentity": session("other"),
                }));
            }
        }
        day = day.tomorrow().unwrap();
    }
    let text = |key: &str| case["change"][key].to_string();
    for (at, event) in case["events"].as_array().unwrap().iter().enumerate() {
        let mut event = event.clone();
        let defaults =
            json!({"awsRegion": "us-east-1", "eventID": format!("event-{at:03}"), "userIdentity": "app"});
        for (key, value) in defaults.as_object().unwrap() {
            event.as_object_mut().unwrap().entry(key).or_insert(value.clone());
        }
        if let Some(role) = event["userIdentity"]
            .as_str()
            .filter(|role| *role == "app" || *role == "other")
        {
            event["userIdentity"] = session(role);
        }
        if let Some(document) = event.pointer_mut("/requestParameters/policyDocument") {
            *document = match document.as_str().unwrap() {
                "BEFORE" => text("before").into(),
                "AFTER" => text("after").into(),
                "OTHER" => {
                    r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#.into()
                }
                text => text.into(),
            };
        }
        all.push(event);
    }
    for record in &mut all {
        record
            .as_object_mut()
            .unwrap()
            .entry("recipientAccountId")
            .or_insert(ACCOUNT.into());
    }
    all
}

fn gathered<'w>(list: &'w WatchList, records: &[Value]) -> Trail<'w> {
    let mut trail = Trail::new(list);
    let text = json!({"Records": records}).to_string();
    read_records(text.as_bytes(), &mut |event| trail.add(event)).unwrap();
    trail
}

fn judged(case: &Value, change: &WatchedChange, trail: &Trail<'_>) -> ChangeOutcome {
    let mut unreadable = Unreadable::default();
    for path in case["unreadable"].as_array().into_iter().flatten() {
        unreadable.add(path.as_str().unwrap(), "broken".to_owned());
    }
    let regions = case["regions"].as_array().into_iter().flatten();
    let judge = Judge {
        trail,
        catalog: Catalog::embedded(),
        started: seconds(STARTED),
        quiet_days: 14,
        since: case["since"].as_str().map(seconds),
        regions: &regions.map(|it| it.as_str().unwrap().to_owned()).collect(),
        iam_region: "us-east-1",
        unreadable: &unreadable,
    };
    judge.change(
        change,
        &case["change"]["before"].to_string(),
        &case["change"]["after"].to_string(),
    )
}

fn cases() -> BTreeMap<PathBuf, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases-trail");
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            (
                path.clone(),
                serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_case_of_a_trail_stands_where_it_says() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, case) in cases() {
        let change = change(&case);
        let list = WatchList::of([&change]);
        let outcome = judged(&case, &change, &gathered(&list, &records(&case)));
        let reasons: Vec<&str> = outcome.invisible.iter().map(|it| it.code.name()).collect();
        let wanted: Vec<&str> = case["reasons"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| it.as_str().unwrap())
            .collect();
        let is_so = outcome.verdict.name() == case["verdict"]
            && reasons == wanted
            && case
                .get("stage")
                .is_none_or(|stage| outcome.stage.map(|it| it.name()) == stage.as_str())
            && case
                .get("denials")
                .is_none_or(|count| outcome.denials as u64 == *count)
            && case
                .get("undo")
                .is_none_or(|undo| outcome.undo.as_deref() == undo.as_str());
        if !is_so {
            wrong.push(format!("{}: {outcome:#?}", path.display()));
        }
        seen.insert(outcome.verdict);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen.len(), WatchVerdict::ALL.len());
}

#[test]
fn records_in_any_order_and_division_stand_for_the_same() {
    for (path, case) in cases() {
        let change = change(&case);
        let list = WatchList::of([&change]);
        let mut records = records(&case);
        let outcome = judged(&case, &change, &gathered(&list, &records));
        records.reverse();
        let (one, other) = records.split_at(records.len() / 3);
        let mut joined = gathered(&list, other);
        joined.join(gathered(&list, one));
        joined.join(gathered(&list, one));
        assert_eq!(judged(&case, &change, &joined), outcome, "{}", path.display());
    }
}

#[test]
fn more_denials_than_are_kept_are_still_denials_of_the_change() {
    let (_, case) = cases()
        .into_iter()
        .find(|(path, _)| path.ends_with("a-change-without-a-denial-is-confirmed.json"))
        .unwrap();
    let change = change(&case);
    let list = WatchList::of([&change]);
    let denial = |at: usize, time: String| {
        json!({
            "eventTime": time, "eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "eventID": format!("e{at}"),
            "errorCode": "AccessDenied", "recipientAccountId": ACCOUNT, "userIdentity": session("app"),
        })
    };
    let mut many = records(&case);
    many.extend((0..5_000).map(|at| denial(at, format!("2026-11-{:02}T10:00:{:02}Z", 4 + at % 10, at % 60))));
    let outcome = judged(&case, &change, &gathered(&list, &many));
    assert_eq!(
        (outcome.verdict, outcome.more_denials),
        (WatchVerdict::Denied, true)
    );
    assert!(
        outcome.denied.len() <= 20 && outcome.denials < 100,
        "{}",
        outcome.denials
    );
}

fn denials() -> impl Strategy<Value = Vec<(usize, u8, u8, bool)>> {
    prop::collection::vec((0..6usize, 1..21u8, 0..24u8, any::<bool>()), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("LAWS").is_some() { 2_000 } else { 100 }, failure_persistence: None, ..ProptestConfig::default() })]

    /// The promise: a change is never confirmed if a removed action was denied after it.
    #[test]
    fn a_change_is_never_confirmed_after_a_denial_of_what_it_removes(denied in denials(), applied in (1..6u8, 0..24u8)) {
        let actions = ["DescribeInstances", "DeleteVolume", "RunInstances", "Unheard", "describeinstances", "CreateVolume"];
        let mut case = json!({
            "change": {
                "inline": "work",
                "before": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]},
                "after": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]},
            },
            "through": "2026-11-21", "data": ["s3.amazonaws.com"],
        });
        let at = format!("2026-11-{:02}T{:02}:30:00Z", applied.0, applied.1);
        let mut events = vec![json!({
            "eventTime": at, "eventSource": "iam.amazonaws.com", "eventName": "PutRolePolicy",
            "requestParameters": {"roleName": "app", "policyName": "work", "policyDocument": "AFTER"},
        })];
        let mut hits = 0;
        for (action, day, hour, named) in denied {
            let (name, time) = (actions[action], format!("2026-11-{day:02}T{hour:02}:45:00Z"));
            let message = match named {
                true => format!("User: u is not authorized to perform: ec2:{name} on resource: *"),
                false => "denied".to_owned(),
            };
            // All but the kept one are under the old wildcard, known or not.
            hits += usize::from(name != "RunInstances" && (named || name != "Unheard") && seconds(&time) >= seconds(&at));
            events.push(json!({
                "eventTime": time, "eventSource": "ec2.amazonaws.com", "eventName": name, "errorCode": "Client.UnauthorizedOperation",
                "errorMessage": message,
            }));
        }
        case["events"] = events.into();
        let change = change(&case);
        let list = WatchList::of([&change]);
        let outcome = judged(&case, &change, &gathered(&list, &records(&case)));
        prop_assert_eq!(hits > 0, outcome.verdict == WatchVerdict::Denied, "{:#?}", outcome);
        prop_assert!(outcome.denials == hits || outcome.more_denials);
    }
}

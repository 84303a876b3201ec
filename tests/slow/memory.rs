//! What somebody else writes decides neither how much memory a scan takes nor how long: documents that are legal and large, lists
//! longer than IAM can have made them, evidence of services without number.

use std::fs;
use std::path::{Path, PathBuf};

use leastwise_core::RefineError;
use leastwise_core::catalog::Catalog;
use leastwise_core::policy::{ActionSet, Document};
use leastwise_core::prove::{Verdict, prove};
use leastwise_core::refine::{DoesNotFit, Kind, RefineOptions};
use serde_json::{Value, json};

use crate::run::{folder, leastwise};
use crate::tables::{Lists, embedded};

const ACCOUNT: &str = "111111111111";

/// A snapshot of one account.
fn snapshot(folder: &Path, authorization: &Value, findings: &Value) -> PathBuf {
    let place = folder.join("snapshot");
    let here = place.join("accounts").join(ACCOUNT);
    fs::create_dir_all(&here).unwrap();
    let write = |path: PathBuf, value: &Value| fs::write(path, value.to_string()).unwrap();
    write(
        place.join("snapshot.json"),
        &json!({"format": 1, "capturedAt": "2026-11-20T00:00:00Z", "partition": "aws"}),
    );
    write(
        place.join("accounts.json"),
        &json!({"Accounts": [{"Id": ACCOUNT, "Name": "one"}]}),
    );
    let analyzer = json!([{"analyzer": {
        "arn": format!("arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/a"),
        "name": "a",
        "type": "ACCOUNT_UNUSED_ACCESS",
        "status": "ACTIVE",
        "createdAt": "2025-01-01T00:00:00Z",
        "configuration": {"unusedAccess": {"unusedAccessAge": 90}},
    }}]);
    write(place.join("analyzers.json"), &analyzer);
    write(here.join("authorization.json"), authorization);
    write(here.join("findings.json"), findings);
    place
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

fn role(name: &str, more: &Value) -> Value {
    let mut role = json!({"RoleName": name, "Arn": arn("role", name), "CreateDate": "2024-01-01T00:00:00Z"});
    role.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    role
}

fn authorization(roles: &Value, policies: &Value) -> Value {
    json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": policies})
}

fn finding(role: &str, unused: &[(&str, Vec<&str>)]) -> Value {
    let details = unused.iter().map(|(service, names)| {
        let actions: Vec<Value> = names.iter().map(|name| json!({"action": name})).collect();
        json!({"unusedPermissionDetails": {"serviceNamespace": service, "actions": actions}})
    });
    json!({
        "id": format!("f-{role}"), "resource": arn("role", role), "resourceType": "AWS::IAM::Role",
        "resourceOwnerAccount": ACCOUNT, "status": "ACTIVE", "findingType": "UnusedPermission",
        "analyzedAt": "2026-11-19T00:00:00Z", "createdAt": "2026-11-01T00:00:00Z",
        "updatedAt": "2026-11-19T00:00:00Z", "findingDetails": details.collect::<Vec<_>>(),
    })
}

/// Every second action of every service.
fn every_second(lists: &Lists) -> Vec<(&str, Vec<&str>)> {
    let several = lists.iter().filter(|(_, names)| names.len() > 1);
    several
        .map(|(service, names)| {
            (
                service.as_str(),
                names.iter().step_by(2).map(String::as_str).collect(),
            )
        })
        .collect()
}

fn statements(count: usize, statement: impl Fn(usize) -> Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": (0..count).map(statement).collect::<Vec<_>>()})
}

/// Scans, and tells the report's folder and the most memory that was in use, in megabytes. What the program holds for less than a
/// moment at its very end is not seen.
#[cfg(target_os = "linux")]
fn scanned(folder: &Path, snapshot: &Path) -> (PathBuf, u64) {
    let out = folder.join("report");
    let args = [
        "scan",
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let mut run = leastwise(args.into_iter().chain(["--format", "json,csv"])).starts();
    let mut most = 0;
    while !run.has_ended() {
        most = most.max(run.peak().unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(most > 0, "the memory of a process can be read");
    (out, most)
}

#[cfg(target_os = "linux")]
fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let size = |entry: &fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => bytes(&entry.path()),
        false => entry.metadata().unwrap().len(),
    };
    entries.map(|entry| size(&entry)).sum()
}

/// Policies of which each is legal, and whose parts, all made, take gigabytes.
#[cfg(target_os = "linux")]
#[test]
fn a_policy_whose_parts_cannot_be_attached_takes_no_memory_for_them() {
    let lists = embedded();
    let everything = |_| json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let all_but = |at| json!({"Effect": "Allow", "NotAction": format!("a:b{at}"), "Resource": "*"});
    let policies = [
        ("equal", statements(217, everything)),
        ("exceptions", statements(113, all_but)),
        ("longest", statements(1_900, all_but)),
        (
            "different",
            statements(
                1_700,
                |at| json!({"Effect": "Allow", "Action": ["*", format!("a:b{at}")], "Resource": "*"}),
            ),
        ),
        (
            "repeats",
            statements(
                1,
                |_| json!({"Effect": "Allow", "Action": vec!["*"; 2_500], "Resource": "*"}),
            ),
        ),
        (
            "wildcards",
            statements(1, |_| {
                let letters = |to| b'a'..=to;
                let pairs =
                    letters(b'g').flat_map(|a| letters(b'z').map(move |b| (char::from(a), char::from(b))));
                let patterns: Vec<String> = pairs
                    .flat_map(|(a, b)| {
                        [
                            format!("ec2:*{a}{b}*"),
                            format!("ec2:?*{a}*{b}*"),
                            format!("ec2:*{a}*{b}?*"),
                        ]
                    })
                    .collect();
                json!({"Effect": "Allow", "Action": patterns, "Resource": "*"})
            }),
        ),
    ];
    let folder = folder("memory-of-parts");
    for (name, policy) in policies {
        let folder = folder.join(name);
        let inline = json!({"RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy}]});
        let managed =
            json!({"AttachedManagedPolicies": [{"PolicyArn": arn("policy", "m"), "PolicyName": "m"}]});
        let version = json!({"VersionId": "v1", "IsDefaultVersion": true, "Document": policy});
        let policies = json!([{
            "PolicyName": "m", "Arn": arn("policy", "m"), "DefaultVersionId": "v1", "AttachmentCount": 1,
            "PolicyVersionList": [version],
        }]);
        let roles = json!([role("inline", &inline), role("managed", &managed)]);
        let unused = every_second(&lists);
        let findings = json!([finding("inline", &unused), finding("managed", &unused)]);
        let snapshot = snapshot(&folder, &authorization(&roles, &policies), &findings);
        let (out, most) = scanned(&folder, &snapshot);
        println!("{name}: {most} MB");
        assert!(most < 256, "{name}: {most} MB");
        let account = fs::read_to_string(out.join(format!("accounts/{ACCOUNT}.json"))).unwrap();
        let account: Value = serde_json::from_str(&account).unwrap();
        let codes = account["leftAlone"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["code"].as_str().unwrap());
        if name != "wildcards" && name != "repeats" {
            assert_eq!(codes.collect::<Vec<_>>(), ["does-not-fit"; 2], "{name}");
        }
    }
}

/// One list at its limit at a time, over the bytes of the answers.
#[cfg(target_os = "linux")]
#[test]
fn a_list_at_its_limit_fits_into_memory() {
    let none = json!([]);
    let empty = json!({});
    let roles: Vec<Value> = (0..20_000).map(|at| role(&format!("r{at}"), &empty)).collect();
    let inline: Vec<Value> = (0..1_000)
        .map(|at| json!({"PolicyName": format!("p{at}"), "PolicyDocument": "{}"}))
        .collect();
    let inline = json!({"RolePolicyList": inline});
    let holders: Vec<Value> = (0..100).map(|at| role(&format!("r{at}"), &inline)).collect();
    let users: Vec<Value> = (0..50_000)
        .map(|at| json!({"UserName": format!("u{at}"), "Arn": arn("user", &format!("u{at}"))}))
        .collect();
    let mut only_users = authorization(&none, &none);
    only_users["UserDetailList"] = json!(users);
    let accounts = [
        ("roles", authorization(&json!(roles), &none)),
        ("inline", authorization(&json!(holders), &none)),
        ("users", only_users),
    ];
    let folder = folder("memory-of-items");
    for (name, authorization) in accounts {
        let folder = folder.join(name);
        let snapshot = snapshot(&folder, &authorization, &none);
        let (out, most) = scanned(&folder, &snapshot);
        assert!(out.join("report.json").is_file(), "{name}");
        let bound = 256 + 12 * bytes(&snapshot) / (1 << 20);
        println!("{name}: {most} MB of {bound}");
        assert!(most < bound, "{name}: {most} MB of {bound}");
    }
}

#[test]
fn an_answer_with_more_than_iam_can_have_said_is_refused_by_name() {
    let many = |count: usize, one: &dyn Fn(usize) -> Value| (0..count).map(one).collect::<Vec<_>>();
    let empty = json!({});
    let of_role = |list: &str, entries: Vec<Value>| {
        authorization(&json!([role("r", &json!({list: entries}))]), &json!([]))
    };
    let inline = |at: usize| json!({"PolicyName": format!("p{at}"), "PolicyDocument": "{}"});
    let version = |at: usize| json!({"VersionId": format!("v{at}")});
    let policy = |at: usize| json!({"Arn": arn("policy", &format!("p{at}"))});
    let users = many(
        50_001,
        &|at| json!({"UserName": format!("u{at}"), "Arn": arn("user", &format!("u{at}"))}),
    );
    let groups = many(
        3_001,
        &|at| json!({"GroupName": format!("g{at}"), "Arn": arn("group", &format!("g{at}"))}),
    );
    let mut user = authorization(&json!([]), &json!([]));
    user["UserDetailList"] = json!(users);
    let mut group = authorization(&json!([]), &json!([]));
    group["GroupDetailList"] = json!(groups);
    let mut joined = authorization(&json!([]), &json!([]));
    joined["UserDetailList"] = json!([{"UserName": "u", "Arn": arn("user", "u"), "GroupList": many(101, &|at| json!(format!("g{at}")))}]);
    let full = json!({"RolePolicyList": many(1_000, &inline)});
    let cases = [
        (
            "RoleDetailList has 20001 entries and no more than 20000",
            authorization(
                &json!(many(20_001, &|at| role(&format!("r{at}"), &empty))),
                &json!([]),
            ),
        ),
        ("UserDetailList has 50001 entries and no more than 50000", user),
        ("GroupDetailList has 3001 entries and no more than 3000", group),
        (
            "Policies has 15001 entries and no more than 15000",
            authorization(&json!([]), &json!(many(15_001, &policy))),
        ),
        (
            "inline policies has 1761 entries and no more than 1760",
            of_role("RolePolicyList", many(1_761, &inline)),
        ),
        (
            "inline policies together has 101000 entries and no more than 100000",
            authorization(
                &json!(many(101, &|at| role(&format!("r{at}"), &full))),
                &json!([]),
            ),
        ),
        (
            "AttachedManagedPolicies has 201 entries and no more than 200",
            of_role(
                "AttachedManagedPolicies",
                many(201, &|at| json!({"PolicyArn": arn("policy", &format!("p{at}"))})),
            ),
        ),
        (
            "PolicyVersionList has 51 entries and no more than 50",
            authorization(
                &json!([]),
                &json!([{"Arn": arn("policy", "p"), "PolicyVersionList": many(51, &version)}]),
            ),
        ),
        ("GroupList has 101 entries and no more than 100", joined),
        (
            "Tags has 501 entries and no more than 500",
            of_role("Tags", many(501, &|at| json!({"Key": format!("k{at}")}))),
        ),
    ];
    let folder = folder("too-many-items");
    for (at, (words, authorization)) in cases.into_iter().enumerate() {
        let folder = folder.join(at.to_string());
        let snapshot = snapshot(&folder, &authorization, &json!([]));
        let out = folder.join("report");
        let args = [
            "scan",
            "--snapshot",
            snapshot.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        let path =
            format!("GetAccountAuthorizationDetails malformed (`accounts/{ACCOUNT}/authorization.json`: ");
        leastwise(args).ran().exits(1).says(&path).says(words);
    }
}

/// Evidence may name as many services as it likes. Looking each up in all others would not end within this test.
#[test]
fn evidence_of_a_hundred_thousand_unknown_services_is_worked_through() {
    let catalog = Catalog::from_json(r#"{"s3":["GetObject","PutObject"]}"#).unwrap();
    let names: Vec<String> = (0..100_000).map(|at| format!("service-{at}")).collect();
    let (mut whole, mut named) = (ActionSet::new(), ActionSet::new());
    for name in &names {
        whole.add_service(name.as_str());
        named.add_actions(name.as_str(), ["Get"]);
    }
    named.add_actions("s3", ["PutObject"]);
    let policy = |key: &str, value: &str| {
        format!(r#"{{"Statement":[{{"Effect":"Allow","{key}":"{value}","Resource":"*"}}]}}"#)
    };
    for (key, value) in [("Action", "*"), ("NotAction", "iam:*")] {
        let text = policy(key, value);
        let policy = Document::parse(&text).unwrap();
        let refined = leastwise_core::Refiner::new(&catalog)
            .refine(&policy, &whole.clone().into())
            .unwrap();
        // A list leaves them out one and all; an exception names each.
        let expected = if key == "Action" { 0 } else { names.len() };
        let found = refined
            .documents()
            .iter()
            .map(|it| it.compact().matches("service-").count())
            .sum::<usize>();
        assert_eq!((found, refined.proof().kept()), (expected, 2), "{key}");
        // Every wildcard of them stays, for nobody knows what else they have; and each is there when that is checked.
        let refined = leastwise_core::Refiner::new(&catalog)
            .refine(&policy, &named.clone().into())
            .unwrap();
        let documents = refined.documents().to_vec();
        assert!(
            matches!(
                prove(&policy, documents, &named.clone().into(), &catalog),
                Verdict::Proven(_)
            ),
            "{key}"
        );
    }
}

#[test]
fn statements_beyond_what_twenty_policies_hold_are_refused_with_their_number() {
    let lists = embedded();
    let mut unused = ActionSet::new();
    every_second(&lists)
        .into_iter()
        .for_each(|(service, names)| unused.add_actions(service, names));
    let text = statements(
        217,
        |_| json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
    )
    .to_string();
    let policy = Document::parse(&text).unwrap();
    let refused = leastwise_core::Refiner::new(Catalog::embedded())
        .with(RefineOptions {
            kind: Some(Kind::Role),
            ..RefineOptions::default()
        })
        .refine(&policy, &unused.into())
        .unwrap_err();
    assert!(
        matches!(
            refused,
            RefineError::DoesNotFit(DoesNotFit::TooManyPatterns { statements: 217 })
        ),
        "{refused}"
    );
    assert!(
        refused
            .to_string()
            .starts_with("its 217 statements come to more than 262144 actions"),
        "{refused}"
    );
}

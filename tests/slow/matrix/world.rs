//! The organisation of the matrix: small, and every list that AWS gives in pages has three of them.

use std::collections::BTreeMap;

use leastwise_core::evidence::{Analyzer, Finding, LastAccessed};
use leastwise_core::inventory::wire::{Account, Authorization};
use serde_json::{Value, json};

use crate::fake::{Books, Fake, Setup, World};

/// Whose credentials a scan runs with.
pub(super) const MANAGEMENT: &str = "111111111111";
/// The delegated administrator, whose the analyzers are.
pub(super) const ADMINISTRATOR: &str = "222222222222";
/// The member that calls for one account go wrong for.
pub(super) const MEMBER: &str = "333333333333";

/// The accounts, and where they are: three roots, three units below the first, three accounts in the first unit.
const PLACES: [(&str, &str); 8] = [
    (MANAGEMENT, "r-aaaa/"),
    (ADMINISTRATOR, "r-aaaa/ou-aaaa-11111111/"),
    (MEMBER, "r-aaaa/ou-aaaa-11111111/"),
    ("444444444444", "r-aaaa/ou-aaaa-11111111/"),
    ("555555555555", "r-aaaa/ou-aaaa-22222222/"),
    ("666666666666", "r-aaaa/ou-aaaa-33333333/"),
    ("777777777777", "r-bbbb/"),
    ("888888888888", "r-cccc/"),
];

/// Page sizes with which each list has three pages.
const PAGES: [(&str, usize); 10] = [
    ("ListAccounts", 3),
    ("ListRoots", 1),
    ("ListOrganizationalUnitsForParent", 1),
    ("ListAccountsForParent", 1),
    ("ListDelegatedAdministrators", 1),
    ("GetAccountAuthorizationDetails", 1),
    ("ListAnalyzers", 1),
    ("ListFindingsV2", 1),
    ("GetFindingV2", 1),
    ("GetServiceLastAccessedDetails", 1),
];

/// Operations that come in pages.
pub(super) fn is_list(operation: &str) -> bool {
    PAGES.iter().any(|(list, _)| *list == operation)
}

pub(super) fn aws() -> Setup {
    let analyzers = [
        (ADMINISTRATOR, "unused-a", "ORGANIZATION_UNUSED_ACCESS"),
        (ADMINISTRATOR, "unused-b", "ORGANIZATION_UNUSED_ACCESS"),
        (ADMINISTRATOR, "unused-c", "ORGANIZATION_UNUSED_ACCESS"),
        // These make delegated administrators of accounts that have no analyzer of unused access.
        ("444444444444", "outside", "ORGANIZATION"),
        ("555555555555", "outside", "ORGANIZATION"),
    ];
    let analyzers = analyzers
        .into_iter()
        .map(|(account, name, kind)| analyzer(account, name, kind))
        .collect();
    let accounts = PLACES.into_iter().map(|(id, above)| account(id, above)).collect();
    let books = [MANAGEMENT, ADMINISTRATOR].map(|id| (id.to_owned(), books(id, &["quiet"], false)));
    let member = (MEMBER.to_owned(), books_of_member());
    let world = World::memory(
        accounts,
        analyzers,
        BTreeMap::from_iter(books.into_iter().chain([member])),
    );
    let setup = Fake::of(world).no_paths().retry_after(0).polls(0);
    PAGES
        .into_iter()
        .fold(setup, |setup, (operation, size)| setup.page(operation, size))
}

fn account(id: &str, above: &str) -> Account {
    let state = if [MANAGEMENT, ADMINISTRATOR, MEMBER].contains(&id) {
        "ACTIVE"
    } else {
        "SUSPENDED"
    };
    Account {
        id: id.to_owned(),
        arn: format!("arn:aws:organizations::{MANAGEMENT}:account/o-matrix00/{id}"),
        name: format!("account-{}", &id[..1]),
        paths: vec![format!("o-matrix00/{above}{id}/")],
        state: Some(state.to_owned()),
        status: Some(state.to_owned()),
    }
}

fn analyzer(account: &str, name: &str, kind: &str) -> Analyzer {
    let mut value = json!({
        "arn": format!("arn:aws:access-analyzer:us-east-1:{account}:analyzer/{name}"),
        "name": name, "status": "ACTIVE", "type": kind,
    });
    if kind.ends_with("UNUSED_ACCESS") {
        value["configuration"] = json!({ "unusedAccess": { "unusedAccessAge": 90 } });
    }
    serde_json::from_value(value).unwrap()
}

fn books_of_member() -> Books {
    books(MEMBER, &["one", "two", "three"], true)
}

/// Roles that may do something with three services, and use little of it if there is evidence.
fn books(account: &str, roles: &[&str], idle: bool) -> Books {
    let arn = |name: &&str| format!("arn:aws:iam::{account}:role/{name}");
    let role = |name: &&str| {
        json!({
            "Path": "/", "RoleName": name, "Arn": arn(name), "CreateDate": "2021-01-01T00:00:00Z",
            "RoleLastUsed": { "LastUsedDate": "2026-01-01T00:00:00Z", "Region": "us-east-1" },
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
            ]},
            "RolePolicyList": [{ "PolicyName": "own", "PolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "sqs:*", "kms:*"], "Resource": "*" },
            ]}}],
        })
    };
    let finding = |(number, name): (usize, &&str)| {
        json!({
            "id": format!("0fa3f5a1-bd92-4193-8ca4-{number:012}"), "resource": arn(name),
            "resourceType": "AWS::IAM::Role", "resourceOwnerAccount": account, "status": "ACTIVE",
            "findingType": "UnusedPermission", "analyzedAt": "2026-01-10T00:00:00Z",
            "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-10T00:00:00Z",
            "findingDetails": [
                { "unusedPermissionDetails": { "serviceNamespace": "s3", "actions": [{ "action": "PutObject" }] } },
                { "unusedPermissionDetails": { "serviceNamespace": "sqs" } },
                { "unusedPermissionDetails": { "serviceNamespace": "kms", "actions": [{ "action": "Encrypt" }] } },
            ],
        })
    };
    let service = |name: &str| json!({ "ServiceNamespace": name });
    let answer = |name: &&str| {
        json!({
            "Arn": arn(name), "JobCompletionDate": "2026-01-10T00:00:00Z",
            "ServicesLastAccessed": [
                { "ServiceNamespace": "s3", "LastAuthenticated": "2026-01-09T00:00:00Z",
                  "TrackedActionsLastAccessed": [
                    { "ActionName": "GetObject", "LastAccessedTime": "2026-01-09T00:00:00Z" },
                    { "ActionName": "PutObject" },
                ]},
                service("sqs"), service("kms"),
            ],
        })
    };
    let list = |values: Vec<Value>| Value::Array(if idle { values } else { Vec::new() });
    Books {
        authorization: Some(
            serde_json::from_value::<Authorization>(json!({
                "RoleDetailList": roles.iter().map(role).collect::<Vec<_>>(),
                "UserDetailList": [], "GroupDetailList": [], "Policies": [],
            }))
            .unwrap(),
        ),
        findings: Some(
            serde_json::from_value::<Vec<Finding>>(list(roles.iter().enumerate().map(finding).collect()))
                .unwrap(),
        ),
        last_accessed: Some(
            serde_json::from_value::<Vec<LastAccessed>>(roles.iter().map(answer).collect()).unwrap(),
        ),
        error: None,
    }
}

//! Invented organisations: a few accounts, a few actions, everything shared with everybody.

use std::collections::{BTreeMap, BTreeSet};

use leastwise::aws::{Answers, Evidence};
use leastwise::evidence::{Analyzer, AnalyzerAnswer, Finding};
use leastwise::inventory::wire::Authorization;
use proptest::prelude::*;
use serde_json::{Value, json};

mod holds;

const ACTIONS: [(&str, [&str; 6]); 3] = [
    ("s3", ["GetObject", "GetObjectAcl", "GetBucketAcl", "PutObject", "PutObjectAcl", "DeleteObject"]),
    (
        "sqs",
        ["SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueUrl", "GetQueueAttributes", "PurgeQueue"],
    ),
    (
        "ec2",
        [
            "RunInstances",
            "StopInstances",
            "DescribeInstances",
            "DescribeImages",
            "DescribeVpcs",
            "CreateTags",
        ],
    ),
];
const PATTERNS: [&str; 12] = [
    "*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject*",
    "s3:PutObject",
    "sqs:*",
    "sqs:*Message",
    "sqs:Get*",
    "ec2:*",
    "ec2:Describe*",
    "ec2:RunInstances",
    "s3:Delete*",
];
const AWS: &str = "arn:aws:iam::aws:policy/CommonAccess";

/// What is known of one principal.
#[derive(Debug, Clone)]
enum Use {
    /// These are unused: a service with its names, none for all of it.
    Unused(BTreeMap<usize, Option<BTreeSet<usize>>>),
    Everything,
    Idle,
    Young,
    Failed,
}

#[derive(Debug, Clone)]
struct Person {
    user: bool,
    /// A role of Identity Center.
    sso: bool,
    use_: Use,
    inline: Option<Vec<usize>>,
    /// Customer-managed policies by number.
    managed: BTreeSet<usize>,
    aws: bool,
    groups: BTreeSet<usize>,
    bound: bool,
}

#[derive(Debug, Clone)]
struct Place {
    people: Vec<Person>,
    /// The same policies, by number, in every account.
    group_policies: [BTreeSet<usize>; 2],
    group_aws: bool,
    denied: bool,
}

#[derive(Debug, Clone)]
struct Organisation {
    /// Patterns of the customer-managed policies.
    managed: Vec<Vec<usize>>,
    places: Vec<Place>,
}

type Actions = BTreeSet<(&'static str, &'static str)>;

fn patterns() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..PATTERNS.len(), 1..3)
}

fn person() -> impl Strategy<Value = Person> {
    let names = proptest::option::weighted(0.8, proptest::collection::btree_set(0..6_usize, 1..5));
    let unused = proptest::collection::btree_map(0..3_usize, names, 1..4).prop_map(Use::Unused);
    let use_ = prop_oneof![
        8 => unused,
        1 => Just(Use::Everything),
        1 => Just(Use::Idle),
        1 => Just(Use::Young),
        1 => Just(Use::Failed),
    ];
    let few = || proptest::collection::btree_set(0..3_usize, 0..3);
    let groups = proptest::collection::btree_set(0..2_usize, 0..3);
    (0..5_usize, use_, proptest::option::of(patterns()), few(), any::<bool>(), groups, 0..8_usize).prop_map(
        |(kind, use_, inline, managed, aws, groups, bound)| Person {
            user: kind == 0,
            sso: kind == 1,
            use_,
            inline,
            managed,
            aws,
            groups: if kind == 0 { groups } else { BTreeSet::new() },
            bound: bound == 0,
        },
    )
}

fn organisations() -> impl Strategy<Value = Organisation> {
    let few = || proptest::collection::btree_set(0..3_usize, 0..2);
    let place = (proptest::collection::vec(person(), 1..6), few(), few(), any::<bool>(), 0..12_usize);
    let place = place.prop_map(|(people, one, other, group_aws, denied)| Place {
        people,
        group_policies: [one, other],
        group_aws,
        denied: denied == 0,
    });
    (proptest::collection::vec(patterns(), 3), proptest::collection::vec(place, 1..6))
        .prop_map(|(managed, places)| Organisation { managed, places })
}

fn document(patterns: &[usize]) -> Value {
    let actions: Vec<&str> = patterns.iter().map(|at| PATTERNS[*at]).collect();
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

fn id(at: usize) -> String {
    format!("{:012}", 111_111_111_111_u64 + at as u64)
}

impl Person {
    fn name(&self, at: usize) -> String {
        match self.sso {
            true => format!("AWSReservedSSO_Set{}_0123456789abcde{at}", at % 2),
            false => format!("person-{at}"),
        }
    }

    fn arn(&self, account: usize, at: usize) -> String {
        let path = if self.sso { "aws-reserved/sso.amazonaws.com/" } else { "" };
        let kind = if self.user { "user" } else { "role" };
        format!("arn:aws:iam::{}:{kind}/{path}{}", id(account), self.name(at))
    }

    /// What the evidence calls unused.
    fn unused(&self) -> Actions {
        let all = || ACTIONS.iter().flat_map(|(service, names)| names.iter().map(|name| (*service, *name)));
        match &self.use_ {
            Use::Idle if !self.user => all().collect(),
            Use::Unused(services) => services
                .iter()
                .flat_map(|(at, names)| {
                    let (service, all) = ACTIONS[*at];
                    let wanted =
                        move |number: &usize| names.as_ref().is_none_or(|names| names.contains(number));
                    (0..6).filter(wanted).map(move |number| (service, all[number]))
                })
                .collect(),
            _ => Actions::new(),
        }
    }
}

fn managed_arn(account: usize, at: usize) -> String {
    format!("arn:aws:iam::{}:policy/shared-{at}", id(account))
}

impl Organisation {
    fn answers(&self, at: usize) -> Answers {
        let place = &self.places[at];
        if place.denied {
            let failure = serde_json::from_value(
                json!({"operation": "GetAccountAuthorizationDetails", "kind": "denied"}),
            );
            let failure: leastwise::evidence::Failure = failure.unwrap();
            return Answers { authorization: Err(failure.clone()), evidence: Err(failure) };
        }
        let attached = |numbers: &BTreeSet<usize>, aws: bool| -> Value {
            let own = numbers.iter().map(|number| json!({"PolicyArn": managed_arn(at, *number)}));
            own.chain(aws.then(|| json!({"PolicyArn": AWS}))).collect()
        };
        let (mut roles, mut users, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        for (number, person) in place.people.iter().enumerate() {
            let inline: Vec<Value> = person
                .inline
                .iter()
                .map(|patterns| json!({"PolicyName": "own", "PolicyDocument": document(patterns)}))
                .collect();
            let created = if matches!(person.use_, Use::Young) {
                "2026-10-20T00:00:00Z"
            } else {
                "2020-01-01T00:00:00Z"
            };
            let boundary = person.bound.then(|| json!({"PermissionsBoundaryArn": managed_arn(at, 0)}));
            let common = json!({
                "Arn": person.arn(at, number), "CreateDate": created,
                "Path": if person.sso { "/aws-reserved/sso.amazonaws.com/" } else { "/" },
                "AttachedManagedPolicies": attached(&person.managed, person.aws),
                "PermissionsBoundary": boundary,
            });
            let mut one = common;
            let (name, list) =
                if person.user { ("UserName", "UserPolicyList") } else { ("RoleName", "RolePolicyList") };
            one[name] = person.name(number).into();
            one[list] = inline.into();
            if person.user {
                one["GroupList"] = person.groups.iter().map(|group| format!("group-{group}")).collect();
                users.push(one);
            } else {
                roles.push(one);
            }
            findings.extend(self.finding(at, number, person));
        }
        let groups: Vec<Value> = (0..2).map(|group| json!({
            "GroupName": format!("group-{group}"), "Arn": format!("arn:aws:iam::{}:group/group-{group}", id(at)),
            "AttachedManagedPolicies": attached(&place.group_policies[group], place.group_aws && group == 0),
        })).collect();
        let version =
            |patterns: &[usize]| json!([{"Document": document(patterns), "IsDefaultVersion": true}]);
        let mut policies: Vec<Value> = self
            .managed
            .iter()
            .enumerate()
            .map(|(number, patterns)| {
                json!({
                    "Arn": managed_arn(at, number), "PolicyVersionList": version(patterns),
                })
            })
            .collect();
        policies.push(json!({"Arn": AWS, "PolicyVersionList": version(&[1, 8])}));
        let authorization: Authorization = serde_json::from_value(json!({
            "RoleDetailList": roles, "UserDetailList": users, "GroupDetailList": groups, "Policies": policies,
        }))
        .unwrap();
        let analyzer: AnalyzerAnswer = serde_json::from_value(json!({"analyzer": {
            "arn": "arn:aws:access-analyzer:us-east-1:111111111111:analyzer/all", "type": "ORGANIZATION_UNUSED_ACCESS",
            "status": "ACTIVE", "configuration": {"unusedAccess": {"unusedAccessAge": 90}},
        }})).unwrap();
        let analyzer: Option<Analyzer> = Some(analyzer.analyzer);
        Answers {
            authorization: Ok(authorization),
            evidence: Ok(Evidence { analyzer, findings, last_accessed: Vec::new() }),
        }
    }

    fn finding(&self, at: usize, number: usize, person: &Person) -> Option<Finding> {
        let (kind, details) = match &person.use_ {
            Use::Everything | Use::Young => return None,
            Use::Failed => ("UnusedPermission", Value::Null),
            Use::Idle if person.user => return None,
            Use::Idle => ("UnusedIAMRole", json!([{"unusedIamRoleDetails": {}}])),
            Use::Unused(services) => (
                "UnusedPermission",
                services
                    .iter()
                    .map(|(service, names)| {
                        let (service, all) = ACTIONS[*service];
                        let names = names.as_ref().map(|names| {
                            names.iter().map(|name| json!({"action": all[*name]})).collect::<Vec<_>>()
                        });
                        json!({"unusedPermissionDetails": {"serviceNamespace": service, "actions": names}})
                    })
                    .collect(),
            ),
        };
        let mut finding = json!({
            "id": format!("finding-{at}-{number}"), "resource": person.arn(at, number), "status": "ACTIVE",
            "findingType": kind, "analyzedAt": "2026-11-01T00:00:00Z", "resourceOwnerAccount": id(at),
        });
        match details {
            Value::Null => finding["error"] = "INTERNAL_ERROR".into(),
            details => finding["findingDetails"] = details,
        }
        Some(serde_json::from_value(finding).unwrap())
    }
}

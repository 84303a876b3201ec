//! What AWS answers for an invented organisation: its principals, findings and last-accessed data.

use std::collections::BTreeSet;

use leastwise_core::answers::Answers;
use leastwise_core::evidence::{Analyzer, AnalyzerAnswer, Evidence, Finding, LastAccessed};
use leastwise_core::inventory::wire::Authorization;
use serde_json::{Value, json};

use super::{ACTIONS, AWS, BEYOND, Organisation, Person, Use, document, id, managed_arn};

impl Organisation {
    pub(super) fn answers(&self, at: usize) -> Answers {
        let place = &self.places[at];
        if place.denied {
            let failure = serde_json::from_value(
                json!({"operation": "GetAccountAuthorizationDetails", "kind": "denied"}),
            );
            let failure: leastwise_core::evidence::Failure = failure.unwrap();
            return Answers {
                authorization: Err(failure.clone()),
                evidence: Err(failure),
            };
        }
        let attached = |numbers: &BTreeSet<usize>, aws: bool| -> Value {
            let own = numbers
                .iter()
                .map(|number| json!({"PolicyArn": managed_arn(at, *number)}));
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
            let boundary = person
                .bound
                .then(|| json!({"PermissionsBoundaryArn": managed_arn(at, 0)}));
            let common = json!({
                "Arn": person.arn(at, number), "CreateDate": created,
                "Path": if person.sso { "/aws-reserved/sso.amazonaws.com/" } else { "/" },
                "AttachedManagedPolicies": attached(&person.managed, person.aws),
                "PermissionsBoundary": boundary,
            });
            let mut one = common;
            let (name, list) = if person.user {
                ("UserName", "UserPolicyList")
            } else {
                ("RoleName", "RolePolicyList")
            };
            one[name] = person.name(number).into();
            one[list] = inline.into();
            if person.user {
                one["GroupList"] = person
                    .groups
                    .iter()
                    .map(|group| format!("group-{group}"))
                    .collect();
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
            evidence: Ok(match place.last_accessed {
                false => Evidence {
                    analyzer,
                    findings,
                    ..Evidence::default()
                },
                true => Evidence {
                    last_accessed: self.last_accessed(at),
                    ..Evidence::default()
                },
            }),
        }
    }

    fn last_accessed(&self, at: usize) -> Vec<LastAccessed> {
        let seen = "2026-10-30T00:00:00Z";
        let people = self.places[at].people.iter().enumerate();
        let answers = people.map(|(number, person)| {
            let services = ACTIONS.iter().enumerate().map(|(service, (prefix, names))| {
                let unused = match &person.use_ {
                    Use::Unused(services) => services.get(&service),
                    Use::Idle => Some(&None),
                    _ => None,
                };
                let Some(Some(unused)) = unused.map_or(Some(Some(BTreeSet::new())), |it| Some(it.clone()))
                else {
                    return json!({"ServiceNamespace": prefix});
                };
                let known = (0..6).map(|name| (names[name], !unused.contains(&name)));
                let beyond = BEYOND
                    .iter()
                    .zip(person.beyond)
                    .filter(|((own, _), _)| own == prefix);
                let beyond = beyond.filter_map(|((_, name), seen)| Some((*name, seen?)));
                let actions = known.chain(beyond).map(|(name, used)| match used {
                    true => json!({"ActionName": name, "LastAccessedTime": seen}),
                    false => json!({"ActionName": name}),
                });
                json!({
                    "ServiceNamespace": prefix, "LastAuthenticated": seen,
                    "TrackedActionsLastAccessed": actions.collect::<Vec<_>>(),
                })
            });
            let newsvc = person.beyond[4]
                .filter(|_| !matches!(person.use_, Use::Idle))
                .map(|used| match used {
                    true => json!({
                        "ServiceNamespace": "newsvc", "LastAuthenticated": seen,
                        "TrackedActionsLastAccessed": [{"ActionName": "DoIt", "LastAccessedTime": seen}],
                    }),
                    false => json!({"ServiceNamespace": "newsvc"}),
                });
            let mut answer = json!({
                "Arn": person.arn(at, number), "JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL",
                "JobCompletionDate": "2026-11-01T00:00:00Z",
                "ServicesLastAccessed": services.chain(newsvc).collect::<Vec<_>>(),
            });
            if matches!(person.use_, Use::Failed) {
                answer["JobStatus"] = "FAILED".into();
            }
            serde_json::from_value(answer).unwrap()
        });
        answers.collect()
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
                    .chain(BEYOND.iter().zip(person.beyond).filter(|(_, seen)| *seen == Some(false)).map(
                        |((service, name), _)| {
                            let actions = json!([{"action": name}]);
                            json!({"unusedPermissionDetails": {"serviceNamespace": service, "actions": actions}})
                        },
                    ))
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

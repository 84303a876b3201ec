//! An organisation of two accounts, in the shapes of the AWS CLI's own examples, as far as they are used.

use std::collections::BTreeMap;

use leastwise_core::evidence::{Analyzer, Finding, LastAccessed};
use leastwise_core::inventory::wire::{Accounts, Authorization};
use serde_json::{Value, json};

use crate::fake::{Books, World};

pub(crate) const MANAGEMENT: &str = "111111111111";
pub(crate) const MEMBER: &str = "222222222222";
pub(crate) const ANALYZER: &str = "arn:aws:access-analyzer:us-east-1:222222222222:analyzer/UnusedAccess-org";
pub(crate) const ROLE: &str = "arn:aws:iam::222222222222:role/EC2role";

/// Two accounts; the second one has the analyzer, one role with findings, and some neighbours.
pub(crate) fn small() -> World {
    let accounts: Accounts = serde_json::from_value(accounts()).unwrap();
    let books = Books {
        authorization: Some(serde_json::from_value::<Authorization>(authorization()).unwrap()),
        findings: Some(serde_json::from_value::<Vec<Finding>>(findings()).unwrap()),
        last_accessed: Some(serde_json::from_value::<Vec<LastAccessed>>(last_accessed()).unwrap()),
        error: None,
    };
    let analyzers: Vec<Analyzer> = serde_json::from_value(json!([
        {
            "arn": ANALYZER,
            "name": "UnusedAccess-org",
            "status": "ACTIVE",
            "type": "ORGANIZATION_UNUSED_ACCESS",
            "configuration": { "unusedAccess": { "unusedAccessAge": 90 } },
        },
        {
            "arn": "arn:aws:access-analyzer:us-east-1:222222222222:analyzer/outside",
            "name": "outside",
            "status": "ACTIVE",
            "type": "ACCOUNT",
        },
    ]))
    .unwrap();
    World::memory(
        accounts.accounts,
        analyzers,
        BTreeMap::from([(MEMBER.to_owned(), books)]),
    )
}

pub(crate) fn accounts() -> Value {
    let account = |id: &str, name: &str, unit: &str, state: &str| {
        json!({
            "Id": id,
            "Arn": format!("arn:aws:organizations::111111111111:account/o-exampleorgid/{id}"),
            "Name": name,
            "Paths": [format!("o-exampleorgid/r-examplerootid111/{unit}{id}/")],
            "State": state,
            "Status": state,
        })
    };
    json!({ "Accounts": [
        account(MANAGEMENT, "Master Account", "", "ACTIVE"),
        account(MEMBER, "Production Account", "ou-exam-prod/ou-exam-shop/", "ACTIVE"),
        account("333333333333", "Closed & \"gone\"", "ou-exam-prod/", "SUSPENDED"),
    ]})
}

pub(crate) fn authorization() -> Value {
    json!({
        "RoleDetailList": [{
            "Path": "/",
            "RoleName": "EC2role",
            "Arn": ROLE,
            "CreateDate": "2014-07-30T17:09:20Z",
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Sid": "", "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
            ]},
            "RolePolicyList": [{ "PolicyName": "plus+and space", "PolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a+b c/${aws:username}<>&\"%41ü" },
            ]}}],
            "AttachedManagedPolicies": [
                { "PolicyName": "AmazonS3FullAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess" },
            ],
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": "arn:aws:iam::222222222222:policy/edge",
            },
            "Tags": [{ "Key": "team & co", "Value": "<shop>" }],
            "RoleLastUsed": { "LastUsedDate": "2019-11-13T17:30:00Z", "Region": "us-west-2" },
        }],
        "GroupDetailList": [{
            "Path": "/", "GroupName": "Admins", "Arn": "arn:aws:iam::222222222222:group/Admins",
            "CreateDate": "2013-10-14T18:32:24Z", "GroupPolicyList": [],
            "AttachedManagedPolicies": { "PolicyName": "Administrator", "PolicyArn": "arn:aws:iam::aws:policy/Administrator" },
        }],
        "UserDetailList": [{
            "Path": "/", "UserName": "Alice", "Arn": "arn:aws:iam::222222222222:user/Alice",
            "CreateDate": "2013-10-14T18:32:24Z", "GroupList": ["Admins"],
        }],
        "Policies": [{
            "PolicyName": "AmazonS3FullAccess", "Arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess",
            "DefaultVersionId": "v2", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0,
            "UpdateDate": "2021-09-27T20:16:37+00:00",
            "PolicyVersionList": [{
                "Document": { "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } },
                "VersionId": "v2", "IsDefaultVersion": true, "CreateDate": "2021-09-27T20:16:37+00:00",
            }],
        }],
    })
}

pub(crate) fn findings() -> Value {
    let finding = |id: &str, status: &str, details: Value| {
        json!({
            "id": id, "resource": ROLE, "resourceType": "AWS::IAM::Role", "resourceOwnerAccount": MEMBER,
            "status": status, "findingType": "UnusedPermission",
            "analyzedAt": "2024-05-29T07:25:34+00:00", "createdAt": "2024-05-23T19:20:59+00:00",
            "updatedAt": "2024-05-29T07:25:35+00:00", "findingDetails": details,
        })
    };
    let services: Vec<Value> = ["s3", "ec2", "sqs", "kms", "iam"]
        .into_iter()
        .map(|service| json!({ "unusedPermissionDetails": { "serviceNamespace": service, "actions": [{ "action": "GetThing" }] } }))
        .collect();
    let whole = json!([{ "unusedPermissionDetails": { "serviceNamespace": "s3", "lastAccessed": "2024-02-29T12:37:10Z" } }]);
    json!([
        finding("0fa3f5a1-bd92-4193-8ca4-aba12cd91370", "ACTIVE", services.into()),
        finding("1e952245-bcf3-48ad-a708-afa460df794b", "ARCHIVED", whole),
    ])
}

pub(crate) fn last_accessed() -> Value {
    let service = |name: &str| json!({ "ServiceNamespace": name });
    json!([{
        "Arn": ROLE,
        "JobCompletionDate": "2019-10-01T03:55:42.533Z",
        "ServicesLastAccessed": [
            {
                "ServiceNamespace": "s3", "LastAuthenticated": "2019-09-30T23:02:00Z",
                "TrackedActionsLastAccessed": [
                    { "ActionName": "GetBucketAcl", "LastAccessedTime": "2019-09-30T23:02:00Z" }, { "ActionName": "PutBucketAcl" },
                ],
            },
            service("ec2"), service("kms"),
        ],
    }])
}

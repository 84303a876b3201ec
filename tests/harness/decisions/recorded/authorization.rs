//! The principals and policies of an account of a case, as IAM lists them.

use serde_json::{Value, json};

use super::{arn, document, known, members, strings, text};

const MADE: &str = "2024-01-01T00:00:00Z";
const USED: &str = "2026-10-20T00:00:00Z";

/// What a role, user or group may have.
const HOLDER: [&str; 10] = [
    "inline", "attached", "groups", "path", "tags", "created", "lastUsed", "region", "boundary", "trust",
];

fn policy_arn(id: &str, name: &str) -> String {
    match name.strip_prefix("aws:") {
        Some(name) => format!("arn:aws:iam::aws:policy/{name}"),
        None => format!("arn:aws:iam::{id}:policy/{name}"),
    }
}

pub(super) fn authorization(id: &str, account: &Value, aws: &Value) -> Value {
    let attached = |holder: &Value| -> Vec<Value> {
        let policy = |name: &str| json!({"PolicyName": name, "PolicyArn": policy_arn(id, name)});
        strings(&holder["attached"]).map(policy).collect()
    };
    let inline = |holder: &Value| -> Vec<Value> {
        let policy = |(name, text)| json!({"PolicyName": name, "PolicyDocument": document(text)});
        members(&holder["inline"]).map(policy).collect()
    };
    let principal = |name: &str, holder: &Value| {
        known(holder, &HOLDER);
        let tag = |(key, value)| json!({"Key": key, "Value": value});
        let mut made = json!({
            "Path": text(holder, "path", "/"), "Arn": arn(id, account, name),
            "AttachedManagedPolicies": attached(holder),
            "Tags": members(&holder["tags"]).map(tag).collect::<Vec<_>>(),
            "CreateDate": text(holder, "created", MADE),
        });
        if let Some(boundary) = holder["boundary"].as_str() {
            made["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": policy_arn(id, boundary)});
        }
        made
    };
    let roles = members(&account["roles"]).map(|(name, role)| {
        let mut made = principal(name, role);
        made["RoleName"] = json!(name);
        made["RolePolicyList"] = json!(inline(role));
        made["RoleLastUsed"] = match text(role, "lastUsed", last_used(account, name)) {
            "never" => json!({}),
            last => json!({"LastUsedDate": last, "Region": text(role, "region", "eu-central-1")}),
        };
        made["AssumeRolePolicyDocument"] = match &role["trust"] {
            Value::Null => trust(&json!({"Service": "ec2.amazonaws.com"})),
            told => trust(told),
        };
        made
    });
    let users = members(&account["users"]).map(|(name, user)| {
        let mut made = principal(name, user);
        made["UserName"] = json!(name);
        made["UserPolicyList"] = json!(inline(user));
        made["GroupList"] = json!(strings(&user["groups"]).collect::<Vec<_>>());
        made
    });
    let groups = members(&account["groups"]).map(|(name, group)| {
        known(group, &HOLDER);
        json!({
            "GroupName": name, "Arn": format!("arn:aws:iam::{id}:group/{name}"),
            "GroupPolicyList": inline(group), "AttachedManagedPolicies": attached(group),
        })
    });
    let holders = || {
        ["roles", "users", "groups"]
            .into_iter()
            .flat_map(|kind| members(&account[kind]))
    };
    let count = |key: &str, name: &str| {
        let has = |holder: &Value| {
            strings(&holder[key]).any(|one| one == name) || holder[key].as_str() == Some(name)
        };
        holders().filter(|(_, holder)| has(holder)).count()
    };
    let policy = |name: &str, told: &Value| {
        let text = if told["document"].is_null() {
            told
        } else {
            &told["document"]
        };
        let counted = json!(count("attached", name));
        json!({
            "Arn": policy_arn(id, name), "PolicyName": name.trim_start_matches("aws:"),
            "AttachmentCount": if told["attachments"].is_null() { &counted } else { &told["attachments"] },
            "PermissionsBoundaryUsageCount": count("boundary", name),
            "CreateDate": told["created"].as_str().unwrap_or(MADE),
            "UpdateDate": told["updated"].as_str().unwrap_or(MADE),
            "PolicyVersionList": versions(text, told),
        })
    };
    let own = members(&account["policies"]).map(|(name, told)| policy(name, told));
    let of_aws = members(aws).map(|(name, told)| policy(&format!("aws:{name}"), told));
    json!({
        "RoleDetailList": roles.collect::<Vec<_>>(), "UserDetailList": users.collect::<Vec<_>>(),
        "GroupDetailList": groups.collect::<Vec<_>>(), "Policies": own.chain(of_aws).collect::<Vec<_>>(),
    })
}

/// The version that counts, and before it `older` ones: documents by the day on which they were made.
fn versions(text: &Value, told: &Value) -> Vec<Value> {
    let older = members(&told["older"]).map(|(made, text)| (made.as_str(), text));
    let all: Vec<(&str, &Value)> = older
        .chain([(told["updated"].as_str().unwrap_or(MADE), text)])
        .collect();
    let version = |(at, (made, text)): (usize, &(&str, &Value))| {
        json!({
            "Document": document(text), "VersionId": format!("v{}", at + 1), "CreateDate": made,
            "IsDefaultVersion": at + 1 == all.len(),
        })
    };
    all.iter().enumerate().map(version).collect()
}

/// When a role was last used, where a case does not say: in October, unless its evidence says that it was not.
fn last_used<'c>(account: &'c Value, name: &str) -> &'c str {
    let told = &account["unused"][name];
    if told == "idle" || !told["idle"].is_null() {
        return told["idle"].as_str().unwrap_or("never");
    }
    let services = &account["lastAccessed"][name];
    let used = members(services).flat_map(|(_, used)| {
        let actions = members(used).filter_map(|(_, last)| last.as_str());
        used.as_str().into_iter().chain(actions)
    });
    match used.max() {
        _ if services.is_null() => USED,
        Some(last) if last >= "2026-08-02" => USED,
        Some(last) => last,
        None => "never",
    }
}

/// A trust policy: who is trusted, or the document as it is.
fn trust(value: &Value) -> Value {
    if value["Statement"].is_null() {
        document(&json!({"Statement": [
            {"Effect": "Allow", "Principal": value, "Action": "sts:AssumeRole"}
        ]}))
    } else {
        value.clone()
    }
}

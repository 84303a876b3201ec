//! From a case to the snapshot that it stands for: the answers of AWS, with all that does not matter filled in.

mod authorization;

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use authorization::authorization;

const CAPTURED: &str = "2026-11-01T00:00:00Z";
const ANALYZED: &str = "2026-10-31T00:00:00Z";

/// What an account of a case may have.
const ACCOUNT: [&str; 15] = [
    "name",
    "state",
    "units",
    "error",
    "roles",
    "users",
    "groups",
    "policies",
    "unused",
    "findings",
    "lastAccessed",
    "job",
    "analyzer",
    "analyzedAt",
    "stranger",
];

/// Writes the snapshot of a case.
pub(crate) fn write(case: &Value, folder: &Path) {
    write_on(case, folder, CAPTURED);
}

/// The same as it was on another day: the evidence is of the day before.
pub(crate) fn write_on(case: &Value, folder: &Path, captured: &str) {
    let accounts = case["accounts"].as_object().expect("accounts");
    let management = accounts.keys().next().expect("an account");
    json_file(
        &folder.join("snapshot.json"),
        &json!({"format": 1, "capturedAt": captured, "partition": "aws"}),
    );
    let rows = accounts.iter().map(|(id, account)| {
        let mut row =
            json!({"Id": id, "Name": text(account, "name", id), "State": text(account, "state", "ACTIVE")});
        // What a config lists comes without an ARN.
        if account["stranger"].is_null() {
            row["Arn"] = json!(format!("arn:aws:organizations::{management}:account/o-case/{id}"));
            row["Paths"] = json!([format!("o-case/r-case/{}{id}/", units(account))]);
        }
        row
    });
    json_file(
        &folder.join("accounts.json"),
        &json!({"Accounts": rows.collect::<Vec<_>>()}),
    );
    let unused_access = match &case["analyzer"] {
        Value::Null => json!({"unusedAccessAge": 90}),
        told => told.clone(),
    };
    let analyzer = json!({"analyzer": {
        "arn": format!("arn:aws:access-analyzer:us-east-1:{management}:analyzer/organisation"),
        "name": "organisation", "type": "ORGANIZATION_UNUSED_ACCESS", "status": "ACTIVE",
        "configuration": {"unusedAccess": unused_access},
    }});
    let own = accounts
        .iter()
        .filter(|(_, account)| !account["analyzer"].is_null())
        .map(|(id, account)| {
            let mut made = json!({
                "arn": format!("arn:aws:access-analyzer:us-east-1:{id}:analyzer/own"), "name": "own",
                "type": "ACCOUNT_UNUSED_ACCESS", "status": "ACTIVE",
            });
            let told = account["analyzer"].as_object().expect("an analyzer").clone();
            made.as_object_mut().expect("an object").extend(told);
            json!({"analyzer": made})
        });
    let analyzers: Vec<Value> = std::iter::once(analyzer).chain(own).collect();
    json_file(&folder.join("analyzers.json"), &json!(analyzers));
    for (id, account) in accounts {
        known(account, &ACCOUNT);
        let place = folder.join("accounts").join(id);
        if !account["error"].is_null() {
            json_file(&place.join("error.json"), &account["error"]);
        }
        let read = ["roles", "users", "groups", "policies"]
            .iter()
            .any(|part| !account[*part].is_null());
        if read {
            json_file(
                &place.join("authorization.json"),
                &authorization(id, account, &case["aws"]),
            );
        }
        if read && account["error"].is_null() {
            match &account["lastAccessed"] {
                Value::Null => json_file(&place.join("findings.json"), &findings(id, account)),
                told => json_file(
                    &place.join("last-accessed.json"),
                    &last_accessed(id, account, told),
                ),
            }
        }
    }
}

/// The catalog of the cases, as files of AWS's service reference: `{"s3": {"read": [...], "write": [...]}}`.
pub(super) fn write_catalog(services: &Value, folder: &Path) {
    for (service, levels) in services.as_object().expect("services") {
        let actions = levels.as_object().expect("levels").iter().flat_map(|(level, names)| {
            let property = match level.as_str() {
                "permissions" => "IsPermissionManagement",
                "write" => "IsWrite",
                "tagging" => "IsTaggingOnly",
                "list" => "IsList",
                "read" => "IsRead",
                other => panic!("a level {other}"),
            };
            let action =
                move |name: &Value| json!({"Name": name, "Annotations": {"Properties": {property: true}}});
            names.as_array().expect("names").iter().map(action)
        });
        let file = json!({"Name": service, "Actions": actions.collect::<Vec<_>>()});
        json_file(&folder.join(format!("{service}.json")), &file);
    }
}

fn json_file(path: &Path, value: &Value) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, serde_json::to_string_pretty(value).expect("JSON")).expect("written");
}

/// A misspelt member would make a case say less than it seems to.
fn known(value: &Value, members: &[&str]) {
    for key in value.as_object().expect("an object").keys() {
        assert!(
            members.contains(&key.as_str()),
            "`{key}` is no member here; there are {members:?}"
        );
    }
}

fn text<'v>(value: &'v Value, key: &str, default: &'v str) -> &'v str {
    value[key].as_str().unwrap_or(default)
}

fn units(account: &Value) -> String {
    let units = account["units"].as_array().into_iter().flatten();
    units
        .map(|unit| format!("{}/", unit.as_str().expect("a unit")))
        .collect()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one.as_str().expect("a string"))
}

/// A document: actions that are allowed on everything, one statement in short, a list of such, or as it is.
pub(super) fn document(value: &Value) -> Value {
    let statements = match value {
        Value::Object(members) if members.contains_key("Statement") => return value.clone(),
        Value::Array(items) if items.iter().any(Value::is_object) => items.iter().map(statement).collect(),
        Value::Array(_) => vec![statement(&json!({"allow": value}))],
        one => vec![statement(one)],
    };
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(value: &Value) -> Value {
    if !value["Effect"].is_null() {
        return value.clone();
    }
    known(value, &["allow", "allowNot", "deny", "on", "if"]);
    let (effect, clause, actions) = match (&value["allow"], &value["allowNot"], &value["deny"]) {
        (Value::Null, Value::Null, actions) => ("Deny", "Action", actions),
        (Value::Null, actions, _) => ("Allow", "NotAction", actions),
        (actions, ..) => ("Allow", "Action", actions),
    };
    let on = if value["on"].is_null() {
        json!("*")
    } else {
        value["on"].clone()
    };
    let mut made = json!({"Effect": effect, clause: actions, "Resource": on});
    if !value["if"].is_null() {
        made["Condition"] = value["if"].clone();
    }
    made
}

fn arn(id: &str, account: &Value, name: &str) -> String {
    let kind = if account["users"][name].is_null() {
        "role"
    } else {
        "user"
    };
    let holder = &account[format!("{kind}s")][name];
    assert!(!holder.is_null(), "{name} is nobody");
    format!("arn:aws:iam::{id}:{kind}{}{name}", text(holder, "path", "/"))
}

/// `unused` in short, and `findings` that say more.
fn findings(id: &str, account: &Value) -> Value {
    let analyzed = text(account, "analyzedAt", ANALYZED);
    let finding = |number: usize, name: &str, kind: &str, more: Map<String, Value>| {
        let user = !account["users"][name].is_null();
        let mut made = json!({
            "id": format!("finding-{number}"), "resource": arn(id, account, name), "resourceOwnerAccount": id,
            "resourceType": if user { "AWS::IAM::User" } else { "AWS::IAM::Role" },
            "status": "ACTIVE", "findingType": kind, "analyzedAt": analyzed,
        });
        made.as_object_mut().expect("an object").extend(more);
        made
    };
    let details = |key: &str, all: Vec<Value>| {
        let one = |value| json!({key: value});
        Map::from_iter([("findingDetails".to_owned(), all.into_iter().map(one).collect())])
    };
    let short = members(&account["unused"])
        .enumerate()
        .map(|(number, (name, told))| {
            let last = &told["idle"];
            if told == "idle" || !last.is_null() {
                let used = if last.is_null() {
                    json!({})
                } else {
                    json!({"lastAccessed": last})
                };
                return finding(
                    number,
                    name,
                    "UnusedIAMRole",
                    details("unusedIamRoleDetails", vec![used]),
                );
            }
            let services = members(told).map(|(service, actions)| {
                let names = strings(actions).map(|name| json!({"action": name}));
                match actions {
                    Value::Null => json!({"serviceNamespace": service}),
                    _ => json!({"serviceNamespace": service, "actions": names.collect::<Vec<_>>()}),
                }
            });
            finding(
                number,
                name,
                "UnusedPermission",
                details("unusedPermissionDetails", services.collect()),
            )
        });
    let long = account["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(number, told)| {
            let mut more = told.as_object().expect("a finding").clone();
            let about = more.remove("about").expect("about");
            finding(
                1000 + number,
                about.as_str().expect("a name"),
                "UnusedPermission",
                more,
            )
        });
    short.chain(long).collect()
}

/// Of each principal the services that it may use: `{"s3": "<last use>"}`, `null` for never, or with single actions
/// `{"s3": {"GetObject": "<last use>"}}`, of which the newest is that of the service.
fn last_accessed(id: &str, account: &Value, told: &Value) -> Value {
    let completed = text(account, "analyzedAt", ANALYZED);
    let answers = members(told).map(|(name, services)| {
        let services = members(services).map(|(service, used)| {
            let actions: Vec<Value> = members(used)
                .map(|(name, last)| match last {
                    Value::Null => json!({"ActionName": name}),
                    last => json!({"ActionName": name, "LastAccessedTime": last}),
                })
                .collect();
            let newest = members(used).filter_map(|(_, last)| last.as_str()).max();
            let mut made = json!({"ServiceNamespace": service});
            if let Some(last) = used.as_str().or(newest) {
                made["LastAuthenticated"] = json!(last);
            }
            if !actions.is_empty() {
                made["TrackedActionsLastAccessed"] = json!(actions);
            }
            made
        });
        let mut made = json!({
            "Arn": arn(id, account, name), "JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL",
            "JobCompletionDate": completed, "ServicesLastAccessed": services.collect::<Vec<_>>(),
        });
        if let Some(job) = account["job"].as_object() {
            made.as_object_mut().expect("an object").extend(job.clone());
        }
        made
    });
    answers.collect()
}

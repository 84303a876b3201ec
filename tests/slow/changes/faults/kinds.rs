//! The kinds of changes, each with a state of AWS.

use serde_json::{Value, json};

use super::{ACCOUNT, AWS, Bench, COPY, OTHER, OWN, document, narrow, wide};

pub(super) fn managed(document: Value) -> Value {
    json!({"default": "v1", "versions": {"v1": document}})
}

fn holder(attached: &[&str], inline: Value) -> Value {
    json!({"attached": attached, "inline": inline})
}

pub(super) fn inline_of_role(name: &str) -> Bench {
    let fields = json!({"how": "document", "holder": "role/app", "policy": "p", "holders": ["role/app"]});
    let state = json!({"holders": {"role/app": holder(&[], json!({"p": wide(), "other": narrow()}))}});
    Bench::of(name, fields, (wide(), narrow()), state)
}

pub(super) fn inline_of_group(name: &str) -> Bench {
    let principals = ["user/ann", "user/bob"].map(|it| format!("{ACCOUNT}:{it}"));
    let fields = json!({
        "how": "document", "holder": "group/devs", "policy": "p", "holders": ["group/devs"], "principals": principals,
    });
    let devs = json!({"attached": [], "inline": {"p": wide()}, "members": ["ann", "bob"]});
    Bench::of(
        name,
        fields,
        (wide(), Value::Null),
        json!({"holders": {"group/devs": devs}}),
    )
}

pub(super) fn version(name: &str) -> Bench {
    let old = |number: usize| document(&[&format!("s3:Old{number}")]);
    let versions = json!({"v1": old(1), "v2": old(2), "v3": old(3), "v4": wide(), "v9": old(9)});
    let state = json!({
        "policies": {OWN: {"default": "v4", "versions": versions}},
        "holders": {"role/app": holder(&[OWN], json!({}))},
    });
    let fields = json!({"how": "version", "arn": OWN, "holders": ["role/app"]});
    Bench::of(name, fields, (wide(), narrow()), state)
}

pub(super) fn detach(name: &str) -> Bench {
    let state = json!({
        "policies": {OWN: managed(wide())},
        "holders": {"role/app": holder(&[OWN, AWS], json!({})), "user/ann": holder(&[OWN], json!({}))},
    });
    let fields = json!({"how": "detach", "arn": OWN, "holders": ["role/app", "user/ann"]});
    Bench::of(name, fields, (wide(), Value::Null), state)
}

pub(super) fn copy_of_aws(name: &str) -> Bench {
    let state = json!({
        "policies": {AWS: managed(wide())},
        "holders": {"role/app": holder(&[AWS], json!({})), "user/ann": holder(&[OWN, AWS], json!({}))},
    });
    let fields = json!({"how": "move", "arn": AWS, "holders": ["role/app", "user/ann"], "creates": [COPY]});
    Bench::of(name, fields, (wide(), narrow()), state)
}

pub(super) fn inline_that_is_split(name: &str) -> Bench {
    let creates = [1, 2].map(|at| format!("arn:aws:iam::{ACCOUNT}:policy/p-leastwise-{at}"));
    let fields = json!({"how": "move", "holder": "role/app", "policy": "p", "holders": ["role/app"], "creates": creates});
    let state = json!({"holders": {"role/app": holder(&[], json!({"p": wide()}))}});
    Bench::of(
        name,
        fields,
        (wide(), json!([narrow(), document(&["s3:GetBucketAcl"])])),
        state,
    )
}

/// A permission set that two accounts have.
fn set(inline: Option<Value>, aws_managed: &[&str]) -> Value {
    let text = inline.map_or(Value::Null, |it| format!("{it:#}").into());
    let mut sorted = aws_managed.to_vec();
    sorted.sort_unstable();
    let content = json!([text, sorted, []]);
    json!({
        "policies": {AWS: managed(wide())},
        "set": {
            "name": "Admins", "inline": text, "managed": aws_managed, "named": [],
            "accounts": {ACCOUNT: content, OTHER: content},
        },
    })
}

fn of_set(name: &str, how: &str, more: Value, documents: (Value, Value), state: Value) -> Bench {
    let role = |id: &str| format!("{id}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admins_1");
    let roles = [ACCOUNT, OTHER].map(role);
    let mut fields = json!({
        "how": how, "permissionSet": "Admins", "accounts": [ACCOUNT, OTHER], "principals": roles,
    });
    fields
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    Bench::of(name, fields, documents, state)
}

pub(super) fn set_inline(name: &str) -> Bench {
    of_set(
        name,
        "document",
        json!({}),
        (wide(), narrow()),
        set(Some(wide()), &[AWS]),
    )
}

pub(super) fn set_merge(name: &str, inline: Option<Value>) -> Bench {
    let other = "arn:aws:iam::aws:policy/job-function/Billing";
    of_set(
        name,
        "merge",
        json!({"arn": AWS}),
        (wide(), narrow()),
        set(inline, &[other, AWS]),
    )
}

pub(super) fn set_detach(name: &str) -> Bench {
    of_set(
        name,
        "detach",
        json!({"arn": AWS}),
        (wide(), Value::Null),
        set(None, &[AWS]),
    )
}

pub(super) fn set_move(name: &str) -> Bench {
    let fields = json!({"arn": AWS, "creates": ["A-leastwise-1", "A-leastwise-2"]});
    of_set(
        name,
        "move",
        fields,
        (wide(), json!([narrow(), narrow()])),
        set(None, &[AWS]),
    )
}

/// Every kind of change that there is.
pub(super) fn every_kind(test: &str) -> Vec<Bench> {
    let name = |kind: &str| format!("{test}-{kind}");
    vec![
        inline_of_role(&name("role")),
        inline_of_group(&name("group")),
        version(&name("version")),
        detach(&name("detach")),
        copy_of_aws(&name("copy")),
        inline_that_is_split(&name("split")),
        set_inline(&name("set-inline")),
        set_merge(&name("set-merge"), Some(document(&["iam:GetUser"]))),
        set_merge(&name("set-first-inline"), None),
        set_detach(&name("set-detach")),
        set_move(&name("set-move")),
    ]
}

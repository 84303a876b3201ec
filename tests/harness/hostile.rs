//! Hostile text in whatever somebody may choose of a recorded organisation that is still one: an ARN has the name of what it is
//! of, and there is no slash in a name that an ARN has.

use serde_json::{Map, Value};

/// The member that names what an ARN is of.
const NAMES: [(&str, &str); 4] = [
    (":role/", "RoleName"),
    (":user/", "UserName"),
    (":group/", "GroupName"),
    (":policy/", "PolicyName"),
];

/// What somebody may choose.
pub(crate) const CHOSEN: [&str; 8] = [
    "RoleName",
    "UserName",
    "PolicyName",
    "Sid",
    "Value",
    "Name",
    "Condition",
    "GroupName",
];

/// Adds text to every string under one of these members, and to the ARNs of what it names.
pub(crate) fn poison(value: &mut Value, members: &[&str], text: &str) {
    poison_under(value, "", members, text);
}

fn poison_under(value: &mut Value, under: &str, members: &[&str], text: &str) {
    match value {
        Value::Object(object) => {
            let is_of_aws = object
                .values()
                .any(|it| it.as_str().is_some_and(|it| it.contains(":iam::aws:")));
            let in_arn = |object: &Map<String, Value>, key: &str| {
                let is_inline = object.contains_key("PolicyDocument");
                NAMES.iter().any(|(_, name)| *name == key) && !is_inline
            };
            let named: Vec<String> = object.keys().filter(|key| in_arn(object, key)).cloned().collect();
            for (key, member) in object.iter_mut() {
                let inside = if under == "Condition" { under } else { key.as_str() };
                match (named.contains(key), member) {
                    // What AWS calls its own policies nobody else may choose.
                    (true, Value::String(_)) if is_of_aws => {}
                    (true, Value::String(name)) if members.contains(&key.as_str()) => {
                        name.push_str(&text.replace('/', ""));
                    }
                    (_, member) => poison_under(member, inside, members, text),
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| poison_under(item, under, members, text)),
        Value::String(it) if members.contains(&under) => it.push_str(text),
        Value::String(it) => {
            let is_arn = it.starts_with("arn:") && it.contains(":iam::") && !it.contains(":iam::aws:");
            let is_named = |(kind, name): &(&str, &str)| it.contains(kind) && members.contains(name);
            let is_group = under == "GroupList" && members.contains(&"GroupName");
            let has_name = is_arn && under != "Principal" && NAMES.iter().any(is_named);
            if is_group || has_name && !["Resource", "AWS", "NotResource"].contains(&under) {
                it.push_str(&text.replace('/', ""));
            }
        }
        _ => {}
    }
}

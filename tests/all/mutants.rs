//! Documents that are a little wrong: one action more, one less, a wider pattern, a dropped condition, a touched Deny.

use serde_json::{Value, json};

use crate::oracle::{actions, strings};

/// All mutants of a document, each with what was done to it. `pool` has actions that can be added.
pub(crate) fn mutants(document: &Value, pool: &[String]) -> Vec<(String, Vec<Value>)> {
    let mut out = vec![("nothing left".to_owned(), Vec::new())];
    let mut version = document.clone();
    version["Version"] = json!("2008-10-17");
    out.push(("another version".to_owned(), vec![version]));

    let single = document["Statement"].is_object();
    let list: Vec<Value> = match &document["Statement"] {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let with = |statements: Vec<Value>| {
        let mut changed = document.clone();
        changed["Statement"] = match statements.as_slice() {
            [one] if single => one.clone(),
            several => json!(several),
        };
        changed
    };
    if list.len() > 1 {
        let mut turned = list.clone();
        turned.reverse();
        out.push(("statements turned round".to_owned(), vec![with(turned)]));
        out.push(("a half".to_owned(), vec![with(list[..1].to_vec())]));
        let halves = vec![with(list[..1].to_vec()), with(list[1..].to_vec())];
        out.push(("two halves".to_owned(), halves));
    }
    out.push(("twice".to_owned(), vec![document.clone(), document.clone()]));
    for (at, statement) in list.iter().enumerate() {
        for (what, changed) in changed(statement, pool) {
            let mut statements = list.clone();
            match changed {
                Some(changed) => statements[at] = changed,
                None => drop(statements.remove(at)),
            }
            let documents = if statements.is_empty() { Vec::new() } else { vec![with(statements)] };
            out.push((format!("statement {}: {what}", at + 1), documents));
        }
    }
    out
}

fn changed(statement: &Value, pool: &[String]) -> Vec<(String, Option<Value>)> {
    let mut out = vec![("gone".to_owned(), None)];
    let mut set = |what: &str, key: &str, value: Value| {
        let mut changed = statement.clone();
        changed[key] = value;
        out.push((what.to_owned(), Some(changed)));
    };
    set("another condition", "Condition", json!({"Bool": {"aws:SecureTransport": "false"}}));
    set("another resource", "Resource", json!("arn:aws:s3:::other"));
    set("a Sid", "Sid", json!("Other"));
    set("the other effect", "Effect", json!(if statement["Effect"] == "Allow" { "Deny" } else { "Allow" }));
    if statement.get("Condition").is_some() {
        let mut dropped = statement.clone();
        dropped.as_object_mut().unwrap().remove("Condition");
        out.push(("no condition".to_owned(), Some(dropped)));
    }

    let key = if statement.get("Action").is_some() { "Action" } else { "NotAction" };
    let patterns = strings(actions(statement));
    let with = |patterns: &[String]| {
        let mut changed = statement.clone();
        changed[key] = json!(patterns);
        Some(changed)
    };
    for (at, pattern) in patterns.iter().enumerate() {
        let mut fewer = patterns.clone();
        fewer.remove(at);
        out.push((format!("without {pattern}"), if fewer.is_empty() { None } else { with(&fewer) }));
        for other in replaced(pattern) {
            let mut replaced = patterns.clone();
            replaced[at].clone_from(&other);
            out.push((format!("{other} for {pattern}"), with(&replaced)));
        }
    }
    for action in pool {
        let more = [patterns.clone(), vec![action.clone()]].concat();
        out.push((format!("with {action}"), with(&more)));
    }
    out
}

/// Wider and narrower patterns.
fn replaced(pattern: &str) -> Vec<String> {
    let Some((service, name)) = pattern.split_once(':').filter(|_| pattern != "*:*") else {
        return Vec::new();
    };
    let mut out = vec![format!("{pattern}*"), format!("{service}:*"), "*".to_owned(), format!("{pattern}?")];
    match name.strip_suffix('*') {
        Some(root) => {
            out.push(format!("{service}:{root}?*"));
            let shorter: String = root.chars().take(root.chars().count().saturating_sub(1)).collect();
            out.push(format!("{service}:{shorter}*"));
            if !root.is_empty() {
                out.push(format!("{service}:{root}"));
            }
        }
        None => out.push(format!("{service}:?{}", name.chars().skip(1).collect::<String>())),
    }
    out
}

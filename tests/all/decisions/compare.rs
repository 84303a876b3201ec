//! A report against what a case says of it. Only the members that a case names are compared, but lists are compared whole,
//! and so are the recommendations, what is left alone and the families: what a case does not name must not be there.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::read;

const EXPECT: [&str; 11] = [
    "exit",
    "principals",
    "recommendations",
    "alternatives",
    "leftAlone",
    "families",
    "exceptions",
    "policies",
    "first",
    "totals",
    "summaries",
];

/// What is otherwise than a case says.
pub(super) fn check(expect: &Value, report: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for key in expect
        .as_object()
        .expect("expect")
        .keys()
        .filter(|key| !EXPECT.contains(&key.as_str()))
    {
        wrong.push(format!("`{key}` is no member of what is expected"));
    }
    let found = Found::read(report);
    let whole = |name: &str, found: &Map<String, Value>, wrong: &mut Vec<String>| {
        let wanted = expect[name].as_object().cloned().unwrap_or_default();
        for (id, wanted) in &wanted {
            match found.get(id) {
                Some(found) => differ(&format!("{name} {id}"), wanted, found, wrong),
                None => wrong.push(format!("{name}: no {id}; there are {:?}", found.keys())),
            }
        }
        let more = found.iter().filter(|(id, _)| !wanted.contains_key(*id));
        wrong.extend(more.map(|(id, value)| format!("{name}: unexpected {id}: {}", cut(value))));
    };
    whole("recommendations", &found.recommendations, &mut wrong);
    whole("alternatives", &found.alternatives, &mut wrong);
    whole("families", &found.families, &mut wrong);
    let none = json!([]);
    let left_alone = if expect["leftAlone"].is_null() {
        &none
    } else {
        &expect["leftAlone"]
    };
    differ(
        "leftAlone",
        left_alone,
        &Value::Array(found.left_alone),
        &mut wrong,
    );
    for (name, found) in [
        ("principals", &found.principals),
        ("policies", &found.policies),
        ("exceptions", &found.exceptions),
        ("summaries", &found.summaries),
    ] {
        differ(name, &expect[name], &json!(found), &mut wrong);
    }
    differ("first", &expect["first"], &found.first, &mut wrong);
    differ("totals", &expect["totals"], &found.totals, &mut wrong);
    wrong
}

/// A report by what a case names it with.
#[derive(Default)]
struct Found {
    principals: Map<String, Value>,
    policies: Map<String, Value>,
    recommendations: Map<String, Value>,
    alternatives: Map<String, Value>,
    left_alone: Vec<Value>,
    families: Map<String, Value>,
    exceptions: Map<String, Value>,
    summaries: Map<String, Value>,
    first: Value,
    totals: Value,
}

impl Found {
    fn read(folder: &Path) -> Self {
        let mut found = Self::default();
        let whole = short(&read(&folder.join("report.json")));
        let take =
            |value: &Value, key: &str| -> Vec<Value> { value[key].as_array().cloned().unwrap_or_default() };
        let id = |value: &Value, key: &str| value[key].as_str().expect("an id").to_owned();
        found.recommend(take(&whole, "recommendations"), folder);
        for summary in take(&whole, "accounts") {
            let path = folder.join(format!("accounts/{}.json", id(&summary, "id")));
            found.summaries.insert(id(&summary, "id"), summary);
            let account = short(&read(&path));
            found.recommend(take(&account, "recommendations"), folder);
            for one in take(&account, "alternatives") {
                let (id, one) = (id(&one, "id"), told(one, folder));
                assert!(found.alternatives.insert(id.clone(), one).is_none(), "{id} twice");
            }
            found.left_alone.extend(take(&account, "leftAlone"));
            found.principals.extend(
                take(&account, "principals")
                    .into_iter()
                    .map(|row| (id(&row, "arn"), row)),
            );
            let state = |row: Value| (id(&row, "id"), row["state"].clone());
            found
                .policies
                .extend(take(&account, "policies").into_iter().map(state));
        }
        found.families = take(&whole, "families")
            .into_iter()
            .map(|row| (id(&row, "id"), row))
            .collect();
        for rule in take(&whole, "exceptions") {
            let codes = take(&rule, "states")
                .into_iter()
                .map(|state| state["code"].clone());
            found.exceptions.insert(id(&rule, "id"), codes.collect());
        }
        found.first = take(&whole["first"], "changes")
            .into_iter()
            .map(|change| change["id"].clone())
            .collect();
        found.totals = whole["totals"].clone();
        found
    }

    fn recommend(&mut self, all: Vec<Value>, folder: &Path) {
        for one in all {
            let id = one["id"].as_str().expect("an id").to_owned();
            assert!(
                self.recommendations
                    .insert(id.clone(), told(one, folder))
                    .is_none(),
                "{id} twice"
            );
        }
    }
}

/// A recommendation as a case tells it.
fn told(mut one: Value, folder: &Path) -> Value {
    let documents = |path: &Value| read(&folder.join(path.as_str().expect("a path")));
    one["after"] = documents(&one["files"]["after"]);
    one["before"] = documents(&one["files"]["before"]);
    one["removed"] = one["proof"]["removed"].clone();
    one["because"] = one["confidence"]["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| it["code"].clone())
        .collect();
    one["confidence"] = one["confidence"]["level"].clone();
    // The diffs are there too.
    let hands = one["holders"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|hands| &hands["files"]);
    for files in hands.chain([&one["files"]]) {
        for file in files.as_object().expect("files").values() {
            assert!(folder.join(file.as_str().expect("a path")).is_file(), "no {file}");
        }
    }
    one["file"] = one["files"]["after"].clone();
    one
}

/// ARNs of IAM without what is the same in all of them, and a digest in the name of a copy as `#`.
fn short(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let text = text.trim_start_matches("arn:aws:iam::");
            let digest = text.split_once("-leastwise-").filter(|(_, rest)| {
                rest.len() >= 8 && rest.bytes().take(8).all(|byte| byte.is_ascii_hexdigit())
            });
            match digest {
                Some((name, rest)) => json!(format!("{name}-leastwise-#{}", &rest[8..])),
                None => json!(text),
            }
        }
        Value::Array(items) => items.iter().map(short).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), short(value)))
            .collect(),
        other => other.clone(),
    }
}

/// Enough of it to know what it is.
fn cut(value: &Value) -> String {
    value.to_string().chars().take(400).collect()
}

/// Compares what is named. `null` is what is not there; text that begins with `~` is a part of the text; of a document a
/// list of text is what it allows, and a number is how many documents there are.
fn differ(place: &str, wanted: &Value, found: &Value, wrong: &mut Vec<String>) {
    let is_document = place.ends_with("/after") || place.ends_with("/before");
    match (wanted, found) {
        (Value::Null, _) if !place.contains(['/', ' ']) => {}
        (Value::Array(wanted), found) if is_document && wanted.iter().all(Value::is_string) => {
            let allowed = allowed(found);
            if allowed != *wanted {
                wrong.push(format!(
                    "{place}: allows {}, not {}",
                    json!(allowed),
                    json!(wanted)
                ));
            }
        }
        (Value::Number(count), Value::Array(documents)) if is_document => {
            if count.as_u64() != Some(documents.len() as u64) {
                wrong.push(format!("{place}: {} documents, not {count}", documents.len()));
            }
        }
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, wanted) in wanted {
                let place = if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}/{key}")
                };
                differ(&place, wanted, found.get(key).unwrap_or(&Value::Null), wrong);
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                differ(&format!("{place}/{at}"), wanted, found, wrong);
            }
        }
        (Value::String(wanted), Value::String(found)) if wanted.starts_with('~') => {
            if !found.contains(&wanted[1..]) {
                wrong.push(format!("{place}: `{found}` does not have `{}`", &wanted[1..]));
            }
        }
        (wanted, found) if wanted == found => {}
        (wanted, found) => wrong.push(format!("{place}: {}, not {}", cut(found), cut(wanted))),
    }
}

/// The actions of all Allow statements, in their order.
fn allowed(documents: &Value) -> Vec<Value> {
    let documents = match documents {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let statements = documents
        .iter()
        .flat_map(|document| document["Statement"].as_array().expect("a list"));
    let allow = statements.filter(|statement| statement["Effect"] == "Allow");
    let actions = allow.flat_map(|statement| match &statement["Action"] {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    });
    actions.collect()
}

//! Short forms in cases.

use serde_json::{Value, json};

/// `Get{10..12}Thing` in a list of strings stands for three strings, so that a large case stays readable.
pub(crate) fn expand(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().flat_map(expand_item).collect()),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), expand(value)))
            .collect(),
        other => other.clone(),
    }
}

fn expand_item(item: &Value) -> Vec<Value> {
    let parts = item.as_str().and_then(|text| {
        let (head, rest) = text.split_once('{')?;
        let (range, tail) = rest.split_once('}')?;
        let (from, to) = range.split_once("..")?;
        Some((head, from.parse::<u32>().ok()?, to.parse::<u32>().ok()?, tail))
    });
    match parts {
        Some((head, from, to, tail)) => (from..=to).map(|n| json!(format!("{head}{n}{tail}"))).collect(),
        None => vec![expand(item)],
    }
}

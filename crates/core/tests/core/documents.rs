//! Policy documents as the evaluator reads them: `serde_json` values and where things are in them.

use serde_json::Value;

/// The strings of a member that may be one string or a list of them.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().expect("a string").to_owned())
            .collect(),
        one => vec![one.as_str().expect("a string or a list").to_owned()],
    }
}

/// The statements of a document, which may be one object.
pub(crate) fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// The value of `Action` or `NotAction`.
pub(crate) fn actions(statement: &Value) -> &Value {
    statement
        .get("Action")
        .or_else(|| statement.get("NotAction"))
        .expect("a statement has actions")
}

/// A statement without its actions.
pub(crate) fn frame(statement: &Value) -> Value {
    let mut frame = statement.clone();
    let members = frame.as_object_mut().expect("a statement is an object");
    members.remove("Action");
    members.remove("NotAction");
    frame
}

/// Whether it forbids.
pub(crate) fn is_deny(statement: &Value) -> bool {
    statement["Effect"]
        .as_str()
        .is_some_and(|effect| effect.eq_ignore_ascii_case("deny"))
}

/// Whether two statements differ in their actions only.
pub(crate) fn shares_frame(one: &Value, other: &Value) -> bool {
    frame(one) == frame(other)
}

/// Whether a statement can have come from another: they share all but their actions.
pub(crate) fn is_from(after: &Value, before: &Value) -> bool {
    shares_frame(after, before) && after.get("Action").is_some() == before.get("Action").is_some()
}

/// The same Deny, letter for letter; one string and a list of it mean the same.
pub(crate) fn same_deny(one: &Value, other: &Value) -> bool {
    is_from(one, other) && strings(actions(one)) == strings(actions(other))
}

/// Whether strings stayed strings and lists stayed lists, unless one string became several.
pub(crate) fn is_same_shape(before: &Value, after: &Value) -> bool {
    statements(after).into_iter().all(|new| {
        let several = actions(new).as_array().is_some_and(|list| list.len() > 1);
        let mut old = statements(before)
            .into_iter()
            .filter(|old| frame(old) == frame(new));
        old.any(|old| {
            actions(old).is_array() == actions(new).is_array() || actions(old).is_string() && several
        })
    })
}

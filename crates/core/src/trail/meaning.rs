//! Whether two policy documents are the same: a tool may write the members in another order, and one string for a list of one.

use serde_json::Value;

use crate::digest::sha256;

/// The deepest nesting of a policy that is looked at; IAM's own have five levels.
const DEEPEST: usize = 32;

/// What a document says, in short; documents that say the same have the same. `None` when it is no JSON.
pub(super) fn meaning(text: &str) -> Option<String> {
    let mut value = parsed(text)?;
    plain(&mut value, DEEPEST);
    Some(sha256(value.to_string()))
}

/// A document without its statements whose Sid begins so, and one of these alone; none of either that would be empty.
pub(super) fn divided(text: &str, sid: &str) -> (Option<String>, Option<String>) {
    let Some(value) = parsed(text) else {
        return (None, None);
    };
    let part = |wanted: bool| {
        let mut value = value.clone();
        let statements = value.get_mut("Statement")?.as_array_mut()?;
        let begins = |it: &Value| {
            it.get("Sid")
                .and_then(Value::as_str)
                .is_some_and(|it| it.starts_with(sid))
        };
        statements.retain(|statement| begins(statement) == wanted);
        (!statements.is_empty()).then(|| value.to_string())
    };
    (part(false), part(true))
}

fn parsed(text: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    one_or_many(value.get_mut("Statement")?);
    Some(value)
}

/// A statement that stands alone is a list of one.
fn one_or_many(value: &mut Value) {
    if value.is_object() {
        *value = Value::Array(vec![value.take()]);
    }
}

/// Lists of strings in one order, a list of one string as that string.
fn plain(value: &mut Value, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            items.dedup();
            if items.len() == 1 {
                *value = items.pop().unwrap_or_default();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plain(item, depth)),
        Value::Object(members) => members.values_mut().for_each(|member| plain(member, depth)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{divided, meaning};

    #[test]
    fn order_and_lists_of_one_mean_nothing() {
        let one = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:B","s3:A"],"Resource":["*"]}]}"#;
        let other = r#"{"Statement":{"Resource":"*","Effect":"Allow","Action":["s3:A","s3:B"]},"Version":"2012-10-17"}"#;
        assert_eq!(meaning(one), meaning(other));
        assert!(meaning(one).is_some() && meaning("{").is_none() && meaning("{}").is_none());
        assert_ne!(meaning(one), meaning(&one.replace("s3:B", "s3:C")));
    }

    #[test]
    fn statements_of_a_trial_are_told_apart_by_their_sid() {
        let own = r#"{"Effect":"Allow","Action":"s3:A","Resource":"*"}"#;
        let deny = r#"{"Sid":"Trial1","Effect":"Deny","Action":"s3:A","Resource":"*"}"#;
        let (rest, trial) = divided(&format!(r#"{{"Statement":[{own},{deny}]}}"#), "Trial");
        let meant = |text: Option<String>| text.and_then(|text| meaning(&text));
        assert_eq!(meant(rest), meaning(&format!(r#"{{"Statement":{own}}}"#)));
        assert_eq!(meant(trial), meaning(&format!(r#"{{"Statement":{deny}}}"#)));
        assert_eq!(divided(&format!(r#"{{"Statement":{deny}}}"#), "Trial").0, None);
        assert_eq!(divided("{", "Trial"), (None, None));
    }
}

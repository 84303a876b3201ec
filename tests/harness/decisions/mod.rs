//! The cases of tests/cases-decide, and the answers that they stand for.

pub(crate) mod recorded;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases-decide")
}

pub(crate) fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn all() -> Vec<(String, Value)> {
    let paths = std::fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path());
    let is_case = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "json") && !path.ends_with("catalog.json")
    };
    let mut paths: Vec<PathBuf> = paths.filter(is_case).collect();
    paths.sort();
    let named = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (named(path), read(path))).collect()
}

/// The catalog of all cases, as files that the program reads.
pub(crate) fn catalog(place: &Path) -> PathBuf {
    let catalog = place.join("catalog");
    recorded::write_catalog(&read(&cases().join("catalog.json")), &catalog);
    catalog
}

/// `Get{10..12}Thing` in a list of strings stands for three strings, so that a large case stays readable.
pub(crate) fn expand(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().flat_map(expand_item).collect()),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), expand(value))).collect(),
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

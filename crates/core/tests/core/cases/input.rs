//! The files of cases, and what a case gives: texts, a catalog, evidence and options.

use std::path::PathBuf;

use leastwise_core::catalog::{Catalog, Harvest};
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::refine::{Kind, Wildcards};
use serde_json::{Value, json};

use crate::documents::strings;
use crate::tables::{Lists, embedded};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Text as a file holds it: one string, lines, or a piece repeated between two others.
pub(super) fn text(value: &Value) -> String {
    let of = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    match value {
        Value::Array(_) => strings(value).join("\n"),
        Value::Object(_) => {
            let times = usize::try_from(value["times"].as_u64().expect("times")).expect("a size");
            format!("{}{}{}", of("before"), of("repeat").repeat(times), of("after"))
        }
        one => one.as_str().expect("text").to_owned(),
    }
}

/// The catalog of a case: its actions for the evaluator, and as the crate reads it.
pub(super) fn catalog(value: &Value) -> (Lists, String) {
    let lists = match value {
        Value::Null => json!({"s3": ["GetObject"]}),
        Value::String(name) if name == "embedded" => json!(embedded()),
        Value::String(name) => {
            serde_json::from_str(&read(&folder().join("catalogs").join(name))).expect("a catalog file")
        }
        own => own.clone(),
    };
    (
        serde_json::from_value(lists.clone()).expect("lists of names"),
        lists.to_string(),
    )
}

pub(super) fn kind(value: &Value) -> Option<Kind> {
    value.as_str().map(|name| match name {
        "managed" => Kind::Managed,
        "role" => Kind::Role,
        "user" => Kind::User,
        "group" => Kind::Group,
        other => panic!("unknown kind {other}"),
    })
}

pub(super) fn wildcards(value: &Value) -> Wildcards {
    match value.as_str() {
        None | Some("split") => Wildcards::Split,
        Some("open") => Wildcards::Open,
        Some(other) => panic!("unknown wildcards {other}"),
    }
}

/// What `organisation` names beside the policy and the evidence of the case.
pub(super) fn harvest(case: &Value, catalog: &Catalog) -> Harvest {
    let mut harvest = Harvest::default();
    for other in policies(case) {
        harvest.add_document(
            catalog,
            &Document::parse(&other.to_string()).expect("another policy"),
        );
    }
    for other in case["organisation"]["evidence"].as_array().into_iter().flatten() {
        let text = json!([other]).to_string();
        harvest.add_evidence(catalog, &read_unused(&text).expect("other evidence"));
    }
    harvest
}

pub(super) fn policies(case: &Value) -> &[Value] {
    case["organisation"]["policies"]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

pub(super) fn member_or(case: &Value, key: &str, default: Value) -> Value {
    if case[key].is_null() {
        default
    } else {
        case[key].clone()
    }
}

pub(super) fn all() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(folder()).expect("tests/cases");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    let load = |path: &PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let case = serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, case)
    };
    paths.iter().map(load).collect()
}

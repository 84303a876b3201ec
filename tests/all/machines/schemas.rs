//! `leastwise schema`: the schemas of the JSON files, held against what a scan writes.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

use super::{faults, json};
use crate::run::{folder, leastwise};
use crate::scan::demonstration;

fn printed(file: &str) -> Value {
    serde_json::from_str(&leastwise(["schema", file]).ran().exits(0).out).unwrap()
}

/// A schema in which every object has only the keys that it names.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut map: serde_json::Map<String, Value> = map
                .iter()
                .map(|(key, value)| (key.clone(), closed(value)))
                .collect();
            if map.get("properties").is_some_and(Value::is_object) && map.contains_key("type") {
                map.insert("additionalProperties".to_owned(), false.into());
            }
            Value::Object(map)
        }
        Value::Array(items) => items.iter().map(closed).collect(),
        other => other.clone(),
    }
}

/// The schema, with all keys told.
fn validator(file: &str) -> Validator {
    let schema = printed(file);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::new(&closed(&schema)).unwrap()
}

fn every_file(out: &Path) -> Vec<(&'static str, Value)> {
    let mut files = vec![
        ("report", json(&out.join("report.json"))),
        ("manifest", json(&out.join("manifest.json"))),
    ];
    let accounts = fs::read_dir(out.join("accounts"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    // The pages for people are beside them.
    let accounts = accounts.filter(|path| path.extension().is_some_and(|it| it == "json"));
    files.extend(accounts.map(|path| ("account", json(&path))));
    files
}

#[test]
fn every_file_that_a_scan_writes_is_as_its_schema_says_and_every_key_is_in_it() {
    let schemas = ["report", "manifest", "account"].map(|file| (file, validator(file)));
    for (snapshot, code) in [("mocks/acme", 0), ("mocks/partial", 3)] {
        let out = folder(&format!("schemas-{code}")).join("report");
        // Alternatives are there with both ways.
        let to = out.to_str().unwrap();
        leastwise(["scan", "--snapshot", snapshot, "--out", to, "--shared", "both"])
            .ran()
            .exits(code);
        for (file, value) in every_file(&out) {
            let (_, schema) = schemas.iter().find(|(name, _)| *name == file).unwrap();
            assert_eq!(faults(schema, &value), Vec::<String>::new(), "{snapshot} {file}");
        }
    }
}

#[test]
fn a_schema_refuses_what_a_scan_would_not_write() {
    let out = demonstration();
    let report = json(&out.join("report.json"));
    let schema = validator("report");
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut report = report.clone();
        change(&mut report);
        faults(&schema, &report)
    };
    assert_eq!(broken(&|_| {}), Vec::<String>::new());
    assert_ne!(
        broken(&|it| drop(it.as_object_mut().unwrap().remove("totals"))),
        Vec::<String>::new()
    );
    assert_ne!(
        broken(&|it| it["accounts"][0]["coverage"] = "so-so".into()),
        Vec::<String>::new()
    );
    assert_ne!(
        broken(&|it| it["totals"]["principals"] = (-1).into()),
        Vec::<String>::new()
    );
    assert_ne!(
        broken(&|it| it["totals"]["novel"] = 1.into()),
        Vec::<String>::new()
    );
}

#[test]
fn a_schema_lists_the_words_that_are_keys_or_parts_of_texts() {
    let report = printed("report");
    let levels = &report["$defs"]["EffectTotals"]["properties"]["removedByLevel"];
    let statuses = &report["$defs"]["SinceRow"]["properties"]["changes"];
    for (map, words) in [
        (
            levels,
            [
                "list",
                "permissions-management",
                "read",
                "tagging",
                "unknown",
                "write",
            ]
            .as_slice(),
        ),
        (
            statuses,
            &[
                "changed",
                "new",
                "not-read",
                "regressed",
                "reopened",
                "resolved",
                "same",
                "withheld",
            ],
        ),
    ] {
        assert!(map["properties"].as_object().unwrap().keys().eq(words), "{map}");
        assert_eq!(map["additionalProperties"], false);
    }
    let account = printed("account");
    assert_eq!(account["$defs"]["PolicyHolder"]["pattern"], "^(role|user|group)/");
}

#[test]
fn a_schema_lists_the_words_of_every_code() {
    let schema = printed("account");
    for (code, word) in [
        ("PrincipalStatus", "reducible"),
        ("PrincipalCode", "permissions-unused"),
        ("PolicyKind", "aws-managed"),
        ("PolicyState", "kept"),
        ("HolderKind", "group"),
        ("Level", "high"),
        ("Note", "copy-exists"),
        ("ReasonCode", "hint-backup"),
    ] {
        let words = schema["$defs"][code]["enum"].as_array().unwrap();
        assert!(
            words.contains(&word.into()) && !words.contains(&"unknown".into()),
            "{code}: {words:?}"
        );
    }
}

#[test]
fn a_schema_says_what_each_file_and_key_is() {
    for file in ["report", "manifest", "account"] {
        let schema = printed(file);
        assert!(!schema["description"].as_str().unwrap().is_empty());
        for (key, property) in schema["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{file}: {key}");
        }
        // What only readers of the source can follow has no place here.
        assert!(!schema.to_string().contains("[`"), "{schema}");
    }
}

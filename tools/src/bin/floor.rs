//! The least that any refiner must do, for comparison: read JSON lines, parse them into types, look every action and
//! every unused name up in one hash table, write compact JSON. It removes nothing and proves nothing.
//!
//! ```text
//! cargo run --release -p leastwise-tools --bin floor < pairs.jsonl > /dev/null
//! ```

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a bench that panics has failed"
)]

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::io::{self, BufRead, Write};

use leastwise_core::catalog::Catalog;
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Line {
    id: String,
    policy: Policy,
    unused: Vec<Service>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    effect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<OneOrMany<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_action: Option<OneOrMany<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<OneOrMany<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resource: Option<OneOrMany<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    service_namespace: String,
    #[serde(default)]
    actions: Vec<String>,
}

#[derive(Serialize)]
struct Row<'r> {
    id: &'r str,
    policy: &'r Policy,
    verdict: &'static str,
    removed: usize,
    undecided: [&'r str; 0],
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut known: HashMap<String, usize, BuildHasherDefault<FxHasher>> = HashMap::default();
    for (place, action) in Catalog::embedded().actions().enumerate() {
        known.insert(format!("{}:{}", action.service, action.name), place);
        known.insert(action.name.to_owned(), place);
    }
    let mut out = io::BufWriter::with_capacity(128 << 10, io::stdout().lock());
    let mut input = io::BufReader::with_capacity(128 << 10, io::stdin().lock());
    let mut text = String::new();
    while input.read_line(&mut text)? > 0 {
        let line: Line = serde_json::from_str(&text)?;
        let mut removed = 0;
        for statement in line.policy.statement.as_slice() {
            for clause in [&statement.action, &statement.not_action].into_iter().flatten() {
                removed += clause
                    .as_slice()
                    .iter()
                    .filter(|action| known.contains_key(action.as_str()))
                    .count();
            }
        }
        for service in &line.unused {
            removed += usize::from(service.service_namespace.is_empty());
            removed += service
                .actions
                .iter()
                .filter(|name| known.contains_key(name.as_str()))
                .count();
        }
        let row = Row {
            id: &line.id,
            policy: &line.policy,
            verdict: "none",
            removed,
            undecided: [],
        };
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
        text.clear();
    }
    out.flush()?;
    Ok(())
}

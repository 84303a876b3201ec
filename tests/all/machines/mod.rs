//! What other programs read of a report, held against the schemas.

mod schemas;

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What is wrong with a value, as the schema sees it.
fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

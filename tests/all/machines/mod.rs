//! What other programs read of a report, held against the published schemas and against the report itself.

mod asff;
mod counts;
mod formats;
mod hostile;
mod manual;
mod nights;
mod ocsf;
mod policies;
mod sarif;
mod schemas;
mod unseen;

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

/// A schema of `tests/schemas`.
fn schema(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/schemas")
        .join(name);
    let mut schema = json(&path);
    // Rust's regular expressions do not take SARIF's pattern of a language, which is never written.
    for definition in ["run", "toolComponent"] {
        if let Some(language) = schema.pointer_mut(&format!("/definitions/{definition}/properties/language"))
        {
            language.as_object_mut().unwrap().remove("pattern");
        }
    }
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What is wrong with a value, as the schema sees it.
fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect()
}

/// The text at a JSON pointer.
fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

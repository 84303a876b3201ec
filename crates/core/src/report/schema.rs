//! JSON Schema 2020-12 of the report files, generated from the types that write them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::account::AccountReport;
use super::whole::{Manifest, Report};

/// Schema of `accounts/<id>.json`.
pub fn account() -> Value {
    of::<AccountReport>()
}

/// Schema of `manifest.json`.
pub fn manifest() -> Value {
    of::<Manifest>()
}

/// Schema of `report.json`.
pub fn report() -> Value {
    of::<Report>()
}

/// For the files as they are written: fields that readers treat as optional are required.
fn of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

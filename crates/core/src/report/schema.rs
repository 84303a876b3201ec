//! JSON Schema 2020-12 of the report files, generated from the types that write them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::account::AccountReport;
use super::check::CheckReport;
use super::whole::{Manifest, Report};
use crate::trail::WatchResult;

/// Schema of `accounts/<id>.json`.
pub fn account() -> Value {
    of::<AccountReport>()
}

/// Of `check.json`.
pub fn check() -> Value {
    of::<CheckReport>()
}

/// Of `manifest.json`.
pub fn manifest() -> Value {
    of::<Manifest>()
}

/// Schema of `report.json`.
pub fn report() -> Value {
    of::<Report>()
}

/// Of what `leastwise watch` prints.
pub fn watch() -> Value {
    of::<WatchResult>()
}

/// As the files are written: what may be left out when they are read is there all the same.
fn of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

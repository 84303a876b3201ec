//! The cases of tests/cases-decide, and the answers that they stand for.

pub(crate) mod recorded;

use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) use super::expand::expand;

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases-decide")
}

pub(crate) fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn all() -> Vec<(String, Value)> {
    let paths = std::fs::read_dir(cases())
        .unwrap()
        .map(|entry| entry.unwrap().path());
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

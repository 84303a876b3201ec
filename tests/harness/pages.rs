//! The pages of a report, and an organisation whose names are hostile to them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::hostile::{CHOSEN, poison};
use crate::run::folder;
use crate::scan::{copy, scan};

pub(crate) const HOSTILE: &str = "</script><img src=//leak.invalid/x onerror=alert(1)>\"'`\u{2028}\u{202e}\u{1b}<!--<script>javascript:alert(2)";

pub(crate) fn page(report: &Path, name: &str) -> String {
    fs::read_to_string(report.join(name)).unwrap()
}

/// What stands between two texts, each time.
pub(crate) fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
    text.split(from)
        .skip(1)
        .map(|rest| rest.split(to).next().unwrap())
        .collect()
}

/// The rows of the index.
pub(crate) fn data(report: &Path) -> Value {
    let index = page(report, "index.html");
    let found = between(
        &index,
        "<script type=\"application/json\" id=\"data\">",
        "</script>",
    );
    assert_eq!(found.len(), 1);
    serde_json::from_str(found[0]).unwrap()
}

/// A recorded organisation whose names, Sids, tags and conditions are hostile.
pub(crate) fn hostile(name: &str) -> std::path::PathBuf {
    let root = folder(name);
    let snapshot = root.join("snapshot");
    copy("mocks/acme", &snapshot, |_, value| {
        poison(value, &CHOSEN, HOSTILE);
    });
    let out = root.join("report");
    scan(snapshot.to_str().unwrap(), &out);
    out
}

//! A unified diff of two documents, for people: invisible characters are written out. The documents themselves are
//! stored unchanged.

use similar::{Algorithm, TextDiff};

use crate::visible::visible;

/// A unified diff, empty if the documents are the same.
pub fn unified(before: &str, after: &str, before_name: &str, after_name: &str) -> String {
    // Most removed lines are unique, which suits this algorithm.
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Histogram)
        .diff_lines(before, after);
    let text = diff.unified_diff().header(before_name, after_name).to_string();
    visible(&text).into_owned()
}

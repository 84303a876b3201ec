//! The difference between two documents, as text.

use similar::TextDiff;

/// A unified diff, empty when nothing differs.
pub fn unified(before: &str, after: &str, before_name: &str, after_name: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().header(before_name, after_name).to_string()
}

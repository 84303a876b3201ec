//! The embedded tables, read from the files that they are made of: the evaluator believes no code of the crate.

use crate::globs::{Name, lower};
pub(crate) use crate::harness::catalog::{Lists, embedded};

/// The table of actions whose use nobody sees, read from its file.
pub(crate) fn unobserved() -> Vec<(Option<String>, Name)> {
    let lines = include_str!("../../src/catalog/unobserved.tsv").lines();
    let patterns = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let (service, name) = line.split('\t').next()?.split_once(':')?;
        Some(((service != "*").then(|| service.to_ascii_lowercase()), lower(name)))
    };
    patterns.map(|line| row(line).expect("a pattern")).collect()
}

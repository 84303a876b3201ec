//! The embedded tables, read from the files that they are made of: the evaluator believes no code of the crate.

use std::collections::BTreeMap;

use crate::globs::{Name, lower};

/// Services and their actions, as a catalog file has them.
pub(crate) type Lists = BTreeMap<String, Vec<String>>;

/// The table of actions whose use nobody sees, read from its file.
pub(crate) fn unobserved() -> Vec<(Option<String>, Name)> {
    let lines = include_str!("../../src/catalog/unobserved.tsv").lines();
    let patterns = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let (service, name) = line.split('\t').next()?.split_once(':')?;
        Some((
            (service != "*").then(|| service.to_ascii_lowercase()),
            lower(name),
        ))
    };
    patterns.map(|line| row(line).expect("a pattern")).collect()
}

/// The embedded catalog, read from the file that it is made of.
pub(crate) fn embedded() -> Lists {
    let text = include_str!("../../catalog/catalog.txt");
    let blocks = text.split("\n\n").skip(1).map(|block| {
        let mut lines = block.lines();
        let service = lines.next().expect("a block begins with its service").to_owned();
        // One letter for the access level, one sign for tracking.
        (service, lines.map(|line| line[2..].to_owned()).collect())
    });
    blocks.collect()
}

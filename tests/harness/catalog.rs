//! The embedded catalog, read from the file that it is made of by code that the crate does not share.

use std::collections::BTreeMap;

/// Services and their actions, as a catalog file has them.
pub(crate) type Lists = BTreeMap<String, Vec<String>>;

pub(crate) fn embedded() -> Lists {
    let text = include_str!("../../build/catalog.txt");
    let blocks = text.split("\n\n").skip(1).map(|block| {
        let mut lines = block.lines();
        let service = lines.next().expect("a block begins with its service").to_owned();
        // One letter for the access level, one sign for tracking.
        (service, lines.map(|line| line[2..].to_owned()).collect())
    });
    blocks.collect()
}

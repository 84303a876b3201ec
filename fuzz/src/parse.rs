//! Whatever the bytes: no panic, and what is taken is taken whole, so that printing and reading again changes nothing.

use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::{Document, decode};

pub fn run(bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let _ = read_unused(&text);
    let _ = Catalog::parse(&text);
    let _ = Catalog::from_json(&text);
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            assert!(error.line >= 1 && error.column >= 1 && !error.help().is_empty());
            return;
        }
    };
    let (pretty, compact) = (document.pretty(), document.compact());
    let again = Document::parse(&pretty).expect("what is printed is a policy");
    assert_eq!(again.pretty(), pretty);
    assert_eq!(again.compact(), compact);
    assert_eq!(document.quota_chars(), compact.chars().count());
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text);
    // Numbers beyond a float are JSON, and the other reader refuses them.
    if let (Ok(before), Ok(after)) = (value(&text), value(&compact)) {
        assert_eq!(before, after);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let paths = [
        "mocks/myrole/policy.json",
        "mocks/myrole/finding.json",
        "mocks/myrole/catalog.json",
    ];
    paths
        .into_iter()
        .map(|path| std::fs::read(crate::folder::project(path)).expect("a file"))
        .collect()
}

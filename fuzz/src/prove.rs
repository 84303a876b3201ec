//! Bytes as any two policies: no panic, and what is proven is exact for the independent evaluator.

use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::prove::{Verdict, prove};
use serde_json::Value;

use crate::{oracle, scene};

pub fn run(bytes: &[u8]) {
    let mut choices = scene::Choices(bytes);
    let lists = choices.catalog();
    // With no evidence more pairs are equal, and equal ones are where a wrong proof would hide.
    let evidence = if choices.below(2) == 0 {
        serde_json::json!([])
    } else {
        choices.unused(&lists)
    };
    let before = choices.policy();
    let after: Vec<String> = (0..=choices.below(2)).map(|_| choices.policy()).collect();
    let (catalog, evidence_text) = (
        Catalog::from_json(&lists.to_string()).expect("a catalog"),
        evidence.to_string(),
    );
    let policy = Document::parse(&before).expect("a policy");
    let unused = read_unused(&evidence_text).expect("evidence");
    let documents = after
        .iter()
        .map(|text| Document::parse(text).expect("a policy"))
        .collect();
    if let Verdict::Proven(_) = prove(&policy, documents, &unused, &catalog) {
        let value = |text: &String| serde_json::from_str::<Value>(text).expect("JSON");
        let world = oracle::World::new(&serde_json::from_value(lists.clone()).expect("lists"), &evidence);
        let judged = world.judge(&value(&before), &after.iter().map(value).collect::<Vec<_>>());
        assert!(
            judged.is_ok(),
            "{judged:?}\n{before}\n{after:?}\n{evidence}\n{lists}"
        );
    }
}

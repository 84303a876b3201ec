//! Bytes as a policy and its evidence: every refinement is proven, and exact for the independent evaluator.

use leastwise_core::RefineError;
use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::refine::{Kind, RefineOptions};
use serde_json::Value;

use crate::{contexts, oracle, scene};

pub fn run(bytes: &[u8]) {
    let mut choices = scene::Choices(bytes);
    let kinds = [None, Some(Kind::Managed), Some(Kind::User)];
    let kind = kinds[choices.below(kinds.len())];
    let lists = choices.catalog();
    let evidence = choices.unused(&lists);
    let text = choices.policy();
    let (catalog, evidence_text) = (
        Catalog::from_json(&lists.to_string()).expect("a catalog"),
        evidence.to_string(),
    );
    let policy = Document::parse(&text).expect("a policy");
    let unused = read_unused(&evidence_text).expect("evidence");
    let refiner = leastwise_core::Refiner::new(&catalog).with(RefineOptions {
        kind,
        ..RefineOptions::default()
    });
    let refined = match refiner.refine(&policy, &unused) {
        Ok(refined) => refined,
        Err(RefineError::DoesNotFit(_)) => return,
        Err(error) => panic!("{error}\n{text}\n{evidence}\n{lists}"),
    };
    let before: Value = serde_json::from_str(&text).expect("JSON");
    let after: Vec<Value> = refined
        .documents()
        .iter()
        .map(|it| serde_json::from_str(&it.compact()).expect("JSON"))
        .collect();
    let world = oracle::World::new(&serde_json::from_value(lists.clone()).expect("lists"), &evidence);
    let judged = world.judge(&before, &after);
    assert!(
        judged.is_ok(),
        "{judged:?}\n{text}\n{evidence}\n{lists}\n{after:?}"
    );
    assert_eq!(
        contexts::stray(&before, &after),
        None,
        "{text}\n{evidence}\n{lists}\n{after:?}"
    );
    for document in refined.documents() {
        let again = refiner.refine(document, &unused).expect("refined again");
        let again: Vec<String> = again.documents().iter().map(Document::compact).collect();
        assert_eq!(again, [document.compact()], "{text}\n{evidence}\n{lists}");
    }
    let _ = refined.explain();
}

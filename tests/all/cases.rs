//! Semantics as data: every JSON file under tests/cases/.

use leastwise::{catalog::Catalog, evidence::read_unused, policy::Document};
#[test]
fn edge_quick() {
    let text = std::fs::read_to_string("../shared/cases/edge.jsonl").unwrap();
    for line in text.lines() {
        let v: serde_json::Value = serde_json::from_str(line).unwrap();
        let policy = v["policy"].to_string();
        let doc = Document::parse(&policy).unwrap();
        let catalog = Catalog::from_json(&v["catalog"].to_string()).unwrap();
        let unused = v["unused"].to_string();
        let unused = read_unused(&unused).unwrap();
        let refined = leastwise::refine(&doc, &unused, &catalog, None)
            .map_err(|e| format!("{}: {e}", v["id"]))
            .unwrap();
        let got: Vec<serde_json::Value> =
            refined.documents().iter().map(|d| serde_json::from_str(&d.compact()).unwrap()).collect();
        println!(
            "{} {} want {}",
            v["id"],
            got.first().map_or("null".into(), |d: &serde_json::Value| d["Statement"].to_string()),
            v["want"]
        );
    }
}

//! Semantics as data: every file under tests/cases is one sentence about behaviour, with its input and what
//! must come out. tests/cases/README.md describes the format.

mod input;

use std::collections::BTreeSet;

use leastwise_core::catalog::{Basis, Catalog, Unobserved};
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::{ActionPattern, Document, Observed, decode};
use leastwise_core::prove::{Verdict, prove};
use leastwise_core::refine::{FitStep, Kind, RefineOptions};
use serde_json::{Value, json};

use self::input::{all, catalog, harvest, kind, member_or, policies, text, wildcards};
use crate::contexts::stray;
use crate::documents::{actions, is_same_shape, statements, strings};
use crate::expand::expand;
use crate::oracle::World;

const KEYS: [&str; 23] = [
    "why",
    "rule",
    "catalog",
    "policy",
    "text",
    "unused",
    "organisation",
    "removeUnobserved",
    "wildcards",
    "kind",
    "want",
    "wantSplit",
    "documents",
    "pretty",
    "compact",
    "step",
    "undecided",
    "behind",
    "counts",
    "refused",
    "doesNotFit",
    "after",
    "verdict",
];

type Outcome = Result<(), String>;

fn step_name(step: FitStep) -> &'static str {
    match step {
        FitStep::AsIs => "as is",
        FitStep::NotActionToAction => "NotAction to Action",
        FitStep::Recovered => "covered anew",
        FitStep::Split => "split",
    }
}

fn parsed(document: &Document<'_>) -> Value {
    serde_json::from_str(&document.compact()).expect("what is printed is JSON")
}

fn patterns(document: &Value) -> Value {
    Value::Array(
        statements(document)
            .into_iter()
            .map(|statement| json!(strings(actions(statement))))
            .collect(),
    )
}

fn same(what: &str, got: &Value, want: &Value) -> Outcome {
    if got == want {
        Ok(())
    } else {
        Err(format!("{what}\n  got  {got}\n  want {want}"))
    }
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(message()) }
}

/// Everything that a case claims, and what holds of every case.
fn check(case: &Value) -> Outcome {
    let members = case.as_object().expect("a case is an object");
    if let Some(key) = members.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{key}` is no member of a case"));
    }
    ensure(case["why"].is_string() && case["rule"].is_string(), || {
        "a case has `why` and `rule`".to_owned()
    })?;
    let case = &expand(case);
    let source = match (&case["text"], &case["policy"]) {
        (Value::Null, policy) => policy.to_string(),
        (raw, _) => text(raw),
    };
    if !case["refused"].is_null() {
        return refused(case, &source);
    }

    let source = decode(source.as_bytes()).map_err(|error| format!("not decoded: {error}"))?;
    let policy = Document::parse(&source).map_err(|error| format!("not parsed: {error}"))?;
    let (lists, catalog_text) = catalog(&case["catalog"]);
    let own;
    let catalog = match case["catalog"].as_str() {
        Some("embedded") => Catalog::embedded(),
        _ => {
            own = Catalog::from_json(&catalog_text).map_err(|error| format!("the catalog: {error}"))?;
            &own
        }
    };
    let unused_value = if case["unused"].is_null() {
        json!([])
    } else {
        case["unused"].clone()
    };
    let unused_text = unused_value.to_string();
    let unused = read_unused(&unused_text).map_err(|error| format!("the evidence: {error}"))?;
    let mut world = World::new(&lists, &unused_value);
    let may_go = if case["removeUnobserved"].is_null() {
        vec![]
    } else {
        strings(&case["removeUnobserved"])
    };
    world.let_go(&may_go);
    world.add_organisation(
        policies(case),
        case["organisation"]["evidence"]
            .as_array()
            .map_or(&[], Vec::as_slice),
    );
    let harvest = harvest(case, catalog);
    let may_go = may_go
        .iter()
        .map(|text| ActionPattern::parse(text).expect("a pattern"));
    let unobserved = Unobserved::table().clone().without(may_go);
    let basis = Basis {
        catalog,
        harvest: &harvest,
        unobserved: &unobserved,
    };
    let before: Value = serde_json::from_str(&source).expect("the policy is JSON");

    if !case["verdict"].is_null() {
        return verdict(case, &policy, &unused, basis);
    }
    let kind = kind(&case["kind"]);
    let options = RefineOptions {
        kind,
        wildcards: wildcards(&case["wildcards"]),
        ..RefineOptions::default()
    };
    let refiner = leastwise_core::Refiner::new(basis).with(options);
    let refined = match refiner.refine(&policy, &unused) {
        Ok(refined) => refined,
        Err(error) => {
            let message = error.to_string();
            return match case["doesNotFit"].as_str() {
                Some(part) => ensure(message.contains(part), || format!("the error is: {message}")),
                None => Err(format!("refused: {message}")),
            };
        }
    };
    ensure(case["doesNotFit"].is_null(), || "it fits".to_owned())?;
    let documents: Vec<Value> = refined.documents().iter().map(parsed).collect();

    if let Some(want) = members.get("wantSplit") {
        same(
            "patterns",
            &documents.iter().map(patterns).collect(),
            &expand(want),
        )?;
    } else if let Some(want) = members.get("want") {
        let got = match documents.as_slice() {
            [] => Value::Null,
            [one] => patterns(one),
            several => several.iter().map(patterns).collect(),
        };
        same("patterns", &got, &expand(want))?;
    } else {
        let claims = ["pretty", "compact", "documents"]
            .iter()
            .any(|key| members.contains_key(*key));
        ensure(claims, || "the case claims nothing".to_owned())?;
    }
    if !case["documents"].is_null() {
        same("documents", &json!(documents.len()), &case["documents"])?;
        ensure(documents.iter().all(has_unique_sids), || {
            "a Sid stands twice in one document".to_owned()
        })?;
    }
    let printed = |print: fn(&Document<'_>) -> String| {
        refined
            .documents()
            .iter()
            .map(print)
            .collect::<Vec<_>>()
            .join("\n")
    };
    if !case["pretty"].is_null() {
        same(
            "pretty",
            &json!(printed(|d| d.pretty())),
            &json!(text(&case["pretty"])),
        )?;
    }
    if !case["compact"].is_null() {
        same(
            "compact",
            &json!(printed(|d| d.compact())),
            &json!(text(&case["compact"])),
        )?;
    }
    same(
        "step",
        &json!(step_name(refined.step())),
        &member_or(case, "step", json!("as is")),
    )?;
    let undecided = member_or(case, "undecided", json!([]));
    same("undecided", &json!(refined.proof().undecided()), &undecided)?;
    if !case["behind"].is_null() {
        let mut all = harvest.clone();
        all.add_evidence(catalog, &unused);
        same("behind", &json!(all.behind()), &case["behind"])?;
    }
    if !case["counts"].is_null() {
        let counts = json!({"kept": refined.proof().kept(), "removed": refined.proof().removed()});
        same("counts", &counts, &case["counts"])?;
    }

    match world.judge(&before, &documents) {
        Ok(exempt) => same("exempt for the evaluator", &json!(exempt), &undecided)?,
        Err(flaw) => return Err(format!("the evaluator: {flaw:?}")),
    }
    if let Some(pattern) = stray(&before, &documents) {
        return Err(format!("{pattern} lies in no pattern that it can have come from"));
    }
    for document in &documents {
        ensure(is_same_shape(&before, document), || {
            "a string became a list, or a list a string".to_owned()
        })?;
    }
    for (document, value) in refined.documents().iter().zip(&documents) {
        let limit = kind.map_or(usize::MAX, Kind::quota);
        // What is split is split into managed policies, whatever it was.
        let limit = if refined.step() == FitStep::Split {
            Kind::Managed.quota()
        } else {
            limit
        };
        ensure(value.to_string().chars().count() <= limit, || {
            "over its quota".to_owned()
        })?;
        for print in [document.pretty(), document.compact()] {
            let again =
                Document::parse(&print).map_err(|error| format!("it does not parse again: {error}"))?;
            same(
                "print after parse",
                &json!(again.compact()),
                &json!(document.compact()),
            )?;
            let twice = refiner
                .refine(&again, &unused)
                .map_err(|error| error.to_string())?;
            let twice: Vec<String> = twice.documents().iter().map(Document::compact).collect();
            same("refined again", &json!(twice), &json!([document.compact()]))?;
        }
    }
    Ok(())
}

fn has_unique_sids(document: &Value) -> bool {
    let sids: Vec<&str> = statements(document)
        .into_iter()
        .filter_map(|s| s["Sid"].as_str())
        .collect();
    sids.iter().collect::<BTreeSet<_>>().len() == sids.len()
}

fn refused(case: &Value, source: &str) -> Outcome {
    let wanted = &case["refused"];
    let (place, message, help) = match wanted["in"].as_str() {
        Some("catalog") => match Catalog::from_json(&case["catalog"].to_string()) {
            Ok(_) => return Err("the catalog was taken".to_owned()),
            Err(error) => (None, error.to_string(), ""),
        },
        Some("unused") => match read_unused(&case["unused"].to_string()) {
            Ok(_) => return Err("the evidence was taken".to_owned()),
            Err(error) => (None, error.to_string(), error.help()),
        },
        _ => {
            let decoded = decode(source.as_bytes()).map_err(|error| format!("not decoded: {error}"))?;
            match Document::parse(&decoded) {
                Ok(_) => return Err("the policy was taken".to_owned()),
                Err(error) => (
                    Some(json!([error.line, error.column])),
                    error.to_string(),
                    error.help(),
                ),
            }
        }
    };
    if let Some(place) = place {
        same("line and column", &place, &wanted["at"])?;
        ensure(!help.is_empty(), || "no help is given".to_owned())?;
    }
    let part = wanted["saying"].as_str().expect("saying");
    ensure(message.contains(part), || format!("the message is: {message}"))
}

fn verdict<'a>(case: &Value, policy: &Document<'a>, unused: &Observed, basis: Basis<'a>) -> Outcome {
    // A string is the text of a document, for when the order of members matters.
    let written = |document: &Value| {
        document
            .as_str()
            .map_or_else(|| document.to_string(), str::to_owned)
    };
    let after: Vec<String> = case["after"]
        .as_array()
        .expect("after")
        .iter()
        .map(written)
        .collect();
    // The proof holds what it is about, and what it rests on lives longer than this call.
    let after = after.leak();
    let after = after
        .iter()
        .map(|text| Document::parse(text).expect("after is a policy"))
        .collect();
    let got = match prove(policy, after, unused, basis) {
        Verdict::Proven(proof) => json!({"proven": {"undecided": proof.undecided()}}),
        Verdict::Undecided(_) => json!("undecided"),
        Verdict::Refuted(found) => {
            let clause = found.clause.name().replace('-', " ");
            json!({"refuted": clause, "statement": found.statement, "action": found.action})
        }
    };
    // A case can leave out what the design leaves open, such as which string shows a widening.
    let mut got = got;
    if let (Some(got), Some(want)) = (got.as_object_mut(), case["verdict"].as_object()) {
        got.retain(|key, _| want.contains_key(key));
    }
    same("verdict", &got, &case["verdict"])
}

#[test]
fn every_case_comes_out_as_it_says() {
    let failures: Vec<String> = all()
        .into_iter()
        .filter_map(|(name, case)| check(&case).err().map(|problem| format!("{name}: {problem}\n")))
        .collect();
    assert!(
        failures.is_empty(),
        "{} cases fail\n\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn there_is_a_case_for_every_rule() {
    let cases = all();
    assert!(cases.len() >= 87, "only {} cases", cases.len());
    let rules: BTreeSet<&str> = cases
        .iter()
        .filter_map(|(_, case)| case["rule"].as_str())
        .collect();
    let all = "R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13 R14 F1 F2 E1 E2 E3 E4 E7 E12 E13 E15 input proof";
    for rule in all.split(' ') {
        assert!(rules.contains(rule), "no case for {rule}");
    }
}

#[test]
fn every_case_is_named_as_a_sentence_in_kebab_case() {
    for (name, _) in all() {
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        assert!(plain && name.split('-').count() >= 3, "{name}");
    }
}

#[test]
fn the_runner_sees_a_wrong_expectation() {
    let right = json!({
        "why": "a case for the runner", "rule": "R3",
        "catalog": {"s3": ["GetObject", "PutObject"]},
        "policy": {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}]},
        "unused": [{"serviceNamespace": "s3", "actions": ["PutObject"]}],
        "want": [["s3:GetObject"]],
    });
    assert_eq!(check(&right), Ok(()));
    let with = |key: &str, value: Value| {
        let mut case = right.clone();
        case[key] = value;
        check(&case)
    };
    assert!(with("want", json!([["s3:PutObject"]])).is_err());
    assert!(with("want", Value::Null).is_err());
    assert!(with("undecided", json!(["s3"])).is_err());
    assert!(with("step", json!("split")).is_err());
    assert!(with("behind", json!(["s3"])).is_err());
    assert!(with("compact", json!("{}")).is_err());
    assert!(with("refused", json!({"at": [1, 1], "saying": ""})).is_err());
    assert!(with("doesNotFit", json!("")).is_err());
    assert!(with("misspelled", json!(1)).is_err());
    let mut idle = right.clone();
    idle.as_object_mut().unwrap().remove("want");
    assert!(check(&idle).is_err());
}

#[test]
fn a_range_in_braces_stands_for_its_numbers() {
    assert_eq!(
        expand(&json!({"s3": ["A{8..10}b", "C"]})),
        json!({"s3": ["A8b", "A9b", "A10b", "C"]})
    );
}

//! What holds of every input. The inputs are generated (`gen.rs`); what must hold is decided by the independent evaluator
//! (`oracle.rs`), by trying all short strings, or by a rule restated in its plainest form. Failures are kept under
//! `tests/proptest-regressions` and tried first ever after.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::{ActionSet, Document, decode};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::chance::config;
use crate::contexts::stray;
use crate::documents::{actions, is_from, is_same_shape, statements, strings};
use crate::generate::{restated, scene, text};
use crate::globs::Pattern;
use crate::languages::one_statement;
use crate::oracle::World;
use crate::tokens::tokens;

/// Refines without a quota; what comes out is proven, or the test fails.
pub(crate) fn refined(policy: &str, unused: &Value, catalog: &Catalog) -> Vec<String> {
    let text = unused.to_string();
    let policy = Document::parse(policy).expect("a generated policy is one");
    let unused = read_unused(&text).expect("generated evidence is some");
    let refined = leastwise_core::Refiner::new(catalog)
        .refine(&policy, &unused)
        .expect("every refinement is proven");
    refined.documents().iter().map(Document::compact).collect()
}

pub(crate) fn values(documents: &[String]) -> Vec<Value> {
    documents
        .iter()
        .map(|text| serde_json::from_str(text).expect("JSON"))
        .collect()
}

/// Where words begin, by the rule as it is written down.
fn cuts(name: &str) -> Vec<usize> {
    let c: Vec<char> = name.chars().collect();
    let cut = |at: &usize| {
        let (before, here, next) = (c[at - 1], c[*at], c.get(at + 1));
        (before.is_ascii_lowercase() || before.is_ascii_digit()) && here.is_ascii_uppercase()
            || before.is_ascii_uppercase()
                && here.is_ascii_uppercase()
                && next.is_some_and(char::is_ascii_lowercase)
            || !here.is_ascii_alphanumeric()
    };
    (1..c.len()).filter(cut).chain([c.len()]).collect()
}

/// R4 and R5 for one wildcard, by their words: the shortest safe node of each kept action. In small letters.
fn split(root: &str, names: &[String], unused: &BTreeSet<String>) -> Vec<String> {
    let kept: Vec<&String> = names
        .iter()
        .filter(|name| name.to_lowercase().starts_with(root) && !unused.contains(&name.to_lowercase()))
        .collect();
    let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut out = BTreeSet::new();
    for name in kept {
        let lower = name.to_lowercase();
        let safe =
            |len: &usize| *len > root.len() && !unused.iter().any(|other| other.starts_with(&lower[..*len]));
        match cuts(name).into_iter().find(safe) {
            Some(len) => drop(taken.entry(lower[..len].to_owned()).or_default().insert(lower)),
            None => drop(out.insert(lower)),
        }
    }
    for (node, takers) in taken {
        match takers.len() {
            1 => out.extend(takers),
            _ => drop(out.insert(format!("{node}*"))),
        }
    }
    let covered = |text: &String| {
        out.iter().any(|other| {
            other != text
                && other
                    .strip_suffix('*')
                    .is_some_and(|root| text.trim_end_matches('*').starts_with(root))
        })
    };
    out.iter().filter(|text| !covered(text)).cloned().collect()
}

#[test]
fn words_are_cut_as_the_design_says() {
    let words = |name: &str| {
        let ends = cuts(name);
        let starts = std::iter::once(0).chain(ends.clone());
        starts
            .zip(ends)
            .map(|(from, to)| &name[from..to])
            .collect::<Vec<_>>()
            .join("|")
    };
    assert_eq!(words("GetBucketCORS"), "Get|Bucket|CORS");
    assert_eq!(words("DescribeDBInstances"), "Describe|DB|Instances");
    assert_eq!(words("GetObjectV2"), "Get|Object|V2");
    assert_eq!(words("get-all_x"), "get|-all|_x");
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn printing_what_was_parsed_keeps_every_token(
        tokens in tokens(),
        space in proptest::collection::vec(proptest::sample::select(&["", "", " ", "\n", "\t\r\n  "][..]), 40),
    ) {
        let compact = tokens.concat();
        let mut spaced = String::new();
        for (token, space) in tokens.iter().zip(space.iter().cycle()) {
            spaced.extend([space, token.as_str()]);
        }
        let document = Document::parse(&spaced).expect("it is a policy");
        prop_assert_eq!(&document.compact(), &compact);
        prop_assert_eq!(document.quota_chars(), compact.chars().count());
        let pretty = document.pretty();
        let again = Document::parse(&pretty).expect("what is printed is a policy");
        prop_assert_eq!(&again.pretty(), &pretty);
        prop_assert_eq!(&again.compact(), &compact);
        let value = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        prop_assert_eq!(value(&pretty), value(&compact));
    }

    #[test]
    fn a_trailing_wildcard_is_split_as_the_rule_says(scene in scene(), cut in any::<Index>(), pick in any::<Index>()) {
        let (service, names) = scene.catalog.iter().nth(pick.index(scene.catalog.len())).unwrap();
        let root = pick.get(names);
        let root = &root[..cut.index(root.len() + 1)];
        let mut all = names.clone();
        let mut unused = BTreeSet::new();
        // Of whole services other rules speak.
        let mut evidence = scene.unused.clone();
        let is_named = |entry: &Value| entry["actions"].is_array() || entry["used"].is_array();
        evidence.as_array_mut().unwrap().retain(is_named);
        for entry in evidence.as_array().unwrap() {
            if entry["serviceNamespace"].as_str().unwrap().eq_ignore_ascii_case(service) {
                if entry["used"].is_array() {
                    // Of what the catalog has, its spelling counts.
                    let is_new = |used: &String| !names.iter().any(|name| name.eq_ignore_ascii_case(used));
                    all.extend(strings(&entry["used"]).into_iter().filter(is_new));
                    continue;
                }
                for name in strings(&entry["actions"]) {
                    unused.insert(name.to_lowercase());
                    all.push(name);
                }
            }
        }
        // Of names that differ by case only the first by bytes stays, and words are cut by its capitals.
        let mut seen = BTreeSet::new();
        all.sort();
        all.retain(|name| seen.insert(name.to_lowercase()));

        let pattern = format!("{service}:{root}*");
        let catalog = Catalog::from_json(&scene.catalog_text()).unwrap();
        let got = refined(&one_statement(std::slice::from_ref(&pattern)), &evidence, &catalog);
        let got: Vec<String> =
            values(&got).iter().flat_map(|document| strings(actions(statements(document)[0]))).collect();
        let root = root.to_lowercase();
        let touched = unused.iter().any(|name| name.starts_with(&root));
        let want: BTreeSet<String> = if touched {
            split(&root, &all, &unused).iter().map(|text| format!("{service}:{text}")).collect()
        } else {
            prop_assert_eq!(&got, std::slice::from_ref(&pattern));
            BTreeSet::from([pattern.to_lowercase()])
        };
        prop_assert_eq!(got.iter().map(|text| text.to_lowercase()).collect::<BTreeSet<_>>(), want);
        let mut sorted = got.clone();
        sorted.sort();
        prop_assert_eq!(got, sorted);
    }
}

proptest! {
    #![proptest_config(config(2500))]

    #[test]
    fn a_refinement_is_exact_idempotent_and_keeps_the_authors_hand(scene in scene()) {
        let catalog = Catalog::from_json(&scene.catalog_text()).unwrap();
        let before = text(&scene.policy);
        let after = refined(&before, &scene.unused, &catalog);
        let documents = values(&after);
        let world = World::new(&scene.catalog, &scene.unused);

        let judged = world.judge(&scene.policy, &documents);
        prop_assert!(judged.is_ok(), "{:?} {:?}", judged, after);
        let evidence = scene.unused.to_string();
        let (policy, unused) = (Document::parse(&before).unwrap(), read_unused(&evidence).unwrap());
        let result = leastwise_core::Refiner::new(&catalog).refine(&policy, &unused).unwrap();
        let undecided: BTreeSet<String> = result.proof().undecided().iter().cloned().collect();
        prop_assert_eq!(judged.unwrap(), undecided);

        prop_assert_eq!(stray(&scene.policy, &documents), None, "{:?}", after);
        for document in &documents {
            prop_assert!(is_same_shape(&scene.policy, document), "{}", document);
            prop_assert_eq!(refined(&text(document), &scene.unused, &catalog), vec![text(document)]);
        }
    }

    #[test]
    fn what_matches_nothing_unused_stays_as_written_and_in_order(scene in scene()) {
        let catalog = Catalog::from_json(&scene.catalog_text()).unwrap();
        let after = values(&refined(&text(&scene.policy), &scene.unused, &catalog));
        let world = World::new(&scene.catalog, &scene.unused);
        let allows = |statement: &&Value| statement["Effect"] == "Allow" && statement.get("Action").is_some();
        for statement in statements(&scene.policy).into_iter().filter(allows) {
            let written = strings(actions(statement));
            let untouched: Vec<&String> =
                written.iter().filter(|text| !world.touches(&Pattern::read(text))).collect();
            let stays = after.iter().flat_map(statements).filter(|now| is_from(now, statement)).any(|now| {
                let mut now = strings(actions(now)).into_iter();
                untouched.iter().all(|pattern| now.any(|other| other == **pattern))
            });
            prop_assert!(stays || untouched.is_empty(), "{:?} in {:?}", untouched, after);
            for text in written.iter().filter(|text| world.touches(&Pattern::read(text))) {
                let (service, name) = text.split_once(':').unwrap_or(("*", "*"));
                let known = scene.catalog.contains_key(&service.to_lowercase());
                let gone = !after.iter().flat_map(statements).filter(|now| is_from(now, statement)).any(|now| {
                    strings(actions(now)).contains(text)
                });
                let unknown_wildcard = !known && name.contains(['*', '?']) && service != "*";
                prop_assert!(gone || unknown_wildcard, "{} in {:?}", text, after);
            }
        }
    }

    #[test]
    fn the_order_and_the_wording_of_the_evidence_mean_nothing(scene in scene()) {
        let catalog = Catalog::from_json(&scene.catalog_text()).unwrap();
        let before = text(&scene.policy);
        let first = refined(&before, &scene.unused, &catalog);
        prop_assert_eq!(&first, &refined(&before, &restated(&scene.unused), &catalog));

        let mut shuffled = scene.catalog.clone();
        shuffled.values_mut().for_each(|names| names.reverse());
        let text = json!(shuffled).to_string();
        let second = Catalog::from_json(&text).unwrap();
        prop_assert_eq!(catalog.to_text(), second.to_text());
        prop_assert_eq!(&first, &refined(&before, &scene.unused, &second));
        let third = Catalog::parse(&catalog.to_text()).unwrap();
        prop_assert_eq!(catalog.digest(), third.digest());
        prop_assert_eq!(&first, &refined(&before, &scene.unused, &third));
    }
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn no_bytes_make_anything_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        try_everything(&bytes);
    }

    #[test]
    fn no_damaged_text_makes_anything_panic(
        scene in scene(),
        edits in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..5_u8), 1..4),
        encoded in any::<bool>(),
    ) {
        let catalog = Catalog::from_json(&scene.catalog_text()).unwrap().to_text();
        let texts = [text(&scene.policy), scene.unused.to_string(), scene.catalog_text(), catalog];
        for text in texts {
            let mut bytes = text.into_bytes();
            for (at, byte, what) in &edits {
                let at = at.index(bytes.len().max(1));
                match what {
                    _ if bytes.is_empty() => bytes.push(*byte),
                    0 => bytes[at] = *byte,
                    1 => bytes.insert(at, *byte),
                    2 => drop(bytes.remove(at)),
                    3 => bytes.truncate(at + 1),
                    _ => {
                        let tail = bytes[at..].to_vec();
                        bytes.extend(tail);
                    }
                }
            }
            if encoded {
                let hex = bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
                bytes = hex.into_bytes();
            }
            try_everything(&bytes);
        }
    }

    #[test]
    fn no_set_of_actions_makes_refining_panic(
        scene in scene(),
        names in proptest::collection::vec((".{0,4}", ".{0,4}"), 0..4),
    ) {
        let catalog = Catalog::from_json(&scene.catalog_text()).unwrap();
        let written = text(&scene.policy);
        let policy = Document::parse(&written).unwrap();
        let mut unused = ActionSet::new();
        for (service, name) in &names {
            unused.add_actions(service.as_str(), [name.as_str()]);
            unused.add_actions("a", [name.as_str()]);
        }
        let _ = leastwise_core::Refiner::new(&catalog).refine(&policy, &unused.into());
    }
}

/// Everything that reads what somebody else wrote. What is taken must be taken whole.
fn try_everything(bytes: &[u8]) {
    if let Ok(text) = decode(bytes) {
        match Document::parse(&text) {
            Ok(document) => {
                let pretty = document.pretty();
                let again = Document::parse(&pretty).expect("what is printed is a policy");
                assert_eq!(again.compact(), document.compact());
                let catalog = Catalog::from_json(r#"{"a":["Get","GetObj","Put"]}"#).unwrap();
                let mut unused = ActionSet::new();
                unused.add_actions("a", ["GetObj"]);
                let _ = leastwise_core::Refiner::new(&catalog).refine(&document, &unused.into());
            }
            Err(error) => {
                assert!(error.line >= 1 && error.column >= 1);
                assert!(!error.to_string().is_empty() && !error.help().is_empty());
            }
        }
        let _ = read_unused(&text).map_err(|error| error.help());
        let _ = Catalog::parse(&text);
        let _ = Catalog::from_json(&text);
    }
}

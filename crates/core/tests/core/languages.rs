//! The languages of patterns, through the public API: a policy of one statement is proven against another, and the answer is
//! held against the naive matcher, over all short strings.

use leastwise_core::catalog::Catalog;
use leastwise_core::policy::{Document, Observed};
use leastwise_core::prove::{FailedClause, Verdict, prove};
use proptest::prelude::*;
use serde_json::json;

use crate::chance::config;
use crate::generate::glob;
use crate::globs::{self, lower};

/// All strings of at most six of these letters; `z` stands for every letter that no pattern has.
fn short_strings() -> Vec<Vec<char>> {
    let mut all: Vec<Vec<char>> = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..6 {
        let to = all.len();
        for at in from..to {
            for letter in ['a', 'b', 'z'] {
                let longer = [all[at].clone(), vec![letter]].concat();
                all.push(longer);
            }
        }
        from = to;
    }
    all
}

pub(crate) fn one_statement(patterns: &[String]) -> String {
    json!({"Statement": [{"Action": patterns, "Effect": "Allow", "Resource": "*"}]}).to_string()
}

/// Whether the checker finds that `inner` is wider than `outer`; then with an action that shows it. The catalog does not
/// know the service, so nothing but the patterns counts.
fn widening(outer: &[String], inner: &str) -> Option<String> {
    let of = |name: &String| format!("x:{name}");
    let before = one_statement(&outer.iter().map(of).collect::<Vec<_>>());
    let after = one_statement(&[of(&inner.to_owned())]);
    let catalog = Catalog::from_json(r#"{"y":["Z"]}"#).unwrap();
    let (before, after) = (
        Document::parse(&before).unwrap(),
        Document::parse(&after).unwrap(),
    );
    let verdict = prove(&before, vec![after], &Observed::default(), &catalog);
    match verdict {
        Verdict::Refuted(found) if found.clause == FailedClause::NoWidening => {
            Some(found.action.expect("an action"))
        }
        Verdict::Undecided(reason) => panic!("small patterns are always decided: {reason}"),
        _ => None,
    }
}

#[test]
fn an_overlap_that_cannot_be_told_is_never_taken_for_none() {
    // Long enough that telling whether it meets itself costs too much. It was excluded, so granting it is widening;
    // the short exclusion beside it must not speak for both.
    let long = format!("s3:{}", "a?".repeat(1000));
    let with = |key: &str, patterns: [&str; 2]| {
        json!({"Statement": [{"Effect": "Allow", key: patterns, "Resource": "*"}]}).to_string()
    };
    let before = with("NotAction", [&long, "s3:Zoo"]);
    // One member order for both, so that the frames are equal.
    let after = with("NotAction", ["s3:Get", &long]).replace("NotAction", "Action");
    let catalog = Catalog::from_json(r#"{"s3":["Get"]}"#).unwrap();
    let (before, after) = (
        Document::parse(&before).unwrap(),
        Document::parse(&after).unwrap(),
    );
    let verdict = prove(&before, vec![after], &Observed::default(), &catalog);
    assert!(
        !matches!(verdict, Verdict::Proven(_)),
        "it is granted after and was excluded before"
    );
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn the_matcher_is_the_naive_matcher(pattern in glob(), name in "[abA]{1,7}") {
        let naive = globs::glob(&lower(&pattern), &lower(&name));
        prop_assert_eq!(widening(std::slice::from_ref(&pattern), &name).is_none(), naive);
    }

    #[test]
    fn names_beyond_ascii_match_by_characters(pattern in "[aé😀?*]{1,5}", name in "[aAé😀]{1,5}") {
        let naive = globs::glob(&lower(&pattern), &lower(&name));
        prop_assert_eq!(widening(std::slice::from_ref(&pattern), &name).is_none(), naive);
    }

    #[test]
    fn containment_implies_every_match_and_a_refutation_shows_a_string(
        outer in proptest::collection::vec(glob(), 1..4),
        inner in glob(),
    ) {
        let outer_globs: Vec<_> = outer.iter().map(|pattern| lower(pattern)).collect();
        let accepted = |text: &[char]| outer_globs.iter().any(|pattern| globs::glob(pattern, text));
        match widening(&outer, &inner) {
            Some(action) => {
                let text = lower(action.strip_prefix("x:").expect("of that service"));
                prop_assert!(globs::glob(&lower(&inner), &text), "{} is not in {}", action, inner);
                prop_assert!(!accepted(&text), "{} is in {:?}", action, outer);
            }
            None => {
                for text in short_strings() {
                    if globs::glob(&lower(&inner), &text) {
                        prop_assert!(accepted(&text), "{:?}", text);
                    }
                }
            }
        }
    }
}

//! Every policy of the snapshots, reduced.

use std::collections::BTreeMap;

use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::{Windows, join};
use leastwise_core::policy::Document;
use leastwise_core::refine::{FitStep, RefineOptions};
use leastwise_core::{RefineError, Refiner};

use super::policies;
use super::snapshot::{Recorded, open};

/// What came of one policy of one principal.
struct Outcome {
    kept: usize,
    removed: usize,
    step: FitStep,
    undecided: Vec<String>,
    after: Vec<String>,
}

/// Refines all policies of all principals; nothing may be refuted. A result that does not fit is left out, where
/// `no_fit` names the principal.
fn refine_all(all: &Recorded, no_fit: &[&str]) -> BTreeMap<(String, String), Outcome> {
    let (catalog, mut found) = (Catalog::embedded(), BTreeMap::new());
    for (account, findings) in &all.findings {
        let known = join(
            findings,
            &[],
            Windows {
                findings: 90,
                last_accessed: 90,
            },
        );
        let inventory = &all.inventories[account];
        for principal in &inventory.principals {
            let unused = known.get(&principal.arn).filter(|known| known.gap.is_none());
            let unused = unused.map(|known| known.observed.clone()).unwrap_or_default();
            for (name, kind, text) in policies(inventory, principal) {
                let document = Document::parse(&text.0).unwrap_or_else(|error| panic!("{name}: {error}"));
                let options = RefineOptions {
                    kind: Some(kind),
                    ..RefineOptions::default()
                };
                let refined = match Refiner::new(catalog).with(options).refine(&document, &unused) {
                    Ok(refined) => refined,
                    Err(RefineError::DoesNotFit(_)) if no_fit.contains(&principal.name.as_str()) => continue,
                    Err(error) => panic!("{}, {name}: {error}", principal.name),
                };
                let proof = refined.proof();
                let outcome = Outcome {
                    kept: proof.kept(),
                    removed: proof.removed(),
                    step: refined.step(),
                    undecided: proof.undecided().to_vec(),
                    after: refined.documents().iter().map(Document::compact).collect(),
                };
                found.insert((principal.name.clone(), name.to_owned()), outcome);
            }
        }
    }
    found
}

#[test]
fn every_refinement_of_the_snapshots_is_proven() {
    refine_all(&open("partial"), &[]);
    let acme = open("acme");
    let too_large = "large-inline-fits-nowhere";
    let found = refine_all(&acme, &[too_large]);
    let of = |principal: &str, policy: &str| &found[&(principal.to_owned(), policy.to_owned())];

    // Everybody with unused permissions loses some.
    for (inventory, principal) in acme.principals() {
        let known = join(
            &acme.findings[&inventory.account.id],
            &[],
            Windows {
                findings: 90,
                last_accessed: 90,
            },
        );
        let told = known
            .get(&principal.arn)
            .is_some_and(|known| known.gap.is_none() && !known.observed.is_empty());
        let loses = found
            .iter()
            .any(|((name, _), outcome)| *name == principal.name && outcome.removed > 0);
        assert!(
            !told || loses || principal.name == too_large,
            "{} loses nothing",
            principal.name
        );
    }

    // The names say what they show.
    assert!(!found.contains_key(&(too_large.to_owned(), "beyond-the-quota".to_owned())));
    assert_eq!(of("large-inline-explodes", "near-the-quota").step, FitStep::Split);
    assert_eq!(
        of("large-managed-splits", "platform-operations-large").step,
        FitStep::Split
    );
    for (principal, policy) in [
        ("aws-managed-wholly-unused", "AmazonBedrockReadOnly"),
        ("wholly-unused-policy-holder", "legacy-queue-access"),
    ] {
        let outcome = of(principal, policy);
        assert!(
            outcome.removed > 0 && outcome.after.is_empty(),
            "{principal} keeps something"
        );
    }
    assert_eq!(of("nothing-unused-worker", "work").removed, 0);
    assert_eq!(
        of("unknown-service-wildcard", "nimbus-preview").undecided,
        ["nimbus"]
    );
    assert!(
        of("unknown-service-wholly-unused", "nimbus-abandoned")
            .undecided
            .is_empty()
    );
    let deny = of("deny-only-left", "deny-guard");
    assert_eq!((deny.kept, deny.after.len()), (0, 1));
    for (principal, policy, stays) in [
        ("wildcard-untouched-suffix", "objects-only", r#""s3:*Object""#),
        ("unknown-service-wildcard", "nimbus-preview", r#""nimbus:*""#),
        (
            "unknown-literal-keeper",
            "ahead-of-the-catalog",
            r#""s3:GetBucketCarbonReport""#,
        ),
        ("text-trap-glue-reader", "glue-read", r#""glue:GetTable""#),
        ("untracked-data-reader", "data-plane", r#""iam:PassRole""#),
        (
            "old-version-and-id",
            "written-in-2009",
            r#""Version":"2008-10-17","Id":"written-in-2009""#,
        ),
    ] {
        let after = &of(principal, policy).after;
        assert!(
            after.iter().any(|document| document.contains(stays)),
            "{principal}: {after:?} lacks {stays}"
        );
    }
    for (principal, policy, gone) in [
        ("text-trap-glue-reader", "glue-read", r#""glue:GetTable*""#),
        ("unknown-literal-keeper", "ahead-of-the-catalog", "TimeTravel"),
        ("unknown-service-wholly-unused", "nimbus-abandoned", "nimbus"),
        ("many-grants-of-one-action", "secrets-inline", "DeleteSecret"),
        ("many-grants-of-one-action", "secrets-delete", "DeleteSecret"),
        (
            "many-grants-of-one-action",
            "SecretsManagerReadWrite",
            "DeleteSecret",
        ),
    ] {
        let after = &of(principal, policy).after;
        assert!(
            after.iter().all(|document| !document.contains(gone)),
            "{principal}: {after:?} has {gone}"
        );
    }
}

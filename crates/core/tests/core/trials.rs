//! Trials: what is denied is what a principal loses, no more and no less, as IAM combines Allow and Deny. The evaluator goes
//! through the documents name by name and shares nothing with what made them.

use std::collections::BTreeSet;

use leastwise_core::catalog::{Basis, Catalog, Harvest, Permissions, Universe, Unobserved};
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::trial::{DenyPolicy, TrialRoom, deny, excess};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use crate::chance::config;
use crate::contexts::{Clause, clause};
use crate::documents::{is_deny, statements};
use crate::generate::{name, scene, text};
use crate::globs::{Name, Pattern, glob, lower};
use crate::laws::{refined, values};

/// An action, in small letters.
type Action = (String, Name);

fn is_about(clause: &Clause, (service, name): &Action) -> bool {
    let matches = |pattern: &Pattern| match pattern {
        Pattern::All => true,
        Pattern::Of {
            service: own,
            glob: text,
        } => own == service && glob(text, name),
    };
    clause.patterns.iter().any(matches) != clause.negated
}

/// Whether policies allow an action: one of them allows it, and none denies it.
fn allow(policies: &[&Value], action: &Action) -> bool {
    let all = || policies.iter().flat_map(|policy| statements(policy));
    let about = |denies: bool| {
        all().any(|statement| is_deny(statement) == denies && is_about(&clause(statement), action))
    };
    about(false) && !about(true)
}

/// Names for each pattern of some policies: itself where it is one, and made-up ones.
fn examples(policies: &[&Value]) -> BTreeSet<Action> {
    let all = policies
        .iter()
        .flat_map(|policy| statements(policy))
        .flat_map(|it| clause(it).patterns);
    let named = all.flat_map(|pattern| match &pattern {
        Pattern::All => Vec::new(),
        Pattern::Of { service, glob } if !pattern.is_wild() => vec![(service.clone(), glob.clone())],
        Pattern::Of { service, .. } => pattern
            .examples()
            .into_iter()
            .map(|name| (service.clone(), name))
            .collect(),
    });
    named.collect()
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn a_trial_denies_what_the_change_takes_and_no_other_policy_allows(
        scene in scene(),
        others in proptest::collection::vec(crate::generate::scene(), 0..2),
        chars in 140..400_usize,
        fresh in proptest::collection::vec(name(), 3),
        pick in any::<Index>(),
    ) {
        let catalog = Catalog::from_json(&scene.catalog_text()).unwrap();
        let policy = text(&scene.policy);
        let after = refined(&policy, &scene.unused, &catalog);
        let before = Document::parse(&policy).unwrap();
        let reduced: Vec<Document<'_>> = after.iter().map(|it| Document::parse(it).unwrap()).collect();
        let other_texts: Vec<String> = others.iter().map(|it| text(&it.policy)).collect();
        let unused = scene.unused.to_string();
        let observed = read_unused(&unused).unwrap();
        let mut harvest = Harvest::default();
        harvest.add_document(&catalog, &before);
        harvest.add_evidence(&catalog, &observed);
        let mut lost = Permissions::allowed_by(&catalog, &before);
        reduced.iter().for_each(|it| lost.subtract(&Permissions::allowed_by(&catalog, it)));
        for other in other_texts.iter().map(|it| Document::parse(it).unwrap()) {
            harvest.add_document(&catalog, &other);
            lost.subtract(&Permissions::allowed_by(&catalog, &other));
        }
        let policies = deny(&lost, &harvest, TrialRoom::of(chars, 1_000)).unwrap();
        let trial: Vec<Value> = policies.iter().map(|actions| {
            let document = serde_json::to_string(&DenyPolicy::of("0", actions)).unwrap();
            assert!(document.len() <= chars || actions.len() == 1, "{document}");
            serde_json::from_str(&document).unwrap()
        }).collect();

        let after = values(&after);
        let kept: Vec<&Value> = after.iter().chain(others.iter().map(|it| &it.policy)).collect();
        let held: Vec<&Value> = std::iter::once(&scene.policy).chain(others.iter().map(|it| &it.policy)).collect();
        let tried: Vec<&Value> = held.iter().copied().chain(&trial).collect();
        let mut known: BTreeSet<Action> = scene.catalog.iter().flat_map(|(service, names)| {
            names.iter().map(|name| (service.to_lowercase(), lower(name)))
        }).collect();
        known.extend(harvest.names().iter().flat_map(|(service, names)| {
            names.iter().map(|name| (service.clone(), lower(name))).collect::<Vec<_>>()
        }));
        let mut all = examples(&tried);
        all.extend(examples(&kept));
        let services: BTreeSet<String> = known.iter().chain(&all).map(|(service, _)| service.clone()).collect();
        all.extend(services.iter().flat_map(|service| fresh.iter().map(|name| (service.clone(), lower(name)))));
        all.extend(known.iter().cloned());
        for action in &all {
            let (now, then, trying) = (allow(&held, action), allow(&kept, action), allow(&tried, action));
            let (service, name) = (&action.0, action.1.iter().collect::<String>());
            prop_assert!(!now || trying || !then, "{service}:{name} is denied and stays: {trial:?}");
            prop_assert!(!known.contains(action) || (now && !then) == (now && !trying), "{service}:{name} is not denied");
            // What was never allowed is not denied either: a resource policy may allow it.
            let denied = trial.iter().any(|it| is_about(&clause(statements(it)[0]), action));
            let granted = statements(&scene.policy).into_iter().any(|it| !is_deny(it) && is_about(&clause(it), action));
            prop_assert!(!denied || granted, "{service}:{name} is denied and was never allowed");
        }

        let unobserved = Unobserved::table();
        let basis = Basis { catalog: &catalog, harvest: &harvest, unobserved };
        let universe = Universe::new(basis, &before, &observed);
        let denied: Vec<String> = policies.concat();
        prop_assert_eq!(excess(&denied, &before, &reduced, &universe), None);
        let left: Vec<&Action> = all.iter().filter(|it| allow(&after.iter().collect::<Vec<_>>(), it)).collect();
        if !left.is_empty() {
            let (service, name) = pick.get(&left);
            let more = format!("{service}:{}", name.iter().collect::<String>());
            prop_assert!(excess(std::slice::from_ref(&more), &before, &reduced, &universe).is_some(), "{more}");
        }
    }
}

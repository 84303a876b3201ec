//! Trials over whole organisations: while the trial of a change runs, each principal may do what it may do after that change
//! and no other, whatever else it has and whoever shares it.

use std::collections::BTreeSet;

use leastwise_core::decide::SharedPolicies;
use leastwise_core::report::{AccountReport, Recommendation, Trial};
use proptest::prelude::*;

use super::holds::{Said, before, granted, matches, people, scan};
use super::{ACTIONS, Actions, BEYOND, Organisation, id, organisations};
use crate::harness::chance::config;

/// What is said when a change is made and no other.
fn only(said: &Said, change: &str) -> Said {
    let mut only = said.clone();
    only.families.retain(|it| it.id == change);
    only.accounts
        .values_mut()
        .for_each(|account| account.recommendations.retain(|it| it.id == change));
    only
}

/// What a trial denies to a principal.
fn denied(trials: &[&Trial]) -> Actions {
    let patterns: Vec<&String> = trials
        .iter()
        .flat_map(|trial| trial.deny.iter().flatten())
        .collect();
    let known = ACTIONS
        .iter()
        .flat_map(|(service, names)| names.iter().map(|name| (*service, *name)));
    let is_denied = |(service, name): &(&str, &str)| {
        patterns
            .iter()
            .any(|pattern| matches(pattern, &format!("{service}:{name}")))
    };
    known.chain(BEYOND).filter(is_denied).collect()
}

/// The changes that reach a principal.
fn changes<'s>(said: &'s Said, account: &'s AccountReport, arn: &str) -> Vec<&'s Recommendation> {
    let all = account.recommendations.iter().chain(&said.families);
    all.filter(|it| it.reaches.iter().any(|reached| reached == arn))
        .collect()
}

/// Whether somebody knows the name of an action.
fn is_known(said: &Said, (service, name): &(&str, &str)) -> bool {
    let named = said
        .named
        .get(*service)
        .is_some_and(|names| names.iter().any(|it| it == name));
    named
        || ACTIONS
            .iter()
            .any(|(own, names)| own == service && names.contains(name))
}

/// Where a trial is not what its change does: for a principal, or for all of a permission set.
fn fault(said: &Said, wanted: &Organisation) -> Option<String> {
    let mut of_sets: BTreeSet<&str> = BTreeSet::new();
    for (at, number, person) in people(wanted) {
        let arn = person.arn(at, number);
        let account = &said.accounts[&id(at)];
        let now = before(wanted, at, number);
        for change in changes(said, account, &arn) {
            let then = only(said, &change.id).after(wanted, at, number);
            let is_set = said.trials.get(&change.id);
            let own = account
                .trials
                .iter()
                .filter(|it| it.change == change.id && it.principals.contains(&arn));
            let own: Vec<&Trial> = own.map(|it| &it.trial).chain(is_set).collect();
            let denied = denied(&own);
            let tried: Actions = now.difference(&denied).copied().collect();
            if let Some(more) = then.difference(&tried).next() {
                return Some(format!(
                    "the trial of {} denies {more:?} to {arn}, which keeps it",
                    change.id
                ));
            }
            if let Some(more) = denied.difference(&now).next() {
                return Some(format!(
                    "the trial of {} denies {more:?} to {arn}, which it never had",
                    change.id
                ));
            }
            of_sets.extend(is_set.map(|_| change.id.as_str()));
            let mut missing = tried.difference(&then).filter(|action| is_known(said, action));
            if is_set.is_none()
                && let Some(missing) = missing.next()
            {
                return Some(format!("the trial of {} leaves {missing:?} to {arn}", change.id));
            }
        }
    }
    of_sets
        .into_iter()
        .find_map(|change| set_fault(said, wanted, change))
}

/// Of a permission set all that everybody loses is denied.
fn set_fault(said: &Said, wanted: &Organisation, change: &str) -> Option<String> {
    let it = said.families.iter().find(|it| it.id == change).unwrap();
    let mut lost = granted(&said.files[&it.files.before]);
    lost.retain(|action| !granted(&said.files[&it.files.after]).contains(action));
    for (at, number, person) in people(wanted) {
        if it.reaches.contains(&person.arn(at, number)) {
            let kept = only(said, change).after(wanted, at, number);
            lost.retain(|action| !kept.contains(action));
        }
    }
    let denied = denied(&[&said.trials[change]]);
    let mut missing = lost.difference(&denied).filter(|action| is_known(said, action));
    missing
        .next()
        .map(|missing| format!("the trial of {change} leaves {missing:?} to all"))
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn a_trial_takes_from_each_principal_what_its_change_alone_takes(wanted in organisations(), fork in any::<bool>()) {
        let order: Vec<usize> = (0..wanted.places.len()).collect();
        let shared = if fork { SharedPolicies::Fork } else { SharedPolicies::InPlace };
        let said = scan(&wanted, &order, shared);
        prop_assert_eq!(fault(&said, &wanted), None);
    }
}

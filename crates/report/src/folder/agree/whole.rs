//! Checks what `report.json` says about its accounts, account by account.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{common, ready};
use super::{Wrong, here, is_sorted};
use crate::folder::pack::{covered, removals};
use leastwise_core::arn::is_account_id;
use leastwise_core::report::{
    AccountReport, AccountSummary, FamilyRow, First, FirstChange, Recommendation, Removal, Report, SCHEMA,
};

/// See the module.
#[derive(Debug, Default)]
pub struct WholeReport {
    weights: Vec<FirstChange>,
    /// How many principals each rule leaves as they are.
    rules: BTreeMap<String, usize>,
    /// What each change of many accounts takes.
    families: BTreeMap<String, Removal>,
    ready: usize,
    wrong: Wrong,
}

impl WholeReport {
    /// Adds an account.
    pub fn add(&mut self, account: &AccountReport, report: &Report) {
        let id = &account.summary.id;
        self.weights
            .extend(account.recommendations.iter().map(FirstChange::of));
        self.ready += account
            .recommendations
            .iter()
            .filter(|it| it.ready == Some(true))
            .count();
        covered(&account.principals, &mut self.rules);
        let row = report.accounts.binary_search_by(|it| it.id.cmp(id)).ok();
        let row = row.and_then(|at| report.accounts.get(at));
        self.wrong
            .unless(row.is_some_and(|row| *row == account.summary), || {
                format!("account {id} differs from the summary in accounts/{id}.json")
            });
        let people: BTreeSet<&str> = account.principals.iter().map(|it| it.arn.as_str()).collect();
        let taken = removals(&account.principals);
        for family in &report.families {
            for here in here(family, id) {
                let known = here.principals.iter().all(|arn| people.contains(arn.as_str()));
                self.wrong.unless(known, || {
                    format!("{}: it lists a principal that is not in account {id}", family.id)
                });
                let found = taken.get(&family.id).copied().unwrap_or_default();
                self.wrong.unless(found == here.removal, || {
                    format!("{}: what it removes in account {id} does not add up", family.id)
                });
                *self.families.entry(family.id.clone()).or_default() += here.removal;
            }
        }
    }

    /// What does not agree, when all accounts were added.
    pub fn wrong(mut self, report: &Report) -> Vec<String> {
        let mut wrong = std::mem::take(&mut self.wrong);
        wrong.unless(report.schema == SCHEMA, || {
            format!("it has schema {}", report.schema)
        });
        wrong.unless(!report.accounts.is_empty(), || "it has no account".to_owned());
        let is_id = |it: &AccountSummary| is_account_id(&it.id);
        wrong.unless(report.accounts.iter().all(is_id), || {
            "an account ID is invalid".to_owned()
        });
        wrong.unless(is_sorted(report.accounts.iter().map(|it| &it.id)), || {
            "the accounts are not sorted or not unique".to_owned()
        });
        wrong.unless(is_sorted(report.families.iter().map(|it| &it.id)), || {
            "the families are not sorted or not unique".to_owned()
        });
        wrong.unless(is_sorted(report.recommendations.iter().map(|it| &it.id)), || {
            "the IDs of the changes are not sorted or not unique".to_owned()
        });
        for family in &report.families {
            let is_sorted = family.accounts.is_sorted();
            wrong.unless(is_sorted, || {
                format!("{}: the accounts are not sorted", family.id)
            });
        }
        for change in &report.recommendations {
            common(change, &mut wrong);
            ready(change, report, &mut wrong);
            self.family(change, report, &mut wrong);
        }
        let unknown = report.families.iter().find(|family| {
            let is_it = |it: &Recommendation| it.id == family.id;
            family.recommendation.as_ref()
                != report
                    .recommendations
                    .iter()
                    .find(|it| is_it(it))
                    .map(|it| &it.id)
        });
        wrong.unless(unknown.is_none(), || {
            format!("{}: its change does not exist", unknown.map_or("", |it| &it.id))
        });
        self.weights
            .extend(report.recommendations.iter().map(FirstChange::of));
        wrong.unless(First::of(&self.weights) == report.first, || {
            "`first` does not match the changes".to_owned()
        });
        let ready = self.ready
            + report
                .recommendations
                .iter()
                .filter(|it| it.ready == Some(true))
                .count();
        wrong.unless(report.ready.is_none_or(|it| it.changes == ready), || {
            "the number of ready changes does not add up".to_owned()
        });
        for (rule, principals) in &self.rules {
            let row = report.exceptions.iter().find(|it| it.id == *rule);
            wrong.unless(row.is_some_and(|row| row.principals >= *principals), || {
                format!("exception {rule} applies to more principals than it says")
            });
        }
        wrong.0
    }

    /// A change of many accounts is that of its family.
    fn family(&self, change: &Recommendation, report: &Report, wrong: &mut Wrong) {
        let id = &change.id;
        let fits = |family: &FamilyRow| {
            let reached = family.accounts.iter().flat_map(|it| &it.principals);
            family.name == change.holder && family.policy == change.policy && reached.eq(&change.reaches)
        };
        let family = report.families.iter().find(|family| family.id == *id);
        wrong.unless(family.is_some_and(fits), || {
            format!("{id}: it does not match its family")
        });
        let told = Removal {
            permissions: change.permissions_removed,
            risk: change.impact.risk,
        };
        let found = self.families.get(id).copied().unwrap_or_default();
        wrong.unless(told == found, || {
            format!("{id}: the removed permissions do not add up")
        });
    }
}

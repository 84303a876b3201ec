//! What must hold of an organisation that is decided on as a whole, whatever is shared with whom.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_core::advise::{Outcomes, Prepared, Terms, account, organisation, survey};
use leastwise_core::catalog::{Catalog, Harvest, Unobserved};
use leastwise_core::decide::{Exceptions, Families, Level, Removable, SharedPolicies};
use leastwise_core::inventory::wire::Account;
use leastwise_core::ownership::{Defined, KnownCode, TerraformTags};
use leastwise_core::policy::ActionPattern;
use leastwise_core::refine::Wildcards;
use leastwise_core::report::{AccountReport, Coverage, Recommendation, Trial};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    ACTIONS, AWS, Actions, BEYOND, Organisation, Person, Use, document, id, managed_arn, organisations,
};
use crate::harness::chance::config;

/// Everything that a scan says of an organisation.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) accounts: BTreeMap<String, AccountReport>,
    pub(super) families: Vec<Recommendation>,
    /// What a trial of a permission set's change denies, by the change.
    pub(super) trials: BTreeMap<String, Trial>,
    pub(super) files: BTreeMap<String, String>,
    /// What is known of actions beyond the catalog.
    pub(super) named: BTreeMap<String, Vec<String>>,
    all: String,
}

pub(super) fn scan(wanted: &Organisation, order: &[usize], shared: SharedPolicies) -> Said {
    scan_keeping(wanted, order, shared, &[])
}

/// The same with a rule that keeps some actions.
fn scan_keeping(
    wanted: &Organisation,
    order: &[usize],
    shared: SharedPolicies,
    keep: &[ActionPattern],
) -> Said {
    let names: serde_json::Map<String, Value> = ACTIONS
        .iter()
        .map(|(service, names)| ((*service).to_owned(), json!(names)))
        .collect();
    let catalog = Catalog::from_json(&Value::Object(names).to_string()).unwrap();
    let exceptions = Exceptions::new(&[], keep, jiff::civil::date(2026, 11, 1));
    let ids = BTreeSet::new();
    let (tags, defined) = (TerraformTags::default(), Defined::default());
    let terms = |harvest| Terms {
        catalog: &catalog,
        harvest,
        unobserved: Unobserved::table(),
        window_days: 90,
        as_of: Some("2026-11-01T00:00:00Z"),
        oldest_days: None,
        wildcards: Wildcards::Split,
        shared,
        least_sure: Level::Low,
        exceptions: &exceptions,
        organisation: &ids,
        code: KnownCode {
            tags: &tags,
            defined: &defined,
        },
    };
    let place = |at: usize| Account {
        id: id(at),
        ..Account::default()
    };
    let none = Harvest::default();
    let prepare = |at: usize| Prepared::of(&place(at), wanted.answers(at), terms(&none), None);
    let (mut surveys, mut unread, mut harvest) = (Vec::new(), Vec::new(), Harvest::default());
    for at in order {
        match prepare(*at) {
            Ok(prepared) => {
                let (said, names) = survey(&prepared, terms(&none));
                surveys.push(said);
                harvest.join(names);
            }
            Err(_) => unread.push(id(*at)),
        }
    }
    let families = Families::join(surveys, unread, (&catalog).into());
    let outcomes = Outcomes::of(&families);
    let (mut accounts, mut files, mut shares) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for at in order {
        let assessed = account(&place(*at), prepare(*at), terms(&harvest), &families, &outcomes);
        assert_eq!(assessed.defects, Vec::new());
        files.extend(assessed.files);
        shares.extend(assessed.shares);
        accounts.insert(id(*at), assessed.report);
    }
    let whole = organisation(
        &families,
        &outcomes,
        shares,
        (terms(&harvest).basis(), Level::Low),
    );
    files.extend(whole.files);
    let all = serde_json::to_string(&(&accounts, &whole.families, &whole.recommendations, &files)).unwrap();
    let trials = whole
        .families
        .into_iter()
        .filter_map(|family| Some((family.id, family.trial?)))
        .collect();
    Said {
        accounts,
        families: whole.recommendations,
        trials,
        files,
        named: harvest.names(),
        all,
    }
}

/// What documents grant: a document, a list of them, or nothing.
pub(super) fn granted(documents: &str) -> Actions {
    let documents: Value = serde_json::from_str(documents).unwrap();
    let documents = match documents {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    let statements = documents
        .iter()
        .flat_map(|document| document["Statement"].as_array().unwrap());
    let patterns = statements.flat_map(|statement| match &statement["Action"] {
        Value::String(one) => vec![one.clone()],
        many => many
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect(),
    });
    let patterns: Vec<String> = patterns.collect();
    let known = ACTIONS
        .iter()
        .flat_map(|(service, names)| names.iter().map(|name| (*service, *name)));
    known
        .chain(BEYOND)
        .filter(|(service, name)| {
            patterns
                .iter()
                .any(|pattern| matches(pattern, &format!("{service}:{name}")))
        })
        .collect()
}

/// `*` only, case as it is.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|tail| (0..=tail.len()).any(|at| matches(rest, &tail[at..]))),
    }
}

impl Said {
    /// What a principal may do when all recommendations are followed, policy by policy and holder by holder.
    pub(super) fn after(&self, wanted: &Organisation, at: usize, number: usize) -> Actions {
        let person = &wanted.places[at].people[number];
        let (name, kind) = (person.name(number), if person.user { "user" } else { "role" });
        let mut holders = vec![(kind.to_owned(), name, person.managed.clone(), person.aws)];
        for group in &person.groups {
            let place = &wanted.places[at];
            let (policies, aws) = (
                place.group_policies[*group].clone(),
                place.group_aws && *group == 0,
            );
            holders.push(("group".to_owned(), format!("group-{group}"), policies, aws));
        }
        let mut all = Actions::new();
        if let Some(patterns) = &person.inline {
            let family = match person.sso {
                true => format!("permission-set/Set{}/own", number % 2),
                false => format!("fleet/{kind}/{}/own", holders[0].1),
            };
            let before = document(patterns).to_string();
            let own = format!("{}/{kind}/{}/own", id(at), holders[0].1);
            all.extend(self.replaced(&before, at, |it| it.id == own, &family));
        }
        for (kind, name, policies, aws) in holders {
            for number in policies {
                let before = document(&wanted.managed[number]).to_string();
                let own = format!("{}/managed/shared-{number}", id(at));
                let arn = managed_arn(at, number);
                let hands = |it: &Recommendation| {
                    it.policy_arn.as_ref() == Some(&arn)
                        && it
                            .holders
                            .iter()
                            .any(|hands| hands.kind.name() == kind && hands.name == name)
                };
                let family = format!("fleet/managed/shared-{number}");
                all.extend(self.replaced(&before, at, |it| it.id == own || hands(it), &family));
            }
            if aws {
                let hands = |it: &Recommendation| {
                    it.policy_arn.as_deref() == Some(AWS)
                        && it
                            .holders
                            .iter()
                            .any(|hands| hands.kind.name() == kind && hands.name == name)
                };
                let family = match name.strip_prefix("AWSReservedSSO_") {
                    Some(set) => {
                        format!(
                            "permission-set/{}/aws:CommonAccess",
                            set.split('_').next().unwrap()
                        )
                    }
                    None => format!("fleet/{kind}/{name}/aws:CommonAccess"),
                };
                all.extend(self.replaced(&document(&[1, 8]).to_string(), at, hands, &family));
            }
        }
        all
    }

    /// What a policy grants after the recommendation that changes it for this holder, if there is one.
    fn replaced(
        &self,
        before: &str,
        at: usize,
        own: impl Fn(&Recommendation) -> bool,
        family: &str,
    ) -> Actions {
        let report = &self.accounts[&id(at)];
        let own: Vec<&Recommendation> = report.recommendations.iter().filter(|it| own(it)).collect();
        assert!(own.len() <= 1, "two pieces of advice on one policy of one holder");
        // Two fleets with the same name are distinguished by their policy text.
        let of_family = |it: &&Recommendation| {
            (it.id == family || it.id.starts_with(&format!("{family}~")))
                && it.reaches.iter().any(|arn| arn.contains(&id(at)))
                && granted(&self.files[&it.files.before]) == granted(before)
        };
        match own.first().copied().or(self.families.iter().find(of_family)) {
            Some(change) => granted(&self.files[&change.files.after]),
            None => granted(before),
        }
    }
}

pub(super) fn before(wanted: &Organisation, at: usize, number: usize) -> Actions {
    let nothing = Said {
        accounts: [(id(at), empty())].into(),
        families: Vec::new(),
        trials: BTreeMap::new(),
        files: BTreeMap::new(),
        named: BTreeMap::new(),
        all: String::new(),
    };
    nothing.after(wanted, at, number)
}

fn empty() -> AccountReport {
    leastwise_core::advise::unread(&Account::default(), Coverage::Failed, Vec::new())
}

pub(super) fn people(wanted: &Organisation) -> impl Iterator<Item = (usize, usize, &Person)> {
    wanted
        .places
        .iter()
        .enumerate()
        .filter(|(_, place)| !place.denied)
        .flat_map(|(at, place)| {
            place
                .people
                .iter()
                .enumerate()
                .map(move |(number, person)| (at, number, person))
        })
}

proptest! {
    #![proptest_config(config(120))]

    /// What waits in memory for the formats is then what they would read from a file.
    #[test]
    fn an_account_read_back_from_its_file_is_the_one_that_was_written(wanted in organisations()) {
        let order: Vec<usize> = (0..wanted.places.len()).collect();
        for written in scan(&wanted, &order, SharedPolicies::InPlace).accounts.values() {
            let file = serde_json::to_string(written).unwrap();
            let read: AccountReport = serde_json::from_str(&file).unwrap();
            prop_assert_eq!(format!("{read:?}"), format!("{written:?}"));
        }
    }

    #[test]
    fn nobody_loses_what_was_seen_in_use_or_is_not_called_unused(
        wanted in organisations(),
        fork in any::<bool>(),
        keeps in any::<bool>(),
    ) {
        let order: Vec<usize> = (0..wanted.places.len()).collect();
        let keep = ["iam:GetRole", "sqs:Get*"].map(|pattern| ActionPattern::parse(pattern).unwrap());
        let shared = if fork { SharedPolicies::Fork } else { SharedPolicies::InPlace };
        let said = scan_keeping(&wanted, &order, shared, if keeps { &keep } else { &[] });
        for (at, number, person) in people(&wanted) {
            let (before, after) = (before(&wanted, at, number), said.after(&wanted, at, number));
            prop_assert!(after.is_subset(&before), "{} gains", person.arn(at, number));
            let lost: Actions = before.difference(&after).copied().collect();
            let last_accessed = wanted.places[at].last_accessed;
            // Clause 4, whoever shares what with whom, also of what no catalog has.
            let (unused, used) = (person.unused(last_accessed), person.used(last_accessed));
            prop_assert!(lost.is_disjoint(&used), "{} loses what it uses: {lost:?}", person.arn(at, number));
            // What no catalog has and only a split wildcard granted may go unless somebody names it.
            let known: Actions = lost.iter().copied().filter(|action| !BEYOND.contains(action)).collect();
            prop_assert!(known.is_subset(&unused), "{} loses {known:?}", person.arn(at, number));
        }
    }

    #[test]
    fn every_principal_is_in_one_bucket_and_the_totals_add_up(wanted in organisations()) {
        let order: Vec<usize> = (0..wanted.places.len()).collect();
        let said = scan(&wanted, &order, SharedPolicies::InPlace);
        for (at, place) in wanted.places.iter().enumerate() {
            let report = &said.accounts[&id(at)];
            let people = if place.denied { 0 } else { place.people.len() };
            prop_assert_eq!(report.principals.len(), people);
            prop_assert_eq!(report.summary.statuses.values().sum::<usize>(), people);
            for (status, count) in &report.summary.statuses {
                prop_assert_eq!(report.principals.iter().filter(|row| row.status == *status).count(), *count);
            }
        }
    }

    #[test]
    fn what_an_edit_in_place_removes_copies_remove_as_well(wanted in organisations()) {
        let order: Vec<usize> = (0..wanted.places.len()).collect();
        let in_place = scan(&wanted, &order, SharedPolicies::InPlace);
        let forked = scan(&wanted, &order, SharedPolicies::Fork);
        for (at, number, person) in people(&wanted) {
            // Of an idle principal the advice is its deletion, and a permission set cannot be given a copy in one account.
            if matches!(person.use_, Use::Idle) || person.sso {
                continue;
            }
            let (more, less) = (forked.after(&wanted, at, number), in_place.after(&wanted, at, number));
            prop_assert!(more.is_subset(&less), "{}: {more:?} and {less:?}", person.arn(at, number));
        }
    }

    #[test]
    fn the_order_of_accounts_does_not_matter(wanted in organisations(), turn in 0..5_usize) {
        let mut order: Vec<usize> = (0..wanted.places.len()).collect();
        let one = scan(&wanted, &order, SharedPolicies::Both);
        order.rotate_left(turn % wanted.places.len());
        order.reverse();
        prop_assert_eq!(one.all, scan(&wanted, &order, SharedPolicies::Both).all);
    }
}

#[test]
fn what_two_can_do_without_is_what_both_can_do_without() {
    let only = |text: &str| Removable::of(&leastwise_core::evidence::read_unused(text).unwrap().unused);
    let table = Unobserved::table();
    let one = only(r#"[{"serviceNamespace":"s3"},{"serviceNamespace":"sqs","actions":["SendMessage"]}]"#);
    let other = only(r#"[{"serviceNamespace":"s3","actions":["GetObject"]}]"#);
    assert_eq!(one.clone().and(&other, table), other);
    assert_eq!(one.clone().and(&Removable::Anything, table), one);
    assert_eq!(one.and(&Removable::Nothing, table), Removable::Nothing);
    // That no call to a service was seen says nothing about its unobserved actions.
    let whole = only(r#"[{"serviceNamespace":"iam"}]"#);
    let named = only(r#"[{"serviceNamespace":"iam","actions":["GetUser","PassRole"]}]"#);
    let both = only(r#"[{"serviceNamespace":"iam","actions":["GetUser"]}]"#);
    for idle in [&whole, &Removable::Anything] {
        assert_eq!(idle.clone().and(&named, table), both);
        assert_eq!(named.clone().and(idle, table), both);
    }
    assert_eq!(named.clone().and(&named, table), named);
}

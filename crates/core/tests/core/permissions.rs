//! Sets of permissions: what a policy may allow, what it denies for certain, what evidence calls unused, and what is left
//! when they are joined and cut. Laws against a plain evaluation of the documents, name by name; what lies beyond the
//! catalog as sentences.

use std::collections::BTreeSet;

use leastwise_core::catalog::{AccessLevel, Catalog, Permissions};
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::{ActionSet, Document};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::chance::config;
use crate::documents::{actions, is_deny, statements, strings};
use crate::generate::{Scene, name, scene};
use crate::globs::{Pattern, glob, lower};

const LEVELS: [AccessLevel; 5] = [
    AccessLevel::PermissionsManagement,
    AccessLevel::Write,
    AccessLevel::Tagging,
    AccessLevel::Read,
    AccessLevel::List,
];

fn catalog() -> Catalog {
    let lists = json!({
        "iam": ["CreateUser", "GetUser", "PassRole"],
        "s3": ["GetBucketAcl", "GetObject", "ListBucket", "PutObject"],
        "sqs": ["SendMessage"],
    });
    Catalog::from_json(&lists.to_string()).unwrap()
}

fn statement(effect: &str, actions: &Value) -> Value {
    json!({"Effect": effect, "Action": actions, "Resource": "*"})
}

fn allowed<'c>(catalog: &'c Catalog, actions: &Value) -> Permissions<'c> {
    of(Permissions::allowed_by, catalog, &statement("Allow", actions))
}

fn of<'c>(
    read: fn(&'c Catalog, &Document<'_>) -> Permissions<'c>,
    catalog: &'c Catalog,
    statement: &Value,
) -> Permissions<'c> {
    let text = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    read(catalog, &Document::parse(&text).unwrap())
}

fn denied<'c>(catalog: &'c Catalog, statement: &Value) -> Permissions<'c> {
    of(Permissions::denied_by, catalog, statement)
}

fn unused<'c>(catalog: &'c Catalog, list: &Value) -> Permissions<'c> {
    Permissions::of_unused(catalog.into(), &read_unused(&list.to_string()).unwrap().unused)
}

/// All of a set, as `service:name`.
pub(crate) fn list(set: &Permissions<'_>) -> Vec<String> {
    set.iter()
        .map(|(service, name, _)| format!("{service}:{name}"))
        .collect()
}

#[test]
fn a_policy_may_allow_what_its_statements_reach_whatever_their_resources_and_conditions() {
    let catalog = catalog();
    let narrow = json!({
        "Effect": "Allow", "Action": ["s3:get*", "S3:PUTOBJECT"], "Resource": "arn:aws:s3:::one",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    });
    let statements = json!([
        narrow,
        statement("Deny", &json!("*")),
        statement("Allow", &json!("iam:*User"))
    ]);
    let set = of(Permissions::allowed_by, &catalog, &statements);
    let wanted = [
        "iam:CreateUser",
        "iam:GetUser",
        "s3:GetBucketAcl",
        "s3:GetObject",
        "s3:PutObject",
    ];
    assert_eq!(list(&set), wanted);
    assert!(set.contains("S3", "getobject") && !set.contains("s3", "ListBucket"));
}

#[test]
fn everything_but_some_actions_is_the_rest_of_the_catalog() {
    let catalog = catalog();
    let rest =
        json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*", "s3:ListBucket"], "Resource": "*"});
    let set = of(Permissions::allowed_by, &catalog, &rest);
    assert_eq!(list(&set), ["s3:PutObject", "sqs:SendMessage"]);
    assert!(set.contains("s3", "HeadNew") && set.contains("new", "Thing"));
    assert!(!set.contains("s3", "GetNew") && !set.contains("iam", "New"));
}

#[test]
fn a_name_that_the_catalog_does_not_know_is_listed_as_the_author_spells_it_and_once() {
    let catalog = catalog();
    let set = allowed(
        &catalog,
        &json!(["s3:GetNew", "S3:getnew", "new:Thing", "s3:GetObject"]),
    );
    assert_eq!(list(&set), ["new:Thing", "s3:GetNew", "s3:GetObject"]);
    let turned = allowed(&catalog, &json!(["S3:getnew", "s3:GetNew"]));
    assert_eq!(list(&turned), ["s3:GetNew"]);
    assert_eq!(set.len(), 3);
    assert_eq!(set.levels().of(None), 2);
    assert!(set.contains("NEW", "thing"));
}

#[test]
fn a_wildcard_over_a_service_that_the_catalog_does_not_know_is_one_permission() {
    let catalog = catalog();
    let set = allowed(&catalog, &json!(["new:*", "new:Get?hing", "s3:New*"]));
    assert_eq!(list(&set), ["new:*", "new:Get?hing"]);
    assert!(
        set.contains("new", "Whatever") && set.contains("s3", "NewThing") && !set.contains("s3", "OldThing")
    );
    let whole = unused(&catalog, &json!([{"serviceNamespace": "new"}]));
    assert_eq!(list(&whole), ["new:*"]);
}

#[test]
fn a_deny_counts_when_it_holds_for_every_resource_and_always() {
    let catalog = catalog();
    let with = |key: &str, value: Value| {
        let mut statement = statement("Deny", &json!("s3:GetObject"));
        statement[key] = value;
        list(&denied(&catalog, &statement))
    };
    let denied_at_all = ["s3:GetObject"];
    assert_eq!(with("Sid", json!("Never")), denied_at_all);
    assert_eq!(with("Resource", json!(["arn:aws:s3:::one", "*"])), denied_at_all);
    let nothing: [&str; 0] = [];
    assert_eq!(with("Resource", json!("arn:aws:s3:::one/*")), nothing);
    assert_eq!(with("Resource", json!([])), nothing);
    assert_eq!(
        with("Condition", json!({"Bool": {"aws:SecureTransport": "false"}})),
        nothing
    );
    assert_eq!(with("NotResource", json!("arn:aws:s3:::one")), nothing);
    assert_eq!(with("Principal", json!("*")), nothing);
    assert_eq!(with("Unheard", json!("of")), nothing);
    assert_eq!(with("Effect", json!("Allow")), nothing);
    let bare = json!({"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::one"});
    assert_eq!(list(&denied(&catalog, &bare)), nothing);
}

#[test]
fn a_deny_of_everything_but_some_actions_denies_the_rest() {
    let catalog = catalog();
    let rest = json!({"Effect": "Deny", "NotAction": ["s3:*", "iam:GetUser"], "Resource": "*"});
    let set = denied(&catalog, &rest);
    assert_eq!(list(&set), ["iam:CreateUser", "iam:PassRole", "sqs:SendMessage"]);
    assert!(set.contains("iam", "Unheard") && !set.contains("s3", "Unheard"));
}

#[test]
fn names_that_no_action_can_have_are_no_evidence() {
    let catalog = catalog();
    let mut odd = ActionSet::new();
    odd.add_service("s 3");
    odd.add_actions("s3", ["Get*", "", "GetObject"]);
    let set = Permissions::of_unused((&catalog).into(), &odd);
    assert_eq!(list(&set), ["s3:GetObject"]);
}

#[test]
fn a_wildcard_takes_out_names_that_the_catalog_does_not_know() {
    let catalog = catalog();
    let mut set = allowed(&catalog, &json!(["s3:GetNew", "s3:PutNew", "new:Thing", "new:*"]));
    set.subtract(&allowed(&catalog, &json!(["s3:Get*", "new:T*"])));
    // Of `new:*` a part is left.
    assert_eq!(list(&set), ["new:*", "s3:PutNew"]);
    assert!(set.contains("new", "Other") && !set.contains("new", "Thing"));
    set.subtract(&allowed(&catalog, &json!("*")));
    assert!(set.is_empty() && !set.contains("new", "Other"));
}

#[test]
fn evidence_about_a_name_that_a_wildcard_grants_is_in_both() {
    let catalog = catalog();
    let mut set = allowed(&catalog, &json!(["s3:*", "new:*"]));
    set.intersect(&unused(
        &catalog,
        &json!([
            {"serviceNamespace": "s3", "actions": ["GetNew", "GetObject"]},
            {"serviceNamespace": "new", "actions": ["Thing"]},
            {"serviceNamespace": "iam"},
        ]),
    ));
    assert_eq!(list(&set), ["new:Thing", "s3:GetNew", "s3:GetObject"]);
    assert!(!set.contains("s3", "PutNew"));
}

#[test]
fn what_was_taken_out_can_come_back() {
    let catalog = catalog();
    let mut set = allowed(&catalog, &json!("new:*"));
    let thing = allowed(&catalog, &json!("new:Thing"));
    set.subtract(&thing);
    let mut other = Permissions::none(&catalog);
    other.union_with(&set);
    assert!(!other.contains("new", "Thing") && other.contains("new", "Other"));
    other.union_with(&thing);
    assert!(other.contains("new", "Thing"));
    assert_eq!(list(&other), ["new:*", "new:Thing"]);
}

#[test]
fn levels_are_those_of_the_catalog() {
    let catalog = Catalog::embedded();
    let everything = allowed(catalog, &json!("*"));
    let levels = everything.levels();
    for level in LEVELS {
        let wanted = catalog.actions().filter(|action| action.level == level).count();
        assert!(wanted > 0 && levels.of(Some(level)) == wanted, "{level:?}");
    }
    assert_eq!(levels.of(None), 0);
    assert_eq!(everything.len(), catalog.action_count());
    let listed: Vec<_> = everything
        .iter()
        .map(|(service, name, level)| (service, name, level.unwrap()))
        .collect();
    let known: Vec<_> = catalog
        .actions()
        .map(|action| (action.service, action.name, action.level))
        .collect();
    assert_eq!(listed, known);
}

/// Whether a statement reaches an action, read plainly.
fn reaches(statement: &Value, service: &str, name: &str) -> bool {
    let hits = |text: &String| match Pattern::read(text) {
        Pattern::All => true,
        Pattern::Of {
            service: own,
            glob: pattern,
        } => own == lower_text(service) && glob(&pattern, &lower(name)),
    };
    strings(actions(statement)).iter().any(hits) == statement.get("Action").is_some()
}

fn lower_text(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// One of the sets that a scene gives.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Allowed,
    Denied,
    Unused,
}

impl Kind {
    fn read<'c>(self, catalog: &'c Catalog, scene: &Scene) -> Permissions<'c> {
        let policy = scene.policy.to_string();
        let policy = Document::parse(&policy).unwrap();
        match self {
            Self::Allowed => Permissions::allowed_by(catalog, &policy),
            Self::Denied => Permissions::denied_by(catalog, &policy),
            Self::Unused => unused(catalog, &scene.unused),
        }
    }

    fn has(self, scene: &Scene, service: &str, name: &str) -> bool {
        let narrows =
            |statement: &Value| statement["Resource"] != json!("*") || statement.get("Condition").is_some();
        let all = statements(&scene.policy);
        match self {
            Self::Allowed => all
                .into_iter()
                .any(|one| !is_deny(one) && reaches(one, service, name)),
            Self::Denied => all
                .into_iter()
                .any(|one| is_deny(one) && !narrows(one) && reaches(one, service, name)),
            Self::Unused => scene.unused.as_array().unwrap().iter().any(|entry| {
                let own = lower_text(entry["serviceNamespace"].as_str().unwrap()) == lower_text(service);
                own && match entry
                    .get("actions")
                    .and_then(Value::as_array)
                    .filter(|list| !list.is_empty())
                {
                    // What was only seen in use is not called unused.
                    None => entry.get("used").is_none(),
                    Some(list) => list
                        .iter()
                        .any(|one| lower_text(one.as_str().unwrap()) == lower_text(name)),
                }
            }),
        }
    }
}

/// The actions of some scenes: those of the catalog, and every name that a policy or evidence writes.
fn written(scenes: &[Scene], catalog: &Catalog) -> BTreeSet<(String, String)> {
    let mut found: BTreeSet<_> = catalog
        .actions()
        .map(|action| (action.service.to_owned(), lower_text(action.name)))
        .collect();
    for scene in scenes {
        for text in statements(&scene.policy)
            .into_iter()
            .flat_map(|one| strings(actions(one)))
        {
            if !text.contains(['*', '?']) {
                let (service, name) = text.split_once(':').unwrap();
                found.insert((lower_text(service), lower_text(name)));
            }
        }
        for entry in scene.unused.as_array().unwrap() {
            let service = lower_text(entry["serviceNamespace"].as_str().unwrap());
            for name in entry
                .get("actions")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                found.insert((service.clone(), lower_text(name.as_str().unwrap())));
            }
        }
    }
    found
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![3 => Just(Kind::Allowed), 1 => Just(Kind::Denied), 1 => Just(Kind::Unused)]
}

proptest! {
    #![proptest_config(config(2000))]

    /// Sets are joined and cut in any order, and after each step every name is in the set exactly when a plain reading of
    /// the documents says so.
    #[test]
    fn a_set_has_what_a_plain_reading_has(
        first in (kind(), scene()),
        steps in proptest::collection::vec((0..3_u8, kind(), scene()), 0..4),
        fresh in proptest::collection::vec((select(&["a", "a-b", "b", "c", "u", "v", "w"][..]), name()), 10),
    ) {
        let catalog = Catalog::from_json(&first.1.catalog_text()).unwrap();
        let scenes: Vec<Scene> =
            std::iter::once(&first.1).chain(steps.iter().map(|(_, _, scene)| scene)).cloned().collect();
        let mut names = written(&scenes, &catalog);
        names.extend(fresh.into_iter().map(|(service, name)| (service.to_owned(), lower_text(&name))));

        let mut set = first.0.read(&catalog, &first.1);
        let mut wanted: BTreeSet<&(String, String)> =
            names.iter().filter(|(service, name)| first.0.has(&first.1, service, name)).collect();
        for (how, kind, scene) in &steps {
            let other = kind.read(&catalog, scene);
            let has = |(service, name): &&(String, String)| kind.has(scene, service, name);
            match how {
                0 => {
                    set.union_with(&other);
                    wanted.extend(names.iter().filter(has));
                }
                1 => {
                    set.subtract(&other);
                    wanted.retain(|one| !has(one));
                }
                _ => {
                    set.intersect(&other);
                    wanted.retain(|one| has(one));
                }
            }
        }
        for (service, name) in &names {
            let expected = wanted.iter().any(|(own, other)| own == service && other == name);
            prop_assert_eq!(set.contains(service, name), expected, "{}:{}", service, name);
            prop_assert_eq!(set.contains(&service.to_uppercase(), &name.to_uppercase()), expected);
        }

        // What is listed is in the set, sorted, each once; all of the catalog that is in the set is listed.
        let listed: Vec<_> = set.iter().collect();
        let keys: Vec<_> = listed.iter().map(|(service, name, _)| ((*service).to_owned(), lower_text(name))).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        prop_assert_eq!(listed.len(), set.len());
        prop_assert_eq!(listed.is_empty(), set.is_empty());
        for (service, name, level) in &listed {
            let known = catalog.action(service, name);
            prop_assert_eq!(*level, known.map(|known| known.level));
            prop_assert!(name.contains(['*', '?']) || set.contains(service, name));
            prop_assert!(known.is_none_or(|known| (known.service, known.name) == (*service, *name)));
        }
        let known = wanted.iter().filter(|(service, name)| catalog.action(service, name).is_some()).count();
        prop_assert_eq!(listed.iter().filter(|(_, _, level)| level.is_some()).count(), known);
        let levels = set.levels();
        let wanted = |level| listed.iter().filter(|(_, _, own)| *own == level).count();
        for level in LEVELS.map(Some).into_iter().chain([None]) {
            prop_assert_eq!(levels.of(level), wanted(level));
        }
    }

    /// Every name that a policy or evidence writes is listed, known or not, and stays listed until it is taken out.
    #[test]
    fn a_written_name_stays_listed_until_it_is_taken_out(one in scene(), cut in (kind(), scene()), keep in (kind(), scene())) {
        let catalog = Catalog::from_json(&one.catalog_text()).unwrap();
        let mut set = Kind::Allowed.read(&catalog, &one);
        let literals: BTreeSet<_> = list(&set).into_iter().filter(|one| !one.contains(['*', '?'])).collect();
        let positive = statements(&one.policy).into_iter().filter(|one| !is_deny(one) && one.get("Action").is_some());
        for text in positive.flat_map(|one| strings(actions(one))).filter(|text| !text.contains(['*', '?'])) {
            prop_assert!(literals.iter().any(|one| one.eq_ignore_ascii_case(&text)), "{text}");
        }
        set.subtract(&cut.0.read(&catalog, &cut.1));
        set.intersect(&keep.0.read(&catalog, &keep.1));
        let left = list(&set);
        for text in literals {
            let (service, name) = text.split_once(':').unwrap();
            let stays = !cut.0.has(&cut.1, service, name) && keep.0.has(&keep.1, service, name);
            prop_assert_eq!(left.iter().any(|one| one.eq_ignore_ascii_case(&text)), stays, "{}", text);
        }
    }
}

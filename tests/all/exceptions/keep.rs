//! Actions that stay whatever the evidence says.

use leastwise_core::decide::{Exceptions, Removable};
use leastwise_core::policy::{ActionPattern, ActionSet, Services};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{TODAY, catalog, config, find, inventory, role, rules, unused};
use crate::harness::chance::config as cases;

/// As `s3:GetObject`, whole services as `s3:*`.
fn listed(set: &ActionSet) -> Vec<String> {
    let mut all = Vec::new();
    for (service, extent) in set.iter() {
        all.extend(extent.whole.then(|| format!("{service}:*")));
        all.extend(extent.names.iter().map(|name| format!("{service}:{name}")));
    }
    all
}

fn is_named(set: &ActionSet, service: &str, name: &str) -> bool {
    set.get(service)
        .is_some_and(|extent| extent.names.iter().any(|it| it.eq_ignore_ascii_case(name)))
}

fn holds(set: &ActionSet, service: &str, name: &str) -> bool {
    set.get(service).is_some_and(|extent| extent.whole) || is_named(set, service, name)
}

#[test]
fn a_rule_with_actions_keeps_those_in_what_it_covers() {
    let config = config(
        "keep = [\"kms:Decrypt\"]\n\
         [[exception]]\nnames = [\"a\"]\npolicies = [\"p\"]\nactions = [\"s3:Get*\"]\nexpires = \"never\"\n\
         [[exception]]\nnames = [\"a\"]\nactions = [\"sqs:*\"]\nexpires = \"never\"\n",
    );
    let inventory = inventory(vec![role("/", "a"), role("/", "b")]);
    let exceptions = rules(&config);
    let local = exceptions.of(&inventory);
    let of = |name: &str, policy: &str| {
        let kept = local.kept(find(&inventory, name), policy);
        kept.rules().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of("a", "p"), ["config:2", "config:9", "keep:1"]);
    assert_eq!(of("a", "q"), ["config:9", "keep:1"]);
    assert_eq!(of("b", "p"), ["keep:1"]);
    // The rest of it is not left alone.
    let a = find(&inventory, "a");
    assert_eq!((local.principal(a), local.policy(a, "p")), (None, None));
    let kept = local.kept(find(&inventory, "a"), "p");
    assert!(kept.keeps("S3", "getobject") && kept.keeps("kms", "Decrypt") && !kept.keeps("s3", "PutObject"));
    assert_eq!(
        kept,
        local
            .kept(find(&inventory, "b"), "p")
            .and(&local.kept(find(&inventory, "a"), "p"))
            .and(&kept)
    );
}

/// What is left of evidence when these patterns are kept everywhere.
fn take_out(patterns: &[&str], set: &ActionSet) -> Vec<String> {
    let list: Vec<String> = patterns.iter().map(|pattern| format!("{pattern:?}")).collect();
    let config = config(&format!("keep = [{}]", list.join(", ")));
    let inventory = inventory(vec![role("/", "a")]);
    let exceptions = rules(&config);
    let kept = exceptions.of(&inventory).kept(find(&inventory, "a"), "p");
    listed(&kept.take_out(set, (&catalog()).into()))
}

#[test]
fn a_kept_action_is_taken_out_of_the_evidence() {
    let set = unused(&[
        ("S3", &["GetObject", "PutObject"]),
        ("kms", &["Decrypt"]),
        ("sqs", &[]),
    ]);
    assert_eq!(
        take_out(&["s3:get*"], &set),
        ["kms:Decrypt", "s3:PutObject", "sqs:*"]
    );
    assert_eq!(
        take_out(&["kms:*", "s3:PutObject", "s3:GetObject"], &set),
        ["sqs:*"]
    );
    assert_eq!(take_out(&["*"], &set), Vec::<String>::new());
    assert_eq!(take_out(&["iam:*"], &set), listed(&set));
}

#[test]
fn a_service_that_is_kept_in_part_loses_the_other_actions_that_the_catalog_knows() {
    let set = unused(&[("s3", &[]), ("sqs", &[])]);
    assert_eq!(
        take_out(&["s3:GetObject"], &set),
        ["s3:GetObjectAcl", "s3:PutObject", "sqs:*"]
    );
    assert_eq!(take_out(&["s3:*Object"], &set), ["s3:GetObjectAcl", "sqs:*"]);
    assert_eq!(take_out(&["S3:*"], &set), ["sqs:*"]);
    // A name that the catalog lacks must not go with the whole.
    assert_eq!(
        take_out(&["s3:GetObjectTomorrow"], &set),
        ["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "sqs:*"]
    );
    // Of a service that it lacks, all counts as used.
    assert_eq!(
        take_out(&["nimbus:ListFleets"], &unused(&[("nimbus", &[])])),
        Vec::<String>::new()
    );
}

#[test]
fn what_a_principal_can_do_without_is_narrowed_the_same_way() {
    let config = config("keep = [\"s3:Get*\"]");
    let inventory = inventory(vec![role("/", "a")]);
    let exceptions = rules(&config);
    let kept = exceptions.of(&inventory).kept(find(&inventory, "a"), "p");
    let catalog = catalog();
    let only = |services| Removable::of(&unused(services));
    let narrow = |removable: &Removable| kept.narrow(removable, (&catalog).into()).into_owned();
    assert_eq!(narrow(&only(&[("s3", &[])])), only(&[("s3", &["PutObject"])]));
    assert_eq!(
        narrow(&only(&[("s3", &["PutObject"])])),
        only(&[("s3", &["PutObject"])])
    );
    assert_eq!(narrow(&Removable::Nothing), Removable::Nothing);
    // Of one that uses nothing, what is kept stays all the same.
    assert_eq!(
        narrow(&Removable::Anything),
        only(&[("s3", &["PutObject"]), ("sqs", &[])])
    );
    let nothing_kept = Exceptions::new(&[], &[], TODAY);
    let nothing_kept = nothing_kept.of(&inventory).kept(find(&inventory, "a"), "p");
    assert_eq!(
        *nothing_kept.narrow(&Removable::Anything, (&catalog).into()),
        Removable::Anything
    );
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec![
        "GetObject",
        "GETOBJECTACL",
        "PutObject",
        "SendMessage",
        "Unknown",
        "Get",
    ])
}

fn service() -> impl Strategy<Value = &'static str> {
    select(vec!["s3", "S3", "sqs", "nimbus"])
}

fn evidence() -> impl Strategy<Value = ActionSet> {
    vec((service(), vec(name(), 1..4), any::<bool>()), 0..5).prop_map(|entries| {
        let mut set = ActionSet::new();
        for (service, names, whole) in entries {
            if whole {
                set.add_service(service);
            } else {
                set.add_actions(service, names);
            }
        }
        set
    })
}

fn pattern() -> impl Strategy<Value = ActionPattern> {
    let name = select(vec![
        "*",
        "Get*",
        "*Object",
        "getobject",
        "?etObject",
        "Unknown",
        "SendMessage",
        "?*",
    ]);
    let written = (service(), name).prop_map(|(service, name)| format!("{service}:{name}"));
    prop_oneof![20 => written, 1 => Just("*".to_owned())]
        .prop_map(|text| ActionPattern::parse(text).expect("a pattern"))
}

/// Every action that could be asked about.
fn questions() -> impl Iterator<Item = (&'static str, &'static str)> {
    let names = [
        "GetObject",
        "GetObjectAcl",
        "PutObject",
        "SendMessage",
        "Unknown",
        "Get",
        "Tomorrow",
    ];
    ["s3", "sqs", "nimbus"]
        .into_iter()
        .flat_map(move |service| names.map(|name| (service, name)))
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn taking_out_adds_nothing_and_takes_no_more_than_is_kept(set in evidence(), patterns in vec(pattern(), 0..4)) {
        let inventory = inventory(vec![role("/", "a")]);
        let exceptions = Exceptions::new(&[], &patterns, TODAY);
        let kept = exceptions.of(&inventory).kept(find(&inventory, "a"), "p");
        let catalog = catalog();
        let left = kept.take_out(&set, (&catalog).into());
        for (service, name) in questions() {
            let (before, after) = (holds(&set, service, name), holds(&left, service, name));
            let stays = kept.keeps(service, name);
            prop_assert!(before || !after, "{service}:{name} was added");
            prop_assert!(!(stays && after), "{service}:{name} is kept and goes all the same");
            // What the catalog does not know and the evidence does not name may stay with a part that is kept.
            if before && !stays && (is_named(&set, service, name) || catalog.action(service, name).is_some()) {
                prop_assert!(after, "{service}:{name} is not kept and stays");
            }
        }
        for (_, extent) in left.iter() {
            prop_assert!(extent.whole || !extent.names.is_empty());
        }
        // The same, but that a service which is unused as a whole no longer has names of its own.
        let removable = Removable::of(&set);
        let narrowed = kept.narrow(&removable, (&catalog).into()).unused(&Services::All);
        for (service, name) in questions() {
            let (after, narrowed) = (holds(&left, service, name), holds(&narrowed, service, name));
            prop_assert!(after || !narrowed, "{service}:{name} goes though it was taken out");
            prop_assert!(!after || narrowed || catalog.action(service, name).is_none(), "{service}:{name} stays");
        }
    }

    #[test]
    fn one_more_exception_never_makes_more_go(
        set in evidence(), patterns in vec(pattern(), 1..4), at in any::<Index>(),
    ) {
        let inventory = inventory(vec![role("/", "a")]);
        let mut fewer = patterns.clone();
        fewer.remove(at.index(patterns.len()));
        let catalog = catalog();
        let left = |patterns: &[ActionPattern]| {
            let exceptions = Exceptions::new(&[], patterns, TODAY);
            let kept = exceptions.of(&inventory).kept(find(&inventory, "a"), "p");
            (kept.take_out(&set, (&catalog).into()), kept.narrow(&Removable::Anything, (&catalog).into()).into_owned())
        };
        let (more, less) = (left(&fewer), left(&patterns));
        let (more, less) = ((more.0, more.1.unused(&Services::All)), (less.0, less.1.unused(&Services::All)));
        for (service, name) in questions() {
            prop_assert!(holds(&more.0, service, name) || !holds(&less.0, service, name));
            // Without any pattern one who uses nothing has no list: all may go.
            prop_assert!(fewer.is_empty() || holds(&more.1, service, name) || !holds(&less.1, service, name));
        }
    }
}

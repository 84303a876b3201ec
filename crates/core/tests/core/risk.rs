//! What permissions are worth, which changes have the most effect, and what is blocked already.

use std::collections::BTreeSet;

use leastwise_core::catalog::{AccessLevel, Catalog, Levels, Permissions};
use leastwise_core::decide::{Escalation, Gain, Level, Risk, ineffective, rank};
use leastwise_core::policy::Document;
use leastwise_core::report::{First, FirstChange};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::chance::config;
use crate::generate::scene;
use crate::permissions::list;

fn policy(effect: &str, actions: &Value, resource: &str) -> String {
    json!({"Statement": [{"Effect": effect, "Action": actions, "Resource": resource}]}).to_string()
}

fn allowed(actions: &Value) -> Permissions<'static> {
    let text = policy("Allow", actions, "*");
    Permissions::allowed_by(Catalog::embedded(), &Document::parse(&text).unwrap())
}

fn denied(actions: &Value, resource: &str) -> Permissions<'static> {
    let text = policy("Deny", actions, resource);
    Permissions::denied_by(Catalog::embedded(), &Document::parse(&text).unwrap())
}

fn held(actions: &Value) -> Vec<String> {
    Risk::of(&allowed(actions))
        .escalations
        .iter()
        .map(|escalation| escalation.name())
        .collect()
}

#[test]
fn the_catalog_knows_every_action_of_the_table_as_it_is_spelled() {
    for (service, name) in Escalation::all()
        .iter()
        .flat_map(|escalation| &escalation.actions)
    {
        let known = Catalog::embedded()
            .action(service, name)
            .map(|known| (known.service, known.name));
        assert_eq!(known, Some((*service, *name)));
    }
}

#[test]
fn every_escalation_has_a_weight_a_reason_and_a_source_and_stands_once() {
    let mut seen = BTreeSet::new();
    for escalation in Escalation::all() {
        let name = escalation.name();
        assert!((10..=100).contains(&escalation.weight), "{name}");
        let source = escalation
            .source
            .strip_prefix("https://")
            .and_then(|rest| rest.split_once('/'));
        assert!(
            source.is_some_and(|(host, path)| host.contains('.') && !path.contains(' ')),
            "{name}"
        );
        let reason = escalation.reason;
        assert!(
            !reason.is_empty() && reason.trim() == reason && !reason.ends_with('.'),
            "{name}: {reason}"
        );
        let actions: BTreeSet<_> = escalation.actions.iter().collect();
        assert_eq!(actions.len(), escalation.actions.len(), "{name}");
        assert!(seen.insert(actions), "{name}");
    }
    assert!(seen.len() >= 50);
    assert!(Escalation::all().is_sorted_by_key(|escalation| std::cmp::Reverse(escalation.weight)));
}

#[test]
fn points_are_added_by_level_and_escalations_by_weight() {
    let risk = Risk::of(&allowed(&json!([
        "iam:CreatePolicyVersion",
        "s3:PutObject",
        "s3:GetObject",
        "x:Unheard"
    ])));
    let levels = [
        Some(AccessLevel::PermissionsManagement),
        Some(AccessLevel::Write),
        Some(AccessLevel::Read),
        None,
    ];
    assert_eq!(levels.map(|level| risk.levels.of(level)), [1; 4]);
    assert_eq!(risk.score, 20 + 5 + 1 + 5 + 100);
    assert_eq!(Risk::of(&Permissions::none(Catalog::embedded())).score, 0);
    assert_eq!(Risk::of(&allowed(&json!("s3:ListAllMyBuckets"))).score, 1);
    assert_eq!(Risk::of(&allowed(&json!("ec2:CreateTags"))).score, 2);
}

#[test]
fn a_combination_counts_when_all_of_it_is_held() {
    assert_eq!(
        held(&json!(["iam:PassRole", "ec2:DescribeInstances"])),
        Vec::<String>::new()
    );
    assert_eq!(
        held(&json!([
            "ec2:RunInstances",
            "lambda:CreateFunction",
            "lambda:InvokeFunction"
        ])),
        Vec::<String>::new()
    );
    assert_eq!(
        held(&json!(["iam:PassRole", "ec2:Run*"])),
        ["iam:PassRole with ec2:RunInstances"]
    );
    let function = ["iam:PassRole with lambda:CreateFunction and lambda:InvokeFunction"];
    assert_eq!(
        held(&json!([
            "IAM:passrole",
            "lambda:CreateFunction",
            "lambda:Invoke*"
        ])),
        function
    );
}

#[test]
fn who_may_do_everything_holds_every_escalation() {
    let risk = Risk::of(&allowed(&json!("*")));
    assert_eq!(risk.escalations.len(), Escalation::all().len());
}

#[test]
fn a_catalog_without_a_service_does_not_hide_what_is_granted_of_it() {
    let catalog = Catalog::from_json(r#"{"s3":["GetObject"]}"#).unwrap();
    let read = |statement: Value| {
        let text = json!({"Statement": statement}).to_string();
        Permissions::allowed_by(&catalog, &Document::parse(&text).unwrap())
    };
    let held = |set: &Permissions<'_>| Escalation::held_by(set).len();
    let everything = read(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    assert_eq!(held(&everything), Escalation::all().len());

    let uses = |service| {
        let of = |escalation: &&Escalation| escalation.actions.iter().any(|(own, _)| *own == service);
        Escalation::all().iter().filter(of).count()
    };
    let rest = read(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}));
    assert_eq!(held(&rest), Escalation::all().len() - uses("iam"));
    assert_eq!(
        held(&read(
            json!({"Effect": "Allow", "Action": "SSM:*", "Resource": "*"})
        )),
        uses("ssm")
    );

    let mut cut = everything;
    cut.subtract(&rest);
    let mut joined = Permissions::none(&catalog);
    joined.union_with(&cut);
    let alone = |escalation: &&Escalation| escalation.actions.iter().all(|(own, _)| *own == "iam");
    assert_eq!(held(&joined), Escalation::all().iter().filter(alone).count());
}

#[test]
fn a_sentence_says_what_makes_the_score() {
    let said = |actions: &Value| Risk::of(&allowed(actions)).explain();
    assert_eq!(said(&json!([])), "no permissions");
    assert_eq!(
        said(&json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])),
        "2 write, 1 read"
    );
    assert_eq!(
        said(&json!([
            "iam:CreatePolicyVersion",
            "iam:PassRole",
            "ec2:RunInstances",
            "x:Unheard",
            "ec2:CreateTags"
        ])),
        "1 permissions management, 2 write, 1 unknown level, 1 tagging; may escalate privileges with \
         iam:CreatePolicyVersion, iam:PassRole with ec2:RunInstances"
    );
    assert_eq!(
        said(&json!([
            "ssm:SendCommand",
            "ssm:StartSession",
            "sts:AssumeRole",
            "kms:PutKeyPolicy"
        ])),
        "1 permissions management, 3 write; may escalate privileges with ssm:SendCommand, ssm:StartSession and \
         1 more way; may expose data with kms:PutKeyPolicy"
    );
    let everything = said(&json!("*"));
    let raising = Escalation::all()
        .iter()
        .filter(|escalation| escalation.gain == Gain::Rights)
        .count();
    assert!(
        everything.contains(&format!("and {} more ways;", raising - 2)),
        "{everything}"
    );
}

#[test]
fn a_change_weighs_its_actions_and_the_escalations_that_it_ends() {
    let before = Risk::of(&allowed(&json!([
        "iam:PassRole",
        "ec2:RunInstances",
        "ec2:StopInstances",
        "s3:GetObject"
    ])));
    assert_eq!(before.weigh(&allowed(&json!("ec2:RunInstances"))), 5 + 60);
    assert_eq!(before.weigh(&allowed(&json!("ec2:StopInstances"))), 5);
    assert_eq!(
        before.weigh(&allowed(&json!([
            "iam:PassRole",
            "ec2:RunInstances",
            "s3:GetObject"
        ]))),
        5 + 5 + 1 + 60
    );
    // Who does not hold a combination loses nothing of it.
    let half = Risk::of(&allowed(&json!("iam:PassRole")));
    assert_eq!(half.weigh(&allowed(&json!("iam:PassRole"))), 5);
}

#[test]
fn what_matters_most_comes_first() {
    let order = [
        Some(AccessLevel::PermissionsManagement),
        Some(AccessLevel::Write),
        None,
        Some(AccessLevel::Tagging),
        Some(AccessLevel::Read),
        Some(AccessLevel::List),
    ];
    let ranks: Vec<usize> = order.into_iter().map(rank).collect();
    assert_eq!(ranks, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn what_is_denied_everywhere_or_outside_the_boundary_is_ineffective() {
    let removed = allowed(&json!([
        "s3:GetObject",
        "s3:PutObject",
        "iam:PassRole",
        "sqs:SendMessage"
    ]));
    let none = Permissions::none(Catalog::embedded());
    let names = |denied: &Permissions<'static>, boundary: Option<&Permissions<'static>>| {
        list(&ineffective(&removed, denied, boundary))
    };
    let nothing: [&str; 0] = [];
    assert_eq!(names(&none, None), nothing);
    assert_eq!(names(&denied(&json!("s3:Get*"), "*"), None), ["s3:GetObject"]);
    assert_eq!(
        names(&denied(&json!("s3:Get*"), "arn:aws:s3:::one/*"), None),
        nothing
    );
    assert_eq!(
        names(&none, Some(&allowed(&json!(["s3:*", "sqs:*"])))),
        ["iam:PassRole"]
    );
    assert_eq!(
        names(&denied(&json!("sqs:*"), "*"), Some(&allowed(&json!("s3:Put*")))),
        ["iam:PassRole", "s3:GetObject", "sqs:SendMessage"]
    );
    assert_eq!(names(&none, Some(&allowed(&json!("*")))), nothing);
}

#[test]
fn only_what_is_certain_is_called_ineffective_beyond_the_catalog() {
    let removed = allowed(&json!(["s3:GetNew", "new:*"]));
    let none = Permissions::none(Catalog::embedded());
    let names = |denied: &Permissions<'static>, boundary: Option<&Permissions<'static>>| {
        list(&ineffective(&removed, denied, boundary))
    };
    let nothing: [&str; 0] = [];
    // A boundary's wildcard may allow what no catalog knows.
    assert_eq!(names(&none, Some(&allowed(&json!("*")))), nothing);
    assert_eq!(names(&none, Some(&allowed(&json!("s3:Get*")))), ["new:*"]);
    // A part of a wildcard is not the wildcard, and a name that was not removed is not listed for it.
    assert_eq!(
        names(&none, Some(&allowed(&json!(["s3:*", "new:Get*"])))),
        nothing
    );
    assert_eq!(
        names(&denied(&json!(["new:Get*", "new:Thing"]), "*"), None),
        nothing
    );
    assert_eq!(
        names(&denied(&json!(["new:*", "s3:*"]), "*"), None),
        ["new:*", "s3:GetNew"]
    );
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn what_a_change_weighs_is_by_what_the_score_falls(one in scene(), gone in scene()) {
        let catalog = Catalog::from_json(&one.catalog_text()).unwrap();
        let read = |scene: &Value| {
            let text = scene.to_string();
            Permissions::allowed_by(&catalog, &Document::parse(&text).unwrap())
        };
        let before = read(&one.policy);
        let mut after = before.clone();
        after.subtract(&read(&gone.policy));
        let mut removed = before.clone();
        removed.subtract(&after);
        // A wildcard of which a part is gone is in both.
        prop_assume!(!list(&before).iter().any(|action| action.contains(['*', '?'])));
        let (before, after) = (Risk::of(&before), Risk::of(&after));
        prop_assert_eq!(before.weigh(&removed), before.score - after.score);
        let writes = |levels: Levels| levels.of(Some(AccessLevel::Write));
        prop_assert_eq!(writes(before.levels) - writes(after.levels), writes(removed.levels()));
    }

    /// By the definition, action by action.
    #[test]
    fn the_ineffective_is_removed_and_blocked(one in scene(), own in scene(), bound in scene(), bounded in any::<bool>()) {
        let catalog = Catalog::from_json(&one.catalog_text()).unwrap();
        let texts = [&one, &own, &bound].map(|scene| scene.policy.to_string());
        let [one, own, bound] = texts.each_ref().map(|text| Document::parse(text).unwrap());
        let removed = Permissions::allowed_by(&catalog, &one);
        let mut denied = Permissions::denied_by(&catalog, &own);
        denied.union_with(&Permissions::denied_by(&catalog, &bound));
        let boundary = bounded.then(|| Permissions::allowed_by(&catalog, &bound));
        let found = list(&ineffective(&removed, &denied, boundary.as_ref()));
        for (service, name, _) in removed.iter() {
            let action = format!("{service}:{name}");
            let blocked = denied.contains(service, name)
                || boundary.as_ref().is_some_and(|boundary| !boundary.contains(service, name));
            let listed = found.contains(&action);
            // Of wildcards the law is one-sided.
            let certain = !name.contains(['*', '?']);
            prop_assert!(if certain { listed == blocked } else { !listed || blocked }, "{action}");
        }
        prop_assert!(found.iter().all(|action| list(&removed).contains(action)));
    }

    #[test]
    fn no_shorter_list_reaches_four_fifths(weights in proptest::collection::vec((0..50_u64, 0..3_usize), 0..9)) {
        let sure = [Level::High, Level::Medium, Level::Low];
        let all: Vec<FirstChange> = weights
            .iter()
            .enumerate()
            .map(|(at, (risk, level))| FirstChange { id: at.to_string(), risk: *risk, confidence: sure[*level] })
            .collect();
        let First { changes, share_percent, risk_removed } = First::of(&all);
        let total: u64 = weights.iter().map(|(risk, _)| risk).sum();
        prop_assert_eq!(risk_removed, total);
        let reached = |some: u64| some * 100 >= total * 80;
        let sum: u64 = changes.iter().map(|it| it.risk).sum();
        prop_assert!(reached(sum));
        prop_assert_eq!(u64::from(share_percent), sum * 100 / total.max(1));
        let rank = |it: &FirstChange| sure.iter().position(|level| *level == it.confidence);
        prop_assert!(changes.is_sorted_by_key(rank));
        // Of all choices of one change less, none reaches it.
        for choice in 0..1_u32 << weights.len() {
            let chosen = weights.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
            let sum: u64 = chosen.map(|(_, (risk, _))| risk).sum();
            prop_assert!(!reached(sum) || choice.count_ones() as usize >= changes.len());
        }
    }
}

//! What is said of the rules themselves.

use leastwise_core::decide::{ExceptionReview, Exceptions, Removable, Standing, Usage, Uses};
use leastwise_core::inventory::Inventory;
use leastwise_core::inventory::wire::{
    Account, Authorization, GroupDetail, InlinePolicy, PolicyText, UserDetail,
};

use super::{catalog, config, inventory, role, rules, unused, with_policies};

fn usage(exceptions: &Exceptions<'_>, inventory: &Inventory, standings: &[Standing]) -> Usage {
    exceptions.of(inventory).usage(standings, &catalog())
}

fn codes(review: &ExceptionReview<'_>) -> Vec<&'static str> {
    review.states.iter().map(|state| state.code().name()).collect()
}

/// The codes of the only rule that is not a default one.
fn codes_of_the_last(text: &str, roles: usize, keep: &str) -> Vec<&'static str> {
    let config = config(&format!("{keep}\n{text}"));
    let exceptions = rules(&config);
    let inventory = inventory((0..roles).map(|n| role("/", &format!("role-{n}"))).collect());
    let usage = usage(&exceptions, &inventory, &[]);
    codes(exceptions.review(&usage, roles).last().unwrap())
}

#[test]
fn what_rules_cover_is_counted_per_rule_and_adds_up_over_accounts() {
    let config = config(
        "keep = [\"sqs:*\"]\n\
         [[exception]]\nnames = [\"a*\"]\nexpires = \"never\"\n\
         [[exception]]\npolicies = [\"work\", \"Shared\"]\nexpires = \"never\"\n\
         [[exception]]\nnames = [\"b\"]\nactions = [\"s3:Get*\"]\nexpires = 2026-01-01\n",
    );
    let shared = "arn:aws:iam::222222222222:policy/Shared";
    let inventory = inventory(vec![
        with_policies(role("/", "a1"), "work", shared),
        role("/", "a2"),
        with_policies(role("/", "b"), "other", shared),
    ]);
    let b = Standing::Unused(Removable::of(&unused(&[
        ("s3", &[]),
        ("sqs", &[]),
        ("kms", &["Decrypt"]),
    ])));
    let standings = [Standing::AllUsed, Standing::AllUsed, b];
    let exceptions = rules(&config);
    let mut all = usage(&exceptions, &inventory, &standings);
    let counts = |usage: &Usage| {
        let rows = exceptions.review(usage, 3).into_iter().skip(3);
        rows.map(|it| {
            (
                it.id.to_string(),
                it.uses.principals,
                it.uses.policies,
                it.uses.actions,
            )
        })
        .collect::<Vec<_>>()
    };
    let row = |id: &str, principals, policies, actions| (id.to_owned(), principals, policies, actions);
    assert_eq!(
        counts(&all),
        [
            row("config:2", 2, 0, 0),
            row("config:7", 2, 3, 0),
            row("config:12", 1, 0, 2),
            row("keep:1", 3, 0, 1)
        ]
    );
    let again = all.clone();
    all.merge(&again);
    assert_eq!(
        counts(&all),
        [
            row("config:2", 4, 0, 0),
            row("config:7", 4, 6, 0),
            row("config:12", 2, 0, 4),
            row("keep:1", 6, 0, 2)
        ]
    );
}

#[test]
fn policies_of_groups_count_for_their_members() {
    let config = config("[[exception]]\npolicies = [\"crew\"]\nexpires = \"never\"\n");
    let user = |name: &str| UserDetail {
        user_name: name.to_owned(),
        arn: format!("arn:aws:iam::222222222222:user/{name}"),
        path: "/".to_owned(),
        group_list: vec!["crew".to_owned()],
        ..UserDetail::default()
    };
    let document = PolicyText("{}".to_owned());
    let group = GroupDetail {
        group_name: "crew".to_owned(),
        arn: "arn:aws:iam::222222222222:group/crew".to_owned(),
        path: "/".to_owned(),
        group_policy_list: vec![InlinePolicy {
            policy_name: "crew".to_owned(),
            policy_document: document,
        }],
        ..GroupDetail::default()
    };
    let answers = Authorization {
        user_detail_list: vec![user("ada"), user("bob")],
        group_detail_list: vec![group],
        ..Authorization::default()
    };
    let account = Account {
        id: "222222222222".to_owned(),
        ..Account::default()
    };
    let inventory = Inventory::new(account, answers).unwrap();
    let exceptions = rules(&config);
    let uses = exceptions
        .review(&usage(&exceptions, &inventory, &[]), 2)
        .last()
        .unwrap()
        .uses;
    assert_eq!(
        uses,
        Uses {
            principals: 2,
            policies: 2,
            actions: 0
        }
    );
}

#[test]
fn rules_that_run_out_are_told_before_and_after() {
    let of = |expires: &str| {
        let text = format!("[[exception]]\nnames = [\"role-0\"]\nexpires = {expires}\n");
        codes_of_the_last(&text, 3, "")
    };
    assert_eq!(of("\"never\""), ["active"]);
    assert_eq!(of("2026-12-22"), ["active"]);
    assert_eq!(of("2026-12-21"), ["active", "expiring"]);
    assert_eq!(of("2026-11-21"), ["active", "expiring"]);
    assert_eq!(of("2026-11-20"), ["expired"]);
    let config = config(
        "[[exception]]\nnames = [\"*\"]\nexpires = 2026-11-20\n[[exception]]\nnames = [\"*\"]\nexpires = 2026-11-22\n",
    );
    let reviews = rules(&config).review(&Usage::default(), 0);
    let sentences: Vec<String> = reviews[3..]
        .iter()
        .flat_map(|it| it.states.iter().map(|s| s.sentence()))
        .collect();
    assert_eq!(
        sentences,
        [
            "expired on 2026-11-20 and was ignored",
            "has no scope: it covers everything",
            "active",
            "expires tomorrow, 2026-11-22",
            "has no scope: it covers everything",
        ]
    );
}

#[test]
fn a_rule_about_nothing_that_is_there_is_told() {
    let of =
        |scope: &str| codes_of_the_last(&format!("[[exception]]\n{scope}\nexpires = \"never\"\n"), 3, "");
    assert_eq!(of("names = [\"gone\"]"), ["active", "never-matched"]);
    assert_eq!(of("policies = [\"gone\"]"), ["active", "never-matched"]);
    assert_eq!(of("names = [\"role-1\"]\nactions = [\"s3:Get*\"]"), ["active"]);
    // About actions alone: no evidence names one.
    assert_eq!(of("actions = [\"s3:Get*\"]"), ["active", "never-matched"]);
    assert_eq!(
        codes_of_the_last("", 3, "keep = [\"s3:GetObjct\"]"),
        ["active", "never-matched"]
    );
    // Nothing was read at all.
    let text = "[[exception]]\nnames = [\"gone\"]\nexpires = \"never\"\n";
    assert_eq!(codes_of_the_last(text, 0, ""), ["active"]);
    assert_eq!(
        codes_of_the_last("", 3, ""),
        ["active"],
        "a default rule need not match"
    );
}

#[test]
fn a_rule_that_reaches_too_far_is_told() {
    let of = |scope: &str, roles| {
        codes_of_the_last(
            &format!("[[exception]]\n{scope}\nexpires = \"never\"\n"),
            roles,
            "",
        )
    };
    assert_eq!(of("names = [\"role-*\"]", 11), ["active", "over-broad"]);
    assert_eq!(of("names = [\"role-*\"]", 10), ["active"]);
    // Six of twelve are half, and not more.
    let six = "names = [\"role-0\", \"role-1\", \"role-2\", \"role-3\", \"role-4\", \"role-5\"]";
    assert_eq!(of(six, 12), ["active"]);
    assert_eq!(of(six, 11), ["active", "over-broad"]);
    for bare in [
        "names = [\"*\"]",
        "names = [\"a\", \"*\"]",
        "paths = [\"/*\"]",
        "accounts = [\"*\"]",
    ] {
        assert_eq!(of(bare, 2), ["active", "over-broad"], "{bare}");
    }
    assert_eq!(
        of("names = [\"*\"]\ntags = { team = \"*\" }", 2),
        ["active", "never-matched"]
    );
    // A few actions, wherever they are, are not too far.
    assert_eq!(
        of("names = [\"role-*\"]\nactions = [\"kms:Decrypt\"]", 20),
        ["active"]
    );
    assert_eq!(
        of("names = [\"role-*\"]\nactions = [\"*\"]", 20),
        ["active", "over-broad"]
    );
    assert_eq!(
        codes_of_the_last("", 2, "keep = [\"*\"]"),
        ["active", "never-matched", "over-broad"]
    );
}

#[test]
fn the_review_has_every_rule_with_its_reason_and_owner() {
    let config = config("keep = [\"kms:Decrypt\"]\n[[exception]]\nnames = [\"a\"]\nexpires = \"never\"\n");
    let exceptions = rules(&config);
    let rows: Vec<(String, String, Option<&str>)> = exceptions
        .review(&Usage::default(), 0)
        .into_iter()
        .map(|it| (it.id.to_string(), it.reason.into_owned(), it.owner))
        .collect();
    let row = |id: &str, reason: &str, owner| (id.to_owned(), reason.to_owned(), owner);
    assert_eq!(
        rows,
        [
            row(
                "default:service-linked",
                "managed by an AWS service, which alone can change it",
                Some("AWS")
            ),
            row(
                "default:aws-reserved",
                "under a path reserved by AWS, which alone can change it",
                Some("AWS")
            ),
            row(
                "default:control-tower",
                "protected by a mandatory control of AWS Control Tower",
                Some("AWS")
            ),
            row("config:2", "r", Some("o")),
            row("keep:1", "`keep` lists kms:Decrypt", None),
        ]
    );
}

//! Who can assume a role, from every form of trust policy.

use std::collections::BTreeSet;

use leastwise_core::decide::{Conditions, Trust};
use leastwise_core::inventory::wire::PolicyText;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::chance::config as cases;

const MINE: &str = "111111111111";
const SISTER: &str = "222222222222";
const STRANGER: &str = "999988887777";

fn read(text: &str) -> Trust {
    let inside = BTreeSet::from([MINE.to_owned(), SISTER.to_owned()]);
    Trust::read(&PolicyText(text.to_owned()), &inside)
}

/// The trust of one statement that lets a principal in.
#[expect(
    clippy::needless_pass_by_value,
    reason = "cases are written where they are used"
)]
fn lets_in(principal: Value) -> Trust {
    let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    read(&json!({"Version": "2012-10-17", "Statement": statement}).to_string())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "cases are written where they are used"
)]
fn of(statements: Value) -> Trust {
    read(&json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

#[test]
fn accounts_are_read_from_ids_and_arns_and_sorted_by_whose_they_are() {
    let trust = lets_in(json!({"AWS": [
        SISTER,
        "arn:aws:iam::111111111111:root",
        "arn:aws:iam::999988887777:role/ops/deployer",
        "arn:aws-cn:iam::888877776666:user/ada",
        "arn:aws:sts::111111111111:assumed-role/ci/session",
    ]}));
    assert_eq!(trust.accounts_inside, [MINE, SISTER]);
    assert_eq!(trust.accounts_outside, ["888877776666", STRANGER]);
    assert!(!trust.anyone && !trust.unreadable && trust.is_open());
    assert_eq!(
        trust.sentence(),
        "can be assumed by accounts 888877776666 and 999988887777 outside the organisation and by accounts \
         111111111111 and 222222222222 of the organisation"
    );
}

#[test]
fn an_outside_account_and_a_service_make_one_sentence() {
    let trust = lets_in(json!({"AWS": STRANGER, "Service": "lambda.amazonaws.com"}));
    assert_eq!(
        trust.sentence(),
        "can be assumed by account 999988887777 outside the organisation and by lambda.amazonaws.com"
    );
}

#[test]
fn services_and_identity_providers_are_named() {
    let trust = lets_in(json!({
        "Service": ["lambda.amazonaws.com", "ec2.amazonaws.com", "lambda.amazonaws.com"],
        "Federated": "arn:aws:iam::111111111111:saml-provider/okta",
    }));
    assert_eq!(trust.services, ["ec2.amazonaws.com", "lambda.amazonaws.com"]);
    assert!(!trust.is_open());
    assert_eq!(
        trust.sentence(),
        "can be assumed through arn:aws:iam::111111111111:saml-provider/okta and by ec2.amazonaws.com and \
         lambda.amazonaws.com"
    );
}

#[test]
fn the_star_in_every_form_is_anyone() {
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": [MINE, "*"]}),
        json!({"*": "*"}),
        json!({"AWS": "arn:aws:iam::*:root"}),
    ] {
        let trust = lets_in(principal.clone());
        assert!(trust.anyone && trust.is_open(), "{principal}");
        assert!(
            trust.sentence().starts_with("can be assumed by anyone"),
            "{principal}"
        );
    }
    let all_but = of(json!({"Effect": "Allow", "NotPrincipal": {"AWS": MINE}, "Action": "sts:AssumeRole"}));
    assert!(all_but.anyone);
}

#[test]
fn conditions_are_told_apart_by_whether_they_stand_everywhere() {
    let bound = json!({
        "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-acme"}},
    });
    let free =
        json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let empty =
        json!({"Effect": "Allow", "Principal": {"AWS": MINE}, "Action": "sts:AssumeRole", "Condition": {}});
    assert_eq!(of(json!([bound])).conditions, Conditions::All);
    assert_eq!(
        of(json!([bound])).sentence(),
        "can be assumed by anyone, under conditions"
    );
    assert_eq!(of(json!([free, empty])).conditions, Conditions::None);
    let some = of(json!([bound, free]));
    assert_eq!(some.conditions, Conditions::Some);
    assert_eq!(
        some.sentence(),
        "can be assumed by anyone and by ec2.amazonaws.com, in part under conditions"
    );
}

#[test]
fn deny_statements_are_noted_and_take_nobody_away() {
    let trust = of(json!([
        {"Effect": "Allow", "Principal": {"AWS": MINE}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": [MINE, STRANGER]}, "Action": "sts:AssumeRole"},
    ]));
    assert_eq!(
        (
            trust.accounts_inside.len(),
            trust.accounts_outside.len(),
            trust.denies
        ),
        (1, 0, true)
    );
    assert_eq!(
        trust.sentence(),
        "can be assumed by account 111111111111 of the organisation, except where a Deny statement applies"
    );
}

#[test]
fn a_statement_that_does_not_assume_lets_nobody_in() {
    let of_action = |action: Value| {
        of(json!({"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": action}))
            .accounts_outside
            .len()
    };
    assert_eq!(of_action(json!("sts:TagSession")), 0);
    assert_eq!(of_action(json!(["sts:SetSourceIdentity", "sts:TagSession"])), 0);
    for action in [
        json!("sts:AssumeRole"),
        json!(["sts:TagSession", "STS:assumerole*"]),
        json!("*"),
        json!("sts:AssumeRoleWithSAML"),
        json!("sts:AssumeRoleWithWebIdentity"),
        // What cannot be read may be one.
        json!(["not an action"]),
        json!(7),
    ] {
        assert_eq!(of_action(action.clone()), 1, "{action}");
    }
}

#[test]
fn canonical_users_and_deleted_principals_name_no_account() {
    let trust = lets_in(json!({"CanonicalUser": "79a59df900b949e5", "AWS": "AROAEXAMPLEID"}));
    assert_eq!(trust.nameless, ["79a59df900b949e5", "AROAEXAMPLEID"]);
    assert!(!trust.is_open());
    assert_eq!(
        trust.sentence(),
        "can be assumed by 79a59df900b949e5 and AROAEXAMPLEID (no known account)"
    );
}

#[test]
fn what_cannot_be_read_is_never_nobody() {
    for text in [
        "",
        "{",
        "null",
        "[]",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Statement":"x"}"#,
        r#"{"Statement":[7]}"#,
        r#"{"Statement":{"Effect":"Maybe","Principal":"*","Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":7,"Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":[7]},"Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":{"Robot":"x"},"Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","principal":"*","Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":"x","Principal":"*","Action":"sts:AssumeRole"}}"#,
    ] {
        let trust = read(text);
        assert!(trust.unreadable && trust.is_open(), "{text}");
        assert_eq!(
            trust.sentence(),
            "has a trust policy that could not be read",
            "{text}"
        );
    }
    let part = of(json!([{"Effect": "Allow", "Principal": {"AWS": MINE}, "Action": "sts:AssumeRole"}, 7]));
    assert_eq!(
        part.sentence(),
        "can be assumed by account 111111111111 of the organisation; parts of the trust policy could not be read"
    );
    assert_eq!(of(json!([])).sentence(), "can be assumed by no one");
}

#[test]
fn hostile_names_are_escaped_in_the_sentence_and_kept_in_the_list() {
    let trust = lets_in(json!({"Service": "evil\u{1b}[31m\n\u{202e}.com"}));
    assert_eq!(trust.services, ["evil\u{1b}[31m\n\u{202e}.com"]);
    assert_eq!(
        trust.sentence(),
        "can be assumed by `evil\\u001b[31m\\n\\u202e.com`"
    );
    let long = lets_in(json!({"Service": "x".repeat(5000)}));
    assert!(long.sentence().len() < 120);
}

#[test]
fn a_sentence_names_five_and_counts_the_rest() {
    let ids: Vec<String> = (0..8).map(|n| format!("{n:012}")).collect();
    assert_eq!(
        lets_in(json!({"AWS": ids})).sentence(),
        "can be assumed by accounts 000000000000, 000000000001, 000000000002, 000000000003, 000000000004 and 3 \
         more outside the organisation"
    );
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn no_text_makes_reading_trust_panic(text in ".{0,60}", name in "\\PC{0,30}") {
        let _ = read(&text).sentence();
        let trust = lets_in(json!({"AWS": name, "Service": name, "Federated": [name]}));
        prop_assert!(!trust.sentence().chars().any(char::is_control));
    }
}

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{DenyPolicy, Excess, TrialDoesNotFit, TrialRoom, deny, excess, mark};
use crate::catalog::{Catalog, Harvest, Permissions, Universe};
use crate::policy::{Document, Observed};

const NAMES: &str = r#"{"s3":["DeleteBucket","DeleteObject","GetBucketAcl","GetObject","GetObjectAcl","PutObject"],"sqs":["PurgeQueue","SendMessage"]}"#;

fn policy(actions: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
    )
}

/// What a policy loses.
fn lost<'c>(catalog: &'c Catalog, before: &str, after: &str) -> Permissions<'c> {
    let (before, after) = (policy(before), policy(after));
    let mut lost = Permissions::allowed_by(catalog, &Document::parse(&before).unwrap());
    lost.subtract(&Permissions::allowed_by(
        catalog,
        &Document::parse(&after).unwrap(),
    ));
    lost
}

fn denied(before: &str, after: &str, chars: usize) -> Vec<Vec<String>> {
    let catalog = Catalog::from_json(NAMES).unwrap();
    let room = TrialRoom { chars, policies: 10 };
    deny(&lost(&catalog, before, after), &Harvest::default(), room).unwrap()
}

/// One policy of these names takes so many characters, to the letter.
fn needs(actions: &[&str]) -> usize {
    let actions: Vec<String> = actions.iter().map(|it| (*it).to_owned()).collect();
    DenyPolicy::of(&mark("any", &actions), &actions).chars()
}

#[test]
fn names_are_written_out_while_they_fit_and_shortened_to_what_is_taken_as_a_whole() {
    let (before, after) = (r#""s3:*","sqs:*""#, r#""s3:GetObject","s3:GetObjectAcl""#);
    let names = [
        "s3:DeleteBucket",
        "s3:DeleteObject",
        "s3:GetBucketAcl",
        "s3:PutObject",
        "sqs:PurgeQueue",
        "sqs:SendMessage",
    ];
    assert_eq!(denied(before, after, needs(&names)), [names]);
    let short = ["s3:D*", "s3:GetBucketAcl", "s3:PutObject", "sqs:*"];
    assert_eq!(denied(before, after, needs(&names) - 1), [short]);
    assert_eq!(denied(before, after, needs(&short)), [short]);
    let two = denied(before, after, needs(&short) - 1);
    assert_eq!(two, [&short[..3], &short[3..]]);
}

#[test]
fn a_prefix_that_reaches_what_the_policy_never_allowed_is_not_written() {
    // That all known names are taken is not enough: a wildcard would also deny names that the catalog lacks.
    let names = ["s3:DeleteBucket", "s3:DeleteObject"];
    let two = denied(
        r#""s3:DeleteBucket","s3:DeleteObject""#,
        r#""sqs:*""#,
        needs(&names) - 1,
    );
    assert_eq!(two, names.map(|name| [name]));
    // Nor one that reaches what is kept under a name that the catalog lacks.
    let kept = denied(
        r#""s3:*""#,
        r#""s3:DeleteNewThing","s3:Get*","s3:Put*""#,
        needs(&names) - 1,
    );
    assert_eq!(kept, names.map(|name| [name]));
}

#[test]
fn names_beyond_the_catalog_are_denied_if_somebody_names_them() {
    let catalog = Catalog::from_json(NAMES).unwrap();
    let named = [(
        "s3".to_owned(),
        vec!["GetShiny".to_owned(), "PutShiny".to_owned()],
    )]
    .into();
    let harvest = Harvest::of_names(&catalog, &named);
    let lost = lost(&catalog, r#""s3:Get*","new:*""#, r#""s3:GetObject*""#);
    let all = deny(&lost, &harvest, TrialRoom::attached(1)).unwrap();
    assert_eq!(all, [["new:*", "s3:GetBucketAcl", "s3:GetShiny"]]);
}

#[test]
fn what_does_not_fit_is_said_in_policies() {
    let catalog = Catalog::from_json(NAMES).unwrap();
    let lost = lost(&catalog, r#""s3:GetBucketAcl","s3:PutObject""#, r#""sqs:*""#);
    let room = TrialRoom {
        chars: needs(&["s3:GetBucketAcl"]),
        policies: 1,
    };
    assert_eq!(
        deny(&lost, &Harvest::default(), room),
        Err(TrialDoesNotFit { policies: 2, room: 1 })
    );
    assert_eq!(
        deny(&lost, &Harvest::default(), TrialRoom { policies: 2, ..room })
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_trial_that_denies_more_than_the_change_takes_is_found() {
    let catalog = Catalog::from_json(NAMES).unwrap();
    let found = |actions: &[&str], before: &str, after: &str| {
        let (before, after) = (policy(before), policy(after));
        let (before, after) = (
            Document::parse(&before).unwrap(),
            [Document::parse(&after).unwrap()],
        );
        let universe = Universe::new((&catalog).into(), &before, &Observed::default());
        let actions: Vec<String> = actions.iter().map(|it| (*it).to_owned()).collect();
        excess(&actions, &before, &after, &universe)
    };
    let (before, after) = (r#""s3:*""#, r#""s3:GetObject""#);
    assert_eq!(
        found(&["s3:D*", "s3:GetObjectAcl", "s3:Shiny"], before, after),
        None
    );
    let still = |name: &str| Some(Excess::StillAllowed(name.to_owned()));
    assert_eq!(found(&["s3:D*", "s3:Get*"], before, after), still("s3:GetObject"));
    // No catalog has it.
    assert_eq!(
        found(&["s3:D*"], before, r#""s3:DeleteNewThing""#),
        still("s3:D*")
    );
    let never = |name: &str| Some(Excess::NotAllowedBefore(name.to_owned()));
    assert_eq!(
        found(&["sqs:SendMessage"], before, after),
        never("sqs:SendMessage")
    );
    assert_eq!(found(&["s3:D*"], r#""s3:Delete*""#, after), never("s3:D*"));
    assert_eq!(
        found(&["s3:DeleteBucket", "s3"], before, after),
        Some(Excess::NotAnAction("s3".to_owned()))
    );
}

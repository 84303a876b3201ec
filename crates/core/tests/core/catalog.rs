//! The catalog: what is embedded, and what may take its place.

use std::fs;

use leastwise_core::catalog::{AccessLevel, Catalog};

#[test]
fn the_embedded_catalog_is_the_text_in_the_repository_to_the_byte() {
    let text = fs::read_to_string("catalog/catalog.txt").unwrap();
    assert_eq!(Catalog::embedded().to_text(), text);
    let parsed = Catalog::parse(&text).unwrap();
    assert_eq!(parsed.to_text(), text);
    assert_eq!(parsed.digest(), Catalog::embedded().digest());
}

#[test]
fn actions_are_found_in_any_case_and_tell_what_they_do() {
    let level = |service, name| {
        Catalog::embedded()
            .action(service, name)
            .map(|action| (action.name, action.level))
    };
    assert_eq!(level("S3", "getobject"), Some(("GetObject", AccessLevel::Read)));
    assert_eq!(level("iam", "PASSROLE").map(|(name, _)| name), Some("PassRole"));
    assert_eq!(
        level("s3", "PutBucketPolicy"),
        Some(("PutBucketPolicy", AccessLevel::PermissionsManagement))
    );
    assert_eq!(
        level("s3", "PutObjectTagging"),
        Some(("PutObjectTagging", AccessLevel::Tagging))
    );
    assert_eq!(level("rds-db", "connect").map(|(name, _)| name), Some("connect"));
    assert_eq!(level("s3", "GetObj"), None);
    assert_eq!(level("nosuch", "GetObject"), None);
}

#[test]
fn every_embedded_action_is_found_under_its_own_name() {
    let catalog = Catalog::embedded();
    let mut seen = 0;
    for action in catalog.actions() {
        assert_eq!(
            catalog.action(action.service, &action.name.to_ascii_uppercase()),
            Some(action)
        );
        seen += 1;
    }
    assert_eq!(seen, catalog.action_count());
    assert!(seen > 20_000 && catalog.service_count() > 400);
}

#[test]
fn a_catalog_whose_names_could_turn_into_patterns_is_refused() {
    for name in ["Get*", "Get?", "a:b", "", "a\"b", "a\\b", "a b", "a\nb"] {
        let json = serde_json::json!({"s3": [name]}).to_string();
        assert!(Catalog::from_json(&json).is_err(), "{name:?}");
    }
    assert!(Catalog::from_json(r#"{"s 3":["Get"]}"#).is_err());
    assert!(Catalog::from_json("[]").is_err());
    assert!(Catalog::parse("leastwise-catalog 1\nversion 1\n\ns3\nX GetObject\n").is_err());
}

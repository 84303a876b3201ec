//! Which catalog is used, how old it is, and the commands around it.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use leastwise_aws::update::{
    CatalogOrigin, ChosenCatalog, UpdateError, age_in_days, cache_path, choose, stale_warning,
};
use leastwise_core::catalog::Catalog;
use tempfile::TempDir;

use crate::reference::service;

const NEWER: &str =
    "leastwise-catalog 1\nversion mine\nupdated 2099-01-01T00:00:00Z\nsource mine\n\ns3\nR GetObject\n";
const OLDER: &str =
    "leastwise-catalog 1\nversion mine\nupdated 2020-01-01T00:00:00Z\nsource mine\n\ns3\nR GetObject\n";

/// What was chosen, and what was warned of.
fn chosen(explicit: Option<&Path>, cache: Option<&Path>) -> (ChosenCatalog, Vec<String>) {
    let mut warnings = Vec::new();
    let chosen = choose(explicit, cache, &mut |warning| warnings.push(warning)).unwrap();
    (chosen, warnings)
}

#[test]
fn the_cache_is_where_xdg_says() {
    let path = |set: &[(&str, &str)]| {
        cache_path(&|name| {
            set.iter()
                .find(|(set, _)| *set == name)
                .map(|(_, value)| value.into())
        })
    };
    let found = |path: &str| Some(PathBuf::from(path));
    assert_eq!(
        path(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")]),
        found("/c/leastwise/catalog.txt")
    );
    assert_eq!(
        path(&[("XDG_CACHE_HOME", "c"), ("HOME", "/h")]),
        found("/h/.cache/leastwise/catalog.txt")
    );
    assert_eq!(
        path(&[("XDG_CACHE_HOME", ""), ("HOME", "/h")]),
        found("/h/.cache/leastwise/catalog.txt")
    );
    assert_eq!(path(&[("HOME", "")]), None);
}

#[test]
fn the_named_catalog_comes_first_then_the_newer_of_the_user_s_and_the_embedded_one() {
    let folder = TempDir::new().unwrap();
    let (cache, named) = (
        folder.path().join("catalog.txt"),
        folder.path().join("named.json"),
    );
    fs::write(&named, "\n  {\"sqs\":[\"SendMessage\"]}").unwrap();

    let (none, warnings) = chosen(None, Some(&cache));
    assert_eq!((none.origin(), warnings.len()), (&CatalogOrigin::Embedded, 0));
    assert_eq!(none.digest(), Catalog::embedded().digest());

    fs::write(&cache, OLDER).unwrap();
    assert_eq!(chosen(None, Some(&cache)).0.origin(), &CatalogOrigin::Embedded);

    fs::write(&cache, NEWER).unwrap();
    let (newer, warnings) = chosen(None, Some(&cache));
    assert_eq!(
        (newer.origin(), warnings.len()),
        (&CatalogOrigin::Updated(cache.clone()), 0)
    );
    assert_eq!((newer.version(), newer.action_count()), ("mine", 1));

    let (explicit, _) = chosen(Some(&named), Some(&cache));
    assert_eq!(explicit.origin(), &CatalogOrigin::Explicit(named));
    assert!(explicit.action("sqs", "sendmessage").is_some());
    assert_eq!(chosen(Some(&cache), None).0.version(), "mine");
}

#[test]
fn of_an_older_catalog_nothing_but_the_header_is_looked_at() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("catalog.txt");
    fs::write(&cache, format!("{OLDER}no line of a catalog")).unwrap();
    let (embedded, warnings) = chosen(None, Some(&cache));
    assert_eq!(
        (embedded.origin(), warnings),
        (&CatalogOrigin::Embedded, Vec::new())
    );
}

#[test]
fn a_broken_catalog_of_the_user_is_told_with_the_mend_and_does_not_stop_the_work() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("catalog.txt");
    let header = NEWER.split_once("\n\n").unwrap().0;
    let undated = NEWER.replace("2099-01-01T00:00:00Z", "some day");
    for broken in [
        "",
        "rubbish",
        "\u{0}",
        header,
        &format!("{NEWER}rubbish"),
        &undated,
        &"leastwise-catalog 1\n".repeat(999),
    ] {
        fs::write(&cache, broken).unwrap();
        let (embedded, warnings) = chosen(None, Some(&cache));
        assert_eq!(embedded.origin(), &CatalogOrigin::Embedded);
        assert_eq!(warnings.len(), 1, "{broken}");
        assert!(warnings[0].contains(cache.to_str().unwrap()), "{warnings:?}");
        assert!(warnings[0].contains("`leastwise catalog update`"), "{warnings:?}");
    }
    fs::remove_file(&cache).unwrap();
    fs::create_dir(&cache).unwrap();
    assert_eq!(chosen(None, Some(&cache)).1.len(), 1);
}

#[test]
fn a_named_catalog_may_be_a_folder_and_must_be_usable() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("s3.json"), service("s3", &["GetObject"])).unwrap();
    let (catalog, _) = chosen(Some(folder.path()), None);
    assert_eq!((catalog.action_count(), catalog.updated()), (1, ""));
    assert_eq!(catalog.action("s3", "GetObject").unwrap().tracked, Some(true));

    let file = folder.path().join("odd");
    for (text, part) in [
        ("rubbish", "is not a list of IAM actions"),
        ("[]", "must be an object"),
        (OLDER.split_once("\n\n").unwrap().0, "no service"),
    ] {
        fs::write(&file, text).unwrap();
        let error = choose(Some(&file), None, &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("odd`") && error.contains(part), "{error}");
    }
    assert!(matches!(
        choose(Some(Path::new("/no/such")), None, &mut |_| {}),
        Err(UpdateError::Read { .. })
    ));
}

#[test]
fn a_catalog_gets_a_warning_after_sixty_days() {
    let folder = TempDir::new().unwrap();
    let (cache, plain) = (
        folder.path().join("catalog.txt"),
        folder.path().join("plain.json"),
    );
    fs::write(&cache, NEWER).unwrap();
    fs::write(&plain, r#"{"s3":["GetObject"]}"#).unwrap();
    let at = |now: &str| now.parse::<Timestamp>().unwrap();
    let (sixty, sixty_one) = (at("2099-03-02T23:59:59Z"), at("2099-03-03T00:00:00Z"));

    let (updated, _) = chosen(None, Some(&cache));
    assert_eq!(age_in_days(updated.updated(), sixty), Some(60));
    assert_eq!(stale_warning(&updated, sixty), None);
    let warning = stale_warning(&updated, sixty_one).unwrap();
    assert_eq!(
        warning,
        "the list of IAM actions is 61 days old; for a newer one, run `leastwise catalog update`"
    );

    let (named, _) = chosen(Some(&cache), None);
    assert!(
        stale_warning(&named, sixty_one)
            .unwrap()
            .ends_with("and drop --catalog")
    );
    assert_eq!(stale_warning(&chosen(Some(&plain), None).0, sixty_one), None);
    assert_eq!(age_in_days("2099-01-01", sixty_one), Some(61));
    assert_eq!(age_in_days("yesterday", sixty), None);
    assert_eq!(
        age_in_days("2099-01-02T00:00:00Z", at("2099-01-01T12:00:00Z")),
        Some(-1)
    );
}

//! What an update does not accept, and that it then changes nothing.

use std::fs;

use leastwise_aws::update::{CallError, CatalogSource, DownloadLimits, Loss, Options, UpdateError};
use leastwise_core::catalog::Catalog;
use tempfile::TempDir;

use super::{Attempt, aws, aws_but, index, reference, service, updated};
use crate::wire::{Reply, Server};

/// `{"service": [n actions]}`
fn sized(services: &[(&str, usize)]) -> String {
    let services = services.iter().map(|(name, size)| {
        let names: Vec<_> = (0..*size).map(|number| format!("Get{number}")).collect();
        ((*name).to_owned(), names.into())
    });
    serde_json::Value::Object(services.collect()).to_string()
}

#[test]
fn an_index_that_names_another_site_is_refused_before_anything_of_it_is_fetched() {
    let other = aws();
    let stranger = format!("{}v1/s3/s3.json", other.url());
    let named = stranger.clone();
    let server = Server::start(|port| {
        move |path: &str, _| match path {
            "/" => Reply::ok(index(&[
                ("sqs", format!("http://127.0.0.1:{port}/v1/sqs/sqs.json")),
                ("s3", named.clone()),
            ])),
            _ => reference(port, path),
        }
    });
    let error = Attempt::from(&server.url()).fails();
    let site = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(
        error.to_string(),
        format!("the index lists `{stranger}` for `s3`, which is not at {site}")
    );
    assert_eq!(server.asked(), ["/"]);
    assert!(other.asked().is_empty());
}

#[test]
fn answers_beyond_all_measure_are_cut_off() {
    let server = aws();
    let error = Attempt::from(&server.url())
        .within(|limits| limits.file_bytes = 200)
        .fails();
    assert!(
        matches!(
            error,
            UpdateError::Call {
                attempts: 1,
                error: CallError::TooLong { most: 200 },
                ..
            }
        ),
        "{error}"
    );
    let error = Attempt::from(&server.url())
        .within(|limits| limits.index_bytes = 20)
        .fails();
    assert!(
        matches!(
            error,
            UpdateError::Call {
                attempts: 1,
                error: CallError::TooLong { most: 20 },
                ..
            }
        ),
        "{error}"
    );
    let error = Attempt::from(&server.url())
        .within(|limits| limits.total_bytes = 300)
        .fails();
    assert_eq!(error.to_string(), "the responses exceed 300 bytes in total");
    let error = Attempt::from(&server.url())
        .within(|limits| limits.services = 1)
        .fails();
    assert_eq!(error.to_string(), "there are more than 1 services");
}

#[test]
fn what_is_not_the_service_reference_is_refused() {
    let login = aws_but(|_| Some(Reply::ok("<html>Welcome to the hotel</html>")));
    let error = Attempt::from(&login.url()).fails();
    assert!(matches!(error, UpdateError::Reference { .. }), "{error}");
    let binary = aws_but(|_| Some(Reply::ok([0xff, 0xfe])));
    let error = Attempt::from(&binary.url()).fails();
    assert!(
        matches!(
            error,
            UpdateError::Call {
                error: CallError::NotText,
                ..
            }
        ),
        "{error}"
    );
    // Compressed, though that was not asked for.
    let packed = aws_but(|_| Some(Reply::ok(*b"\x1f\x8b\x08").with("Content-Encoding: gzip")));
    let error = Attempt::from(&packed.url()).fails();
    assert!(
        matches!(
            error,
            UpdateError::Call {
                error: CallError::NotText,
                ..
            }
        ),
        "{error}"
    );
    let twice = aws_but(|_| Some(Reply::ok(service("sqs", &["SendMessage", "GetQueueUrl"]))));
    let error = Attempt::from(&twice.url()).fails();
    assert!(
        matches!(&error, UpdateError::Repeated { service, .. } if service == "sqs"),
        "{error}"
    );
    let wild = aws_but(|_| Some(Reply::ok(service("s3", &["Get*"]))));
    assert!(matches!(
        Attempt::from(&wild.url()).fails(),
        UpdateError::Unfit(_)
    ));
    for address in ["http://", "https://user:secret@host/", "http://host:99999/"] {
        assert!(
            matches!(Attempt::from(address).fails(), UpdateError::BadAddress { .. }),
            "{address}"
        );
    }
}

#[test]
fn a_service_that_lost_more_than_a_fifth_is_refused_unless_forced() {
    let folder = TempDir::new().unwrap();
    for (name, size) in [
        ("four", 3),
        ("one", 1),
        ("ten", 8),
        ("eleven", 8),
        ("two", 1),
        ("five", 3),
    ] {
        let names: Vec<_> = (0..size).map(|number| format!("Get{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        fs::write(folder.path().join(format!("{name}.json")), service(name, &names)).unwrap();
    }
    let attempt = || Attempt::from(folder.path().to_str().unwrap());
    let tolerated = sized(&[("ten", 10), ("four", 4), ("two", 2), ("one", 1)]);
    assert!(attempt().against(&tolerated).brings().contains("\nten\n"));

    let lost = sized(&[("ten", 10), ("eleven", 11), ("five", 5), ("gone", 1)]);
    let error = attempt().against(&lost).fails();
    let loss = |service: &str, before, after| Loss {
        service: service.to_owned(),
        before,
        after,
    };
    let expected = [loss("eleven", 11, 8), loss("five", 5, 3), loss("gone", 1, 0)];
    assert!(
        matches!(&error, UpdateError::Shrunk { losses } if losses[..] == expected),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        "3 service(s) have far fewer actions than in the current list: eleven 11 -> 8, five 5 -> 3, gone 1 -> 0",
    );
    assert!(error.help().contains("--force"));
    assert!(attempt().against(&lost).forced().brings().contains("\neleven\n"));
}

#[test]
fn ten_shrunken_services_are_named_and_the_others_counted() {
    let names: Vec<_> = (10..23).map(|number| format!("s{number}")).collect();
    let lost: Vec<_> = names.iter().map(|name| (name.as_str(), 3)).collect();
    let error = Attempt::from(&aws().url())
        .against(&sized(&lost))
        .fails()
        .to_string();
    assert!(
        error.starts_with("13 service(s) have far fewer actions"),
        "{error}"
    );
    assert!(error.ends_with("s18 3 -> 0, s19 3 -> 0 and 3 more"), "{error}");
}

#[test]
fn a_cache_that_cannot_be_written_shows_before_anything_is_fetched() {
    let server = aws();
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    let (cache, in_use) = (
        home.path().join("file/leastwise/catalog.txt"),
        Catalog::embedded(),
    );
    let mut options = Options {
        source: CatalogSource::Mirror(server.url()),
        cache: Some(&cache),
        in_use,
        force: true,
        limits: DownloadLimits::default(),
        environment: &|_| None,
    };
    let error = updated(&options, &mut |_| {}).unwrap_err();
    assert!(matches!(error, UpdateError::Write { .. }), "{error}");
    options.cache = None;
    let error = updated(&options, &mut |_| {}).unwrap_err();
    assert!(matches!(error, UpdateError::NoCache), "{error}");
    assert!(server.asked().is_empty());
}

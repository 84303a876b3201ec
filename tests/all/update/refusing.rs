//! What an update does not accept, and that it then changes nothing.

use std::fs;

use leastwise::catalog::Catalog;
use leastwise::update::{self, CallError, Limits, Loss, Options, Source, UpdateError};
use tempfile::TempDir;

use super::wire::{Reply, Server};
use super::{Attempt, WHOLE, aws, aws_but, index, now, reference, service};

/// `{"Name":"sqs","Actions":[{"Name":"SendMessage",...}]}`, packed.
const PACKED: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xf2\x4b\xcc\x4d\x55\xb2\x52\x50\x2a\x2e\x2c\x56\xd2\
    \x51\x50\x72\x4c\x2e\xc9\xcc\xcf\x2b\x06\x8a\x44\x57\xc3\xe5\x82\x53\xf3\x52\x7c\x53\x8b\x8b\x13\xd3\
    \x53\x41\x6a\x82\x4b\x0b\x0a\xf2\x8b\x4a\x52\x53\x9c\x2a\x81\xb2\xd5\x4a\x9e\x8e\xbe\x0a\x10\x7d\x0a\
    \x3e\x89\xc5\x25\x40\x76\x32\x50\x71\x6a\x0a\x50\x32\x2d\x31\xa7\x38\xb5\xb6\x36\xb6\x16\x00\x6f\x4f\
    \x27\xe7\x69\x00\x00\x00";

/// Twenty thousand blanks, packed.
const BOMB: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\x2a\xeb\x9f\xd2\x1a\x1e\
    \x40\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x60\x28\xc4\x08\
    \x85\x20\x4e\x00\x00";

#[test]
fn packed_answers_are_unpacked_within_the_same_bounds() {
    let packing = |packed: &'static [u8]| {
        Server::start(move |port| {
            move |path: &str, _| match path {
                "/v1/sqs/sqs.json" => Reply::ok(packed).with("Content-Encoding: gzip"),
                _ => reference(port, path),
            }
        })
    };
    assert_eq!(Attempt::from(&packing(PACKED).url()).brings(), WHOLE);
    let error = Attempt::from(&packing(BOMB).url()).within(|limits| limits.file_bytes = 10_000).fails();
    assert!(matches!(error, UpdateError::Call { error: CallError::TooLong { .. }, .. }), "{error}");
}

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
    assert_eq!(error.to_string(), format!("the index names `{stranger}` for `s3`, which is not at {site}"));
    assert_eq!(server.asked(), ["/"]);
    assert!(other.asked().is_empty());
}

#[test]
fn answers_beyond_all_measure_are_cut_off() {
    let server = aws();
    let error = Attempt::from(&server.url()).within(|limits| limits.file_bytes = 200).fails();
    assert!(
        matches!(error, UpdateError::Call { attempts: 1, error: CallError::TooLong { most: 200 }, .. }),
        "{error}"
    );
    let error = Attempt::from(&server.url()).within(|limits| limits.index_bytes = 20).fails();
    assert!(
        matches!(error, UpdateError::Call { attempts: 1, error: CallError::TooLong { most: 20 }, .. }),
        "{error}"
    );
    let error = Attempt::from(&server.url()).within(|limits| limits.total_bytes = 300).fails();
    assert_eq!(error.to_string(), "the answers are longer than 300 bytes in all");
    let error = Attempt::from(&server.url()).within(|limits| limits.services = 1).fails();
    assert_eq!(error.to_string(), "there are more than 1 services");
}

#[test]
fn what_is_not_the_service_reference_is_refused() {
    let login = aws_but(|_| Some(Reply::ok("<html>Welcome to the hotel</html>")));
    let error = Attempt::from(&login.url()).fails();
    assert!(matches!(error, UpdateError::Reference { .. }), "{error}");
    let binary = aws_but(|_| Some(Reply::ok([0xff, 0xfe])));
    let error = Attempt::from(&binary.url()).fails();
    assert!(matches!(error, UpdateError::Call { error: CallError::NotText, .. }), "{error}");
    let twice = aws_but(|_| Some(Reply::ok(service("sqs", &["SendMessage", "GetQueueUrl"]))));
    let error = Attempt::from(&twice.url()).fails();
    assert!(matches!(&error, UpdateError::Repeated { service, .. } if service == "sqs"), "{error}");
    let wild = aws_but(|_| Some(Reply::ok(service("s3", &["Get*"]))));
    assert!(matches!(Attempt::from(&wild.url()).fails(), UpdateError::Unfit(_)));
    for address in ["http://", "https://user:secret@host/", "http://host:99999/"] {
        assert!(matches!(Attempt::from(address).fails(), UpdateError::BadAddress { .. }), "{address}");
    }
}

#[test]
fn a_service_that_lost_more_than_a_fifth_is_refused_unless_forced() {
    let folder = TempDir::new().unwrap();
    for (name, size) in [("four", 3), ("one", 1), ("ten", 8), ("eleven", 8), ("two", 1), ("five", 3)] {
        let names: Vec<_> = (0..size).map(|number| format!("Get{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        fs::write(folder.path().join(format!("{name}.json")), service(name, &names)).unwrap();
    }
    let attempt = || Attempt::from(folder.path().to_str().unwrap());
    let tolerated = sized(&[("ten", 10), ("four", 4), ("two", 2), ("one", 1)]);
    assert!(attempt().against(&tolerated).brings().contains("\nten\n"));

    let lost = sized(&[("ten", 10), ("eleven", 11), ("five", 5), ("gone", 1)]);
    let error = attempt().against(&lost).fails();
    let loss = |service: &str, before, after| Loss { service: service.to_owned(), before, after };
    let expected = [loss("eleven", 11, 8), loss("five", 5, 3), loss("gone", 1, 0)];
    assert!(matches!(&error, UpdateError::Shrunk { losses } if losses[..] == expected), "{error}");
    assert_eq!(
        error.to_string(),
        "3 service(s) lost actions against the catalog in use: eleven 11 -> 8, five 5 -> 3, gone 1 -> 0",
    );
    assert!(error.help().contains("--force"));
    assert!(attempt().against(&lost).forced().brings().contains("\neleven\n"));
}

#[test]
fn ten_shrunken_services_are_named_and_the_others_counted() {
    let names: Vec<_> = (10..23).map(|number| format!("s{number}")).collect();
    let lost: Vec<_> = names.iter().map(|name| (name.as_str(), 3)).collect();
    let error = Attempt::from(&aws().url()).against(&sized(&lost)).fails().to_string();
    assert!(error.starts_with("13 service(s) lost"), "{error}");
    assert!(error.ends_with("s18 3 -> 0, s19 3 -> 0 and 3 more"), "{error}");
}

#[test]
fn a_shelf_that_cannot_be_written_shows_before_anything_is_fetched() {
    let server = aws();
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    let (shelf, in_use) = (home.path().join("file/leastwise/catalog.txt"), Catalog::embedded());
    let mut options = Options {
        source: Source::Mirror(server.url()),
        shelf: Some(&shelf),
        in_use,
        force: true,
        limits: Limits::default(),
        environment: &|_| None,
    };
    let error = update::update(&options, now(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, UpdateError::Write { .. }), "{error}");
    options.shelf = None;
    let error = update::update(&options, now(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, UpdateError::NoShelf), "{error}");
    assert!(server.asked().is_empty());
}

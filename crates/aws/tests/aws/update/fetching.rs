//! What comes over the wire, and how hard it is tried.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use leastwise_aws::update::{CallError, UpdateError, Updated};
use tempfile::TempDir;

use super::{Attempt, WHOLE, aws, aws_but, index, reference, service};
use crate::wire::{Proxy, Reply, Server};

#[test]
fn an_update_brings_every_service_of_the_index_dated_today() {
    let attempt = Attempt::from(&aws().url()).against(r#"{"s3":["GetObject","GetOld"]}"#);
    let mut told = Vec::new();
    let updated = attempt
        .told(&mut |progress| told.push((progress.done, progress.total)))
        .unwrap();
    assert_eq!(fs::read_to_string(attempt.cache()).unwrap(), WHOLE);
    assert_eq!(told, [(1, 2), (2, 2)]);
    let expected = Updated {
        path: attempt.cache(),
        updated: "2030-05-04T10:20:30Z".to_owned(),
        services: 2,
        actions: 4,
        added: 3,
        removed: 1,
    };
    assert_eq!(updated, expected);
}

#[test]
fn a_draft_that_a_killed_update_left_goes_and_one_that_is_being_written_stays() {
    let server = aws();
    let attempt = Attempt::from(&server.url());
    let folder = attempt.cache().parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    let (old, young, other) = (
        folder.join(".catalog-old"),
        folder.join(".catalog-new"),
        folder.join("old"),
    );
    let two_days_ago = std::time::SystemTime::now() - Duration::from_secs(2 * 24 * 3600);
    for (path, is_old) in [(&old, true), (&young, false), (&other, true)] {
        let file = fs::File::create(path).unwrap();
        if is_old {
            file.set_modified(two_days_ago).unwrap();
        }
    }
    attempt.told(&mut |_| {}).unwrap();
    assert_eq!(
        [&old, &young, &other].map(|path| path.exists()),
        [false, true, true]
    );
}

#[test]
fn a_redirect_is_followed_within_the_site_only() {
    let other = aws();
    let there = format!("{}v1/s3/s3.json", other.url());
    let to = there.clone();
    let away = aws_but(move |_| Some(Reply::status(302).with(&format!("Location: {to}"))));
    let error = Attempt::from(&away.url()).fails();
    assert!(
        matches!(&error, UpdateError::Call { attempts: 1, error: CallError::Redirect { to }, .. } if *to == there)
    );
    assert!(other.asked().is_empty());

    let moved = Server::start(|port| {
        move |path: &str, _| match path {
            "/v1/s3/s3.json" => Reply::status(301).with("Location: /moved/s3.json"),
            "/moved/s3.json" => reference(port, "/v1/s3/s3.json"),
            _ => reference(port, path),
        }
    });
    assert_eq!(Attempt::from(&moved.url()).brings(), WHOLE);

    let circle = aws_but(|_| Some(Reply::status(302).with("Location: /v1/s3/s3.json")));
    let error = Attempt::from(&circle.url()).fails();
    assert!(matches!(
        error,
        UpdateError::Call {
            error: CallError::Circle,
            ..
        }
    ));
}

#[test]
fn a_mirror_may_hand_out_aws_s_own_index() {
    let server = Server::start(|port| {
        move |path: &str, _| match path {
            "/aws/" => {
                let at = "https://servicereference.us-east-1.amazonaws.com/v1";
                Reply::ok(index(&[
                    ("s3", format!("{at}/s3/s3.json")),
                    ("sqs", format!("{at}/sqs/sqs.json")),
                ]))
            }
            _ => reference(port, path.strip_prefix("/aws").unwrap()),
        }
    });
    assert_eq!(Attempt::from(&format!("{}aws/", server.url())).brings(), WHOLE);
}

#[test]
fn a_server_in_trouble_is_asked_again_and_no_more_often_than_allowed() {
    let recovers = aws_but(|before| (before < 2).then(|| Reply::status(503)));
    assert_eq!(Attempt::from(&recovers.url()).brings(), WHOLE);
    assert_eq!(
        recovers
            .asked()
            .iter()
            .filter(|path| *path == "/v1/s3/s3.json")
            .count(),
        3
    );

    let stays = aws_but(|_| Some(Reply::status(500)));
    let error = Attempt::from(&stays.url()).fails();
    let url = format!("{}v1/s3/s3.json", stays.url());
    assert_eq!(
        error.to_string(),
        format!("cannot fetch `{url}`: the server answered 500 (4 attempt(s))")
    );

    let gone = aws_but(|_| Some(Reply::status(404)));
    let error = Attempt::from(&gone.url()).fails();
    assert!(
        error
            .to_string()
            .ends_with("the server answered 404 (1 attempt(s))"),
        "{error}"
    );
}

#[test]
fn the_pause_that_a_server_wishes_is_kept_up_to_a_bound() {
    let server = aws_but(|before| (before == 0).then(|| Reply::status(429).with("Retry-After: 1")));
    assert_eq!(Attempt::from(&server.url()).brings(), WHOLE);
    assert!(server.spread("/v1/s3/s3.json") >= Duration::from_secs(1));

    // A second and a half after the `NOW` of the tests, as the HTTP date has it.
    let moment = "Retry-After: Sat, 04 May 2030 10:20:32 GMT";
    let server = aws_but(move |before| (before == 0).then(|| Reply::status(503).with(moment)));
    assert_eq!(Attempt::from(&server.url()).brings(), WHOLE);
    let spread = server.spread("/v1/s3/s3.json");
    assert!(
        (Duration::from_secs(1)..Duration::from_secs(10)).contains(&spread),
        "{spread:?}"
    );

    let server = aws_but(|before| (before == 0).then(|| Reply::status(429).with("Retry-After: 86400")));
    let patience = Duration::from_millis(50);
    assert_eq!(
        Attempt::from(&server.url())
            .within(|limits| limits.longest_pause = patience)
            .brings(),
        WHOLE
    );
}

#[test]
fn half_an_answer_is_asked_for_again_and_never_kept() {
    let body = service("s3", &["GetObject", "PutObject", "ListBucket"]);
    let half = body.clone();
    let once = aws_but(move |before| (before == 0).then(|| Reply::Half(half.clone().into_bytes())));
    assert_eq!(Attempt::from(&once.url()).brings(), WHOLE);

    let always = aws_but(move |_| Some(Reply::Half(body.clone().into_bytes())));
    let error = Attempt::from(&always.url()).fails();
    assert!(
        matches!(
            error,
            UpdateError::Call {
                attempts: 4,
                error: CallError::Http(_),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let server = aws_but(|_| Some(Reply::Silence));
    let begun = Instant::now();
    let error = Attempt::from(&server.url())
        .within(|limits| (limits.call, limits.attempts) = (Duration::from_millis(150), 2))
        .fails();
    assert!(
        matches!(
            error,
            UpdateError::Call {
                attempts: 2,
                error: CallError::Http(_),
                ..
            }
        ),
        "{error}"
    );

    // The limit on everything ends calls that are under way.
    let limit = Duration::from_millis(300);
    let error = Attempt::from(&server.url())
        .within(|limits| limits.overall = limit)
        .fails();
    assert_eq!(error.to_string(), "not complete within 0.3 s");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn one_failure_ends_the_pauses_and_calls_of_the_others() {
    for other in [|| Reply::status(429).with("Retry-After: 25"), || Reply::Silence] {
        let server = Server::start(|port| {
            move |path: &str, _| match path {
                "/v1/s3/s3.json" => other(),
                "/v1/sqs/sqs.json" => {
                    thread::sleep(Duration::from_millis(200));
                    Reply::status(404)
                }
                _ => reference(port, path),
            }
        });
        let begun = Instant::now();
        let error = Attempt::from(&server.url()).fails();
        assert!(
            matches!(
                error,
                UpdateError::Call {
                    error: CallError::Status { status: 404, .. },
                    ..
                }
            ),
            "{error}"
        );
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn nobody_listening_is_told_with_the_address() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = Attempt::from(&format!("http://127.0.0.1:{port}"))
        .fails()
        .to_string();
    assert!(
        error.starts_with(&format!("cannot fetch `http://127.0.0.1:{port}/`: ")),
        "{error}"
    );
    assert!(error.ends_with("(4 attempt(s))"), "{error}");
}

#[test]
fn the_way_leads_through_the_proxy_that_the_environment_names() {
    // Only the proxy knows this host.
    let mirror = Server::start(|port| {
        move |path: &str, _| match path.strip_prefix("http://mirror.invalid").unwrap_or(path) {
            "/" => Reply::ok(index(&[
                ("s3", "/v1/s3/s3.json".to_owned()),
                ("sqs", "/v1/sqs/sqs.json".to_owned()),
            ])),
            path => reference(port, path),
        }
    });
    let proxy = Proxy::to(mirror.port);
    let through = format!("http://user:pa%20ss@127.0.0.1:{}", proxy.port);
    for variable in ["http_proxy", "ALL_PROXY"] {
        let brought = Attempt::from("http://mirror.invalid/")
            .with(variable, through.clone())
            .brings();
        assert_eq!(brought, WHOLE);
    }
    let asked = proxy.asked();
    assert!(!asked.is_empty());
    let right = |head: &String| {
        head.starts_with("GET http://mirror.invalid/")
            && head
                .to_ascii_lowercase()
                .contains("proxy-authorization: basic dxnlcjpwysbzcw==")
    };
    assert!(asked.iter().all(right), "{asked:?}");

    let excepted = Attempt::from("http://mirror.invalid/")
        .with("HTTP_PROXY", &*through)
        .with("NO_PROXY", "localhost, .invalid");
    let error = excepted.within(|limits| limits.attempts = 1).fails();
    assert!(
        matches!(
            error,
            UpdateError::Call {
                proxy: None,
                error: CallError::Http(_),
                ..
            }
        ),
        "{error}"
    );
    // No proxy hears what is said on this machine.
    assert_eq!(
        Attempt::from(&aws().url()).with("ALL_PROXY", through).brings(),
        WHOLE
    );
    assert_eq!(proxy.asked().len(), asked.len(), "NO_PROXY was not heard");
}

#[test]
fn a_folder_serves_as_well_whatever_else_lies_in_it() {
    let folder = TempDir::new().unwrap();
    let (at, text) = (folder.path(), |name: &str| {
        service(name, &["GetObject", "PutObject", "ListBucket"])
    });
    fs::create_dir_all(at.join("v1/s3")).unwrap();
    fs::write(at.join("v1/s3/s3.json"), format!("\u{feff}{}", text("s3"))).unwrap();
    fs::write(at.join("sqs.JSON"), service("sqs", &["SendMessage"])).unwrap();
    fs::write(
        at.join("index.json"),
        index(&[("s3", "https://elsewhere/s3.json".to_owned())]),
    )
    .unwrap();
    fs::write(at.join("package.json"), r#"{"Name":"not a service"}"#).unwrap();
    fs::write(at.join("README.txt"), "{").unwrap();
    let from = at.to_str().unwrap();
    assert_eq!(Attempt::from(from).brings(), WHOLE);

    fs::write(at.join("again.json"), text("S3")).unwrap();
    let error = Attempt::from(from).fails().to_string();
    assert!(error.starts_with("service `s3` appears twice, in "), "{error}");
    fs::remove_file(at.join("again.json")).unwrap();

    fs::write(at.join("broken.json"), r#"{"Name":"ec2","Actions":["#).unwrap();
    let error = Attempt::from(from).fails().to_string();
    assert!(
        error.contains("broken.json` is not a file of AWS's service reference: not valid JSON"),
        "{error}"
    );

    let empty = TempDir::new().unwrap();
    let error = Attempt::from(empty.path().to_str().unwrap()).fails();
    assert!(matches!(error, UpdateError::NoServiceFile { .. }), "{error}");
    let error = Attempt::from("/no/such/folder").fails().to_string();
    assert!(error.starts_with("cannot read `/no/such/folder`: "), "{error}");
}

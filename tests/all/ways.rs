//! The way to AWS where a proxy stands in it, and certificates that the system does not know.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::fake::Fake;
use crate::fake::http::{Parsed, Request};
use crate::harness::wire::{Proxy, Reply, Server};
use crate::run::{Run, folder, leastwise};
use crate::scan::{acme, command_as};

/// Of aws.invalid and mirror.invalid, signed by itself, with a key that everybody knows.
const CERTIFICATE: &str = "tests/tls/certificate.pem";
const KEY: &str = "tests/tls/key.pem";

/// What the environment of whoever runs the tests may say.
const VARIABLES: [&str; 10] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
];

fn bare(run: Run) -> Run {
    VARIABLES.into_iter().fold(run, Run::without)
}

/// A scan of one small account of an AWS that is at this address.
fn scan(fake: &Fake, endpoint: &str, out: &Path) -> Run {
    let run = command_as(
        fake,
        "AKIA222222222222",
        &[
            "scan",
            "--accounts",
            "333333333333",
            "--out",
            out.to_str().unwrap(),
        ],
    );
    bare(run)
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("LEASTWISE_LIMITS_ATTEMPTS", "1")
}

fn port(fake: &Fake) -> u16 {
    fake.url().rsplit_once(':').unwrap().1.parse().unwrap()
}

/// Speaks TLS with whoever comes, and plain HTTP with `upstream`. Gives its port.
fn tls_before(upstream: u16) -> u16 {
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = Arc::new(
        config
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap(),
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tls = StreamOwned::new(
                ServerConnection::new(Arc::clone(&config)).unwrap(),
                stream.unwrap(),
            );
            // Who does not believe the certificate hangs up.
            thread::spawn(move || drop(hand_on(tls, upstream)));
        }
    });
    port
}

/// Hands on one request after the other.
fn hand_on(mut tls: StreamOwned<ServerConnection, TcpStream>, upstream: u16) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let Parsed::Whole(_, length) = Request::parse(&buffer) else {
            let mut more = [0; 4096];
            match tls.read(&mut more)? {
                0 => return Ok(()),
                read => buffer.extend_from_slice(&more[..read]),
            }
            continue;
        };
        let mut server = TcpStream::connect(("127.0.0.1", upstream))?;
        server.write_all(&buffer.drain(..length).collect::<Vec<u8>>())?;
        let (mut head, mut one) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            server.read_exact(&mut one)?;
            head.extend(one);
        }
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        server.read_exact(&mut body)?;
        tls.write_all(&[head, body].concat())?;
        tls.flush()?;
    }
}

#[test]
fn calls_go_through_the_proxy_that_the_environment_names() {
    let out = folder("ways-http").join("report");
    let fake = acme().start();
    // Only the proxy knows this host.
    let proxy = Proxy::to(port(&fake));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let before = proxy.asked().len();
        let through = format!("http://user:pa%20ss@127.0.0.1:{}", proxy.port);
        scan(&fake, "http://aws.invalid", &out)
            .with(name, &through)
            .ran()
            .exits(0);
        assert!(out.join("accounts/333333333333.html").is_file());
        let asked = proxy.asked();
        assert!(asked.len() > before, "{name}");
        let right = |head: &String| {
            head.split(' ').nth(1).unwrap().starts_with("http://aws.invalid/")
                && head
                    .to_ascii_lowercase()
                    .contains("proxy-authorization: basic dxnlcjpwysbzcw==")
        };
        assert!(asked.iter().all(right), "{asked:?}");
    }
}

#[test]
fn what_is_excepted_and_what_is_on_this_machine_is_called_without_a_proxy() {
    let out = folder("ways-direct").join("report");
    let fake = acme().start();
    let proxy = Proxy::to(port(&fake));
    let through = format!("127.0.0.1:{}", proxy.port);
    scan(&fake, "http://aws.invalid", &out)
        .with("HTTP_PROXY", &through)
        .with("NO_PROXY", "localhost,.invalid")
        .ran()
        .exits(1)
        .says("GetCallerIdentity")
        .says("HTTPS_PROXY");
    // Whoever gives out credentials here must not be asked by way of somebody else.
    scan(&fake, &fake.url(), &out)
        .with("HTTP_PROXY", &through)
        .with("HTTPS_PROXY", &through)
        .ran()
        .exits(0);
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

#[test]
fn tls_leads_through_a_proxy_to_whom_the_bundle_believes() {
    let out = folder("ways-tls").join("report");
    let fake = acme().start();
    let proxy = Proxy::to(tls_before(port(&fake)));
    let through = format!("http://user:pa%20ss@127.0.0.1:{}", proxy.port);
    let scan = || scan(&fake, "https://aws.invalid", &out).with("HTTPS_PROXY", &through);
    scan().with("AWS_CA_BUNDLE", CERTIFICATE).ran().exits(0);
    assert!(out.join("accounts/333333333333.html").is_file());
    let right = |head: &String| {
        head.starts_with("CONNECT aws.invalid:443 HTTP/1.1")
            && head
                .to_ascii_lowercase()
                .contains("proxy-authorization: basic dxnlcjpwysbzcw==")
    };
    assert!(
        !proxy.asked().is_empty() && proxy.asked().iter().all(right),
        "{:?}",
        proxy.asked()
    );
    // In the place of the system's certificates.
    scan().with("SSL_CERT_FILE", CERTIFICATE).ran().exits(0);
    let calls = fake.calls();
    scan()
        .ran()
        .exits(1)
        .says("GetCallerIdentity unreachable")
        .says("AWS_CA_BUNDLE");
    assert_eq!(fake.calls(), calls);
}

/// An error from a proxy names the variable that sets it, and never its value.
#[test]
fn a_proxy_that_sends_a_call_away_is_told_by_its_variable() {
    let place = folder("ways-sent-away");
    let fake = acme().start();
    let refusing = Server::start(|_| |_: &str, _| Reply::status(407));
    // Nobody listens where somebody just did.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let variables = [
        ("http", "http_proxy"),
        ("https", "HTTPS_PROXY"),
        ("https", "ALL_PROXY"),
    ];
    let told = |(scheme, variable): (&str, &str), port: u16| {
        let through = format!("http://user:secret@127.0.0.1:{port}");
        let report = place.join(format!("report-{variable}-{port}"));
        let scan = scan(&fake, &format!("{scheme}://aws.invalid"), &report);
        let from = format!("{scheme}://mirror.invalid/");
        let update = bare(leastwise(["catalog", "update", "--from", &from]));
        for run in [scan, update.with("XDG_CACHE_HOME", place.to_str().unwrap())] {
            let ran = run.with(variable, &through).ran().exits(1);
            let ran = ran.says(&format!(
                "the proxy in {variable}; check its address and password"
            ));
            assert!(!ran.err.contains("secret"), "{}", ran.err);
        }
    };
    // A connection that is refused is tried again after a while.
    std::thread::scope(|scope| {
        for variable in variables {
            for port in [refusing.port, closed] {
                scope.spawn(move || told(variable, port));
            }
        }
    });
    assert!(fake.calls().is_empty());
}

#[test]
fn an_update_of_the_catalog_believes_the_same_bundle() {
    let mirror = Server::start(|_| {
        |path: &str, _| match path {
            "/" => Reply::ok(r#"[{"service":"s3","url":"/s3.json"}]"#),
            _ => Reply::ok(r#"{"Name":"s3","Actions":[{"Name":"GetObject"}]}"#),
        }
    });
    let proxy = Proxy::to(tls_before(mirror.port));
    let cache = folder("ways-update");
    let update = || {
        let args = [
            "catalog",
            "update",
            "--force",
            "--from",
            "https://mirror.invalid/",
        ];
        bare(leastwise(args))
            .with("XDG_CACHE_HOME", cache.to_str().unwrap())
            .with("HTTPS_PROXY", &format!("http://127.0.0.1:{}", proxy.port))
    };
    update().ran().exits(1).says("AWS_CA_BUNDLE");
    assert_eq!(mirror.asked(), Vec::<String>::new());
    update().with("AWS_CA_BUNDLE", CERTIFICATE).ran().exits(0);
    assert_eq!(mirror.asked(), ["/", "/s3.json"]);
}

#[test]
fn a_setting_that_cannot_be_followed_is_named_before_anybody_is_called() {
    let place = folder("ways-wrong");
    let file = |name: &str, text: &str| {
        fs::write(place.join(name), text).unwrap();
        place.join(name).to_str().unwrap().to_owned()
    };
    let certificate = fs::read_to_string(CERTIFICATE).unwrap();
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let key = fs::read_to_string(KEY).unwrap();
    let fake = acme().start();
    let cases = [
        (
            "AWS_CA_BUNDLE",
            place.join("nowhere.pem").to_str().unwrap().to_owned(),
            "cannot read `",
        ),
        (
            "SSL_CERT_FILE",
            place.join("nowhere.pem").to_str().unwrap().to_owned(),
            "cannot read `",
        ),
        (
            "AWS_CA_BUNDLE",
            file("empty.pem", ""),
            "` contains no certificate",
        ),
        (
            "SSL_CERT_FILE",
            file("key.pem", &key),
            "` contains no certificate",
        ),
        (
            "AWS_CA_BUNDLE",
            file("damaged.pem", &format!("{certificate}{begin}\nAAAA\n{end}\n")),
            "certificate 2 in `",
        ),
        (
            "AWS_CA_BUNDLE",
            file("letters.pem", &format!("{begin}\n!!\n{end}\n")),
            "certificate 1 in `",
        ),
        (
            "SSL_CERT_FILE",
            file(
                "none.pem",
                &format!("{begin}\nAAAA\n{end}\n{begin}\nAAAB\n{end}\n"),
            ),
            "no usable certificate in `",
        ),
    ];
    let out = place.join("report");
    for (variable, path, why) in cases {
        let scan = scan(&fake, &fake.url(), &out).with(variable, &path);
        let update = ["catalog", "update", "--from", "http://mirror.invalid/"];
        let update = bare(leastwise(update)).with("XDG_CACHE_HOME", place.to_str().unwrap());
        for run in [scan, update.with(variable, &path)] {
            run.ran()
                .exits(1)
                .says(&format!("error: {variable}: "))
                .says(&path)
                .says(why)
                .says("-----BEGIN CERTIFICATE");
        }
    }
    for (variable, value) in [
        ("HTTPS_PROXY", "socks5://user:secret@127.0.0.1:1"),
        ("ALL_PROXY", "ftp://user:secret@p"),
        ("http_proxy", "http://user:secret@"),
        ("HTTP_PROXY", "http://user:secret@127.0.0.1:99999"),
        ("https_proxy", "user:secret@127.0.0.1:0"),
        ("HTTPS_PROXY", "http://user:1#secret@127.0.0.1:3128"),
    ] {
        let ran = scan(&fake, &fake.url(), &out)
            .with(variable, value)
            .ran()
            .exits(1);
        let ran = ran
            .says(&format!("{variable} is not a usable proxy"))
            .says("http://host:port");
        assert!(!ran.err.contains("secret"), "{}", ran.err);
        let mirror = if variable.eq_ignore_ascii_case("http_proxy") {
            "http"
        } else {
            "https"
        };
        let update = [
            "catalog",
            "update",
            "--from",
            &format!("{mirror}://mirror.invalid/"),
        ];
        let update = bare(leastwise(update)).with("XDG_CACHE_HOME", place.to_str().unwrap());
        let ran = update.with(variable, value).ran().exits(1);
        let ran = ran.says(&format!("{variable} is not a usable proxy"));
        assert!(!ran.err.contains("secret"), "{}", ran.err);
    }
    // A list of a system may hold odd ones beside those that can be used.
    let mixed = file("mixed.pem", &format!("{begin}\nAAAA\n{end}\n{certificate}"));
    scan(&fake, &fake.url(), &out)
        .with("SSL_CERT_FILE", &mixed)
        .ran()
        .exits(0);
    let fake = acme().start();
    // What a pipeline makes of a setting that is not there.
    let run = VARIABLES
        .into_iter()
        .fold(scan(&fake, &fake.url(), &out), |run, name| run.with(name, ""));
    assert!(fake.calls().is_empty());
    run.ran().exits(0);
}

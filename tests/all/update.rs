//! `leastwise catalog` as it is called.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::harness::reference::{aws, service};

const NEWER: &str =
    "leastwise-catalog 1\nversion mine\nupdated 2099-01-01T00:00:00Z\nsource mine\n\ns3\nR GetObject\n";

fn leastwise(home: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leastwise"));
    command
        .args(args)
        .env_clear()
        .env("XDG_CACHE_HOME", home.path())
        .output()
        .unwrap()
}

#[test]
fn the_commands_update_and_show_the_catalog() {
    let (home, folder, server) = (TempDir::new().unwrap(), TempDir::new().unwrap(), aws());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();

    let refused = leastwise(&home, &["catalog", "update", "--from", &server.url()]);
    assert_eq!(refused.status.code(), Some(1));
    let told = text(&refused.stderr);
    assert!(
        told.starts_with("error: ") && told.contains("\nhelp: ") && told.contains("--force"),
        "{told}"
    );

    let updated = leastwise(&home, &["catalog", "update", "--force", "--from", &server.url()]);
    assert_eq!(
        (updated.status.code(), text(&updated.stderr)),
        (Some(0), String::new())
    );
    let cache = home.path().join("leastwise/catalog.txt");
    let told = text(&updated.stdout);
    assert!(told.contains("services: 2\nactions:  4 ("), "{told}");
    assert!(
        told.ends_with(&format!("written:  {}\n", cache.display())),
        "{told}"
    );

    fs::write(
        folder.path().join("s3.json"),
        service("s3", &["GetObject", "PutObject"]),
    )
    .unwrap();
    let shown = leastwise(
        &home,
        &["catalog", "info", "--catalog", folder.path().to_str().unwrap()],
    );
    let expected = format!(
        "version:  service-reference
date:     unknown
age:      unknown
origin:   {}, given with --catalog
source:   AWS service authorization reference
services: 1
actions:  2
tracked:  1
digest:   sha256:",
        folder.path().display()
    );
    assert!(
        text(&shown.stdout).starts_with(&expected),
        "{}",
        text(&shown.stdout)
    );

    fs::write(&cache, NEWER).unwrap();
    let shown = text(&leastwise(&home, &["catalog", "info"]).stdout);
    assert!(
        shown.contains("catalog.txt, from `leastwise catalog update`"),
        "{shown}"
    );
    fs::write(&cache, "rubbish").unwrap();
    let shown = leastwise(&home, &["catalog", "info"]);
    assert!(text(&shown.stdout).contains("built in"));
    assert!(
        text(&shown.stderr).starts_with("warning: "),
        "{}",
        text(&shown.stderr)
    );
}

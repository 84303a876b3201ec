//! Least privilege: what is printed and shipped reaches no further than a scan does.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::leastwise;

const SCANNER: &str = "111111111111";

fn printed(args: &[&str]) -> Value {
    serde_json::from_str(&leastwise([&["iam-policy"][..], args].concat()).ran().exits(0).out).unwrap()
}

#[test]
fn the_scanner_enters_accounts_of_its_own_organisation_alone() {
    let policy = printed(&["--role", "audit/reader"]);
    let enter = &policy["Statement"][1];
    assert_eq!(enter["Resource"], "arn:*:iam::*:role/audit/reader");
    assert_eq!(
        enter["Condition"]["StringEquals"]["aws:ResourceOrgID"],
        "${aws:PrincipalOrgID}"
    );
}

#[test]
fn a_printed_policy_takes_the_names_that_a_scan_takes_and_no_others() {
    let long = "x".repeat(65);
    let wrong = [
        "*",
        "",
        "a b",
        "${aws:username}",
        long.as_str(),
        "a/*/b",
        "a?",
        "/a",
        "a/",
        "arn:aws:iam::1:role/a",
        "a\nb",
        "é",
    ];
    for role in wrong {
        leastwise(["iam-policy", "--role", role]).ran().exits(2);
        leastwise(["scan", "--snapshot", "mocks/acme", "--role", role])
            .ran()
            .exits(2);
    }
    for id in ["", "x", "a b", "abc$(id)\"x", &"x".repeat(1225)] {
        leastwise(["iam-policy", "--trust", SCANNER, "--external-id", id])
            .ran()
            .exits(2);
        leastwise(["scan", "--snapshot", "mocks/acme", "--external-id", id])
            .ran()
            .exits(2);
    }
    for role in ["leastwise-reader", "a/b/c", "+=,.@_-", &"x".repeat(64)] {
        printed(&["--role", role]);
    }
}

#[test]
fn trust_is_narrowed_to_the_caller_that_is_named() {
    let trust = |args: &[&str]| {
        let template = printed(&[&["--trust", SCANNER][..], args].concat());
        template["Resources"]["Reader"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0].clone()
    };
    assert_eq!(trust(&[])["Condition"], Value::Null);
    let arn = format!("arn:aws:iam::{SCANNER}:role/ci/leastwise-scan");
    let narrow = trust(&["--caller", &arn, "--external-id", "ext"]);
    assert_eq!(narrow["Condition"]["ArnEquals"]["aws:PrincipalArn"], arn);
    assert_eq!(narrow["Condition"]["StringEquals"]["sts:ExternalId"], "ext");
    for wrong in [
        "leastwise-scan",
        "arn:aws:iam::111111111111:role/*",
        "arn:aws:iam::*:role/a",
        "arn:aws:sts::111111111111:assumed-role/a/b",
        "arn:aws:iam::111111111111:root",
        "arn:evil:iam::111111111111:role/a",
        "*",
    ] {
        leastwise(["iam-policy", "--trust", SCANNER, "--caller", wrong])
            .ran()
            .exits(2)
            .says("the ARN of a role or user");
    }
    leastwise(["iam-policy", "--caller", &arn]).ran().exits(2);
    // An ARN of another account would trust nobody.
    leastwise(["iam-policy", "--trust", "222222222222", "--caller", &arn])
        .ran()
        .exits(2);
}

/// Every file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] })
        .collect()
}

#[test]
fn what_others_made_stands_in_the_templates_by_its_digest() {
    let (mut actions, mut images) = (0, 0);
    for path in below(Path::new("deploy")) {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().map(str::trim) {
            let at = format!("{}: {line}", path.display());
            if let Some(action) = line.trim_start_matches("- ").strip_prefix("uses: ") {
                let (action, version) = action.split_once(" # v").expect(&at);
                let (_, commit) = action.split_once('@').expect(&at);
                let is_commit =
                    commit.len() == 40 && commit.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                assert!(is_commit && version.split('.').count() == 3, "{at}");
                actions += 1;
            }
            if let Some(image) = line.trim_start_matches("- ").strip_prefix("image: ") {
                // A placeholder that no registry takes, so that a digest must be put in its place.
                assert!(image.contains("@sha256:"), "{at}");
                images += 1;
            }
            let base = line
                .strip_prefix("ARG ")
                .filter(|_| path.to_string_lossy().contains("Containerfile"));
            assert!(
                base.is_none_or(|it| !it.contains('=') || it.contains("@sha256:")),
                "{at}"
            );
        }
    }
    assert!(actions >= 5 && images >= 3, "{actions} actions, {images} images");
}

//! What verify accepts besides the files of the manifest, and what the user passes to it.

use std::fs;

use super::{Forged, sha256, verify};
use crate::run::{folder, leastwise};
use crate::scan::{EVERY_FORMAT, scan};

#[test]
fn the_digest_of_the_manifest_that_somebody_kept_is_checked_before_anything_else() {
    let root = folder("verify-digest");
    let out = root.join("report");
    scan("mocks/partial", &out).exits(3);
    let digest = sha256(&fs::read(out.join("manifest.json")).unwrap());
    let told = |digest: &str| leastwise(["verify", out.to_str().unwrap(), "--manifest-sha256", digest]).ran();
    told(&digest)
        .exits(0)
        .prints(&format!("4 accounts, SHA-256 of manifest.json: {digest}"));
    told(&digest.to_ascii_uppercase()).exits(0);
    told(&"0".repeat(64))
        .exits(1)
        .says("--manifest-sha256 is 0000")
        .says("find out which before you use it");
    told("abc").exits(2).says("64 hexadecimal digits");
    // Also when nothing else would be read.
    fs::write(out.join("report.json"), "{").unwrap();
    told(&"0".repeat(64)).exits(1).says("manifest.json` has SHA-256");
}

#[test]
fn a_signature_may_lie_beside_the_manifest_and_nothing_else_may() {
    let out = folder("verify-signature").join("report");
    scan("mocks/partial", &out).exits(3);
    for name in [
        "manifest.json.sig",
        "manifest.json.minisig",
        "manifest.json.sigstore.json",
    ] {
        fs::write(out.join(name), "signed").unwrap();
    }
    verify(&out).exits(0);
    fs::write(out.join("manifest.json.txt"), "").unwrap();
    verify(&out)
        .exits(1)
        .prints("manifest.json.txt is not listed in manifest.json");
}

#[test]
fn a_catalog_that_is_not_embedded_is_held_against_the_one_that_is_named() {
    let root = folder("verify-catalog");
    let (out, catalog) = (root.join("report"), root.join("catalog.json"));
    let text = |names: &str| format!(r#"{{"s3":[{names}],"lambda":["GetFunction","ListFunctions"]}}"#);
    fs::write(&catalog, text(r#""GetObject","GetBucketAcl","PutObject""#)).unwrap();
    let (to, named) = (out.to_str().unwrap(), catalog.to_str().unwrap());
    leastwise([
        "scan",
        "--snapshot",
        "mocks/partial",
        "--out",
        to,
        "--catalog",
        named,
    ])
    .ran()
    .exits(3);
    verify(&out)
        .exits(0)
        .prints("with the report's own list of actions");
    let by = || leastwise(["verify", to, "--catalog", named]).ran();
    by().exits(0)
        .prints("with the list of actions given with --catalog");
    fs::write(&catalog, text(r#""GetObject""#)).unwrap();
    by().exits(1)
        .prints("report.json: the report was made with the list of actions ");
}

/// Only three formats contain the status of findings; everything else in them is rendered again, and resolved
/// findings are skipped.
#[test]
fn a_report_that_knows_an_earlier_one_is_made_again_without_it() {
    let root = folder("verify-since");
    let (one, two) = (root.join("one"), root.join("two"));
    let formats = EVERY_FORMAT;
    let scan = |snapshot: &str, out: &str, more: &[&str]| {
        let args = ["scan", "--snapshot", snapshot, "--format", formats, "--out", out];
        leastwise(args.iter().chain(more)).ran()
    };
    scan("mocks/acme", one.to_str().unwrap(), &[]).exits(0);
    let previous = ["--previous", one.to_str().unwrap(), "--ready-after", "1"];
    scan("mocks/partial", two.to_str().unwrap(), &previous).exits(3);
    fs::remove_dir_all(&one).unwrap();
    verify(&two).exits(0);
    assert!(
        fs::read_to_string(two.join("report.sarif"))
            .unwrap()
            .contains(r#""baselineState":"absent""#)
    );
    for (number, (path, is_kept)) in [
        ("report.sarif", r#""baselineState":"absent""#),
        ("findings.ocsf.jsonl", r#""activity_id":3"#),
        ("asff/111111111111/0001.json", r#""RecordState":"ARCHIVED""#),
    ]
    .into_iter()
    .enumerate()
    {
        let mut forged = Forged::of(&two, &root.join(number.to_string()));
        let text = forged.text(path);
        let is_finding =
            |line: &&str| line.starts_with('{') && line.len() > 500 && !line.contains("\"runs\"");
        let first = text
            .lines()
            .filter(is_finding)
            .find(|line| !line.contains(is_kept));
        let Some(first) = first else {
            panic!("{path} has nothing of today")
        };
        forged.put(path, text.replacen(&format!("{first}\n"), "", 1));
        forged.fit();
        let named = path.trim_end_matches("0001.json").to_owned();
        forged.verify().exits(1).prints(&named);
    }
    let mut forged = Forged::of(&two, &root.join("nights"));
    let text = forged.text("history.json");
    assert!(text.contains("\"nights\": 1"), "{text}");
    forged.put("history.json", text.replace("\"nights\": 1", "\"nights\": 9"));
    forged.fit();
    forged
        .verify()
        .exits(1)
        .prints("history.json has another number of runs without change");
    let mut forged = Forged::of(&two, &root.join("history"));
    forged.remove("history.json");
    forged.fit();
    forged.verify().exits(1).prints("history.json is missing");
}

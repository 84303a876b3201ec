//! `--format` and `formats`: which files a report has beside JSON.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use leastwise::config::{Config, Overrides};
use leastwise_core::report::ReportFormat;

use crate::run::{folder, leastwise};
use crate::scan::{EVERY_FORMAT, demonstration_in_every_format, lasting_files};

fn config(file: &str, flags: &[&str]) -> Vec<ReportFormat> {
    let flags: Vec<String> = flags.iter().map(|it| (*it).to_owned()).collect();
    let flags = Overrides::default().list("formats", "--format", &flags);
    Config::layered(Some((file, "leastwise.toml")), |_| None, &flags)
        .unwrap()
        .formats
}

#[test]
fn the_usual_formats_are_written_unless_some_are_named() {
    assert_eq!(config("", &[]), ReportFormat::DEFAULT);
    assert_eq!(
        config("formats = [\"terraform\"]", &[]),
        [ReportFormat::Terraform]
    );
    assert_eq!(
        config("formats = [\"sarif\", \"json\", \"csv\", \"sarif\"]", &[]),
        [ReportFormat::Csv, ReportFormat::Sarif]
    );
    assert_eq!(config("formats = [\"sarif\"]", &["ocsf"]), [ReportFormat::Ocsf]);
    assert_eq!(config("formats = [\"json\"]", &[]), []);
    assert_eq!(config("formats = []", &[]), []);
}

#[test]
fn a_scan_writes_json_and_the_formats_that_are_named() {
    let folder = folder("formats");
    for (list, wanted) in [
        ("json", &[][..]),
        ("sarif,csv", &["findings.csv", "report.sarif"]),
    ] {
        let out = folder.join(list);
        let to = out.to_str().unwrap();
        leastwise([
            "scan",
            "--snapshot",
            "mocks/partial",
            "--out",
            to,
            "--format",
            list,
        ])
        .ran()
        .exits(3);
        assert!(out.join("report.json").is_file());
        let always = [
            "accounts",
            "basis.json",
            "catalog.json",
            "manifest.json",
            "policies",
            "report.json",
        ];
        let names = |folder: &Path| -> BTreeSet<String> {
            let entries = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name());
            entries.map(|name| name.into_string().unwrap()).collect()
        };
        let all = always.iter().chain(wanted).map(|name| (*name).to_owned());
        assert_eq!(names(&out), all.collect());
        assert!(
            names(&out.join("accounts"))
                .iter()
                .all(|name| name.ends_with(".json"))
        );
        leastwise(["verify", to]).ran().exits(0);
    }
}

#[test]
fn a_format_that_is_not_known_is_refused_before_anything_is_written() {
    let out = folder("formats-unknown").join("report");
    let to = out.to_str().unwrap();
    let ran = leastwise([
        "scan",
        "--snapshot",
        "mocks/acme",
        "--out",
        to,
        "--format",
        "csv,xml",
    ])
    .ran()
    .exits(2);
    for word in ["--format", "xml", "sarif", "ocsf", "json"] {
        assert!(ran.err.contains(word), "{}", ran.err);
    }
    assert!(!out.exists());
}

#[test]
fn the_same_answers_give_the_same_bytes_in_every_format() {
    let folder = folder("formats-twice");
    let every: Vec<&str> = ReportFormat::ALL.iter().map(|format| format.name()).collect();
    let all: BTreeSet<&str> = every.iter().copied().collect();
    assert_eq!(all, EVERY_FORMAT.split(',').collect());
    let again = folder.join("again");
    let (to, every) = (again.to_str().unwrap(), every.join(","));
    leastwise([
        "scan",
        "--snapshot",
        "mocks/acme",
        "--out",
        to,
        "--format",
        &every,
    ])
    .ran()
    .exits(0);
    let [a, b] = [demonstration_in_every_format(), again].map(|out| lasting_files(&out));
    for wanted in [
        "findings.csv",
        "findings.ocsf.jsonl",
        "report.sarif",
        "summary.md",
        "index.html",
        "asff/",
        "changes/",
        "tickets/",
    ] {
        assert!(a.keys().any(|path| path.starts_with(wanted)), "{wanted}");
    }
    for wanted in [".tf", "/cloudformation.template.json"] {
        assert!(a.keys().any(|path| path.ends_with(wanted)), "{wanted}");
    }
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (path, bytes) in &a {
        assert!(*bytes == b[path], "{path}");
    }
}

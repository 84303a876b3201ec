//! `--format` and `formats`: which files a report has beside JSON.

use std::fs;

use leastwise::config::{Config, Overrides, ReportFormat};

use crate::run::{folder, leastwise};

const FILES: [&str; 3] = ["findings.csv", "findings.ocsf.jsonl", "report.sarif"];

fn config(file: &str, flags: &[&str]) -> Vec<ReportFormat> {
    let flags =
        Overrides { formats: flags.iter().map(|it| (*it).to_owned()).collect(), ..Overrides::default() };
    Config::layered(Some((file, "leastwise.toml")), |_| None, &flags).unwrap().formats
}

#[test]
fn all_formats_but_asff_are_written_unless_some_are_named() {
    assert_eq!(config("", &[]), ReportFormat::DEFAULT);
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
    for (list, wanted) in [("json", &[][..]), ("sarif,csv", &["findings.csv", "report.sarif"])] {
        let out = folder.join(list);
        let to = out.to_str().unwrap();
        leastwise(["scan", "--snapshot", "mocks/partial", "--out", to, "--format", list]).ran().exits(3);
        assert!(out.join("report.json").is_file());
        let there: Vec<&str> = FILES.into_iter().filter(|file| out.join(file).exists()).collect();
        assert_eq!(there, wanted);
        leastwise(["verify", to]).ran().exits(0);
    }
}

#[test]
fn a_format_that_is_not_known_is_refused_before_anything_is_written() {
    let out = folder("formats-unknown").join("report");
    let to = out.to_str().unwrap();
    let ran =
        leastwise(["scan", "--snapshot", "mocks/acme", "--out", to, "--format", "csv,xml"]).ran().exits(2);
    for word in ["--format", "xml", "sarif", "ocsf", "json"] {
        assert!(ran.err.contains(word), "{}", ran.err);
    }
    assert!(!out.exists());
}

#[test]
fn the_same_answers_give_the_same_bytes_in_every_format() {
    let folder = folder("formats-twice");
    for out in ["a", "b"].map(|name| folder.join(name)) {
        crate::scan::scan("mocks/acme", &out).exits(0);
    }
    for file in FILES {
        let read = |name: &str| fs::read(folder.join(name).join(file)).unwrap();
        assert!(!read("a").is_empty());
        assert!(read("a") == read("b"), "{file}");
    }
}

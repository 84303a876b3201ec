//! `summary.md`: the page for a pipeline's job or a chat message.

use std::fs;

use crate::run::{folder, leastwise};
use crate::scan::{demonstration, report, scan};

#[test]
fn the_summary_says_the_state_the_coverage_and_ten_things_to_start_with() {
    let out = demonstration();
    let text = fs::read_to_string(out.join("summary.md")).unwrap();
    let totals = report(&out).totals;
    assert!(
        text.contains(&format!(
            "**{} proven changes can remove ",
            totals.recommendations
        )),
        "{text}"
    );
    assert!(
        text.contains("9 of 9 active accounts scanned completely; 1 suspended or excluded."),
        "{text}"
    );
    let (_, start) = text.split_once("## Start here").unwrap();
    let lines: Vec<&str> = start.lines().filter(|line| line.contains(". **")).collect();
    assert_eq!(lines.len(), 10);
    assert!(lines[0].starts_with("1. **critical** "), "{}", lines[0]);
    assert!(
        !start.contains("break-glass"),
        "emergency access leads a list: {start}"
    );
    for link in ["(index.html)", "(findings.csv)", "(tickets/tickets.csv)"] {
        assert!(text.contains(link));
        assert!(out.join(link.trim_matches(['(', ')'])).is_file());
    }
    assert!(text.len() < 8_000, "{}", text.len());
}

#[test]
fn an_account_that_could_not_be_scanned_is_named_with_the_reason() {
    let out = folder("summary-partial").join("report");
    scan("mocks/partial", &out).exits(3);
    let text = fs::read_to_string(out.join("summary.md")).unwrap();
    assert!(text.contains("**Not complete:**"), "{text}");
}

#[test]
fn no_name_of_aws_becomes_markdown() {
    let folder = folder("summary-hostile");
    let snapshot = folder.join("snapshot");
    leastwise([
        "capture",
        "--snapshot",
        "mocks/acme",
        "--out",
        snapshot.to_str().unwrap(),
    ])
    .ran();
    let accounts = snapshot.join("accounts.json");
    let mut names: serde_json::Value = serde_json::from_slice(&fs::read(&accounts).unwrap()).unwrap();
    for account in names["Accounts"].as_array_mut().unwrap() {
        account["Name"] = "x`](http://e.example) ![i](//e) @all <script>\n# title | \u{202e}".into();
    }
    fs::write(&accounts, names.to_string()).unwrap();
    let out = folder.join("report");
    leastwise([
        "scan",
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ])
    .ran();
    let text = fs::read_to_string(out.join("summary.md")).unwrap();
    let shown = "``x`](http://e.example) ![i](//e) @all <script>\\n# title | \\u202e``";
    assert!(text.contains(shown), "{text}");
    let bare = text.replace(shown, "");
    for part in ["e.example", "![", "@all", "<script", "\u{202e}"] {
        assert!(
            !bare.contains(part),
            "{part} stands outside of a code span: {bare}"
        );
    }
}

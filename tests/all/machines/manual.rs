//! Rules of SARIF, OCSF and ASFF lead to the page of the manual that explains their code, if the report knows where it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{json, ocsf, text};
use crate::run::{folder, leastwise};
use crate::scan::{demonstration, files};

const MANUAL: &str = "https://wiki.example.com/leastwise";

/// A report of the demonstration that knows where the manual is, in a folder of this name.
fn linked(name: &str) -> PathBuf {
    let folder = folder(name);
    let (config, out) = (folder.join("leastwise.toml"), folder.join("report"));
    fs::write(&config, format!("manual-url = \"{MANUAL}/\"\n")).unwrap();
    let [config, to] = [&config, &out].map(|path| path.to_str().unwrap());
    let scan = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--format",
        "asff,html,ocsf,sarif",
        "--split-by",
        "account",
    ];
    leastwise(scan.into_iter().chain(["--config", config, "--out", to]))
        .ran()
        .exits(0);
    out
}

/// Every address of the manual in the files that programs read.
fn links(out: &Path) -> Vec<String> {
    let rules = json(&out.join("report.sarif"));
    let rules = rules
        .pointer("/runs/0/tool/driver/rules")
        .unwrap()
        .as_array()
        .unwrap()
        .clone();
    let mut links: Vec<String> = rules
        .iter()
        .map(|rule| text(rule, "/helpUri").to_owned())
        .collect();
    for event in ocsf::events(out) {
        links.push(text(&event, "/remediation/references/0").to_owned());
    }
    for path in files(out).into_keys().filter(|path| path.starts_with("asff/")) {
        for finding in json(&out.join(path)).as_array().unwrap() {
            links.push(text(finding, "/Remediation/Recommendation/Url").to_owned());
        }
    }
    links
}

#[test]
fn every_rule_leads_to_its_code_in_the_manual_and_explain_says_the_same() {
    let out = linked("manual-linked");
    let links: BTreeSet<String> = links(&out).into_iter().collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let code = link
            .strip_prefix(&format!("{MANUAL}/codes.html#"))
            .unwrap_or_else(|| panic!("{link}"));
        let told = leastwise(["explain", code]).ran().exits(0).out;
        assert!(told.starts_with(&format!("{code}\n\n  ")), "{told}");
    }
    let index = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(index.contains(&format!("<a href=\"{MANUAL}/\" rel=\"noreferrer\">Manual</a>")));
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
    for pack in fs::read_dir(out.join("packs")).unwrap() {
        let report = json(&pack.unwrap().path().join("report.json"));
        assert_eq!(text(&report, "/manual"), format!("{MANUAL}/"));
    }
}

#[test]
fn no_rule_leads_anywhere_unless_the_configuration_says_where_the_manual_is() {
    let out = demonstration();
    let sarif = json(&out.join("report.sarif"));
    for rule in sarif
        .pointer("/runs/0/tool/driver/rules")
        .unwrap()
        .as_array()
        .unwrap()
    {
        assert_eq!(rule.get("helpUri"), None);
    }
    for event in ocsf::events(&out) {
        let references = event.pointer("/remediation/references");
        assert!(
            references.is_none_or(|it| it == &Value::Array(Vec::new())),
            "{event}"
        );
    }
}

#[test]
fn a_manual_that_moves_changes_no_finding() {
    let before = linked("manual-moved");
    let after = before.with_file_name("after");
    let [before, to] = [&before, &after].map(|path| path.to_str().unwrap());
    let scan = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--format",
        "ocsf",
        "--previous",
        before,
        "--out",
        to,
    ];
    leastwise(scan).ran().exits(0);
    for event in ocsf::events(&after) {
        assert_eq!(text(&event, "/unmapped/since_earlier_report"), "unchanged");
    }
}

#[test]
fn explain_lists_all_codes_and_helps_with_one_that_is_misspelt() {
    let all = leastwise(["explain"]).ran().exits(0).out;
    for code in all.lines() {
        let told = leastwise(["explain", code]).ran().exits(0).out;
        assert!(!told.contains("](") && !told.contains("**"), "{told}");
        let meanings = told.split("\n\n").skip(1);
        let examples = meanings.map(|meaning| meaning.matches("\n  Example: ").count());
        assert!(
            examples.clone().count() > 0 && examples.into_iter().all(|it| it == 1),
            "{told}"
        );
    }
    let exit = leastwise(["explain", "3"]).ran().exits(0).out;
    assert!(exit.contains("What to do: `scan`: fix the access"), "{exit}");
    let ran = leastwise(["explain", "accounts-unraed"]).ran().exits(2);
    assert!(ran.err.contains("did you mean `accounts-unread`?"), "{}", ran.err);
}

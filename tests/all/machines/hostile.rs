//! Hostile names, Sids, tags and conditions: what other programs read stays what its schema says, and no text becomes a link.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{faults, json, ocsf, sarif, schema, text};
use crate::compare::night;
use crate::harness::pages::HOSTILE;
use crate::hostile::{CHOSEN, poison};
use crate::run::{folder, leastwise};
use crate::scan::{copy, report};

const LINKS: &str = "[click](0)[here](https://leak.invalid/x){0}{{1}}\\[x\\](1)\u{85}\u{200f}\u{2067}=cmd()|'/C calc'!A0\r\n@SUM(1)";

/// The demonstration with hostile text in whatever somebody may choose, and names much longer than IAM takes.
pub(super) fn snapshot(root: &Path) -> PathBuf {
    let snapshot = root.join("snapshot");
    copy("mocks/acme", &snapshot, |_, value| {
        poison(value, &CHOSEN, &format!("{HOSTILE}{LINKS}"));
        lengthen(value);
    });
    snapshot
}

/// Inline policies, whose names are nobody's key, get longer ones.
fn lengthen(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("PolicyDocument")
                && let Some(Value::String(name)) = members.get_mut("PolicyName")
            {
                name.push_str(&"é".repeat(3_000));
            }
            members.values_mut().for_each(lengthen);
        }
        Value::Array(items) => items.iter_mut().for_each(lengthen),
        _ => {}
    }
}

/// Whether a square bracket or a brace of a message has a meaning for who reads SARIF.
fn has_meaning(message: &str) -> bool {
    let mut chars = message.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // What stands behind a backslash is itself.
            '\\' if chars.peek().is_some_and(|next| ['[', ']', '\\'].contains(next)) => drop(chars.next()),
            '[' | ']' => return true,
            '{' | '}' if chars.next_if_eq(&c).is_none() => return true,
            _ => {}
        }
    }
    false
}

#[test]
fn a_bracket_has_a_meaning_unless_it_is_escaped() {
    for meaning in ["[a](1)", "a {0}", r"\\[a](1)", "x]"] {
        assert!(has_meaning(meaning), "{meaning}");
    }
    for none in [r"\[a\](1)", "a {{0}}", r"c:\dir", r"\\\[a\]"] {
        assert!(!has_meaning(none), "{none}");
    }
}

#[test]
fn hostile_text_breaks_no_schema_and_makes_no_link() {
    let root = folder("machines-hostile");
    let snapshot = snapshot(&root);
    let (one, two) = (root.join("one"), root.join("two"));
    night(&snapshot, &one, None);
    // Among what is gone there is hostile text as well.
    let accounts = fs::read_dir(snapshot.join("accounts"))
        .unwrap()
        .map(|it| it.unwrap().path());
    for findings in accounts
        .map(|it| it.join("findings.json"))
        .filter(|it| it.is_file())
    {
        let mut all = json(&findings);
        let mut place = 0;
        all.as_array_mut().unwrap().retain(|_| {
            place += 1;
            place % 3 > 0
        });
        fs::write(findings, all.to_string()).unwrap();
    }
    night(&snapshot, &two, Some(&one));
    let (sarif_schema, class) = (
        schema("sarif-2.1.0.json"),
        schema("ocsf-1.6.0-iam-analysis-finding.json"),
    );
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for out in [&one, &two] {
        assert!(
            report(out).totals.recommendations > 20,
            "{:?}",
            report(out).totals
        );
        let whole = json(&out.join("report.sarif"));
        assert_eq!(faults(&sarif_schema, &whole), Vec::<String>::new());
        let mut shown = 0;
        for result in sarif::results(out) {
            let message = text(&result, "/message/text");
            assert!(!has_meaning(message), "{message:.400}");
            shown += usize::from(message.contains("leak.invalid"));
            let uri = text(&result, "/locations/0/physicalLocation/artifactLocation/uri");
            assert!(
                uri.is_ascii() && !uri.contains(['<', '"', ' ', '[', '\\']),
                "{uri}"
            );
            let state = result
                .get("baselineState")
                .and_then(Value::as_str)
                .unwrap_or_default();
            *states.entry(state.to_owned()).or_default() += 1;
        }
        assert!(shown > 20, "the hostile text is not shown");
        let events = ocsf::events(out);
        assert!(!events.is_empty());
        for event in &events {
            assert_eq!(faults(&class, event), Vec::<String>::new(), "{event}");
        }
        // A line is an event, whatever takes U+2028 or a carriage return for the end of a line.
        let lines = fs::read_to_string(out.join("findings.ocsf.jsonl")).unwrap();
        assert!(!lines.contains(['\u{85}', '\u{2028}', '\u{2029}', '\r']));
        assert_eq!(lines.matches('\n').count(), events.len());
    }
    // What is printed is JSON as well, and steers no terminal.
    let args = [
        "compare",
        one.to_str().unwrap(),
        two.to_str().unwrap(),
        "--format",
        "json",
    ];
    let printed = leastwise(args).ran().exits(0).out;
    let history = json(&two.join("history.json"));
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), history);
    assert!(history["rows"].to_string().contains('\u{202e}') && !printed.contains(['\u{202e}', '\u{1b}']));
    assert!(
        ["absent", "unchanged"]
            .iter()
            .all(|state| states.get(*state).is_some_and(|it| *it > 0)),
        "{states:?}"
    );
}

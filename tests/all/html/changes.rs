//! What an account's page shows of each change: both documents, the patterns, and the commands.

use std::fs;
use std::path::Path;

use leastwise_core::report::{PatternRow, Recommendation};

use crate::harness::pages::{between, page};
use crate::scan::{account, demonstration, report};

/// The changes of all accounts, each with what its account's page shows of it.
fn changes(out: &Path) -> Vec<(Recommendation, String)> {
    let mut all = Vec::new();
    for summary in &report(out).accounts {
        let page = page(out, &format!("accounts/{}.html", summary.id));
        let shown = between(&page, "<article class=\"change\" id=\"change/", "</article>");
        let changes = account(out, &summary.id).recommendations;
        assert_eq!(changes.len(), shown.len(), "{}", summary.id);
        // The page begins with what matters most, the JSON is in the order of ids.
        all.extend(changes.into_iter().map(|change| {
            let is_its = |text: &&&str| text.contains(&format!("<li>ID: <code>{}</code></li>", change.id));
            let text = (*shown.iter().find(is_its).unwrap()).to_owned();
            (change, text)
        }));
    }
    all
}

/// What stands in the table of patterns: row by row the patterns, how many of their actions are unused, and what becomes of
/// them.
fn table_of_patterns(shown: &str) -> Vec<(Vec<&str>, usize, &str)> {
    let rows = between(shown, "<tr><td data-label=\"Statement\">", "</tr>").into_iter();
    let row = |row| {
        let [patterns, unused, now] = [
            "<td data-label=\"Pattern\">",
            "data-label=\"Unused actions\">",
            "\"Becomes\">",
        ]
        .map(|cell| between(row, cell, "</td>")[0]);
        (
            between(patterns, "<code>", "</code>"),
            unused.replace(',', "").parse().unwrap(),
            now,
        )
    };
    rows.map(row).collect()
}

#[test]
fn names_of_one_statement_that_go_have_a_row_together_and_none_is_missing() {
    let out = demonstration();
    let mut together = 0;
    for (change, shown) in &changes(&out) {
        let mut left = change.patterns.iter();
        for (patterns, unused, now) in table_of_patterns(shown) {
            let rows: Vec<_> = left.by_ref().take(patterns.len()).collect();
            assert_eq!(
                patterns,
                rows.iter().map(|row| row.pattern.as_str()).collect::<Vec<_>>()
            );
            assert_eq!(unused, rows.iter().map(|row| row.unused).sum::<usize>());
            let is_removed = rows.iter().all(|row| row.instead.is_empty());
            assert_eq!(is_removed, now == "removed", "{}: {now}", change.id);
            if rows.len() > 1 {
                let wild = |row: &&PatternRow| row.pattern.contains(['*', '?']) || !row.instead.is_empty();
                assert!(!rows.iter().any(wild), "{}: {patterns:?}", change.id);
                assert!(rows.iter().all(|row| row.statement == rows[0].statement));
                together += 1;
            }
        }
        assert_eq!(left.next(), None, "{}", change.id);
    }
    assert!(together > 5, "{together}");
}

#[test]
fn a_change_shows_both_sides_and_what_becomes_of_each_pattern() {
    let out = demonstration();
    let (mut wildcards, mut marks) = (0, 0);
    for (change, shown) in &changes(&out) {
        let read = |path: &str| fs::read_to_string(out.join(path)).unwrap();
        let (before, after) = (read(&change.files.before), read(&change.files.after));
        // What is the same stands on both sides.
        let same = between(shown, "<div><span>", "</span></div>");
        let same = same
            .iter()
            .map(|both| both.split_once("</span><span aria-hidden=\"true\">").unwrap());
        let same: Vec<&str> = same
            .inspect(|(left, right)| assert_eq!(left, right))
            .map(|it| it.0)
            .collect();
        // Every line that the difference takes away, brings or keeps is there, whole, on its side.
        for line in read(&change.files.diff).lines().skip(2) {
            let blocks = match line.as_bytes()[0] {
                b'-' => between(shown, "<del>", "</del>"),
                b'+' => between(shown, "<ins>", "</ins>"),
                b' ' => same.clone(),
                _ => continue,
            };
            let lines: Vec<&str> = blocks.into_iter().flat_map(|block| block.split('\n')).collect();
            let plain = |text: &&str| text.replace("<mark>", "").replace("</mark>", "");
            let found = lines
                .iter()
                .map(plain)
                .any(|text| text.replace("&amp;", "&") == line);
            assert!(found, "{}: {line}", change.id);
            marks += lines.iter().filter(|text| text.contains("<mark>")).count();
        }
        // Check, try, apply, watch, undo: each a line to copy.
        let steps = between(shown, "<ol class=\"steps\">", "</ol>")[0];
        let lines = between(steps, "<pre tabindex=\"0\">", "</pre>");
        let apply = lines
            .iter()
            .find(|line| line.starts_with("bash changes/apply.sh "))
            .unwrap();
        let name = apply.rsplit(' ').next().unwrap();
        assert!(
            out.join("changes/apply.sh").is_file() && !name.is_empty(),
            "{}: {apply}",
            change.id
        );
        let script = |script: &str| format!("bash changes/{script}.sh {name}");
        let mut wanted = vec!["leastwise check .".to_owned()];
        if steps.contains("Try it: ") {
            wanted.extend([script("trial"), script("trial-end")]);
        } else {
            assert!(steps.contains("No trial: "), "{}", change.id);
        }
        let watch = format!("leastwise watch . --trail AWSLogs --change {name}");
        wanted.extend([
            format!("DRY_RUN=1 {apply}"),
            script("apply"),
            watch,
            script("rollback"),
        ]);
        assert_eq!(lines, wanted, "{}", change.id);
        assert!(!change.patterns.is_empty(), "{}", change.id);
        for row in &change.patterns {
            let is_list = row.pattern == "NotAction";
            assert!(
                is_list || before.contains(&row.pattern),
                "{}: {}",
                change.id,
                row.pattern
            );
            for new in &row.instead {
                assert!(after.contains(new), "{}: {new}", change.id);
                assert!(
                    shown.contains(&format!("<code>{new}</code>")),
                    "{}: {new}",
                    change.id
                );
                assert_eq!(row.matches.contains_key(new), new.contains(['*', '?']), "{new}");
            }
            for (new, matched) in &row.matches {
                assert!(row.instead.contains(new));
                assert_eq!(matched.names.len(), matched.count.min(24), "{}: {new}", change.id);
                assert!(
                    shown.contains(&format!("matches {}: ", matched.count)),
                    "{}: {new}",
                    change.id
                );
                wildcards += 1;
            }
        }
    }
    assert!(
        wildcards > 20 && marks > 20,
        "too little to see: {wildcards} {marks}"
    );
}

//! The report's pages: complete, equal to `report.json`, and deaf to what a policy's author writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use leastwise_core::report::{Coverage, PatternRow, Recommendation};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::fake::{Invented, write_folder};
use crate::harness::pages::{between, data, hostile, page};
use crate::run::folder;
use crate::scan::{account, demonstration, files, report, scan};

fn pages(report: &Path) -> BTreeMap<String, String> {
    let html = files(report)
        .into_iter()
        .filter(|(path, _)| path.ends_with(".html"));
    html.map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
        .collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_usize, 0);
    for letter in text.trim_end_matches('=').chars() {
        held = (held << 6 | LETTERS.find(letter).unwrap()) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn every_principal_and_change_has_its_place_and_every_link_within_the_report_leads_somewhere() {
    let out = demonstration();
    let whole = report(&out);
    let pages = pages(&out);
    let mut places: Vec<String> = Vec::new();
    for (path, text) in &pages {
        let ids = between(text, " id=\"", "\"");
        places.push(path.clone());
        places.extend(ids.iter().map(|id| format!("{path}#{id}")));
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{path}: a place stands twice");
    }
    for summary in &whole.accounts {
        let name = format!("accounts/{}.html", summary.id);
        let account = account(&out, &summary.id);
        for principal in &account.principals {
            assert!(
                places.contains(&format!("{name}#{}/{}", principal.kind, principal.name)),
                "{name}"
            );
            assert!(
                pages[&name].contains(&principal.risk_sentence()),
                "{}",
                principal.arn
            );
        }
        for change in &account.recommendations {
            assert!(
                places
                    .iter()
                    .any(|place| place.starts_with(&format!("{name}#change/"))),
                "{}",
                change.id
            );
        }
        assert_eq!(
            pages[&name].matches("class=\"change\" id=\"change/").count(),
            summary.recommendations
        );
        assert_eq!(
            pages[&name].matches("class=\"principal\"").count(),
            summary.principals
        );
    }
    assert_eq!(
        pages["families.html"]
            .matches("class=\"change\" id=\"change/")
            .count(),
        whole.recommendations.len()
    );
    for (path, text) in &pages {
        for href in between(text, " href=\"", "\"") {
            // Filters are the script's; sources lie outside.
            let is_filter = path == "index.html" && href.starts_with('#') && href.contains('=');
            if is_filter || href.starts_with("https://") || href == "data:," {
                continue;
            }
            let href = href.replace("&#38;", "&").replace("&amp;", "&");
            let full = match (
                href.strip_prefix('#'),
                href.strip_prefix("../"),
                path.split_once('/'),
            ) {
                (Some(place), ..) => format!("{path}#{place}"),
                (_, Some(up), _) => up.to_owned(),
                (_, _, Some((folder, _))) => format!("{folder}/{href}"),
                _ => href,
            };
            let is_file = || out.join(decoded(&full)).is_file();
            assert!(
                places.contains(&full) || is_file(),
                "{path}: {full} leads nowhere"
            );
        }
    }
}

/// A path as the file is called to which an address with it leads.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let pair = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap());
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

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

trait Sentence {
    fn risk_sentence(&self) -> String;
}

impl Sentence for leastwise_core::report::PrincipalRow {
    fn risk_sentence(&self) -> String {
        self.effect.risk.why_before.clone()
    }
}

#[test]
fn states_and_notes_are_told_in_words() {
    let out = demonstration();
    let mut seen = 0;
    for summary in &report(&out).accounts {
        let (account, page) = (
            account(&out, &summary.id),
            page(&out, &format!("accounts/{}.html", summary.id)),
        );
        let states = account
            .policies
            .iter()
            .map(|it| format!("</span>: {}</li>", it.state));
        let notes = account.recommendations.iter().flat_map(|it| &it.notes);
        let notes = notes.map(|it| format!("<strong>Before you apply:</strong> {it}</li>"));
        for bare in states.chain(notes) {
            assert!(!page.contains(&bare), "{}: {bare}", summary.id);
            seen += 1;
        }
    }
    assert!(seen > 100);
}

#[test]
fn the_rows_and_the_cards_add_up_to_the_report() {
    let out = demonstration();
    let whole = report(&out);
    let data = data(&out);
    let rows: Vec<&Value> = data["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|it| it["rows"].as_array().unwrap())
        .collect();
    assert_eq!(rows.len(), whole.totals.principals);
    let sum = |at: usize| rows.iter().map(|row| row[at].as_u64().unwrap()).sum::<u64>();
    let effect = &whole.totals.effect;
    let wanted = [effect.granted as u64, effect.unused as u64, effect.removed as u64];
    assert_eq!([sum(3), sum(4), sum(5)], wanted);
    assert_eq!([sum(6), sum(7)], [effect.risk_before, effect.risk_after]);
    let index = page(&out, "index.html");
    for (at, status) in data["statuses"].as_array().unwrap().iter().enumerate() {
        let code = status[0].as_str().unwrap();
        let count = rows.iter().filter(|row| row[2] == at).count();
        let told = whole
            .totals
            .statuses
            .iter()
            .find(|(status, _)| status.name() == code)
            .unwrap()
            .1;
        assert_eq!(count, *told, "{code}");
        assert!(
            index.contains(&format!("href=\"#status={code}\" data-number=\"{count}\"")),
            "{code}"
        );
    }
    assert_eq!(
        data["statuses"].as_array().unwrap().len(),
        whole.totals.statuses.len()
    );
    // A change opens exactly those whom it reaches.
    for summary in &whole.accounts {
        let account = account(&out, &summary.id);
        let of = data["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["id"] == summary.id)
            .unwrap();
        for (number, change) in account.recommendations.iter().enumerate() {
            let reached = of["rows"].as_array().unwrap().iter();
            let reached = reached
                .filter(|row| row[10].as_array().unwrap().contains(&number.into()))
                .count();
            assert_eq!(reached, change.reaches.len(), "{}", change.id);
        }
    }
    for (number, family) in whole.families.iter().enumerate() {
        let reached = rows
            .iter()
            .filter(|row| row[11].as_array().unwrap().contains(&number.into()))
            .count();
        let wanted: usize = family.accounts.iter().map(|it| it.principals.len()).sum();
        assert_eq!(reached, wanted, "{}", family.id);
    }
}

#[test]
fn owners_accounts_and_organizational_units_share_the_same_principals() {
    let out = demonstration();
    let index = page(&out, "index.html");
    assert!(index.contains("Organization <bdi>o-acmeexample</bdi>"));
    let principals = |kind: &str| -> usize {
        let panel = between(&index, &format!("class=\"panel {kind}s\""), "</div>")[0];
        let cells = between(panel, "data-label=\"Principals\"><a href=\"", "</a>");
        assert!(cells.len() > 1, "{kind}");
        cells
            .iter()
            .map(|cell| cell.rsplit('>').next().unwrap().parse::<usize>().unwrap())
            .sum()
    };
    let all = report(&out).totals.principals;
    assert_eq!(["owner", "account", "ou"].map(principals), [all; 3]);
}

#[test]
fn coverage_comes_first_and_says_what_failed() {
    let out = folder("html-partial").join("report");
    scan("mocks/partial", &out).exits(3);
    let index = page(&out, "index.html");
    let whole = report(&out);
    let failed = whole.accounts.iter().find(|it| !it.failures.is_empty()).unwrap();
    let of = |coverage| whole.accounts.iter().filter(|it| it.coverage == coverage).count();
    let active = whole.accounts.len() - of(Coverage::Suspended) - of(Coverage::Excluded);
    let banner = between(&index, "<section class=\"banner warn\"", "</section>")[0];
    let told = format!(
        "{} of {active} active accounts scanned completely.",
        of(Coverage::Complete)
    );
    assert!(banner.contains(&told), "{banner}");
    let failure = &failed.failures[0].failure;
    assert!(
        banner.contains(&failed.id) && banner.contains(&failure.operation),
        "{banner}"
    );
    assert!(
        failure
            .message
            .as_ref()
            .is_none_or(|words| banner.contains(words)),
        "{banner}"
    );
    assert!(banner.contains("--resume"), "{banner}");
    assert!(index.find("class=\"banner") < index.find("class=\"figures\""));
}

#[test]
fn what_to_do_first_mixes_changes_unused_principals_and_credentials_and_names_account_and_owner() {
    let index = page(&demonstration(), "index.html");
    let start = between(&index, "<section id=\"start\">", "</section>")[0];
    let rows = between(start, "<tr><th scope=\"row\">", "</tr>");
    assert_eq!(rows.len(), 10);
    for (what, at_least) in [
        ("escalation path", 3),
        ("Review for deletion: unused role", 1),
        ("unused access key", 1),
    ] {
        let found = rows.iter().filter(|row| row.contains(what)).count();
        assert!(found >= at_least, "{what}: {found}");
    }
    assert!(
        rows.iter()
            .all(|row| row.contains("data-label=\"Owner\"") && row.contains("<bdi>acme-"))
    );
    assert!(!start.contains("break-glass"), "emergency access leads no list");
    // A change is on the page that it leads to, under the same sentence.
    let (href, title) = between(rows[0], "<a href=\"", "</a>")[0]
        .split_once("\">")
        .unwrap();
    let (path, place) = href.split_once('#').unwrap();
    let target = page(&demonstration(), path);
    let article = between(&target, &format!("id=\"{place}\">"), "</article>")[0];
    assert!(article.contains(&format!("<h3>{title}</h3>")), "{title}");
}

#[test]
fn an_account_begins_with_its_changes() {
    let out = demonstration();
    for summary in report(&out).accounts.iter().filter(|it| it.recommendations > 0) {
        let page = page(&out, &format!("accounts/{}.html", summary.id));
        let change = page.find("<article class=\"change\"");
        assert!(
            change.is_some() && change < page.find("<article class=\"principal\""),
            "{}",
            summary.id
        );
    }
}

#[test]
fn only_our_own_script_and_style_are_allowed_by_their_hashes_and_nothing_is_loaded() {
    let out = demonstration();
    for (path, text) in pages(&out) {
        let policy = between(&text, "http-equiv=\"Content-Security-Policy\" content=\"", "\"")[0];
        assert!(
            policy.starts_with("default-src 'none'; script-src 'sha256-"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let hashes = between(policy, "'sha256-", "'");
        for (at, (from, to)) in [("<script>", "</script>"), ("<style>", "</style>")]
            .into_iter()
            .enumerate()
        {
            let inline = between(&text, from, to);
            assert_eq!(inline.len(), 1, "{path}");
            assert_eq!(
                from_base64(hashes[at]),
                Sha256::digest(inline[0]).to_vec(),
                "{path} {from}"
            );
        }
        for loads in [
            " src=",
            " style=",
            "@import",
            "url(",
            "<iframe",
            "<object",
            "<form action",
            " onclick",
        ] {
            assert!(!text.contains(loads), "{path}: {loads}");
        }
        for href in between(&text, "href=\"https:", ">") {
            assert!(href.ends_with(" rel=\"noreferrer\""), "{path}: {href}");
        }
    }
}

#[test]
fn nothing_hostile_reaches_a_page_unescaped() {
    let out = hostile("html-hostile");
    let whole = report(&out);
    assert!(
        whole.totals.recommendations > 40,
        "too little to see: {:?}",
        whole.totals
    );
    let pages = pages(&out);
    for (path, text) in &pages {
        let scripts = if path == "index.html" { 2 } else { 1 };
        assert_eq!(text.matches("<script").count(), scripts, "{path}");
        assert_eq!(text.matches("</script").count(), scripts, "{path}");
        for bad in ["<img", "<!--", "\u{2028}", "\u{202e}", "\u{1b}"] {
            assert!(!text.contains(bad), "{path}: {bad:?}");
        }
        for href in between(text, "href=\"", "\"") {
            assert!(!href.to_lowercase().starts_with("javascript"), "{path}: {href}");
            assert!(!href.contains(['<', '\'', '`', ' ']), "{path}: {href}");
        }
    }
    assert!(
        pages.values().any(|text| text.contains("onerror=alert(1)")),
        "the hostile text is not shown"
    );
    assert_eq!(
        data(&out)["accounts"].as_array().unwrap().len(),
        whole.accounts.len()
    );
}

#[test]
fn ten_thousand_rows_are_far_below_five_megabytes() {
    let root = folder("html-size");
    let snapshot = root.join("snapshot");
    write_folder(
        &Invented {
            accounts: 5,
            principals: 60,
            seed: 7,
        },
        &snapshot,
    )
    .unwrap();
    let out = root.join("report");
    scan(snapshot.to_str().unwrap(), &out);
    let principals = report(&out).totals.principals;
    assert!(principals >= 300);
    let rows = data(&out)["accounts"].to_string().len();
    assert!(
        rows * 10_000 / principals < 4_500_000,
        "{rows} bytes for {principals} principals"
    );
}

//! The report's pages: complete, equal to `report.json`, and deaf to what a policy's author writes.

mod changes;
mod contrast;
mod safe;

use std::collections::BTreeMap;
use std::path::Path;

use leastwise_core::report::Coverage;
use serde_json::Value;

use crate::fake::{Invented, write_folder};
use crate::harness::pages::{between, data, page};
use crate::run::{folder, leastwise};
use crate::scan::{account, copy, demonstration, files, report, scan};

fn pages(report: &Path) -> BTreeMap<String, String> {
    let html = files(report)
        .into_iter()
        .filter(|(path, _)| path.ends_with(".html"));
    html.map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
        .collect()
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
    // What is unknown adds nothing.
    let sum = |at: usize| {
        rows.iter()
            .map(|row| row[at].as_u64().unwrap_or_default())
            .sum::<u64>()
    };
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

#[test]
fn where_no_permission_can_be_judged_nothing_is_called_used_or_done() {
    let root = folder("html-unjudged");
    let snapshot = root.join("snapshot");
    copy("mocks/acme", &snapshot, |_, _| {});
    std::fs::write(snapshot.join("analyzers.json"), "[]").unwrap();
    for account in std::fs::read_dir(snapshot.join("accounts")).unwrap() {
        let _ = std::fs::remove_file(account.unwrap().path().join("findings.json"));
    }
    let out = root.join("report");
    let paths = [
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(["scan", "--quiet"].iter().chain(&paths)).ran().exits(3);
    let index = page(&out, "index.html");
    assert!(index.contains("permissions could be judged, so nothing is known to be unused."));
    assert!(index.contains("Nothing can be recommended, because no permission could be judged."));
    assert!(!index.contains("There is nothing to do") && !index.contains("No unused permissions were found"));
    let data = data(&out);
    let rows: Vec<&Value> = data["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|it| it["rows"].as_array().unwrap())
        .collect();
    assert!(rows.iter().any(|row| row[4].is_null()));
    assert!(!rows.iter().any(|row| row[4].as_u64() > Some(0)));
}

//! How many principals are in which status, by each format that tells of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use leastwise_core::report::Report;

use crate::harness::pages::{between, data};
use crate::machines::text;
use crate::scan::account;

/// How many principals are in which status, by account and status; none is not told.
pub(super) type Statuses = BTreeMap<(String, String), usize>;

pub(super) fn statuses(out: &Path, report: &Report) -> Statuses {
    let mut found = Statuses::new();
    for summary in &report.accounts {
        let account = account(out, &summary.id);
        for principal in &account.principals {
            *found
                .entry((summary.id.clone(), principal.status.to_string()))
                .or_default() += 1;
        }
        // What the account says of itself in short.
        let of_account = found.iter().filter(|((id, _), _)| *id == summary.id);
        let of_account: Vec<(&str, usize)> = of_account
            .map(|((_, status), number)| (status.as_str(), *number))
            .collect();
        let told = summary.statuses.iter().filter(|(_, number)| **number > 0);
        assert_eq!(
            told.map(|(status, number)| (status.name(), *number))
                .collect::<Vec<_>>(),
            of_account
        );
        assert_eq!(account.recommendations.len(), summary.recommendations);
        let removals = account.principals.iter().flat_map(|it| it.removals.values());
        assert_eq!(
            removals.map(|it| it.permissions).sum::<usize>(),
            summary.effect.removed
        );
    }
    found
}

pub(super) fn statuses_of_csv(out: &Path) -> Statuses {
    let mut reader = csv::Reader::from_path(out.join("findings.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |column: &str| head.iter().position(|it| it == column).unwrap();
    let [id, status, arn] = ["account_id", "status", "principal_arn"].map(at);
    let rows = reader.records().map(|row| row.unwrap());
    let each: BTreeSet<(String, String, String)> = rows
        .map(|row| (row[arn].to_owned(), row[id].to_owned(), row[status].to_owned()))
        .collect();
    let mut found = Statuses::new();
    each.into_iter()
        .for_each(|(_, id, status)| *found.entry((id, status)).or_default() += 1);
    found
}

/// The rows of the index, and its cards.
pub(super) fn statuses_of_html(out: &Path) -> Statuses {
    let (data, index) = (data(out), fs::read_to_string(out.join("index.html")).unwrap());
    let codes: Vec<&str> = data["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| text(it, "/0"))
        .collect();
    let mut found = Statuses::new();
    for account in data["accounts"].as_array().unwrap() {
        for row in account["rows"].as_array().unwrap() {
            let code = codes[usize::try_from(row[2].as_u64().unwrap()).unwrap()];
            *found
                .entry((text(account, "/id").to_owned(), code.to_owned()))
                .or_default() += 1;
        }
    }
    for code in codes {
        let card = between(&index, &format!("href=\"#status={code}\" data-number=\""), "\"")[0];
        let of_rows: usize = found
            .iter()
            .filter(|((_, it), _)| it == code)
            .map(|(_, number)| number)
            .sum();
        assert_eq!(card, of_rows.to_string(), "{code}");
    }
    found
}

//! The summary of a check: what AWS agrees with, what it disputes and in which words, what it did not answer, and what more would
//! cost.

use std::collections::BTreeMap;
use std::path::Path;

use super::event::{CheckEnded, Event};
use super::summary::LabelledRows;
use super::terminal::shown;
use super::words::{self, counted, number};
use crate::cli::Exit;
use leastwise_core::check::PRICE_MICRODOLLARS;
use leastwise_core::report::{CHECK, CheckOutcome, CheckReport, CheckVerdict, CheckedChange};

/// So many disputed changes are named.
const NAMED: usize = 5;
/// So many actions of one remark.
const ACTIONS: usize = 3;

pub(crate) fn of<'c>(report: &'c CheckReport, folder: &Path, budget: u64, exit: Exit) -> Event<'c> {
    Event::CheckEnded(CheckEnded {
        totals: &report.totals,
        path: shown(&folder.join(CHECK)),
        exit: exit.code(),
        text: text(report, folder, budget),
    })
}

fn text(report: &CheckReport, folder: &Path, budget: u64) -> String {
    let mut out = LabelledRows::default();
    let totals = &report.totals;
    let parts = [
        (totals.agreed, "agreed"),
        (totals.disputed, "disputed"),
        (totals.undecided, "undecided"),
        (totals.incomplete, "incomplete"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", number(*count as u64)))
        .collect();
    let checked = counted(totals.changes, "change");
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!(": {}", parts.join(", "))
    };
    out.row("checked", format!("{checked}{parts}"));
    let disputed: Vec<&CheckedChange> = report
        .changes
        .iter()
        .filter(|change| change.verdict == CheckVerdict::Disputed)
        .collect();
    for change in disputed.iter().take(NAMED) {
        out.row("disputed", &change.id);
        for (row, remark) in change
            .checks
            .iter()
            .flat_map(|row| row.remarks.iter().map(move |it| (row, it)))
        {
            if !remark.disputes {
                continue;
            }
            let shown: Vec<&str> = remark.actions.iter().take(ACTIONS).map(String::as_str).collect();
            let more = remark.actions.len() - shown.len() + remark.more;
            let more = if more > 0 {
                format!(" and {} more", number(more as u64))
            } else {
                String::new()
            };
            let actions = if shown.is_empty() {
                String::new()
            } else {
                format!(" ({}{more})", shown.join(", "))
            };
            out.row(
                "",
                format!("  AWS ({}): {}{actions}", row.check.operation(), remark.aws),
            );
            out.row("", format!("  leastwise: {}", remark.leastwise));
        }
    }
    if disputed.len() > NAMED {
        out.row(
            "",
            format!(
                "and {} more; see {CHECK}",
                number((disputed.len() - NAMED) as u64)
            ),
        );
    }
    let mut failures: BTreeMap<String, (usize, Option<String>)> = BTreeMap::new();
    for failure in report
        .changes
        .iter()
        .flat_map(|change| &change.checks)
        .filter_map(|row| row.failure.as_ref())
    {
        let said = failure.reason().map(std::borrow::Cow::into_owned);
        failures.entry(words::failure(failure)).or_insert((0, said)).0 += 1;
    }
    for (what, (count, said)) in failures {
        let said = said.map(|said| format!(": {said}")).unwrap_or_default();
        out.row("no answer", format!("{what}, {}{said}", counted(count, "change")));
    }
    if report
        .changes
        .iter()
        .flat_map(|it| &it.checks)
        .any(|row| row.outcome == CheckOutcome::NotAsked)
    {
        out.row(
            "",
            "fix the access (leastwise iam-policy --check), then run the same command again",
        );
    }
    if totals.unpaid_calls > 0 {
        let calls = counted(
            usize::try_from(totals.unpaid_calls).unwrap_or(usize::MAX),
            "paid check",
        );
        let why = if budget == 0 {
            "not made"
        } else {
            "left over the budget"
        };
        let all = dollars(totals.unpaid_calls);
        out.row(
            "paid checks",
            format!("{calls} {why}; --budget {all} makes all of them"),
        );
    }
    if totals.paid_calls > 0 {
        let paid = counted(
            usize::try_from(totals.paid_calls).unwrap_or(usize::MAX),
            "paid call",
        );
        out.row(
            "cost",
            format!("{} US dollars for {paid}", dollars(totals.paid_calls)),
        );
    }
    out.row("result", shown(&folder.join(CHECK)));
    out.into_text()
}

/// The cost of `calls` paid calls, in US dollars.
fn dollars(calls: u64) -> String {
    let micro = calls.saturating_mul(PRICE_MICRODOLLARS);
    format!("{}.{:03}", micro / 1_000_000, micro % 1_000_000 / 1_000)
}

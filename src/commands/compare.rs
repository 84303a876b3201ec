//! `leastwise compare`: what changed from one report to another.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use super::trend;
use crate::cli::{Compare, Exit, ProveFormat};
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use crate::output::terminal;
use crate::output::terminal::shown;
use crate::output::words;
use crate::output::words::number;
use crate::scan::comparable::ComparableReport;
use leastwise_core::arn::Arn;
use leastwise_core::report::Status;
use leastwise_report::history::{HISTORY, History, HistoryRow, accounts, compare_account, may_show_use};

pub(crate) fn run(args: &Compare, log: &Log) -> Result<Exit, RunError> {
    let (Some(old), Some(new)) = (&args.old, &args.new) else {
        // Without two reports the arguments have a folder of them.
        return trend::run(
            args.trend.as_deref().unwrap_or(Path::new(".")),
            args.out.as_deref(),
        );
    };
    let (old, new) = (ComparableReport::read(old)?, ComparableReport::read(new)?);
    if let Some(message) = doubt(&old, &new) {
        log.tell(&Event::CompareWarning { message });
    }
    let mut rows = Vec::new();
    for id in accounts(&old.night, &new.night) {
        let moved = compare_account(&old.night, &new.night, id);
        let is_wanted =
            |row: &HistoryRow| !row.past.used.is_empty() || may_show_use(&old.night, &new.night, row);
        let is_wanted = moved.iter().any(is_wanted);
        let account = if is_wanted { new.account(id)? } else { None };
        rows.extend(old.remember(moved, &new.side(account.as_ref()))?);
    }
    let history = History::of(rows, old.night.idle_in_gaps(&new.night));
    let text = match args.format {
        ProveFormat::Text => text(&old, &new, &history),
        ProveFormat::Json => {
            let json = serde_json::to_string_pretty(&history);
            json.map_err(|error| RunError::Json {
                path: HISTORY.to_owned(),
                error,
            })? + "\n"
        }
    };
    let clean = match args.format {
        ProveFormat::Text => terminal::clean(&text),
        ProveFormat::Json => terminal::json(&text),
    };
    io::stdout().write_all(clean.as_bytes())?;
    Ok(Exit::Finished)
}

/// Why these two are hardly meant to be compared, if they are not: they would seem to differ in everything.
fn doubt(old: &ComparableReport, new: &ComparableReport) -> Option<String> {
    let (first, second) = (shown(old.path()), shown(new.path()));
    let ids = |it: &ComparableReport| {
        it.report
            .accounts
            .iter()
            .map(|it| it.id.clone())
            .collect::<BTreeSet<_>>()
    };
    if ids(old).is_disjoint(&ids(new)) {
        return Some(format!(
            "`{first}` and `{second}` have no account in common; are they of the same organisation?"
        ));
    }
    let began = |it: &ComparableReport| it.began().parse::<jiff::Timestamp>().ok();
    let (before, after) = (began(old)?, began(new)?);
    (before > after).then(|| {
        format!(
            "`{first}` ({}) is newer than `{second}` ({}); give the earlier report first",
            old.began(),
            new.began()
        )
    })
}

fn text(old: &ComparableReport, new: &ComparableReport, history: &History) -> String {
    let count = |status: &Status| history.counts.get(status).copied().unwrap_or_default();
    let counts = Status::ALL.iter().filter(|status| count(status) > 0);
    let counts: Vec<String> = counts
        .map(|status| format!("{} {}", number(count(status) as u64), words::change(*status)))
        .collect();
    let counts = if counts.is_empty() {
        "no changes in either report".to_owned()
    } else {
        counts.join(", ")
    };
    let report = |it: &ComparableReport| {
        let day = it.began().split('T').next().unwrap_or_default();
        format!("{} ({day})", terminal::line(&shown(it.path())))
    };
    let mut out = format!("From {} to {}: {counts}\n", report(old), report(new));
    for status in Status::ALL
        .iter()
        .copied()
        .filter(|status| *status != Status::Same)
    {
        for row in history.rows.iter().filter(|row| row.past.status == status) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "  {:<11}  {}", label(status), place(row));
        }
    }
    for row in history.rows.iter().filter(|row| !row.past.flapping.is_empty()) {
        let actions = row.past.flapping.join(", ");
        let _ = writeln!(
            out,
            "  {:<11}  {}: {}",
            "occasional",
            place(row),
            terminal::line(&actions)
        );
    }
    out
}

/// The status of a change, at the beginning of its line.
fn label(status: Status) -> &'static str {
    match status {
        Status::Reopened => "back",
        Status::Regressed => "regressed",
        Status::NotRead => "not scanned",
        other => other.name(),
    }
}

/// The principal by account and name, and the policy.
fn place(row: &HistoryRow) -> String {
    let arn = Arn::of(&row.key.principal);
    let principal = if arn.account.is_empty() {
        row.key.principal.clone()
    } else {
        format!("{}/{}", arn.account, arn.resource)
    };
    let policy = &row.key.policy;
    // The id of a principal's own policy begins with the principal.
    let shown = if policy.starts_with(&principal) {
        policy.clone()
    } else {
        format!("{principal}  {policy}")
    };
    terminal::line(&shown).into_owned()
}

//! The result for people: what was denied first, with the line that undoes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::WatchedTrail;
use crate::output::terminal::line;
use crate::output::words::{counted, number};
use leastwise_core::trail::{ChangeOutcome, ChangeStage, DeniedEvent, WatchResult, WatchVerdict};

/// So many denials of a change are shown.
const SHOWN: usize = 3;
/// So many files are named.
const NAMED: usize = 5;
/// Wide enough for every verdict.
const LABEL: usize = 12;
/// The column of the changes is no wider.
const WIDEST: usize = 64;

pub(super) fn of(gathered: &WatchedTrail<'_>, result: &WatchResult) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}", trail(gathered, result));
    let counts = result.counts.iter().filter(|(_, count)| **count > 0);
    let counts: Vec<String> = counts
        .map(|(verdict, count)| format!("{} {}", number(*count as u64), word(*verdict)))
        .collect();
    let _ = writeln!(
        out,
        "Changes: {}",
        if counts.is_empty() {
            "none".to_owned()
        } else {
            counts.join(", ")
        }
    );
    let shown = || {
        result
            .changes
            .iter()
            .filter(|it| it.verdict != WatchVerdict::NotApplied && !is_unknown(it))
    };
    let width = shown()
        .map(|it| it.change.chars().count())
        .max()
        .unwrap_or_default()
        .min(WIDEST);
    for change in shown() {
        let row = format!(
            "{:<LABEL$}  {:<width$}  {}",
            word(change.verdict),
            line(&change.change),
            standing(change, result)
        );
        let _ = writeln!(out, "\n{}", row.trim_end());
        for event in change.denied.iter().take(SHOWN) {
            denied(&mut out, event);
        }
        let more = change.denials.saturating_sub(SHOWN);
        if more > 0 || change.more_denials {
            let more = if change.more_denials {
                "many".to_owned()
            } else {
                number(more as u64)
            };
            let _ = writeln!(out, "  and {more} more; --format json lists them");
        }
        for it in &change.invisible {
            let _ = writeln!(out, "  but {}", line(&it.why));
        }
        if let Some(undo) = &change.undo {
            let _ = writeln!(out, "  undo it, in the report folder: {}", line(undo));
        } else if change.verdict == WatchVerdict::Denied {
            let _ = writeln!(
                out,
                "  no line to undo it: AWS names another policy as the reason, or the report has no script for this change"
            );
        }
    }
    unknown(&mut out, result);
    for row in &result.unmapped {
        let place = format!("{} {}", row.event_source, row.event_name);
        let _ = writeln!(
            out,
            "\nunknown       {} was denied {}: unknown action ({}, last {})",
            line(&row.principal),
            line(&place),
            counted(row.events, "event"),
            row.last
        );
    }
    if result.unreadable_files > 0 {
        let _ = writeln!(
            out,
            "\nwarning: {} could not be read completely",
            counted(result.unreadable_files, "file")
        );
        for (path, why) in result.unreadable.iter().take(NAMED) {
            let _ = writeln!(out, "  {}: {}", line(path), line(why));
        }
    }
    out
}

/// Whether the trail cannot even show that a change is applied.
fn is_unknown(change: &ChangeOutcome) -> bool {
    change.verdict == WatchVerdict::NotVisible && change.stage.is_none()
}

/// The changes that the trail cannot show as applied or not, grouped by reason.
fn unknown(out: &mut String, result: &WatchResult) {
    let mut together: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for change in result.changes.iter().filter(|it| is_unknown(it)) {
        let why = change.invisible.iter().map(|it| it.why.as_str()).collect();
        together.entry(why).or_default().push(&change.change);
    }
    for (why, changes) in together {
        let what = match changes.as_slice() {
            [one] => line(one).into_owned(),
            many => counted(many.len(), "change"),
        };
        let label = word(WatchVerdict::NotVisible);
        let _ = writeln!(
            out,
            "\n{label:<LABEL$}  {what}: it is unknown whether this is applied"
        );
        for why in why {
            let _ = writeln!(out, "  because {}", line(why));
        }
    }
}

/// What the trail has.
fn trail(gathered: &WatchedTrail<'_>, result: &WatchResult) -> String {
    let from = result.coverage.iter().map(|row| &row.from).min();
    let to = result.coverage.iter().map(|row| &row.to).max();
    let regions: BTreeSet<&String> = result.coverage.iter().flat_map(|row| &row.regions).collect();
    let (events, files) = (
        counted_long(gathered.trail.events, "event"),
        counted_long(gathered.read, "file"),
    );
    let ignored = match gathered.ignored {
        0 => String::new(),
        count => format!("; {} of other kinds ignored", counted_long(count, "file")),
    };
    let covers = match (from, to) {
        (Some(from), Some(to)) => {
            let regions: Vec<_> = regions.iter().map(|region| line(region)).collect();
            let accounts = counted(result.coverage.len(), "account");
            format!(
                "{accounts} of the report, {from} to {to}, Regions: {}",
                regions.join(", ")
            )
        }
        _ => "no events of the report's accounts".to_owned(),
    };
    format!("Trail: {covers} ({events} in {files}{ignored})")
}

fn counted_long(count: u64, what: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), what)
}

fn standing(change: &ChangeOutcome, result: &WatchResult) -> String {
    let since = change.since.as_deref().unwrap_or_default();
    let began = match change.stage {
        Some(ChangeStage::Trial) if change.untried > 0 => {
            let untried = counted(change.untried, "removed action");
            format!("in trial since {since}, but for {untried}")
        }
        Some(ChangeStage::Trial) => format!("in trial since {since}"),
        Some(ChangeStage::Applied) => format!("applied {since}"),
        Some(ChangeStage::Given) => format!("taken as applied {since}"),
        None => String::new(),
    };
    let then = match (change.verdict, change.quiet_days, &change.undone) {
        (WatchVerdict::Denied, ..) => counted(change.denials, "denial"),
        (WatchVerdict::RolledBack, _, Some(undone)) if change.denials > 0 => {
            format!(
                "applied {since}, undone {undone}, {} in between",
                counted(change.denials, "denial")
            )
        }
        (WatchVerdict::RolledBack, _, Some(undone)) => format!("applied {since}, undone {undone}"),
        (WatchVerdict::Waiting, Some(days), _) => {
            format!("nothing denied for {days} of {} days", result.quiet_days)
        }
        (_, Some(days), _) => format!("nothing denied for {days} days"),
        _ => String::new(),
    };
    [began, then]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

fn denied(out: &mut String, event: &DeniedEvent) {
    let on = event
        .resource
        .as_deref()
        .map(|it| format!(" on {}", line(it)))
        .unwrap_or_default();
    let _ = writeln!(
        out,
        "  {}  {}{on}, {}, by {} (event {})",
        event.time,
        line(&event.action),
        line(&event.region),
        line(&event.session),
        line(&event.id)
    );
    let _ = writeln!(
        out,
        "    {}: {}",
        line(&event.error_code),
        line(&event.error_message)
    );
}

/// A verdict, as a label and behind a number.
fn word(verdict: WatchVerdict) -> &'static str {
    match verdict {
        WatchVerdict::Denied => "denied",
        WatchVerdict::Waiting => "waiting",
        WatchVerdict::Confirmed => "confirmed",
        WatchVerdict::NotVisible => "not visible",
        WatchVerdict::RolledBack => "rolled back",
        WatchVerdict::NotApplied => "not applied",
    }
}

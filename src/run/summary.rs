//! The summary of a scan, a few lines for the person at the terminal, the numbers for programs: seven when all went well, with
//! three more on what could not be read and one on defects.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::event::{Event, ScanEnded};
use super::log::Log;
use super::message::count as count_of;
use super::scan::history::Since;
use super::scan::run::ScanOutcome;
use super::terminal;
use super::terminal::shown;
use crate::arn::Arn;
use crate::cli::Exit;
use crate::decide::PrincipalStatus;
use crate::report::{AccountSummary, Coverage, EvidenceKind, EvidenceSource, Ready};

/// The summary. When there is nothing to look at since the earlier report it is one line on a terminal and none elsewhere.
pub(super) fn of<'s>(scanned: &'s ScanOutcome, target: &Path, exit: Exit, log: &Log) -> Event<'s> {
    let since = scanned.since.as_ref().filter(|since| since.calm && log.is_brief());
    let text = match since.filter(|_| matches!(exit, Exit::Finished | Exit::Found)) {
        Some(since) if io::stderr().is_terminal() => nothing_new(scanned, since, target),
        Some(_) => String::new(),
        None => text(scanned, target),
    };
    Event::ScanEnded(ScanEnded {
        totals: &scanned.report.totals,
        left_alone_why: &scanned.left_alone,
        defects: scanned.defects,
        path: shown(target),
        exit: exit.code(),
        text,
    })
}

fn nothing_new(scanned: &ScanOutcome, since: &Since, target: &Path) -> String {
    let since = since.day.as_ref().map(|day| format!(" since {day}")).unwrap_or_default();
    let open = match scanned.report.totals.recommendations {
        1 => "1 change is".to_owned(),
        many => format!("{many} changes are"),
    };
    let ready = scanned.report.ready.map(|it| format!(", {} of them ready", it.changes)).unwrap_or_default();
    format!("nothing new{since}: {open} still open{ready}; report in {}\n", shown(target))
}

fn text(scanned: &ScanOutcome, target: &Path) -> String {
    let totals = &scanned.report.totals;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let coverage: Vec<String> =
        totals.accounts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let _ = writeln!(out, "accounts    {}", coverage.join(", "));
    let unread = scanned.report.accounts.iter().filter(|account| !account.failures.is_empty());
    let unread: Vec<String> = unread
        .map(|account| {
            let first = account.failures.first();
            let why = first.map(|it| format!("{} {}", it.failure.operation, it.failure.kind.name()));
            format!("{} ({})", account.id, why.unwrap_or_default())
        })
        .collect();
    if !unread.is_empty() {
        let _ = writeln!(out, "not whole   {}", some(&unread, 3));
    }
    let first = scanned.report.accounts.iter().find_map(|account| account.failures.first());
    if let Some(words) = first.and_then(|it| it.failure.words()) {
        let _ = writeln!(out, "AWS says    {}", terminal::line(&words));
    } else if let Some(detail) = first.and_then(|it| it.failure.detail.as_ref()) {
        let _ = writeln!(out, "why         {}", terminal::line(detail));
    }
    if let Some(fix) = &scanned.fix {
        let _ = writeln!(out, "how to fix  {}", terminal::line(fix));
    }
    let evidence = evidence(&scanned.report.accounts);
    if !evidence.is_empty() {
        let _ = writeln!(out, "evidence    {}", some(&evidence, 4));
    }
    let statuses = PrincipalStatus::ALL.iter().filter_map(|status| {
        let count = totals.statuses.get(status).filter(|count| **count > 0)?;
        Some(format!("{count} {}", status.name()))
    });
    let _ = writeln!(out, "principals  {}: {}", totals.principals, statuses.collect::<Vec<_>>().join(", "));
    if totals.credentials > 0 {
        let _ = writeln!(out, "unused      {}", credentials(totals.credentials));
    }
    let ready = scanned.report.ready.map(|Ready { after, changes }| {
        let changes = if changes == 1 { "1 change is".to_owned() } else { format!("{changes} changes are") };
        let nights = if after == 1 { "1 night".to_owned() } else { format!("{after} nights") };
        format!("; {changes} ready, the same for {nights}")
    });
    let _ = writeln!(
        out,
        "removed     {} permissions by {} changes, each proven against its evidence; risk {} -> {}{}",
        totals.effect.removed,
        totals.recommendations,
        totals.effect.risk_before,
        totals.effect.risk_after,
        ready.unwrap_or_default()
    );
    if !scanned.left_alone.is_empty() {
        let codes: Vec<String> =
            scanned.left_alone.iter().map(|(code, count)| format!("{count} {code}")).collect();
        let _ = writeln!(out, "left alone  {} policies: {}", totals.left_alone, codes.join(", "));
    }
    let first = &scanned.report.first;
    if !first.changes.is_empty() {
        let ids: Vec<String> =
            first.changes.iter().map(|change| terminal::line(&change.id).into_owned()).collect();
        let (changes, share) = (ids.len(), first.share_percent);
        let of = totals.recommendations;
        let _ = writeln!(
            out,
            "look first  {changes} of {of} changes remove {share} % of the risk, high confidence first: {}",
            some(&ids, 2)
        );
    }
    if let Some(since) = &scanned.report.since {
        let _ = writeln!(out, "changes     {}", since.sentence());
    }
    if scanned.defects > 0 {
        let _ = writeln!(
            out,
            "defects     {} proposals refuted and not published; please report defects/",
            scanned.defects
        );
    }
    let _ = writeln!(out, "report      {}", shown(target));
    out
}

/// Where the evidence comes from, and of how many of the accounts that were read: most of it first.
fn evidence(accounts: &[AccountSummary]) -> Vec<String> {
    let is_read =
        |account: &&AccountSummary| matches!(account.coverage, Coverage::Complete | Coverage::Partial);
    let mut sources: BTreeMap<String, usize> = BTreeMap::new();
    for account in accounts.iter().filter(is_read) {
        // An analyzer that says nothing about anybody in an account is no evidence about it.
        let source = if account.is_blind() { "none".to_owned() } else { source(&account.evidence) };
        *sources.entry(source).or_default() += 1;
    }
    let mut sources: Vec<(String, usize)> = sources.into_iter().collect();
    // What is unknown comes last, and among equals the order of the names decides.
    sources.sort_by_key(|(source, count)| (source == "none", std::cmp::Reverse(*count)));
    let of = |count| count_of(count, "account");
    sources.into_iter().map(|(source, count)| format!("{source}: {}", of(count as u64))).collect()
}

fn credentials(count: usize) -> String {
    if count == 1 {
        "1 access key or password".to_owned()
    } else {
        format!("{count} access keys and passwords")
    }
}

fn source(evidence: &EvidenceSource) -> String {
    let window = evidence.window_days.map(|days| format!(", {}", count_of(u64::from(days), "day")));
    let window = window.unwrap_or_default();
    match (evidence.source, &evidence.analyzer) {
        (EvidenceKind::Analyzer, Some(arn)) => {
            // arn:aws:access-analyzer:us-east-1:111111111111:analyzer/NAME
            let account = Arn::of(arn).account;
            let name = arn.rsplit('/').next().unwrap_or_default();
            format!("IAM Access Analyzer{window} (`{}` of {})", terminal::line(name), terminal::line(account))
        }
        (EvidenceKind::Analyzer, None) => format!("IAM Access Analyzer{window}"),
        (EvidenceKind::LastAccessed, _) => format!("IAM last-accessed data{window}"),
        (EvidenceKind::None | EvidenceKind::Unknown, _) => "none".to_owned(),
    }
}

fn some(all: &[String], most: usize) -> String {
    let shown = all.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

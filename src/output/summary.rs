//! The summary of a scan: an aligned table for people at the terminal, numbers for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal};
use std::path::Path;

use super::colour::LABEL;
use super::event::{Event, ScanEnded};
use super::log::Log;
use super::terminal;
use super::terminal::shown;
use super::words::{self, counted, number};
use crate::cli::Exit;
use crate::scan::history::SinceEarlier;
use crate::scan::outcome::ScanOutcome;
use leastwise_core::arn::Arn;
use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::numbers::percent;
use leastwise_core::report::{
    AccountSummary, Coverage, EvidenceKind, EvidenceSource, Ready, SinceRow, Status,
};

/// How many incomplete accounts are named, and how many changes to start with.
const ACCOUNTS: usize = 3;
const CHANGES: usize = 5;

/// The summary. When there is nothing to look at since the earlier report it is one line on a terminal and none elsewhere.
pub(crate) fn of<'s>(scanned: &'s ScanOutcome, target: &Path, exit: Exit, log: &Log) -> Event<'s> {
    let since = scanned
        .since
        .as_ref()
        .filter(|since| since.calm && log.is_brief());
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

fn nothing_new(scanned: &ScanOutcome, since: &SinceEarlier, target: &Path) -> String {
    let since = since
        .day
        .as_ref()
        .map(|day| format!(" since {day}"))
        .unwrap_or_default();
    let open = counted(scanned.report.totals.recommendations, "change");
    let ready = scanned
        .report
        .ready
        .map(|it| format!(", {} ready", number(it.changes as u64)));
    format!(
        "nothing new{since}: {open} still open{}; report in {}\n",
        ready.unwrap_or_default(),
        shown(target)
    )
}

/// Rows of a label and a value; a row without a label goes on with the one before.
#[derive(Default)]
pub(super) struct LabelledRows(String);

impl LabelledRows {
    pub(super) fn row(&mut self, label: &str, value: impl fmt::Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{label:<LABEL$}{value}");
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

fn text(scanned: &ScanOutcome, target: &Path) -> String {
    let mut out = LabelledRows(String::new());
    accounts(&mut out, scanned);
    principals(&mut out, scanned);
    changes(&mut out, scanned);
    start_with(&mut out, scanned);
    if scanned.defects > 0 {
        let withheld = counted(scanned.defects, "change");
        out.row(
            "bug",
            format!("{withheld} failed the proof and were withheld; please report the files in defects/"),
        );
    }
    let page = target.join("index.html");
    out.row("report", shown(if page.is_file() { &page } else { target }));
    out.0
}

/// Which accounts were scanned, what is missing and what to do about it, and where the usage data comes from.
fn accounts(out: &mut LabelledRows, scanned: &ScanOutcome) {
    let accounts = &scanned.report.accounts;
    let count = |coverage| accounts.iter().filter(|it| it.coverage == coverage).count() as u64;
    let (complete, suspended) = (count(Coverage::Complete), count(Coverage::Suspended));
    let active = accounts.len() as u64 - suspended - count(Coverage::Excluded);
    let mut scan = format!(
        "{} of {} scanned",
        number(complete),
        counted(active, "active account")
    );
    let others = [
        (count(Coverage::Partial), "incomplete"),
        (count(Coverage::Failed), "failed"),
        (suspended, "suspended"),
        (count(Coverage::Excluded), "excluded"),
    ];
    let others: Vec<String> = others
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", number(*count)))
        .collect();
    if !others.is_empty() {
        let _ = write!(scan, " ({})", others.join(", "));
    }
    out.row("accounts", scan);

    let unread = accounts
        .iter()
        .filter_map(|account| Some((account, &account.failures.first()?.failure)));
    for (at, (account, failure)) in unread.clone().take(ACCOUNTS).enumerate() {
        let label = if at == 0 { "incomplete" } else { "" };
        let name = named(account);
        out.row(
            label,
            format!("{name}: {}", terminal::line(&words::failure(failure))),
        );
        let said = failure.message.as_ref().or(failure.detail.as_ref());
        if let Some(said) = said.filter(|_| at == 0) {
            out.row("", format!("  {}", terminal::line(said)));
        }
        if let Some(fix) = scanned.fix.as_ref().filter(|_| at == 0) {
            out.row("", format!("  -> {}", terminal::line(fix)));
        }
    }
    if let Some(more) = unread.count().checked_sub(ACCOUNTS).filter(|more| *more > 0) {
        out.row("", format!("and {} more", number(more as u64)));
    }
    if scanned.accounts_unknown {
        out.row(
            "incomplete",
            "the other accounts of the organisation are unknown: organizations:ListAccounts failed",
        );
    }
    let evidence = evidence(accounts);
    if !evidence.is_empty() {
        out.row("usage data", some(&evidence, 4));
    }
}

fn principals(out: &mut LabelledRows, scanned: &ScanOutcome) {
    let totals = &scanned.report.totals;
    // What can be done first, then what cannot.
    let statuses = [
        PrincipalStatus::Reducible,
        PrincipalStatus::UnusedPrincipal,
        PrincipalStatus::Blocked,
        PrincipalStatus::Clean,
        PrincipalStatus::NoFinding,
        PrincipalStatus::TooYoung,
        PrincipalStatus::NoEvidence,
        PrincipalStatus::Excluded,
        PrincipalStatus::Unsupported,
        PrincipalStatus::Failed,
    ];
    let statuses = statuses.iter().filter_map(|status| {
        let count = totals.statuses.get(status).filter(|count| **count > 0)?;
        Some(format!("{} {}", number(*count as u64), words::status(*status)))
    });
    let statuses: Vec<String> = statuses.collect();
    let total = number(totals.principals as u64);
    out.row(
        "principals",
        if statuses.is_empty() {
            total
        } else {
            format!("{total}: {}", statuses.join(", "))
        },
    );
    match totals.credentials {
        0 => {}
        1 => out.row("credentials", "1 unused access key or password"),
        many => out.row(
            "credentials",
            format!("{} unused access keys and passwords", number(many as u64)),
        ),
    }
}

fn changes(out: &mut LabelledRows, scanned: &ScanOutcome) {
    let (report, totals) = (&scanned.report, &scanned.report.totals);
    let effect = &totals.effect;
    if totals.recommendations == 0 {
        out.row("changes", "none");
    } else {
        out.row(
            "changes",
            format!(
                "{}, each proven; together they would remove {} ({} of all unused)",
                number(totals.recommendations as u64),
                counted(effect.removed, "unused permission"),
                percent(effect.removed, effect.unused)
            ),
        );
        let (before, after) = (effect.risk_before, effect.risk_after);
        let less = before.checked_sub(after).filter(|less| *less > 0);
        let less = less.map(|less| format!(" (-{})", percent(less, before)));
        out.row(
            "risk score",
            format!(
                "{} -> {}{}",
                number(before),
                number(after),
                less.unwrap_or_default()
            ),
        );
    }
    if let Some(Ready { after, changes }) = report.ready {
        let runs = if after == 1 {
            "the last daily run".to_owned()
        } else {
            format!("{after} daily runs")
        };
        out.row(
            "ready",
            format!("{} (the same in {runs})", counted(changes, "change")),
        );
    }
    if let Some(since) = &report.since {
        out.row("since last", news(since));
    }
    if !scanned.left_alone.is_empty() {
        let mut why: BTreeMap<&str, usize> = BTreeMap::new();
        for (code, count) in &scanned.left_alone {
            *why.entry(code.title()).or_default() += count;
        }
        let mut why: Vec<(&str, usize)> = why.into_iter().collect();
        why.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let why: Vec<String> = why
            .into_iter()
            .map(|(why, count)| format!("{why} ({})", number(count as u64)))
            .collect();
        let policies = match totals.left_alone {
            1 => "1 policy".to_owned(),
            many => format!("{} policies", number(many as u64)),
        };
        out.row(
            "not changed",
            format!("{policies} with unused permissions: {}", why.join("; ")),
        );
    }
}

/// How the changes compare with the earlier report.
fn news(since: &SinceRow) -> String {
    let count = |status: &Status| since.changes.get(status).copied().unwrap_or_default();
    // What is as it was, or could not be compared, is in the report.
    let asks = [
        Status::New,
        Status::Reopened,
        Status::Regressed,
        Status::Changed,
        Status::Resolved,
        Status::Withheld,
    ];
    let mut told: Vec<String> = asks
        .iter()
        .filter(|status| count(status) > 0)
        .map(|status| format!("{} {}", number(count(status) as u64), words::change(*status)))
        .collect();
    let idle = [
        (since.newly_unused, "newly unused"),
        (since.no_longer_unused, "no longer unused"),
    ];
    let idle = idle.iter().filter(|(count, _)| *count > 0);
    let idle: Vec<String> = idle
        .map(|(count, what)| format!("{} {what}", number(*count as u64)))
        .collect();
    if !idle.is_empty() {
        told.push(format!("principals and credentials: {}", idle.join(", ")));
    }
    if told.is_empty() {
        told.push("nothing new, back or resolved".to_owned());
    }
    format!("{} (since {})", told.join(", "), since.day)
}

/// The fewest changes that remove most of the risk.
fn start_with(out: &mut LabelledRows, scanned: &ScanOutcome) {
    let first = &scanned.report.first;
    let all = first.changes.len();
    if all == 0 {
        return;
    }
    let of = number(scanned.report.totals.recommendations as u64);
    let remove = if all == 1 { "removes" } else { "remove" };
    out.row(
        "start with",
        format!(
            "{} of {of} changes {remove} {}% of the removable risk:",
            number(all as u64),
            first.share_percent
        ),
    );
    for change in first.changes.iter().take(CHANGES) {
        // An id begins with the account, if the change is of one.
        let account = change.id.split_once('/').and_then(|(id, rest)| {
            let account = scanned.report.accounts.iter().find(|account| account.id == id)?;
            Some(format!("{}  {rest}", named(account)))
        });
        let what = account.unwrap_or_else(|| change.id.clone());
        out.row(
            "",
            format!(
                "  {}  ({} confidence)",
                terminal::line(&what),
                change.confidence.name()
            ),
        );
    }
    if let Some(more) = all.checked_sub(CHANGES).filter(|more| *more > 0) {
        out.row("", format!("  and {} more", number(more as u64)));
    }
}

/// An account as people know it, with its id.
fn named(account: &AccountSummary) -> String {
    if account.name.is_empty() {
        return account.id.clone();
    }
    format!("{} ({})", terminal::line(&account.name), account.id)
}

/// Where the usage data comes from, and of how many of the accounts that were read: most of it first.
fn evidence(accounts: &[AccountSummary]) -> Vec<String> {
    const NONE: &str = "none";
    let is_read =
        |account: &&AccountSummary| matches!(account.coverage, Coverage::Complete | Coverage::Partial);
    let mut sources: BTreeMap<String, usize> = BTreeMap::new();
    for account in accounts.iter().filter(is_read) {
        // An analyzer without a finding for any principal of an account is no evidence about it.
        let source = if account.is_blind() {
            NONE.to_owned()
        } else {
            source(&account.evidence)
        };
        *sources.entry(source).or_default() += 1;
    }
    let mut sources: Vec<(String, usize)> = sources.into_iter().collect();
    // What is unknown comes last, and among equals the order of the names decides.
    sources.sort_by_key(|(source, count)| (source == NONE, std::cmp::Reverse(*count)));
    let shown = |(source, count): (String, usize)| format!("{source}: {}", counted(count, "account"));
    sources.into_iter().map(shown).collect()
}

fn source(evidence: &EvidenceSource) -> String {
    let window = evidence
        .window_days
        .map(|days| format!(", last {}", counted(days, "day")));
    let window = window.unwrap_or_default();
    match (evidence.source, &evidence.analyzer) {
        (EvidenceKind::Analyzer, Some(arn)) => {
            // arn:aws:access-analyzer:us-east-1:111111111111:analyzer/NAME
            let account = Arn::of(arn).account;
            let name = arn.rsplit('/').next().unwrap_or_default();
            format!(
                "IAM Access Analyzer{window} (`{}` in {})",
                terminal::line(name),
                terminal::line(account)
            )
        }
        (EvidenceKind::Analyzer, None) => format!("IAM Access Analyzer{window}"),
        (EvidenceKind::LastAccessed, _) => format!("IAM last-accessed data{window}"),
        (EvidenceKind::None | EvidenceKind::Unknown, _) => "none".to_owned(),
    }
}

fn some(all: &[String], most: usize) -> String {
    let shown = all
        .iter()
        .take(most)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("; ");
    match all.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

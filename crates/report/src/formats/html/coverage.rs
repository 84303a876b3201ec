//! How much of the organisation was scanned: one line if everything was, otherwise what to do.

use super::text::{self, count, counted};
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::report::{AccountSummary, Coverage, EvidenceSource, Report};

/// The banner.
pub(super) struct Banner {
    /// `good`, `warn` or `bad`.
    pub(super) class: &'static str,
    pub(super) headline: String,
    pub(super) gaps: Vec<CoverageGap>,
}

/// An account that was not scanned completely.
pub(super) struct CoverageGap {
    pub(super) name: String,
    pub(super) id: String,
    /// What is missing, with the AWS error if there is one.
    pub(super) what: Vec<String>,
    pub(super) fix: Fix,
}

/// How to fix it, with the command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fix {
    pub(super) text: &'static str,
    pub(super) command: &'static str,
}

/// Whether anything was scanned.
pub(super) fn is_read(account: &AccountSummary) -> bool {
    matches!(account.coverage, Coverage::Complete | Coverage::Partial)
}

impl Banner {
    pub(super) fn of(report: &Report) -> Self {
        let number = |coverage| {
            report
                .accounts
                .iter()
                .filter(|it| it.coverage == coverage)
                .count()
        };
        let (suspended, excluded) = (number(Coverage::Suspended), number(Coverage::Excluded));
        let active = report.accounts.len() - suspended - excluded;
        let complete = number(Coverage::Complete);
        let read = complete + number(Coverage::Partial);
        let mut headline = match (active, read, complete) {
            (0, ..) => "There is no account to scan.".to_owned(),
            (_, 0, _) => "Nothing was scanned.".to_owned(),
            (1, _, 1) => "The account was scanned completely.".to_owned(),
            (all, _, whole) if all == whole => format!("All {} active accounts scanned.", count(&all)),
            (all, _, whole) => {
                format!(
                    "{} of {} scanned completely.",
                    count(&whole),
                    counted(all, "active account")
                )
            }
        };
        for (accounts, why) in [
            (suspended, "suspended"),
            (excluded, "excluded by the configuration"),
        ] {
            if accounts > 0 {
                let noun = if accounts == 1 { "account" } else { "accounts" };
                headline.push_str(&format!(" {} {noun} skipped ({why}).", count(&accounts)));
            }
        }
        let mut gaps: Vec<CoverageGap> = report.accounts.iter().filter_map(gap).collect();
        // Accounts that were not scanned at all come first.
        gaps.sort_by_key(|gap| gap.fix == NO_DATA);
        let class = match (read, gaps.is_empty()) {
            (0, _) => "bad",
            (_, true) => "good",
            (_, false) => "warn",
        };
        Self {
            class,
            headline,
            gaps,
        }
    }
}

const NO_DATA: Fix = Fix {
    text: "Check that the analyzer covers this account, or use IAM's last-accessed data:",
    command: "leastwise scan --evidence last-accessed",
};
const AGAIN: Fix = Fix {
    text: "Scan again; only what is missing is read:",
    command: "leastwise scan --resume",
};

fn gap(account: &AccountSummary) -> Option<CoverageGap> {
    let (what, fix) = match account.coverage {
        Coverage::Suspended | Coverage::Excluded => return None,
        Coverage::Complete if account.is_blind() => {
            (vec!["no usage data for any role or user".to_owned()], NO_DATA)
        }
        Coverage::Complete => return None,
        Coverage::Partial | Coverage::Failed => {
            let first = account.failures.first().map(|it| &it.failure);
            (failures(account), first.map_or(AGAIN, fix))
        }
    };
    Some(CoverageGap {
        name: account.name.clone(),
        id: account.id.clone(),
        what,
        fix,
    })
}

/// AWS errors with their operations. The same error for several principals appears once.
pub(super) fn failures(account: &AccountSummary) -> Vec<String> {
    let mut all: Vec<(String, usize)> = Vec::new();
    for failed in &account.failures {
        let said = said(&failed.failure);
        let principals = usize::from(failed.principal.is_some());
        match all.iter_mut().find(|(known, _)| *known == said) {
            Some((_, number)) => *number += principals,
            None => all.push((said, principals)),
        }
    }
    let told = all.into_iter().map(|(said, principals)| match principals {
        0 => said,
        some => format!("{said} (for {})", counted(some, "principal")),
    });
    told.collect()
}

fn said(failure: &Failure) -> String {
    let code = failure.code.as_deref().unwrap_or(match failure.kind {
        FailureKind::Denied => "access denied",
        FailureKind::Throttled => "throttled",
        FailureKind::Expired => "credentials expired",
        FailureKind::Absent => "not found",
        FailureKind::Malformed => "unreadable answer",
        FailureKind::Unreachable => "no answer",
    });
    let words = failure.message.as_deref().or(failure.detail.as_deref());
    let words = words.map(|words| format!(": {words}")).unwrap_or_default();
    format!("{} failed, {code}{words}", failure.operation)
}

fn fix(failure: &Failure) -> Fix {
    let fix = |text, command| Fix { text, command };
    match (failure.kind, failure.operation.as_str()) {
        (FailureKind::Denied, "AssumeRole") => fix(
            "Deploy the member role, then scan with --resume:",
            "leastwise iam-policy --trust ACCOUNT_ID",
        ),
        (FailureKind::Denied, _) => fix(
            "Grant what a scan needs, then scan with --resume:",
            "leastwise iam-policy",
        ),
        (FailureKind::Expired, _) => fix("Log in again, then continue:", "leastwise scan --resume"),
        (FailureKind::Absent, _) => fix(
            "Create the analyzer or the role that is missing, then continue:",
            "leastwise scan --resume",
        ),
        (FailureKind::Throttled | FailureKind::Malformed | FailureKind::Unreachable, _) => AGAIN,
    }
}

/// Where the usage data of an account comes from, in a sentence.
pub(super) fn evidence(it: &EvidenceSource) -> String {
    let mut told = it.source.title().to_owned();
    if let Some(days) = it.window_days {
        told.push_str(&format!(
            ", last {}",
            counted(usize::try_from(days).unwrap_or_default(), "day")
        ));
    }
    if let Some(at) = &it.evaluated {
        told.push_str(&format!(", up to {}", text::date(at)));
    }
    if let Some(at) = &it.analyzer_created {
        told.push_str(&format!(", analyzer created {}", text::date(at)));
    }
    let ignored = [
        (it.other_analyzers.len(), "other analyzer"),
        (it.superseded_findings, "older finding"),
        (it.archived_findings, "archived finding"),
    ];
    for (number, what) in ignored.into_iter().filter(|(number, _)| *number > 0) {
        told.push_str(&format!(", {} ignored", counted(number, what)));
    }
    told
}

/// Source of the usage data, as a sentence, and its newest day.
pub(super) fn usage_data(report: &Report) -> (String, Option<String>) {
    let mut sources: Vec<String> = Vec::new();
    let mut newest: Option<&str> = None;
    for evidence in report.accounts.iter().map(|it| &it.evidence) {
        let Some(at) = evidence.evaluated.as_deref() else {
            continue;
        };
        newest = newest.max(Some(at));
        let days = evidence
            .window_days
            .map(|days| format!(", last {days} days"))
            .unwrap_or_default();
        let source = format!("{}{days}", evidence.source.title());
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources.sort();
    match newest {
        Some(at) => {
            let told = format!("{}, up to {}", sources.join(" and "), text::date(at));
            (told, Some(text::day(at).to_owned()))
        }
        None => ("none".to_owned(), None),
    }
}

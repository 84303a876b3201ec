//! `summary.md`: one page of Markdown for the summary of a pipeline job or for a chat message.
//!
//! Only the ten findings that come first are kept in memory. Everything that AWS or the author of a policy wrote is
//! escaped as in tickets.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::markdown::{code, prose};
use super::start::Start;
use super::{AccountView, Format, Part, Read, say, weight};
use crate::folder::Owner;
use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::numbers::{capital, count, counted, day, percent};
use leastwise_core::report::{
    AccountReport, AccountSummary, Coverage, PrincipalRow, Recommendation, Report, ReportFormat,
};

const PATH: &str = "summary.md";

/// Maximum number of incomplete accounts to name.
const MOST_ACCOUNTS: usize = 5;

/// The format.
#[derive(Debug, Default)]
pub struct Summary {
    tag: Option<String>,
    formats: Vec<ReportFormat>,
    first: Mutex<Start<String>>,
}

impl Summary {
    /// Creates the format, with owners from the given tag and links to the files of these formats.
    pub fn new(owner_tag: Option<&str>, formats: &[ReportFormat]) -> Self {
        Self {
            tag: owner_tag.map(str::to_owned),
            formats: formats.to_vec(),
            first: Mutex::default(),
        }
    }

    fn start(&self) -> MutexGuard<'_, Start<String>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: &Recommendation, place: &str, owners: &str) {
        let line = format!(
            "**{}** {}: affects {}, {} confidence{owners}",
            weight::of_change(change).name(),
            say::change_of(change, Some(place), &code),
            counted(change.reaches.len() + change.others, "principal"),
            change.confidence.level,
        );
        self.start().change(change, line);
    }

    fn principal(&self, principal: &PrincipalRow, policies: &[&str], account: &AccountSummary) {
        let (place, owner) = (place(account), self.owned_by(principal, account));
        if principal.status == PrincipalStatus::UnusedPrincipal {
            let line = format!(
                "**{}** {} in {place}: {}{owner}",
                weight::of_unused(principal).name(),
                say::unused(principal, policies, &code),
                prose(&principal.why)
            );
            self.start().unused(principal, line);
        }
        if principal.credentials() > 0 {
            let line = format!(
                "**{}** {} in {place}{owner}",
                weight::of_credential(principal).name(),
                say::credentials(principal, &code)
            );
            self.start().credentials(principal, line);
        }
    }

    fn owned_by(&self, principal: &PrincipalRow, account: &AccountSummary) -> String {
        match Owner::of(principal, &account.id, self.tag.as_deref()) {
            Owner::Tag(name) => format!(", owner {}", code(&name)),
            Owner::Account(_) => String::new(),
        }
    }

    /// The owners of the principals that a change affects in an account.
    fn owners(&self, change: &Recommendation, account: &AccountReport) -> String {
        let affected = account
            .principals
            .iter()
            .filter(|it| change.reaches.contains(&it.arn));
        let mut names: Vec<String> = affected
            .filter_map(
                |it| match Owner::of(it, &account.summary.id, self.tag.as_deref()) {
                    Owner::Tag(name) => Some(name),
                    Owner::Account(_) => None,
                },
            )
            .collect();
        names.sort();
        names.dedup();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!(", owner {}", code(one)),
            [one, rest @ ..] => format!(", owners {} and {} more", code(one), count(&rest.len())),
        }
    }
}

impl Format for Summary {
    fn begin(&self, report: &Report) -> Vec<Part> {
        for change in &report.recommendations {
            let accounts = report
                .families
                .iter()
                .find(|it| it.recommendation.as_ref() == Some(&change.id));
            let accounts = accounts.map_or(0, |it| it.accounts.len());
            self.change(change, &counted(accounts, "account"), "");
        }
        Vec::new()
    }

    fn account(&self, view: &AccountView<'_>, _read: &Read<'_>) -> Vec<Part> {
        let account = view.account;
        let here = place(&account.summary);
        for change in &account.recommendations {
            self.change(change, &here, &self.owners(change, account));
        }
        for principal in &account.principals {
            let policies: Vec<&str> = view
                .lookup
                .held_by(principal)
                .iter()
                .map(|it| it.name.as_str())
                .collect();
            self.principal(principal, &policies, &account.summary);
        }
        Vec::new()
    }

    fn end(&self, report: &Report) -> Vec<Part> {
        let start = std::mem::take(&mut *self.start());
        let first = start.first();
        let mut out = "# Unused AWS permissions\n\n".to_owned();
        out.push_str(&state(report));
        out.push_str(&coverage(report));
        if !first.is_empty() {
            out.push_str("\n## Start here\n\n");
            for (number, line) in (1..).zip(first) {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{number}. {line}");
            }
        }
        if let Some(since) = &report.since {
            let _ = write!(
                out,
                "\n## Since the last report\n\n{}.\n",
                prose(&capital(&since.sentence()))
            );
        }
        if let Some(ready) = report.ready {
            let runs = if ready.after == 1 {
                "1 run".to_owned()
            } else {
                format!("{} runs", ready.after)
            };
            let _ = writeln!(
                out,
                "\n{} ready: the same for {runs}.",
                match ready.changes {
                    1 => "1 change is".to_owned(),
                    many => format!("{} changes are", count(&many)),
                }
            );
        }
        out.push_str(&self.links());
        vec![Part::text(PATH, out)]
    }
}

impl Summary {
    fn links(&self) -> String {
        let files = [
            (ReportFormat::Html, "[Report](index.html)"),
            (ReportFormat::Tickets, "[Tickets](tickets/tickets.csv)"),
            (ReportFormat::Csv, "[All findings as CSV](findings.csv)"),
            (ReportFormat::Sarif, "[SARIF](report.sarif)"),
        ];
        let mut links: Vec<&str> = files
            .iter()
            .filter(|(format, _)| self.formats.contains(format))
            .map(|(_, link)| *link)
            .collect();
        links.push("[JSON](report.json)");
        format!(
            "\n{}\n\nCheck every proof again: `leastwise verify` with the report folder.\n",
            links.join(" · ")
        )
    }
}

/// The state, as a sentence.
fn state(report: &Report) -> String {
    let (totals, effect) = (&report.totals, &report.totals.effect);
    let count_of = |status| totals.statuses.get(&status).copied().unwrap_or_default();
    let unused = count_of(PrincipalStatus::UnusedPrincipal);
    let mut text = match totals.recommendations {
        _ if totals.principals == 0 => "No role or user was scanned.".to_owned(),
        0 => "There is no change to make.".to_owned(),
        changes => format!(
            "**{} can remove {} of {}** ({}) and lower the risk score from {} to {} ({}).",
            counted(changes, "proven change"),
            count(&effect.removed),
            counted(effect.granted, "permission"),
            percent(effect.removed, effect.granted),
            count(&effect.risk_before),
            count(&effect.risk_after),
            percent(
                effect.risk_before.saturating_sub(effect.risk_after),
                effect.risk_before
            ),
        ),
    };
    if unused + totals.credentials > 0 {
        let _ = write!(
            text,
            " Unused as a whole: {} {}, {}.",
            count(&unused),
            if unused == 1 {
                "role or user"
            } else {
                "roles and users"
            },
            counted(totals.credentials, "credential"),
        );
    }
    text + "\n"
}

/// What was scanned, what was not, and how old the usage data is.
fn coverage(report: &Report) -> String {
    let is = |coverage| report.accounts.iter().filter(move |it| it.coverage == coverage);
    let skipped = is(Coverage::Suspended).count() + is(Coverage::Excluded).count();
    let active = report.accounts.len() - skipped;
    let complete = is(Coverage::Complete).count();
    let mut out = format!(
        "\n{complete} of {} scanned completely",
        counted(active, "active account")
    );
    if skipped > 0 {
        let _ = write!(out, "; {} suspended or excluded", count(&skipped));
    }
    let oldest = report
        .accounts
        .iter()
        .filter_map(|it| it.evidence.evaluated.as_deref())
        .min();
    match oldest {
        Some(oldest) => {
            let _ = writeln!(out, ". The oldest usage data is of {}.", prose(day(oldest)));
        }
        None => out.push_str(". There is no usage data.\n"),
    }
    let missing: Vec<&AccountSummary> = is(Coverage::Failed).chain(is(Coverage::Partial)).collect();
    if !missing.is_empty() {
        out.push_str("\n**Not complete:**\n\n");
    }
    for account in missing.iter().take(MOST_ACCOUNTS) {
        let why = account.failures.first().map(|it| {
            let detail = it
                .failure
                .detail
                .as_ref()
                .map(|it| format!(" ({it})"))
                .unwrap_or_default();
            format!(": {} {}{detail}", it.failure.operation, it.failure.kind.name())
        });
        let _ = writeln!(out, "- {}{}", place(account), prose(&why.unwrap_or_default()));
    }
    if let Some(more) = missing.len().checked_sub(MOST_ACCOUNTS).filter(|more| *more > 0) {
        let _ = writeln!(out, "- and {} more", count(&more));
    }
    out
}

/// An account as Markdown.
fn place(account: &AccountSummary) -> String {
    match account.name.as_str() {
        "" => format!("account {}", code(&account.id)),
        name => format!("{} ({})", code(name), code(&account.id)),
    }
}

//! `index.html` up to its rows: what was covered, what it adds up to, what to do first.

use std::collections::BTreeMap;

use askama::Template;

use super::change::Link;
use super::text::{self, account_page, change_anchor, counted, in_hash};
use super::{INDEX_SCRIPT, STYLE, guard, rows, words};
use crate::decide::{Level, PrincipalStatus};
use crate::report::whole::{FamilyRow, Report};
use crate::report::{
    AccountSummary, ActionLevel, Coverage, EvidenceKind, EvidenceSource, Failed, FirstChange,
};

/// How many accounts a chart shows before it counts the rest.
const CHARTED: usize = 12;
/// How many of the first changes are named before the rest is counted: nobody reads thousands.
const NAMED: usize = 25;
/// How wide a whole bar is, in the units of its drawing.
const WIDTH: u64 = 1000;

/// The page of the organisation.
#[derive(Template)]
#[template(path = "index.html")]
pub(super) struct IndexPage<'r> {
    csp: String,
    style: &'static str,
    report: &'r Report,
    headline: String,
    problems: Vec<String>,
    evidence: Vec<String>,
    cards: Vec<Card>,
    permissions: Chart,
    risk: Chart,
    removal: Chart,
    undrawn: Vec<String>,
    first: Vec<FirstRow>,
    families: Vec<Family<'r>>,
    accounts: Vec<Account<'r>>,
    rows: String,
}

/// A number that opens its rows.
struct Card {
    title: &'static str,
    means: &'static str,
    code: PrincipalStatus,
    number: usize,
}

/// Bars, a row each, with their numbers beside them.
struct Chart {
    bars: Vec<Bar>,
    /// What is in the table of accounts and not here.
    more: usize,
}

struct Bar {
    link: Link,
    /// What tells two of one name apart.
    id: String,
    numbers: Vec<String>,
    parts: Vec<Piece>,
}

/// A part of a bar.
struct Piece {
    class: &'static str,
    from: u64,
    width: u64,
}

struct FirstRow {
    id: String,
    page: String,
    rows: String,
    risk: String,
    confidence: Level,
}

struct Family<'r> {
    it: &'r FamilyRow,
    principals: usize,
    rows: String,
    change: Option<String>,
}

struct Account<'r> {
    it: &'r AccountSummary,
    page: String,
    rows: String,
    evidence: String,
    /// Whether its principals and policies were read: of another the numbers are unknown, not nought.
    is_read: bool,
}

impl Account<'_> {
    fn figures(&self) -> [(&'static str, String); 6] {
        let effect = &self.it.effect;
        [
            ("Keys and passwords", text::count(&self.it.credentials)),
            ("Granted", text::count(&effect.granted)),
            ("Unused", text::count(&effect.unused)),
            ("Removed", text::count(&effect.removed)),
            ("Risk", text::count(&effect.risk_before)),
            ("After", text::count(&effect.risk_after)),
        ]
    }
}

impl<'r> IndexPage<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        let account = |it: &'r AccountSummary| Account {
            it,
            page: page(&it.id),
            rows: format!("#account={}", in_hash(&it.id)),
            evidence: evidence(&it.evidence),
            is_read: is_read(it),
        };
        Self {
            csp: guard::policy(INDEX_SCRIPT, STYLE),
            style: STYLE,
            report,
            headline: headline(&report.accounts),
            problems: report.accounts.iter().filter_map(problem).collect(),
            evidence: sources(&report.accounts),
            cards: words::STATUSES
                .iter()
                .map(|status| {
                    let number = report.totals.statuses.get(status).copied().unwrap_or_default();
                    Card { title: status.title(), means: status.meaning(), code: *status, number }
                })
                .collect(),
            permissions: permissions(&report.accounts),
            risk: risk(&report.accounts),
            removal: removal(&report.totals.effect.removed_by_level),
            undrawn: report.accounts.iter().filter_map(undrawn).collect(),
            first: first(report),
            families: report.families.iter().map(family).collect(),
            accounts: report.accounts.iter().map(account).collect(),
            rows: rows::head(report),
        }
    }

    /// How many of the first changes are not named here.
    fn unnamed(&self) -> String {
        text::count(&self.report.first.changes.len().saturating_sub(self.first.len()))
    }

    /// The share of the risk that the first changes remove.
    fn share(&self) -> String {
        let changes = counted(self.report.first.changes.len(), "change");
        let all = text::count(&self.report.totals.recommendations);
        let risk = text::count(&self.report.first.risk_removed);
        let percent = self.report.first.share_percent;
        format!(
            "{changes} of {all} remove {percent} % of the {risk} points of risk that can be removed. High confidence comes first, \
             then the most risk."
        )
    }
}

fn page(id: &str) -> String {
    format!("accounts/{}", account_page(id))
}

fn is_read(account: &AccountSummary) -> bool {
    matches!(account.coverage, Coverage::Complete | Coverage::Partial)
}

/// Why the charts do not show an account, if they do not.
fn undrawn(account: &AccountSummary) -> Option<String> {
    (!is_read(account)).then(|| format!("{} ({}) {}", account.id, account.name, account.coverage))
}

/// What tells two accounts of one name apart, and that nothing is known of what one uses.
fn id_in_chart(account: &AccountSummary) -> String {
    if account.is_blind() { format!("{}, no evidence", account.id) } else { account.id.clone() }
}

/// How many accounts were read whole.
fn headline(accounts: &[AccountSummary]) -> String {
    let complete = accounts.iter().filter(|it| it.coverage == Coverage::Complete).count();
    format!("{} of {} read whole", text::count(&complete), counted(accounts.len(), "account"))
}

/// Why an account was not.
fn problem(account: &AccountSummary) -> Option<String> {
    if account.coverage == Coverage::Complete {
        return account.is_blind().then(|| format!("{} ({}) has no evidence", account.id, account.name));
    }
    let told = failures(&account.failures);
    let told = if told.is_empty() { String::new() } else { format!(": {}", told.join("; ")) };
    Some(format!("{} ({}) {}{told}", account.id, account.name, account.coverage))
}

/// Failures by operation and kind, with how many principals each was about, and what was wrong with the first answer.
pub(super) fn failures(failures: &[Failed]) -> Vec<String> {
    let mut kinds: BTreeMap<(&str, &str), (usize, Option<&str>)> = BTreeMap::new();
    for failed in failures {
        let kind = (failed.failure.operation.as_str(), failed.failure.kind.name());
        let (principals, detail) = kinds.entry(kind).or_default();
        *principals += usize::from(failed.principal.is_some());
        *detail = detail.or(failed.failure.detail.as_deref());
    }
    let told = kinds.into_iter().map(|((operation, kind), (principals, detail))| {
        let of = match principals {
            0 => String::new(),
            some => format!(" for {}", counted(some, "principal")),
        };
        let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("{kind} on {operation}{of}{detail}")
    });
    told.collect()
}

/// Where an account's evidence comes from, in a sentence.
pub(super) fn evidence(it: &EvidenceSource) -> String {
    let mut told = it.source.title().to_owned();
    if let Some(days) = it.window_days {
        told.push_str(&format!(", window {}", counted(usize::try_from(days).unwrap_or_default(), "day")));
    }
    if let Some(at) = &it.evaluated {
        told.push_str(&format!(", evaluated up to {}", text::day(at)));
    }
    if let Some(at) = &it.analyzer_created {
        told.push_str(&format!(", analyzer made on {}", text::day(at)));
    }
    if !it.other_analyzers.is_empty() {
        told.push_str(&format!(", {} not used", counted(it.other_analyzers.len(), "other analyzer")));
    }
    if it.superseded_findings > 0 {
        told.push_str(&format!(", {} not used", counted(it.superseded_findings, "older finding")));
    }
    if it.archived_findings > 0 {
        told.push_str(&format!(", {} not used", counted(it.archived_findings, "archived finding")));
    }
    told
}

/// The sources of evidence with their windows and newest dates, and how many accounts have each.
fn sources(accounts: &[AccountSummary]) -> Vec<String> {
    let mut all: BTreeMap<(EvidenceKind, Option<u32>), Vec<Option<&str>>> = BTreeMap::new();
    for it in accounts.iter().map(|it| &it.evidence).filter(|it| it.source != EvidenceKind::None) {
        all.entry((it.source, it.window_days)).or_default().push(it.evaluated.as_deref());
    }
    let told = all.into_iter().map(|((source, window_days), evaluated)| {
        let one = EvidenceSource {
            source,
            window_days,
            evaluated: evaluated.iter().copied().max().flatten().map(str::to_owned),
            ..EvidenceSource::default()
        };
        format!("{} ({})", evidence(&one), counted(evaluated.len(), "account"))
    });
    told.collect()
}

/// The heaviest accounts first, as far as a chart goes.
fn heaviest(accounts: &[AccountSummary], weight: impl Fn(&AccountSummary) -> u64) -> Vec<&AccountSummary> {
    let mut sorted: Vec<&AccountSummary> = accounts.iter().filter(|it| weight(it) > 0).collect();
    sorted.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.id.cmp(&b.id)));
    sorted
}

fn units(part: u64, whole: u64) -> u64 {
    // A number that is not nothing is to be seen.
    if part == 0 { 0 } else { (part.saturating_mul(WIDTH) / whole.max(1)).clamp(4, WIDTH) }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn link(account: &AccountSummary) -> Link {
    Link { href: page(&account.id), label: account.name.clone() }
}

fn permissions(accounts: &[AccountSummary]) -> Chart {
    let sorted = heaviest(accounts, |it| wide(it.effect.granted));
    let most = sorted.first().map_or(0, |it| wide(it.effect.granted));
    let bar = |it: &&AccountSummary| {
        let effect = &it.effect;
        let stays = effect.unused.saturating_sub(effect.removed);
        let others = effect.granted.saturating_sub(effect.unused.max(effect.removed));
        let mut from = 0;
        let parts = [("kept", others), ("stays", stays), ("goes", effect.removed)].map(|(class, number)| {
            let width = units(wide(number), most);
            let piece = Piece { class, from, width };
            from += width;
            piece
        });
        let numbers = [effect.granted, others, stays, effect.removed];
        Bar {
            link: link(it),
            id: id_in_chart(it),
            numbers: numbers.iter().map(text::count).collect(),
            parts: parts.into_iter().filter(|it| it.width > 0).collect(),
        }
    };
    let bars = sorted.iter().take(CHARTED).map(bar).collect();
    Chart { bars, more: sorted.len().saturating_sub(CHARTED) }
}

fn risk(accounts: &[AccountSummary]) -> Chart {
    let sorted = heaviest(accounts, |it| it.effect.risk_before);
    let most = sorted.first().map_or(0, |it| it.effect.risk_before);
    let bar = |it: &&AccountSummary| {
        let (before, after) = (it.effect.risk_before, it.effect.risk_after);
        let (whole, left) = (units(before, most), units(after, most));
        let goes = Piece { class: "goes", from: left, width: whole.saturating_sub(left) };
        let parts = vec![Piece { class: "kept", from: 0, width: left }, goes];
        Bar {
            link: link(it),
            id: id_in_chart(it),
            numbers: [before, after].iter().map(text::count).collect(),
            parts,
        }
    };
    let bars = sorted.iter().take(CHARTED).map(bar).collect();
    Chart { bars, more: sorted.len().saturating_sub(CHARTED) }
}

fn removal(counts: &BTreeMap<ActionLevel, usize>) -> Chart {
    let most = counts.values().copied().max().map_or(0, wide);
    let known = ActionLevel::ALL.iter().filter_map(|level| Some((*level, *counts.get(level)?)));
    let bar = |(level, number): (ActionLevel, usize)| Bar {
        link: Link { href: format!("#level={level}"), label: level.title().to_owned() },
        id: String::new(),
        numbers: vec![text::count(&number)],
        parts: vec![Piece { class: "goes", from: 0, width: units(wide(number), most) }],
    };
    Chart { bars: known.map(bar).collect(), more: 0 }
}

fn first(report: &Report) -> Vec<FirstRow> {
    let is_family = |id: &str| report.recommendations.iter().any(|it| it.id == id);
    let row = |FirstChange { id, risk, confidence }: &FirstChange| {
        let place = change_anchor(id);
        let account = id.split('/').next().unwrap_or_default();
        FirstRow {
            id: id.clone(),
            page: match is_family(id) {
                true => format!("families.html#{place}"),
                false => format!("{}#{place}", page(account)),
            },
            rows: format!("#change={}", in_hash(id)),
            risk: text::count(risk),
            confidence: *confidence,
        }
    };
    report.first.changes.iter().take(NAMED).map(row).collect()
}

fn family(it: &FamilyRow) -> Family<'_> {
    Family {
        it,
        principals: it.accounts.iter().map(|it| it.principals.len()).sum(),
        rows: format!("#family={}", in_hash(&it.id)),
        change: it.recommendation.as_ref().map(|id| format!("families.html#{}", change_anchor(id))),
    }
}

/// All that the chart of levels shows, together.
fn sum(counts: &BTreeMap<ActionLevel, usize>) -> String {
    text::count(&counts.values().sum::<usize>())
}

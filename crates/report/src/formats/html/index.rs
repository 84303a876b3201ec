//! `index.html` apart from its rows: the state in one sentence, what to do first, who has to act, what was not
//! changed.
//!
//! The rows come first in the file, because the rest is known only after the last account.

use std::cmp::Reverse;

use askama::Template;

use super::coverage::{Banner, CoverageGap, is_read, usage_data};
use super::gathered::{Gathered, OwnerShare, StartEntry};
use super::owners::Owners;
use super::text::{self, account_page, change_anchor, count, counted, in_hash, percent};
use super::{INDEX_SCRIPT, STYLE, guard, rows, sentence, severity, sparkline, words};
use crate::folder::Owner;
use leastwise_core::decide::{PrincipalStatus, RuleCode};
use leastwise_core::report::{AccountSummary, ExceptionRow, FamilyRow, Report};
use leastwise_core::visible::visible;

/// Number of owners or accounts to show before the rest is collapsed.
const SHOWN: usize = 12;
/// Width of a full bar, in SVG units.
const WIDTH: u64 = 1000;

/// What comes before the rows.
#[derive(Template)]
#[template(path = "index-head.html")]
pub(super) struct IndexHead {
    csp: String,
    style: &'static str,
    title: String,
    rows: String,
}

impl IndexHead {
    pub(super) fn new(report: &Report) -> Self {
        Self {
            csp: guard::policy(INDEX_SCRIPT, STYLE),
            style: STYLE,
            title: title(report),
            rows: rows::head(report),
        }
    }
}

fn title(report: &Report) -> String {
    format!("Unused AWS access in {}", counted(report.accounts.len(), "account"))
}

/// The visible page.
#[derive(Template)]
#[template(path = "index.html")]
pub(super) struct IndexPage<'r> {
    script: &'static str,
    report: &'r Report,
    title: String,
    usage: String,
    newest: Option<String>,
    banner: Banner,
    verdict: String,
    pieces: Vec<Piece>,
    figures: Vec<Figure>,
    /// Risk score of each report, as points of a line and in words.
    trend: String,
    trend_words: String,
    first: Vec<&'r StartEntry>,
    share: Option<String>,
    new: Vec<&'r StartEntry>,
    /// Index of each action that the rows refer to by number.
    names: String,
    panels: Vec<Panel>,
    owner_tag: String,
    statuses: Vec<Figure>,
    families: Vec<FamilyItem<'r>>,
    exceptions: Vec<&'r ExceptionRow>,
    built_in: usize,
    severities: [(&'static str, &'static str); 5],
}

/// A part of the bar.
struct Piece {
    class: &'static str,
    title: &'static str,
    number: usize,
    from: u64,
    width: u64,
}

/// A number that links to its rows.
struct Figure {
    title: &'static str,
    means: String,
    code: String,
    number: usize,
}

/// One view of who has to act.
struct Panel {
    kind: &'static str,
    /// The visible part and the collapsed part.
    parts: Vec<Vec<Actor>>,
}

/// An owner or account that has to act.
struct Actor {
    name: Option<String>,
    id: String,
    href: String,
    rows: String,
    principals: usize,
    changes: usize,
    ready: usize,
    unused: usize,
    credentials: usize,
    before: u64,
    after: u64,
    ticket: Option<String>,
    /// Widths of the remaining and the removable risk.
    left: u64,
    removable: u64,
    /// Whether the numbers are known; unknown is not 0.
    is_known: bool,
    note: Option<String>,
}

/// A policy that several accounts share.
struct FamilyItem<'r> {
    it: &'r FamilyRow,
    principals: usize,
    rows: String,
    change: Option<String>,
}

/// What the page needs to know about the other formats.
#[derive(Clone, Copy)]
pub(super) struct Beside<'o> {
    pub(super) owners: &'o Owners,
    pub(super) tickets: bool,
}

impl<'r> IndexPage<'r> {
    pub(super) fn new(report: &'r Report, all: &'r Gathered, beside: Beside<'_>) -> Self {
        let (usage, newest) = usage_data(report);
        let status =
            |status: PrincipalStatus| report.totals.statuses.get(&status).copied().unwrap_or_default();
        let first = all.first();
        let share = share(report, &first);
        let is_built_in = |it: &&ExceptionRow| it.id.starts_with("default:");
        let mut exceptions: Vec<&ExceptionRow> =
            report.exceptions.iter().filter(|it| !is_built_in(it)).collect();
        exceptions.sort_by_key(|it| it.states.iter().all(|state| state.code == RuleCode::Active));
        Self {
            script: INDEX_SCRIPT,
            report,
            title: title(report),
            usage,
            newest,
            banner: Banner::of(report),
            verdict: verdict(report),
            pieces: pieces(report, all),
            figures: figures(report, all),
            trend: sparkline::points(report),
            trend_words: sparkline::words(report),
            share,
            first,
            new: all.newest(),
            names: rows::names(&all.services),
            panels: panels(report, all, beside),
            owner_tag: beside.owners.tag().to_owned(),
            statuses: words::STATUSES
                .iter()
                .map(|it| Figure {
                    title: it.title(),
                    means: sentence::meaning(*it).to_owned(),
                    code: it.to_string(),
                    number: status(*it),
                })
                .collect(),
            families: report.families.iter().map(family).collect(),
            built_in: report.exceptions.len() - exceptions.len(),
            exceptions,
            severities: severity::SCALE.map(|(grade, means)| (grade.title(), means)),
        }
    }

    /// Whether anything was scanned. If not, the page shows no numbers.
    fn is_read(&self) -> bool {
        self.report.accounts.iter().any(is_read)
    }

    /// Whether any principal has an owner.
    fn has_owners(&self) -> bool {
        self.panels.len() > 1
    }

    fn permission_total(&self) -> String {
        count(&self.report.totals.effect.granted)
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn number(&self, number: impl std::borrow::Borrow<usize>) -> String {
        count(number.borrow())
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn policies(&self, number: impl std::borrow::Borrow<usize>) -> String {
        match *number.borrow() {
            1 => "1 policy".to_owned(),
            many => format!("{} policies", count(&many)),
        }
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn runs(&self, number: &u32) -> String {
        counted(usize::try_from(*number).unwrap_or_default(), "run")
    }

    fn is_long(&self, gaps: &[CoverageGap]) -> bool {
        gaps.len() > 4
    }
}

/// The state in one sentence.
fn verdict(report: &Report) -> String {
    let effect = &report.totals.effect;
    let (granted, unused) = (count(&effect.granted), count(&effect.unused));
    if report.totals.recommendations == 0 {
        return match effect.unused {
            0 if report.totals.principals == 0 => "No role or user was found.".to_owned(),
            0 => format!("No unused permissions were found among the {granted} that were scanned."),
            _ => format!("{unused} of {granted} permissions are unused, and no change can remove them yet."),
        };
    }
    let changes = counted(report.totals.recommendations, "proven change");
    let risk = percent(effect.risk_before.saturating_sub(effect.risk_after), effect.risk_before);
    format!(
        "{changes} can remove {} of {granted} permissions ({}) and {risk} of the risk score.",
        count(&effect.removed),
        percent(effect.removed, effect.granted),
    )
}

/// Parts of the bar; each permission is in exactly one.
fn pieces(report: &Report, all: &Gathered) -> Vec<Piece> {
    let effect = &report.totals.effect;
    let kept = effect.unused.saturating_sub(effect.removed);
    let rest = effect.granted.saturating_sub(effect.unused.max(effect.removed));
    let unknown = all.unknown.min(rest);
    let untracked = all.untracked.min(rest - unknown);
    let used = rest - unknown - untracked;
    let parts = [
        ("used", "Used", used),
        ("untracked", "Not tracked by AWS", untracked),
        ("unknown", "No usage data", unknown),
        ("kept", "Unused, kept", kept),
        ("goes", "Can be removed", effect.removed),
    ];
    let whole = u64::try_from(effect.granted).unwrap_or(u64::MAX);
    let mut from = 0;
    let piece = |(class, title, number): (_, _, usize)| {
        let width = units(u64::try_from(number).unwrap_or(u64::MAX), whole).min(WIDTH - from);
        // The last part gets the rounding error.
        let width = if class == "goes" { WIDTH - from } else { width };
        let piece = Piece { class, title, number, from, width };
        from += width;
        piece
    };
    parts.into_iter().map(piece).filter(|it| it.number > 0).collect()
}

fn units(part: u64, whole: u64) -> u64 {
    // A number above 0 must be visible.
    if part == 0 { 0 } else { (part.saturating_mul(WIDTH) / whole.max(1)).clamp(4, WIDTH) }
}

fn figures(report: &Report, all: &Gathered) -> Vec<Figure> {
    let status = |status: PrincipalStatus| report.totals.statuses.get(&status).copied().unwrap_or_default();
    let figure = |title, code: &str, number, means| Figure { title, means, code: code.to_owned(), number };
    let not_covered = sentence::NOT_COVERED.iter().map(|it| status(*it)).sum();
    vec![
        figure(
            "Roles and users to reduce",
            "status=reducible",
            status(PrincipalStatus::Reducible),
            format!("by {}", counted(report.totals.recommendations, "change")),
        ),
        figure(
            "Unused roles and users",
            "status=unused-principal",
            status(PrincipalStatus::UnusedPrincipal),
            "no use at all: confirm, then delete".to_owned(),
        ),
        figure(
            "Users with unused credentials",
            "credentials=unused",
            all.with_credentials,
            match report.totals.credentials {
                1 => "1 access key or password".to_owned(),
                many => format!("{} access keys and passwords", count(&many)),
            },
        ),
        figure(
            "Not covered",
            "status=not-covered",
            not_covered,
            "too new, excepted, no data, or managed by AWS".to_owned(),
        ),
    ]
}

/// Share of the risk that the first changes remove.
fn share(report: &Report, first: &[&StartEntry]) -> Option<String> {
    let changes: Vec<&&StartEntry> = first.iter().filter(|it| it.confidence.is_some()).collect();
    let removed: u64 = changes.iter().map(|it| it.risk).sum();
    let all = report.first.risk_removed;
    if all == 0 || changes.is_empty() {
        return None;
    }
    let share = percent(removed, all);
    Some(match changes.len() {
        1 => format!("This change can remove {share} of the removable risk."),
        many => format!(
            "These {many} of {} can remove {share} of the removable risk.",
            counted(report.totals.recommendations, "change")
        ),
    })
}

/// By owner, if there are any, and by account.
fn panels(report: &Report, all: &Gathered, beside: Beside<'_>) -> Vec<Panel> {
    let panel = |kind, mut actors: Vec<Actor>| {
        let more = actors.split_off(actors.len().min(SHOWN));
        let parts = if more.is_empty() { vec![actors] } else { vec![actors, more] };
        Panel { kind, parts }
    };
    let has_owners = all.owners.keys().any(Option::is_some);
    let owners = has_owners.then(|| panel("owner", owners(report, all, beside)));
    owners.into_iter().chain([panel("account", accounts(report, all, beside))]).collect()
}

fn owners(report: &Report, all: &Gathered, beside: Beside<'_>) -> Vec<Actor> {
    let actor = |(name, share): (&Option<String>, &OwnerShare)| {
        let something = share.changes() + share.unused + share.credentials > 0;
        let ticket = name.as_ref().filter(|_| beside.tickets && beside.owners.is_configured() && something);
        Actor {
            name: name.clone(),
            id: String::new(),
            href: format!("#owner={}", in_hash(&visible(name.as_deref().unwrap_or(rows::NOBODY)))),
            rows: format!("#owner={}", in_hash(&visible(name.as_deref().unwrap_or(rows::NOBODY)))),
            principals: share.principals,
            changes: share.changes(),
            ready: share.ready(report),
            unused: share.unused,
            credentials: share.credentials,
            before: share.risk_before,
            after: share.risk_after,
            ticket: ticket.map(|name| ticket_of(&Owner::Tag(name.clone()))),
            left: 0,
            removable: 0,
            is_known: true,
            note: None,
        }
    };
    sorted(all.owners.iter().map(actor).collect())
}

fn accounts(report: &Report, all: &Gathered, beside: Beside<'_>) -> Vec<Actor> {
    let actor = |it: &AccountSummary| {
        let id = &it.id;
        let shared =
            report.families.iter().filter(|family| family.accounts.iter().any(|at| at.account == *id));
        let shared: Vec<_> = shared
            .filter_map(|family| {
                report.recommendations.iter().find(|it| family.recommendation.as_ref() == Some(&it.id))
            })
            .collect();
        let unused = it.statuses.get(&PrincipalStatus::UnusedPrincipal).copied().unwrap_or_default();
        let changes = it.recommendations + shared.len();
        let something = changes + unused + it.credentials > 0;
        let has_ticket = beside.tickets && !beside.owners.is_configured() && something;
        let is_known = is_read(it);
        Actor {
            name: Some(it.name.clone()),
            id: id.clone(),
            href: format!("accounts/{}", account_page(id)),
            rows: format!("#account={}", in_hash(id)),
            principals: it.principals,
            changes,
            ready: all.ready.get(id).copied().unwrap_or_default()
                + shared.iter().filter(|it| it.ready == Some(true)).count(),
            unused,
            credentials: it.credentials,
            before: it.effect.risk_before,
            after: it.effect.risk_after,
            ticket: has_ticket.then(|| ticket_of(&Owner::Account(id.clone()))),
            left: 0,
            removable: 0,
            is_known,
            note: match (is_known, it.is_blind()) {
                (false, _) => Some(format!("not scanned ({})", it.coverage)),
                (true, true) => Some("no usage data".to_owned()),
                (true, false) => None,
            },
        }
    };
    sorted(report.accounts.iter().map(actor).collect())
}

fn ticket_of(owner: &Owner) -> String {
    // File names are already encoded; an address encodes them again.
    format!("tickets/{}.md", in_hash(&owner.file()))
}

/// The highest risk first, with bars.
fn sorted(mut actors: Vec<Actor>) -> Vec<Actor> {
    actors.sort_by_key(|it| (!it.is_known, Reverse(it.before), it.name.clone(), it.id.clone()));
    let most = actors.iter().map(|it| it.before).max().unwrap_or_default();
    for actor in &mut actors {
        let whole = units(actor.before, most);
        actor.left = units(actor.after, most).min(whole);
        actor.removable = whole - actor.left;
    }
    actors
}

fn family(it: &FamilyRow) -> FamilyItem<'_> {
    FamilyItem {
        it,
        principals: it.accounts.iter().map(|it| it.principals.len()).sum(),
        rows: format!("#family={}", in_hash(&visible(&it.id))),
        change: it.recommendation.as_ref().map(|id| format!("families.html#{}", change_anchor(id))),
    }
}

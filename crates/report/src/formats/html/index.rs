//! `index.html` apart from its rows: the state in one sentence, what to do first, who has to act, what was not
//! changed.
//!
//! The rows come first in the file, because the rest is known only after the last account.

use askama::Template;

use super::actors::{Panel, panels};
use super::bar::{WIDTH, units};
use super::coverage::{Banner, CoverageGap, is_read, usage_data};
use super::gathered::{Gathered, StartEntry};
use super::owners::Beside;
use super::text::{self, change_anchor, count, counted, in_hash, percent};
use super::{INDEX_SCRIPT, STYLE, guard, rows, sentence, severity, sparkline, words};
use leastwise_core::decide::{PrincipalStatus, RuleCode};
use leastwise_core::report::{AccountSummary, ExceptionRow, FamilyRow, Report};
use leastwise_core::visible::visible;

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
    format!(
        "Unused AWS access in {}",
        counted(report.accounts.len(), "account")
    )
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
    nothing: &'static str,
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

/// A policy of many accounts.
struct FamilyItem<'r> {
    it: &'r FamilyRow,
    principals: usize,
    rows: String,
    change: Option<String>,
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
            verdict: verdict(report, all.unknown),
            nothing: nothing(report, all.unknown),
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

    /// The id of the organisation, if all accounts are in one.
    fn organisation(&self) -> Option<&str> {
        let mut ids = self
            .report
            .accounts
            .iter()
            .filter_map(AccountSummary::organisation);
        let first = ids.next()?;
        ids.all(|id| id == first).then_some(first)
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
fn verdict(report: &Report, unknown: usize) -> String {
    let effect = &report.totals.effect;
    let known = effect.granted.saturating_sub(unknown);
    let (granted, unused) = (count(&effect.granted), count(&effect.unused));
    if report.totals.recommendations == 0 {
        return match effect.unused {
            0 if report.totals.principals == 0 => "No role or user was found.".to_owned(),
            0 if unknown > 0 && known == 0 => {
                format!(
                    "None of the {granted} permissions could be judged, so nothing is known to be unused."
                )
            }
            0 if unknown > 0 => format!(
                "No unused permissions were found among the {} of {granted} that could be judged.",
                count(&known)
            ),
            0 => format!("No unused permissions were found among {granted}."),
            _ => format!("{unused} of {granted} permissions are unused, and no change can remove them yet."),
        };
    }
    let changes = counted(report.totals.recommendations, "proven change");
    let risk = percent(
        effect.risk_before.saturating_sub(effect.risk_after),
        effect.risk_before,
    );
    format!(
        "{changes} can remove {} of {granted} permissions ({}) and {risk} of the risk score.",
        count(&effect.removed),
        percent(effect.removed, effect.granted),
    )
}

/// Why there is nothing to start with.
fn nothing(report: &Report, unknown: usize) -> &'static str {
    let granted = report.totals.effect.granted;
    if granted > 0 && unknown >= granted {
        "Nothing can be recommended, because no permission could be judged. See the roles and users that are not covered."
    } else if unknown > 0 || !report.is_whole() {
        "Nothing was found in what was scanned. What could not be judged or was not scanned may hold more."
    } else {
        "There is nothing to do: no change, no unused role or user, and no unused credential was found."
    }
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
        let piece = Piece {
            class,
            title,
            number,
            from,
            width,
        };
        from += width;
        piece
    };
    parts.into_iter().map(piece).filter(|it| it.number > 0).collect()
}

fn figures(report: &Report, all: &Gathered) -> Vec<Figure> {
    let status = |status: PrincipalStatus| report.totals.statuses.get(&status).copied().unwrap_or_default();
    let figure = |title, code: &str, number, means| Figure {
        title,
        means,
        code: code.to_owned(),
        number,
    };
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
            "ask the owner, then delete; keep emergency access".to_owned(),
        ),
        figure(
            "Blocked",
            "status=blocked",
            status(PrincipalStatus::Blocked),
            "unused permissions that cannot be removed yet".to_owned(),
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
            "no finding, too new, excepted, no data, not scanned, or managed by AWS".to_owned(),
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
        1 => format!("The change below can remove {share} of the removable risk."),
        many => format!("The {many} changes below can remove {share} of the removable risk."),
    })
}

fn family(it: &FamilyRow) -> FamilyItem<'_> {
    FamilyItem {
        it,
        principals: it.accounts.iter().map(|it| it.principals.len()).sum(),
        rows: format!("#family={}", in_hash(&visible(&it.id))),
        change: it
            .recommendation
            .as_ref()
            .map(|id| format!("families.html#{}", change_anchor(id))),
    }
}

//! Decides the state of a change. Missing data never counts as quiet: a change is confirmed only if nothing
//! contradicts it and the trail would have shown a denial of each removed action.

mod gaps;

use std::collections::{BTreeMap, BTreeSet};

use super::moment::moment;
use super::outcome::{
    ChangeOutcome, ChangeStage, DenialCause, DeniedEvent, Invisible, InvisibleBecause as Because,
    UnmappedRow, WatchResult, WatchVerdict,
};
use super::timeline::{Course, Documents, TimelineStep, TrialPeriod, courses, trial};
use super::trail::{DENIALS, Trail};
use super::unreadable::Unreadable;
use super::watched::WatchedChange;
use crate::catalog::Catalog;

const DAY: i64 = 86_400;

/// What decides.
#[derive(Debug)]
pub struct Judge<'a> {
    /// What was gathered.
    pub trail: &'a Trail<'a>,
    /// The catalog that the report was made with.
    pub catalog: &'a Catalog,
    /// When the run of the report began, in seconds.
    pub started: i64,
    /// After how many days without a denial a change is confirmed.
    pub quiet_days: u32,
    /// Every change counts as applied since then.
    pub since: Option<i64>,
    /// Regions that must have events.
    pub regions: &'a BTreeSet<String>,
    /// The Region that IAM's events are in.
    pub iam_region: &'a str,
    /// What could not be read.
    pub unreadable: &'a Unreadable,
}

/// What was found for a change: when it was applied, and what contradicts it.
struct WatchState {
    stage: ChangeStage,
    /// The first has it since then, and the last.
    from: i64,
    settled: i64,
    /// How many removed actions a trial does not deny.
    untried: usize,
}

/// Denials of what a change removes.
#[derive(Default)]
struct Denied<'t> {
    events: BTreeMap<(i64, &'t str), &'t DeniedEvent>,
    more: bool,
}

impl Judge<'_> {
    /// The state of a change with these documents.
    pub fn change(&self, change: &WatchedChange, before: &str, after: &str) -> ChangeOutcome {
        let Some(documents) = Documents::read(self.catalog, before, after) else {
            let why = "the policy files of this change are not IAM policies".to_owned();
            return self.unknown(
                change,
                vec![Invisible {
                    code: Because::DocumentsUnreadable,
                    why,
                    actions: Vec::new(),
                }],
            );
        };
        let mut reasons = BTreeSet::new();
        let courses = match self.since {
            Some(_) => Vec::new(),
            None => courses(self.trail, change, &documents, self.started),
        };
        if courses.iter().any(|course| course.may_lack) {
            note(
                &mut reasons,
                Because::TooManyEvents,
                "the policy was changed too often: not every event was kept",
                [],
            );
        }
        match self.standing(change, &documents, &courses, &mut reasons) {
            Some(standing) => self.active(change, &documents, &standing, reasons),
            None => self.inactive(change, &documents, &courses, reasons),
        }
    }

    /// A change whose documents the report lacks.
    pub fn unknown(&self, change: &WatchedChange, invisible: Vec<Invisible>) -> ChangeOutcome {
        ChangeOutcome {
            verdict: WatchVerdict::NotVisible,
            invisible,
            ..outcome(change)
        }
    }

    fn standing(
        &self,
        change: &WatchedChange,
        documents: &Documents<'_>,
        courses: &[Course],
        reasons: &mut BTreeSet<Invisible>,
    ) -> Option<WatchState> {
        if let Some(since) = self.since {
            return Some(WatchState {
                stage: ChangeStage::Given,
                from: since,
                settled: since,
                untried: 0,
            });
        }
        let mut partly = |has: usize, of: usize| {
            if has < of {
                let why = format!("only {has} of {of} principals or policies have this change");
                note(reasons, Because::PartlyApplied, &why, []);
            }
        };
        let since: Vec<i64> = courses.iter().filter_map(|course| course.since).collect();
        if let (Some(from), Some(settled)) = (since.iter().min().copied(), since.iter().max().copied()) {
            partly(since.len(), courses.len());
            return Some(WatchState {
                stage: ChangeStage::Applied,
                from,
                settled,
                untried: 0,
            });
        }
        let tried = change.principals.keys();
        let tried = tried.filter_map(|it| trial(self.trail, it, documents, (self.catalog, self.started)));
        let tried: Vec<TrialPeriod> = tried.collect();
        let times = || tried.iter().map(|it| it.since);
        let (from, settled) = (times().min()?, times().max()?);
        partly(tried.len(), change.principals.len());
        if tried.iter().any(|it| it.untried.is_none()) {
            note(
                reasons,
                Because::TrialUnknown,
                "the trail does not show what the trial denies",
                [],
            );
        }
        let untried = tried.iter().filter_map(|it| it.untried).max().unwrap_or_default();
        Some(WatchState {
            stage: ChangeStage::Trial,
            from,
            settled,
            untried,
        })
    }

    /// Of a change that is applied or tried.
    fn active(
        &self,
        change: &WatchedChange,
        documents: &Documents<'_>,
        standing: &WatchState,
        mut reasons: BTreeSet<Invisible>,
    ) -> ChangeOutcome {
        let denied = self.denied(change, documents, (standing.from, i64::MAX), &mut reasons);
        self.covered(change, standing.from, &mut reasons);
        self.visible(change, documents, standing.from, &mut reasons);
        let ends = change
            .accounts
            .iter()
            .map(|account| self.trail.coverage.get(account)?.last);
        let end = ends
            .collect::<Option<Vec<i64>>>()
            .and_then(|ends| ends.into_iter().min());
        let quiet = end
            .map(|end| (end - standing.settled).div_euclid(DAY))
            .filter(|days| *days >= 0);
        let blind = |it: &Invisible| matches!(it.code, Because::AccountMissing | Because::EndsEarly);
        let verdict = match quiet {
            _ if !denied.events.is_empty() => WatchVerdict::Denied,
            _ if reasons.iter().any(blind) => WatchVerdict::NotVisible,
            Some(days) if days < i64::from(self.quiet_days) => WatchVerdict::Waiting,
            Some(_) if reasons.is_empty() => WatchVerdict::Confirmed,
            _ => WatchVerdict::NotVisible,
        };
        let script = match standing.stage {
            ChangeStage::Trial => "trial-end.sh",
            ChangeStage::Applied | ChangeStage::Given => "rollback.sh",
        };
        let undo = change.has_script && denied.events.values().any(|event| helps(event));
        ChangeOutcome {
            verdict,
            stage: Some(standing.stage),
            since: Some(moment(standing.settled)),
            untried: standing.untried,
            until: end.map(moment),
            quiet_days: quiet.filter(|_| verdict != WatchVerdict::Denied),
            undo: undo.then(|| format!("bash changes/{script} {}", shell(&change.name))),
            invisible: reasons.into_iter().collect(),
            ..denied.put(outcome(change))
        }
    }

    /// Of a change that is not, or no longer, applied.
    fn inactive(
        &self,
        change: &WatchedChange,
        documents: &Documents<'_>,
        courses: &[Course],
        mut reasons: BTreeSet<Invisible>,
    ) -> ChangeOutcome {
        let last = courses
            .iter()
            .filter_map(|course| course.last)
            .max_by_key(|(time, _)| *time);
        let past: Vec<(i64, i64)> = courses
            .iter()
            .flat_map(|course| course.past.iter().copied())
            .collect();
        let mut denied = Denied::default();
        for times in &past {
            let more = self.denied(change, documents, *times, &mut BTreeSet::new());
            denied.events.extend(more.events);
            denied.more |= more.more;
        }
        let (verdict, undone) = match last {
            Some((time, TimelineStep::Undone)) => (WatchVerdict::RolledBack, Some(time)),
            Some((time, _)) => {
                let why = format!(
                    "the policy was changed on {} to something other than this change",
                    moment(time)
                );
                note(&mut reasons, Because::ChangedOtherwise, &why, []);
                (WatchVerdict::NotVisible, None)
            }
            None => {
                self.would_show(change, &mut reasons);
                (
                    if reasons.is_empty() {
                        WatchVerdict::NotApplied
                    } else {
                        WatchVerdict::NotVisible
                    },
                    None,
                )
            }
        };
        ChangeOutcome {
            verdict,
            since: past.iter().map(|(from, _)| *from).min().map(moment),
            undone: undone.map(moment),
            invisible: reasons.into_iter().collect(),
            ..denied.put(outcome(change))
        }
    }

    /// The denials of removed actions within these periods, and the ambiguous ones.
    fn denied(
        &self,
        change: &WatchedChange,
        documents: &Documents<'_>,
        (from, to): (i64, i64),
        reasons: &mut BTreeSet<Invisible>,
    ) -> Denied<'_> {
        let mut found = Denied::default();
        let (mut unknown, mut unclear, mut lacking) = (0usize, 0usize, false);
        for principal in change.principals.keys() {
            let Some(own) = self.trail.denials.get(principal) else {
                continue;
            };
            lacking |= own.overflow;
            for ((service, name), kept) in &own.actions {
                let is_removed = documents.removes(service, name);
                let within = kept.iter().filter(|((time, _), _)| (from..=to).contains(time));
                let mut any = false;
                for ((time, id), event) in within {
                    if is_removed {
                        any = true;
                        found.events.insert((*time, id), event);
                    } else if !event.names_action {
                        // Whichever policy allows the event's own action, it may be another action that was denied.
                        unclear += 1;
                    }
                }
                lacking |= is_removed && !any && kept.may_lack(from, to);
                found.more |= any && kept.may_lack(from, to);
            }
            for kept in own.unmapped.values() {
                unknown += kept
                    .iter()
                    .filter(|((time, _), _)| (from..=to).contains(time))
                    .count();
                unknown += usize::from(kept.may_lack(from, to));
            }
        }
        if lacking {
            note(
                reasons,
                Because::TooManyEvents,
                "there were too many denials: not every event was kept",
                [],
            );
        }
        if unknown > 0 {
            let why = format!("{} with an unknown action", denials(unknown));
            note(reasons, Because::ActionUnknown, &why, []);
        }
        if unclear > 0 {
            let why = format!(
                "{} may be for an action that this change removes: AWS's message does not name the action",
                denials(unclear)
            );
            note(reasons, Because::DenialUnclear, &why, []);
        }
        found
    }

    /// The result, of the outcomes in any order.
    pub fn result(&self, report: &str, mut changes: Vec<ChangeOutcome>) -> WatchResult {
        changes.sort_by(|a, b| (a.verdict, &a.change).cmp(&(b.verdict, &b.change)));
        let mut counts: BTreeMap<WatchVerdict, usize> =
            WatchVerdict::ALL.iter().map(|verdict| (*verdict, 0)).collect();
        for change in &changes {
            *counts.entry(change.verdict).or_default() += 1;
        }
        let unmapped = self.trail.denials.iter().flat_map(|(principal, own)| {
            own.unmapped
                .iter()
                .map(move |((source, name), kept)| UnmappedRow {
                    principal: principal.to_string(),
                    event_source: source.clone(),
                    event_name: name.clone(),
                    events: kept.iter().count(),
                    last: kept
                        .iter()
                        .last()
                        .map(|((time, _), _)| moment(*time))
                        .unwrap_or_default(),
                })
        });
        WatchResult {
            schema: super::outcome::SCHEMA,
            report: report.to_owned(),
            quiet_days: self.quiet_days,
            coverage: self
                .trail
                .coverage
                .iter()
                .map(|(account, coverage)| coverage.row(account))
                .collect(),
            unreadable: self.unreadable.files.clone(),
            unreadable_files: self.unreadable.count,
            unmapped: unmapped.collect(),
            counts,
            changes,
        }
    }
}

impl Denied<'_> {
    fn put(self, outcome: ChangeOutcome) -> ChangeOutcome {
        ChangeOutcome {
            denials: self.events.len(),
            more_denials: self.more,
            denied: self.events.into_values().take(DENIALS).cloned().collect(),
            ..outcome
        }
    }
}

fn outcome(change: &WatchedChange) -> ChangeOutcome {
    ChangeOutcome {
        change: change.name.clone(),
        verdict: WatchVerdict::NotVisible,
        stage: None,
        since: None,
        until: None,
        quiet_days: None,
        undone: None,
        untried: 0,
        denials: 0,
        more_denials: false,
        denied: Vec::new(),
        invisible: Vec::new(),
        undo: None,
    }
}

fn note(
    reasons: &mut BTreeSet<Invisible>,
    code: Because,
    why: &str,
    actions: impl IntoIterator<Item = String>,
) {
    reasons.insert(Invisible {
        code,
        why: why.to_owned(),
        actions: actions.into_iter().collect(),
    });
}

fn denials(count: usize) -> String {
    if count == 1 {
        "1 denial".to_owned()
    } else {
        format!("{count} denials")
    }
}

/// Whether undoing the change would help: not where AWS names another kind of policy.
fn helps(event: &DeniedEvent) -> bool {
    matches!(event.cause, DenialCause::IdentityPolicy | DenialCause::Unknown)
}

/// A word of a shell. Names that scripts take need no quotes.
fn shell(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+,-./:=@_".contains(&byte);
    if word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

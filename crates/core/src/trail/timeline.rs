//! When a change was applied and undone, from the writes in the trail, and who is in a trial of it.

use super::kept::FirstFew;
use super::meaning::meaning;
use super::principal::WatchedPrincipal;
use super::trail::Trail;
use super::watched::{PolicyChange, WatchedChange};
use super::write::{Write, WriteTarget};
use crate::arn::last_name;
use crate::catalog::{Catalog, Permissions};
use crate::policy::{Document, parse_all};
use crate::trial::POLICY as TRIAL;

/// What the documents of a change say.
pub(super) struct Documents<'c> {
    before: Option<String>,
    after: AfterWrite,
    grants_before: Permissions<'c>,
    grants_after: Permissions<'c>,
    /// What the change removes.
    pub(super) removed: Permissions<'c>,
}

/// What an inline or edited policy becomes.
enum AfterWrite {
    /// Nothing, or several managed policies in its place.
    Gone,
    One(Option<String>),
}

impl<'c> Documents<'c> {
    /// Of the texts of a report; none if they are no policies.
    pub(super) fn read(catalog: &'c Catalog, before: &str, after: &str) -> Option<Self> {
        let old = Document::parse(before).ok()?;
        let new = parse_all(after).ok()?;
        let grants_before = Permissions::allowed_by(catalog, &old);
        let mut grants_after = Permissions::none(catalog);
        for document in &new {
            grants_after.union_with(&Permissions::allowed_by(catalog, document));
        }
        let mut removed = grants_before.clone();
        removed.subtract(&grants_after);
        let after = if new.len() == 1 {
            AfterWrite::One(meaning(after))
        } else {
            AfterWrite::Gone
        };
        Some(Self {
            before: meaning(before),
            after,
            grants_before,
            grants_after,
            removed,
        })
    }

    /// Whether the change takes an action away. Also of one that no catalog knows.
    pub(super) fn removes(&self, service: &str, name: &str) -> bool {
        self.grants_before.contains(service, name) && !self.grants_after.contains(service, name)
    }

    fn step(&self, says: Option<&String>) -> TimelineStep {
        match (&self.after, says) {
            (AfterWrite::One(Some(after)), Some(says)) if after == says => TimelineStep::Applied,
            (_, Some(says)) if self.before.as_ref() == Some(says) => TimelineStep::Undone,
            _ => TimelineStep::Otherwise,
        }
    }
}

/// What a write did to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimelineStep {
    Applied,
    Undone,
    /// The policy became something that is neither the old nor the new one.
    Otherwise,
}

/// The history of the change for one principal, or for one managed policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Course {
    /// Applied since then, and not undone.
    pub(super) since: Option<i64>,
    /// The times in which it was applied.
    pub(super) past: Vec<(i64, i64)>,
    /// The last step.
    pub(super) last: Option<(i64, TimelineStep)>,
    /// Writes may have been dropped.
    pub(super) may_lack: bool,
}

/// The history of a change for each principal or policy that it modifies.
pub(super) fn courses(
    trail: &Trail<'_>,
    change: &WatchedChange,
    documents: &Documents<'_>,
    started: i64,
) -> Vec<Course> {
    let course = |target: WriteTarget| {
        let Some(writes) = trail.writes.get(&target) else {
            return Course::default();
        };
        let mut course = Course {
            may_lack: writes.gap().is_some(),
            ..Course::default()
        };
        for (time, step) in steps(writes, change, documents) {
            course.take(time, step, started);
        }
        course
    };
    change.targets().into_iter().map(course).collect()
}

impl Course {
    fn take(&mut self, time: i64, step: TimelineStep, started: i64) {
        // What was written before the report is what it is about.
        if time < started {
            return;
        }
        match (step, self.since) {
            (TimelineStep::Applied, None) => self.since = Some(time),
            (TimelineStep::Applied, Some(_)) => {}
            (_, Some(since)) => {
                self.past.push((since, time));
                self.since = None;
            }
            // What was never applied cannot be undone.
            (TimelineStep::Undone, None) if self.past.is_empty() => return,
            (_, None) => {}
        }
        self.last = Some((time, step));
    }
}

fn steps<const N: usize>(
    writes: &FirstFew<Write, N>,
    change: &WatchedChange,
    documents: &Documents<'_>,
) -> Vec<(i64, TimelineStep)> {
    let mut versions: Vec<(&str, TimelineStep)> = Vec::new();
    let mut steps = Vec::new();
    for ((time, _), write) in writes.iter() {
        let step = match (&change.how, write) {
            // It grants nothing, and is the trial of a permission set without an inline policy.
            (
                PolicyChange::Inline(name),
                Write::Put {
                    policy,
                    says: None,
                    trial: Some(_),
                },
            ) if policy == name => {
                continue;
            }
            (PolicyChange::Inline(name), Write::Put { policy, says, .. }) if policy == name => {
                documents.step(says.as_ref())
            }
            (PolicyChange::Inline(name), Write::Delete { policy }) if policy == name => match documents.after
            {
                AfterWrite::Gone => TimelineStep::Applied,
                AfterWrite::One(_) => TimelineStep::Otherwise,
            },
            (
                PolicyChange::Version(_),
                Write::NewVersion {
                    id, says, is_default, ..
                },
            ) => {
                let step = documents.step(says.as_ref());
                versions.push((id, step));
                if !is_default {
                    continue;
                }
                step
            }
            (PolicyChange::Version(_), Write::SetDefault { id }) => {
                // A version from before the trail is an old one.
                let known = versions.iter().rev().find(|(version, _)| version == id);
                known.map_or(TimelineStep::Undone, |(_, step)| *step)
            }
            (PolicyChange::Version(_), Write::DeletePolicy) => TimelineStep::Otherwise,
            (PolicyChange::Detach { arn, name }, Write::Detach { arn: found }) if is_it(arn, name, found) => {
                TimelineStep::Applied
            }
            (PolicyChange::Detach { arn, name }, Write::Attach { arn: found }) if is_it(arn, name, found) => {
                TimelineStep::Undone
            }
            _ => continue,
        };
        steps.push((*time, step));
    }
    steps
}

fn is_it(arn: &Option<String>, name: &str, found: &str) -> bool {
    match arn {
        Some(arn) => arn == found,
        None => last_name(found) == name,
    }
}

/// The trial that a principal is in.
pub(super) struct TrialPeriod {
    pub(super) since: i64,
    /// How many removed actions it does not deny; none if its document is not in the trail.
    pub(super) untried: Option<usize>,
}

/// The trial that a principal is in, if it is in one of this change.
pub(super) fn trial(
    trail: &Trail<'_>,
    principal: &WatchedPrincipal,
    documents: &Documents<'_>,
    (catalog, started): (&Catalog, i64),
) -> Option<TrialPeriod> {
    let writes = trail.writes.get(&WriteTarget::Holder(principal.clone()))?;
    let mut active: Vec<(&str, i64, Option<&String>)> = Vec::new();
    for ((time, _), write) in writes.iter().filter(|((time, _), _)| *time >= started) {
        let name = match write {
            Write::Put { policy, .. } | Write::Delete { policy } => policy,
            Write::Attach { arn } | Write::Detach { arn } => last_name(arn),
            _ => continue,
        };
        active.retain(|(other, ..)| *other != name);
        let is_named = name.starts_with(TRIAL);
        match write {
            Write::Put { trial, .. } if is_named || trial.is_some() => {
                active.push((name, *time, trial.as_ref()));
            }
            Write::Attach { .. } if is_named => {
                active.push((name, *time, managed_trial(trail, &principal.account, name, *time)));
            }
            _ => {}
        }
    }
    let mut rest = documents.removed.clone();
    let (mut since, mut is_known) = (None, true);
    for (_, time, text) in active {
        let denied = text.and_then(|text| Document::parse(text).ok());
        let before = rest.len();
        match &denied {
            Some(document) => rest.subtract(&Permissions::denied_by(catalog, document)),
            None => is_known = false,
        }
        // A trial of another change denies none of this one.
        if rest.len() < before || denied.is_none() {
            since = since.max(Some(time));
        }
    }
    since.map(|since| TrialPeriod {
        since,
        untried: is_known.then_some(rest.len()),
    })
}

/// The document that a managed policy of a trial had when it was attached.
fn managed_trial<'t>(trail: &'t Trail<'_>, account: &str, name: &str, at: i64) -> Option<&'t String> {
    let writes = trail
        .writes
        .get(&WriteTarget::Policy(format!("{account}/{name}")))?;
    let texts = writes
        .iter()
        .filter(|((time, _), _)| *time <= at)
        .filter_map(|(_, write)| match write {
            Write::NewVersion {
                trial,
                is_default: true,
                ..
            } => trial.as_ref(),
            _ => None,
        });
    texts.last()
}

//! How reliable the evidence about a principal is, and why, so that rare but necessary access is noticed before it
//! is removed.
//!
//! A change that affects several principals has the lowest confidence of all of them: see [`Confidence::join`]. Out
//! of scope: gaps in the evidence itself. They decide the status, not the confidence.

use std::cmp::Reverse;

use super::codes::{Level, ReasonCode, ReasonEffect};
use super::grain::Grain;
use super::hint::{FoundHint, HINTS, hints};
use crate::date::{days_between, is_after};
use crate::inventory::wire::Tag;

/// A shorter window misses quarterly use, in days.
const QUARTER: u32 = 90;
/// A shorter window misses monthly use, in days.
const MONTH: u32 = 30;
/// How much older than the window a principal must be, in days: a newer one may still be under construction.
const SETTLED: i64 = 30;

/// Source of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceOrigin {
    /// An analyzer's findings.
    Analyzer,
    /// IAM's last-accessed data.
    LastAccessed,
}

/// What is known about the evidence of one principal. Dates are RFC 3339. An unreadable date counts as absent,
/// except that of the policy, which then counts as new.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// Source of the evidence.
    pub origin: EvidenceOrigin,
    /// Window in days.
    pub window_days: u32,
    /// Whether it reports services, actions or both as unused.
    pub grain: Option<Grain>,
    /// Date of the responses. Ages are counted to it if `analyzed_at` is absent.
    pub as_of: Option<&'f str>,
    /// When AWS evaluated the use.
    pub analyzed_at: Option<&'f str>,
    /// When the policy last changed. Absent if IAM does not return it, as for inline policies.
    pub policy_updated: Option<&'f str>,
    /// Whether it is unknown how long the policy has been attached with its document, and the evidence does not
    /// consider it.
    pub grant_age_unknown: bool,
    /// When the principal was created.
    pub created: Option<&'f str>,
    /// When it was last used: for a role as IAM returns it, for a user the newest use in the evidence.
    pub last_used: Option<&'f str>,
    /// Its name.
    pub name: &'f str,
    /// Its path.
    pub path: &'f str,
    /// Its tags.
    pub tags: &'f [Tag],
}

/// What makes a change doubtful, whichever principal it affects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Number of services whose wildcard is split although the evidence names actions that the catalog lacks (R12).
    pub behind: usize,
    /// Number of removed actions that are rarely needed, but then urgently.
    pub rare: usize,
    /// It replaces a policy of AWS by a copy, which does not follow AWS's updates.
    pub copied: bool,
}

/// Confidence of a recommendation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confidence {
    /// Level.
    pub level: Level,
    /// Reasons, those that lower it most first.
    pub reasons: Vec<Reason>,
}

impl Confidence {
    /// Confidence in the evidence about one principal.
    pub fn of(facts: &Facts<'_>) -> Self {
        let mut causes: Vec<Cause> = hints(facts.name, facts.path, facts.tags)
            .into_iter()
            .map(Cause::Hint)
            .collect();
        causes.extend(window(facts));
        causes.extend(dates(facts));
        causes.extend(facts.grain.map(Cause::Grain));
        Self::from_reasons(
            causes
                .into_iter()
                .map(|cause| Reason { cause, principals: 1 })
                .collect(),
        )
    }

    /// Confidence for the principals of both: the lower level, and the reasons of both with the number of
    /// principals each applies to. Of two reasons of the same kind, the stronger one is kept.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        self.reasons.extend_from_slice(&other.reasons);
        Self::from_reasons(self.reasons)
    }

    /// Adds what is known about the change itself.
    #[must_use]
    pub fn of_change(mut self, change: Doubts) -> Self {
        let causes = [
            Some(Cause::CatalogBehind(change.behind)).filter(|_| change.behind > 0),
            Some(Cause::RareActions(change.rare)).filter(|_| change.rare > 0),
            change.copied.then_some(Cause::NoLongerFollowsAws),
        ];
        self.reasons.extend(
            causes
                .into_iter()
                .flatten()
                .map(|cause| Reason { cause, principals: 1 }),
        );
        Self::from_reasons(self.reasons)
    }

    fn from_reasons(mut reasons: Vec<Reason>) -> Self {
        // The causes of one code are neighbours, the most telling first.
        reasons.sort_by_key(|reason| (reason.effect(), reason.cause));
        reasons.dedup_by(|later, first| {
            let same = later.code() == first.code();
            if same {
                first.principals += later.principals;
            }
            same
        });
        let level = reasons
            .iter()
            .map(|reason| reason.effect().most())
            .min()
            .unwrap_or(Level::High);
        Self { level, reasons }
    }
}

/// Why the evidence is more or less reliable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    cause: Cause,
    principals: usize,
}

/// Ordered so that the lesser of two causes with the same code is the stronger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    PolicyNewer,
    CatalogBehind(usize),
    WindowVeryShort(u32, EvidenceOrigin),
    Hint(FoundHint),
    GrantAgeUnknown,
    RareActions(usize),
    NoLongerFollowsAws,
    WindowShort(u32, EvidenceOrigin),
    Young { days: i64, window: u32 },
    AgeUnknown,
    EvidenceUndated,
    UnusedInWindow { days: Reverse<i64>, window: u32 },
    LastUseUnknown,
    UsedInWindow { days: Reverse<i64> },
    Grain(Grain),
}

impl Reason {
    /// Stable code.
    pub fn code(&self) -> ReasonCode {
        match self.cause {
            Cause::PolicyNewer => ReasonCode::PolicyNewer,
            Cause::CatalogBehind(_) => ReasonCode::CatalogBehind,
            Cause::GrantAgeUnknown => ReasonCode::GrantAgeUnknown,
            Cause::RareActions(_) => ReasonCode::RareActions,
            Cause::NoLongerFollowsAws => ReasonCode::NoLongerFollowsAws,
            Cause::WindowVeryShort(..) => ReasonCode::WindowVeryShort,
            Cause::Hint(found) => found.hint().map_or(ReasonCode::Unknown, |hint| hint.code),
            Cause::WindowShort(..) => ReasonCode::WindowShort,
            Cause::Young { .. } => ReasonCode::Young,
            Cause::AgeUnknown => ReasonCode::AgeUnknown,
            Cause::EvidenceUndated => ReasonCode::EvidenceUndated,
            Cause::UnusedInWindow { .. } => ReasonCode::UnusedInWindow,
            Cause::LastUseUnknown => ReasonCode::LastUseUnknown,
            Cause::UsedInWindow { .. } => ReasonCode::UsedInWindow,
            Cause::Grain(Grain::Services) => ReasonCode::ByService,
            Cause::Grain(Grain::Actions) => ReasonCode::ByAction,
            Cause::Grain(Grain::Both) => ReasonCode::ByServiceAndAction,
        }
    }

    /// Effect on the confidence.
    pub fn effect(&self) -> ReasonEffect {
        match self.cause {
            Cause::PolicyNewer | Cause::CatalogBehind(_) | Cause::WindowVeryShort(..) => {
                ReasonEffect::LowersToLow
            }
            Cause::Hint(found) => match found.hint().map_or(Level::Low, |hint| hint.cap) {
                Level::Low => ReasonEffect::LowersToLow,
                Level::Medium => ReasonEffect::LowersToMedium,
                Level::High => ReasonEffect::Supports,
            },
            Cause::GrantAgeUnknown
            | Cause::RareActions(_)
            | Cause::NoLongerFollowsAws
            | Cause::WindowShort(..)
            | Cause::Young { .. }
            | Cause::AgeUnknown
            | Cause::EvidenceUndated
            | Cause::UnusedInWindow { .. }
            | Cause::LastUseUnknown => ReasonEffect::LowersToMedium,
            Cause::UsedInWindow { .. } | Cause::Grain(_) => ReasonEffect::Supports,
        }
    }

    /// Number of principals it applies to.
    pub fn principals(&self) -> usize {
        self.principals
    }

    /// A sentence for people. It contains no text from others.
    pub fn sentence(&self) -> String {
        let mut sentence = self.cause.sentence();
        if self.principals > 1 {
            let more = self.principals - 1;
            let plural = if more == 1 { "" } else { "s" };
            sentence.push_str(&format!(" (and {more} more principal{plural})"));
        }
        sentence
    }
}

impl Cause {
    fn sentence(self) -> String {
        let looked_back = |days: u32, origin| match origin {
            EvidenceOrigin::Analyzer => format!("the analyzer looks back {}", span(i64::from(days))),
            EvidenceOrigin::LastAccessed => {
                format!("the last-accessed data covers {}", span(i64::from(days)))
            }
        };
        match self {
            Self::PolicyNewer => "the policy changed after the usage data was taken".to_owned(),
            Self::WindowVeryShort(days, origin) => {
                format!("{}, which can miss monthly use", looked_back(days, origin))
            }
            Self::WindowShort(days, origin) => {
                format!("{}, which can miss quarterly use", looked_back(days, origin))
            }
            Self::Hint(found) => {
                let why = found.hint().map_or("", |hint| hint.why);
                format!("{}: {why}", found.sentence())
            }
            Self::Young { days, window } => {
                format!("created {} before the usage data was taken; the window is {}", span(days), span(i64::from(window)))
            }
            Self::AgeUnknown => "creation date unknown".to_owned(),
            Self::EvidenceUndated => "date of the usage data unknown".to_owned(),
            Self::UnusedInWindow { days: Reverse(days), window } => format!(
                "last used {} before the usage data was taken; the window is {}",
                span(days),
                span(i64::from(window))
            ),
            Self::LastUseUnknown => "last use unknown".to_owned(),
            Self::UsedInWindow { days: Reverse(days) } => format!(
                "active: last used {} before the usage data was taken",
                span(days)
            ),
            Self::CatalogBehind(services) => format!(
                "AWS reports actions of {} that the catalog lacks; run `leastwise catalog update`",
                if services == 1 { "a service".to_owned() } else { format!("{services} services") }
            ),
            Self::GrantAgeUnknown => {
                "unknown how long the permission has been granted: neither last-accessed data nor an earlier report says"
                    .to_owned()
            }
            Self::RareActions(1) => "1 of the removed actions is rarely needed, but urgent when it is".to_owned(),
            Self::RareActions(many) => {
                format!("{many} of the removed actions are rarely needed, but urgent when they are")
            }
            Self::NoLongerFollowsAws => {
                "the change replaces an AWS managed policy with a copy, which AWS does not update".to_owned()
            }
            Self::Grain(Grain::Services) => {
                "AWS recorded no call to the removed services in the window".to_owned()
            }
            Self::Grain(Grain::Actions) => {
                "AWS tracks the use of every action removed".to_owned()
            }
            Self::Grain(Grain::Both) => {
                "AWS recorded no call to the removed services, and tracks the use of the other actions removed".to_owned()
            }
        }
    }
}

/// The sentence for a reason of this code without details of any principal: no word, date or number.
pub fn impersonal(code: ReasonCode) -> String {
    let hint = || {
        HINTS
            .iter()
            .find(|hint| hint.code == code)
            .map_or("", |hint| hint.why)
    };
    let sentence = match code {
        ReasonCode::PolicyNewer => return Cause::PolicyNewer.sentence(),
        ReasonCode::NoLongerFollowsAws => return Cause::NoLongerFollowsAws.sentence(),
        ReasonCode::ByService => return Cause::Grain(Grain::Services).sentence(),
        ReasonCode::ByAction => return Cause::Grain(Grain::Actions).sentence(),
        ReasonCode::ByServiceAndAction => return Cause::Grain(Grain::Both).sentence(),
        ReasonCode::CatalogBehind => {
            "AWS reports actions that the catalog lacks; run `leastwise catalog update`"
        }
        ReasonCode::GrantAgeUnknown => return Cause::GrantAgeUnknown.sentence(),
        ReasonCode::RareActions => "some of the removed actions are rarely needed, but urgent when they are",
        ReasonCode::WindowVeryShort => "the usage data covers a short window, which can miss monthly use",
        ReasonCode::WindowShort => "the usage data covers a window that can miss quarterly use",
        ReasonCode::Young => "an affected principal is barely older than the window",
        ReasonCode::AgeUnknown => "creation date of an affected principal unknown",
        ReasonCode::EvidenceUndated => "date of the usage data of an affected principal unknown",
        ReasonCode::UnusedInWindow => "an affected principal was last used before the window",
        ReasonCode::LastUseUnknown => "last use of an affected principal unknown",
        ReasonCode::UsedInWindow => "an affected principal is active: it was used in the window",
        ReasonCode::BreakGlass
        | ReasonCode::DisasterRecovery
        | ReasonCode::Backup
        | ReasonCode::Calendar
        | ReasonCode::Deployment
        | ReasonCode::LandingZone
        | ReasonCode::Migration
        | ReasonCode::Audit => hint(),
        ReasonCode::Unknown => "applies to an affected principal",
    };
    sentence.to_owned()
}

/// `less than a day`, `1 day`, `30 days`
fn span(days: i64) -> String {
    match days {
        ..=0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn window(facts: &Facts<'_>) -> Option<Cause> {
    match facts.window_days {
        days @ 0..MONTH => Some(Cause::WindowVeryShort(days, facts.origin)),
        days @ MONTH..QUARTER => Some(Cause::WindowShort(days, facts.origin)),
        _ => None,
    }
}

fn dates(facts: &Facts<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let window = facts.window_days;
    // The window ends where the evidence was looked at; that day stays the same whenever it is read.
    let age = |date: Option<&str>| {
        [facts.analyzed_at, facts.as_of]
            .into_iter()
            .flatten()
            .find_map(|day| days_between(date?, day))
    };
    match facts.analyzed_at.filter(|at| days_between(at, at).is_some()) {
        None => causes.push(Cause::EvidenceUndated),
        Some(analyzed_at) => {
            // A date that cannot be read is taken as today.
            let newer = |updated: &str| is_after(updated, analyzed_at).unwrap_or(true);
            causes.extend(
                facts
                    .policy_updated
                    .filter(|updated| newer(updated))
                    .map(|_| Cause::PolicyNewer),
            );
        }
    }
    causes.extend(facts.grant_age_unknown.then_some(Cause::GrantAgeUnknown));
    match age(facts.created) {
        None => causes.push(Cause::AgeUnknown),
        Some(days) if days < i64::from(window) + SETTLED => {
            causes.push(Cause::Young {
                days: days.max(0),
                window,
            });
        }
        Some(_) => {}
    }
    causes.push(match age(facts.last_used) {
        None => Cause::LastUseUnknown,
        Some(days) if days > i64::from(window) => Cause::UnusedInWindow {
            days: Reverse(days),
            window,
        },
        Some(days) => Cause::UsedInWindow {
            days: Reverse(days.max(0)),
        },
    });
    causes
}

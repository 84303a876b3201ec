//! What is known about each principal before its policies are examined.

use std::collections::BTreeMap;

use super::age::is_stale;
use super::exceptions::RuleId;
use super::removable::Removable;
use crate::date::days_between;
use crate::evidence::{Analyzer, Failure, Gap, PrincipalEvidence, is_tracked};
use crate::inventory::{Inventory, Principal};

/// Source of an account's evidence.
#[derive(Debug, Clone, Copy)]
pub enum Source<'e> {
    /// An analyzer.
    Analyzer {
        /// ARN of the analyzer.
        analyzer: &'e Analyzer,
        /// Window in days.
        window_days: u32,
    },
    /// IAM last-accessed data.
    LastAccessed {
        /// Window in days.
        window_days: u32,
    },
    /// None.
    None,
    /// It could not be read.
    Failed(&'e Failure),
}

impl Source<'_> {
    /// Window in days.
    pub fn window_days(&self) -> Option<u32> {
        match self {
            Self::Analyzer { window_days, .. } | Self::LastAccessed { window_days } => Some(*window_days),
            Self::None | Self::Failed(_) => None,
        }
    }
}

/// What is known about one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Only AWS can change it.
    ServiceLinked,
    /// A rule excludes it.
    Excluded(RuleId),
    /// Its evidence is this many days old, which is too old to use.
    Stale(i64),
    /// It was not used at all. The value is its last use.
    Idle(Option<String>),
    /// Its evidence is incomplete.
    Gap(Gap),
    /// The account's evidence could not be read.
    Unread(Failure),
    /// It was created this many days ago, which is less than the window.
    TooYoung(i64),
    /// The analyzer excludes it.
    LeftOut,
    /// Its findings are archived.
    Archived,
    /// There is no source of evidence.
    NoSource,
    /// Everything that was evaluated is in use.
    AllUsed,
    /// The analyzer has no finding about it, which does not prove use (E18).
    NoFinding,
    /// The account has last-accessed data, but none about it.
    NoAnswer,
    /// Some permissions are unused.
    Unused(Removable),
}

impl Standing {
    /// What can be removed from the principal.
    pub fn removable(&self) -> &Removable {
        match self {
            Self::Idle(_) => &Removable::Anything,
            Self::Unused(removable) => removable,
            _ => &Removable::Nothing,
        }
    }

    /// Whether it counts as using everything only because there is no evidence about it.
    pub fn is_blind(&self) -> bool {
        !matches!(self, Self::Idle(_) | Self::Unused(_) | Self::AllUsed)
    }
}

/// What decides about a principal besides its own evidence.
pub struct Circumstances<'c> {
    /// Source of the account's evidence.
    pub source: Source<'c>,
    /// Date of the responses. Ages are counted to it if no finding has a date.
    pub as_of: Option<&'c str>,
    /// Maximum age of evidence, in days.
    pub oldest_days: Option<i64>,
    /// The rule that excludes a principal.
    pub excluded: &'c dyn Fn(&Principal) -> Option<RuleId>,
}

/// Standing of every principal of an account, in the inventory's order.
pub fn standings(
    inventory: &Inventory,
    known: &BTreeMap<String, PrincipalEvidence>,
    around: &Circumstances<'_>,
) -> Vec<Standing> {
    // What the analyzer evaluated last is the day that its window ends.
    let evaluated = known
        .values()
        .filter_map(|about| about.analyzed_at.as_deref())
        .max();
    let age_at = evaluated.or(around.as_of);
    let standing = |principal: &Principal| {
        standing(
            principal,
            &inventory.account.id,
            known.get(&principal.arn),
            around,
            age_at,
        )
    };
    inventory.principals.iter().map(standing).collect()
}

/// Age of the evidence about a principal in days, if that is too old to use.
pub fn stale_days(known: &PrincipalEvidence, as_of: Option<&str>, oldest_days: Option<i64>) -> Option<i64> {
    let limit = known.oldest.as_deref().zip(as_of).zip(oldest_days);
    limit.and_then(|((at, as_of), oldest)| is_stale(at, as_of, oldest))
}

fn standing(
    principal: &Principal,
    account: &str,
    known: Option<&PrincipalEvidence>,
    around: &Circumstances<'_>,
    age_at: Option<&str>,
) -> Standing {
    if principal.is_service_linked() {
        return Standing::ServiceLinked;
    }
    if let Some(rule) = (around.excluded)(principal) {
        return Standing::Excluded(rule);
    }
    let source = around.source;
    if let Source::Failed(failure) = source {
        return Standing::Unread(failure.clone());
    }
    if let Some(known) = known {
        if let Some(gap) = &known.gap {
            return Standing::Gap(gap.clone());
        }
        if let Some(days) = stale_days(known, around.as_of, around.oldest_days) {
            return Standing::Stale(days);
        }
    }
    // Where IAM does not record use, nothing that it says of others is about this one (E19).
    if let Some(region) = principal
        .last_used_region
        .as_ref()
        .filter(|region| !is_tracked(region))
    {
        return Standing::Gap(Gap::UntrackedRegion(region.clone()));
    }
    // The window ended when the principal was evaluated.
    let age_at = known.and_then(|known| known.analyzed_at.as_deref()).or(age_at);
    let age = principal
        .created
        .as_deref()
        .zip(age_at)
        .and_then(|(created, as_of)| days_between(created, as_of));
    // What is younger than the window had no time to use what it may: neither silence nor evidence says anything about it
    // (E5). Last-accessed data call all of it unused; a finding is about an earlier one of that name.
    if let Some(days) = age.filter(|days| source.window_days().is_some_and(|it| *days < i64::from(it))) {
        return Standing::TooYoung(days);
    }
    if let Some(known) = known {
        if let Some(last) = &known.idle {
            return idle(last, principal, known, source);
        }
        if !known.observed.unused.is_empty() {
            return Standing::Unused(Removable::of(&known.observed.unused));
        }
    }
    if source.window_days().is_none() {
        return Standing::NoSource;
    }
    match known {
        _ if leaves_out(source, principal, account) => Standing::LeftOut,
        Some(known) if known.archived > 0 && !known.tells => Standing::Archived,
        Some(known) if known.tells => Standing::AllUsed,
        _ if matches!(source, Source::LastAccessed { .. }) => Standing::NoAnswer,
        _ => Standing::NoFinding,
    }
}

/// A principal that the evidence reports as entirely unused. If IAM recorded use of the role within the window, the
/// two contradict each other (E15): it may use permissions from resource policies, or work in an untracked Region.
fn idle(
    last: &Option<String>,
    principal: &Principal,
    known: &PrincipalEvidence,
    source: Source<'_>,
) -> Standing {
    let used = principal.last_used.as_deref();
    let days = used
        .zip(known.analyzed_at.as_deref())
        .and_then(|(used, at)| days_between(used, at));
    // Dates that cannot be compared say nothing against it, and so nothing for it either.
    let is_within = days
        .zip(source.window_days())
        .is_none_or(|(days, window)| days < i64::from(window));
    match used.filter(|_| is_within) {
        Some(used) => Standing::Gap(Gap::IdleButUsed(used.to_owned())),
        None => Standing::Idle(last.clone()),
    }
}

/// Whether a rule of the analyzer excludes a principal.
fn leaves_out(source: Source<'_>, principal: &Principal, account: &str) -> bool {
    let Source::Analyzer { analyzer, .. } = source else {
        return false;
    };
    let rule = analyzer
        .configuration
        .as_ref()
        .and_then(|all| all.unused_access.as_ref()?.analysis_rule.as_ref());
    let has = |key: &String, value: &String| {
        principal
            .tags
            .iter()
            .any(|tag| tag.key == *key && (value.is_empty() || tag.value == *value))
    };
    rule.is_some_and(|rule| {
        rule.exclusions.iter().any(|exclusion| {
            exclusion.account_ids.iter().any(|id| id == account)
                || exclusion
                    .resource_tags
                    .iter()
                    .any(|tags| !tags.is_empty() && tags.iter().all(|(key, value)| has(key, value)))
        })
    })
}

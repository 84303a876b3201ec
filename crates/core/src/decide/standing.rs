//! What is known about each principal before its policies are examined.

use std::collections::BTreeMap;

use super::age::is_stale;
use super::exceptions::RuleId;
use super::removable::Removable;
use crate::date::days_between;
use crate::evidence::{Analyzer, Failure, Gap, PrincipalEvidence, is_tracked};
use crate::inventory::{Inventory, Principal};

/// Where an account's evidence comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'e> {
    /// An analyzer that looks back so many days.
    Analyzer {
        /// The analyzer.
        analyzer: &'e Analyzer,
        /// How far it looks back.
        window_days: u32,
    },
    /// IAM's last-accessed data.
    LastAccessed {
        /// How far back unused begins.
        window_days: u32,
    },
    /// There is neither.
    None,
    /// It could not be read.
    Failed(&'e Failure),
}

impl Source<'_> {
    /// How far it looks back.
    pub fn window_days(&self) -> Option<u32> {
        match self {
            Self::Analyzer { window_days, .. } | Self::LastAccessed { window_days } => Some(*window_days),
            Self::None | Self::Failed(_) => None,
        }
    }
}

/// What is known of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Only AWS can change it.
    ServiceLinked,
    /// A rule leaves it as it is.
    Excluded(RuleId),
    /// Its evidence is so many days old, which is too old to act on.
    Stale(i64),
    /// It was not used at all; inside, when it last was.
    Idle(Option<String>),
    /// Its evidence is not whole.
    Gap(Gap),
    /// The account's evidence could not be read.
    Unread(Failure),
    /// It is so many days old, which is less than the window.
    TooYoung(i64),
    /// The analyzer leaves it out.
    LeftOut,
    /// Somebody archived its findings.
    Archived,
    /// There is no source of evidence.
    NoSource,
    /// Everything that was looked at is in use.
    AllUsed,
    /// The analyzer has no finding about it, which is no proof of use (E18).
    NoFinding,
    /// Last-accessed data were read in the account, and none of it.
    NoAnswer,
    /// Something is unused.
    Unused(Removable),
}

impl Standing {
    /// What may be taken from the principal.
    pub fn removable(&self) -> &Removable {
        match self {
            Self::Idle(_) => &Removable::Anything,
            Self::Unused(removable) => removable,
            _ => &Removable::Nothing,
        }
    }

    /// Whether it counts as using everything only because nothing is known of it.
    pub fn is_blind(&self) -> bool {
        !matches!(self, Self::Idle(_) | Self::Unused(_) | Self::AllUsed)
    }
}

/// What decides on a principal beside its own evidence.
pub struct Circumstances<'c> {
    /// Where the account's evidence comes from.
    pub source: Source<'c>,
    /// The day of the answers: ages are counted to it where no finding tells when it was evaluated.
    pub as_of: Option<&'c str>,
    /// Older evidence counts as none, in days.
    pub oldest_days: Option<i64>,
    /// The rule that leaves a principal as it is.
    pub excluded: &'c dyn Fn(&Principal) -> Option<RuleId>,
}

/// The standing of every principal of an account, in the inventory's order.
pub fn standings(
    inventory: &Inventory,
    known: &BTreeMap<String, PrincipalEvidence>,
    around: &Circumstances<'_>,
) -> Vec<Standing> {
    // What the analyzer evaluated last is the day that its window ends.
    let evaluated = known.values().filter_map(|about| about.analyzed_at.as_deref()).max();
    let age_at = evaluated.or(around.as_of);
    let standing = |principal: &Principal| {
        standing(principal, &inventory.account.id, known.get(&principal.arn), around, age_at)
    };
    inventory.principals.iter().map(standing).collect()
}

/// How old the evidence about a principal is, in days, when that is too old to act on.
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
    if let Some(region) = principal.last_used_region.as_ref().filter(|region| !is_tracked(region)) {
        return Standing::Gap(Gap::UntrackedRegion(region.clone()));
    }
    // The window ended when the principal was evaluated.
    let age_at = known.and_then(|known| known.analyzed_at.as_deref()).or(age_at);
    let age =
        principal.created.as_deref().zip(age_at).and_then(|(created, as_of)| days_between(created, as_of));
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

/// Of a principal that the evidence calls unused as a whole. Where IAM saw the role itself at work within the window, the two
/// contradict each other (E15): it may work by the policies of resources, or in a Region that is not tracked.
fn idle(
    last: &Option<String>,
    principal: &Principal,
    known: &PrincipalEvidence,
    source: Source<'_>,
) -> Standing {
    let used = principal.last_used.as_deref();
    let days = used.zip(known.analyzed_at.as_deref()).and_then(|(used, at)| days_between(used, at));
    // Dates that cannot be compared say nothing against it, and so nothing for it either.
    let is_within = days.zip(source.window_days()).is_none_or(|(days, window)| days < i64::from(window));
    match used.filter(|_| is_within) {
        Some(used) => Standing::Gap(Gap::IdleButUsed(used.to_owned())),
        None => Standing::Idle(last.clone()),
    }
}

/// Whether the analyzer's own rule excludes a principal.
fn leaves_out(source: Source<'_>, principal: &Principal, account: &str) -> bool {
    let Source::Analyzer { analyzer, .. } = source else { return false };
    let rule =
        analyzer.configuration.as_ref().and_then(|all| all.unused_access.as_ref()?.analysis_rule.as_ref());
    let has = |key: &String, value: &String| {
        principal.tags.iter().any(|tag| tag.key == *key && (value.is_empty() || tag.value == *value))
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

//! What each rule matched, and which rules need their owner's attention.

use std::borrow::Cow;

use jiff::civil::Date;

use super::super::codes::RuleCode;
use super::{Exception, Exceptions, Expires, Glob, Rule, RuleId, RuleText, Selector, Usage, Uses};
use crate::policy::ActionPattern;

/// Days before its end date from which a rule counts as expiring.
const SOON: i64 = 30;
/// Number of principals up to which covering half of them does not count as broad.
const FEW: usize = 10;

/// A rule and what it matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionReview<'c> {
    /// ID.
    pub id: RuleId,
    /// Reason.
    pub reason: Cow<'c, str>,
    /// Owner; `keep` has none.
    pub owner: Option<&'c str>,
    /// End date.
    pub expires: Expires,
    /// What it covers.
    pub uses: Uses,
    /// Its state, and problems with it.
    pub states: Vec<RuleState>,
}

/// State of a rule, or a problem with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// It applies.
    Active,
    /// It expired on this date and had no effect.
    Expired(Date),
    /// It expires on this date, in this many days.
    Expiring(Date, i64),
    /// It matches nothing in this scan.
    NeverMatched,
    /// It covers this many of this many principals.
    CoversMost(usize, usize),
    /// It has no scope.
    Unscoped,
}

impl RuleState {
    /// Stable code.
    pub fn code(self) -> RuleCode {
        match self {
            Self::Active => RuleCode::Active,
            Self::Expired(_) => RuleCode::Expired,
            Self::Expiring(..) => RuleCode::Expiring,
            Self::NeverMatched => RuleCode::NeverMatched,
            Self::CoversMost(..) | Self::Unscoped => RuleCode::OverBroad,
        }
    }

    /// For people, without a full stop.
    pub fn sentence(self) -> String {
        match self {
            Self::Active => "active".to_owned(),
            Self::Expired(last) => format!("expired on {last} and was ignored"),
            Self::Expiring(last, 0) => format!("expires today, {last}"),
            Self::Expiring(last, 1) => format!("expires tomorrow, {last}"),
            Self::Expiring(last, days) => format!("expires in {days} days, on {last}"),
            Self::NeverMatched => "matches nothing in this scan".to_owned(),
            Self::CoversMost(covered, all) => format!("covers {covered} of {all} principals"),
            Self::Unscoped => "has no scope: it covers everything".to_owned(),
        }
    }
}

impl<'c> Exceptions<'c> {
    /// Every rule and what it matched in all accounts, in the order in which rules are applied. `population` is the
    /// number of principals scanned.
    pub fn review(&self, usage: &Usage, population: usize) -> Vec<ExceptionReview<'c>> {
        let review = |rule: &Rule<'c>| {
            let uses = usage.of(rule.id);
            let (reason, owner) = rule.wording();
            let states = self.states(rule, uses, population);
            ExceptionReview {
                id: rule.id,
                reason,
                owner,
                expires: rule.expires(),
                uses,
                states,
            }
        };
        self.rules.iter().map(review).collect()
    }

    fn states(&self, rule: &Rule<'_>, uses: Uses, population: usize) -> Vec<RuleState> {
        let mut states = Vec::new();
        match rule.expires() {
            Expires::On(last) if rule.is_past => states.push(RuleState::Expired(last)),
            Expires::On(last) => {
                states.push(RuleState::Active);
                let days = last.duration_since(self.today).as_hours() / 24;
                states.extend((days <= SOON).then_some(RuleState::Expiring(last, days)));
            }
            Expires::Never => states.push(RuleState::Active),
        }
        if matches!(rule.text, RuleText::Default(_)) {
            return states;
        }
        let is_met = if rule.is_scoped() {
            uses.principals > 0
        } else {
            uses.actions > 0
        };
        if population > 0 && !is_met {
            states.push(RuleState::NeverMatched);
        }
        if rule.is_bare() {
            states.push(RuleState::Unscoped);
        } else if rule.takes_all() && population > FEW && uses.principals * 2 > population {
            states.push(RuleState::CoversMost(uses.principals, population));
        }
        states
    }
}

impl<'c> Rule<'c> {
    /// Reason and owner.
    pub(super) fn wording(&self) -> (Cow<'c, str>, Option<&'c str>) {
        match self.text {
            RuleText::Default(rule) => (rule.reason().into(), Some("AWS")),
            RuleText::Exception(it) => (it.reason.as_str().into(), Some(&it.owner)),
            RuleText::Keep(pattern) => (format!("`keep` lists {}", pattern.as_str()).into(), None),
        }
    }

    /// Whether it is limited to some principals or policies, not only to actions.
    fn is_scoped(&self) -> bool {
        let RuleText::Exception(it) = self.text else {
            return false;
        };
        !(it.accounts.is_empty()
            && it.units.is_empty()
            && it.paths.is_empty()
            && it.names.is_empty()
            && it.tags.is_empty()
            && it.policies.is_empty())
    }

    /// Whether it keeps all actions of what it covers. A rule that keeps a few actions for many is not broad.
    fn takes_all(&self) -> bool {
        self.patterns().is_empty() || self.patterns().iter().any(is_star)
    }

    /// Whether its scope is only a bare `*`.
    fn is_bare(&self) -> bool {
        match self.text {
            RuleText::Default(_) => false,
            RuleText::Keep(pattern) => is_star(pattern),
            RuleText::Exception(exception) => is_bare(exception),
        }
    }
}

fn is_bare(it: &Exception) -> bool {
    let star = |glob: &Glob| !glob.as_str().is_empty() && glob.as_str().bytes().all(|byte| byte == b'*');
    // Every path begins with a slash.
    let every_path = |glob: &Glob| star(glob) || glob.as_str() == "/*";
    let every_account = |selector: &Selector| matches!(selector, Selector::Name(glob) if star(glob));
    let open = |is_empty: bool, has_star: bool| is_empty || has_star;
    it.units.is_empty()
        && it.tags.is_empty()
        && open(it.accounts.is_empty(), it.accounts.iter().any(every_account))
        && open(it.paths.is_empty(), it.paths.iter().any(every_path))
        && open(it.names.is_empty(), it.names.iter().any(star))
        && open(it.policies.is_empty(), it.policies.iter().any(star))
        && open(it.actions.is_empty(), it.actions.iter().any(is_star))
}

fn is_star(pattern: &ActionPattern) -> bool {
    pattern.service().is_none()
}

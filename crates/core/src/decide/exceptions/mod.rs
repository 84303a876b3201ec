//! Exceptions as code: what is kept unchanged, by which rule, and what each rule matched.
//!
//! Rules of the configuration and built-in rules work the same way. An expired rule has no effect, and the report
//! says what it would have covered. Rules only ever keep permissions; none causes a removal.
//!
//! - `rule`: one rule of the configuration;
//! - `mod`: all rules, and what they mean for one account;
//! - `defaults`: built-in rules, about what the owner of an account cannot change;
//! - `keep`: actions to keep, taken out of the evidence;
//! - `review`: what each rule matched in all accounts, and which need their owner's attention.

mod defaults;
mod keep;
mod review;
mod rule;
mod rule_id;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;

pub use defaults::DefaultRule;
pub use keep::Kept;
pub use review::{ExceptionReview, RuleState};
pub use rule::{Exception, Expires, Glob, Selector};
pub use rule_id::RuleId;

use crate::catalog::Catalog;
use crate::decide::Standing;
use crate::inventory::{Inventory, Principal};
use crate::policy::ActionPattern;

/// Content of a rule.
#[derive(Debug, Clone, Copy)]
enum RuleText<'c> {
    Default(DefaultRule),
    Exception(&'c Exception),
    Keep(&'c ActionPattern),
}

#[derive(Debug, Clone, Copy)]
struct Rule<'c> {
    id: RuleId,
    text: RuleText<'c>,
    /// Whether it has expired.
    is_past: bool,
}

impl<'c> Rule<'c> {
    /// Action patterns to keep; empty if the rule keeps everything.
    fn patterns(&self) -> &'c [ActionPattern] {
        match self.text {
            RuleText::Default(_) => &[],
            RuleText::Exception(exception) => &exception.actions,
            RuleText::Keep(pattern) => std::slice::from_ref(pattern),
        }
    }

    /// Whether it applies only to some policies.
    fn names_policies(&self) -> bool {
        matches!(self.text, RuleText::Exception(exception) if !exception.policies.is_empty())
    }

    /// Whether it applies to this policy, by name or ARN, of a principal that it covers.
    fn covers_policy(&self, policy: &str) -> bool {
        let RuleText::Exception(exception) = self.text else {
            return true;
        };
        // The name of an inline policy has neither colon nor slash.
        if policy.starts_with("arn:") {
            exception.covers_policy(policy.rsplit('/').next().unwrap_or(policy), Some(policy))
        } else {
            exception.covers_policy(policy, None)
        }
    }

    fn expires(&self) -> Expires {
        match self.text {
            RuleText::Exception(exception) => exception.expires,
            RuleText::Default(_) | RuleText::Keep(_) => Expires::Never,
        }
    }
}

/// All rules, in the order in which they are applied: built-in rules, those of the configuration as written, and
/// actions that are kept everywhere.
#[derive(Debug, Clone)]
pub struct Exceptions<'c> {
    rules: Vec<Rule<'c>>,
    today: Date,
}

impl<'c> Exceptions<'c> {
    /// The rules that apply on a date. `keep` are the actions to keep everywhere.
    pub fn new(exceptions: &'c [Exception], keep: &'c [ActionPattern], today: Date) -> Self {
        let always = DefaultRule::ALL.map(|rule| (RuleId::Default(rule), RuleText::Default(rule)));
        let mut on_line: BTreeMap<usize, usize> = BTreeMap::new();
        let written = exceptions.iter().map(|exception| {
            let seen = on_line.entry(exception.line).or_default();
            let id = RuleId::Config {
                line: exception.line,
                before: *seen,
            };
            *seen += 1;
            (id, RuleText::Exception(exception))
        });
        let kept = keep
            .iter()
            .enumerate()
            .map(|(at, it)| (RuleId::Keep(at + 1), RuleText::Keep(it)));
        let rules = always.into_iter().chain(written).chain(kept).map(|(id, text)| {
            let is_past = matches!(text, RuleText::Exception(exception) if exception.expires.is_past(today));
            Rule { id, text, is_past }
        });
        Self {
            rules: rules.collect(),
            today,
        }
    }

    /// The rules that can apply to one account.
    pub fn of<'e>(&'e self, inventory: &'e Inventory) -> AccountExceptions<'e> {
        let about = |rule: &&Rule<'c>| match rule.text {
            RuleText::Exception(exception) => exception.covers_account(&inventory.account),
            RuleText::Default(_) | RuleText::Keep(_) => true,
        };
        let enrolled = defaults::is_enrolled(inventory);
        AccountExceptions {
            inventory,
            rules: self.rules.iter().filter(about).collect(),
            enrolled,
        }
    }

    /// Reason and owner of a rule.
    pub fn wording(&self, id: RuleId) -> Option<(Cow<'c, str>, Option<&'c str>)> {
        self.rules.iter().find(|rule| rule.id == id).map(Rule::wording)
    }
}

/// What the rules mean for one account.
#[derive(Debug)]
pub struct AccountExceptions<'e> {
    inventory: &'e Inventory,
    rules: Vec<&'e Rule<'e>>,
    /// Whether AWS Control Tower governs the account.
    enrolled: bool,
}

impl<'e> AccountExceptions<'e> {
    /// The rule that excludes a whole principal, if any.
    pub fn principal(&self, principal: &Principal) -> Option<RuleId> {
        let leaves = |rule: &&&Rule<'_>| {
            !rule.is_past
                && rule.patterns().is_empty()
                && !rule.names_policies()
                && self.covers(rule, principal)
        };
        self.rules.iter().find(leaves).map(|rule| rule.id)
    }

    /// The rule that excludes one policy of a principal, if any. The policy is given by ARN, or by name if it is
    /// inline.
    pub fn policy(&self, principal: &Principal, policy: &str) -> Option<RuleId> {
        let leaves = |rule: &&&Rule<'_>| {
            !rule.is_past
                && rule.patterns().is_empty()
                && rule.names_policies()
                && rule.covers_policy(policy)
                && self.covers(rule, principal)
        };
        self.rules.iter().find(leaves).map(|rule| rule.id)
    }

    /// Actions to keep in one policy of a principal. The policy is given as for [`Self::policy`].
    pub fn kept(&self, principal: &Principal, policy: &str) -> Kept<'e> {
        let keeps = |rule: &&Rule<'_>| {
            !rule.is_past
                && !rule.patterns().is_empty()
                && rule.covers_policy(policy)
                && self.covers(rule, principal)
        };
        let patterns = self.rules.iter().copied().filter(keeps);
        Kept::new(patterns.flat_map(|rule| rule.patterns().iter().map(|pattern| (rule.id, pattern))))
    }

    /// What each rule covers in the account; for an expired rule, what it would cover. The standings are those of
    /// the inventory's principals, in the same order. Call once for each account.
    pub fn usage(&self, standings: &[Standing], catalog: &Catalog) -> Usage {
        let mut usage = Usage::default();
        for rule in &self.rules {
            let mut uses = Uses::default();
            for (at, principal) in self.inventory.principals.iter().enumerate() {
                if !self.covers(rule, principal) {
                    continue;
                }
                if rule.names_policies() {
                    let held = self
                        .held(principal)
                        .filter(|policy| rule.covers_policy(policy))
                        .count();
                    if held == 0 {
                        continue;
                    }
                    uses.policies += held;
                }
                uses.principals += 1;
                if let Some(standing) = standings.get(at).filter(|_| !rule.patterns().is_empty()) {
                    uses.actions += keep::matched(rule.patterns(), standing.removable(), catalog);
                }
            }
            usage.rules.insert(rule.id, uses);
        }
        usage
    }

    fn covers(&self, rule: &Rule<'_>, principal: &Principal) -> bool {
        match rule.text {
            RuleText::Default(default) => default.covers(principal, self.enrolled),
            RuleText::Exception(exception) => exception.covers_principal(principal),
            RuleText::Keep(_) => true,
        }
    }

    /// Policies that apply to a principal, including those of its groups, by name or ARN.
    fn held<'p>(&'p self, principal: &'p Principal) -> impl Iterator<Item = &'p str> {
        let groups = principal
            .groups
            .iter()
            .filter_map(|group| self.inventory.groups.get(group));
        let of_groups = groups.flat_map(|group| {
            let inline = group
                .group_policy_list
                .iter()
                .map(|policy| policy.policy_name.as_str());
            inline.chain(
                group
                    .attached_managed_policies
                    .iter()
                    .map(|policy| policy.policy_arn.as_str()),
            )
        });
        let inline = principal.inline.iter().map(|policy| policy.policy_name.as_str());
        let attached = principal.attached.iter().map(|policy| policy.policy_arn.as_str());
        inline.chain(attached).chain(of_groups)
    }
}

/// What rules cover, whether or not an earlier rule applied first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    rules: BTreeMap<RuleId, Uses>,
}

/// What one rule covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// Number of principals it covers. If it names policies, those with such a policy.
    pub principals: usize,
    /// If it names policies, their number, counted once for each principal that a policy applies to.
    pub policies: usize,
    /// Number of unused actions it keeps, counted once for each principal.
    pub actions: usize,
}

impl Usage {
    /// Adds another account.
    pub fn merge(&mut self, other: &Self) {
        for (id, more) in &other.rules {
            let uses = self.rules.entry(*id).or_default();
            uses.principals += more.principals;
            uses.policies += more.policies;
            uses.actions += more.actions;
        }
    }

    /// What one rule covers.
    pub fn of(&self, id: RuleId) -> Uses {
        self.rules.get(&id).copied().unwrap_or_default()
    }
}

//! Exceptions as code: what is left as it is, by which rule, and what came of each rule.
//!
//! The rules of the configuration and those that always hold are of one kind. An expired rule has no effect, and is
//! counted as what it would have covered. Rules only ever keep: none makes anything go that would stay without it.
//!
//! - `rule`: one rule of the configuration;
//! - `mod`: all rules, and what they say of one account;
//! - `defaults`: the rules that always hold, about what the owner of an account cannot change;
//! - `keep`: actions that stay, taken out of the evidence;
//! - `review`: what came of each rule over all accounts, and which need their owner's attention.

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

/// What a rule says.
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
    /// It has run out.
    is_past: bool,
}

impl<'c> Rule<'c> {
    /// The patterns of what it keeps; none when it leaves things alone as a whole.
    fn patterns(&self) -> &'c [ActionPattern] {
        match self.text {
            RuleText::Default(_) => &[],
            RuleText::Exception(exception) => &exception.actions,
            RuleText::Keep(pattern) => std::slice::from_ref(pattern),
        }
    }

    /// Whether it is about some policies only.
    fn names_policies(&self) -> bool {
        matches!(self.text, RuleText::Exception(exception) if !exception.policies.is_empty())
    }

    /// Whether it is about this policy, by name or ARN, of a principal that it covers.
    fn covers_policy(&self, policy: &str) -> bool {
        let RuleText::Exception(exception) = self.text else { return true };
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

/// All rules, in the order in which they are asked: those that always hold, the configuration's as they are written, and
/// the actions that are kept everywhere.
#[derive(Debug, Clone)]
pub struct Exceptions<'c> {
    rules: Vec<Rule<'c>>,
    today: Date,
}

impl<'c> Exceptions<'c> {
    /// The rules as they hold on a day. `keep` are the actions that are kept everywhere.
    pub fn new(exceptions: &'c [Exception], keep: &'c [ActionPattern], today: Date) -> Self {
        let always = DefaultRule::ALL.map(|rule| (RuleId::Default(rule), RuleText::Default(rule)));
        let mut on_line: BTreeMap<usize, usize> = BTreeMap::new();
        let written = exceptions.iter().map(|exception| {
            let seen = on_line.entry(exception.line).or_default();
            let id = RuleId::Config { line: exception.line, before: *seen };
            *seen += 1;
            (id, RuleText::Exception(exception))
        });
        let kept = keep.iter().enumerate().map(|(at, it)| (RuleId::Keep(at + 1), RuleText::Keep(it)));
        let rules = always.into_iter().chain(written).chain(kept).map(|(id, text)| {
            let is_past = matches!(text, RuleText::Exception(exception) if exception.expires.is_past(today));
            Rule { id, text, is_past }
        });
        Self { rules: rules.collect(), today }
    }

    /// The rules that can matter in one account.
    pub fn of<'e>(&'e self, inventory: &'e Inventory) -> AccountExceptions<'e> {
        let about = |rule: &&Rule<'c>| match rule.text {
            RuleText::Exception(exception) => exception.covers_account(&inventory.account),
            RuleText::Default(_) | RuleText::Keep(_) => true,
        };
        let enrolled = defaults::is_enrolled(inventory);
        AccountExceptions { inventory, rules: self.rules.iter().filter(about).collect(), enrolled }
    }

    /// Why a rule is there, and who answers for it.
    pub fn wording(&self, id: RuleId) -> Option<(Cow<'c, str>, Option<&'c str>)> {
        self.rules.iter().find(|rule| rule.id == id).map(Rule::wording)
    }
}

/// What the rules say of one account.
#[derive(Debug)]
pub struct AccountExceptions<'e> {
    inventory: &'e Inventory,
    rules: Vec<&'e Rule<'e>>,
    /// AWS Control Tower governs the account.
    enrolled: bool,
}

impl<'e> AccountExceptions<'e> {
    /// The rule that leaves a principal alone as a whole, if one does.
    pub fn principal(&self, principal: &Principal) -> Option<RuleId> {
        let leaves = |rule: &&&Rule<'_>| {
            !rule.is_past
                && rule.patterns().is_empty()
                && !rule.names_policies()
                && self.covers(rule, principal)
        };
        self.rules.iter().find(leaves).map(|rule| rule.id)
    }

    /// The rule that leaves one policy of a principal alone, if one does. The policy is named by its ARN, or by its name
    /// when it is inline.
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

    /// The actions that stay in one policy of a principal. The policy is named as for [`Self::policy`].
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

    /// What each rule covers in the account; of an expired one, what it would. The standings are those of the
    /// inventory's principals, in its order. Ask once for each account.
    pub fn usage(&self, standings: &[Standing], catalog: &Catalog) -> Usage {
        let mut usage = Usage::default();
        for rule in &self.rules {
            let mut uses = Uses::default();
            for (at, principal) in self.inventory.principals.iter().enumerate() {
                if !self.covers(rule, principal) {
                    continue;
                }
                if rule.names_policies() {
                    let held = self.held(principal).filter(|policy| rule.covers_policy(policy)).count();
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

    /// The policies that reach a principal, its groups' too, by name or ARN.
    fn held<'p>(&'p self, principal: &'p Principal) -> impl Iterator<Item = &'p str> {
        let groups = principal.groups.iter().filter_map(|group| self.inventory.groups.get(group));
        let of_groups = groups.flat_map(|group| {
            let inline = group.group_policy_list.iter().map(|policy| policy.policy_name.as_str());
            inline.chain(group.attached_managed_policies.iter().map(|policy| policy.policy_arn.as_str()))
        });
        let inline = principal.inline.iter().map(|policy| policy.policy_name.as_str());
        let attached = principal.attached.iter().map(|policy| policy.policy_arn.as_str());
        inline.chain(attached).chain(of_groups)
    }
}

/// What rules cover, whether or not another rule came first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    rules: BTreeMap<RuleId, Uses>,
}

/// What one rule covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// Principals: all of which it is about, by some policy at least when it names policies.
    pub principals: usize,
    /// Policies of those, when it names policies: once for each principal that a policy reaches.
    pub policies: usize,
    /// Unused actions of those that it keeps: once for each principal.
    pub actions: usize,
}

impl Usage {
    /// Adds what came of the rules in another account.
    pub fn merge(&mut self, other: &Self) {
        for (id, more) in &other.rules {
            let uses = self.rules.entry(*id).or_default();
            uses.principals += more.principals;
            uses.policies += more.policies;
            uses.actions += more.actions;
        }
    }

    /// What came of one rule.
    pub fn of(&self, id: RuleId) -> Uses {
        self.rules.get(&id).copied().unwrap_or_default()
    }
}

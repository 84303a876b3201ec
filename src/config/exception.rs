//! Exceptions: what is to stay as it is, and who says so.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use super::valid::{Glob, Selector};
use crate::inventory::Principal;
use crate::inventory::wire::Account;
use crate::policy::ActionPattern;

/// `[[exception]]`. Each list that has entries must match, by any one of its entries; an empty list matches everything.
/// One of the lists has entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Accounts, by id or name.
    pub accounts: Vec<Selector>,
    /// Organisational units and roots.
    pub units: Vec<Selector>,
    /// Paths of roles and users.
    pub paths: Vec<Glob>,
    /// Names of roles and users.
    pub names: Vec<Glob>,
    /// Tags of roles and users; all must be there.
    pub tags: BTreeMap<String, Glob>,
    /// Policies, by name or ARN.
    pub policies: Vec<Glob>,
    /// The actions that stay; empty means all.
    pub actions: Vec<ActionPattern>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Until when.
    pub expires: Expires,
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
}

impl Exception {
    /// Whether it is about this principal of this account, for some policy and some action at least.
    pub fn covers(&self, account: &Account, principal: &Principal) -> bool {
        self.covers_account(account) && self.covers_principal(principal)
    }

    /// Whether it is about something in this account.
    pub fn covers_account(&self, account: &Account) -> bool {
        let chosen = |selectors: &[Selector]| {
            selectors.is_empty() || selectors.iter().any(|selector| selector.selects(account))
        };
        chosen(&self.accounts) && chosen(&self.units)
    }

    /// Whether it is about this principal, when it is about its account.
    pub fn covers_principal(&self, principal: &Principal) -> bool {
        any(&self.paths, &principal.path)
            && any(&self.names, &principal.name)
            && self.tags.iter().all(|(key, value)| {
                principal.tags.iter().any(|tag| tag.key == *key && value.matches(&tag.value))
            })
    }

    /// Whether it is about a policy of that name or ARN. Inline policies have no ARN.
    pub fn covers_policy(&self, name: &str, arn: Option<&str>) -> bool {
        any(&self.policies, name) || arn.is_some_and(|arn| any(&self.policies, arn))
    }

    /// Whether it keeps this action.
    pub fn keeps(&self, service: &str, name: &str) -> bool {
        self.actions.is_empty() || self.actions.iter().any(|pattern| pattern.matches(service, name))
    }
}

fn any(globs: &[Glob], name: &str) -> bool {
    globs.is_empty() || globs.iter().any(|glob| glob.matches(name))
}

/// Until when an exception holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expires {
    /// Somebody said so.
    Never,
    /// The last day on which it holds.
    On(Date),
}

impl Expires {
    /// Whether it is over.
    pub fn is_past(self, today: Date) -> bool {
        matches!(self, Self::On(last) if last < today)
    }
}

impl fmt::Display for Expires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::On(last) => write!(f, "{last}"),
        }
    }
}

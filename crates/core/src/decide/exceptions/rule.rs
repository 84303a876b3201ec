//! The rules that people write: what to keep unchanged, and who is responsible.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::inventory::Principal;
use crate::inventory::wire::Account;
use crate::policy::{ActionPattern, glob};

/// `[[exception]]`. Every list with entries must match, by any of its entries; an empty list matches everything. At
/// least one list has entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Accounts, by ID or name.
    pub accounts: Vec<Selector>,
    /// Organisational units and roots.
    pub units: Vec<Selector>,
    /// Paths of roles and users.
    pub paths: Vec<Glob>,
    /// Names of roles and users.
    pub names: Vec<Glob>,
    /// Tags of roles and users; all must match.
    pub tags: BTreeMap<String, Glob>,
    /// Policies, by name or ARN.
    pub policies: Vec<Glob>,
    /// Actions to keep; empty means all.
    pub actions: Vec<ActionPattern>,
    /// Reason.
    pub reason: String,
    /// Who is responsible.
    pub owner: String,
    /// End date.
    pub expires: Expires,
    /// First line in the file, from 1.
    pub line: usize,
}

impl Exception {
    /// Whether it applies to this principal of this account, for some policy and some action.
    pub fn covers(&self, account: &Account, principal: &Principal) -> bool {
        self.covers_account(account) && self.covers_principal(principal)
    }

    /// Whether it applies to anything in this account.
    pub fn covers_account(&self, account: &Account) -> bool {
        let chosen = |selectors: &[Selector]| {
            selectors.is_empty() || selectors.iter().any(|selector| selector.selects(account))
        };
        chosen(&self.accounts) && chosen(&self.units)
    }

    /// Whether it applies to this principal, given that it applies to its account.
    pub fn covers_principal(&self, principal: &Principal) -> bool {
        any(&self.paths, &principal.path)
            && any(&self.names, &principal.name)
            && self.tags.iter().all(|(key, value)| {
                principal
                    .tags
                    .iter()
                    .any(|tag| tag.key == *key && value.matches(&tag.value))
            })
    }

    /// Whether it applies to a policy of that name or ARN. Inline policies have no ARN.
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

/// End date of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expires {
    /// Explicitly none.
    Never,
    /// The last day on which it applies.
    On(Date),
}

impl Expires {
    /// Whether it has expired.
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

/// Selects accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// An account by ID.
    Account(String),
    /// Everything in an organisational unit or a root, by ID.
    Unit(String),
    /// Accounts by name.
    Name(Glob),
}

impl Selector {
    /// Whether it selects this account.
    pub fn selects(&self, account: &Account) -> bool {
        match self {
            Self::Account(id) => *id == account.id,
            Self::Unit(unit) => account
                .paths
                .iter()
                .any(|path| path.split('/').any(|part| part == unit)),
            Self::Name(glob) => glob.matches(&account.name),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(text) | Self::Unit(text) | Self::Name(Glob(text)) => f.write_str(text),
        }
    }
}

/// `*` and `?` in names that people choose. Case matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// A pattern as written.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Whether it matches the whole name.
    pub fn matches(&self, name: &str) -> bool {
        glob::matches_exactly(&self.0, name)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

//! What to look for in a trail: the changes of a report.

use std::collections::{BTreeMap, BTreeSet};

use super::principal::WatchedPrincipal;
use super::write::WriteTarget;
use crate::arn::last_name;
use crate::trial::POLICY as TRIAL;

/// How a change is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyChange {
    /// The inline policy of this name is replaced or deleted.
    Inline(String),
    /// The managed policy of this ARN gets another default version.
    Version(String),
    /// A managed policy is detached, with or without others in its place.
    Detach {
        /// Its ARN; none if each account has its own.
        arn: Option<String>,
        /// Its name.
        name: String,
    },
}

/// One change of a report, in one account, or in all accounts of a permission set.
#[derive(Debug, Clone)]
pub struct WatchedChange {
    /// What the report's scripts know it by.
    pub name: String,
    /// Whether there is a script that undoes it.
    pub has_script: bool,
    /// The permission set, if it is one.
    pub set: bool,
    /// How it is done.
    pub how: PolicyChange,
    /// Principals whose policies change. Empty if a managed policy is edited.
    pub holders: BTreeSet<WatchedPrincipal>,
    /// Principals that it affects, with their ARNs.
    pub principals: BTreeMap<WatchedPrincipal, String>,
    /// The accounts that it is about.
    pub accounts: BTreeSet<String>,
    /// Where the document is that the policy had.
    pub before: String,
    /// Where the document is that it gets.
    pub after: String,
}

impl WatchedChange {
    /// Takes in what another account has of the same change.
    pub fn join(&mut self, other: Self) {
        self.holders.extend(other.holders);
        self.principals.extend(other.principals);
        self.accounts.extend(other.accounts);
    }

    /// What is written when it is done.
    pub(super) fn targets(&self) -> Vec<WriteTarget> {
        match &self.how {
            PolicyChange::Version(arn) => vec![WriteTarget::Policy(arn.clone())],
            _ => self.holders.iter().cloned().map(WriteTarget::Holder).collect(),
        }
    }
}

/// The principals and actions to look for.
#[derive(Debug, Clone, Default)]
pub struct WatchList {
    principals: BTreeSet<WatchedPrincipal>,
    targets: BTreeSet<WriteTarget>,
    accounts: BTreeSet<String>,
}

impl WatchList {
    /// For some changes.
    pub fn of<'c>(changes: impl IntoIterator<Item = &'c WatchedChange>) -> Self {
        let mut list = Self::default();
        for change in changes {
            list.accounts.extend(change.accounts.iter().cloned());
            list.targets.extend(change.targets());
            for principal in change.principals.keys() {
                // Trials are of principals.
                list.targets.insert(WriteTarget::Holder(principal.clone()));
                list.principals.insert(principal.clone());
            }
        }
        list
    }

    /// The principals.
    pub fn principals(&self) -> &BTreeSet<WatchedPrincipal> {
        &self.principals
    }

    /// The accounts that the changes are about.
    pub fn accounts(&self) -> &BTreeSet<String> {
        &self.accounts
    }

    pub(super) fn has(&self, target: &WriteTarget) -> bool {
        match target {
            WriteTarget::Policy(name) if last_name(name).starts_with(TRIAL) => true,
            other => self.targets.contains(other),
        }
    }
}

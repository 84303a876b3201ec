//! What to look for in a trail: the changes of a report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::write::WriteTarget;
use crate::arn::{Arn, last_name};
use crate::decide::HolderKind;
pub(super) use crate::trial::{POLICY as TRIAL, SID as TRIAL_SID};

/// A role, user or group of one account, by name, because sessions omit the path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WatchedPrincipal {
    /// Its account.
    pub account: String,
    /// Which of them it is.
    pub kind: HolderKind,
    /// Its name.
    pub name: String,
}

impl WatchedPrincipal {
    /// The role or user of an ARN; the session of a role is the role.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn)?;
        let (kind, rest) = arn.resource.split_once('/')?;
        let (kind, name) = match (arn.service, kind) {
            ("iam", "role") => (HolderKind::Role, last_name(rest)),
            ("iam", "user") => (HolderKind::User, last_name(rest)),
            ("sts", "assumed-role") => (HolderKind::Role, rest.split('/').next()?),
            _ => return None,
        };
        let (account, name) = (arn.account.to_owned(), name.to_owned());
        (!account.is_empty() && !name.is_empty()).then_some(Self { account, kind, name })
    }
}

impl fmt::Display for WatchedPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.kind, self.name)
    }
}

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

#[cfg(test)]
mod tests {
    use super::WatchedPrincipal;
    use crate::decide::HolderKind;

    #[test]
    fn a_session_and_its_role_are_one_principal() {
        let role = WatchedPrincipal::of_arn("arn:aws:iam::111111111111:role/team/ci").unwrap_or_else(unknown);
        assert_eq!(
            WatchedPrincipal::of_arn("arn:aws:sts::111111111111:assumed-role/ci/run-7"),
            Some(role)
        );
        for arn in [
            "arn:aws:iam::111111111111:root",
            "arn:aws:sts::111111111111:federated-user/a",
            "ci",
            "",
        ] {
            assert_eq!(WatchedPrincipal::of_arn(arn), None, "{arn}");
        }
    }

    fn unknown() -> WatchedPrincipal {
        WatchedPrincipal {
            account: String::new(),
            kind: HolderKind::Managed,
            name: String::new(),
        }
    }
}

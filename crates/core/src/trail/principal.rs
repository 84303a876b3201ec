//! Principals, as a trail names them.

use std::fmt;

use crate::arn::{Arn, last_name};
use crate::decide::HolderKind;

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

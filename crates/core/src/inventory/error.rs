//! Why the answers about an account are not those of an account.

use std::fmt;

use thiserror::Error;

/// What has a name of its own in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedKind {
    /// A role.
    Role,
    /// A user.
    User,
    /// A group.
    Group,
    /// A managed policy.
    Policy,
}

impl NamedKind {
    /// As it stands in ARNs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for NamedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why the answers about an account are not those of an account.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// Two things of one kind and name. IAM does not tell names apart by case.
    #[error("`{}` and `{}` have the same name, and an account has one {kind} of a name", one.escape_debug(), other.escape_debug())]
    Twice {
        /// What they are.
        kind: NamedKind,
        /// The ARN of the first.
        one: String,
        /// The ARN of the other.
        other: String,
    },
    /// Two inline policies of one name. IAM tells these apart by case.
    #[error("`{}` has two inline policies called `{}`", holder.escape_debug(), policy.escape_debug())]
    InlineTwice {
        /// The ARN of the role, user or group.
        holder: String,
        /// The name of both.
        policy: String,
    },
    /// The ARN names something else.
    #[error("the {kind} `{}` has the ARN `{}`, which is not its own", name.escape_debug(), arn.escape_debug())]
    Arn {
        /// What it is.
        kind: NamedKind,
        /// Its name.
        name: String,
        /// Its ARN.
        arn: String,
    },
    /// A name that would be a path.
    #[error("the name `{}` of `{}` has a slash in it", name.escape_debug(), arn.escape_debug())]
    Slash {
        /// The name.
        name: String,
        /// The ARN of what it is the name of.
        arn: String,
    },
}

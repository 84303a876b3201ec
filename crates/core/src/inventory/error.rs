//! Why responses do not describe a valid account.

use std::fmt;

use thiserror::Error;

/// Kinds of resources whose names are unique in an account.
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
    /// Name in ARNs.
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

/// Why responses do not describe a valid account.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// Two resources of the same kind and name. IAM ignores case in these names.
    #[error("`{}` and `{}` have the same name, and an account has one {kind} of a name", one.escape_debug(), other.escape_debug())]
    Twice {
        /// Kind of resource.
        kind: NamedKind,
        /// ARN of the first.
        one: String,
        /// ARN of the second.
        other: String,
    },
    /// Two inline policies of the same name. IAM does not ignore case in these names.
    #[error("`{}` has two inline policies called `{}`", holder.escape_debug(), policy.escape_debug())]
    InlineTwice {
        /// The ARN of the role, user or group.
        holder: String,
        /// Name of both.
        policy: String,
    },
    /// The ARN does not match the resource.
    #[error("the {kind} `{}` has the ARN `{}`, which is not its own", name.escape_debug(), arn.escape_debug())]
    Arn {
        /// Kind of resource.
        kind: NamedKind,
        /// Its name.
        name: String,
        /// Its ARN.
        arn: String,
    },
    /// A name with a slash, which would be a path.
    #[error("the name `{}` of `{}` has a slash in it", name.escape_debug(), arn.escape_debug())]
    Slash {
        /// The name.
        name: String,
        /// The ARN of what it is the name of.
        arn: String,
    },
}

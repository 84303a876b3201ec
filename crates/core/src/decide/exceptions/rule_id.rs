//! IDs of rules.

use std::fmt;

use super::defaults::DefaultRule;

/// ID of a rule: `default:service-linked`, `config:12` by its line, `keep:1` by its position in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId {
    /// A built-in rule.
    Default(DefaultRule),
    /// An `[[exception]]` of the configuration.
    Config {
        /// Its first line, from 1.
        line: usize,
        /// Number of exceptions that begin earlier on the same line.
        before: usize,
    },
    /// An entry of `keep`, from 1.
    Keep(usize),
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default(rule) => write!(f, "default:{}", rule.name()),
            Self::Config { line, before: 0 } => write!(f, "config:{line}"),
            Self::Config { line, before } => write!(f, "config:{line}-{}", before + 1),
            Self::Keep(at) => write!(f, "keep:{at}"),
        }
    }
}

//! `--fail-on`: the conditions for exit code 5.

use std::fmt;
use std::str::FromStr;

/// What makes a scan exit with 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// A policy can be reduced, or a principal, an access key or a password is unused.
    Unused,
    /// One change lowers the risk score by so much, or more.
    Risk(u64),
    /// Advice is new, reopened or regressed since the earlier report.
    New,
}

impl FromStr for FailOn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "unused" => Ok(Self::Unused),
            "new" => Ok(Self::New),
            _ => text
                .strip_prefix("risk>=")
                .and_then(|points| points.parse().ok())
                .map(Self::Risk)
                .ok_or("use unused, new or risk>=N, for example 'risk>=1000' (quoted for the shell)"),
        }
    }
}

impl fmt::Display for FailOn {
    /// As it is given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused => f.write_str("unused"),
            Self::New => f.write_str("new"),
            Self::Risk(points) => write!(f, "risk>={points}"),
        }
    }
}

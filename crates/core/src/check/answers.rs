//! The parts of AWS's answers that are used.

/// One finding of `ValidatePolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFinding {
    /// How grave it is.
    pub level: FindingLevel,
    /// AWS's code, such as `INVALID_ACTION`.
    pub code: String,
    /// In AWS's words.
    pub details: String,
}

/// How grave a finding of `ValidatePolicy` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    /// The policy does not work.
    Error,
    /// It allows what is dangerous.
    SecurityWarning,
    /// It does not follow a best practice.
    Warning,
    /// It can be written better.
    Suggestion,
    /// A level that this version does not know.
    Other,
}

impl FindingLevel {
    /// As AWS calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::SecurityWarning => "SECURITY_WARNING",
            Self::Warning => "WARNING",
            Self::Suggestion => "SUGGESTION",
            Self::Other => "finding",
        }
    }
}

/// What `SimulateCustomPolicy` says of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckDecision {
    /// The action.
    pub action: String,
    /// Whether it is allowed.
    pub is_allowed: bool,
    /// Condition keys whose values the simulator lacks.
    pub missing: Vec<String>,
}

/// What `CheckNoNewAccess` or `CheckAccessNotGranted` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOpinion {
    /// Whether the check passes.
    pub passes: bool,
    /// In AWS's words.
    pub words: String,
}

/// What AWS recommends for one policy of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsAdvice {
    /// The principal's ARN.
    pub principal: String,
    /// The ARN of a managed policy, the name of an inline one.
    pub policy: String,
    /// The policies to put in its place; none when it is to be detached.
    pub instead: Vec<String>,
}

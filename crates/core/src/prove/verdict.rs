//! What the checker returns if there is no proof.

use std::fmt;

use thiserror::Error;

use crate::visible::visible_line;

/// The clause that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedClause {
    /// An action is granted that was not granted before.
    NoWidening,
    /// An action that is not reported as unused is lost, or an unused one is still granted.
    Exactness,
    /// Something other than the actions differs.
    Frame,
    /// Something in use is lost.
    Use,
}

impl FailedClause {
    /// Name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoWidening => "no-widening",
            Self::Exactness => "exactness",
            Self::Frame => "frame",
            Self::Use => "use",
        }
    }
}

/// Where a smaller policy is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// The clause that does not hold.
    pub clause: FailedClause,
    /// Number of the statement in the original document, from 1; `None` for the document as a whole.
    pub statement: Option<usize>,
    /// An action that shows it, if there is one.
    pub action: Option<String>,
    /// What is wrong, as a sentence.
    pub reason: Refutation,
}

/// What is wrong with a smaller policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refutation {
    /// Clause 1.
    #[error("is granted now but was not granted before")]
    Widened,
    /// Clause 2.
    #[error("is no longer granted, but is not reported as unused")]
    Lost,
    /// Clause 4, for an action.
    #[error("is no longer granted, but was seen in use")]
    UsedLost,
    /// Clause 4, for a service.
    #[error(
        "is not fully granted any more, but the service was seen in use and none of its actions is reported as unused"
    )]
    UsedServiceLost,
    /// Clause 2.
    #[error("is unused but still granted")]
    StillGranted,
    /// Clause 2, for a service that the catalog does not know.
    #[error("was removed, but its service is not in the list of actions")]
    UnknownServiceLost,
    /// Clause 3.
    #[error("the document changed outside its statements")]
    DocumentChanged,
    /// Clause 3.
    #[error("a statement changed in more than its actions, or moved")]
    StatementChanged,
    /// Clause 3.
    #[error("a statement has no actions left, or a document no statements")]
    LeftEmpty,
    /// Clause 3.
    #[error("a Deny statement is missing")]
    DenyGone,
}

/// Why the verdict is undecided.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Undecided {
    /// Deciding containment would take too long.
    #[error("the pattern `{pattern}` overlaps with too many others of the statement to be compared")]
    TooComplex {
        /// The new pattern.
        pattern: String,
    },
    /// Several `NotAction` statements in one context.
    #[error(
        "several statements with the same resources and conditions, some with NotAction, cannot be compared"
    )]
    NotActionUnion,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.reason {
            Refutation::Widened => "gained",
            Refutation::Lost
            | Refutation::UsedLost
            | Refutation::UsedServiceLost
            | Refutation::UnknownServiceLost => "lost",
            Refutation::StillGranted => "not removed",
            _ => "changed",
        };
        write!(f, "{kind}: ")?;
        match (&self.action, self.statement) {
            (Some(action), Some(statement)) => {
                write!(f, "{} (statement {statement}) ", visible_line(action))?;
            }
            (Some(action), None) => write!(f, "{} ", visible_line(action))?,
            (None, Some(statement)) => write!(f, "statement {statement}: ")?,
            (None, None) => {}
        }
        write!(f, "{}", self.reason)
    }
}

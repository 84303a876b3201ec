//! What the checker says when there is no proof.

use std::fmt;

use thiserror::Error;

use crate::visible::visible_line;

/// The clause of the theorem that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedClause {
    /// A action is granted that was not granted before.
    NoWidening,
    /// An action that is not named as unused is lost, or an unused one is still granted.
    Exactness,
    /// Something besides the actions differs.
    Frame,
    /// What the evidence saw in use is lost.
    Use,
}

impl FailedClause {
    /// As it stands in files and messages.
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
    /// The clause that fails.
    pub clause: FailedClause,
    /// The statement, counted from 1 in the document before; `None` for the document as a whole.
    pub statement: Option<usize>,
    /// An action that shows it, if one does.
    pub action: Option<String>,
    /// What is wrong, in one sentence.
    pub reason: Refutation,
}

/// What is wrong with a smaller policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refutation {
    /// Clause 1.
    #[error("it is granted after and was not granted before")]
    Widened,
    /// Clause 2.
    #[error("the evidence does not name it as unused, and it is no longer granted")]
    Lost,
    /// Clause 4, of an action.
    #[error("the evidence saw it in use, and it is no longer granted")]
    UsedLost,
    /// Clause 4, of a service.
    #[error(
        "the evidence saw the service in use and names nothing of it as unused, and not all of it is still granted"
    )]
    UsedServiceLost,
    /// Clause 2.
    #[error("it is unused and still granted")]
    StillGranted,
    /// Clause 2, for a service that the catalog does not know.
    #[error("the catalog does not know the service, so this pattern must stay")]
    UnknownServiceLost,
    /// Clause 3.
    #[error("the document differs outside its statements")]
    DocumentChanged,
    /// Clause 3.
    #[error("a statement after differs from every statement before, or stands in another order")]
    StatementChanged,
    /// Clause 3.
    #[error("a statement is left without actions, or a document without statements")]
    LeftEmpty,
    /// Clause 3.
    #[error("a Deny statement is gone")]
    DenyGone,
}

/// Why it could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Undecided {
    /// Containment would cost too much.
    #[error("the pattern `{pattern}` is too entangled with the statement's others to be compared")]
    TooComplex {
        /// The pattern after.
        pattern: String,
    },
    /// Several `NotAction` statements in one context.
    #[error("several statements of one context, some with NotAction, are not compared as a union")]
    NotActionUnion,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clause = self.clause.name().replace('-', " ");
        write!(f, "{clause}: ")?;
        if let Some(statement) = self.statement {
            write!(f, "statement {statement}: ")?;
        }
        if let Some(action) = &self.action {
            write!(f, "{}: ", visible_line(action))?;
        }
        write!(f, "{}", self.reason)
    }
}

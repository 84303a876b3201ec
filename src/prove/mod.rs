//! The checker: whether a smaller policy is the one that was asked for.
//!
//! For the document before **B**, the documents after **A**, what the evidence says of unused actions **U** and of actions
//! in use, and what is known of actions at all **C** (a [`Basis`]: the catalog, and the names that the organisation uses
//! beyond it):
//!
//! 1. *No widening*, over all strings: every pattern of A is contained in the patterns of the statement of B that it
//!    came from; for `NotAction`, the complement is.
//! 2. *Exactness* over the universe of B, U and C: granted(A) = granted(B) - U, statement context by statement context.
//!    A service that C does not know and of which a wildcard had to stay is exempt from losing U, not from keeping the
//!    rest; it is named in the proof.
//! 3. *Frame*: nothing else differs. Every Deny statement of B stands in A once, as it was.
//! 4. *Use*: what the evidence saw in use and B grants, A grants. Of a named action this holds whether or not C has it; of a
//!    service of which nothing is named as unused it holds over all strings; of any other service that was seen in use, of
//!    all that C has and U has not.
//!
//! What is proven is a document against the evidence. That AWS saw every use is not proven, and cannot be.
//!
//! A statement context is everything of a statement but its actions. Statements of B that share one grant the union of
//! their actions, and are compared as that union.
//!
//! This module shares no code with `refine` beyond `policy` and `catalog`, and must not import it.

mod checker;
mod exclusions;
mod frame;
mod services;

use std::fmt;

use thiserror::Error;

use self::checker::Checker;
use self::frame::No;
use crate::catalog::{Basis, Universe};
use crate::policy::{Document, Observed};
use crate::visible::visible_line;

/// The answer of the checker. Unknown is never yes.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// All four clauses hold.
    Proven(Proof<'a>),
    /// One of them does not; this is where.
    Refuted(Counterexample),
    /// It could not be told.
    Undecided(Undecided),
}

/// That a smaller policy is right. Only the checker makes one, and it holds the documents that it is about.
#[derive(Debug)]
pub struct Proof<'a> {
    documents: Vec<Document<'a>>,
    kept: usize,
    removed: usize,
    used: usize,
    undecided: Vec<String>,
}

impl<'a> Proof<'a> {
    /// The documents that were proven; none when nothing is left to grant.
    pub fn documents(&self) -> &[Document<'a>] {
        &self.documents
    }

    /// How many actions of the universe are still granted by some statement.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// How many actions were granted by some statement and now are granted by none.
    pub fn removed(&self) -> usize {
        self.removed
    }

    /// How many names that the evidence saw in use are granted as before, counted for each kind of statement that grants
    /// them.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Services that the catalog does not know and of which a wildcard had to stay, with unused actions under it.
    pub fn undecided(&self) -> &[String] {
        &self.undecided
    }
}

/// The clause of the theorem that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A action is granted that was not granted before.
    NoWidening,
    /// An action that is not named as unused is lost, or an unused one is still granted.
    Exactness,
    /// Something besides the actions differs.
    Frame,
    /// What the evidence saw in use is lost.
    Use,
}

impl Broken {
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
    pub clause: Broken,
    /// The statement, counted from 1 in the document before; `None` for the document as a whole.
    pub statement: Option<usize>,
    /// An action that shows it, if one does.
    pub action: Option<String>,
    /// What is wrong, in one sentence.
    pub reason: Reason,
}

/// What is wrong with a smaller policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Reason {
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

/// Checks the documents after against the document before.
pub fn prove<'a>(
    before: &Document<'a>,
    after: Vec<Document<'a>>,
    observed: &Observed,
    basis: impl Into<Basis<'a>>,
) -> Verdict<'a> {
    prove_in(&Universe::new(basis.into(), before, observed), before, after)
}

/// The same, in the universe that was made of the document before, the evidence and the basis.
pub(crate) fn prove_in<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    after: Vec<Document<'a>>,
) -> Verdict<'a> {
    match Checker::check(universe, before, &after) {
        Ok(found) => {
            let mut removed = found.granted_before;
            removed.remove_all(&found.granted_after);
            Verdict::Proven(Proof {
                documents: after,
                kept: found.granted_after.len(),
                removed: removed.len(),
                used: found.used,
                undecided: found.undecided.into_iter().collect(),
            })
        }
        Err(No::Refuted(counterexample)) => Verdict::Refuted(counterexample),
        Err(No::Undecided(reason)) => Verdict::Undecided(reason),
    }
}

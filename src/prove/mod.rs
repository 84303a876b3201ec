//! The checker: whether a smaller policy is the one that was asked for.
//!
//! For the document before **B**, the documents after **A**, unused actions **U** and catalog **C**:
//!
//! 1. *No widening*, over all strings: every pattern of A is contained in the patterns of the statement of B that it
//!    came from; for `NotAction`, the complement is.
//! 2. *Exactness* over the universe of B, U and C: granted(A) = granted(B) - U, statement context by statement context.
//!    A service that C does not know and of which a wildcard had to stay is exempt from losing U, not from keeping the
//!    rest; it is named in the proof.
//! 3. *Frame*: nothing else differs. Every Deny statement of B stands in A once, as it was.
//!
//! A statement context is everything of a statement but its actions. Statements of B that share one grant the union of
//! their actions, and are compared as that union.
//!
//! This module shares no code with `refine` beyond `policy` and `catalog`, and must not import it.

mod checker;
mod frame;

use std::fmt;

use thiserror::Error;

use self::checker::Checker;
use self::frame::No;
use crate::catalog::{Catalog, Universe};
use crate::policy::{ActionSet, Document};

/// The answer of the checker. Unknown is never yes.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// All three clauses hold.
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
    /// An action that is in use is lost, or an unused one is still granted.
    Exactness,
    /// Something besides the actions differs.
    Frame,
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
    #[error("it is in use and no longer granted")]
    Lost,
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
        let clause = match self.clause {
            Broken::NoWidening => "no widening",
            Broken::Exactness => "exactness",
            Broken::Frame => "frame",
        };
        write!(f, "{clause}: ")?;
        if let Some(statement) = self.statement {
            write!(f, "statement {statement}: ")?;
        }
        if let Some(action) = &self.action {
            write!(f, "{}: ", action.escape_debug())?;
        }
        write!(f, "{}", self.reason)
    }
}

/// Checks the documents after against the document before.
pub fn prove<'a>(
    before: &Document<'a>,
    after: Vec<Document<'a>>,
    unused: &ActionSet<'_>,
    catalog: &'a Catalog,
) -> Verdict<'a> {
    prove_in(&Universe::new(catalog, before, unused), before, after)
}

/// The same, in the universe that was made of the document before, the unused actions and the catalog.
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
                undecided: found.undecided.into_iter().collect(),
            })
        }
        Err(No::Refuted(counterexample)) => Verdict::Refuted(counterexample),
        Err(No::Undecided(reason)) => Verdict::Undecided(reason),
    }
}

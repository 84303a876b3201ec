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
//! This module shares with `refine` the parser and the patterns of `policy`, and the catalog with its sets of actions. It must
//! not import `refine`.

mod checker;
mod exclusions;
mod frame;
mod services;
mod verdict;

use self::checker::Checker;
use self::frame::NotProven;
pub use self::verdict::{Counterexample, FailedClause, Refutation, Undecided};
use crate::catalog::{Basis, Universe};
use crate::policy::{Document, Observed};

/// The answer of the checker. Unknown is never yes.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// All four clauses hold.
    Proven(Proof<'a>),
    /// One of them does not; this is where.
    Refuted(Counterexample),
    /// Neither proven nor refuted.
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
pub fn prove_in<'a>(universe: &Universe<'a>, before: &Document<'a>, after: Vec<Document<'a>>) -> Verdict<'a> {
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
        Err(NotProven::Refuted(counterexample)) => Verdict::Refuted(counterexample),
        Err(NotProven::Undecided(reason)) => Verdict::Undecided(reason),
    }
}

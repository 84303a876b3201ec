//! The checker: decides whether a smaller policy is correct.
//!
//! For the original document **B**, the new documents **A**, the unused actions **U** and the actions in use that
//! the evidence reports, and the known actions **C** (a [`Basis`]: the catalog, and further names that the
//! organisation uses):
//!
//! 1. *No widening*, over all strings: the patterns of the statement of B that a pattern of A comes from contain
//!    it; for `NotAction`, the complement is contained.
//! 2. *Exactness* over the universe of B, U and C: granted(A) = granted(B) - U, statement context by statement
//!    context. A service that C does not know, and whose wildcard had to be kept, does not have to lose U, but must
//!    keep the rest; the proof names it.
//! 3. *Frame*: nothing else differs. Every Deny statement of B is in A exactly once, unchanged.
//! 4. *Use*: if the evidence saw something in use and B grants it, A grants it. For a named action, this holds
//!    whether or not C has it; for a service without unused names, over all strings; for any other service in use,
//!    for everything that is in C and not in U.
//!
//! The proof compares a document with the evidence. It does not prove, and cannot prove, that AWS saw every use.
//!
//! A statement context is everything in a statement except its actions. Statements of B with the same context grant
//! the union of their actions, and are compared as that union.
//!
//! This module shares with `refine` the parser and the patterns of `policy`, and the catalog with its sets of
//! actions. It must not import `refine`.

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

/// Result of the checker. Unknown is never a yes.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// All four clauses hold.
    Proven(Proof<'a>),
    /// A clause does not hold, with a counterexample.
    Refuted(Counterexample),
    /// Neither proven nor refuted.
    Undecided(Undecided),
}

/// Proof that a smaller policy is correct. Only the checker can construct one, and it contains the documents that
/// it proves.
#[derive(Debug)]
pub struct Proof<'a> {
    documents: Vec<Document<'a>>,
    kept: usize,
    removed: usize,
    used: usize,
    undecided: Vec<String>,
}

impl<'a> Proof<'a> {
    /// The proven documents; empty if nothing is left to grant.
    pub fn documents(&self) -> &[Document<'a>] {
        &self.documents
    }

    /// Number of actions of the universe that some statement still grants.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Number of actions that some statement granted and none grants now.
    pub fn removed(&self) -> usize {
        self.removed
    }

    /// Number of names in use that are still granted, counted for each statement context that grants them.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Services that the catalog does not know, whose wildcards were kept although they match unused actions.
    pub fn undecided(&self) -> &[String] {
        &self.undecided
    }
}

/// Checks the new documents against the original one.
pub fn prove<'a>(
    before: &Document<'a>,
    after: Vec<Document<'a>>,
    observed: &Observed,
    basis: impl Into<Basis<'a>>,
) -> Verdict<'a> {
    prove_in(&Universe::new(basis.into(), before, observed), before, after)
}

/// The same, in a universe built from the original document, the evidence and the basis.
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

//! Smaller, proven IAM policies: the engine of `leastwise`, usable alone.
//!
//! One policy and the evidence about its use give a smaller policy and the proof that it is right against that evidence:
//! [`Refiner`]. For an organisation, data flows one way: `accounts -> inventory + evidence -> decide -> refine -> prove ->
//! report`; [`advise`] does that for each account. That AWS saw every use is not proven.
//!
//! This crate has no I/O, clock, environment, randomness, threads or async, and may not depend on what has.
//!
//! | module | what |
//! |---|---|
//! | [`policy`] | documents, parsed without loss and printed; action patterns and their containment |
//! | [`catalog`] | which actions exist, of when that knowledge is, and whose use AWS does not see |
//! | [`evidence`], [`inventory`] | what is unused and used; principals and policies; both of one account are its [`answers`] |
//! | [`mod@refine`], [`mod@prove`] | propose a smaller policy; check it |
//! | [`trial`] | what a change takes from a principal, as a Deny for a while |
//! | [`decide`], [`advise`] | a status for each principal, shared policies, exceptions, confidence, risk; the advice on each policy |
//! | [`ownership`] | whose code a policy is, from tags and Terraform states |
//! | [`report`] | the report as data, every code an enum |
//! | [`check`] | what to ask AWS about a finished report, and what follows from its answers |
//! | [`trail`] | what CloudTrail saw after a change |
//!
//! Invariants:
//! - only `Action` and `NotAction` of Allow statements change, and only by losing permissions that the evidence calls unused;
//!   what it saw in use stays;
//! - [`mod@prove`] shares the parser, the pattern matcher and the catalog with [`mod@refine`] and nothing else, and only it makes
//!   a [`prove::Proof`];
//! - every principal has exactly one status;
//! - same input, same bytes.
//!
//! # Example
//!
//! ```
//! use leastwise_core::catalog::Catalog;
//! use leastwise_core::policy::{ActionSet, Document};
//!
//! let policy = Document::parse(
//!     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#,
//! )?;
//! let catalog = Catalog::from_json(r#"{"s3":["GetObject","GetObjectAcl","GetObjectTagging","GetBucketAcl"]}"#)?;
//! let mut unused = ActionSet::new();
//! unused.add_actions("s3", ["GetBucketAcl"]);
//!
//! let refined = leastwise_core::Refiner::new(&catalog).refine(&policy, &unused.into())?;
//!
//! let smaller = &refined.documents()[0];
//! assert_eq!(
//!     smaller.compact(),
//!     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject*","Resource":"*"}]}"#,
//! );
//! assert_eq!((refined.proof().kept(), refined.proof().removed()), (3, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_docs)]

#[macro_use]
mod code;

pub mod advise;
pub mod answers;
pub mod arn;
pub mod catalog;
pub mod check;
pub mod closest;
pub mod date;
pub mod decide;
pub mod digest;
pub mod evidence;
pub mod inventory;
pub mod ownership;
pub mod policy;
pub mod prove;
pub mod refine;
pub mod report;
pub mod trail;
pub mod trial;
pub mod visible;

use thiserror::Error;

use crate::catalog::{Basis, Universe};
use crate::policy::{Document, Observed};
use crate::prove::{Counterexample, Proof, Undecided, Verdict, prove_in};
use crate::refine::{Budget, DoesNotFit, Explanation, FitStep, NameLimit, RefineOptions};

/// Removes from policies what was observed to be unused, and proves each result.
#[derive(Debug, Clone, Copy)]
pub struct Refiner<'a> {
    basis: Basis<'a>,
    options: RefineOptions,
}

/// A smaller policy with the proof that it is right against the evidence.
#[derive(Debug)]
pub struct Refined<'p, 'a> {
    before: &'p Document<'a>,
    universe: Universe<'a>,
    proof: Proof<'a>,
    step: FitStep,
}

/// Why there is no smaller policy to show.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RefineError {
    /// The result is longer than the quota of its kind.
    #[error(transparent)]
    DoesNotFit(#[from] DoesNotFit),
    /// The checker refuted the proposal: a defect of this program.
    #[error("the proposal was refuted: {0}")]
    Refuted(Counterexample),
    /// The checker reached no verdict.
    #[error("the proposal could not be proven: {0}")]
    Undecided(Undecided),
}

impl<'a> Refiner<'a> {
    /// By a catalog, or by all that is known of actions. The results may be of any length.
    pub fn new(basis: impl Into<Basis<'a>>) -> Self {
        Self {
            basis: basis.into(),
            options: RefineOptions::default(),
        }
    }

    /// The same with these options.
    #[must_use]
    pub fn with(self, options: RefineOptions) -> Self {
        Self { options, ..self }
    }

    /// Removes from `policy` what was observed to be unused, and proves the result.
    ///
    /// # Errors
    /// When the result does not fit, or cannot be proven. Nothing unproven is given out.
    pub fn refine<'p>(
        self,
        policy: &'p Document<'a>,
        observed: &Observed,
    ) -> Result<Refined<'p, 'a>, RefineError> {
        let universe = Universe::new(self.basis, policy, observed);
        let RefineOptions {
            kind,
            taken,
            wildcards,
        } = self.options;
        let mut budget = kind.map_or_else(Budget::endless, |_| Budget::usual());
        let proposal = refine::propose(&universe, policy, wildcards, &mut budget)?;
        let (documents, step) = match (proposal, kind) {
            (None, _) => (Vec::new(), FitStep::AsIs),
            (Some(document), None) => (vec![document], FitStep::AsIs),
            (Some(document), Some(kind)) => {
                refine::fit(&universe, policy, document, kind, taken, &mut budget)?
            }
        };
        match prove_in(&universe, policy, documents) {
            Verdict::Proven(proof) => Ok(Refined {
                before: policy,
                universe,
                proof,
                step,
            }),
            Verdict::Refuted(counterexample) => Err(RefineError::Refuted(counterexample)),
            Verdict::Undecided(reason) => Err(RefineError::Undecided(reason)),
        }
    }
}

impl<'a> Refined<'_, 'a> {
    /// The smaller policy: none when nothing is left, several when it had to be split to fit.
    pub fn documents(&self) -> &[Document<'a>] {
        self.proof.documents()
    }

    /// What was proven.
    pub fn proof(&self) -> &Proof<'a> {
        &self.proof
    }

    /// What was done to make it fit.
    pub fn step(&self) -> FitStep {
        self.step
    }

    /// What changed and why.
    pub fn explain(&self) -> Explanation {
        refine::explain(&self.universe, self.before, self.documents(), NameLimit::ALL)
    }

    /// The actions that policy and evidence are about.
    pub(crate) fn universe(&self) -> &Universe<'a> {
        &self.universe
    }
}

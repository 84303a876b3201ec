//! Smaller, proven IAM policies.
//!
//! The pipeline: `accounts -> inventory + evidence -> decide -> refine -> prove -> report`. One policy and the evidence about
//! its use give a smaller policy and the proof that it is right against that evidence; a scan does that for every policy of
//! an organisation. That AWS saw every use is not proven.
//!
//! | layer | modules | may use |
//! |---|---|---|
//! | core | [`policy`], [`catalog`], [`evidence`], [`inventory`], [`decide`], [`mod@refine`], [`mod@prove`] | the core below it; no I/O, clock, environment or randomness |
//! | report | [`report`] | the core; its `writer` is the one place that writes |
//! | pipeline | [`assess`] | the core, the data of the report, the shapes of [`aws`]'s answers; no I/O |
//! | network | [`network`] | the HTTP client, with proxies and certificates as the environment names them; `files` |
//! | I/O | [`aws`], [`update`] | the core, files, the network; the SDK is named in `aws/live` only |
//! | configuration | [`config`] | the core, the options of [`aws`], the names of the report's formats; no I/O |
//! | files | `disk`, `files` | our own files, opened there by whatever writes; files of others, read with bounds; nothing else of this |
//! | names | `closest` | nothing else of this |
//! | stages | [`mod@run`] | everything |
//! | doorway | [`cli`], `main` | `run` |
//!
//! Invariants:
//! - only `Action` and `NotAction` of Allow statements change, and only by losing permissions that the evidence calls unused;
//!   what it saw in use stays;
//! - [`mod@prove`] shares the parser, the pattern matcher and the catalog with [`mod@refine`] and nothing else, and only it makes
//!   a [`prove::Proof`];
//! - every principal ends in exactly one status, or the scan fails;
//! - same input, same bytes;
//! - nothing that can be called writes to AWS.
//!
//! # Example
//!
//! ```
//! use leastwise::catalog::Catalog;
//! use leastwise::policy::{ActionSet, Document};
//!
//! let policy = Document::parse(
//!     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#,
//! )?;
//! let catalog = Catalog::from_json(r#"{"s3":["GetObject","GetObjectAcl","GetObjectTagging","GetBucketAcl"]}"#)?;
//! let mut unused = ActionSet::new();
//! unused.add_actions("s3", ["GetBucketAcl"]);
//!
//! let refined = leastwise::Refiner::new(&catalog).refine(&policy, &unused.into())?;
//!
//! let smaller = &refined.documents()[0];
//! assert_eq!(
//!     smaller.compact(),
//!     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject*","Resource":"*"}]}"#,
//! );
//! assert_eq!((refined.proof().kept(), refined.proof().removed()), (3, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[macro_use]
mod code;

pub mod arn;
pub mod assess;
pub mod aws;
pub mod catalog;
pub mod cli;
mod closest;
pub mod config;
mod date;
pub mod decide;
pub mod digest;
mod disk;
pub mod evidence;
mod files;
pub mod inventory;
pub mod network;
pub mod policy;
pub mod prove;
pub mod refine;
pub mod report;
pub mod run;
pub mod update;
mod visible;

use thiserror::Error;

use catalog::{Basis, Universe};
use policy::{Document, Observed};
use prove::{Counterexample, Proof, Undecided, Verdict, prove_in};
use refine::{Budget, DoesNotFit, Explanation, FitStep, NameLimit, RefineOptions};

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
    /// The checker could not tell.
    #[error("the proposal could not be proven: {0}")]
    Undecided(Undecided),
}

impl<'a> Refiner<'a> {
    /// By a catalog, or by all that is known of actions. The results may be of any length.
    pub fn new(basis: impl Into<Basis<'a>>) -> Self {
        Self { basis: basis.into(), options: RefineOptions::default() }
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
        let RefineOptions { kind, taken, wildcards } = self.options;
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
            Verdict::Proven(proof) => Ok(Refined { before: policy, universe, proof, step }),
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

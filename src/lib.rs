//! Smaller, proven IAM policies.
//!
//! The pipeline: `accounts -> inventory + evidence -> decide -> refine -> prove -> report`. One policy and the evidence about
//! its use give a smaller policy and the proof that it is right against that evidence; a scan does that for every policy of
//! an organisation. That AWS saw every use is not proven.
//!
//! | layer | modules | may use |
//! |---|---|---|
//! | core | [`policy`], [`catalog`], [`evidence`], [`inventory`], [`decide`], [`mod@refine`], [`mod@prove`], [`config`] | the core below it; no I/O, clock, environment or randomness |
//! | report | [`report`] | the core; its `writer` is the one place that writes |
//! | pipeline | [`assess`] | the core, the data of the report, the shapes of [`aws`]'s answers; no I/O |
//! | network | [`network`] | proxies and certificates, as the environment names them; nothing else of this |
//! | I/O | [`aws`], [`update`] | the core, files, the network; the SDK is named in `aws/live` only |
//! | files | `disk`, `files` | our own files, opened there by whatever writes; files of others, read with bounds; nothing else of this |
//! | names | `closest` | nothing else of this |
//! | stages | [`mod@run`] | everything |
//! | doorway | [`cli`], `main` | `run` |
//!
//! Invariants:
//! - only `Action` and `NotAction` of Allow statements change, and only by losing permissions that the evidence calls unused;
//!   what it saw in use stays;
//! - [`mod@prove`] shares [`policy`] and [`catalog`] with [`mod@refine`] and nothing else, and only it makes a [`prove::Proof`];
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
//! let refined = leastwise::refine(&policy, &unused.into(), &catalog, None)?;
//!
//! let smaller = &refined.documents()[0];
//! assert_eq!(
//!     smaller.compact(),
//!     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject*","Resource":"*"}]}"#,
//! );
//! assert_eq!((refined.proof().kept(), refined.proof().removed()), (3, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod assess;
pub mod aws;
pub mod catalog;
pub mod cli;
mod closest;
pub mod config;
mod date;
pub mod decide;
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
use refine::{Budget, DoesNotFit, Explanation, FitStep, How, Kind, Named};

/// A smaller policy with the proof that it is right against the evidence.
#[derive(Debug)]
pub struct Refined<'a> {
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

/// Removes from `policy` what was observed to be unused, and proves the result. With a `kind`, the result keeps to that kind's quota.
///
/// # Errors
/// When the result does not fit, or cannot be proven. Nothing unproven is given out.
pub fn refine<'a>(
    policy: &Document<'a>,
    observed: &Observed,
    basis: impl Into<Basis<'a>>,
    kind: Option<Kind>,
) -> Result<Refined<'a>, RefineError> {
    refine_with(policy, observed, basis, How { kind, ..How::default() })
}

/// As [`refine()`], with all there is to choose.
///
/// # Errors
/// As [`refine()`].
pub fn refine_with<'a>(
    policy: &Document<'a>,
    observed: &Observed,
    basis: impl Into<Basis<'a>>,
    how: How,
) -> Result<Refined<'a>, RefineError> {
    refine_in(&Universe::new(basis.into(), policy, observed), policy, how)
}

/// As [`refine_with()`], in a universe that was made of the same policy, evidence and catalog; with it the result can be
/// explained.
fn refine_in<'a>(
    universe: &Universe<'a>,
    policy: &Document<'a>,
    how: How,
) -> Result<Refined<'a>, RefineError> {
    let mut budget = how.kind.map_or_else(Budget::endless, |_| Budget::usual());
    let proposal = refine::propose(universe, policy, how.wildcards, &mut budget)?;
    let (documents, step) = match (proposal, how.kind) {
        (None, _) => (Vec::new(), FitStep::AsIs),
        (Some(document), None) => (vec![document], FitStep::AsIs),
        (Some(document), Some(kind)) => {
            refine::fit(universe, policy, document, kind, how.taken, &mut budget)?
        }
    };
    match prove_in(universe, policy, documents) {
        Verdict::Proven(proof) => Ok(Refined { proof, step }),
        Verdict::Refuted(counterexample) => Err(RefineError::Refuted(counterexample)),
        Verdict::Undecided(reason) => Err(RefineError::Undecided(reason)),
    }
}

impl<'a> Refined<'a> {
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

    /// What changed and why. Give what [`refine()`] was given.
    pub fn explain(
        &self,
        policy: &Document<'a>,
        observed: &Observed,
        basis: impl Into<Basis<'a>>,
    ) -> Explanation {
        refine::explain(&Universe::new(basis.into(), policy, observed), policy, self.documents(), Named::ALL)
    }
}

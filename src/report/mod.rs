//! The result of a scan as data, and its files. Everything here is pure but [`writer`], the one place that writes.

mod account;
pub mod compare;
mod diff;
mod effect;
mod hash;
pub mod metrics;
pub mod names;
pub mod render;
pub mod schema;
mod whole;
pub mod writer;

pub use account::{
    AccountReport, AccountSummary, Action, Alternative, ConfidenceReason, ConfidenceRow, Coverage,
    EvidenceSource, Failed, Files, Hands, IdleCredential, LeftAlone, PolicyRow, PrincipalRow, ProofRow,
    Recommendation, TrustRow, UnusedService,
};
pub use diff::unified as unified_diff;
pub use effect::{EffectRow, EffectTotals, EscalationRow, ImpactRow, Remains, RiskRow};
pub use hash::FileHash;
pub use whole::{
    CallFigures, CatalogRow, ExceptionRow, ExceptionState, FamilyAccount, FamilyRow, First, FirstChange,
    Manifest, Report, Totals,
};

/// The version of the report's JSON files.
pub const SCHEMA: u32 = 1;

//! The result of a scan as data, from which all output formats are written. Every code is an enum.

mod account;
mod basis;
mod check;
mod code_owner;
mod codes;
mod diff;
mod effect;
mod first;
mod format;
mod holder;
mod lookup;
pub mod names;
pub mod numbers;
mod recommendation;
pub mod schema;
mod status;
mod trial;
mod usage;
mod whole;
pub mod words;

pub use crate::digest::FileHash;
pub use account::{
    AccountReport, AccountSummary, Coverage, EvidenceSource, Failed, IdleCredential, LeftAlone, PolicyRow,
    PrincipalRow, TrustRow,
};
pub use basis::{BASIS, BasisFile};
pub use check::{
    CHECK, CHECK_SCHEMA, CheckKind, CheckOutcome, CheckRemark, CheckReport, CheckRow, CheckTotals,
    CheckVerdict, CheckedChange, disputed_ids,
};
pub use code_owner::{CodeOwner, CodeState, CodeTool, Defines, InCode, owned_by};
pub use codes::{ActionLevel, Choice, EvidenceKind, Note, PolicyState, PrincipalCode, ProofVerdict};
pub use diff::unified as unified_diff;
pub use effect::{EffectRow, EffectTotals, EscalationRow, ImpactRow, KeptRow, Remains, Removal, RiskRow};
pub use first::{First, FirstChange};
pub use format::{ReportFormat, SplitBy};
pub use holder::PolicyHolder;
pub use lookup::Lookup;
pub use recommendation::{
    Action, Alternative, ConfidenceReason, ConfidenceRow, Files, FlappingAction, Hands, Matched, PatternRow,
    PolicyRef, ProofRow, Recommendation,
};
pub use status::Status;
pub use trial::{Trial, TrialRow, TrialSize};
pub use usage::{UnusedService, UsedService};
pub use whole::{
    CallFigures, CatalogRow, ExceptionRow, ExceptionState, FamilyAccount, FamilyRow, Manifest, Ready,
    Rendering, Report, RiskOfDay, SinceRow, Totals,
};

/// Version of the report's JSON format.
pub const SCHEMA: u32 = 2;

/// Oldest version that can still be compared with, so that scheduled runs continue after an upgrade.
pub const OLDEST_COMPARED: u32 = 1;

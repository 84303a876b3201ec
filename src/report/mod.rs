//! The result of a scan as data, and its files. Everything here is pure but [`writer`], the one place that writes a report, and
//! `folder`, the one that reads it again.

mod account;
pub mod agree;
mod basis;
mod codes;
mod diff;
mod effect;
mod first;
mod folder;
mod format;
pub mod history;
mod holder;
mod lookup;
pub mod metrics;
pub mod names;
mod owner;
pub mod pack;
mod recommendation;
pub mod render;
pub mod schema;
pub mod trend;
mod whole;
pub mod writer;

pub use crate::digest::FileHash;
pub use account::{
    AccountReport, AccountSummary, Coverage, EvidenceSource, Failed, IdleCredential, LeftAlone, PolicyRow,
    PrincipalRow, TrustRow,
};
pub use basis::{BASIS, BasisFile};
pub use codes::{ActionLevel, Choice, EvidenceKind, Note, PolicyState, PrincipalCode, ProofVerdict};
pub use diff::unified as unified_diff;
pub use effect::{EffectRow, EffectTotals, EscalationRow, ImpactRow, Remains, Removal, RiskRow};
pub use first::{First, FirstChange};
pub(crate) use folder::{CATALOG, FolderError, MANIFEST, REPORT, ReportFolder, account_path};
pub use format::{ReportFormat, SplitBy};
pub use holder::PolicyHolder;
pub use lookup::Lookup;
pub use owner::{Own, Owner};
pub use recommendation::{
    Action, Alternative, ConfidenceReason, ConfidenceRow, Files, FlappingAction, Hands, Matched, PatternRow,
    PolicyRef, ProofRow, Recommendation, UnusedService, UsedService,
};
pub use whole::{
    CallFigures, CatalogRow, ExceptionRow, ExceptionState, FamilyAccount, FamilyRow, Manifest, Ready,
    Rendering, Report, RiskOfDay, SinceRow, Totals,
};

/// The version of the report's JSON files.
pub const SCHEMA: u32 = 2;

/// The oldest version that is still compared with: a schedule goes on after an upgrade.
pub const OLDEST_COMPARED: u32 = 1;

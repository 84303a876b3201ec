//! Decisions across the organisation: one status for each principal, and what each policy can lose. Core: no I/O,
//! no clock.
//!
//! A policy that applies to several principals can lose only what the evidence reports as unused for all of them. A
//! principal without evidence counts as using everything, and is named as the blocker.

mod age;
mod codes;
mod compact;
mod confidence;
mod danger;
mod escalation;
mod exceptions;
mod family;
mod follows_aws;
mod grain;
mod hint;
mod ineffective;
mod plan;
mod policy_plan;
mod rare;
mod removable;
mod risk;
mod shared;
mod standing;
mod trust;

pub use age::{Ages, FirstSeen, GrantLog, granted_before, is_stale};
pub use codes::{
    FamilyKind, HolderKind, Level, PolicyKind, PrincipalStatus, ReasonCode, ReasonEffect, RuleCode,
};
pub use confidence::{Confidence, Doubts, EvidenceOrigin, Facts, Reason, impersonal};
pub use danger::{Grade, Severity, by_danger};
pub use escalation::{Escalation, Gain};
pub use exceptions::{
    AccountExceptions, DefaultRule, Exception, ExceptionReview, Exceptions, Expires, Glob, Kept, RuleId,
    RuleState, Selector, Usage, Uses,
};
pub use family::{FLEET, Families, Family, PolicySlot, QuotaUse, Survey};
pub use follows_aws::followed;
pub use grain::Grain;
pub use hint::emergency;
pub use ineffective::ineffective;
pub use plan::{PlanFacts, plan};
pub use policy_plan::is_aws_managed;
pub use policy_plan::{
    EditScope, FamilyIndex, GrantAge, Holder, Obstacle, PolicyLocation, PolicyPlan, boundary_of,
};
pub use rare::rare_actions;
pub use removable::Removable;
pub use risk::{Risk, rank};
pub use shared::SharedPolicies;
pub use standing::{Circumstances, Source, Standing, stale_days, standings};
pub use trust::{Conditions, Trust};

//! Whole-organisation reasoning: one status per principal, and which policies may lose what. Core: no I/O, no clock.
//!
//! A policy that reaches several principals may only lose what the evidence calls unused for all of them. A principal of which
//! nothing is known counts as using everything, and is named as the blocker.

mod age;
mod codes;
mod compact;
mod confidence;
mod danger;
mod escalation;
mod exceptions;
mod family;
mod held;
mod hint;
mod ineffective;
mod needs;
mod plan;
mod rare;
mod risk;
mod shared;
mod standing;
mod trust;

pub use age::{Ages, FirstSeen, GrantAge, GrantLog, granted_before, is_stale};
pub use codes::{Effect, FamilyKind, HolderKind, Level, PolicyKind, PrincipalStatus, ReasonCode, RuleCode};
pub use confidence::{Confidence, Doubts, Facts, Grain, Origin, Reason, impersonal};
pub use danger::{Severity, by_danger};
pub use escalation::{Escalation, Gain};
pub use exceptions::{
    AccountExceptions, DefaultRule, Exception, ExceptionReview, Exceptions, Expires, Glob, Kept, RuleId,
    RuleState, Selector, Usage, Uses,
};
pub use family::{FLEET, Families, Family, Room, Seat, Survey};
pub(crate) use held::is_aws_managed;
pub use held::{Held, Holder, Obstacle, Part, Target, boundary_of};
pub use hint::emergency;
pub use ineffective::ineffective;
pub use needs::{Names, Needs, Seen};
pub use plan::{Wants, plan};
pub use rare::rare_actions;
pub use risk::{Risk, rank};
pub use shared::SharedPolicies;
pub use standing::{Circumstances, Source, Standing, stale_days, standings};
pub use trust::{Conditions, Trust};

//! AWS's second opinion on a change: what to ask, and what follows from the answers. Asking is done elsewhere.
//!
//! A question compares the policy before with the policy after, so that what AWS cannot know (values of condition keys, which
//! resource is meant) is unknown on both sides and disputes nothing. AWS disputes a change only where it contradicts what the
//! proof or the usage data says:
//!
//! | question | dispute |
//! |---|---|
//! | `ValidatePolicy` | the reduced policy has an error that the current one does not have |
//! | `SimulateCustomPolicy` | a kept action is allowed before and not after, or a removed one is allowed after |
//! | `CheckNoNewAccess` | the reduced policy allows something new |
//! | `CheckAccessNotGranted` | the reduced policy still grants a removed action |
//! | `GetFindingRecommendation` | AWS's recommendation keeps an action that the change removes |

mod answers;
mod judge;
mod plan;

pub use answers::{AwsAdvice, CheckDecision, FindingLevel, PolicyFinding, PolicyOpinion};
pub use judge::{advised, failed, no_new_access, not_asked, not_granted, over_budget, simulated, validated};
pub use plan::{ACTIONS_A_CALL, CheckPlan, PRICE_MICRODOLLARS, Simulation};

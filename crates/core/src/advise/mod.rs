//! Turns the data of an account into its part of the report: decide, refine, prove. No I/O, no clock.
//!
//! There are two passes over an organisation. For each [`Prepared`] account, [`survey`] collects what may affect
//! others, and [`Families`] joins that. Then [`account`] analyses each account with the result, and
//! [`organisation`] reports decisions for several accounts.
//!
//! | file | what |
//! |---|---|
//! | `prepared` | policies, evidence and standings of one account |
//! | `work` | each policy: how to reduce it, and what to report about it |
//! | `attach` | whether replacements can be attached |
//! | `copies` | reduced copies for some of the principals a policy is attached to |
//! | `publish` | the recommendation and its files |
//! | `refinement` | one reduced policy with the results of its proof |
//! | `effect` | what the changes do to each principal |
//! | `place` | ids, names and places of files |
//! | `family` | what is decided once for many accounts |
//! | `rows` | a row for every principal, and the account in short |
//! | `again` | the recommendations of a finished report, looked at again |
//! | `trials` | what a trial of each change denies |
//! | `spare` | what of a policy all its principals could lose |
//! | `weight` | about how much memory an account takes |
//! | `why` | statuses and reasons: stable codes and one sentence each |

pub mod again;
mod attach;
mod copies;
mod denied;
mod effect;
mod family;
mod family_path;
mod leave;
mod place;
mod prepared;
mod publish;
mod refinement;
mod rows;
mod spare;
mod trials;
mod weight;
mod why;
mod work;

use std::collections::{BTreeMap, BTreeSet};

pub use self::family::{FamilyAdvice, FamilyShare, Outcomes, organisation};
use self::prepared::ConfidenceFacts;
pub use self::prepared::Prepared;
use self::prepared::RemovableActions;
use self::work::AccountAdvisor;
use crate::catalog::{Basis, Catalog, Harvest, Unobserved};
use crate::decide::{
    EditScope, Exceptions, Families, Grain, Level, PolicyPlan, PrincipalStatus, SharedPolicies, Survey,
    Usage, plan,
};
use crate::evidence::Failure;
use crate::inventory::wire::Account;
use crate::ownership::KnownCode;
use crate::policy::Services;
use crate::refine::Wildcards;
use crate::report::{AccountReport, AccountSummary, Coverage, EffectTotals, EvidenceSource, Failed, SCHEMA};

/// Settings of a scan.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'t> {
    /// Catalog of actions.
    pub catalog: &'t Catalog,
    /// Further names that the organisation uses; known after all accounts were surveyed.
    pub harvest: &'t Harvest,
    /// Actions whose use AWS does not track.
    pub unobserved: &'t Unobserved,
    /// The window of last-accessed data, in days.
    pub window_days: u32,
    /// Date of the responses.
    pub as_of: Option<&'t str>,
    /// Maximum age of evidence, in days.
    pub oldest_days: Option<i64>,
    /// What replaces `*`.
    pub wildcards: Wildcards,
    /// What to recommend for a policy that several principals share.
    pub shared: SharedPolicies,
    /// Minimum confidence. Changes below it are reported without a reduced policy.
    pub least_sure: Level,
    /// What to keep unchanged, and who is responsible.
    pub exceptions: &'t Exceptions<'t>,
    /// Account IDs of the organisation.
    pub organisation: &'t BTreeSet<String>,
    /// What is known of the code that defines policies.
    pub code: KnownCode<'t>,
}

impl<'t> Terms<'t> {
    /// What proofs are based on.
    pub fn basis(&self) -> Basis<'t> {
        Basis {
            catalog: self.catalog,
            harvest: self.harvest,
            unobserved: self.unobserved,
        }
    }
}

/// One account's part of the report.
#[derive(Debug)]
pub struct Assessed {
    /// `accounts/<id>.json`.
    pub report: AccountReport,
    /// Documents and diffs, by path relative to the report folder.
    pub files: Vec<(String, String)>,
    /// Services in its policies.
    pub services: Services,
    /// Proposals that the checker refuted, which are bugs, written out for a bug report.
    pub defects: Vec<(String, String)>,
    /// Its part of decisions for several accounts.
    pub shares: Vec<FamilyShare>,
    /// What the rules cover in it.
    pub usage: Usage,
}

/// Collects what may affect other accounts, and names that the catalog lacks.
pub fn survey(prepared: &Prepared, terms: Terms<'_>) -> (Survey, Harvest) {
    let removable_actions = RemovableActions::of(prepared, terms);
    let none = Families::default();
    let held = plan(
        &prepared.inventory,
        &prepared.standings,
        &removable_actions,
        &none,
    );
    let sure = |held: &PolicyPlan<'_>, part: &EditScope<'_>| {
        let grain = Grain::of(&part.removable.unused(&Services::All));
        prepared
            .confidence(&ConfidenceFacts::of(held, part, grain), terms)
            .level
    };
    (
        Survey::of(&prepared.inventory, &held, terms.catalog, &sure),
        prepared.harvest(terms.catalog),
    )
}

/// Analyses one account, or says why it could not be read.
pub fn account(
    account: &Account,
    prepared: Result<Prepared, Failure>,
    terms: Terms<'_>,
    families: &Families,
    outcomes: &Outcomes,
) -> Assessed {
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            return Assessed {
                report: unread(
                    account,
                    Coverage::Failed,
                    vec![Failed {
                        failure,
                        principal: None,
                    }],
                ),
                files: Vec::new(),
                services: Services::default(),
                defects: Vec::new(),
                shares: Vec::new(),
                usage: Usage::default(),
            };
        }
    };
    let removable_actions = RemovableActions::of(&prepared, terms);
    let held = plan(
        &prepared.inventory,
        &prepared.standings,
        &removable_actions,
        families,
    );
    let mut work = AccountAdvisor::new(&prepared, terms, families, outcomes, &held);
    // Decisions for several accounts come first: other inline policies of the same principals may use only
    // the space that is left.
    let is_of_family =
        |policy: &&PolicyPlan<'_>| policy.in_place.as_ref().is_some_and(|part| part.family.is_some());
    let (first, rest): (Vec<_>, Vec<_>) = held.iter().partition(is_of_family);
    first
        .into_iter()
        .chain(rest)
        .for_each(|policy| work.policy(policy));
    work.finish(removable_actions.usage())
}

/// The report of an account that could not be read.
pub fn unread(account: &Account, coverage: Coverage, failures: Vec<Failed>) -> AccountReport {
    AccountReport {
        schema: SCHEMA,
        summary: AccountSummary {
            id: account.id.clone(),
            name: account.name.clone(),
            ou_path: account.ou_path(),
            coverage,
            failures,
            evidence: EvidenceSource::default(),
            statuses: no_statuses(),
            principals: 0,
            recommendations: 0,
            left_alone: 0,
            credentials: 0,
            effect: EffectTotals::default(),
        },
        principals: Vec::new(),
        policies: Vec::new(),
        recommendations: Vec::new(),
        alternatives: Vec::new(),
        left_alone: Vec::new(),
        trials: Vec::new(),
        grants: None,
    }
}

/// All statuses with a count of 0.
fn no_statuses() -> BTreeMap<PrincipalStatus, usize> {
    PrincipalStatus::ALL.iter().map(|status| (*status, 0)).collect()
}

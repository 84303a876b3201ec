//! Options of a live scan.

use std::sync::Arc;
use std::time::Duration;

use super::operations::{Api, Purpose};
use crate::EventSink;
use crate::options::{Assume, EvidenceFrom, Limits, Rates};
use crate::pace::Rate;
use leastwise_core::inventory::wire::Account;

/// Options of a live scan. Endpoints come from `AWS_ENDPOINT_URL_*` and the profile, as in all AWS tools.
#[derive(Debug, Clone, Default)]
pub struct LiveOptions {
    /// What is called.
    pub purpose: Purpose,
    /// The profile; else that of the environment.
    pub profile: Option<String>,
    /// The Region of the analyzers; else that of the environment or the profile, else us-east-1.
    pub region: Option<String>,
    /// The accounts to scan, if known in advance; empty means the whole organisation.
    pub accounts: Vec<Account>,
    /// Only the caller's own account, without asking for others.
    pub own: bool,
    /// Whether a rule uses organisational units, so that the OU of each account must be known.
    pub by_unit: bool,
    /// How member accounts are entered, and others that have an entry.
    pub assume: Assume,
    /// The analyzer; else it is looked for.
    pub analyzer_arn: Option<String>,
    /// Where the evidence is from.
    pub source: EvidenceFrom,
    /// What must not be exceeded.
    pub limits: Limits,
    /// Where the events of calls go.
    pub events: Option<Arc<dyn EventSink>>,
}

/// How long a connection may take.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Items a page of `GetAccountAuthorizationDetails`: at most 1,000.
pub(super) const AUTHORIZATION_PAGE: i32 = 1000;
/// Findings a page of `ValidatePolicy`, and steps a page of a recommendation.
pub(super) const CHECK_PAGE: i32 = 100;
/// Actions a page of `SimulateCustomPolicy`: at most 1,000.
pub(super) const SIMULATION_PAGE: i32 = 1000;
/// Findings a page of `ListFindingsV2`.
pub(super) const FINDINGS_PAGE: i32 = 100;
/// Principals of one account whose last-accessed data is being gathered at a time.
pub(super) const JOBS_IN_FLIGHT: usize = 16;

/// How many of the calls that a scan begins with go without a pause between them.
const FIRST: f64 = 4.0;
/// The pacer starts at the configured rate and can rise to this multiple of it.
const HEADROOM: f64 = 50.0;

impl Rates {
    pub(super) fn of(&self, api: Api) -> Rate {
        let from = |start: f64| Rate::of(start, start * HEADROOM);
        match api {
            // All accounts wait for their list, and the first findings for these.
            Api::Organizations => from(self.organizations).at_once(FIRST),
            Api::Analyzers | Api::FindingList => from(self.access_analyzer).at_once(FIRST),
            Api::Finding | Api::Validation | Api::CustomCheck | Api::Recommendation => {
                from(self.access_analyzer)
            }
            Api::LastAccessed | Api::Authorization | Api::Simulation => from(self.iam),
            Api::Sts => Rate::of(self.sts, self.sts),
        }
    }
}

//! The states of the changes of a report, as data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// What `leastwise watch` finds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WatchResult {
    /// The version of this form.
    pub schema: u32,
    /// SHA-256 of the manifest of the report.
    pub report: String,
    /// After how many days without a denial a change is confirmed.
    pub quiet_days: u32,
    /// What the trail contains for each account with changes.
    pub coverage: Vec<CoverageRow>,
    /// Files that could not be read, or not to the end: path and reason, at most 100.
    pub unreadable: BTreeMap<String, String>,
    /// How many there are.
    pub unreadable_files: usize,
    /// Denials of the report's principals whose action is unknown.
    pub unmapped: Vec<UnmappedRow>,
    /// How many changes have each verdict; all verdicts are there.
    pub counts: BTreeMap<WatchVerdict, usize>,
    /// Every change: denied, waiting, confirmed, not visible, rolled back, not applied, and within these by name.
    pub changes: Vec<ChangeOutcome>,
}

/// The version of the form.
pub(super) const SCHEMA: u32 = 1;

/// What a trail has of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoverageRow {
    /// Its id.
    pub account: String,
    /// The earliest event.
    pub from: String,
    /// The latest event: nothing is known of later.
    pub to: String,
    /// Days with events, in UTC.
    pub days: usize,
    /// Days between the two without any event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_days: Vec<String>,
    /// Regions with events.
    pub regions: Vec<String>,
    /// Whether there are management events that only read.
    pub read_events: bool,
    /// Whether there are management events that write.
    pub write_events: bool,
    /// Services with data events.
    pub data_events: Vec<String>,
}

/// The state of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeOutcome {
    /// What the scripts of the report know it by.
    pub change: String,
    /// The verdict.
    pub verdict: WatchVerdict,
    /// How far it went, unless it is not applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<ChangeStage>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Up to when the trail was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Whole days without a denial so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_days: Option<i64>,
    /// When it was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone: Option<String>,
    /// Number of removed actions that the trial does not deny, because another policy also allows them or for
    /// lack of space.
    #[serde(skip_serializing_if = "is_zero")]
    pub untried: usize,
    /// How many denials of removed actions there were since; of very many not all are counted.
    pub denials: usize,
    /// There were more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_denials: bool,
    /// The first denials, the earliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<DeniedEvent>,
    /// What the trail cannot show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invisible: Vec<Invisible>,
    /// The command that undoes it, from the folder of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

codes! {
    /// Where a change stands.
    pub enum WatchVerdict {
        /// A removed action was denied since.
        Denied = "denied",
        /// Nothing was denied so far, for less than the quiet days.
        Waiting = "waiting",
        /// Nothing was denied for the quiet days.
        Confirmed = "confirmed",
        /// The trail cannot show a denial, or when the change was applied.
        NotVisible = "not-visible",
        /// It was applied and undone.
        RolledBack = "rolled-back",
        /// The trail has no sign of it.
        NotApplied = "not-applied",
    }
}

codes! {
    /// How far a change went.
    pub enum ChangeStage {
        /// A policy denies the actions for a trial.
        Trial = "trial",
        /// It is applied.
        Applied = "applied",
        /// The user says since when.
        Given = "given",
    }
}

codes! {
    /// Why a trail cannot show a denial, or when a change was applied.
    pub enum InvisibleBecause {
        /// The trail has nothing of the account.
        AccountMissing = "account-missing",
        /// The trail begins after the report.
        BeginsLate = "begins-late",
        /// The trail ends before the report, or before the change.
        EndsEarly = "ends-early",
        /// Days have no events.
        DaysMissing = "days-missing",
        /// A Region that was asked for has no events.
        RegionMissing = "region-missing",
        /// Events of IAM are not there.
        IamMissing = "iam-missing",
        /// Files could not be read.
        UnreadableFiles = "unreadable-files",
        /// Management events of one kind are not there.
        ManagementEventsMissing = "management-events-missing",
        /// Data events of a service are not there.
        DataEventsMissing = "data-events-missing",
        /// Events of a service are not there, which a trail can leave out.
        ServiceEventsMissing = "service-events-missing",
        /// CloudTrail does not record the actions.
        NotRecorded = "not-recorded",
        /// Denials whose action is unknown.
        ActionUnknown = "action-unknown",
        /// Denials that may be of an action that no event is named after.
        DenialUnclear = "denial-unclear",
        /// There were too many events to keep all.
        TooManyEvents = "too-many-events",
        /// The policy changed to something else.
        ChangedOtherwise = "changed-otherwise",
        /// The policy of a permission set was changed, and its roles have no event of that.
        RolesUnclear = "roles-unclear",
        /// Not all principals of the change have it.
        PartlyApplied = "partly-applied",
        /// The document of the trial is not in the trail.
        TrialUnknown = "trial-unknown",
        /// The documents of the report cannot be read.
        DocumentsUnreadable = "documents-unreadable",
    }
}

codes! {
    /// Which kind of policy AWS says denied a call.
    #[derive(Default)]
    pub enum DenialCause {
        /// No identity-based policy allows it, or one denies it.
        IdentityPolicy = "identity-policy",
        /// A service control policy.
        ServiceControlPolicy = "service-control-policy",
        /// A resource control policy.
        ResourceControlPolicy = "resource-control-policy",
        /// The permissions boundary.
        PermissionsBoundary = "permissions-boundary",
        /// The policy of the session.
        SessionPolicy = "session-policy",
        /// The policy of a VPC endpoint.
        EndpointPolicy = "endpoint-policy",
        /// The policy of the resource.
        ResourcePolicy = "resource-policy",
        /// The message does not say.
        #[default]
        Unknown = "unknown",
    }
}

sorted_by_name!(InvisibleBecause, DenialCause);

impl PartialOrd for WatchVerdict {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WatchVerdict {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let place = |verdict: &Self| Self::ALL.iter().position(|it| it == verdict);
        place(self).cmp(&place(other))
    }
}

/// One thing that a trail cannot show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Invisible {
    /// Why, as a stable code.
    pub code: InvisibleBecause,
    /// In one sentence.
    pub why: String,
    /// The removed actions that it is about, if it is about some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

/// A call that was denied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeniedEvent {
    /// When.
    pub time: String,
    /// CloudTrail's id of the event.
    pub id: String,
    /// The role or user that made the call.
    pub principal: String,
    /// The session or user, by ARN.
    pub session: String,
    /// The action.
    pub action: String,
    /// The resource, if the event names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The Region.
    pub region: String,
    /// Where the event comes from.
    pub event_source: String,
    /// Its name.
    pub event_name: String,
    /// AWS's code.
    pub error_code: String,
    /// AWS's message, at most 1,000 characters of it.
    pub error_message: String,
    /// Which kind of policy the message names.
    pub cause: DenialCause,
    /// The message names the action. Otherwise the name of the event does.
    pub names_action: bool,
}

/// Denials whose action is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnmappedRow {
    /// The role or user.
    pub principal: String,
    /// Where the events come from.
    pub event_source: String,
    /// Their name.
    pub event_name: String,
    /// How many are kept.
    pub events: usize,
    /// The latest of them.
    pub last: String,
}

//! `findings.ocsf.jsonl`: OCSF 1.6 events of class 2008, IAM Analysis Finding, for data lakes. One event per line.
//!
//! The structures are written by hand: the crate for all classes is two megabytes of source, and only one class is
//! needed. A test validates every line against the published class.

mod form;
mod principal;
mod unmapped;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use self::form::{
    Analysed, Analytic, FindingInfo, OcsfAccount, OcsfCloud, OcsfEvent, OcsfMetadata, OcsfRemediation,
    OcsfResource, Policy, Product, User,
};
use self::principal::principal_event;
use self::unmapped::Unmapped;
use super::finding_state::FindingState;
use super::since::{Earlier, TrackedFinding};
use super::{AccountView, Format, Part, Read, key, say, weight};
use leastwise_core::arn::Arn;
use leastwise_core::decide::{Grade, Level, PrincipalStatus};
use leastwise_core::report::words::PROVEN;
use leastwise_core::report::{AccountSummary, EvidenceSource, Recommendation, Report};
use leastwise_core::visible::visible_line;

const PATH: &str = "findings.ocsf.jsonl";
const NAME: &str = "leastwise";

/// Maximum number of resources of an event. A shared change can affect thousands of principals: `unmapped.reaches`
/// has their number, `report.json` their names.
const MOST_RESOURCES: usize = 100;

/// The OCSF format.
#[derive(Debug, Clone, Default)]
pub struct Ocsf {
    earlier: Option<Arc<Earlier>>,
}

impl Ocsf {
    /// The earlier report, if there is one. Findings are then created, updated or closed.
    pub fn since(earlier: Option<Arc<Earlier>>) -> Self {
        Self { earlier }
    }
}

impl Format for Ocsf {
    fn begin(&self, report: &Report) -> Vec<Part> {
        let now = of_all(report);
        let text = match &self.earlier {
            None => lines(now),
            Some(earlier) => {
                let today = seen(report.accounts.iter().map(|it| &it.evidence));
                let judged = earlier.judged(report, None, now, of_all(earlier.report()));
                lines(judged.into_iter().map(|(state, event)| event.with(state, today)))
            }
        };
        // The file exists even if nothing was found.
        vec![Part::text(PATH, text)]
    }

    fn account(&self, view: &AccountView<'_>, _read: &Read<'_>) -> Vec<Part> {
        let (report, account) = (view.report, view.account);
        let now = of_account(view);
        let text = match &self.earlier {
            None => lines(now),
            Some(earlier) => {
                let before = earlier.account(&account.summary.id);
                let before = before
                    .as_deref()
                    .map(|it| of_account(&AccountView::of(earlier.report(), it)));
                let today = seen(std::iter::once(&account.summary.evidence));
                let judged = earlier.judged(report, Some(account), now, before.unwrap_or_default());
                lines(judged.into_iter().map(|(state, event)| event.with(state, today)))
            }
        };
        if text.is_empty() {
            Vec::new()
        } else {
            vec![Part::text(PATH, text)]
        }
    }
}

/// Events that do not belong to one account.
fn of_all(report: &Report) -> Vec<OcsfEvent<'_>> {
    report
        .recommendations
        .iter()
        .map(|change| change_event(report, change, None))
        .collect()
}

fn of_account<'e>(view: &AccountView<'e>) -> Vec<OcsfEvent<'e>> {
    let (report, account) = (view.report, view.account);
    let unused = account
        .principals
        .iter()
        .filter(|it| it.status == PrincipalStatus::UnusedPrincipal);
    let unused = unused.map(|principal| principal_event(report, account, &view.lookup, principal));
    let changes = view
        .own()
        .map(|change| change_event(report, change.it, Some(&account.summary)));
    unused.chain(changes).collect()
}

fn lines<'e>(events: impl IntoIterator<Item = OcsfEvent<'e>>) -> String {
    let mut lines = String::new();
    for event in events {
        lines.push_str(&super::json(&event));
        lines.push('\n');
    }
    lines
}

fn account_of(summary: &AccountSummary) -> OcsfAccount<'_> {
    OcsfAccount {
        name: &summary.name,
        r#type: "AWS Account",
        type_id: 10,
        uid: &summary.id,
    }
}

/// The account and the resource part of an ARN.
fn account_id(arn: &str) -> &str {
    Arn::of(arn).account
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn principal_type(arn: &str) -> (&'static str, u8) {
    if Arn::of(arn).is_user() {
        ("User", 1)
    } else {
        ("Role", 99)
    }
}

fn resource<'e>(report: &'e Report, r#type: &'static str, uid: &'e str) -> OcsfResource<'e> {
    OcsfResource {
        cloud_partition: &report.partition,
        name: last_part(uid),
        r#type,
        uid,
    }
}

fn user<'e>(arn: &'e str, account: Option<OcsfAccount<'e>>) -> User<'e> {
    let (r#type, type_id) = principal_type(arn);
    User {
        account,
        name: last_part(arn),
        r#type,
        type_id,
        uid: arn,
    }
}

/// A timestamp of the report in milliseconds since 1970.
fn milliseconds(date: &str) -> Option<i64> {
    date.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// When AWS evaluated the newest of some usage data.
fn seen<'e>(evidence: impl Iterator<Item = &'e EvidenceSource>) -> Option<i64> {
    evidence
        .filter_map(|it| it.evaluated.as_deref())
        .filter_map(milliseconds)
        .max()
}

fn severity(grade: Grade) -> (&'static str, u8) {
    match grade {
        Grade::None => ("Informational", 1),
        Grade::Low => ("Low", 2),
        Grade::Medium => ("Medium", 3),
        Grade::High => ("High", 4),
        Grade::Critical => ("Critical", 5),
    }
}

fn confidence(level: Level) -> (&'static str, u8) {
    match level {
        Level::Low => ("Low", 1),
        Level::Medium => ("Medium", 2),
        Level::High => ("High", 3),
    }
}

/// The parts in which the two kinds of events differ.
struct EventParts<'e> {
    account: Option<OcsfAccount<'e>>,
    seen: Option<i64>,
    sources: Vec<&'static str>,
    /// Stable code and title.
    kind: (String, &'static str),
    uid: String,
    title: String,
    desc: String,
    mend: String,
    grade: Grade,
    resources: Vec<OcsfResource<'e>>,
    unmapped: Unmapped<'e>,
}

impl<'e> EventParts<'e> {
    fn event(self, report: &'e Report) -> OcsfEvent<'e> {
        let (severity, severity_id) = severity(self.grade);
        let (code, name) = self.kind;
        // Evidence without a date: use the date of the catalog.
        let time = self
            .seen
            .or_else(|| milliseconds(&report.catalog.updated))
            .unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        // Readers show the text as it is in JSON.
        let [title, desc] = [&self.title, &self.desc].map(|text| visible_line(text).into_owned());
        let mend = visible_line(&self.mend).into_owned();
        let references = say::page(report, &code).into_iter().collect();
        OcsfEvent {
            activity_id: 1,
            activity_name: "Create",
            category_name: "Findings",
            category_uid: 2,
            class_name: "IAM Analysis Finding",
            class_uid: 2008,
            cloud: OcsfCloud {
                account: self.account,
                cloud_partition: &report.partition,
                provider: "AWS",
            },
            confidence: None,
            confidence_id: None,
            finding_info: FindingInfo {
                analytic: Analytic {
                    name: format!("{NAME} {code}"),
                    r#type: "Rule",
                    type_id: 1,
                    uid: code,
                    version,
                },
                created_time: self.seen,
                data_sources: self.sources,
                desc,
                last_seen_time: self.seen,
                title: title.clone(),
                types: [name],
                uid: self.uid,
            },
            identity_activity_metrics: None,
            message: title,
            metadata: OcsfMetadata {
                product: Product {
                    name: NAME,
                    vendor_name: NAME,
                    version,
                },
                profiles: ["cloud"],
                version: "1.6.0",
            },
            permission_analysis_results: Vec::new(),
            remediation: OcsfRemediation {
                desc: mend,
                references,
            },
            resources: self.resources,
            severity,
            severity_id,
            status: "New",
            status_id: 1,
            time,
            type_name: "IAM Analysis Finding: Create",
            type_uid: 200_801,
            unmapped: self.unmapped,
            user: None,
        }
    }
}

impl TrackedFinding for OcsfEvent<'_> {
    fn uid(&self) -> &str {
        &self.finding_info.uid
    }

    fn principal(&self) -> Option<&str> {
        let principal = self.user.as_ref().map(|user| user.uid);
        principal.filter(|_| !self.finding_info.uid.starts_with(key::POLICY))
    }

    fn substance(&self) -> String {
        let mut event = serde_json::to_value(self).unwrap_or_default();
        let beside = [
            ("", "time"),
            ("/finding_info", "created_time"),
            ("/finding_info", "last_seen_time"),
            ("/remediation", "references"),
        ];
        for (place, key) in beside {
            if let Some(object) = event.pointer_mut(place).and_then(Value::as_object_mut) {
                object.remove(key);
            }
        }
        event.to_string()
    }
}

impl OcsfEvent<'_> {
    /// Adds the comparison with the earlier report. A closed finding keeps its own date as the last time it was
    /// seen, and has the date of today's usage data as its event time.
    fn with(mut self, state: FindingState, today: Option<i64>) -> Self {
        match state {
            FindingState::New => {}
            FindingState::Unchanged | FindingState::Updated => {
                (self.activity_id, self.activity_name) = (2, "Update");
                (self.type_uid, self.type_name) = (200_802, "IAM Analysis Finding: Update");
            }
            FindingState::Absent => {
                (self.activity_id, self.activity_name) = (3, "Close");
                (self.type_uid, self.type_name) = (200_803, "IAM Analysis Finding: Close");
                (self.status_id, self.status) = (4, "Resolved");
                self.time = today.unwrap_or(self.time);
                "Nothing to do: the finding is resolved.".clone_into(&mut self.remediation.desc);
            }
        }
        self.unmapped.since(state);
        self
    }
}

fn change_event<'e>(
    report: &'e Report,
    change: &'e Recommendation,
    account: Option<&'e AccountSummary>,
) -> OcsfEvent<'e> {
    let evidence: Vec<&EvidenceSource> = match account {
        Some(account) => vec![&account.evidence],
        None => {
            let reached: BTreeSet<&str> = change.reaches.iter().map(|arn| account_id(arn)).collect();
            let reached = report
                .accounts
                .iter()
                .filter(|it| reached.contains(it.id.as_str()));
            reached.map(|it| &it.evidence).collect()
        }
    };
    let mut sources: Vec<&str> = evidence.iter().map(|it| it.source.name()).collect();
    sources.sort();
    sources.dedup();
    let uid = change.policy_arn.as_deref().unwrap_or(&change.id);
    let principals = change
        .reaches
        .iter()
        .map(|arn| resource(report, principal_type(arn).0, arn));
    let policy = std::iter::once(resource(report, "Policy", uid));
    let mut event = EventParts {
        account: account.map(account_of),
        seen: seen(evidence.into_iter()),
        sources,
        kind: (format!("policy-{}", change.action.name()), "Unused Permissions"),
        uid: key::of_policy(&change.id),
        title: say::change_of(
            change,
            Some(&account.map_or_else(|| "several accounts".to_owned(), say::account)),
            &str::to_owned,
        ),
        desc: format!("{} {PROVEN}", say::finding(change)),
        mend: change.how_to_fix(),
        grade: weight::of_change(change),
        resources: policy.chain(principals).take(MOST_RESOURCES).collect(),
        unmapped: Unmapped::of(change),
    }
    .event(report);
    let (name, id) = confidence(change.confidence.level);
    (event.confidence, event.confidence_id) = (Some(name), Some(id));
    event.permission_analysis_results = vec![Analysed {
        policy: Policy {
            name: &change.policy,
            r#type: change.policy_ref().kind.name(),
            uid,
        },
        unused_privileges_count: Some(change.proof.removed),
        unused_services_count: Some(change.unused.iter().filter(|it| it.actions.is_none()).count()),
    }];
    if let [only] = change.reaches.as_slice() {
        event.user = Some(user(only, account.map(account_of)));
    }
    event
}

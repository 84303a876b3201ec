//! `report.sarif`: SARIF 2.1.0, for code scanning and for trackers that import it. One result per line.
//!
//! The structures are written by hand: only a few are needed, and a crate for the whole standard would add four
//! more and check at run time what these types guarantee. A test validates the file against the published schema.

mod form;
mod left;
mod principal;
mod rules;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use self::form::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, Notification, PhysicalLocation, Region,
    SarifResult, Suppression,
};
use self::left::{family_left, left_alone};
use self::principal::{excepted, idle, unused};
use self::rules::SarifRule;
use super::finding_state::FindingState;
use super::since::Earlier;
use super::{AccountView, Format, Part, Read, key, say, weight};
use leastwise_core::decide::{Grade, PrincipalStatus};
use leastwise_core::digest::FileHash;
use leastwise_core::report::numbers::capital;
use leastwise_core::report::{AccountReport, AccountSummary, Coverage, PolicyState, Recommendation, Report};
use leastwise_core::visible::visible;

const PATH: &str = "report.sarif";
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Base of relative paths: the report folder.
const BASE: &str = "REPORT";

/// Fingerprint by which a tracker recognises a finding in the next run.
const FINGERPRINT: &str = "leastwise/v1";

/// Fingerprint by which GitHub recognises an alert. Without it, GitHub would compute one from a file that is not in
/// the repository.
const GITHUB_FINGERPRINT: &str = "primaryLocationLineHash";

/// Maximum number of locations of a result. A shared change can affect thousands of principals:
/// `properties.reaches` has their number, `report.json` their names.
const MOST_PLACES: usize = 100;

/// The SARIF format.
#[derive(Debug, Clone, Default)]
pub struct Sarif {
    earlier: Option<Arc<Earlier>>,
}

impl Sarif {
    /// The earlier report, if there is one. Results are then new, unchanged, updated or absent.
    pub fn since(earlier: Option<Arc<Earlier>>) -> Self {
        Self { earlier }
    }

    /// The results of the organisation or of one account, as elements of the list.
    fn elements(
        &self,
        report: &Report,
        account: Option<&AccountReport>,
        now: Vec<SarifResult>,
        before: impl FnOnce(&Earlier) -> Vec<SarifResult>,
    ) -> Vec<Part> {
        let all = match &self.earlier {
            None => now,
            Some(earlier) => {
                let judged = earlier.judged(report, account, now, before(earlier));
                let file = account.map_or_else(|| "report.json".to_owned(), |it| file_of(&it.summary.id));
                judged
                    .into_iter()
                    .map(|(state, finding)| finding.with(state, &file))
                    .collect()
            }
        };
        all.iter()
            .map(|finding| Part::element(PATH, super::json(finding)))
            .collect()
    }
}

impl Format for Sarif {
    fn begin(&self, report: &Report) -> Vec<Part> {
        let tool = json!({"driver": {
            "name": "leastwise",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules::all(report),
        }});
        let bases = json!({BASE: {"description": {"text": "The report's folder."}}});
        let head = format!(
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{tool},\"invocations\":[{}],\
             \"originalUriBaseIds\":{bases},\"columnKind\":\"utf16CodeUnits\",\"properties\":{},\"results\":[\n",
            super::json(&invocation(report)),
            json!({"catalog": report.catalog, "totals": report.totals}),
        );
        let mut parts = vec![Part::text(PATH, head)];
        parts.extend(self.elements(report, None, of_all(report), |it| of_all(it.report())));
        parts
    }

    fn account(&self, view: &AccountView<'_>, _read: &Read<'_>) -> Vec<Part> {
        self.elements(view.report, Some(view.account), of_account(view), |earlier| {
            let before = earlier.account(&view.account.summary.id);
            before
                .map(|it| of_account(&AccountView::of(earlier.report(), &it)))
                .unwrap_or_default()
        })
    }

    fn end(&self, _report: &Report) -> Vec<Part> {
        vec![Part::text(PATH, "\n]}]}\n".to_owned())]
    }
}

/// Results that do not belong to one account.
fn of_all(report: &Report) -> Vec<SarifResult> {
    let families = report
        .families
        .iter()
        .filter(|it| it.recommendation.is_none() && it.code != PolicyState::InUse);
    let whole = report
        .recommendations
        .iter()
        .map(|change| recommended(change, None));
    whole.chain(families.map(family_left)).collect()
}

fn of_account(view: &AccountView<'_>) -> Vec<SarifResult> {
    let (report, account) = (view.report, view.account);
    let id = &account.summary;
    let mut found = Vec::new();
    for principal in &account.principals {
        match principal.status {
            PrincipalStatus::UnusedPrincipal => found.push(unused(principal, id)),
            PrincipalStatus::Excluded => found.push(excepted(report, principal, id)),
            _ => {}
        }
        found.extend(
            principal
                .unused_access_keys
                .iter()
                .map(|key| idle(principal, key, id)),
        );
        found.extend(
            principal
                .unused_password
                .iter()
                .map(|password| idle(principal, password, id)),
        );
    }
    found.extend(view.own().map(|change| recommended(change.it, Some(id))));
    found.extend(account.left_alone.iter().map(|left| left_alone(left, id)));
    found
}

fn file_of(account: &str) -> String {
    format!("accounts/{account}.json")
}

/// Whether everything was scanned, and what was not.
fn invocation(report: &Report) -> Invocation {
    let gap = |account: &AccountSummary| {
        let level = match account.coverage {
            Coverage::Failed => "error",
            Coverage::Partial => "warning",
            Coverage::Complete | Coverage::Suspended | Coverage::Excluded => return None,
        };
        let what = account.failures.iter().map(|failed| {
            let failure = &failed.failure;
            let detail = failure
                .detail
                .as_ref()
                .map(|detail| format!(" ({detail})"))
                .unwrap_or_default();
            format!("{} {}{detail}", failure.operation, failure.kind.name())
        });
        let mut what: Vec<String> = what.collect();
        what.sort();
        what.dedup();
        let text = format!(
            "{} was not scanned completely: {}",
            say::account(account),
            what.join(", ")
        );
        Some(Notification {
            level,
            message: Message::of(&text),
        })
    };
    let gaps: Vec<Notification> = report.accounts.iter().filter_map(gap).collect();
    Invocation {
        execution_successful: gaps.is_empty(),
        tool_execution_notifications: gaps,
    }
}

/// The parts that all results have.
struct ResultParts<'s> {
    rule: SarifRule,
    /// Severity of the result; if absent, that of its rule.
    grade: Option<Grade>,
    text: String,
    file: String,
    /// Resources of the result, as kind and ARN or ID, the most important first.
    places: Vec<(&'static str, &'s str)>,
    /// Kind and place of the finding. Never the ID of an AWS finding, which can change.
    fingerprint: String,
    properties: Value,
}

impl ResultParts<'_> {
    fn finding(self) -> SarifResult {
        let level = self.grade.map_or(self.rule.level, |grade| match grade {
            Grade::Critical | Grade::High => "error",
            Grade::Medium => "warning",
            Grade::Low | Grade::None => "note",
        });
        let mut properties = self.properties;
        if let (Some(grade), Some(properties)) = (self.grade, properties.as_object_mut()) {
            properties.insert("severity".to_owned(), grade.name().into());
            properties.insert("security-severity".to_owned(), grade.score().into());
        }
        let place = |(kind, name): (&'static str, &str)| LogicalLocation {
            name: name.rsplit('/').next().unwrap_or(name).to_owned(),
            fully_qualified_name: name.to_owned(),
            kind,
        };
        SarifResult {
            rule_id: self.rule.id,
            rule_index: self.rule.index(),
            level,
            message: Message::of(&capital(&self.text)),
            locations: [Location {
                physical_location: PhysicalLocation {
                    artifact_location: ArtifactLocation::of(&self.file),
                    region: Region::FIRST,
                },
                logical_locations: self.places.into_iter().take(MOST_PLACES).map(place).collect(),
            }],
            partial_fingerprints: BTreeMap::from([
                (GITHUB_FINGERPRINT, line_hash(&self.fingerprint)),
                (FINGERPRINT, self.fingerprint),
            ]),
            suppressions: Vec::new(),
            baseline_state: None,
            properties,
        }
    }
}

impl super::since::TrackedFinding for SarifResult {
    fn uid(&self) -> &str {
        self.partial_fingerprints
            .get(FINGERPRINT)
            .map_or("", String::as_str)
    }

    fn principal(&self) -> Option<&str> {
        let [location] = &self.locations;
        let foremost = location
            .logical_locations
            .first()
            .filter(|it| it.kind == "principal");
        foremost.map(|it| it.fully_qualified_name.as_str())
    }

    fn substance(&self) -> String {
        super::json(self)
    }
}

impl SarifResult {
    /// Adds the comparison with the earlier report. An absent result has no files in this report, so it links to
    /// its account.
    fn with(mut self, state: FindingState, file: &str) -> Self {
        self.baseline_state = Some(state.name());
        if state == FindingState::Absent {
            let [location] = &mut self.locations;
            location.physical_location.artifact_location = ArtifactLocation::of(file);
            if let Some(properties) = self.properties.as_object_mut() {
                properties.remove("files");
            }
        }
        self
    }
}

/// A hash and a line number, in GitHub's format.
fn line_hash(fingerprint: &str) -> String {
    let hash: String = FileHash::of(fingerprint.as_bytes())
        .to_string()
        .chars()
        .take(16)
        .collect();
    format!("{hash}:1")
}

fn policy_and<'s>(policy: &'s str, principals: &'s [String]) -> Vec<(&'static str, &'s str)> {
    std::iter::once(("policy", policy))
        .chain(principals.iter().map(|arn| ("principal", arn.as_str())))
        .collect()
}

fn recommended(change: &Recommendation, account: Option<&AccountSummary>) -> SarifResult {
    let (removed, kept, sure) = (change.proof.removed, change.proof.kept, change.confidence.level);
    let impact = &change.impact;
    let place = account.map_or_else(|| "several accounts".to_owned(), say::account);
    let on = say::attached(change, &str::to_owned).map_or_else(|| "in ".to_owned(), |it| format!("{it} in "));
    let mut text = format!("{on}{place}: {}", say::finding(change));
    if let Some(owned) = change.owned_by() {
        text.push_str(&format!(" {owned}"));
    }
    let escalations: Vec<&str> = impact.escalations.iter().map(|it| it.actions.as_str()).collect();
    let reasons: Vec<&str> = change
        .confidence
        .reasons
        .iter()
        .map(|it| it.code.name())
        .collect();
    ResultParts {
        rule: rules::of_action(change.action),
        grade: Some(weight::of_change(change)),
        text,
        file: change.files.after.clone(),
        places: policy_and(
            change.policy_arn.as_deref().unwrap_or(&change.id),
            &change.reaches,
        ),
        fingerprint: key::of_policy(&change.id),
        properties: json!({
            "account": account.map(|it| &it.id),
            "accountName": account.map(|it| &it.name),
            "recommendation": change.id,
            "action": change.action,
            "confidence": sure,
            "confidenceReasons": reasons,
            "permissionsRemoved": change.permissions_removed,
            "actionsRemoved": removed,
            "actionsKept": kept,
            "removedByLevel": impact.by_level,
            "riskRemoved": impact.risk,
            "foremost": impact.foremost,
            "escalationsClosed": escalations,
            "reaches": change.reaches.len(),
            "creates": change.creates,
            "codeOwners": change.code_owners,
            "patch": change.code.as_ref().and_then(|it| it.patch.as_ref()),
            "notes": change.notes,
            "files": change.files,
        }),
    }
    .finding()
}

fn suppression(justification: &str) -> Suppression {
    let justification = visible(justification).into_owned();
    Suppression {
        kind: "external",
        status: "accepted",
        justification,
    }
}

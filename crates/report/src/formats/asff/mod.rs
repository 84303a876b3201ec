//! `asff/<account>/0001.json` and on: findings for AWS Security Hub CSPM, in the AWS Security Finding Format.
//!
//! Each file is the input of one call of `aws securityhub batch-import-findings --findings file://...`. Security
//! Hub CSPM accepts findings about an account only from that account, so each account has its own files, and
//! changes to several accounts are in the files of each of them. There is no `Compliance` field: no finding is a
//! check against a standard.

mod form;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use self::form::{
    AsffFinding, AsffRemediation, AsffResource, AsffSeverity, AsffText, DESCRIPTION, FIELD, MEND,
    ProviderFields, RESOURCES, TITLE, Workflow, fitted, fitted_id,
};
use super::account_view::AccountChange;
use super::finding_state::FindingState;
use super::since::Earlier;
use super::{AccountView, Format, Part, Read, key, reserve, say, weight};
use leastwise_core::arn::Arn;
use leastwise_core::decide::{Grade, PrincipalStatus};
use leastwise_core::inventory::PrincipalKind;
use leastwise_core::report::words::PROVEN;
use leastwise_core::report::{AccountReport, IdleCredential, PrincipalRow, Recommendation, Removal, Report};

/// Maximum number of findings in one call.
const MOST: usize = 100;

/// Maximum size of one call in bytes; Security Hub CSPM accepts 6 MB.
const LONGEST: usize = 5_000_000;

/// A class of findings, named as IAM Access Analyzer names it in Security Hub.
const UNUSED_PERMISSION: &str =
    "Software and Configuration Checks/AWS Security Best Practices/Unused Permission";
const UNUSED_ROLE: &str = "Software and Configuration Checks/AWS Security Best Practices/Unused IAM Role";
const UNUSED_USER: &str = "Software and Configuration Checks/AWS Security Best Practices/Unused IAM User";
const UNUSED_KEY: &str =
    "Software and Configuration Checks/AWS Security Best Practices/Unused IAM User Access Key";
const UNUSED_PASSWORD: &str =
    "Software and Configuration Checks/AWS Security Best Practices/Unused IAM User Password";

/// The ASFF format.
#[derive(Debug, Clone, Default)]
pub struct Asff {
    earlier: Option<Arc<Earlier>>,
}

impl Asff {
    /// The earlier report, if there is one. Its resolved findings are archived.
    pub fn since(earlier: Option<Arc<Earlier>>) -> Self {
        Self { earlier }
    }
}

impl Format for Asff {
    fn account(&self, view: &AccountView<'_>, _read: &Read<'_>) -> Vec<Part> {
        let (report, account) = (view.report, view.account);
        let now = of_account(view);
        let all = match &self.earlier {
            None => now,
            Some(earlier) => {
                let before = earlier.account(&account.summary.id);
                let before = before.map(|it| of_account(&AccountView::of(earlier.report(), &it)));
                let judged = earlier.judged(report, Some(account), now, before.unwrap_or_default());
                let today = day(report, account);
                judged
                    .into_iter()
                    .map(|(state, finding)| finding.with(state, &today))
                    .collect()
            }
        };
        files(&account.summary.id, &all)
    }
}

/// One file for each call.
fn files(account: &str, findings: &[AsffFinding]) -> Vec<Part> {
    let mut calls: Vec<Vec<String>> = Vec::new();
    let mut length = 0;
    for text in findings.iter().map(super::json) {
        match calls
            .last_mut()
            .filter(|call| call.len() < MOST && length + text.len() < LONGEST)
        {
            Some(call) => {
                length += text.len();
                call.push(text);
            }
            None => {
                length = text.len();
                calls.push(vec![text]);
            }
        }
    }
    let file = |(number, call): (usize, Vec<String>)| {
        Part::text(
            &format!("asff/{account}/{number:04}.json"),
            format!("[\n{}\n]\n", call.join(",\n")),
        )
    };
    (1..).zip(calls).map(file).collect()
}

fn of_account(view: &AccountView<'_>) -> Vec<AsffFinding> {
    let (report, account) = (view.report, view.account);
    let told = Teller { report, account };
    let mut found = Vec::new();
    for principal in &account.principals {
        if principal.status == PrincipalStatus::UnusedPrincipal {
            found.push(told.unused(principal));
        }
        found.extend(
            principal
                .unused_access_keys
                .iter()
                .map(|key| told.idle(principal, key)),
        );
        found.extend(
            principal
                .unused_password
                .iter()
                .map(|password| told.idle(principal, password)),
        );
    }
    // Changes to several accounts that affect this one.
    let is_here = |change: &&AccountChange<'_>| change.share.is_none_or(|it| !it.here.principals.is_empty());
    found.extend(
        view.changes
            .iter()
            .filter(is_here)
            .map(|change| told.change(change.it, change.removal)),
    );
    found
}

/// Date of the account's usage data; without one, the date of the catalog.
fn day(report: &Report, account: &AccountReport) -> String {
    let evaluated = account
        .summary
        .evidence
        .evaluated
        .as_deref()
        .and_then(|day| day.parse::<Timestamp>().ok());
    let day = evaluated
        .or_else(|| report.catalog.updated.parse().ok())
        .unwrap_or_default();
    day.to_string()
}

/// Region to import the findings in: that of the analyzer, or else that of IAM.
fn region<'r>(report: &'r Report, account: &'r AccountReport) -> &'r str {
    let analyzer = account.summary.evidence.analyzer.as_deref();
    let of_analyzer = analyzer
        .map(|arn| Arn::of(arn).region)
        .filter(|it| !it.is_empty());
    of_analyzer.unwrap_or(match report.partition.as_str() {
        "aws-us-gov" => "us-gov-west-1",
        "aws-cn" => "cn-north-1",
        _ => "us-east-1",
    })
}

fn label(grade: Grade) -> &'static str {
    match grade {
        Grade::None => "INFORMATIONAL",
        Grade::Low => "LOW",
        Grade::Medium => "MEDIUM",
        Grade::High => "HIGH",
        Grade::Critical => "CRITICAL",
    }
}

/// How to fix it, in fewer words if the full text would be cut.
fn mend(change: &Recommendation) -> String {
    let mend = change.how_to_fix();
    if mend.chars().count() <= MEND {
        return mend;
    }
    let (policies, after) = (change.creates.len(), &change.files.after);
    format!("Replace this policy with the {policies} policies whose documents are in {after} in the report.")
}

/// The parts in which findings differ.
struct FindingParts<'t> {
    uid: String,
    principal: Option<&'t str>,
    rule: &'t str,
    kind: &'static str,
    grade: Grade,
    title: String,
    description: String,
    mend: String,
    fields: BTreeMap<&'static str, String>,
    resources: Vec<(&'static str, &'t str)>,
}

/// The account that reports a finding.
struct Teller<'r> {
    report: &'r Report,
    account: &'r AccountReport,
}

impl Teller<'_> {
    fn finding(&self, told: FindingParts<'_>) -> AsffFinding {
        let (partition, id) = (&self.report.partition, &self.account.summary.id);
        let region = region(self.report, self.account);
        let day = day(self.report, self.account);
        let severity = AsffSeverity {
            label: label(told.grade),
        };
        let resource = |(r#type, id): (&'static str, &str)| AsffResource {
            r#type,
            id: fitted_id(id),
            partition: partition.clone(),
        };
        AsffFinding {
            id: fitted_id(&format!("leastwise/{id}/{}", told.uid)),
            uid: told.uid,
            principal: told.principal.map(str::to_owned),
            schema_version: "2018-10-08",
            product_arn: format!("arn:{partition}:securityhub:{region}:{id}:product/{id}/default"),
            product_name: "leastwise",
            generator_id: format!("leastwise/{}", told.rule),
            aws_account_id: id.clone(),
            types: [told.kind],
            created_at: day.clone(),
            updated_at: day.clone(),
            last_observed_at: day,
            severity,
            title: fitted(&told.title, TITLE),
            description: fitted(&told.description, DESCRIPTION),
            remediation: AsffRemediation {
                recommendation: AsffText {
                    text: fitted(&told.mend, MEND),
                    url: say::page(self.report, told.rule),
                },
            },
            product_fields: told
                .fields
                .into_iter()
                .map(|(key, text)| (key, fitted(&text, FIELD)))
                .collect(),
            resources: told.resources.into_iter().take(RESOURCES).map(resource).collect(),
            workflow: Workflow { status: "NEW" },
            record_state: "ACTIVE",
            finding_provider_fields: ProviderFields {
                severity,
                types: [told.kind],
            },
        }
    }

    /// For a change to several accounts, each account reports what its own principals lose.
    fn change(&self, change: &Recommendation, taken: Removal) -> AsffFinding {
        let id = &self.account.summary.id;
        let (removed, kept) = (change.proof.removed, change.proof.kept);
        let policy = change.policy_arn.iter().map(|arn| ("AwsIamPolicy", arn.as_str()));
        let here = change.reaches.iter().filter(|arn| Arn::of(arn).account == *id);
        let principals = here.map(|arn| {
            (
                if Arn::of(arn).is_user() {
                    "AwsIamUser"
                } else {
                    "AwsIamRole"
                },
                arn.as_str(),
            )
        });
        let mut resources: Vec<_> = policy.chain(principals).collect();
        if resources.is_empty() {
            resources.push(("Other", &change.id));
        }
        let rule = format!("policy-{}", change.action.name());
        self.finding(FindingParts {
            uid: key::of_policy(&change.id),
            principal: None,
            rule: &rule,
            kind: UNUSED_PERMISSION,
            grade: weight::of_change(change),
            title: say::change_of(change, Some(&say::account(&self.account.summary)), &str::to_owned),
            description: format!("{} {PROVEN}", say::finding(change)),
            mend: mend(change),
            fields: BTreeMap::from([
                ("leastwise/action", change.action.name().to_owned()),
                ("leastwise/after", change.files.after.clone()),
                ("leastwise/confidence", change.confidence.level.to_string()),
                ("leastwise/actionsKept", kept.to_string()),
                ("leastwise/actionsRemoved", removed.to_string()),
                ("leastwise/permissionsRemoved", taken.permissions.to_string()),
                ("leastwise/reaches", change.reaches.len().to_string()),
                ("leastwise/recommendation", change.id.clone()),
                ("leastwise/riskRemoved", taken.risk.to_string()),
            ]),
            resources,
        })
    }

    fn unused(&self, principal: &PrincipalRow) -> AsffFinding {
        let (kind, r#type) = match principal.kind {
            PrincipalKind::User => (UNUSED_USER, "AwsIamUser"),
            PrincipalKind::Role => (UNUSED_ROLE, "AwsIamRole"),
        };
        let trust = principal
            .trust
            .as_ref()
            .map(|trust| format!(" It {}.", trust.why))
            .unwrap_or_default();
        self.finding(FindingParts {
            uid: key::of_principal("unused-principal", &principal.arn),
            principal: Some(&principal.arn),
            rule: "unused-principal",
            kind,
            grade: weight::of_unused(principal),
            title: format!(
                "Unused {} {} in {}",
                principal.kind,
                principal.name,
                say::account(&self.account.summary)
            ),
            description: format!("{} {}: {}.{trust}", principal.kind, principal.name, principal.why),
            mend: reserve::advice(principal).to_owned(),
            fields: BTreeMap::from([
                ("leastwise/granted", principal.effect.granted.to_string()),
                ("leastwise/principal", principal.arn.clone()),
                ("leastwise/risk", principal.effect.risk.before.to_string()),
            ]),
            resources: vec![(r#type, &principal.arn)],
        })
    }

    fn idle(&self, principal: &PrincipalRow, credential: &IdleCredential) -> AsffFinding {
        let since = say::last_used(credential);
        let place = say::account(&self.account.summary);
        let (rule, kind, what, suffix) = match &credential.access_key_id {
            Some(key) => (
                "unused-access-key",
                UNUSED_KEY,
                format!("access key {key}"),
                format!("/{key}"),
            ),
            None => (
                "unused-password",
                UNUSED_PASSWORD,
                "console password".to_owned(),
                String::new(),
            ),
        };
        let mend = reserve::about_credential(principal, credential.access_key_id.is_some());
        self.finding(FindingParts {
            uid: format!("{}{suffix}", key::of_principal(rule, &principal.arn)),
            principal: Some(&principal.arn),
            rule,
            kind,
            grade: weight::of_credential(principal),
            title: format!("Unused {what} of user {} in {place}", principal.name),
            description: format!("User {} in {place}: {what}, {since}.", principal.name),
            mend: mend.to_owned(),
            fields: BTreeMap::from([("leastwise/principal", principal.arn.clone())]),
            resources: vec![("AwsIamUser", &principal.arn)],
        })
    }
}

impl super::since::TrackedFinding for AsffFinding {
    fn uid(&self) -> &str {
        &self.uid
    }

    fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// Compares only whether the finding is still there.
    fn substance(&self) -> String {
        String::new()
    }
}

impl AsffFinding {
    fn with(mut self, state: FindingState, today: &str) -> Self {
        if state == FindingState::Absent {
            self.record_state = "ARCHIVED";
            today.clone_into(&mut self.updated_at);
        }
        self
    }
}

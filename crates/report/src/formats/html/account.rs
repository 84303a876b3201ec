//! `accounts/<id>.html`: the full page of one account.

use std::collections::BTreeMap;

use askama::Template;

use super::change::{Change, alternative, levels, principal};
use super::console::{self, Step};
use super::text::{self, Content, Link, anchor, change_anchor, count, counted};
use super::{Html, PAGE_SCRIPT, STYLE, guard, sentence, severity, words};
use crate::formats::changes::Steps;
use crate::formats::{AccountView, Read, reserve};
use crate::formats::{say, weight};
use leastwise_core::decide::{Grade, Level, PrincipalStatus};
use leastwise_core::report::{
    AccountReport, AccountSummary, Coverage, EvidenceKind, LeftAlone, PolicyRow, PolicyState, PrincipalRow,
    Recommendation, Report,
};

/// The page of one account.
#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage<'r> {
    csp: String,
    style: &'static str,
    script: &'static str,
    account: &'r AccountReport,
    report: &'r Report,
    failures: Vec<String>,
    /// Principals with something to do, then the others.
    to_do: Vec<PrincipalCard<'r>>,
    principals: Vec<PrincipalCard<'r>>,
    changes: Vec<Change<'r>>,
    /// Changes to several accounts that also apply to this one.
    shared: Vec<Link>,
    alternatives: Vec<Change<'r>>,
    left_alone: Vec<Left<'r>>,
}

/// A principal.
struct PrincipalCard<'r> {
    row: &'r PrincipalRow,
    anchor: String,
    policies: Vec<&'r PolicyRow>,
    changes: Vec<Advice>,
    remains: Vec<(&'r str, &'r str, String)>,
    /// For an unused principal: the exception to add. For apparent emergency access, with the reason.
    exception: Option<String>,
    owner: Option<&'r str>,
    console: Option<Link>,
    /// For an unused principal that can be deleted: how to retire it.
    steps: Vec<Step>,
    /// What to do instead, if IAM cannot change it.
    elsewhere: Option<&'static str>,
    /// Its unused credentials, and how to retire each one.
    credentials: Vec<(String, Vec<Step>)>,
}

impl PrincipalCard<'_> {
    /// Whether there is something to do about the principal itself, not about its policies.
    fn is_to_do(&self) -> bool {
        self.is_unused() || !self.credentials.is_empty()
    }

    fn is_unused(&self) -> bool {
        self.row.status == PrincipalStatus::UnusedPrincipal
    }

    /// What to do, or the status.
    fn title(&self) -> String {
        if self.is_unused() {
            let held: Vec<&str> = self.policies.iter().map(|it| it.name.as_str()).collect();
            return say::unused(self.row, &held, &str::to_owned);
        }
        if self.credentials.is_empty() {
            format!("{} {}", text::capital(self.row.kind.name()), self.row.name)
        } else {
            say::credentials(self.row, &str::to_owned)
        }
    }

    fn status(&self) -> &'static str {
        self.row.status.title()
    }

    fn word(&self) -> &'static str {
        self.grade().title()
    }

    fn grade(&self) -> Grade {
        weight::of_principal(self.row)
    }

    fn class(&self) -> String {
        severity::class(self.grade())
    }
}

/// A change that affects a principal.
struct Advice {
    link: Link,
    confidence: Level,
    is_ready: bool,
}

/// A policy that is not changed.
struct Left<'r> {
    it: &'r LeftAlone,
    reaches: Vec<Link>,
    blockers: Vec<Link>,
    alternative: Option<String>,
}

impl<'r> AccountPage<'r> {
    pub(super) fn new(html: &Html, view: &AccountView<'r>, read: &Read<'_>) -> Self {
        let (report, account) = (view.report, view.account);
        let by_id: BTreeMap<&str, &PolicyRow> =
            account.policies.iter().map(|it| (it.id.as_str(), it)).collect();
        let own = account
            .recommendations
            .iter()
            .map(|it| (it.id.as_str(), (it, "")));
        let shared = report
            .recommendations
            .iter()
            .map(|it| (it.id.as_str(), (it, "../families.html")));
        let advice: BTreeMap<&str, _> = shared.chain(own).collect();
        let person = |row: &'r PrincipalRow| {
            PrincipalCard {
            row,
            anchor: anchor(row.kind.name(), &row.name),
            exception: (row.status == PrincipalStatus::UnusedPrincipal || row.emergency.is_some())
                .then(|| {
                    let id = &account.summary.id;
                    reserve::exception(row, id).or_else(|| reserve::keep(id, &[&row.name], None))
                })
                .flatten(),
            owner: html.owners.of(row),
            console: console::principal(&report.partition, &row.arn),
            steps: match (row.status, &row.emergency) {
                (PrincipalStatus::UnusedPrincipal, None) => console::retire(row, &account.summary.id),
                _ => Vec::new(),
            },
            elsewhere: console::instead(row).filter(|_| row.status == PrincipalStatus::UnusedPrincipal),
            credentials: row
                .unused_access_keys
                .iter()
                .chain(&row.unused_password)
                .map(|it| {
                    let steps = row
                        .emergency
                        .is_none()
                        .then(|| console::retire_credential(row, it, &account.summary.id));
                    (sentence::credential(it), steps.unwrap_or_default())
                })
                .collect(),
            policies: row
                .policies
                .iter()
                .filter_map(|id| by_id.get(id.as_str()).copied())
                .collect(),
            changes: row
                .recommendations
                .iter()
                .filter_map(|id| {
                    let (it, page) = advice.get(id.as_str())?;
                    Some(Advice {
                        link: Link {
                            href: format!("{page}#{}", change_anchor(id)),
                            label: say::change_of(it, None, &str::to_owned),
                        },
                        confidence: it.confidence.level,
                        is_ready: it.ready == Some(true),
                    })
                })
                .collect(),
            remains: row
                .effect
                .remains
                .iter()
                .map(|it| {
                    let name = by_id
                        .get(it.policy.as_str())
                        .map_or(it.policy.as_str(), |it| &it.name);
                    let why = match it.state {
                        PolicyState::Smaller | PolicyState::Family | PolicyState::PermissionSet => {
                            "still granted by the reduced policy, for example because another principal uses them"
                        }
                        state => state.title(),
                    };
                    (
                        name,
                        why,
                        text::counted(it.permissions, "unused permission"),
                    )
                })
                .collect(),
        }
        };
        let left = |it: &'r LeftAlone| Left {
            it,
            reaches: it.reaches.iter().map(|arn| principal(arn, "")).collect(),
            blockers: it.blockers.iter().map(|arn| principal(arn, "")).collect(),
            alternative: it.alternative.as_ref().map(alternative),
        };
        let owned = account
            .principals
            .iter()
            .filter_map(|row| Some((row.arn.as_str(), html.owners.of(row)?)));
        let owner_of: BTreeMap<&str, &str> = owned.collect();
        let change = |it: &'r Recommendation, instead: Option<usize>| {
            let reached = it
                .reaches
                .iter()
                .filter_map(|arn| owner_of.get(arn.as_str()).copied())
                .collect();
            Change::new(it, &report.catalog, "", instead, read)
                .of(all_owners(reached), &report.partition)
                .by(super::coverage::evidence(&account.summary.evidence))
        };
        let script = |it| html.scripts.then(|| Steps::of(view, it));
        let mut changes: Vec<Change<'r>> = view
            .own()
            .map(|own| change(own.it, None).run(script(own)))
            .collect();
        changes.sort_by_cached_key(Change::rank);
        let people = reserve::last(&account.principals).into_iter().map(person);
        let (to_do, principals) = people.partition(PrincipalCard::is_to_do);
        Self {
            csp: guard::policy(PAGE_SCRIPT, STYLE),
            style: STYLE,
            script: PAGE_SCRIPT,
            account,
            report,
            failures: super::coverage::failures(&account.summary),
            to_do,
            principals,
            changes,
            shared: view
                .shared()
                .map(|(change, _)| Link {
                    href: format!("../families.html#{}", change_anchor(&change.it.id)),
                    label: say::change_of(change.it, None, &str::to_owned),
                })
                .collect(),
            alternatives: account
                .alternatives
                .iter()
                .zip(1..)
                .map(|(it, at)| change(it, Some(at)))
                .collect(),
            left_alone: account.left_alone.iter().map(left).collect(),
        }
    }

    /// Estimated size in bytes.
    pub(super) fn expected(account: &AccountReport) -> usize {
        let (principals, changes) = (
            account.principals.len(),
            account.recommendations.len() + account.alternatives.len(),
        );
        32_000 + 2_000 * principals + 14_000 * changes
    }

    /// Why this page is incomplete.
    fn warning(&self) -> Option<String> {
        let summary = &self.account.summary;
        let told = match summary.coverage {
            Coverage::Failed => "This account could not be scanned, so nothing is known about it.",
            Coverage::Suspended => "This account is suspended or closed, and was skipped.",
            Coverage::Excluded => "The configuration excludes this account.",
            Coverage::Complete | Coverage::Partial if summary.is_blind() => {
                "There is no usage data for any role or user of this account, so nothing can be removed. Each one below says \
                 why."
            }
            Coverage::Complete | Coverage::Partial if self.has_no_finding() => {
                "The analyzer has no findings for this account. It may not cover the account, so this is no proof that \
                 everything is in use."
            }
            Coverage::Partial => "Parts of this account could not be read. Nothing is recommended for them.",
            Coverage::Complete => return None,
        };
        Some(told.to_owned())
    }

    fn has_no_finding(&self) -> bool {
        let AccountSummary {
            evidence, statuses, ..
        } = &self.account.summary;
        let without = statuses
            .get(&PrincipalStatus::NoFinding)
            .copied()
            .unwrap_or_default();
        evidence.source == EvidenceKind::Analyzer && evidence.findings == 0 && without > 0
    }

    /// Whether there is enough data to say that nothing needs to be done.
    fn is_known(&self) -> bool {
        self.warning().is_none()
    }

    /// The state of the account in one sentence.
    fn verdict(&self) -> String {
        let summary = &self.account.summary;
        let effect = &summary.effect;
        let granted = count(&effect.granted);
        match (self.change_count(), effect.unused) {
            (0, 0) => format!("{granted} permissions, none of them known to be unused."),
            (0, _) => format!(
                "{} of {granted} permissions are unused, and no change can remove them yet.",
                count(&effect.unused)
            ),
            (changes, _) => {
                let share = text::percent(effect.removed, effect.granted);
                format!(
                    "{} can remove {} of {granted} permissions ({share}) and lower the risk score from {} to {}.",
                    counted(changes, "proven change"),
                    count(&effect.removed),
                    count(&effect.risk_before),
                    count(&effect.risk_after),
                )
            }
        }
    }

    /// Number of changes, including those to several accounts.
    fn change_count(&self) -> usize {
        self.changes.len() + self.shared.len()
    }

    fn is_read(&self) -> bool {
        super::coverage::is_read(&self.account.summary)
    }

    fn nothing_to_change(&self) -> &'static str {
        if self.is_known() {
            "No policy of this account alone can be reduced."
        } else {
            "No change is known; the top of this page says why."
        }
    }

    /// The source of the usage data, as a sentence.
    fn evidence(&self) -> String {
        super::coverage::evidence(&self.account.summary.evidence)
    }
}

/// The owners of the affected principals, as one text.
fn all_owners(mut owners: Vec<&str>) -> Option<String> {
    owners.sort_unstable();
    owners.dedup();
    (!owners.is_empty()).then(|| owners.join(", "))
}

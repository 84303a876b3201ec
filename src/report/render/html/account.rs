//! `accounts/<id>.html`: one account, complete.

use std::collections::BTreeMap;

use askama::Template;

use super::change::{Change, Link, alternative, levels, principal};
use super::text::{self, anchor, change_anchor};
use super::{Html, PAGE_SCRIPT, STYLE, guard, words};
use crate::decide::{Level, PrincipalStatus};
use crate::report::render::{AccountView, Read, reserve};
use crate::report::whole::Report;
use crate::report::{
    AccountReport, AccountSummary, Coverage, EvidenceKind, IdleCredential, LeftAlone, PolicyRow, PrincipalRow,
};

/// The page of an account.
#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage<'r> {
    csp: String,
    style: &'static str,
    script: &'static str,
    account: &'r AccountReport,
    report: &'r Report,
    failures: Vec<String>,
    principals: Vec<Person<'r>>,
    changes: Vec<Change<'r>>,
    alternatives: Vec<Change<'r>>,
    left_alone: Vec<Left<'r>>,
}

/// A principal.
struct Person<'r> {
    row: &'r PrincipalRow,
    anchor: String,
    policies: Vec<&'r PolicyRow>,
    changes: Vec<Advice>,
    remains: Vec<(&'r str, &'r str, String)>,
    /// The exception to add, where it is idle and looks as if it were kept for emergencies.
    exception: Option<String>,
}

/// A change that reaches a principal.
struct Advice {
    link: Link,
    action: &'static str,
    confidence: Level,
    is_ready: bool,
}

/// A policy that stays.
struct Left<'r> {
    it: &'r LeftAlone,
    reaches: Vec<Link>,
    blockers: Vec<Link>,
    alternative: Option<String>,
}

impl<'r> AccountPage<'r> {
    pub(super) fn new(html: Html, view: &AccountView<'r>, read: &Read<'_>) -> Self {
        let (report, account) = (view.report, view.account);
        let by_id: BTreeMap<&str, &PolicyRow> =
            account.policies.iter().map(|it| (it.id.as_str(), it)).collect();
        let own = account.recommendations.iter().map(|it| (it.id.as_str(), (it, "")));
        let shared = report.recommendations.iter().map(|it| (it.id.as_str(), (it, "../families.html")));
        let advice: BTreeMap<&str, _> = shared.chain(own).collect();
        let person = |row: &'r PrincipalRow| Person {
            row,
            anchor: anchor(row.kind.name(), &row.name),
            exception: (row.status == PrincipalStatus::UnusedPrincipal)
                .then(|| reserve::exception(row, &account.summary.id))
                .flatten(),
            policies: row.policies.iter().filter_map(|id| by_id.get(id.as_str()).copied()).collect(),
            changes: row
                .recommendations
                .iter()
                .filter_map(|id| {
                    let (it, page) = advice.get(id.as_str())?;
                    Some(Advice {
                        link: Link {
                            href: format!("{page}#{}", change_anchor(id)),
                            label: format!("{} of {} {}", it.policy, it.holder_kind, it.holder),
                        },
                        action: it.action.name(),
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
                    let name = by_id.get(it.policy.as_str()).map_or(it.policy.as_str(), |it| &it.name);
                    (name, it.state.title(), text::counted(it.permissions, "unused permission"))
                })
                .collect(),
        };
        let left = |it: &'r LeftAlone| Left {
            it,
            reaches: it.reaches.iter().map(|arn| principal(arn, "")).collect(),
            blockers: it.blockers.iter().map(|arn| principal(arn, "")).collect(),
            alternative: it.alternative.as_ref().map(alternative),
        };
        let change = |it, instead| {
            let evidence = super::index::evidence(&account.summary.evidence);
            Change::new(it, &report.catalog, "", instead, read).by(evidence)
        };
        let script = |it| html.scripts.then(|| super::super::changes::command(view, it));
        Self {
            csp: guard::policy(PAGE_SCRIPT, STYLE),
            style: STYLE,
            script: PAGE_SCRIPT,
            account,
            report,
            failures: super::index::failures(&account.summary.failures),
            principals: reserve::last(&account.principals).into_iter().map(person).collect(),
            changes: view.own().map(|it| change(it.it, None).run(script(it))).collect(),
            alternatives: account.alternatives.iter().zip(1..).map(|(it, at)| change(it, Some(at))).collect(),
            left_alone: account.left_alone.iter().map(left).collect(),
        }
    }

    /// About how many bytes it will have.
    pub(super) fn expected(account: &AccountReport) -> usize {
        let (principals, changes) =
            (account.principals.len(), account.recommendations.len() + account.alternatives.len());
        32_000 + 2_000 * principals + 14_000 * changes
    }

    /// What keeps this page from telling all that there is to tell.
    fn warning(&self) -> Option<String> {
        let summary = &self.account.summary;
        let told = match summary.coverage {
            Coverage::Failed => {
                "This account could not be read, so this page cannot say whether it is in order."
            }
            Coverage::Suspended => "This account is suspended or closed. It was not read.",
            Coverage::Excluded => "The config leaves this account out. It was not read.",
            Coverage::Complete | Coverage::Partial if summary.is_blind() => {
                "There is no evidence about any role or user in this account, so nothing can be removed. Each one below says \
                 why."
            }
            Coverage::Complete | Coverage::Partial if self.has_no_finding() => {
                "The analyzer has no findings for this account. It may not be analyzing it, so this does not prove that \
                 everything is in use."
            }
            Coverage::Partial => {
                "Parts of this account could not be read; they are listed below, and nothing is recommended for them."
            }
            Coverage::Complete => return None,
        };
        Some(told.to_owned())
    }

    fn has_no_finding(&self) -> bool {
        let AccountSummary { evidence, statuses, .. } = &self.account.summary;
        let without = statuses.get(&PrincipalStatus::NoFinding).copied().unwrap_or_default();
        evidence.source == EvidenceKind::Analyzer && evidence.findings == 0 && without > 0
    }

    /// Whether what is known of the account is enough to say that there is nothing to do.
    fn is_known(&self) -> bool {
        self.warning().is_none()
    }

    fn nobody(&self) -> &'static str {
        if self.is_known() { "There is none." } else { "None is known." }
    }

    fn nothing_to_change(&self) -> &'static str {
        match self.is_known() {
            true => "No policy of this account alone can be smaller.",
            false => "None; the top of this page says why.",
        }
    }

    fn nothing_left(&self) -> &'static str {
        match self.is_known() {
            true => "No policy stays that somebody does not use all of.",
            false => "None is known.",
        }
    }

    /// The evidence, in a sentence.
    fn evidence(&self) -> String {
        super::index::evidence(&self.account.summary.evidence)
    }
}

/// An idle credential, in a sentence.
fn idle(it: &IdleCredential) -> String {
    let what = it.access_key_id.as_deref().map_or("password".to_owned(), |id| format!("access key {id}"));
    match &it.last_accessed {
        Some(last) => format!("{what}, last used on {}", text::day(last)),
        None => format!("{what}, never used as far as AWS remembers"),
    }
}

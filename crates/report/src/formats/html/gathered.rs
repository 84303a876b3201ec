//! Data of the index page that combines all accounts: what to do first, who has to act, what AWS does not track.
//!
//! Accounts arrive in any order and several at a time, so nothing here may depend on their order, and only the
//! first entries of each list are kept.

use std::collections::{BTreeMap, BTreeSet};

use super::owners::Owners;
use super::text::{account_page, anchor, change_anchor, counted, date};
use super::{sentence, severity};
use crate::formats::start::{Head, Rank, Start};
use crate::formats::{say, weight};
use leastwise_core::decide::{Grade, HolderKind, Level, PrincipalStatus, Severity};
use leastwise_core::report::{
    AccountReport, AccountSummary, Lookup, PrincipalRow, Recommendation, Report, Status,
};

/// Maximum number of new changes to name.
const NEW: usize = 5;

/// Data of all accounts.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    start: Start<StartEntry>,
    new: Head<StartEntry>,
    /// Services of which changes remove individual actions.
    pub(super) services: BTreeSet<String>,
    /// Number of permissions that AWS does not track, in services with no recorded call.
    pub(super) untracked: usize,
    /// Number of permissions of principals without usage data.
    pub(super) unknown: usize,
    /// Number of users with unused credentials.
    pub(super) with_credentials: usize,
    /// Principals by owner; `None` is those without one.
    pub(super) owners: BTreeMap<Option<String>, ActorShare>,
    /// The owners of the principals that each change for several accounts affects, by index of the change.
    of_families: BTreeMap<usize, BTreeSet<Option<String>>>,
    /// How many of an account's own changes are ready, which its summary does not say.
    pub(super) ready: BTreeMap<String, usize>,
}

/// What one owner, account or organizational unit has to do.
#[derive(Debug, Clone, Default)]
pub(super) struct ActorShare {
    pub(super) principals: usize,
    changes: usize,
    ready: usize,
    /// Positions of changes to several accounts.
    families: BTreeSet<usize>,
    pub(super) unused: usize,
    pub(super) credentials: usize,
    pub(super) risk_before: u64,
    pub(super) risk_after: u64,
}

impl ActorShare {
    /// Of an account: its own changes, those of them that are ready, and the changes of many accounts that reach it.
    pub(super) fn of_account(account: &AccountSummary, ready: usize, families: BTreeSet<usize>) -> Self {
        let unused = account
            .statuses
            .get(&PrincipalStatus::UnusedPrincipal)
            .copied()
            .unwrap_or_default();
        Self {
            principals: account.principals,
            changes: account.recommendations,
            ready,
            families,
            unused,
            credentials: account.credentials,
            risk_before: account.effect.risk_before,
            risk_after: account.effect.risk_after,
        }
    }

    /// Adds another's.
    pub(super) fn add(&mut self, other: Self) {
        self.principals += other.principals;
        self.changes += other.changes;
        self.ready += other.ready;
        self.families.extend(other.families);
        self.unused += other.unused;
        self.credentials += other.credentials;
        self.risk_before += other.risk_before;
        self.risk_after += other.risk_after;
    }

    /// Whether there is anything to do.
    pub(super) fn has_work(&self) -> bool {
        self.changes() + self.unused + self.credentials > 0
    }

    /// All changes that affect its principals.
    pub(super) fn changes(&self) -> usize {
        self.changes + self.families.len()
    }

    /// Number of ready changes among them.
    pub(super) fn ready(&self, report: &Report) -> usize {
        let is_ready = |at: &&usize| {
            report
                .recommendations
                .get(**at)
                .is_some_and(|it| it.ready == Some(true))
        };
        self.ready + self.families.iter().filter(is_ready).count()
    }
}

/// An entry of the list of what to do first.
#[derive(Debug, Clone)]
pub(super) struct StartEntry {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) account: String,
    pub(super) owner: Option<String>,
    pub(super) grade: Grade,
    /// Why it matters, in a few words.
    pub(super) reason: String,
    /// Confidence; unused principals have none.
    pub(super) confidence: Option<Level>,
    pub(super) affects: String,
    pub(super) risk: u64,
    /// Whether it looks like emergency access, so that its owner must be asked first.
    pub(super) ask: bool,
}

impl StartEntry {
    /// Severity, as a word.
    pub(super) fn word(&self) -> &'static str {
        self.grade.title()
    }

    /// CSS class of the severity.
    pub(super) fn class(&self) -> String {
        severity::class(self.grade)
    }
}

impl Gathered {
    /// Adds an account.
    pub(super) fn add(&mut self, report: &Report, account: &AccountReport, owners: &Owners) {
        let id = &account.summary.id;
        let of: BTreeMap<&str, Option<String>> = account
            .principals
            .iter()
            .map(|row| (row.arn.as_str(), owners.of(row).map(str::to_owned)))
            .collect();
        for it in &account.recommendations {
            let reached: BTreeSet<&Option<String>> =
                it.reaches.iter().filter_map(|arn| of.get(arn.as_str())).collect();
            for owner in &reached {
                let share = self.owners.entry((*owner).clone()).or_default();
                share.changes += 1;
                share.ready += usize::from(it.ready == Some(true));
            }
            *self.ready.entry(id.clone()).or_default() += usize::from(it.ready == Some(true));
            let page = format!("accounts/{}#{}", account_page(id), change_anchor(&it.id));
            let entry = of_change(it, page, &account.summary.name, joined(&reached));
            self.change(it, entry);
        }
        for (at, it) in report.recommendations.iter().enumerate() {
            for owner in it.reaches.iter().filter_map(|arn| of.get(arn.as_str())) {
                self.owners.entry(owner.clone()).or_default().families.insert(at);
                self.of_families.entry(at).or_default().insert(owner.clone());
            }
        }
        let lookup = Lookup::of(report, account);
        for row in &account.principals {
            self.principal(
                row,
                account,
                &lookup,
                of.get(row.arn.as_str()).and_then(Option::as_deref),
            );
        }
    }

    fn principal(
        &mut self,
        row: &PrincipalRow,
        account: &AccountReport,
        lookup: &Lookup<'_>,
        owner: Option<&str>,
    ) {
        let owner = owner.map(str::to_owned);
        let share = self.owners.entry(owner.clone()).or_default();
        share.principals += 1;
        share.unused += usize::from(row.status == PrincipalStatus::UnusedPrincipal);
        share.credentials += row.credentials();
        share.risk_before += row.effect.risk.before;
        share.risk_after += row.effect.risk.after;
        let used = row.effect.granted.saturating_sub(row.effect.unused);
        if sentence::NOT_COVERED.contains(&row.status) {
            self.unknown += used;
        } else {
            // Of one that uses nothing, what is not tracked is unused as well.
            self.untracked += row.effect.unobserved.len().min(used);
        }
        let entry = |title, grade, reason, risk| StartEntry {
            title,
            href: format!(
                "accounts/{}#{}",
                account_page(&account.summary.id),
                anchor(row.kind.name(), &row.name)
            ),
            account: account.summary.name.clone(),
            owner: owner.clone(),
            grade,
            reason,
            confidence: None,
            affects: last_used(row),
            risk,
            ask: row.emergency.is_some(),
        };
        if row.status == PrincipalStatus::UnusedPrincipal {
            let held: Vec<&str> = lookup.held_by(row).iter().map(|it| it.name.as_str()).collect();
            let is_open = row.trust.as_ref().is_some_and(|trust| trust.open);
            let reason = match (&row.emergency, is_open) {
                (Some(_), _) => "Looks like emergency access: ask first".to_owned(),
                (None, true) => "Can be assumed from outside the organisation".to_owned(),
                (None, false) => "No use in the window".to_owned(),
            };
            let title = say::unused(row, &held, &str::to_owned);
            let entry = entry(title, weight::of_unused(row), reason, row.effect.risk.before);
            self.start.unused(row, entry);
        }
        if row.credentials() > 0 {
            self.with_credentials += 1;
            let reason = match &row.emergency {
                Some(_) => "Looks like emergency access: ask first".to_owned(),
                None => "Long-lived credential without recorded use".to_owned(),
            };
            let title = say::credentials(row, &str::to_owned);
            let entry = entry(title, weight::of_credential(row), reason, 0);
            self.start.credentials(row, entry);
        }
    }

    /// Adds changes to several accounts, after all accounts.
    pub(super) fn add_shared(&mut self, report: &Report) {
        let none = BTreeSet::new();
        for (at, it) in report.recommendations.iter().enumerate() {
            let accounts = report
                .families
                .iter()
                .find(|family| family.recommendation.as_ref() == Some(&it.id));
            let accounts = accounts.map_or(0, |family| family.accounts.len());
            let owners: BTreeSet<&Option<String>> =
                self.of_families.get(&at).unwrap_or(&none).iter().collect();
            let page = format!("families.html#{}", change_anchor(&it.id));
            let place = counted(accounts, "account");
            let entry = of_change(it, page, &place, joined(&owners));
            self.change(it, entry);
        }
    }

    fn change(&mut self, it: &Recommendation, entry: StartEntry) {
        let named = it.unused.iter().filter(|it| it.actions.is_some());
        self.services.extend(named.map(|it| it.service_namespace.clone()));
        if it
            .since
            .is_some_and(|since| matches!(since, Status::New | Status::Reopened | Status::Regressed))
        {
            self.new.keep(Rank::of_change(it), entry.clone(), NEW);
        }
        self.start.change(it, entry);
    }

    /// What to do first, across all kinds.
    pub(super) fn first(&self) -> Vec<&StartEntry> {
        self.start.first()
    }

    /// The worst of the findings that are new since the earlier report.
    pub(super) fn newest(&self) -> Vec<&StartEntry> {
        self.new.items().collect()
    }
}

/// The owners of a change, as one text.
fn joined(owners: &BTreeSet<&Option<String>>) -> Option<String> {
    let named: Vec<&String> = owners.iter().filter_map(|it| it.as_ref()).collect();
    match named.as_slice() {
        [] => None,
        [one] => Some((*one).clone()),
        [one, rest @ ..] => Some(format!("{one} and {} more", rest.len())),
    }
}

fn of_change(it: &Recommendation, href: String, name: &str, owner: Option<String>) -> StartEntry {
    StartEntry {
        title: say::change_of(it, None, &str::to_owned),
        href,
        account: name.to_owned(),
        owner,
        grade: weight::of_change(it),
        reason: reason(it),
        confidence: Some(it.confidence.level),
        affects: counted(it.reaches.len() + it.others, "principal"),
        risk: it.impact.risk,
        ask: false,
    }
}

/// Why a change matters, in a few words.
pub(super) fn reason(it: &Recommendation) -> String {
    let paths = it.impact.escalations.len();
    if paths > 0 {
        return format!("Closes {}", counted(paths, "escalation path"));
    }
    if it.holder_kind == HolderKind::PermissionSet {
        return "Reduces a permission set".to_owned();
    }
    match it.impact.severity {
        Severity::Administrator | Severity::Escalation => "Removes a way to escalate".to_owned(),
        Severity::DataExposure => "Removes sharing of resources, or access to secrets".to_owned(),
        Severity::Write => "Removes write access".to_owned(),
        Severity::Read => "Removes read access".to_owned(),
        Severity::None => "No effect today: already blocked".to_owned(),
    }
}

fn last_used(row: &PrincipalRow) -> String {
    match &row.last_used {
        Some(at) => format!("Last used {}", date(at)),
        None => "No recorded use".to_owned(),
    }
}

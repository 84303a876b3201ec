//! Actions that are used from time to time: unused, then in use, then unused again.
//!
//! The two reports of an account are compared while it is in memory, and `history.json` remembers only what came
//! into use. The unused actions of all principals are never in memory for two reports.

use super::night::{HistoryRow, Night};
use super::used::{Used, most};
use leastwise_core::report::{AccountReport, Recommendation, Report, Status, UnusedService};

/// One of two reports, with the account that is looked at.
#[derive(Debug)]
pub struct ReportSide<'r> {
    /// In short.
    pub night: &'r Night,
    /// The whole.
    pub report: &'r Report,
    /// The account, if it is at hand.
    pub account: Option<&'r AccountReport>,
}

impl<'r> ReportSide<'r> {
    /// What its advice takes as unused, if it gives any.
    fn unused(&self, row: &HistoryRow) -> Option<&'r [UnusedService]> {
        let id = self.night.said.get(&row.key)?.change.as_ref()?;
        let is_it = |it: &&Recommendation| it.id == *id;
        let own = self
            .account
            .and_then(|account| account.recommendations.iter().find(is_it));
        own.or_else(|| self.report.recommendations.iter().find(is_it))
            .map(|it| it.unused.as_slice())
    }

    /// Unused actions, if known: those of the recommendation, or none.
    fn known_unused(&self, row: &HistoryRow) -> Option<&'r [UnusedService]> {
        let is_settled = self.night.said.get(&row.key).is_some_and(|said| said.settled);
        let is_whole = self.night.whole.contains(&row.key.account);
        self.unused(row).or((is_settled && is_whole).then_some(&[]))
    }
}

/// Whether a row may show that an action came into use, so that the earlier account has to be looked at.
pub fn may_show_use(old: &Night, new: &Night, row: &HistoryRow) -> bool {
    let moved = matches!(
        row.past.status,
        Status::Changed | Status::Regressed | Status::Resolved
    );
    let Some((before, now)) = old
        .said
        .get(&row.key)
        .zip(new.said.get(&row.key))
        .filter(|_| moved)
    else {
        return false;
    };
    // What is no longer granted is not in use, nor is what another way of sharing a policy leaves.
    let is_granted = now.granted >= before.granted;
    // Actions kept by a rule or for another principal with the policy are still unused, but not listed by
    // name. So if more is kept than before, nothing counts as used in this run.
    let is_spared = now.remains > before.remains;
    // Of another document it is not known what it no longer grants, however much it grants.
    let is_it = now.change == before.change && now.document == before.document;
    let is_alike = before.change.is_some() && (now.change.is_none() || is_it);
    let is_whole = |night: &Night| night.whole.contains(&row.key.account);
    is_granted && !is_spared && is_alike && is_whole(old) && is_whole(new)
}

/// Adds to a row which actions came into use, and which of those that did are unused again.
pub fn remember(row: &mut HistoryRow, old: &ReportSide<'_>, new: &ReportSide<'_>) {
    let now = new.unused(row);
    if row.past.used.is_empty() && !may_show_use(old.night, new.night, row) {
        return;
    }
    let today = new.night.day(&row.key.account);
    if let Some((before, today)) = old.unused(row).zip(today)
        && may_show_use(old.night, new.night, row)
    {
        for action in before
            .iter()
            .flat_map(names)
            .filter(|action| !has(now.unwrap_or_default(), action))
        {
            let used = row.past.used.entry(action).or_insert(Used {
                last: today,
                times: 0,
            });
            (used.last, used.times) = (today, used.times.saturating_add(1));
        }
    }
    // If a service that was entirely unused is now partly used, the rest is listed as unused by name from
    // then on.
    if has_service(row)
        && let Some(before) = old.known_unused(row)
    {
        for action in now
            .iter()
            .copied()
            .flatten()
            .flat_map(names)
            .filter(|action| !has(before, action))
        {
            let service = action.split(':').next().unwrap_or_default();
            if let Some(used) = row.past.used.get(&format!("{service}:*")).copied() {
                row.past.used.entry(action).or_insert(used);
            }
        }
    }
    most(&mut row.past.used);
    let flapping = row
        .past
        .used
        .keys()
        .filter(|action| has(now.unwrap_or_default(), action));
    row.past.flapping = flapping.cloned().collect();
}

/// Whether the history has a service that was entirely unused and came into use.
pub fn has_service(row: &HistoryRow) -> bool {
    row.past.status != Status::Same && row.past.used.keys().any(|name| name.ends_with(":*"))
}

/// The unused actions of a service, by name.
fn names(it: &UnusedService) -> Vec<String> {
    let service = &it.service_namespace;
    match &it.actions {
        None => vec![format!("{service}:*")],
        Some(actions) => actions
            .iter()
            .map(|action| format!("{service}:{action}"))
            .collect(),
    }
}

/// Whether an action, or a service as a whole, is unused.
fn has(unused: &[UnusedService], name: &str) -> bool {
    let (service, action) = name.split_once(':').unwrap_or((name, "*"));
    unused
        .iter()
        .filter(|it| it.service_namespace.eq_ignore_ascii_case(service))
        .any(|it| match &it.actions {
            None => true,
            Some(actions) => actions.iter().any(|it| it.eq_ignore_ascii_case(action)),
        })
}

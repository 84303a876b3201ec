//! Who has to act: owners, accounts and organizational units, the riskiest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::bar::units;
use super::coverage::is_read;
use super::gathered::{ActorShare, Gathered};
use super::owners::Beside;
use super::rows;
use super::text::{account_page, in_hash};
use crate::folder::Owner;
use leastwise_core::report::{AccountSummary, Report};
use leastwise_core::visible::visible;

/// How many are shown before the rest is folded.
const SHOWN: usize = 12;

/// One way to see who has to act.
pub(super) struct Panel {
    pub(super) kind: &'static str,
    pub(super) title: &'static str,
    /// What is shown, and what is folded.
    pub(super) parts: Vec<Vec<Actor>>,
}

/// Who has to act: an owner, an account, or an organizational unit.
pub(super) struct Actor {
    pub(super) name: Option<String>,
    /// Beside the name: the ID of an account, the accounts of an organizational unit.
    pub(super) detail: String,
    pub(super) href: String,
    pub(super) rows: String,
    pub(super) principals: usize,
    pub(super) changes: usize,
    pub(super) ready: usize,
    pub(super) unused: usize,
    pub(super) credentials: usize,
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) ticket: Option<String>,
    /// Of the risk that is left and of that which can be removed, in the units of the drawing.
    pub(super) left: u64,
    pub(super) removable: u64,
    /// What is unknown is not nought.
    pub(super) is_known: bool,
    pub(super) note: Option<String>,
}

/// By owner, where there are any, by account, and by organizational unit, where there are several.
pub(super) fn panels(report: &Report, all: &Gathered, beside: Beside<'_>) -> Vec<Panel> {
    let panel = |kind, title, mut actors: Vec<Actor>| {
        let more = actors.split_off(actors.len().min(SHOWN));
        let parts = if more.is_empty() {
            vec![actors]
        } else {
            vec![actors, more]
        };
        Panel { kind, title, parts }
    };
    let mut panels = Vec::new();
    if all.owners.keys().any(Option::is_some) {
        panels.push(panel("owner", "Owner", owners(report, all, beside)));
    }
    let shares = shares(report, all);
    let units = units_of(report, &shares);
    panels.push(panel("account", "Account", accounts(report, shares, beside)));
    if units.len() > 1 {
        panels.push(panel("ou", "Organizational unit", units));
    }
    panels
}

/// What each account has to do, in the order of the accounts.
fn shares(report: &Report, all: &Gathered) -> Vec<ActorShare> {
    let places: BTreeMap<&str, usize> = report
        .recommendations
        .iter()
        .map(|it| it.id.as_str())
        .zip(0..)
        .collect();
    let mut shared: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for family in &report.families {
        if let Some(at) = family.recommendation.as_deref().and_then(|id| places.get(id)) {
            for it in &family.accounts {
                shared.entry(&it.account).or_default().insert(*at);
            }
        }
    }
    let share = |it: &AccountSummary| {
        let ready = all.ready.get(&it.id).copied().unwrap_or_default();
        ActorShare::of_account(it, ready, shared.remove(it.id.as_str()).unwrap_or_default())
    };
    report.accounts.iter().map(share).collect()
}

fn owners(report: &Report, all: &Gathered, beside: Beside<'_>) -> Vec<Actor> {
    let actor = |(name, share): (&Option<String>, &ActorShare)| {
        let is_told = beside.tickets && beside.owners.is_configured() && share.has_work();
        let rows = format!(
            "#owner={}",
            in_hash(&visible(name.as_deref().unwrap_or(rows::NOBODY)))
        );
        Actor {
            ticket: name
                .as_ref()
                .filter(|_| is_told)
                .map(|name| ticket_of(&Owner::Tag(name.clone()))),
            ..Actor::of(report, share, name.clone(), rows)
        }
    };
    sorted(all.owners.iter().map(actor).collect())
}

fn accounts(report: &Report, shares: Vec<ActorShare>, beside: Beside<'_>) -> Vec<Actor> {
    let actor = |(it, share): (&AccountSummary, ActorShare)| {
        let id = &it.id;
        let has_ticket = beside.tickets && !beside.owners.is_configured() && share.has_work();
        let is_known = is_read(it);
        Actor {
            detail: id.clone(),
            href: format!("accounts/{}", account_page(id)),
            ticket: has_ticket.then(|| ticket_of(&Owner::Account(id.clone()))),
            is_known,
            note: match (is_known, it.is_blind()) {
                (false, _) => Some(format!("not scanned ({})", it.coverage)),
                (true, true) => Some("no usage data".to_owned()),
                (true, false) => None,
            },
            ..Actor::of(
                report,
                &share,
                Some(it.name.clone()),
                format!("#account={}", in_hash(id)),
            )
        }
    };
    sorted(report.accounts.iter().zip(shares).map(actor).collect())
}

/// How many accounts of a unit are named.
const NAMED: usize = 3;

/// By the unit that an account is in. Only its ID is known, so its accounts say which one it is.
fn units_of(report: &Report, shares: &[ActorShare]) -> Vec<Actor> {
    let mut units: BTreeMap<&str, (ActorShare, Vec<&str>)> = BTreeMap::new();
    for (it, share) in report.accounts.iter().zip(shares).filter(|(it, _)| is_read(it)) {
        if let Some(ou) = it.ou() {
            let (whole, names) = units.entry(ou).or_default();
            whole.add(share.clone());
            names.push(&it.name);
        }
    }
    let actor = |(ou, (share, names)): (&str, (ActorShare, Vec<&str>))| {
        let mut detail = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if let more @ 1.. = names.len().saturating_sub(NAMED) {
            detail.push_str(&format!(" and {more} more"));
        }
        let rows = format!("#ou={}", in_hash(&visible(ou)));
        Actor {
            detail,
            ..Actor::of(report, &share, Some(ou.to_owned()), rows)
        }
    };
    sorted(units.into_iter().map(actor).collect())
}

impl Actor {
    fn of(report: &Report, share: &ActorShare, name: Option<String>, rows: String) -> Self {
        Self {
            name,
            detail: String::new(),
            href: rows.clone(),
            rows,
            principals: share.principals,
            changes: share.changes(),
            ready: share.ready(report),
            unused: share.unused,
            credentials: share.credentials,
            before: share.risk_before,
            after: share.risk_after,
            ticket: None,
            left: 0,
            removable: 0,
            is_known: true,
            note: None,
        }
    }
}

fn ticket_of(owner: &Owner) -> String {
    // What is coded in the name of a file is coded once more in an address.
    format!("tickets/{}.md", in_hash(&owner.file()))
}

/// The riskiest first, with their bars.
fn sorted(mut actors: Vec<Actor>) -> Vec<Actor> {
    actors.sort_by_key(|it| {
        (
            !it.is_known,
            Reverse(it.before),
            it.name.clone(),
            it.detail.clone(),
        )
    });
    let most = actors.iter().map(|it| it.before).max().unwrap_or_default();
    for actor in &mut actors {
        let whole = units(actor.before, most);
        actor.left = units(actor.after, most).min(whole);
        actor.removable = whole - actor.left;
    }
    actors
}

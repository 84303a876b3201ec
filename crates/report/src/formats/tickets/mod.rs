//! `tickets/<owner or account>.md`, ready to paste into a tracker, and `tickets/tickets.csv` to import.
//!
//! The table grows account by account. Only the most important entries of a ticket are kept in memory and written,
//! because trackers limit the length of a ticket. A change that affects several owners is in the ticket of each,
//! which says only how many other owners there are.

mod change;
mod ticket;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use self::change::{HowTo, Reached, TicketEntry, family_place, of_change, place, title};
use self::ticket::{Ticket, rank};
use super::changes::Steps;
use super::markdown::{code, prose};
use super::sheet::{guarded, guarded_text, rows};
use super::{AccountView, Format, Part, Read, key, reserve, say, weight};
use crate::folder::owner::{Own, Owner};
use leastwise_core::decide::{Grade, PrincipalStatus};
use leastwise_core::report::numbers::count;
use leastwise_core::report::{AccountSummary, Action, PrincipalRow, Recommendation, Removal, Report};

/// Why a ticket has no command for a change that affects several owners: the command names another owner's
/// principal and would change it too.
const OTHERS: &str = "it also changes principals of other owners. Agree with them, then take the command that changes/apply.sh lists";

const TABLE: &str = "tickets/tickets.csv";

/// Columns, named as in trackers. New ones are added at the end.
const COLUMNS: [&str; 8] = [
    "External ID",
    "Summary",
    "Description",
    "Priority",
    "Labels",
    "Account",
    "Owner",
    "Component",
];

/// The format.
#[derive(Debug, Default)]
pub struct Tickets {
    tag: Option<String>,
    /// Whether the report has scripts to apply changes.
    scripts: bool,
    owners: Mutex<BTreeMap<Owner, Ticket>>,
}

impl Tickets {
    /// Creates the format, with owners from the given tag, and with commands if the report has `changes/`.
    pub fn new(owner_tag: Option<&str>, scripts: bool) -> Self {
        Self {
            tag: owner_tag.map(str::to_owned),
            scripts,
            owners: Mutex::default(),
        }
    }

    /// For changes of several accounts.
    fn several(&self) -> HowTo {
        if self.scripts { HowTo::Several } else { HowTo::None }
    }
}

impl Format for Tickets {
    fn begin(&self, _report: &Report) -> Vec<Part> {
        vec![Part::text(TABLE, rows([COLUMNS.map(str::to_owned).to_vec()]))]
    }

    fn account(&self, view: &AccountView<'_>, _read: &Read<'_>) -> Vec<Part> {
        let account = view.account;
        let mut owners: BTreeMap<Owner, Own<'_>> = BTreeMap::new();
        let mut of: BTreeMap<&str, Owner> = BTreeMap::new();
        let mut taken: RemovalsByOwner<'_> = BTreeMap::new();
        for principal in &account.principals {
            let owner = Owner::of(principal, &account.summary.id, self.tag.as_deref());
            of.insert(&principal.arn, owner.clone());
            for (change, removal) in &principal.removals {
                *taken.entry((owner.clone(), change)).or_default() += *removal;
            }
            owners.entry(owner).or_default().add(principal);
        }
        let mut tickets = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Vec::new();
        let here = place(&account.summary);
        for of_account in view.own() {
            let change = of_account.it;
            let steps = match Steps::of(view, of_account) {
                _ if !self.scripts => HowTo::None,
                Ok(steps) => HowTo::Script(steps),
                Err(why) => HowTo::ByHand(why),
            };
            let reached: BTreeSet<&Owner> = change
                .reaches
                .iter()
                .filter_map(|arn| of.get(arn.as_str()))
                .collect();
            for owner in reached {
                let Some(own) = owners.get(owner) else { continue };
                let removal = taken
                    .get(&(owner.clone(), change.id.as_str()))
                    .copied()
                    .unwrap_or_default();
                let reached = Reached::of(change, own, removal);
                // The script has the name of the first attachment that changes, and changes all of them.
                let is_others = change.action != Action::NewVersion && reached.others > 0;
                let steps = if is_others && self.scripts {
                    &HowTo::ByHand(OTHERS)
                } else {
                    &steps
                };
                let entry = of_change(change, &here, Some(&account.summary.id), &reached, steps);
                table.push(row_of_change(change, owner, &account.summary.id, &entry));
                let ticket = tickets.entry(owner.clone()).or_default();
                ticket.removed += removal;
                ticket.changes.add(
                    (rank(change.confidence.level), removal.risk),
                    change.id.clone(),
                    entry,
                );
            }
        }
        share(view, (&of, &taken), &mut tickets);
        for principal in &account.principals {
            let Some(owner) = of.get(principal.arn.as_str()) else {
                continue;
            };
            people(principal, &account.summary, owner, &mut tickets, &mut table);
        }
        let text = rows(table);
        if text.is_empty() {
            Vec::new()
        } else {
            vec![Part::text(TABLE, text)]
        }
    }

    fn end(&self, report: &Report) -> Vec<Part> {
        let tickets = std::mem::take(&mut *self.owners.lock().unwrap_or_else(PoisonError::into_inner));
        let mut table = Vec::new();
        let mut parts = Vec::new();
        for (owner, ticket) in tickets {
            for (at, share) in &ticket.families {
                let Some(change) = report.recommendations.get(*at) else {
                    continue;
                };
                let reached = Reached::of_family(change, share);
                let entry = of_change(
                    change,
                    &family_place(share.accounts),
                    None,
                    &reached,
                    &self.several(),
                );
                table.push(row_of_change(change, &owner, "", &entry));
            }
            let path = format!("tickets/{}.md", owner.file());
            parts.push(Part::text(&path, ticket.text(&owner, report, &self.several())));
        }
        if !table.is_empty() {
            parts.push(Part::text(TABLE, rows(table)));
        }
        parts
    }
}

/// What each change removes from the principals of each owner.
type RemovalsByOwner<'r> = BTreeMap<(Owner, &'r str), Removal>;

/// What changes to several accounts affect in this account.
fn share(
    view: &AccountView<'_>,
    (of, taken): (&BTreeMap<&str, Owner>, &RemovalsByOwner<'_>),
    tickets: &mut BTreeMap<Owner, Ticket>,
) {
    for (change, here) in view.shared() {
        let id = change.it.id.as_str();
        let mut owners: BTreeMap<&Owner, usize> = BTreeMap::new();
        for owner in here.here.principals.iter().filter_map(|arn| of.get(arn.as_str())) {
            *owners.entry(owner).or_default() += 1;
        }
        for (owner, own) in owners {
            let share = tickets
                .entry(owner.clone())
                .or_default()
                .families
                .entry(here.place)
                .or_default();
            share.own += own;
            share.accounts += 1;
            share.removal += taken.get(&(owner.clone(), id)).copied().unwrap_or_default();
        }
    }
}

/// What to review about a principal.
fn people(
    principal: &PrincipalRow,
    account: &AccountSummary,
    owner: &Owner,
    tickets: &mut BTreeMap<Owner, Ticket>,
    table: &mut Vec<Vec<String>>,
) {
    let here = place(account);
    let exception = reserve::exception(principal, &account.id);
    // Apparent emergency access comes last, whatever it can do.
    let rank = u8::from(principal.emergency.is_some());
    let mut add = |rule: &str, end: &str, (grade, points): (Grade, u64), entry: TicketEntry| {
        let id = format!("{}{end}", key::of_principal(rule, &principal.arn));
        table.push(row(&id, &entry, (grade, rule), (&account.id, owner)));
        let ticket = tickets.entry(owner.clone()).or_default();
        match rule {
            "unused-principal" => ticket.principals.add((rank, points), id, entry),
            _ => ticket.credentials.add((rank, points), id, entry),
        }
    };
    if principal.status == PrincipalStatus::UnusedPrincipal {
        let points = principal.effect.risk.before;
        let trust = principal
            .trust
            .as_ref()
            .map(|it| format!(" It {}.", prose(&it.why)))
            .unwrap_or_default();
        let mut text = format!(
            "{} {} in {here}: {}; risk score {}.{trust}",
            principal.kind,
            code(&principal.name),
            prose(&principal.why),
            count(&points)
        );
        if let Some(exception) = &exception {
            let _ = write!(text, " {}\n\n```toml\n{exception}```\n", reserve::ADVICE);
        }
        let what = if exception.is_some() {
            "Add an exception for"
        } else {
            "Delete unused"
        };
        let place = say::account(account);
        let plain = title(&format!(
            "{what} {} {} in {place}",
            principal.kind, principal.name
        ));
        let entry = TicketEntry {
            plain,
            text,
            ..TicketEntry::default()
        };
        add(
            "unused-principal",
            "",
            (weight::of_unused(principal), points),
            entry,
        );
    }
    let credentials = principal
        .unused_access_keys
        .iter()
        .chain(&principal.unused_password);
    for it in credentials {
        let (rule, end, what) = match &it.access_key_id {
            Some(id) => (
                "unused-access-key",
                format!("/{id}"),
                format!("access key {}", code(id)),
            ),
            None => ("unused-password", String::new(), "console password".to_owned()),
        };
        let mut text = format!(
            "User {} in {here}: {what}, {}.",
            code(&principal.name),
            prose(&say::last_used(it))
        );
        match &exception {
            Some(exception) => {
                let _ = write!(text, " {}\n\n```toml\n{exception}```\n", reserve::KEEP_CREDENTIAL);
            }
            None if principal.emergency.is_some() => {
                let _ = write!(
                    text,
                    " {}",
                    reserve::about_credential(principal, it.access_key_id.is_some())
                );
            }
            None => {}
        }
        let verb = if principal.emergency.is_some() {
            "Check"
        } else {
            "Delete"
        };
        let plain = title(&format!(
            "{verb} {} of user {} in {}",
            rule.replace('-', " "),
            principal.name,
            say::account(account)
        ));
        add(
            rule,
            &end,
            (weight::of_credential(principal), 0),
            TicketEntry {
                plain,
                text,
                ..TicketEntry::default()
            },
        );
    }
}

fn row_of_change(change: &Recommendation, owner: &Owner, account: &str, entry: &TicketEntry) -> Vec<String> {
    // One ticket for each owner. A tag may be equal to an account ID, but no two owners share a file.
    let id = format!("{}@{}", key::of_policy(&change.id), owner.file());
    let account = if account.is_empty() { "several" } else { account };
    let mut row = row(
        &id,
        entry,
        (weight::of_change(change), "unused-permissions"),
        (account, owner),
    );
    if let Some(labels) = row.get_mut(4) {
        labels.push_str(&format!(" confidence-{}", change.confidence.level));
        if change.ready == Some(true) {
            labels.push_str(" ready");
        }
    }
    row
}

fn row(
    id: &str,
    entry: &TicketEntry,
    (grade, rule): (Grade, &str),
    (account, owner): (&str, &Owner),
) -> Vec<String> {
    let priority = match grade {
        Grade::Critical => "Highest",
        Grade::High => "High",
        Grade::Medium => "Medium",
        Grade::Low => "Low",
        Grade::None => "Lowest",
    };
    // Text that begins with a dash would be escaped as a formula.
    let text = match entry.line.as_str() {
        "" => entry.text.clone(),
        line => format!("{line}\n\n{}", entry.text.trim_end()),
    };
    let (id, plain, labels) = (guarded(id), guarded(&entry.plain), format!("leastwise {rule}"));
    let rest = [priority, &labels, account, owner.name(), "IAM"].map(guarded);
    [id, plain, guarded_text(&text)].into_iter().chain(rest).collect()
}

//! One owner's ticket: what is kept of it between accounts, and how it is written.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::change::{HowTo, Reached, TicketEntry, TicketShare, family_place, of_change, place};
use crate::folder::owner::Owner;
use crate::formats::markdown::{code, prose};
use leastwise_core::decide::Level;
use leastwise_core::report::numbers::{count, counted, day};
use leastwise_core::report::{Removal, Report};

/// Maximum number of entries of each kind. Trackers accept about 65,000 characters. `tickets.csv` has all entries.
const MOST: usize = 40;
const ROOM: usize = 60_000;

/// Number of changes that come first.
const THIS_WEEK: usize = 5;

/// The most important entries, and the total number.
#[derive(Debug, Default)]
pub(super) struct Foremost {
    count: usize,
    kept: BTreeMap<(u8, Reverse<u64>, String), TicketEntry>,
}

impl Foremost {
    /// Adds an entry. The order of calls does not matter: the lowest rank comes first, then the highest risk.
    pub(super) fn add(&mut self, (rank, weight): (u8, u64), id: String, entry: TicketEntry) {
        self.count += 1;
        self.kept.insert((rank, Reverse(weight), id), entry);
        if self.kept.len() > MOST {
            self.kept.pop_last();
        }
    }
}

/// Rank by confidence, the highest first.
pub(super) fn rank(level: Level) -> u8 {
    match level {
        Level::High => 0,
        Level::Medium => 1,
        Level::Low => 2,
    }
}

/// One owner's ticket while it is being built.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    pub(super) changes: Foremost,
    pub(super) principals: Foremost,
    pub(super) credentials: Foremost,
    /// Changes to several accounts, by position in the report.
    pub(super) families: BTreeMap<usize, TicketShare>,
    /// What the changes remove from the owner's principals.
    pub(super) removed: Removal,
}

impl Ticket {
    /// The file.
    pub(super) fn text(mut self, owner: &Owner, report: &Report, several: &HowTo) -> String {
        for (at, share) in std::mem::take(&mut self.families) {
            let Some(change) = report.recommendations.get(at) else {
                continue;
            };
            let reached = Reached::of_family(change, &share);
            self.removed += share.removal;
            let entry = of_change(change, &family_place(share.accounts), None, &reached, several);
            self.changes.add(
                (rank(change.confidence.level), share.removal.risk),
                change.id.clone(),
                entry,
            );
        }
        let mut out = self.head(owner, report);
        self.week(&mut out);
        list(&mut out, &self.changes, "\n## Changes\n", true);
        let title = "\n## Unused roles and users\n\nConfirm with the owner, then delete. Entries marked as emergency access are not to be deleted.\n\n";
        list(&mut out, &self.principals, title, false);
        list(
            &mut out,
            &self.credentials,
            "\n## Unused credentials\n\nDeactivate each key first and delete it a week later.\n\n",
            false,
        );
        out.push_str(DONE);
        out
    }

    fn head(&self, owner: &Owner, report: &Report) -> String {
        let of = match owner {
            Owner::Tag(name) => format!("owned by {}", code(name)),
            Owner::Account(id) => {
                let account = report.accounts.iter().find(|it| it.id == *id);
                format!(
                    "in {}",
                    account.map_or_else(|| format!("account {}", code(id)), place)
                )
            }
        };
        let parts = [
            (self.changes.count, "change"),
            (self.principals.count, "unused principal"),
            (self.credentials.count, "unused credential"),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let total = parts
            .map(|(number, what)| counted(number, what))
            .collect::<Vec<_>>()
            .join(", ");
        let since = report
            .since
            .as_ref()
            .map(|it| format!("\nIn the whole organisation, {}.\n", prose(&it.sentence())));
        format!(
            "# Remove unused AWS permissions {of}: {total}\n\n\
             The changes remove {} from your roles and users and lower their risk score by {}. Only permissions that AWS \
             reports as unused are removed. Each change is proven (catalog {} of {}) and can be undone. AWS does not record \
             every use, so read each diff before you apply it. Paths are relative to the report folder.\n{}",
            counted(self.removed.permissions, "permission"),
            count(&self.removed.risk),
            code(&report.catalog.version),
            code(day(&report.catalog.updated)),
            since.unwrap_or_default(),
        )
    }

    fn week(&self, out: &mut String) {
        if self.changes.count == 0 {
            return;
        }
        out.push_str("\n## This week\n\nHigh confidence first, then the most risk removed.\n\n");
        for (number, entry) in (1..=THIS_WEEK).zip(self.changes.kept.values()) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "- [ ] Change {number}: {}", entry.line);
        }
    }
}

/// As many entries as fit, and the number of those left out. Each entry keeps its number among all of them, because
/// the text above refers to it.
fn list(out: &mut String, entries: &Foremost, title: &str, numbered: bool) {
    if entries.count == 0 {
        return;
    }
    out.push_str(title);
    let mut shown = 0;
    for (number, entry) in (1..).zip(entries.kept.values()) {
        let text = if numbered {
            format!("\n### {number}. {}\n\n{}", entry.title, entry.text)
        } else {
            format!("- [ ] {}\n", entry.text)
        };
        if out.len() + text.len() > ROOM {
            // A long entry does not hide the ones after it.
            continue;
        }
        out.push_str(&text);
        shown += 1;
    }
    let more = entries.count - shown;
    if more > 0 {
        let _ = writeln!(out, "\n{} more are in `tickets/tickets.csv`.", count(&more));
    }
}

const DONE: &str = "
## Before and after

- [ ] Someone who knows the workload has read the diffs and confirmed that nothing runs less often than the window of the usage data.
- [ ] `leastwise verify` on the report folder proves every change again.
- [ ] Keep this report until the changes have settled; `rollback.sh` needs it.
- [ ] `leastwise watch` confirms each change: nothing that it removed was denied since.
- [ ] The next scan no longer reports the findings.
";

#[cfg(test)]
mod tests {
    use super::{Foremost, ROOM, TicketEntry, list};

    #[test]
    fn an_entry_that_is_too_long_hides_none_behind_it_and_takes_nobodys_number() {
        let mut all = Foremost::default();
        for (weight, text) in [(3, "first"), (2, &*"long".repeat(ROOM)), (1, "last")] {
            let entry = TicketEntry {
                title: format!("of {weight}"),
                text: text.to_owned(),
                ..TicketEntry::default()
            };
            all.add((0, weight), weight.to_string(), entry);
        }
        let mut out = String::new();
        list(&mut out, &all, "", true);
        assert_eq!(
            out,
            "\n### 1. of 3\n\nfirst\n### 3. of 1\n\nlast\n1 more are in `tickets/tickets.csv`.\n"
        );
    }
}

//! Checks that a report agrees with itself wherever it says something twice, so that a manual edit of one place is
//! found.
//!
//! This covers single files, and the summaries of accounts in `report.json`. What documents and the catalog say is
//! proven elsewhere, and the other formats are rendered again.

mod account;
mod whole;

use std::collections::BTreeSet;

pub use self::account::account;
pub use self::whole::WholeReport;
use leastwise_core::report::{FamilyAccount, FamilyRow};

/// What does not agree, each in a few words.
#[derive(Debug, Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, agrees: bool, what: impl FnOnce() -> String) {
        if !agrees {
            self.0.push(what());
        }
    }
}

/// What a family says of one account: its accounts are sorted.
fn here<'f>(family: &'f FamilyRow, id: &str) -> &'f [FamilyAccount] {
    let accounts = &family.accounts;
    let from = accounts.partition_point(|it| it.account.as_str() < id);
    let to = accounts.partition_point(|it| it.account.as_str() <= id);
    accounts.get(from..to).unwrap_or_default()
}

/// Whether things stand in their order, each once.
fn is_sorted<T: Ord>(things: impl IntoIterator<Item = T>) -> bool {
    let things: Vec<T> = things.into_iter().collect();
    things.is_sorted_by(|one, next| one < next)
}

/// The first thing that is there twice.
fn twice<'t>(things: impl IntoIterator<Item = &'t str>) -> Option<&'t str> {
    let mut seen = BTreeSet::new();
    things.into_iter().find(|thing| !seen.insert(*thing))
}

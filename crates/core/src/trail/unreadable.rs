//! Files that could not be read, by what they could have held.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::moment::day_of;
use crate::arn::is_account_id;

/// Files that could not be read, by what they could have held.
#[derive(Debug, Clone, Default)]
pub struct Unreadable {
    /// Path and reason of some.
    pub files: BTreeMap<String, String>,
    /// How many there are.
    pub count: usize,
    /// The days that they are of, by account.
    days: BTreeMap<String, BTreeSet<Date>>,
    /// Some are of any account or day.
    anywhere: bool,
}

/// So many are named.
const MOST_NAMED: usize = 100;

impl Unreadable {
    /// Adds a file by its path, which says what it holds: `AWSLogs/111111111111/CloudTrail/eu-west-1/2026/11/03/...`
    pub fn add(&mut self, path: &str, why: String) {
        self.count += 1;
        match place(path) {
            Some((account, day)) => drop(self.days.entry(account.to_owned()).or_default().insert(day)),
            None => self.anywhere = true,
        }
        self.files.insert(path.to_owned(), why);
        if self.files.len() > MOST_NAMED {
            self.files.pop_last();
        }
    }

    /// Takes in those that another thread met.
    pub fn join(&mut self, other: Self) {
        self.count += other.count;
        self.anywhere |= other.anywhere;
        for (account, days) in other.days {
            self.days.entry(account).or_default().extend(days);
        }
        self.files.extend(other.files);
        while self.files.len() > MOST_NAMED {
            self.files.pop_last();
        }
    }

    pub(super) fn affects(&self, account: &str, from: i64) -> bool {
        let Some(from) = day_of(from) else {
            return self.count > 0;
        };
        // A file of one day may have events of the evening before.
        let days = self.days.get(account);
        self.anywhere || days.is_some_and(|days| days.iter().any(|day| *day >= from))
    }
}

fn place(path: &str) -> Option<(&str, Date)> {
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    let at = parts.iter().position(|part| *part == "CloudTrail")?;
    let account = parts
        .get(at.checked_sub(1)?)
        .filter(|account| is_account_id(account))?;
    let number = |ahead: usize| parts.get(at + ahead)?.parse::<i16>().ok();
    let day = Date::new(
        number(2)?,
        i8::try_from(number(3)?).ok()?,
        i8::try_from(number(4)?).ok()?,
    )
    .ok()?;
    Some((account, day))
}

#[cfg(test)]
mod tests {
    use super::{Unreadable, place};

    #[test]
    fn the_path_says_which_account_and_day_a_file_is_of() {
        let path = "a/AWSLogs/o-1/111111111111/CloudTrail/eu-west-1/2026/11/03/x.json.gz";
        assert_eq!(
            place(path).map(|(account, day)| (account, day.to_string())),
            Some(("111111111111", "2026-11-03".to_owned()))
        );
        for path in [
            "x.json",
            "CloudTrail/eu-west-1/2026/11/03/x",
            "1/CloudTrail/eu-west-1/2026/13/03/x",
        ] {
            assert_eq!(place(path), None, "{path}");
        }
    }

    #[test]
    fn a_file_without_such_a_path_may_be_about_anybody() {
        let mut unreadable = Unreadable::default();
        unreadable.add(
            "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/11/03/x",
            String::new(),
        );
        let day = 1_793_664_000;
        assert!(unreadable.affects("111111111111", day) && !unreadable.affects("222222222222", day));
        assert!(!unreadable.affects("111111111111", day + 172_800));
        unreadable.add("x.json", String::new());
        assert!(unreadable.affects("222222222222", day + 172_800) && unreadable.count == 2);
    }
}

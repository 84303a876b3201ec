//! Actions whose use AWS does not track, as data: `unobserved.tsv` names the source of each.
//!
//! Some actions are used without a call of that name: `iam:PassRole` is checked when a service is given a role,
//! `rds-db:connect` when a client logs in to a database. That no call to the whole service was seen says nothing
//! about them, so they are removed only if the evidence names them or the configuration says so.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::service::Service;
use super::table::{ActionTable, TableRow};
use crate::policy::ActionPattern;

static TABLE: &str = include_str!("unobserved.tsv");

/// The actions whose use AWS does not track.
#[derive(Debug, Clone, Default)]
pub struct Unobserved {
    table: ActionTable,
    /// Actions that the configuration allows to be removed anyway.
    removed: Vec<ActionPattern>,
}

impl Unobserved {
    /// The table of this version.
    pub fn table() -> &'static Self {
        static READ: LazyLock<Unobserved> = LazyLock::new(|| Unobserved {
            table: ActionTable::read(TABLE),
            removed: Vec::new(),
        });
        &READ
    }

    /// The patterns that a report was made with. `None` if one of them is invalid.
    pub fn parse<'p>(
        patterns: impl IntoIterator<Item = &'p str>,
        removed: impl IntoIterator<Item = &'p str>,
    ) -> Option<Self> {
        let row = |pattern: &str| TableRow::of(Cow::Owned(pattern.to_owned()));
        let rows = patterns.into_iter().map(row).collect::<Option<_>>()?;
        let removed = removed
            .into_iter()
            .map(|pattern| ActionPattern::parse(pattern).ok());
        Some(Self {
            table: ActionTable::of(rows),
            removed: removed.collect::<Option<_>>()?,
        })
    }

    /// The same, without actions that the configuration allows to be removed with their whole service.
    #[must_use]
    pub fn without(mut self, removed: impl IntoIterator<Item = ActionPattern>) -> Self {
        self.removed.extend(removed);
        self
    }

    /// Whether an action is kept although no call to its whole service was seen.
    pub fn has(&self, service: &str, name: &str) -> bool {
        self.table.row(service, name).is_some() && !self.may_go(service, name)
    }

    /// Why AWS does not track the use of an action, and the source. `None` if it does.
    pub fn reason(&self, service: &str, name: &str) -> Option<(&'static str, &'static str)> {
        self.table.row(service, name).map(|row| (row.reason, row.source))
    }

    /// Whether the configuration allows an action to be removed anyway.
    fn may_go(&self, service: &str, name: &str) -> bool {
        self.removed.iter().any(|pattern| pattern.matches(service, name))
    }

    /// Indices in a service of the actions whose use is not tracked, possibly with repeats.
    pub(crate) fn places<'s>(&'s self, service: &'s Service) -> impl Iterator<Item = usize> + 's {
        self.table
            .places(service)
            .filter(|place| !self.may_go(service.prefix(), service.lower(*place)))
    }

    /// The patterns, in the order of the table.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.table.rows().iter().map(|row| &*row.pattern)
    }

    /// Actions that the configuration allows to be removed anyway.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        self.removed.iter().map(ActionPattern::as_str)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{TABLE, Unobserved};
    use crate::catalog::table::lines;
    use crate::policy::ActionPattern;

    #[test]
    fn every_line_of_the_table_is_a_row_with_a_reason_and_a_public_source() {
        let rows = Unobserved::table().table.rows();
        assert_eq!(lines(TABLE).count(), rows.len());
        for row in rows {
            assert!(
                !row.reason.is_empty() && row.source.starts_with("https://"),
                "{row:?}"
            );
        }
    }

    #[test]
    fn a_row_matches_whatever_the_case_and_one_for_all_services_matches_in_each() {
        let table = Unobserved::table();
        for (service, name) in [("iam", "PassRole"), ("IAM", "passrole"), ("newsvc", "PassThing")] {
            assert!(table.has(service, name), "{service}:{name}");
        }
        for (service, name) in [("iam", "GetRole"), ("newsvc", "BypassThing"), ("s3", "GetObject")] {
            assert!(!table.has(service, name), "{service}:{name}");
        }
    }

    #[test]
    fn what_the_owner_says_may_go_is_no_longer_in_it() {
        let wanted = [ActionPattern::parse("iam:PassRole").unwrap()];
        let table = Unobserved::table().clone().without(wanted);
        assert!(!table.has("iam", "PassRole") && table.has("glue", "PassConnection"));
        let again = Unobserved::parse(table.patterns(), table.removed()).unwrap();
        assert!(!again.has("iam", "PassRole") && again.has("glue", "PassConnection"));
        assert!(Unobserved::parse(["not a pattern"], []).is_none());
    }
}

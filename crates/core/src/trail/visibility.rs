//! Which denials a trail can show, action by action.

use std::sync::LazyLock;

use crate::catalog::ActionTable;

static DATA: &str = include_str!("data-events.tsv");
static NOT_RECORDED: &str = include_str!("not-recorded.tsv");

/// Services whose management events a trail can leave out:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html>.
pub(super) const CAN_BE_EXCLUDED: [&str; 2] = ["kms", "rds-data"];

/// What a trail must have to show a denial of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// No trail shows it.
    Impossible,
    /// Data events of its service.
    DataEvents,
    /// Management events of its service, which can be left out.
    ServiceEvents,
    /// Management events, those that read and those that write: which of them an action is, only AWS knows for certain.
    ManagementEvents,
}

/// What a trail must have to show a denial of an action.
pub(super) fn needs(service: &str, name: &str) -> Needs {
    static READ: LazyLock<(ActionTable, ActionTable)> =
        LazyLock::new(|| (ActionTable::read(NOT_RECORDED), ActionTable::read(DATA)));
    let (not_recorded, data) = &*READ;
    if not_recorded.row(service, name).is_some() {
        return Needs::Impossible;
    }
    if data.row(service, name).is_some() {
        return Needs::DataEvents;
    }
    if CAN_BE_EXCLUDED
        .iter()
        .any(|excluded| service.eq_ignore_ascii_case(excluded))
    {
        return Needs::ServiceEvents;
    }
    Needs::ManagementEvents
}

#[cfg(test)]
mod tests {
    use super::{DATA, NOT_RECORDED, Needs, needs};
    use crate::catalog::{ActionTable, Catalog, lines};
    use crate::policy::ActionPattern;

    #[test]
    fn every_line_of_the_tables_is_a_row_about_actions_that_exist_with_a_public_source() {
        for text in [DATA, NOT_RECORDED] {
            let table = ActionTable::read(text);
            assert_eq!(lines(text).count(), table.rows().len());
            for row in table.rows() {
                assert!(
                    !row.reason.is_empty() && row.source.starts_with("https://"),
                    "{row:?}"
                );
                let pattern = ActionPattern::parse(row.pattern.clone());
                let is_one =
                    |service: &str, name: &str| pattern.as_ref().is_ok_and(|it| it.matches(service, name));
                let mut all = Catalog::embedded().actions();
                assert!(all.any(|action| is_one(action.service, action.name)), "{row:?}");
            }
        }
    }

    #[test]
    fn what_a_trail_needs_depends_on_the_action() {
        assert_eq!(needs("s3", "GetObject"), Needs::DataEvents);
        assert_eq!(needs("s3", "GetBucketAcl"), Needs::ManagementEvents);
        assert_eq!(needs("kms", "Decrypt"), Needs::ServiceEvents);
        assert_eq!(needs("rds-db", "connect"), Needs::Impossible);
        assert_eq!(needs("newsvc", "NotYetKnown"), Needs::ManagementEvents);
    }
}

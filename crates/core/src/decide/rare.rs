//! Actions that are rarely needed, but then urgently, as data: `rare-actions.tsv` has a reason for each. A period
//! without use proves little about them.

use std::sync::LazyLock;

use crate::catalog::{ActionTable, Permissions};

static TABLE: &str = include_str!("rare-actions.tsv");

fn table() -> &'static ActionTable {
    static READ: LazyLock<ActionTable> = LazyLock::new(|| ActionTable::read(TABLE));
    &READ
}

/// The rare actions among some permissions, as `service:Name`, sorted.
pub fn rare_actions(permissions: &Permissions<'_>) -> Vec<String> {
    permissions.in_table(table())
}

#[cfg(test)]
mod tests {
    use super::{TABLE, table};
    use crate::catalog::lines;

    #[test]
    fn every_line_of_the_table_is_a_pattern_with_a_reason() {
        assert_eq!(lines(TABLE).count(), table().rows().len());
        assert!(table().rows().iter().all(|row| !row.reason.is_empty()));
    }
}

//! The query for Athena, which counts and filters where the trail is. A person runs it.
//!
//! Its columns are those of the table that AWS documents:
//! <https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html>.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::athena::{DAY, DENIED, WRITE};
use leastwise_core::trail::{WRITE_EVENTS, WatchedChange};

/// Athena accepts 262,144 bytes of SQL. If the names do not fit, the query returns the denials of all
/// principals.
const ROOM: usize = 200_000;

/// The query for some changes, from a moment on.
pub(super) fn athena(table: &str, changes: &[WatchedChange], from: i64) -> String {
    let from = jiff::Timestamp::from_second(from)
        .map(|time| time.to_string())
        .unwrap_or_default();
    let table = table
        .split('.')
        .map(|part| format!("\"{part}\""))
        .collect::<Vec<_>>()
        .join(".");
    let principals: BTreeSet<&str> = changes
        .iter()
        .flat_map(|change| change.principals.values())
        .map(String::as_str)
        .collect();
    let accounts: BTreeSet<&str> = changes
        .iter()
        .flat_map(|change| &change.accounts)
        .map(String::as_str)
        .collect();
    let issuer = "useridentity.sessioncontext.sessionissuer.arn";
    let who = match one_of(&format!("coalesce({issuer}, useridentity.arn)"), principals, ROOM) {
        Some(who) => format!("\n    AND {who}"),
        None => String::new(),
    };
    let of_accounts = match one_of("recipientaccountid", accounts, ROOM / 5) {
        Some(accounts) => format!("\n  WHERE {accounts}"),
        None => String::new(),
    };
    let writes = one_of("eventname", WRITE_EVENTS.into_iter().collect(), ROOM).unwrap_or_default();
    let mut sql = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        sql,
        "-- Denied calls of the principals that the changes of a leastwise report affect, the events that change their
-- policies, and what the trail covers. Run it in Athena, download the result as CSV, then:
--   leastwise watch REPORT_DIR --trail RESULT.csv
-- If the table is partitioned, add the partitions to the first WHERE, so that Athena scans less.
WITH trail AS (
  SELECT * FROM {table}
  WHERE eventtime >= {from}
    AND coalesce(eventcategory, 'Management') IN ('Management', 'Data')
),
denied AS (
  SELECT * FROM trail
  WHERE errorcode <> ''
    AND (regexp_like(lower(errorcode), 'accessdenied|unauthorized|notauthorized|authorizationerror')
      OR errormessage LIKE '%not authorized to perform%'){who}
),
written AS (
  SELECT * FROM trail
  WHERE coalesce(errorcode, '') = ''
    AND ((eventsource = 'iam.amazonaws.com' AND {writes})
      OR (eventsource = 'sso.amazonaws.com' AND eventname = 'ProvisionPermissionSet'))
),
days AS (
  SELECT recipientaccountid, awsregion, substr(eventtime, 1, 10) AS day, eventtime,
    CASE WHEN eventcategory = 'Data' THEN 'data' WHEN lower(cast(readonly AS varchar)) = 'true' THEN 'read' ELSE 'write' END AS kind,
    CASE WHEN eventcategory = 'Data' OR eventsource IN ('kms.amazonaws.com', 'rdsdataapi.amazonaws.com') THEN eventsource ELSE '' END AS source
  FROM trail{of_accounts}
)
SELECT '{DENIED}' AS kind, eventtime, '' AS lasttime, eventid, eventsource, eventname, awsregion, recipientaccountid,
  errorcode, errormessage, {issuer} AS sessionissuer, useridentity.arn AS arn,
  element_at(resources, 1).arn AS resource, '' AS requestparameters, '' AS responseelements, '' AS events
FROM denied
UNION ALL
SELECT '{WRITE}', eventtime, '', eventid, eventsource, eventname, awsregion, recipientaccountid,
  '', '', {issuer}, useridentity.arn, '', requestparameters, responseelements, ''
FROM written
UNION ALL
SELECT '{DAY}', min(eventtime), max(eventtime), '', source, kind, awsregion, recipientaccountid,
  '', '', '', '', '', '', '', cast(count(*) AS varchar)
FROM days
GROUP BY recipientaccountid, awsregion, day, kind, source
",
        from = literal(&from),
    );
    sql
}

/// A condition that a column is one of some values; none if they need too much room.
fn one_of(column: &str, values: BTreeSet<&str>, room: usize) -> Option<String> {
    let list: Vec<String> = values.into_iter().map(literal).collect();
    let list = list.join(", ");
    (list.len() <= room && !list.is_empty()).then(|| format!("{column} IN ({list})"))
}

/// A string of SQL. Names from AWS may hold any character; what would not be seen in the query cannot be in an ARN.
fn literal(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", visible.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn a_name_cannot_end_the_string_that_it_is_in() {
        assert_eq!(literal("a' OR '1'='1"), "'a'' OR ''1''=''1'");
        assert_eq!(literal("a\n-- b\u{0}"), "'a-- b'");
    }
}

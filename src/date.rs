//! Dates as AWS writes them. Core: no clock.

use jiff::Timestamp;

/// How many whole days lie between two RFC 3339 dates; `None` when one of them is not such a date.
pub(crate) fn days_between(earlier: &str, later: &str) -> Option<i64> {
    let (earlier, later): (Timestamp, Timestamp) = (earlier.parse().ok()?, later.parse().ok()?);
    Some((later.as_second() - earlier.as_second()).div_euclid(86_400))
}

/// Whether one RFC 3339 date is after the other; `None` when one of them is not such a date.
pub(crate) fn is_after(later: &str, earlier: &str) -> Option<bool> {
    let (later, earlier): (Timestamp, Timestamp) = (later.parse().ok()?, earlier.parse().ok()?);
    Some(later > earlier)
}

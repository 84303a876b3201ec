//! Dates as AWS writes them. Core: no clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// Number of full days between two RFC 3339 dates; `None` if either is not such a date.
pub(crate) fn days_between(earlier: &str, later: &str) -> Option<i64> {
    let (earlier, later): (Timestamp, Timestamp) = (earlier.parse().ok()?, later.parse().ok()?);
    Some((later.as_second() - earlier.as_second()).div_euclid(86_400))
}

/// Whether one RFC 3339 date is after the other; `None` when one of them is not such a date.
pub(crate) fn is_after(later: &str, earlier: &str) -> Option<bool> {
    let (later, earlier): (Timestamp, Timestamp) = (later.parse().ok()?, earlier.parse().ok()?);
    Some(later > earlier)
}

/// The day of an RFC 3339 date in UTC; `None` when it is not such a date.
pub fn day(date: &str) -> Option<Date> {
    let date: Timestamp = date.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).date())
}

/// How many days one day is after another; less than none when it is before.
pub fn days_after(later: Date, earlier: Date) -> i32 {
    // Days of a calendar always have a difference in days.
    later
        .since((Unit::Day, earlier))
        .map_or(0, |span| span.get_days())
}

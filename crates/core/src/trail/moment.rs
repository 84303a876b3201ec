//! Moments of a trail, in seconds since 1970.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// As AWS writes it.
pub(super) fn moment(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).and_then(|time| time.round(Unit::Second));
    time.map(|time| time.to_string()).unwrap_or_default()
}

/// The day in UTC.
pub(super) fn day_of(seconds: i64) -> Option<Date> {
    Some(
        Timestamp::from_second(seconds)
            .ok()?
            .to_zoned(TimeZone::UTC)
            .date(),
    )
}

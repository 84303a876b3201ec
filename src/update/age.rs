//! How old a catalog is, and when that deserves a word. No clock: the caller says what time it is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::select::{Chosen, Origin};

/// AWS adds some two hundred actions a month; a catalog older than this gets a warning.
pub const STALE_AFTER_DAYS: i64 = 60;

/// How many whole days ago a catalog was made; `None` when `updated` is not a date.
pub fn age_in_days(updated: &str, now: Timestamp) -> Option<i64> {
    let age = now.since((Unit::Second, instant(updated)?)).ok()?;
    Some(age.get_seconds().div_euclid(86_400))
}

/// What to tell the user of an old catalog. One without a date says nothing about its age, and gets no warning.
pub fn stale_warning(chosen: &Chosen, now: Timestamp) -> Option<String> {
    let days = age_in_days(chosen.updated(), now).filter(|days| *days > STALE_AFTER_DAYS)?;
    Some(match chosen.origin() {
        Origin::Explicit(path) => format!(
            "the catalog `{}` is {days} days old; for a newer one run `leastwise catalog update` and leave out --catalog",
            path.display(),
        ),
        Origin::Updated(_) | Origin::Embedded => {
            format!("the catalog is {days} days old; for a newer one run `leastwise catalog update`")
        }
    })
}

/// A date as catalogs have it: a moment, or a day alone, which begins at midnight UTC.
pub(super) fn instant(updated: &str) -> Option<Timestamp> {
    updated.parse().ok().or_else(|| {
        let day: Date = updated.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

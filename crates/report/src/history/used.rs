//! Actions that came into use, as the history remembers them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use leastwise_core::date::days_after;

/// How many days a use is remembered. An action is unused again when its window has passed without a use, which is up to a
/// year, so less would forget just then; and what is used once a year is to be known when that year is over.
pub const REMEMBERED_DAYS: i32 = 400;

/// How many actions are remembered for each principal and policy, those of the latest use before others. More at once is no
/// rare use but other evidence.
const MOST: usize = 50;

/// An action came into use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Used {
    /// The day of the evidence that showed it the last time.
    pub last: Date,
    /// How often it did so.
    pub times: u32,
}

/// The entries that have not expired on a day. Without a known day, none expires.
pub(super) fn lapse(used: &BTreeMap<String, Used>, today: Option<Date>) -> BTreeMap<String, Used> {
    let holds = |it: &Used| today.is_none_or(|today| days_after(today, it.last) <= REMEMBERED_DAYS);
    used.iter()
        .filter(|(_, it)| holds(it))
        .map(|(action, it)| (action.clone(), *it))
        .collect()
}

/// The valid entries of a file: names of actions, up to the maximum, none used after the latest day.
pub(super) fn trusted(mut used: BTreeMap<String, Used>, latest: Option<Date>) -> BTreeMap<String, Used> {
    used.retain(|name, it| {
        it.last = latest.map_or(it.last, |latest| it.last.min(latest));
        is_name(name)
    });
    most(&mut used);
    used
}

/// Whether it is `service:Action`, or `service:*`.
fn is_name(text: &str) -> bool {
    let Some((service, action)) = text.split_once(':') else {
        return false;
    };
    let is_low = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_action = !action.is_empty() && action.bytes().all(|byte| byte.is_ascii_alphanumeric());
    !service.is_empty() && service.bytes().all(is_low) && (is_action || action == "*")
}

/// Leaves as many as are remembered.
pub(super) fn most(used: &mut BTreeMap<String, Used>) {
    if used.len() > MOST {
        let mut all: Vec<(String, Used)> = std::mem::take(used).into_iter().collect();
        all.sort_by(|(a, one), (b, other)| (Reverse(one.last), a).cmp(&(Reverse(other.last), b)));
        *used = all.into_iter().take(MOST).collect();
    }
}

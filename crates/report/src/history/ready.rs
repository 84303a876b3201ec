//! Which recommendations are ready: the same for enough runs, and without actions that are used from time to time.

use std::collections::BTreeMap;

use super::night::{HistoryRow, Night};
use super::used::Used;
use leastwise_core::report::{FlappingAction, Recommendation, Status};

/// The history of each recommendation, by ID: that of the affected principal with the least history.
#[derive(Debug, Default)]
pub struct Readiness(BTreeMap<String, One>);

#[derive(Debug)]
struct One {
    nights: u32,
    /// The previous report marked it ready, or the earlier runs would have, if that report does not contain
    /// it.
    was_ready: bool,
    /// Its status since the earlier report: the most important one among the affected principals.
    since: Status,
    flapping: BTreeMap<String, Used>,
}

impl Readiness {
    /// Adds one of the principals and policies that a recommendation is for.
    pub fn add(&mut self, change: &str, row: &HistoryRow, old: &Night, after: Option<u32>) {
        let said = old.said.get(&row.key).filter(|said| said.change.is_some());
        let past = old.history.get(&row.key);
        let was_ready = match said {
            Some(said) => said.ready == Some(true),
            None => past.is_some_and(|past| after.is_some_and(|after| past.nights >= after)),
        };
        let one = self.0.entry(change.to_owned()).or_insert_with(|| One {
            nights: row.past.nights,
            was_ready,
            since: row.past.status,
            flapping: BTreeMap::new(),
        });
        one.since = one.since.foremost(row.past.status);
        one.nights = one.nights.min(row.past.nights);
        one.was_ready &= was_ready;
        for action in &row.past.flapping {
            if let Some(used) = row.past.used.get(action) {
                let known = one.flapping.entry(action.clone()).or_insert(*used);
                *known = Used {
                    last: known.last.max(used.last),
                    times: known.times.max(used.times),
                };
            }
        }
    }

    /// Whether some recommendation of these has an action that is used every so often.
    pub fn has_flapping(&self) -> bool {
        self.0.values().any(|one| !one.flapping.is_empty())
    }

    /// Sets the status of a recommendation since the earlier report.
    pub fn mark_since(&self, it: &mut Recommendation) {
        it.since = self.0.get(&it.id).map(|one| one.since);
    }

    /// Writes on a recommendation what is known of it. Gives whether it is ready, and whether it was not so before.
    pub fn mark(&self, it: &mut Recommendation, after: Option<u32>) -> (bool, bool) {
        let one = self.0.get(&it.id);
        let flapping = one.into_iter().flat_map(|one| &one.flapping);
        let flapping = flapping.map(|(action, used)| FlappingAction {
            action: action.clone(),
            last_used: used.last.to_string(),
            times: used.times,
        });
        it.flapping = flapping.collect();
        let Some(after) = after else { return (false, false) };
        // A change without any principal in the history has no history.
        let nights = one.map_or(0, |one| one.nights);
        let is_ready = nights >= after && it.flapping.is_empty() && !it.is_disputed();
        (it.ready, it.nights_stable) = (Some(is_ready), Some(nights));
        (is_ready, is_ready && one.is_some_and(|one| !one.was_ready))
    }
}

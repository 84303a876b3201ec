//! The accounts, Regions, days and kinds of events in a trail.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::moment::{day_of, moment};
use super::outcome::CoverageRow;

/// What a trail has of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountCoverage {
    /// The earliest and the latest event, in seconds.
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) days: BTreeSet<Date>,
    /// The latest event of each Region. What a trail recorded before a change says nothing about the days after it.
    pub(super) regions: BTreeMap<String, i64>,
    /// The latest management event that only reads, and the latest other one.
    pub(super) reads: Option<i64>,
    pub(super) writes: Option<i64>,
    /// The latest data event of each service.
    pub(super) data: BTreeMap<String, i64>,
    /// The latest management event of each service whose management events a trail can leave out.
    pub(super) services: BTreeMap<String, i64>,
}

impl AccountCoverage {
    pub(super) fn join(&mut self, other: Self) {
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.days.extend(other.days);
        self.reads = self.reads.max(other.reads);
        self.writes = self.writes.max(other.writes);
        for (own, other) in [
            (&mut self.regions, other.regions),
            (&mut self.data, other.data),
            (&mut self.services, other.services),
        ] {
            other.into_iter().for_each(|(name, at)| latest(own, name, at));
        }
    }

    /// Days between two moments without any event.
    pub(super) fn missing(&self, from: i64, to: i64) -> Vec<Date> {
        let (Some(mut day), Some(end)) = (day_of(from), day_of(to)) else {
            return Vec::new();
        };
        let mut missing = Vec::new();
        while day <= end {
            if !self.days.contains(&day) {
                missing.push(day);
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        missing
    }

    pub(super) fn row(&self, account: &str) -> CoverageRow {
        let (first, last) = (self.first.unwrap_or_default(), self.last.unwrap_or_default());
        CoverageRow {
            account: account.to_owned(),
            from: moment(first),
            to: moment(last),
            days: self.days.len(),
            missing_days: self
                .missing(first, last)
                .iter()
                .map(ToString::to_string)
                .collect(),
            regions: self.regions.keys().cloned().collect(),
            read_events: self.reads.is_some(),
            write_events: self.writes.is_some(),
            data_events: self.data.keys().cloned().collect(),
        }
    }
}

/// Remembers when something was seen last.
pub(super) fn latest(of: &mut BTreeMap<String, i64>, name: String, at: i64) {
    let known = of.entry(name).or_insert(at);
    *known = (*known).max(at);
}

//! The accounts, Regions, days and kinds of events in a trail.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::outcome::CoverageRow;
use super::trail::{day_of, moment};

/// What a trail has of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountCoverage {
    /// The earliest and the latest event, in seconds.
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) days: BTreeSet<Date>,
    pub(super) regions: BTreeSet<String>,
    /// Management events that only read, and others.
    pub(super) reads: bool,
    pub(super) writes: bool,
    /// Services of which there are data events.
    pub(super) data: BTreeSet<String>,
    /// Services whose management events can be left out and are there.
    pub(super) services: BTreeSet<String>,
}

impl AccountCoverage {
    pub(super) fn join(&mut self, other: Self) {
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.days.extend(other.days);
        self.regions.extend(other.regions);
        self.reads |= other.reads;
        self.writes |= other.writes;
        self.data.extend(other.data);
        self.services.extend(other.services);
    }

    /// The days from one moment to another of which nothing is there.
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
            regions: self.regions.iter().cloned().collect(),
            read_events: self.reads,
            write_events: self.writes,
            data_events: self.data.iter().cloned().collect(),
        }
    }
}

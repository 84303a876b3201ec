//! What the trail cannot show of a change: accounts, days, Regions and kinds of events that it lacks.

use std::collections::{BTreeMap, BTreeSet};

use super::{Judge, note};
use crate::trail::moment::{day_of, moment};
use crate::trail::outcome::{Invisible, InvisibleBecause as Because};
use crate::trail::timeline::Documents;
use crate::trail::visibility::{Needs, needs};
use crate::trail::watched::WatchedChange;

impl Judge<'_> {
    /// Whether the trail has the accounts and days since the change.
    pub(super) fn covered(&self, change: &WatchedChange, from: i64, reasons: &mut BTreeSet<Invisible>) {
        for account in &change.accounts {
            let Some(coverage) = self.trail.coverage.get(account) else {
                note(
                    reasons,
                    Because::AccountMissing,
                    &format!("the trail has no event of account {account}"),
                    [],
                );
                continue;
            };
            let (first, last) = (
                coverage.first.unwrap_or_default(),
                coverage.last.unwrap_or_default(),
            );
            if day_of(first) > day_of(from) {
                let why = format!("the events of account {account} begin at {}", moment(first));
                note(reasons, Because::BeginsLate, &why, []);
            }
            if last < from {
                let why = format!("the events of account {account} end at {}", moment(last));
                note(reasons, Because::EndsEarly, &why, []);
            }
            self.days(account, from.max(first), last, reasons);
            for region in self
                .regions
                .iter()
                .filter(|region| coverage.regions.get(*region) < Some(&from))
            {
                let why = format!("the trail has no event of account {account} in {region} since then");
                note(reasons, Because::RegionMissing, &why, []);
            }
        }
    }

    fn days(&self, account: &str, from: i64, to: i64, reasons: &mut BTreeSet<Invisible>) {
        let Some(coverage) = self.trail.coverage.get(account) else {
            return;
        };
        let missing = coverage.missing(from, to);
        if let Some(first) = missing.first() {
            let days = if missing.len() == 1 {
                "1 day".to_owned()
            } else {
                format!("{} days", missing.len())
            };
            let why = format!("the trail has no events of account {account} on {days}, the first on {first}");
            note(reasons, Because::DaysMissing, &why, []);
        }
        if self.unreadable.affects(account, from) {
            let why = format!("files that may contain events of account {account} could not be read");
            note(reasons, Because::UnreadableFiles, &why, []);
        }
    }

    /// Whether the trail would show that a change was applied.
    pub(super) fn would_show(&self, change: &WatchedChange, reasons: &mut BTreeSet<Invisible>) {
        self.covered(change, self.started, reasons);
        for account in &change.accounts {
            let Some(coverage) = self.trail.coverage.get(account) else {
                continue;
            };
            let started = Some(self.started);
            // A trail that ends before has its own reason.
            if coverage.last < started {
                continue;
            }
            if coverage.regions.get(self.iam_region) < started.as_ref() || coverage.writes < started {
                let why = format!(
                    "the trail has no write events of account {account} in {}, the Region of IAM's events",
                    self.iam_region
                );
                note(reasons, Because::IamMissing, &why, []);
            }
        }
        if change.set && self.trail.sets >= Some(self.started) {
            let why =
                "permission sets were provisioned, but the trail does not show the changes to their roles";
            note(reasons, Because::RolesUnclear, why, []);
        }
        // Where a Region was asked for, it says nothing about when a change was applied.
        reasons.retain(|it| it.code != Because::RegionMissing);
    }

    /// Which removed actions the trail cannot show.
    pub(super) fn visible(
        &self,
        change: &WatchedChange,
        documents: &Documents<'_>,
        from: i64,
        reasons: &mut BTreeSet<Invisible>,
    ) {
        let covered = || {
            change
                .accounts
                .iter()
                .filter_map(|account| self.trail.coverage.get(account))
        };
        let mut hidden: BTreeMap<(Because, &str), Vec<String>> = BTreeMap::new();
        for (service, name, _) in documents.removed.iter() {
            let (code, of) = match needs(service, name) {
                Needs::Impossible => (Because::NotRecorded, ""),
                Needs::DataEvents if covered().any(|it| it.data.get(service) < Some(&from)) => {
                    (Because::DataEventsMissing, service)
                }
                Needs::ServiceEvents if covered().any(|it| it.services.get(service) < Some(&from)) => {
                    (Because::ServiceEventsMissing, service)
                }
                Needs::ManagementEvents if covered().any(|it| it.reads.min(it.writes) < Some(from)) => {
                    (Because::ManagementEventsMissing, "")
                }
                _ => continue,
            };
            hidden
                .entry((code, of))
                .or_default()
                .push(format!("{service}:{name}"));
        }
        for ((code, service), actions) in hidden {
            let count = actions.len();
            let of = if count == 1 {
                "1 removed action".to_owned()
            } else {
                format!("{count} removed actions")
            };
            let why = match code {
                Because::DataEventsMissing => format!("{of}: data events of {service} are not in this trail"),
                Because::ServiceEventsMissing => format!("{of}: events of {service} are not in this trail"),
                Because::NotRecorded => format!("{of}: CloudTrail does not record their use"),
                _ => format!("{of}: the trail lacks read or write management events"),
            };
            note(reasons, code, &why, actions);
        }
    }
}

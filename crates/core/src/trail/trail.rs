//! What is gathered of a trail. Two of them, of other files, are joined in any order.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::action::{meant, service_of};
use super::coverage::{AccountCoverage, latest};
use super::denial::{Told, is_denial, told};
use super::event::TrailEvent;
use super::kept::{FirstFew, Moment};
use super::moment::{day_of, moment};
use super::outcome::DeniedEvent;
use super::principal::WatchedPrincipal;
use super::visibility::CAN_BE_EXCLUDED;
use super::watched::WatchList;
use super::write::{Write, WriteTarget, write_of};
use crate::catalog::Catalog;

/// So many of the earliest and of the latest denials of one action to one principal are kept.
pub(super) const DENIALS: usize = 20;
/// So many of the earliest and of the latest writes of one target.
const WRITES: usize = 1_000;
/// So many actions can be denied to one principal.
const MOST_KEYS: usize = 10_000;
/// So much of a message or a name is kept, in characters.
const LONGEST: usize = 1_000;

/// See the module.
#[derive(Debug, Clone)]
pub struct Trail<'w> {
    list: &'w WatchList,
    /// What was there of each account of the list.
    pub(super) coverage: BTreeMap<String, AccountCoverage>,
    pub(super) denials: BTreeMap<WatchedPrincipal, Denials>,
    pub(super) writes: BTreeMap<WriteTarget, FirstFew<Write, WRITES>>,
    /// When permission sets were changed in Identity Center.
    pub(super) sets: Option<i64>,
    /// How many records were seen.
    pub events: u64,
}

/// What one principal was denied.
#[derive(Debug, Clone, Default)]
pub(super) struct Denials {
    /// By service and name in small letters; whether the message names the action.
    pub(super) actions: BTreeMap<(String, String), FirstFew<DeniedEvent, DENIALS>>,
    /// By event source and name.
    pub(super) unmapped: BTreeMap<(String, String), FirstFew<DeniedEvent, DENIALS>>,
    /// There were more kinds than are kept.
    pub(super) overflow: bool,
}

/// What is known of one account, Region and day, as a query counts it.
#[derive(Debug, Clone, Copy)]
pub struct CoverageOfDay<'a> {
    /// The account.
    pub account: &'a str,
    /// The Region.
    pub region: &'a str,
    /// The first event.
    pub first: &'a str,
    /// The last event.
    pub last: &'a str,
    /// `read`, `write`, or `data`.
    pub kind: &'a str,
    /// Where the events come from.
    pub source: &'a str,
    /// How many.
    pub events: u64,
}

impl<'w> Trail<'w> {
    /// Of nothing.
    pub fn new(list: &'w WatchList) -> Self {
        Self {
            list,
            coverage: BTreeMap::new(),
            denials: BTreeMap::new(),
            writes: BTreeMap::new(),
            sets: None,
            events: 0,
        }
    }

    /// Adds an event.
    pub fn add(&mut self, event: &TrailEvent<'_>) {
        self.events += 1;
        if !event.is_call() {
            return;
        }
        let Some(time) = seconds(event.event_time.as_str()) else {
            return;
        };
        let account = event.recipient_account_id.as_str();
        if self.list.accounts().contains(account) {
            self.cover(event, account, time);
        }
        self.look(event);
    }

    /// Adds an event, but not to what the trail covers: a query counts that by itself.
    pub fn look(&mut self, event: &TrailEvent<'_>) {
        let Some(time) = seconds(event.event_time.as_str()) else {
            return;
        };
        let at = || (time, short(event.event_id.as_str()));
        let account = event.recipient_account_id.as_str();
        if let Some((target, write)) = write_of(event, account).filter(|(target, _)| self.list.has(target)) {
            let kept = self.writes.entry(target).or_default();
            keep(kept, at(), || write);
        }
        if event.event_source.as_str() == "sso.amazonaws.com"
            && event.event_name.as_str() == "ProvisionPermissionSet"
            && event.error_code.get().is_none()
        {
            self.sets = self.sets.max(Some(time));
        }
        let (code, message) = (event.error_code.as_str(), event.error_message.as_str());
        if is_denial(code, message) {
            self.denied(event, at());
        }
    }

    /// Adds what a query counted.
    pub fn cover_day(&mut self, day: &CoverageOfDay<'_>) {
        self.events = self.events.saturating_add(day.events);
        if !self.list.accounts().contains(day.account) {
            return;
        }
        for time in [day.first, day.last].into_iter().filter_map(seconds) {
            let own = self.account(day.account);
            own.see(time, day.region);
            match day.kind {
                "data" => own.see_data(time, day.source),
                kind => own.manage(time, day.source, kind == "read"),
            }
        }
    }

    fn account(&mut self, account: &str) -> &mut AccountCoverage {
        self.coverage.entry(account.to_owned()).or_default()
    }

    fn cover(&mut self, event: &TrailEvent<'_>, account: &str, time: i64) {
        let source = event.event_source.as_str();
        let own = self.account(account);
        own.see(time, event.aws_region.as_str());
        if event.is_data() {
            own.see_data(time, source);
        } else if event.is_management() {
            own.manage(time, source, event.read_only.as_str() == "true");
        }
    }

    fn denied(&mut self, event: &TrailEvent<'_>, at: Moment) {
        let identity = &event.user_identity.0;
        let issuer = identity.session_context.0.session_issuer.0.arn.get();
        // The name of a role is in the ARN of the session as well.
        let found = issuer
            .and_then(WatchedPrincipal::of_arn)
            .or_else(|| WatchedPrincipal::of_arn(identity.arn.as_str()));
        let Some(principal) = found.filter(|it| self.list.principals().contains(it)) else {
            return;
        };
        let told = told(event.error_message.as_str());
        let (source, name) = (event.event_source.as_str(), event.event_name.as_str());
        let meant = meant(Catalog::embedded(), source, name, &told);
        let row = |action: &str| denied_event(event, &told, &principal, action, meant.is_named);
        let own = self.denials.entry(principal.clone()).or_default();
        if own.overflow {
            return;
        }
        if meant.actions.is_empty() {
            let kept = own.unmapped.entry((short(source), short(name))).or_default();
            keep(kept, at, || row(""));
        } else {
            for (service, name) in &meant.actions {
                let key = (
                    short(&service.to_ascii_lowercase()),
                    short(&name.to_ascii_lowercase()),
                );
                let kept = own.actions.entry(key).or_default();
                keep(kept, at.clone(), || row(&format!("{service}:{name}")));
            }
        }
        own.bound();
    }

    /// Takes in what is gathered of other files.
    pub fn join(&mut self, other: Self) {
        self.events += other.events;
        self.sets = self.sets.max(other.sets);
        for (account, coverage) in other.coverage {
            self.coverage.entry(account).or_default().join(coverage);
        }
        for (target, writes) in other.writes {
            self.writes.entry(target).or_default().join(writes);
        }
        for (principal, denials) in other.denials {
            self.denials.entry(principal).or_default().join(denials);
        }
    }
}

impl Denials {
    fn join(&mut self, other: Self) {
        self.overflow |= other.overflow;
        for (key, kept) in other.actions {
            self.actions.entry(key).or_default().join(kept);
        }
        for (key, kept) in other.unmapped {
            self.unmapped.entry(key).or_default().join(kept);
        }
        self.bound();
    }

    /// Too many kinds are none: which of them came first must not matter.
    fn bound(&mut self) {
        if self.overflow || self.actions.len() + self.unmapped.len() > MOST_KEYS {
            *self = Self {
                overflow: true,
                ..Self::default()
            };
        }
    }
}

impl AccountCoverage {
    fn see(&mut self, time: i64, region: &str) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = self.last.max(Some(time));
        self.days.extend(day_of(time));
        if !region.is_empty() && (self.regions.contains_key(region) || self.regions.len() < 1_000) {
            latest(&mut self.regions, short(region), time);
        }
    }

    fn see_data(&mut self, time: i64, source: &str) {
        if let Some(service) = service_of(source) {
            latest(&mut self.data, short(service), time);
        }
    }

    fn manage(&mut self, time: i64, source: &str, reads: bool) {
        let seen = if reads { &mut self.reads } else { &mut self.writes };
        *seen = (*seen).max(Some(time));
        if let Some(service) = service_of(source).filter(|service| CAN_BE_EXCLUDED.contains(service)) {
            latest(&mut self.services, service.to_owned(), time);
        }
    }
}

fn keep<T: Clone + Ord, const N: usize>(kept: &mut FirstFew<T, N>, at: Moment, event: impl FnOnce() -> T) {
    if kept.wants(&at) {
        kept.add(at, event());
    }
}

fn denied_event(
    event: &TrailEvent<'_>,
    told: &Told<'_>,
    principal: &WatchedPrincipal,
    action: &str,
    names_action: bool,
) -> DeniedEvent {
    let resource = told
        .resource
        .or(event.resources.0.get())
        .filter(|resource| *resource != "*");
    DeniedEvent {
        time: seconds(event.event_time.as_str()).map(moment).unwrap_or_default(),
        id: short(event.event_id.as_str()),
        principal: principal.to_string(),
        session: short(event.user_identity.0.arn.as_str()),
        action: short(action),
        resource: resource.map(short),
        region: short(event.aws_region.as_str()),
        event_source: short(event.event_source.as_str()),
        event_name: short(event.event_name.as_str()),
        error_code: short(event.error_code.as_str()),
        error_message: short(event.error_message.as_str()),
        cause: told.cause,
        names_action,
    }
}

/// The beginning of a text, if it is long.
fn short(text: &str) -> String {
    text.char_indices()
        .nth(LONGEST)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
        .to_owned()
}

/// The seconds of an RFC 3339 date.
pub(super) fn seconds(date: &str) -> Option<i64> {
    date.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

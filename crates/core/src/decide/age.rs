//! How long a permission has been granted (E14). Last-accessed data does not say: an action that was granted last
//! week had no time to be used, and looks as unused as one that nobody ever needed.
//!
//! For a managed policy, IAM returns when its document changed, and its older versions. For inline policies and
//! attachments, only earlier runs know: they leave a [`GrantLog`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::policy_plan::{GrantAge, Holder, is_aws_managed};
use super::removable::Removable;
use crate::catalog::{Basis, Scope, Universe};
use crate::date::{day, days_after, days_between};
use crate::digest::sha256;
use crate::inventory::Inventory;
use crate::inventory::wire::{ManagedPolicyDetail, PolicyText};
use crate::policy::{ActionSet, Clause, Document, Effect, Pattern, Shape, Statement};

/// Dates on which each policy and group membership of an account was first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantLog {
    /// Date of the first scan of the account (`YYYY-MM-DD`). What existed then may be older.
    pub since: String,
    /// First sight of each attachment: `role/deployer/ci` is an inline policy, `role/deployer/arn:...` a managed
    /// one.
    pub grants: BTreeMap<String, FirstSeen>,
    /// Date on which each user was first seen in each group, by `group/user`. The group's permissions are new to a
    /// user who joins it.
    pub members: BTreeMap<String, String>,
}

/// When a policy was first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirstSeen {
    /// Date on which the policy was first seen attached.
    pub held: String,
    /// Date on which the policy was first seen with its current document.
    pub text_since: String,
    /// Beginning of the SHA-256 of that document.
    pub text: String,
}

impl GrantLog {
    /// Today's state, with the dates that earlier runs recorded.
    pub fn of(inventory: &Inventory, earlier: Option<&Self>, today: &str) -> Self {
        let day = today.split('T').next().unwrap_or(today);
        let since = earlier.map_or(day, |log| log.since.as_str()).to_owned();
        let grants = grants(inventory).into_iter().map(|(key, text)| {
            let text = digest(text);
            let known = earlier.and_then(|log| log.grants.get(&key));
            let held = known.map_or(day, |known| known.held.as_str()).to_owned();
            let text_since = known.filter(|known| known.text == text);
            let text_since = text_since
                .map_or(day, |known| known.text_since.as_str())
                .to_owned();
            (
                key,
                FirstSeen {
                    held,
                    text_since,
                    text,
                },
            )
        });
        let members = inventory.principals.iter().flat_map(|principal| {
            principal
                .groups
                .iter()
                .map(|group| member(group, &principal.name))
        });
        let members = members.map(|key| {
            let first = earlier
                .and_then(|log| log.members.get(&key))
                .map_or(day, String::as_str)
                .to_owned();
            (key, first)
        });
        Self {
            since,
            grants: grants.collect(),
            members: members.collect(),
        }
    }

    /// How long a policy has been attached.
    fn held(&self, key: &str, today: Date, window_days: i64) -> GrantAge {
        self.grants.get(key).map_or(GrantAge::Unknown, |seen| {
            self.since(&seen.held, today, window_days)
        })
    }

    /// How long a policy has had its current document.
    fn text(&self, key: &str, today: Date, window_days: i64) -> GrantAge {
        self.grants.get(key).map_or(GrantAge::Unknown, |seen| {
            self.since(&seen.text_since, today, window_days)
        })
    }

    /// How long ago a date is; unknown if it is the first scan, because what existed then may be older.
    fn since(&self, first: &str, today: Date, window_days: i64) -> GrantAge {
        match first
            .parse::<Date>()
            .ok()
            .map(|first| i64::from(days_after(today, first)))
        {
            Some(days) if days >= window_days => GrantAge::Settled,
            Some(days) if first != self.since => GrantAge::Young(days.max(0)),
            _ => GrantAge::Unknown,
        }
    }

    /// How long the newest member of a group has been in it.
    fn membership(&self, group: &str, inventory: &Inventory, today: Date, window_days: i64) -> GrantAge {
        let members = inventory
            .principals
            .iter()
            .filter(|it| it.groups.iter().any(|name| name == group));
        let ages = members.map(|it| match self.members.get(&member(group, &it.name)) {
            Some(first) => self.since(first, today, window_days),
            None => GrantAge::Unknown,
        });
        ages.max().unwrap_or(GrantAge::Settled)
    }
}

/// Key of a user's membership in a group.
fn member(group: &str, user: &str) -> String {
    format!("{group}/{user}")
}

/// Key of an attachment.
fn key(holder: Holder<'_>, inventory: &Inventory, policy: &str) -> String {
    let (kind, name) = holder.describe(inventory);
    format!("{kind}/{name}/{policy}")
}

/// Every attached policy with its document.
fn grants(inventory: &Inventory) -> Vec<(String, &PolicyText)> {
    let mut all = Vec::new();
    let managed = |arn: &str| inventory.managed.get(arn).and_then(ManagedPolicyDetail::document);
    for (at, principal) in inventory.principals.iter().enumerate() {
        let key = |policy: &str| key(Holder::Principal(at), inventory, policy);
        all.extend(
            principal
                .inline
                .iter()
                .map(|it| (key(&it.policy_name), &it.policy_document)),
        );
        let attached = principal.attached.iter().map(|it| it.policy_arn.as_str());
        all.extend(attached.filter_map(|arn| Some((key(arn), managed(arn)?))));
    }
    for (name, group) in &inventory.groups {
        let key = |policy: &str| key(Holder::Group(name), inventory, policy);
        all.extend(
            group
                .group_policy_list
                .iter()
                .map(|it| (key(&it.policy_name), &it.policy_document)),
        );
        let attached = group
            .attached_managed_policies
            .iter()
            .map(|it| it.policy_arn.as_str());
        all.extend(attached.filter_map(|arn| Some((key(arn), managed(arn)?))));
    }
    all
}

fn digest(text: &PolicyText) -> String {
    sha256(&text.0).chars().take(16).collect()
}

/// Ages of an account's grants.
#[derive(Debug, Clone, Copy)]
pub struct Ages<'a> {
    /// The account.
    pub inventory: &'a Inventory,
    /// What this and earlier runs saw.
    pub log: &'a GrantLog,
    /// Last day that the evidence covers.
    pub until: &'a str,
    /// Window in days.
    pub window_days: u32,
}

impl<'a> Ages<'a> {
    /// How long a policy has been attached with its current document.
    pub fn of(self, holder: Holder<'_>, policy: &str) -> GrantAge {
        let Some(until) = day(self.until) else {
            return GrantAge::Unknown;
        };
        let (window, key) = (i64::from(self.window_days), key(holder, self.inventory, policy));
        let held = match holder {
            Holder::Group(name) => self.log.membership(name, self.inventory, until, window),
            Holder::Principal(_) => GrantAge::Settled,
        };
        let held = held.and(self.log.held(&key, until, window));
        let logged = self.log.text(&key, until, window);
        let Some(managed) = self.inventory.managed.get(policy) else {
            return held.and(logged);
        };
        held.and(match self.text_of(managed) {
            // IAM does not return when an older version was made the default again; an earlier run may have
            // seen it.
            TextAge::Settled => match logged {
                GrantAge::Young(_) => logged,
                GrantAge::Settled | GrantAge::Unknown => GrantAge::Settled,
            },
            TextAge::Since(_) => GrantAge::Settled,
            TextAge::Young(days) => GrantAge::Young(days),
            TextAge::Changed(days) => match logged {
                GrantAge::Unknown => GrantAge::Young(days),
                known => known,
            },
            TextAge::Unknown => logged,
        })
    }

    /// The earlier document of a managed policy that changed within the window. Only what it also granted is old
    /// enough to have been used.
    pub fn older(self, policy: &str) -> Option<&'a PolicyText> {
        match self.text_of(self.inventory.managed.get(policy)?) {
            TextAge::Since(text) => Some(text),
            _ => None,
        }
    }

    fn text_of(self, policy: &'a ManagedPolicyDetail) -> TextAge<'a> {
        let window = i64::from(self.window_days);
        let age = |date: &Option<String>| days_between(date.as_deref()?, self.until);
        let Some(updated) = age(&policy.update_date) else {
            return TextAge::Unknown;
        };
        let versions = || {
            policy
                .policy_version_list
                .iter()
                .filter_map(|it| Some((age(&it.create_date)?, it)))
        };
        let default = policy.default_version().and_then(|it| age(&it.create_date));
        if default.is_some_and(|default| versions().any(|(days, _)| days < default)) {
            // The default is an older version again, and IAM does not record since when.
            return TextAge::Unknown;
        }
        if updated >= window {
            return TextAge::Settled;
        }
        let old = versions()
            .filter(|(days, _)| *days >= window)
            .min_by_key(|(days, _)| *days);
        if let Some(text) = old.and_then(|(_, version)| version.document.as_ref()) {
            return TextAge::Since(text);
        }
        let first = policy
            .policy_version_list
            .iter()
            .find(|it| it.version_id.as_deref() == Some("v1"));
        let made = age(&policy.create_date).or_else(|| first.and_then(|first| age(&first.create_date)));
        match made {
            Some(days) if days < window => TextAge::Young(days.max(0)),
            // An update by AWS says nothing about when its customers started to need the policy.
            _ if is_aws_managed(&policy.arn) => TextAge::Unknown,
            _ => TextAge::Changed(updated.max(0)),
        }
    }
}

/// How long a managed policy has had its document.
enum TextAge<'a> {
    /// Longer than the window.
    Settled,
    /// It changed within the window, and this was its earlier document.
    Since(&'a PolicyText),
    /// The policy itself was created within the window.
    Young(i64),
    /// It changed this many days ago, within the window, and its earlier document is not available.
    Changed(i64),
    /// IAM did not return it.
    Unknown,
}

/// What can be removed from a policy that changed within the window: unused permissions that its earlier document
/// also granted, statement by statement with the same resources and conditions.
#[must_use]
pub fn granted_before(
    removable: &Removable,
    current: &Document<'_>,
    older: &Document<'_>,
    basis: Basis<'_>,
) -> Removable {
    let Removable::Only(unused) = removable else {
        return removable.clone();
    };
    let observed = unused.within(&current.services()).into();
    let universe = Universe::new(basis, current, &observed);
    let mut fresh = universe.none();
    let gains = gains(current, older);
    for (clause, before) in &gains {
        let mut granted = universe.granted_by(clause);
        before
            .iter()
            .for_each(|clause| granted.remove_all(&universe.granted_by(clause)));
        fresh.insert_all(&granted);
    }
    let mut unused = universe.unused().clone();
    unused.remove_all(&fresh);
    let mut left = ActionSet::new();
    for (at, scope) in universe.scopes().iter().enumerate() {
        // Of a service that the catalog does not know, wildcards hold more than the universe.
        let is_new = || scope.known.is_none() && gains.iter().any(|gain| is_gained(gain, scope));
        let is_new = universe.touches(at, &fresh) || is_new();
        if scope.whole && !is_new {
            left.add_service(&scope.prefix);
        } else if !is_new || scope.known.is_some() {
            // The remaining actions of an unknown service cannot be listed.
            let names = universe.list_in(&unused, Some(at));
            if !names.is_empty() {
                left.add_actions(&scope.prefix, names.into_iter().map(|(_, name)| name));
            }
        }
    }
    Removable::of(&left)
}

/// Where the current document may grant more than the earlier one: what a statement allows now and no statement
/// with the same resources and conditions allowed before; and what was denied before and is not denied now.
fn gains<'d, 'a>(
    current: &'d Document<'a>,
    older: &'d Document<'a>,
) -> Vec<(&'d Clause<'a>, Vec<&'d Clause<'a>>)> {
    let of = |document: &'d Document<'a>, effect: Effect| {
        document
            .statements
            .iter()
            .filter(move |statement| statement.frame.effect == effect)
    };
    let beside = |one: &Statement<'a>, others: &'d Document<'a>| {
        let same = of(others, one.frame.effect).filter(|other| other.frame == one.frame);
        same.map(|other| &other.clause).collect()
    };
    let allowed = of(current, Effect::Allow).map(|one| (&one.clause, beside(one, older)));
    let denied = of(older, Effect::Deny).map(|one| (&one.clause, beside(one, current)));
    allowed.chain(denied).collect()
}

/// Whether a clause matches anything of a service that the clauses next to it do not.
fn is_gained((clause, beside): &(&Clause<'_>, Vec<&Clause<'_>>), scope: &Scope<'_>) -> bool {
    let every = scope.every();
    let touches = |pattern: &Pattern<'_>| pattern.overlaps(&every) != Some(false);
    let has = |wanted: &Pattern<'_>| {
        beside.iter().any(|other| {
            if other.negated {
                other
                    .patterns
                    .iter()
                    .all(|excluded| excluded.overlaps(wanted) == Some(false))
            } else {
                other.patterns.iter().any(|pattern| pattern.contains(wanted))
            }
        })
    };
    if !clause.negated {
        let mut here = clause.patterns.iter().filter(|pattern| touches(pattern));
        return here.any(|pattern| {
            !has(if pattern.shape == Shape::All {
                &every
            } else {
                pattern
            })
        });
    }
    if clause.patterns.iter().any(|excluded| excluded.contains(&every)) || has(&every) {
        return false;
    }
    // Another list of exceptions that leaves out no more of the service.
    let leaves_no_more = |other: &&&Clause<'_>| {
        let mut here = other.patterns.iter().filter(|excluded| touches(excluded));
        other.negated && here.all(|excluded| clause.patterns.iter().any(|own| own.contains(excluded)))
    };
    beside.iter().find(leaves_no_more).is_none()
}

/// Age of evidence in days, if it exceeds the limit. Evidence of unknown age does not count as stale; it lowers the
/// confidence instead.
pub fn is_stale(analyzed_at: &str, as_of: &str, max_age_days: i64) -> Option<i64> {
    days_between(analyzed_at, as_of).filter(|days| *days > max_age_days)
}

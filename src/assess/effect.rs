//! What the changes do to each principal: what it may do before and after, what of that something else blocks, what is
//! left of what it does not use, and what that is worth.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Terms;
use super::prepared::Prepared;
use crate::catalog::{AccessLevel, Catalog, Levels, Permissions};
use crate::decide::{Escalation, Held, Holder, Needs, Risk, Standing, boundary_of, ineffective, rank};
use crate::policy::{Document, parse_all};
use crate::report::{EffectRow, EscalationRow, ImpactRow, Remains, RiskRow, UnusedService};

/// What the policies that were worked on so far make of each principal.
pub(super) struct Effects<'t> {
    catalog: &'t Catalog,
    people: Vec<Person<'t>>,
    members: BTreeMap<String, Vec<usize>>,
}

struct Person<'t> {
    before: Permissions<'t>,
    after: Permissions<'t>,
    /// What its evidence calls unused; none for one that uses nothing at all.
    unused: Option<Permissions<'t>>,
    denied: Permissions<'t>,
    boundary: Option<Rc<Permissions<'t>>>,
    remains: Vec<Remains>,
}

/// What a policy grants to some of its holders after a change.
pub(super) struct After<'i, 't> {
    pub(super) holders: Vec<Holder<'i>>,
    pub(super) permissions: Permissions<'t>,
}

impl<'t> Effects<'t> {
    pub(super) fn of(prepared: &Prepared, terms: Terms<'t>, held: &[Held<'_>]) -> Self {
        let catalog = terms.catalog;
        let inventory = &prepared.inventory;
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut boundaries: BTreeMap<&str, Option<(Rc<Permissions<'t>>, Permissions<'t>)>> = BTreeMap::new();
        let mut people = Vec::new();
        for (at, principal) in inventory.principals.iter().enumerate() {
            principal.groups.iter().for_each(|group| members.entry(group.clone()).or_default().push(at));
            let boundary = principal.boundary.as_deref().and_then(|arn| {
                let known = boundaries.entry(arn).or_insert_with(|| {
                    let document = Document::parse(&boundary_of(inventory, arn)?.0).ok()?;
                    let allowed = Rc::new(Permissions::allowed_by(catalog, &document));
                    Some((allowed, Permissions::denied_by(catalog, &document)))
                });
                known.as_ref()
            });
            let unused = match prepared.standings.get(at).map(Standing::needs) {
                Some(Needs::Nothing) => None,
                Some(needs) => Some(Permissions::of_unused(catalog, &needs.unused(None))),
                None => Some(Permissions::none(catalog)),
            };
            people.push(Person {
                before: Permissions::none(catalog),
                after: Permissions::none(catalog),
                unused,
                denied: boundary.map_or_else(|| Permissions::none(catalog), |(_, denied)| denied.clone()),
                boundary: boundary.map(|(allowed, _)| Rc::clone(allowed)),
                remains: Vec::new(),
            });
        }
        for policy in held {
            let Ok(document) = &policy.document else { continue };
            let denied = Permissions::denied_by(catalog, document);
            if denied.is_empty() {
                continue;
            }
            for at in &policy.reaches {
                if let Some(person) = people.get_mut(*at) {
                    person.denied.union_with(&denied);
                }
            }
        }
        Self { catalog, people, members }
    }

    /// What documents allow: one, a list of them, or nothing.
    pub(super) fn allowed_by(&self, text: &str) -> Permissions<'t> {
        allowed_by(self.catalog, text)
    }

    /// Adds a policy: what it grants now, and to some of its holders after a change.
    pub(super) fn policy(
        &mut self,
        held: &Held<'_>,
        before: &Permissions<'t>,
        after: &[After<'_, 't>],
        (id, state): (&str, &str),
    ) {
        for holder in &held.holders {
            let changed = after.iter().find(|it| it.holders.contains(holder)).map(|it| &it.permissions);
            for at in self.reached(*holder) {
                let Some(person) = self.people.get_mut(at) else { continue };
                let now = changed.unwrap_or(before);
                person.before.union_with(before);
                person.after.union_with(now);
                let Some(unused) = &person.unused else { continue };
                let mut left = now.clone();
                left.intersect(unused);
                if !left.is_empty() {
                    let (policy, state) = (id.to_owned(), state.to_owned());
                    person.remains.push(Remains { policy, state, permissions: left.len() });
                }
            }
        }
    }

    /// The principals that a holder stands for.
    pub(super) fn reached(&self, holder: Holder<'_>) -> Vec<usize> {
        match holder {
            Holder::Principal(at) => vec![at],
            Holder::Group(name) => self.members.get(name).cloned().unwrap_or_default(),
        }
    }

    /// Whether somebody of them could lose something that a policy grants. Idle ones do not count: of them the advice is
    /// their deletion.
    pub(super) fn concerns(&self, reaches: &[usize], allows: &Permissions<'t>) -> bool {
        let unused = reaches.iter().filter_map(|at| self.people.get(*at)?.unused.as_ref());
        unused.filter(|unused| !unused.is_empty()).any(|unused| {
            let mut both = allows.clone();
            both.intersect(unused);
            !both.is_empty()
        })
    }

    /// What of a policy all of them could lose by their evidence alone. Idle ones miss nothing.
    pub(super) fn spare(&self, reaches: &[usize], allows: &Permissions<'t>) -> Permissions<'t> {
        let mut spare = allows.clone();
        let unused = reaches.iter().filter_map(|at| self.people.get(*at)?.unused.as_ref());
        unused.for_each(|unused| spare.intersect(unused));
        spare
    }

    /// What a change of one policy does for all whom it reaches.
    pub(super) fn impact(
        &self,
        before: &Permissions<'t>,
        after: &Permissions<'t>,
        reaches: &[usize],
    ) -> ImpactRow {
        let mut removed = before.clone();
        removed.subtract(after);
        let risk = Risk::of(before);
        let (whole, mut weight) = (risk.weigh(&removed), 0);
        let mut ineffective: Option<Permissions<'t>> = None;
        for person in reaches.iter().filter_map(|at| self.people.get(*at)) {
            let blocked = person.blocked(&removed);
            weight += match blocked.is_empty() {
                true => whole,
                // What was blocked already was no risk.
                false => {
                    let mut effective = removed.clone();
                    effective.subtract(&blocked);
                    risk.weigh(&effective)
                }
            };
            ineffective = Some(match ineffective {
                None => blocked,
                Some(mut all) => {
                    all.intersect(&blocked);
                    all
                }
            });
        }
        ImpactRow {
            by_level: by_level(&removed.levels()),
            risk: weight,
            foremost: foremost(&removed),
            escalations: risk
                .escalations
                .iter()
                .filter(|it| it.is_broken(&removed))
                .map(|it| escalation(it))
                .collect(),
            ineffective: ineffective.as_ref().map(listed).unwrap_or_default(),
        }
    }

    /// What all changes do to one principal.
    pub(super) fn row(&self, at: usize) -> EffectRow {
        let Some(person) = self.people.get(at) else { return EffectRow::default() };
        let mut removed = person.before.clone();
        removed.subtract(&person.after);
        let unused = match &person.unused {
            None => person.before.len(),
            Some(unused) => {
                let mut unused = unused.clone();
                unused.intersect(&person.before);
                unused.len()
            }
        };
        let mut remains = person.remains.clone();
        remains.sort_by(|a, b| a.policy.cmp(&b.policy));
        let (before, after) =
            (Risk::of(&person.effective(&person.before)), Risk::of(&person.effective(&person.after)));
        EffectRow {
            granted: person.before.len(),
            unused,
            removed: removed.len(),
            removed_by_level: by_level(&removed.levels()),
            ineffective: person.blocked(&removed).len(),
            risk: RiskRow {
                before: before.score,
                after: after.score,
                why_before: before.explain(),
                why_after: after.explain(),
            },
            remains,
        }
    }
}

impl<'t> Person<'t> {
    fn blocked(&self, removed: &Permissions<'t>) -> Permissions<'t> {
        ineffective(removed, &self.denied, self.boundary.as_deref())
    }

    /// What it may do, less what is blocked for certain.
    fn effective(&self, allowed: &Permissions<'t>) -> Permissions<'t> {
        let mut effective = allowed.clone();
        effective.subtract(&self.blocked(allowed));
        effective
    }
}

/// What documents allow: one, a list of them, or nothing.
pub(super) fn allowed_by<'t>(catalog: &'t Catalog, text: &str) -> Permissions<'t> {
    let mut all = Permissions::none(catalog);
    for document in parse_all(text).unwrap_or_default() {
        all.union_with(&Permissions::allowed_by(catalog, &document));
    }
    all
}

/// The permissions that weigh most, as `service:Name`.
fn foremost(permissions: &Permissions<'_>) -> Vec<String> {
    const MOST: usize = 10;
    let mut ranked: Vec<_> = permissions.iter().collect();
    ranked.sort_by_key(|(_, _, level)| rank(*level));
    ranked.iter().take(MOST).map(|(service, name, _)| format!("{service}:{name}")).collect()
}

fn escalation(escalation: &Escalation) -> EscalationRow {
    EscalationRow {
        actions: escalation.name(),
        gives: escalation.reason.to_owned(),
        source: escalation.source.to_owned(),
    }
}

/// Counts by level, under stable names, those that are not there left out.
pub(super) fn by_level(levels: &Levels) -> BTreeMap<String, usize> {
    const NAMES: [(Option<AccessLevel>, &str); 6] = [
        (Some(AccessLevel::PermissionsManagement), "permissions-management"),
        (Some(AccessLevel::Write), "write"),
        (Some(AccessLevel::Tagging), "tagging"),
        (Some(AccessLevel::Read), "read"),
        (Some(AccessLevel::List), "list"),
        (None, "unknown"),
    ];
    let counts = NAMES.iter().map(|(level, name)| ((*name).to_owned(), levels.of(*level)));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// Permissions as they stand in a report.
pub(super) fn listed(permissions: &Permissions<'_>) -> Vec<UnusedService> {
    let mut services: Vec<UnusedService> = Vec::new();
    for (service, name, _) in permissions.iter() {
        let last = services.last_mut().filter(|last| last.service_namespace == service);
        match last.and_then(|last| last.actions.as_mut()) {
            Some(actions) => actions.push(name.to_owned()),
            None => services.push(UnusedService {
                service_namespace: service.to_owned(),
                actions: Some(vec![name.to_owned()]),
                last_accessed: None,
            }),
        }
    }
    services
}

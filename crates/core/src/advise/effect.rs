//! What the changes do to each principal: its permissions before and after, which of them are already blocked,
//! which unused ones remain, and the risk score.
//!
//! A permission is one action of one principal. It counts once, even if several policies grant it or several
//! changes remove it; then the one that removes the most risk counts it. So the changes of an account add up to
//! what its principals lose.

mod alone;
mod removals;

use std::collections::BTreeMap;
use std::rc::Rc;

pub(super) use self::alone::LostAlone;
use super::Terms;
use super::prepared::Prepared;
use crate::catalog::{Basis, Levels, Permissions};
use crate::decide::{
    Escalation, Holder, PolicyPlan, Removable, Risk, Severity, Standing, boundary_of, by_danger, ineffective,
};
use crate::policy::{Document, Services, parse_all};
use crate::report::{
    ActionLevel, EffectRow, EscalationRow, ImpactRow, KeptRow, PolicyState, Remains, RiskRow, UnusedService,
};

/// Effect on each principal of the policies processed so far.
pub(super) struct Effects<'t> {
    basis: Basis<'t>,
    people: Vec<Person<'t>>,
    members: BTreeMap<String, Vec<usize>>,
}

struct Person<'t> {
    before: Permissions<'t>,
    after: Permissions<'t>,
    /// What its evidence reports as unused; `None` for an idle principal.
    unused: Option<Permissions<'t>>,
    denied: Permissions<'t>,
    boundary: Option<Rc<Permissions<'t>>>,
    remains: Vec<Remains>,
    /// What AWS does not track, in services with no recorded call.
    unobserved: Permissions<'t>,
    /// What each change removes, by ID of the change.
    losses: BTreeMap<String, Permissions<'t>>,
    /// What it has twice: from two policies, or from one policy whose attachments change differently.
    twice: Permissions<'t>,
    /// One of its policies could not be read.
    is_unread: bool,
}

/// What a policy grants to some of its principals after a change.
pub(super) struct After<'i, 't> {
    /// ID of the change.
    pub(super) change: String,
    pub(super) holders: Vec<Holder<'i>>,
    pub(super) permissions: Permissions<'t>,
}

/// What a policy grants now, with names that the catalog lacks but its reduced versions list: a wildcard granted
/// them before, so that the result of a change is always part of what there was.
pub(super) fn naming<'t>(before: &Permissions<'t>, after: &[After<'_, 't>]) -> Permissions<'t> {
    let mut all = before.clone();
    for after in after {
        let mut both = before.clone();
        both.intersect(&after.permissions);
        all.union_with(&both);
    }
    all
}

impl<'t> Effects<'t> {
    pub(super) fn of(prepared: &Prepared, terms: Terms<'t>, held: &[PolicyPlan<'_>]) -> Self {
        let (basis, catalog) = (terms.basis(), terms.catalog);
        let inventory = &prepared.inventory;
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut boundaries: BTreeMap<&str, Option<(Rc<Permissions<'t>>, Permissions<'t>)>> = BTreeMap::new();
        let mut people = Vec::new();
        // For a principal that uses nothing, no service has a recorded call.
        let anywhere = Permissions::unobserved(basis, catalog.services().map(|service| service.prefix()));
        for (at, principal) in inventory.principals.iter().enumerate() {
            principal
                .groups
                .iter()
                .for_each(|group| members.entry(group.clone()).or_default().push(at));
            let boundary = principal.boundary.as_deref().and_then(|arn| {
                let known = boundaries.entry(arn).or_insert_with(|| {
                    let document = Document::parse(&boundary_of(inventory, arn)?.0).ok()?;
                    let allowed = Rc::new(Permissions::allowed_by(catalog, &document));
                    Some((allowed, Permissions::denied_by(catalog, &document)))
                });
                known.as_ref()
            });
            let removable = prepared
                .standings
                .get(at)
                .map_or(&Removable::Nothing, Standing::removable);
            let evidence = removable.unused(&Services::All);
            let whole = evidence.iter().filter(|(_, extent)| extent.whole);
            let unobserved = match removable {
                Removable::Anything => anywhere.clone(),
                _ => Permissions::unobserved(basis, whole.map(|(service, _)| &**service)),
            };
            let unused = match removable {
                Removable::Anything => None,
                _ => Some(Permissions::of_unused(basis, &evidence)),
            };
            people.push(Person {
                before: Permissions::none(catalog),
                after: Permissions::none(catalog),
                unused,
                denied: boundary.map_or_else(|| Permissions::none(catalog), |(_, denied)| denied.clone()),
                boundary: boundary.map(|(allowed, _)| Rc::clone(allowed)),
                remains: Vec::new(),
                unobserved,
                losses: BTreeMap::new(),
                twice: Permissions::none(catalog),
                is_unread: false,
            });
        }
        for policy in held {
            let Ok(document) = &policy.document else {
                for at in &policy.reaches {
                    people
                        .iter_mut()
                        .skip(*at)
                        .take(1)
                        .for_each(|it| it.is_unread = true);
                }
                continue;
            };
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
        Self {
            basis,
            people,
            members,
        }
    }

    /// What one document, a list of documents or none allows.
    pub(super) fn allowed_by(&self, text: &str) -> Permissions<'t> {
        allowed_by(self.basis.catalog, text)
    }

    /// Adds a policy: what it grants now, and to some of its principals after a change.
    pub(super) fn policy(
        &mut self,
        held: &PolicyPlan<'_>,
        before: &Permissions<'t>,
        after: &[After<'_, 't>],
        (id, state): (&str, PolicyState),
    ) {
        let before = &naming(before, after);
        self.granted_again(held, before, after);
        for holder in &held.holders {
            let changed = after.iter().find(|it| it.holders.contains(holder));
            for at in self.reached(*holder) {
                let Some(person) = self.people.get_mut(at) else {
                    continue;
                };
                let now = changed.map_or(before, |it| &it.permissions);
                person.before.union_with(before);
                person.after.union_with(now);
                if let Some(change) = changed {
                    let mut lost = before.clone();
                    lost.subtract(now);
                    match person.losses.get_mut(&change.change) {
                        Some(known) => known.union_with(&lost),
                        None => drop(person.losses.insert(change.change.clone(), lost)),
                    }
                }
                let Some(unused) = &person.unused else { continue };
                let mut left = now.clone();
                left.intersect(unused);
                if !left.is_empty() {
                    let (policy, permissions) = (id.to_owned(), left.len());
                    person.remains.push(Remains {
                        policy,
                        state,
                        permissions,
                    });
                }
            }
        }
    }

    /// The principals of a role, user or group.
    pub(super) fn reached(&self, holder: Holder<'_>) -> Vec<usize> {
        match holder {
            Holder::Principal(at) => vec![at],
            Holder::Group(name) => self.members.get(name).cloned().unwrap_or_default(),
        }
    }

    /// Whether any of them could lose something that a policy grants. Idle ones do not count, because deletion is
    /// recommended for them.
    pub(super) fn concerns(&self, reaches: &[usize], allows: &Permissions<'t>) -> bool {
        let unused = reaches
            .iter()
            .filter_map(|at| self.people.get(*at)?.unused.as_ref());
        unused.filter(|unused| !unused.is_empty()).any(|unused| {
            let mut both = allows.clone();
            both.intersect(unused);
            !both.is_empty()
        })
    }

    /// What all of them could lose from a policy by their evidence alone. Idle ones need nothing.
    pub(super) fn spare(&self, reaches: &[usize], allows: &Permissions<'t>) -> Permissions<'t> {
        let mut spare = allows.clone();
        let unused = reaches
            .iter()
            .filter_map(|at| self.people.get(*at)?.unused.as_ref());
        unused.for_each(|unused| spare.intersect(unused));
        spare
    }

    /// What a change of one policy removes from all affected principals, without its share of the risk and the
    /// escalation paths it closes, which are known only after all changes of the account.
    pub(super) fn impact(
        &self,
        before: &Permissions<'t>,
        after: &Permissions<'t>,
        reaches: &[usize],
    ) -> ImpactRow {
        let mut removed = before.clone();
        removed.subtract(after);
        let mut ineffective: Option<Permissions<'t>> = None;
        for person in reaches.iter().filter_map(|at| self.people.get(*at)) {
            let blocked = person.blocked(&removed);
            ineffective = Some(match ineffective {
                None => blocked,
                Some(mut all) => {
                    all.intersect(&blocked);
                    all
                }
            });
        }
        let mut open = removed.clone();
        ineffective.iter().for_each(|blocked| open.subtract(blocked));
        ImpactRow {
            severity: Severity::of(&open, &[]),
            by_level: by_level(&removed.levels()),
            risk: 0,
            foremost: foremost(&open),
            escalations: Vec::new(),
            ineffective: ineffective.as_ref().map(listed).unwrap_or_default(),
        }
    }

    /// Why a policy still grants what it grants after a change: `all` actions, these among them.
    pub(super) fn kept(&self, after: &Permissions<'t>, reaches: &[usize], all: usize) -> KeptRow {
        let (mut unused, mut unneeded) = (after.clone(), after.clone());
        for person in reaches.iter().filter_map(|at| self.people.get(*at)) {
            // An idle principal needs nothing.
            let Some(reported) = &person.unused else { continue };
            unused.intersect(reported);
            let mut either = reported.clone();
            either.union_with(&person.unobserved);
            unneeded.intersect(&either);
        }
        let by_rule = unused.len();
        unneeded.subtract(&unused);
        let untracked = unneeded.len();
        KeptRow {
            in_use: all.saturating_sub(by_rule + untracked),
            untracked,
            by_rule,
        }
    }

    /// What all changes do to one principal.
    pub(super) fn row(&self, at: usize) -> EffectRow {
        let Some(person) = self.people.get(at) else {
            return EffectRow::default();
        };
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
        let mut unobserved = person.before.clone();
        unobserved.intersect_listed(&person.unobserved);
        let mut remains = person.remains.clone();
        remains.sort_by(|a, b| a.policy.cmp(&b.policy));
        let effective = person.effective(&person.before);
        let (before, after) = (Risk::of(&effective), Risk::of(&person.effective(&person.after)));
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
            severity: Severity::of(&effective, &before.escalations),
            unobserved: by_danger(&unobserved),
        }
    }
}

impl<'t> Person<'t> {
    fn blocked(&self, removed: &Permissions<'t>) -> Permissions<'t> {
        ineffective(removed, &self.denied, self.boundary.as_deref())
    }

    /// The escalation paths that are open now and closed with these permissions. A blocked path is not open.
    fn closed(&self, after: &Permissions<'t>) -> Vec<&'static Escalation> {
        let left = Risk::of(&self.effective(after)).escalations;
        let mut now = Risk::of(&self.effective(&self.before)).escalations;
        now.retain(|it| !left.contains(it));
        now
    }

    /// Its permissions without those that are certainly blocked.
    fn effective(&self, allowed: &Permissions<'t>) -> Permissions<'t> {
        let mut effective = allowed.clone();
        effective.subtract(&self.blocked(allowed));
        effective
    }
}

/// What one document, a list of documents or none allows.
pub(super) fn allowed_by<'t>(catalog: &'t crate::catalog::Catalog, text: &str) -> Permissions<'t> {
    let mut all = Permissions::none(catalog);
    for document in parse_all(text).unwrap_or_default() {
        all.union_with(&Permissions::allowed_by(catalog, &document));
    }
    all
}

/// The most dangerous permissions, as `service:Name`.
fn foremost(permissions: &Permissions<'_>) -> Vec<String> {
    const MOST: usize = 10;
    let mut ranked = by_danger(permissions);
    ranked.truncate(MOST);
    ranked
}

/// Adds the escalation paths that a change closes to its impact.
pub(super) fn close(impact: &mut ImpactRow, closed: &[&'static Escalation]) {
    impact.severity = impact.severity.max(Severity::of_escalations(closed));
    impact.escalations = closed.iter().map(|it| escalation(it)).collect();
}

fn escalation(escalation: &Escalation) -> EscalationRow {
    EscalationRow {
        actions: escalation.name(),
        gives: escalation.reason.to_owned(),
        source: escalation.source.to_owned(),
    }
}

/// Counts by access level, under stable names, without those that are 0.
pub(super) fn by_level(levels: &Levels) -> BTreeMap<ActionLevel, usize> {
    let counts = ActionLevel::ALL
        .iter()
        .map(|level| (*level, levels.of(level.in_catalog())));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// Permissions as in a report.
pub(super) fn listed(permissions: &Permissions<'_>) -> Vec<UnusedService> {
    let mut services: Vec<UnusedService> = Vec::new();
    for (service, name, _) in permissions.iter() {
        let last = services
            .last_mut()
            .filter(|last| last.service_namespace == service);
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

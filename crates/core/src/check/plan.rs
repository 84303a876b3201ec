//! What to ask about one change, within the limits of the APIs.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Permissions};
use crate::policy::{Document, Effect};
use crate::report::{CheckKind, UsedService};

/// `CheckAccessNotGranted` takes 100 actions a call. `SimulateCustomPolicy` names no limit, and gets as many.
pub const ACTIONS_A_CALL: usize = 100;

/// What AWS charges for a call of `CheckNoNewAccess` or `CheckAccessNotGranted`, in millionths of a US dollar. The other calls are
/// free.
pub const PRICE_MICRODOLLARS: u64 = 2_000;

/// How many actions are simulated that are kept but were not seen in use, and how many that can be removed.
const SAMPLE: usize = 50;
/// Maximum number of resources per simulation, each simulated twice.
const RESOURCES: usize = 20;

/// What is asked about one change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckPlan {
    /// The document before, on one line.
    pub before: String,
    /// The documents after; none when nothing is left.
    pub after: Vec<String>,
    /// Every action that can be removed, by its full name.
    pub removed: Vec<String>,
    /// What the simulator is asked.
    pub simulations: Vec<Simulation>,
    /// How many actions the simulator is not asked about: the sample leaves them out.
    pub left_out: usize,
}

/// Actions that are simulated together, on one resource, under the policy before and the policy after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulation {
    /// The resource, as a statement of the policy before has it.
    pub resource: String,
    /// Actions that both policies grant.
    pub kept: Vec<String>,
    /// Actions that only the policy before grants.
    pub removed: Vec<String>,
}

impl Simulation {
    /// The actions, each once.
    pub fn actions(&self) -> impl Iterator<Item = &String> {
        self.kept.iter().chain(&self.removed)
    }
}

impl CheckPlan {
    /// What AWS is asked, in order, but for the recommendations that it has made already.
    pub fn questions(&self) -> Vec<CheckKind> {
        let has_after = !self.after.is_empty();
        let all = [
            (CheckKind::ValidatePolicy, has_after),
            (CheckKind::Simulate, !self.simulations.is_empty()),
            (CheckKind::NoNewAccess, has_after),
            (CheckKind::AccessNotGranted, has_after && !self.removed.is_empty()),
        ];
        all.into_iter()
            .filter_map(|(kind, is_asked)| is_asked.then_some(kind))
            .collect()
    }

    /// For one change: its documents, and what was seen in use.
    pub fn of(
        catalog: &Catalog,
        before: &Document<'_>,
        after: &[Document<'_>],
        used: &[UsedService],
    ) -> Self {
        let granted = Permissions::allowed_by(catalog, before);
        let mut kept = Permissions::none(catalog);
        after
            .iter()
            .for_each(|document| kept.union_with(&Permissions::allowed_by(catalog, document)));
        let mut lost = granted.clone();
        lost.subtract(&kept);
        kept.intersect(&granted);
        let removed = names(&lost);
        let mut plan = Self {
            before: before.compact(),
            after: after.iter().map(Document::compact).collect(),
            removed,
            ..Self::default()
        };
        // Where nothing is left there is nothing to simulate.
        if !after.is_empty() {
            plan.simulate(before, &names(&kept), used);
        }
        plan
    }

    /// How many calls of the paid checks there are: one for new access, and one for each hundred removed actions, for each
    /// document.
    pub fn paid_calls(&self) -> u64 {
        let batches = self.removed.chunks(ACTIONS_A_CALL).len();
        (self.after.len() * (1 + batches)) as u64
    }

    fn simulate(&mut self, before: &Document<'_>, kept: &[String], used: &[UsedService]) {
        let in_use: BTreeSet<String> = used
            .iter()
            .flat_map(|service| {
                service
                    .actions
                    .iter()
                    .map(|name| lower(&format!("{}:{name}", service.service_namespace)))
            })
            .collect();
        // What was seen in use comes first, and all of it.
        let (mut chosen, rest): (Vec<&String>, Vec<&String>) =
            kept.iter().partition(|action| in_use.contains(&lower(action)));
        chosen.extend(spread(&rest));
        let removed: Vec<&String> = self.removed.iter().collect();
        let removed = spread(&removed);
        let asked = chosen.len() + removed.len();
        self.left_out = kept.len() + self.removed.len() - asked;

        let mut by_resource: BTreeMap<String, Simulation> = BTreeMap::new();
        for (action, is_kept) in chosen
            .iter()
            .map(|it| (*it, true))
            .chain(removed.iter().map(|it| (*it, false)))
        {
            let resource = resource_of(before, action);
            if by_resource.len() == RESOURCES && !by_resource.contains_key(&resource) {
                self.left_out += 1;
                continue;
            }
            let simulation = by_resource.entry(resource).or_default();
            let list = if is_kept {
                &mut simulation.kept
            } else {
                &mut simulation.removed
            };
            list.push(action.clone());
        }
        for (resource, whole) in by_resource {
            let all: Vec<(String, bool)> = whole
                .kept
                .into_iter()
                .map(|it| (it, true))
                .chain(whole.removed.into_iter().map(|it| (it, false)))
                .collect();
            self.simulations.extend(all.chunks(ACTIONS_A_CALL).map(|batch| {
                let of = |kept: bool| {
                    batch
                        .iter()
                        .filter(|it| it.1 == kept)
                        .map(|(action, _)| action.clone())
                        .collect()
                };
                Simulation {
                    resource: resource.clone(),
                    kept: of(true),
                    removed: of(false),
                }
            }));
        }
    }
}

/// Full names of the actions. AWS cannot be asked about names that only a wildcard covers.
fn names(set: &Permissions<'_>) -> Vec<String> {
    let literal = set.iter().filter(|(_, name, _)| !name.contains(['*', '?']));
    literal
        .map(|(service, name, _)| format!("{service}:{name}"))
        .collect()
}

/// So many of them, evenly spread: the same ones for the same list.
fn spread<'s>(all: &[&'s String]) -> Vec<&'s String> {
    let step = all.len().div_ceil(SAMPLE).max(1);
    all.iter().step_by(step).copied().collect()
}

/// A resource on which the policy allows the action, preferably whatever the circumstances.
fn resource_of(policy: &Document<'_>, action: &str) -> String {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    let grants = policy.statements.iter().filter(|statement| {
        let is_named = statement
            .clause
            .patterns
            .iter()
            .any(|pattern| pattern.matches(service, name));
        statement.frame.effect == Effect::Allow && is_named != statement.clause.negated
    });
    let all: Vec<_> = grants.collect();
    let best = all
        .iter()
        .find(|it| it.is_unconditional())
        .or_else(|| all.first());
    best.and_then(|statement| statement.first_resource())
        .unwrap_or_else(|| "*".to_owned())
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

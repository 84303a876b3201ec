//! What each change removes from a principal, and the escalation paths that it closes.

use std::collections::BTreeMap;

use super::Effects;
use crate::catalog::Permissions;
use crate::decide::{Escalation, Risk};
use crate::report::Removal;

impl<'t> Effects<'t> {
    /// The escalation paths that are open now, closed after all changes, and broken by what each change removes. A
    /// path that another policy leaves open does not count as closed; one that two policies open together does.
    pub(in crate::advise) fn closed(&self) -> BTreeMap<&str, Vec<&'static Escalation>> {
        let mut closed: BTreeMap<&str, Vec<&'static Escalation>> = BTreeMap::new();
        for person in self.people.iter().filter(|it| !it.losses.is_empty()) {
            let gone = person.closed(&person.after);
            for (change, lost) in &person.losses {
                let broken = gone.iter().filter(|it| it.is_broken(lost));
                closed.entry(change).or_default().extend(broken);
            }
        }
        closed.values_mut().for_each(ranked);
        closed
    }

    /// What each change removes from one principal. Each permission and each point of risk counts once.
    pub(in crate::advise) fn removals(&self, at: usize) -> BTreeMap<String, Removal> {
        let Some(person) = self.people.get(at) else {
            return BTreeMap::new();
        };
        let mut left = person.before.clone();
        left.subtract(&person.after);
        let all = Risk::of(&person.before);
        let mut heaviest: Vec<_> = person
            .losses
            .iter()
            .map(|(id, lost)| (all.weigh(lost), id, lost))
            .collect();
        heaviest.sort_by(|(a, id, _), (b, other, _)| b.cmp(a).then_with(|| id.cmp(other)));
        let mut now = person.before.clone();
        let mut points = Risk::of(&person.effective(&now)).score;
        let end = Risk::of(&person.effective(&person.after)).score;
        let last = heaviest.len().saturating_sub(1);
        let removal = |(place, (_, id, lost)): (usize, (u64, &String, &Permissions<'t>))| {
            let mut taken = left.clone();
            taken.intersect_listed(lost);
            left.subtract(&taken);
            now.subtract(&taken);
            let score = if place == last {
                end
            } else {
                Risk::of(&person.effective(&now)).score
            };
            let removal = Removal {
                permissions: taken.len(),
                risk: points.saturating_sub(score),
            };
            points = score;
            (id.clone(), removal)
        };
        heaviest.into_iter().enumerate().map(removal).collect()
    }

    /// What some principals lose if a change removes these permissions from each and no other change is made. They
    /// keep what other policies also grant, so this is the maximum.
    pub(in crate::advise) fn alone(
        &self,
        reaches: &[usize],
        lost: &Permissions<'t>,
    ) -> (Removal, Vec<&'static Escalation>) {
        let (mut all, mut closed) = (Removal::default(), Vec::new());
        for person in reaches
            .iter()
            .filter_map(|at| self.people.get(*at))
            .filter(|it| it.unused.is_some())
        {
            let mut now = person.before.clone();
            now.subtract(lost);
            let score = |permissions| Risk::of(&person.effective(permissions)).score;
            let risk = score(&person.before).saturating_sub(score(&now));
            all += Removal {
                permissions: lost.len(),
                risk,
            };
            closed.extend(person.closed(&now));
        }
        ranked(&mut closed);
        (all, closed)
    }
}

/// The heaviest first, each once.
fn ranked(escalations: &mut Vec<&'static Escalation>) {
    escalations.sort_by(|a, b| b.weight.cmp(&a.weight).then_with(|| a.actions.cmp(&b.actions)));
    escalations.dedup();
}

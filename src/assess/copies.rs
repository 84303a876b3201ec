//! Copies of a managed policy, each for those of its holders that can do with the same.

use std::collections::BTreeSet;

use super::refinement::{Stays, Tried, attempt};
use super::why;
use super::work::{Bench, Copied, Work};
use crate::decide::{Holder, Obstacle, Part};
use crate::refine::Kind;
use crate::report::LeftAlone;

impl<'i, 't> Work<'i, 't> {
    /// A policy of AWS: copies, for nobody else can edit it.
    pub(super) fn of_aws(&mut self, bench: Bench<'_, 'i, 't>) -> &'static str {
        let (copies, stay) = self.copies(bench);
        let mut state = match (copies.is_empty(), self.changed.is_empty()) {
            (false, _) => "copied",
            // Families decided for some of the holders.
            (true, false) => "family",
            (true, true) => "kept",
        };
        for (part, stays) in &stay {
            self.note_defect(bench.place, stays);
            let (code, why) = why::stays(stays);
            self.leave_part(bench, &part.reaches, (code, why));
            state = code;
        }
        let changed = self.changed.iter().flat_map(|after| &after.holders);
        let parts = copies.iter().map(|copy| &copy.part).chain(stay.iter().map(|(part, _)| part));
        let done: BTreeSet<Holder<'i>> =
            changed.chain(parts.flat_map(|part| &part.holders)).copied().collect();
        for holder in bench.held.holders.iter().filter(|holder| !done.contains(holder)) {
            let reaches = self.effects.reached(*holder);
            if !self.effects.concerns(&reaches, bench.allows) {
                continue;
            }
            let is_in = |all: &[usize]| reaches.iter().filter(|at| all.contains(at)).count();
            let (code, why) = match (is_in(&bench.held.excepted), is_in(&bench.held.blockers)) {
                (0, 0) => self.unspared(bench, &reaches),
                (0, blockers) => why::obstacle(Obstacle::Blocked, blockers),
                _ => why::obstacle(Obstacle::Excepted, 0),
            };
            self.leave_part(bench, &reaches, (code, why));
            if state == "kept" {
                state = code;
            }
        }
        self.copy(bench, copies, None, false);
        state
    }

    /// Some whom a policy reaches keep it as it is.
    fn leave_part(&mut self, bench: Bench<'_, 'i, 't>, reaches: &[usize], (code, why): (&str, String)) {
        let blockers: Vec<usize> =
            reaches.iter().copied().filter(|at| bench.held.blockers.contains(at)).collect();
        self.left_alone.push(LeftAlone {
            policy: bench.held.target.name().to_owned(),
            code: code.to_owned(),
            why,
            reaches: self.prepared.arns(reaches),
            others: 0,
            blockers: self.prepared.arns(&blockers),
            alternative: None,
        });
    }

    /// The copies that a policy's holders could have, equal ones made one, and those that cannot be made.
    pub(super) fn copies(&mut self, bench: Bench<'_, 'i, 't>) -> (Vec<Copied<'i>>, Vec<(Part<'i>, Stays)>) {
        let mut copies: Vec<Copied<'i>> = Vec::new();
        let mut stay = Vec::new();
        for part in &bench.held.copies {
            if part.family.is_some_and(|family| self.join(bench, part, family)) {
                continue;
            }
            match self.tried(bench, part) {
                // What is in the way of one holder is none of the others' business.
                Tried::Stays(Stays::NotSure(_) | Stays::TooManyAttached { .. }) if part.holders.len() > 1 => {
                    for holder in &part.holders {
                        let reaches = self.effects.reached(*holder);
                        let own = Part { holders: vec![*holder], reaches, ..part.clone() };
                        let tried = self.tried(bench, &own);
                        self.sort(bench, (own, tried), &mut copies, &mut stay);
                    }
                }
                tried => self.sort(bench, (part.clone(), tried), &mut copies, &mut stay),
            }
        }
        // The one that most share comes first, and has the plain name.
        copies.sort_by(|a, b| {
            (b.part.reaches.len(), &a.smaller.after).cmp(&(a.part.reaches.len(), &b.smaller.after))
        });
        (copies, stay)
    }

    /// A copy for some holders, if they have room for it.
    fn tried(&self, bench: Bench<'_, 'i, 't>, part: &Part<'i>) -> Tried {
        match self.attempt(bench, part, Kind::Managed, 0) {
            Tried::Smaller(smaller) => self.attachable(part, smaller),
            tried => tried,
        }
    }

    fn sort(
        &self,
        bench: Bench<'_, 'i, 't>,
        (part, tried): (Part<'i>, Tried),
        copies: &mut Vec<Copied<'i>>,
        stay: &mut Vec<(Part<'i>, Stays)>,
    ) {
        match tried {
            Tried::Nothing => {}
            Tried::Stays(stays) => stay.push((part, stays)),
            Tried::Smaller(smaller) => self.merge(bench, copies, Copied { part, smaller }),
        }
    }

    /// Two needs that come to one text are one copy: what either calls unused and the policy grants is the same.
    fn merge(&self, bench: Bench<'_, 'i, 't>, copies: &mut Vec<Copied<'i>>, new: Copied<'i>) {
        for old in copies.iter_mut().filter(|old| old.smaller.after == new.smaller.after) {
            let needs = old.part.needs.clone().and(&new.part.needs);
            let catalog = self.terms.catalog;
            let both = attempt(bench.document, &bench.held.text.0, &needs, catalog, Kind::Managed, 0);
            if let Tried::Smaller(smaller) = both
                && smaller.after == old.smaller.after
            {
                old.part.holders.extend(&new.part.holders);
                old.part.reaches.extend(&new.part.reaches);
                old.part.reaches.sort_unstable();
                old.part.reaches.dedup();
                old.part.needs = needs;
                old.smaller = smaller;
                return;
            }
        }
        copies.push(new);
    }
}

//! Copies of a managed policy, each for those of its holders that can do with the same.

use super::refinement::{Stays, Tried, attempt};
use super::why;
use super::work::{Bench, Copied, Work};
use crate::decide::{Holder, Obstacle, Part};
use crate::refine::{Kind, MOST_ATTACHED};
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
            let (code, why) = why::stays(stays);
            self.stays.extend(&part.reaches);
            self.note_defect(bench.place, stays);
            let reaches = self.prepared.arns(&part.reaches);
            self.left_alone.push(LeftAlone {
                policy: bench.held.target.name().to_owned(),
                code: code.to_owned(),
                why,
                reaches,
                blockers: Vec::new(),
                alternative: None,
            });
            state = code;
        }
        for holder in &bench.held.holders {
            self.blocked_group(bench, *holder);
        }
        self.copy(bench, copies, None, false);
        state
    }

    /// A group some of whose members are not known keeps what it has.
    fn blocked_group(&mut self, bench: Bench<'_, 'i, 't>, holder: Holder<'i>) {
        let Holder::Group(name) = holder else { return };
        let all = self.prepared.inventory.principals.iter().enumerate();
        let members: Vec<usize> =
            all.filter(|(_, it)| it.groups.iter().any(|group| group == name)).map(|(at, _)| at).collect();
        let blockers: Vec<usize> =
            members.iter().copied().filter(|at| bench.held.blockers.contains(at)).collect();
        if blockers.is_empty() || !self.effects.concerns(&members, bench.allows) {
            return;
        }
        let (code, why) = why::obstacle(Obstacle::Blocked, blockers.len());
        self.stays.extend(&members);
        self.left_alone.push(LeftAlone {
            policy: bench.held.target.name().to_owned(),
            code: code.to_owned(),
            why,
            reaches: self.prepared.arns(&members),
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
            match self.attempt(bench, part, Kind::Managed, 0) {
                Tried::Nothing => {}
                Tried::Stays(stays) => stay.push((part.clone(), stays)),
                Tried::Smaller(smaller) => {
                    let inventory = &self.prepared.inventory;
                    let attached = part.holders.iter().map(|it| it.attachments(inventory)).max().unwrap_or(0);
                    if attached.saturating_sub(1) + smaller.documents > MOST_ATTACHED {
                        let policies = smaller.documents;
                        stay.push((part.clone(), Stays::TooManyAttached { attached, policies }));
                    } else {
                        self.merge(bench, &mut copies, Copied { part: part.clone(), smaller });
                    }
                }
            }
        }
        // The one that most share comes first, and has the plain name.
        copies.sort_by(|a, b| {
            (b.part.reaches.len(), &a.smaller.after).cmp(&(a.part.reaches.len(), &b.smaller.after))
        });
        (copies, stay)
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

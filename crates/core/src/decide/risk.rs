//! What permissions are worth to somebody who should not have them.
//!
//! The score of a set of permissions is a sum: for each action the points of its level, and for each known [`Escalation`]
//! whose actions it holds all of, that one's weight.
//!
//! | level | points |
//! |---|---|
//! | permissions management | 20 |
//! | write, or not in the catalog | 5 |
//! | tagging | 2 |
//! | read, list | 1 |
//!
//! The score compares: before with after, one change with another. It looks at actions only. A resource or a condition
//! may make an action harmless that counts in full here, which is why the words are "may", never "can".

use super::escalation::{Escalation, Gain};
use crate::catalog::{AccessLevel, Levels, Permissions};

/// The levels, the one whose loss matters most first. What the catalog does not know may well write.
const RANKED: [(Option<AccessLevel>, u64, &str); 6] = [
    (Some(AccessLevel::PermissionsManagement), 20, "permissions management"),
    (Some(AccessLevel::Write), 5, "write"),
    (None, 5, "unknown level"),
    (Some(AccessLevel::Tagging), 2, "tagging"),
    (Some(AccessLevel::Read), 1, "read"),
    (Some(AccessLevel::List), 1, "list"),
];

/// How many escalations a sentence names before it counts the rest.
const NAMED: usize = 2;

/// What a set of permissions is worth, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// The sum of the points.
    pub score: u64,
    /// How many actions of each level.
    pub levels: Levels,
    /// The escalations that it holds, the heaviest first.
    pub escalations: Vec<&'static Escalation>,
}

impl Risk {
    /// Of what a principal may do.
    pub fn of(permissions: &Permissions<'_>) -> Self {
        let levels = permissions.levels();
        let escalations = Escalation::held_by(permissions);
        let score = points(&levels) + escalations.iter().map(|escalation| escalation.weight).sum::<u64>();
        Self { score, levels, escalations }
    }

    /// By how much the score falls when `removed`, a part of the permissions that this is the risk of, goes.
    pub fn weigh(&self, removed: &Permissions<'_>) -> u64 {
        let broken = self.escalations.iter().filter(|escalation| escalation.is_broken(removed));
        points(&removed.levels()) + broken.map(|escalation| escalation.weight).sum::<u64>()
    }

    /// In one sentence.
    pub fn explain(&self) -> String {
        let counts = RANKED.iter().filter_map(|(level, _, name)| match self.levels.of(*level) {
            0 => None,
            count => Some(format!("{count} {name}")),
        });
        let counts: Vec<_> = counts.collect();
        let mut sentence = if counts.is_empty() { "no permissions".to_owned() } else { counts.join(", ") };
        for (gain, words) in
            [(Gain::Rights, "; may escalate privileges with "), (Gain::Reach, "; may expose data with ")]
        {
            let ways = self.escalations.iter().filter(|escalation| escalation.gain == gain);
            let ways: Vec<_> = ways.map(|escalation| escalation.name()).collect();
            let (shown, rest) = ways.split_at_checked(NAMED).unwrap_or((&ways, &[]));
            if !shown.is_empty() {
                sentence.extend([words, &shown.join(", ")]);
            }
            match rest.len() {
                0 => {}
                1 => sentence.push_str(" and 1 more way"),
                more => sentence.push_str(&format!(" and {more} more ways")),
            }
        }
        sentence
    }
}

fn points(levels: &Levels) -> u64 {
    RANKED.iter().map(|(level, points, _)| levels.of(*level) as u64 * points).sum()
}

/// The place of a level in a list of what is removed: permissions management, write, unknown, tagging, read, list.
pub fn rank(level: Option<AccessLevel>) -> usize {
    RANKED.iter().position(|(ranked, _, _)| *ranked == level).unwrap_or(RANKED.len())
}

//! The risk of a set of permissions, if they were misused.
//!
//! The score is a sum: for each action the points of its access level, and for each known [`Escalation`] of which
//! the set contains all actions, its weight.
//!
//! | level | points |
//! |---|---|
//! | permissions management | 20 |
//! | write, or not in the catalog | 5 |
//! | tagging | 2 |
//! | read, list | 1 |
//!
//! Use the score to compare: before with after, one change with another. It looks only at actions. An action counts
//! in full even if its resources or conditions make it harmless, so texts say "may", never "can".

use super::escalation::{Escalation, Gain};
use crate::catalog::{AccessLevel, Levels, Permissions};

/// Access levels, the most dangerous first. Actions that the catalog lacks may be write actions.
const RANKED: [(Option<AccessLevel>, u64, &str); 6] = [
    (
        Some(AccessLevel::PermissionsManagement),
        20,
        "permissions management",
    ),
    (Some(AccessLevel::Write), 5, "write"),
    (None, 5, "unknown level"),
    (Some(AccessLevel::Tagging), 2, "tagging"),
    (Some(AccessLevel::Read), 1, "read"),
    (Some(AccessLevel::List), 1, "list"),
];

/// Number of escalation paths that a sentence names before it counts the rest.
const NAMED: usize = 2;

/// Risk of a set of permissions, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Sum of the points.
    pub score: u64,
    /// Number of actions of each level.
    pub levels: Levels,
    /// Escalation paths that it opens, the heaviest first.
    pub escalations: Vec<&'static Escalation>,
}

impl Risk {
    /// Risk of a set of permissions.
    pub fn of(permissions: &Permissions<'_>) -> Self {
        let levels = permissions.levels();
        let escalations = Escalation::held_by(permissions);
        let score = points(&levels)
            + escalations
                .iter()
                .map(|escalation| escalation.weight)
                .sum::<u64>();
        Self {
            score,
            levels,
            escalations,
        }
    }

    /// How much the score falls if `removed`, a part of these permissions, is removed.
    pub fn weigh(&self, removed: &Permissions<'_>) -> u64 {
        let broken = self
            .escalations
            .iter()
            .filter(|escalation| escalation.is_broken(removed));
        points(&removed.levels()) + broken.map(|escalation| escalation.weight).sum::<u64>()
    }

    /// As a sentence.
    pub fn explain(&self) -> String {
        let counts = RANKED
            .iter()
            .filter_map(|(level, _, name)| match self.levels.of(*level) {
                0 => None,
                count => Some(format!("{count} {name}")),
            });
        let counts: Vec<_> = counts.collect();
        let mut sentence = if counts.is_empty() {
            "no permissions".to_owned()
        } else {
            counts.join(", ")
        };
        for (gain, words) in [
            (Gain::Rights, "; may escalate privileges with "),
            (Gain::Reach, "; may expose data with "),
        ] {
            let ways = self
                .escalations
                .iter()
                .filter(|escalation| escalation.gain == gain);
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
    RANKED
        .iter()
        .map(|(level, points, _)| levels.of(*level) as u64 * points)
        .sum()
}

/// Position of a level in lists of removed permissions: permissions management, write, unknown, tagging, read,
/// list.
pub fn rank(level: Option<AccessLevel>) -> usize {
    RANKED
        .iter()
        .position(|(ranked, _, _)| *ranked == level)
        .unwrap_or(RANKED.len())
}

//! What to start with: the fewest changes that together remove most of the risk.

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recommendation::Recommendation;
use crate::decide::Level;

/// Share of the removable risk, in percent, that the changes to start with must remove together.
const WANTED: u64 = 80;

/// The fewest changes that together remove most of the risk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct First {
    /// Share of the removable risk that these changes remove together, in percent.
    pub share_percent: u8,
    /// Risk score that all changes of the report remove.
    pub risk_removed: u64,
    /// The changes to start with, by confidence, then by the risk they remove.
    pub changes: Vec<FirstChange>,
}

/// A change to start with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirstChange {
    /// ID of the change.
    pub id: String,
    /// Risk score that the change removes.
    pub risk: u64,
    /// Confidence of the change.
    #[serde(default)]
    pub confidence: Level,
}

impl FirstChange {
    /// The entry for a change.
    pub fn of(change: &Recommendation) -> Self {
        Self {
            id: change.id.clone(),
            risk: change.impact.risk,
            confidence: change.confidence.level,
        }
    }
}

impl First {
    /// Selects from all changes. Empty if no change removes risk.
    pub fn of(all: &[FirstChange]) -> Self {
        let total: u64 = all.iter().map(|it| it.risk).sum();
        let percent =
            |risk: u64| u64::try_from(u128::from(risk) * 100 / u128::from(total.max(1))).unwrap_or(100);
        let mut heaviest: Vec<&FirstChange> = all.iter().filter(|it| it.risk > 0).collect();
        heaviest.sort_by_key(|it| (Reverse(it.risk), &it.id));
        let mut so_far = 0;
        let needed = heaviest.into_iter().take_while(|it| {
            let is_needed = percent(so_far) < WANTED;
            so_far += if is_needed { it.risk } else { 0 };
            is_needed
        });
        let mut changes: Vec<FirstChange> = needed.cloned().collect();
        changes.sort_by_key(|it| (Reverse(it.confidence), Reverse(it.risk), it.id.clone()));
        Self {
            share_percent: u8::try_from(percent(so_far)).unwrap_or(100),
            risk_removed: total,
            changes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{First, FirstChange};
    use crate::decide::Level;

    fn change(id: &str, risk: u64, confidence: Level) -> FirstChange {
        FirstChange {
            id: id.to_owned(),
            risk,
            confidence,
        }
    }

    #[test]
    fn the_fewest_changes_with_most_of_the_risk_stand_there_the_surest_first() {
        let all = [
            change("doubtful", 60, Level::Low),
            change("b", 15, Level::High),
            change("a", 15, Level::High),
            change("little", 10, Level::High),
            change("nothing", 0, Level::High),
        ];
        let first = First::of(&all);
        let ids: Vec<&str> = first.changes.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(
            (ids.as_slice(), first.share_percent, first.risk_removed),
            (&["a", "b", "doubtful"][..], 90, 100)
        );
    }

    #[test]
    fn where_nothing_weighs_anything_nothing_is_first() {
        assert_eq!(First::of(&[change("a", 0, Level::High)]), First::default());
    }
}

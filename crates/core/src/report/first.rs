//! What to do first: the fewest changes that together remove most of the risk.

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recommendation::Recommendation;
use crate::decide::Level;

/// The fewest changes that remove so much of the risk, in per cent.
const WANTED: u64 = 80;

/// The shortest list of changes with most of the effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct First {
    /// How much of the risk they remove together, in per cent.
    pub share_percent: u8,
    /// Points of risk that all changes remove.
    pub risk_removed: u64,
    /// The recommendations, by id, with what each removes: the surest first, and of those the heaviest.
    pub changes: Vec<FirstChange>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirstChange {
    /// The recommendation, by id.
    pub id: String,
    /// Points of risk that it removes.
    pub risk: u64,
    /// How sure it is.
    #[serde(default)]
    pub confidence: Level,
}

impl FirstChange {
    /// Of a recommendation.
    pub fn of(change: &Recommendation) -> Self {
        Self { id: change.id.clone(), risk: change.impact.risk, confidence: change.confidence.level }
    }
}

impl First {
    /// Of all changes. None when nothing weighs anything.
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
        Self { share_percent: u8::try_from(percent(so_far)).unwrap_or(100), risk_removed: total, changes }
    }
}

#[cfg(test)]
mod tests {
    use super::{First, FirstChange};
    use crate::decide::Level;

    fn change(id: &str, risk: u64, confidence: Level) -> FirstChange {
        FirstChange { id: id.to_owned(), risk, confidence }
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

//! What evidence reports about the use of actions: unused ones, and ones in use.

use std::collections::BTreeSet;

use super::action_set::ActionSet;

/// What evidence reports about the use of actions. Nothing is known about actions in neither set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Not used within the window. A whole service means that no call to it was seen.
    pub unused: ActionSet,
    /// Used within the window. A whole service means that some call to it was seen.
    pub used: ActionSet,
}

impl Observed {
    /// Whether no action is reported as unused.
    pub fn is_empty(&self) -> bool {
        self.unused.is_empty()
    }

    /// The first name in both sets, as `service:Name`. Such evidence contradicts itself.
    pub fn contradiction(&self) -> Option<String> {
        self.used.iter().find_map(|(service, used)| {
            let unused = self.unused.get(service)?;
            if unused.whole {
                return Some(format!("{service}:*"));
            }
            let lower: BTreeSet<String> = unused.names.iter().map(str::to_ascii_lowercase).collect();
            let both = used
                .names
                .iter()
                .find(|name| lower.contains(&name.to_ascii_lowercase()))?;
            Some(format!("{service}:{both}"))
        })
    }
}

impl From<ActionSet> for Observed {
    fn from(unused: ActionSet) -> Self {
        Self {
            unused,
            used: ActionSet::new(),
        }
    }
}

//! What evidence says about the use of actions: which were unused, and which were seen in use.

use std::collections::BTreeSet;

use super::action_set::ActionSet;

/// What evidence says about the use of actions. An action that is in neither set was not observed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// What was not used within the window. A whole service here means that no call to it was seen.
    pub unused: ActionSet,
    /// What was seen in use within the window. A whole service here means that some call to it was seen.
    pub used: ActionSet,
}

impl Observed {
    /// Whether nothing is known to be unused.
    pub fn is_empty(&self) -> bool {
        self.unused.is_empty()
    }

    /// The first name that is in both sets, as `service:Name`: such evidence contradicts itself.
    pub fn contradiction(&self) -> Option<String> {
        self.used.iter().find_map(|(service, used)| {
            let unused = self.unused.get(service)?;
            if unused.whole {
                return Some(format!("{service}:*"));
            }
            let lower: BTreeSet<String> = unused.names.iter().map(str::to_ascii_lowercase).collect();
            let both = used.names.iter().find(|name| lower.contains(&name.to_ascii_lowercase()))?;
            Some(format!("{service}:{both}"))
        })
    }
}

impl From<ActionSet> for Observed {
    fn from(unused: ActionSet) -> Self {
        Self { unused, used: ActionSet::new() }
    }
}

//! Whether the evidence reports whole services, individual actions, or both.

use crate::policy::ActionSet;

/// By what the evidence tells what is unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// Whole services only.
    Services,
    /// Single actions only.
    Actions,
    /// Some of both.
    Both,
}

impl Grain {
    /// By what this evidence tells; nothing when nothing is unused.
    pub fn of(unused: &ActionSet) -> Option<Self> {
        let whole = unused.iter().any(|(_, extent)| extent.whole);
        let single = unused.iter().any(|(_, extent)| !extent.names.is_empty());
        match (whole, single) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Services),
            (false, true) => Some(Self::Actions),
            (false, false) => None,
        }
    }
}

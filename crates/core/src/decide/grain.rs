//! Whether the evidence reports whole services, individual actions, or both.

use crate::policy::ActionSet;

/// Whether evidence reports services, actions or both as unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// Only whole services.
    Services,
    /// Only individual actions.
    Actions,
    /// Both.
    Both,
}

impl Grain {
    /// The grain of this evidence; `None` if nothing is unused.
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

//! What one principal can lose, and what several can lose together.

use std::borrow::Cow;
use std::sync::Arc;

use crate::catalog::Unobserved;
use crate::policy::{ActionSet, Extent, Services};

/// What one principal can lose, or all of several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removable {
    /// Anything, because it uses nothing.
    Anything,
    /// These actions. A service that the set contains as a whole has no names in it.
    Only(ActionSet),
    /// Nothing, because it uses everything or there is no evidence.
    Nothing,
}

impl Removable {
    /// What evidence reports as unused.
    pub fn of(unused: &ActionSet) -> Self {
        let one = |(service, extent): (&Arc<str>, &Extent)| {
            let whole = Extent {
                whole: true,
                ..Extent::default()
            };
            (
                Arc::clone(service),
                if extent.whole { whole } else { extent.clone() },
            )
        };
        Self::Only(unused.iter().map(one).collect())
    }

    /// What can be removed if both hold. Evidence about a whole service says nothing about its untracked actions,
    /// so those that the other one names are kept (E13).
    #[must_use]
    pub fn and(self, other: &Self, unobserved: &Unobserved) -> Self {
        // Of a principal that uses nothing, every service is unused as a whole.
        let (mine, theirs) = match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => return Self::Nothing,
            (Self::Anything, Self::Anything) => return Self::Anything,
            (Self::Only(named), Self::Anything) => (Cow::Owned(named), None),
            (Self::Anything, Self::Only(named)) => (Cow::Borrowed(named), None),
            (Self::Only(mine), Self::Only(theirs)) => (Cow::Owned(mine), Some(theirs)),
        };
        let both = mine.iter().filter_map(|(service, mine)| {
            let theirs = match theirs {
                Some(theirs) => Some(theirs.get(service)?),
                None => None,
            };
            let theirs = theirs.filter(|theirs| !theirs.whole);
            let observed = |extent: &Extent| extent.names.without(|name| unobserved.has(service, name));
            let names = match (mine.whole, theirs) {
                (true, None) => return Some((Arc::clone(service), mine.clone())),
                (true, Some(named)) => observed(named),
                (false, None) => observed(mine),
                (false, Some(theirs)) => mine.names.and(&theirs.names),
            };
            (!names.is_empty()).then(|| (Arc::clone(service), Extent { whole: false, names }))
        });
        Self::Only(both.collect())
    }

    /// The part in these services.
    #[must_use]
    pub fn within(&self, services: &Services) -> Self {
        match self {
            Self::Only(unused) => Self::Only(unused.within(services)),
            other => other.clone(),
        }
    }

    /// Whether nothing can be removed, for whatever reason.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Anything => false,
            Self::Only(unused) => unused.is_empty(),
            Self::Nothing => true,
        }
    }

    /// As evidence for a policy that names these services. Unused permissions of other services do not matter to
    /// it. `Anything` has no list and returns none.
    pub fn unused(&self, services: &Services) -> ActionSet {
        match self {
            Self::Only(unused) => unused.within(services),
            Self::Anything | Self::Nothing => ActionSet::new(),
        }
    }
}

//! What one principal can lose, and what several can lose together.

use std::borrow::Cow;
use std::sync::Arc;

use crate::catalog::Unobserved;
use crate::policy::{ActionSet, Extent, Services};

/// What may be taken from a principal, or from all of several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removable {
    /// It uses nothing.
    Anything,
    /// These actions. A service that is in the set as a whole has no names there.
    Only(ActionSet),
    /// It uses everything, or nothing is known of it.
    Nothing,
}

impl Removable {
    /// What evidence calls unused.
    pub fn of(unused: &ActionSet) -> Self {
        let one = |(service, extent): (&Arc<str>, &Extent)| {
            let whole = Extent { whole: true, ..Extent::default() };
            (Arc::clone(service), if extent.whole { whole } else { extent.clone() })
        };
        Self::Only(unused.iter().map(one).collect())
    }

    /// What may go when both hold. Evidence about a whole service says nothing about its unobserved actions, so what the
    /// other names of those stays (E13).
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

    /// What of it concerns these services.
    #[must_use]
    pub fn within(&self, services: &Services) -> Self {
        match self {
            Self::Only(unused) => Self::Only(unused.within(services)),
            other => other.clone(),
        }
    }

    /// Whether nothing may go, for whatever reason.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Anything => false,
            Self::Only(unused) => unused.is_empty(),
            Self::Nothing => true,
        }
    }

    /// As evidence for a policy that names these services. Unused permissions of other services do not concern it.
    /// `Anything` has no list of its own and gives none.
    pub fn unused(&self, services: &Services) -> ActionSet {
        match self {
            Self::Only(unused) => unused.within(services),
            Self::Anything | Self::Nothing => ActionSet::new(),
        }
    }
}

//! What a principal may lose, and what several may lose together.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{ActionSet, Extent};

/// What may be taken from a principal, or from all of several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// It uses nothing: anything may go.
    Nothing,
    /// These may go: by service in small letters, `None` for the whole service, else names in small letters with the
    /// spelling of the evidence.
    AllBut(BTreeMap<String, Option<BTreeMap<String, String>>>),
    /// It uses everything, or nothing is known of it: nothing may go.
    Everything,
}

impl Needs {
    /// What evidence says.
    pub fn of(unused: &ActionSet<'_>) -> Self {
        let mut services: BTreeMap<String, Option<BTreeMap<String, String>>> = BTreeMap::new();
        for (service, extent) in unused.iter() {
            let entry = services.entry(service.to_ascii_lowercase()).or_insert_with(|| Some(BTreeMap::new()));
            match (extent, entry.as_mut()) {
                (Extent::Whole, _) => *entry = None,
                (Extent::Names(names), Some(known)) => {
                    for name in names {
                        // Of two spellings the first by bytes, so that the order of findings does not matter.
                        let spelled =
                            known.entry(name.to_ascii_lowercase()).or_insert_with(|| name.to_string());
                        if name.as_ref() < spelled.as_str() {
                            *spelled = name.to_string();
                        }
                    }
                }
                (Extent::Names(_), None) => {}
            }
        }
        Self::AllBut(services)
    }

    /// What may go when both hold.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let (mine, theirs) = match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => return Self::Everything,
            (mine, Self::Nothing) => return mine,
            (Self::Nothing, theirs) => return theirs.clone(),
            (Self::AllBut(mine), Self::AllBut(theirs)) => (mine, theirs),
        };
        let both = mine.into_iter().filter_map(|(service, mine)| {
            let both = match (mine, theirs.get(&service)?) {
                (None, theirs) => theirs.clone(),
                (mine, None) => mine,
                (Some(mine), Some(theirs)) => {
                    Some(mine.into_iter().filter(|(name, _)| theirs.contains_key(name)).collect())
                }
            };
            both.as_ref().is_none_or(|names| !names.is_empty()).then_some((service, both))
        });
        Self::AllBut(both.collect())
    }

    /// What of it concerns these services, `None` for all there are.
    #[must_use]
    pub fn within(&self, services: Option<&BTreeSet<String>>) -> Self {
        let (Self::AllBut(map), Some(services)) = (self, services) else { return self.clone() };
        let within = services.iter().filter_map(|name| Some((name.clone(), map.get(name)?.clone())));
        Self::AllBut(within.collect())
    }

    /// Whether nothing may go, for whatever reason.
    pub fn is_all(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::AllBut(map) => map.is_empty(),
            Self::Everything => true,
        }
    }

    /// As evidence for the refinement of a policy that touches these services, `None` for all there are: what is unused
    /// of other services is no business of it. `Nothing` has no list of its own and gives none.
    pub fn unused(&self, services: Option<&BTreeSet<String>>) -> ActionSet<'static> {
        let mut unused = ActionSet::new();
        let Self::AllBut(map) = self else { return unused };
        for (service, names) in map.iter().filter(|(name, _)| services.is_none_or(|all| all.contains(*name)))
        {
            match names {
                None => unused.add_service(service.clone()),
                Some(names) => unused.add_actions(service.clone(), names.values().cloned()),
            }
        }
        unused
    }
}

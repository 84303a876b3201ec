//! What evidence says about the use of actions: which were unused, and which were seen in use.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{ActionSet, Extent};

/// What evidence says about the use of actions. An action that is in neither set was not observed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed<'a> {
    /// What was not used within the window. A whole service here means that no call to it was seen.
    pub unused: ActionSet<'a>,
    /// What was seen in use within the window. A whole service here means that some call to it was seen.
    pub used: ActionSet<'a>,
}

impl<'a> Observed<'a> {
    /// Whether nothing is known to be unused.
    pub fn is_empty(&self) -> bool {
        self.unused.is_empty()
    }

    /// The first name that is in both sets, as `service:Name`: such evidence contradicts itself.
    pub fn contradiction(&self) -> Option<String> {
        // Of each service that is called unused the names, and none where it is all of them.
        let mut unused: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
        for (service, extent) in self.unused.iter() {
            let known = unused.entry(service.to_ascii_lowercase()).or_insert_with(|| Some(BTreeSet::new()));
            match (known.as_mut(), extent) {
                (Some(known), Extent::Names(names)) => {
                    known.extend(names.iter().map(|name| name.to_ascii_lowercase()));
                }
                _ => *known = None,
            }
        }
        self.used.iter().find_map(|(service, extent)| {
            match (unused.get(&service.to_ascii_lowercase())?, extent) {
                (None, _) => Some(format!("{service}:*")),
                (Some(_), Extent::Whole) => None,
                (Some(unused), Extent::Names(used)) => {
                    let both = used.iter().find(|name| unused.contains(&name.to_ascii_lowercase()))?;
                    Some(format!("{service}:{both}"))
                }
            }
        })
    }
}

impl<'a> From<ActionSet<'a>> for Observed<'a> {
    fn from(unused: ActionSet<'a>) -> Self {
        Self { unused, used: ActionSet::new() }
    }
}

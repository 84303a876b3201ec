//! What evidence says about the use of actions: which were unused, and which were seen in use.

use std::borrow::Cow;

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
        for (service, extent) in self.used.iter() {
            let same = |(other, extent): (&'_ str, &'_ Extent<'a>)| {
                other.eq_ignore_ascii_case(service).then(|| extent.clone())
            };
            for unused in self.unused.iter().filter_map(same) {
                match (extent, &unused) {
                    (_, Extent::Whole) => return Some(format!("{service}:*")),
                    (Extent::Whole, Extent::Names(_)) => {}
                    (Extent::Names(used), Extent::Names(unused)) => {
                        let both = |name: &&Cow<'_, str>| {
                            unused.iter().any(|other| other.eq_ignore_ascii_case(name))
                        };
                        if let Some(name) = used.iter().find(both) {
                            return Some(format!("{service}:{name}"));
                        }
                    }
                }
            }
        }
        None
    }
}

impl<'a> From<ActionSet<'a>> for Observed<'a> {
    fn from(unused: ActionSet<'a>) -> Self {
        Self { unused, used: ActionSet::new() }
    }
}

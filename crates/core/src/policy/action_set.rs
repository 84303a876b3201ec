//! Sets of actions by name.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::services::Services;

/// Names of actions of one service, sorted ignoring case, without duplicates. Stored as one text with one name per
/// line, because an organisation has many millions of them and most are only compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionNames(Arc<str>);

impl ActionNames {
    /// If a name has two spellings, the first by bytes is kept, so that the order of findings does not matter.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        // No action has a line feed in its name.
        let mut all: Vec<&str> = names
            .into_iter()
            .filter(|name| !name.is_empty() && !name.contains('\n'))
            .collect();
        if !all.is_sorted_by(|a, b| without_case(a, b) == Ordering::Less) {
            all.sort_by_cached_key(|name| (name.to_ascii_lowercase(), *name));
            all.dedup_by(|later, first| later.eq_ignore_ascii_case(first));
        }
        Self(all.join("\n").into())
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n').filter(|name| !name.is_empty())
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The union, with the spelling that is first by bytes.
    fn or(&self, other: &Self) -> Self {
        if other.is_empty() || self == other {
            self.clone()
        } else if self.is_empty() {
            other.clone()
        } else {
            Self::of(self.iter().chain(other.iter()))
        }
    }

    /// The intersection, with the spelling that is first by bytes.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        let (mut mine, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        let mut both = String::new();
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match without_case(a, b) {
                Ordering::Less => drop(mine.next()),
                Ordering::Greater => drop(theirs.next()),
                Ordering::Equal => {
                    if !both.is_empty() {
                        both.push('\n');
                    }
                    both.push_str(a.min(b));
                    mine.next();
                    theirs.next();
                }
            }
        }
        Self(both.into())
    }

    /// The names for which the condition does not hold.
    #[must_use]
    pub fn without(&self, is_meant: impl Fn(&str) -> bool) -> Self {
        if self.iter().any(&is_meant) {
            Self::of(self.iter().filter(|name| !is_meant(name)))
        } else {
            self.clone()
        }
    }
}

fn without_case(a: &str, b: &str) -> Ordering {
    for (a, b) in a.bytes().zip(b.bytes()).filter(|(a, b)| a != b) {
        let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// What a set contains of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// The service as a whole: it is entirely unused, or some call to it was seen.
    pub whole: bool,
    /// Individual actions.
    pub names: ActionNames,
}

/// A set of actions as evidence reports them: whole services, and individual actions of others. Case is ignored.
/// Clones share the names.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionSet {
    /// By service, in lower case.
    services: BTreeMap<Arc<str>, Extent>,
}

impl ActionSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service as a whole.
    pub fn add_service(&mut self, service: impl AsRef<str>) {
        self.extent(service.as_ref()).whole = true;
    }

    /// Adds actions of a service, by name without the service prefix.
    pub fn add_actions<N: AsRef<str>>(
        &mut self,
        service: impl AsRef<str>,
        names: impl IntoIterator<Item = N>,
    ) {
        let names: Vec<N> = names.into_iter().collect();
        let extent = self.extent(service.as_ref());
        extent.names = extent.names.or(&ActionNames::of(names.iter().map(AsRef::as_ref)));
    }

    fn extent(&mut self, service: &str) -> &mut Extent {
        self.services
            .entry(service.to_ascii_lowercase().into())
            .or_default()
    }

    /// Adds what another set contains of these services.
    pub fn extend(&mut self, other: &Self, of: &Services) {
        for (service, theirs) in other.services.iter().filter(|(service, _)| of.contains(service)) {
            let ours = self.services.entry(Arc::clone(service)).or_default();
            ours.whole |= theirs.whole;
            ours.names = ours.names.or(&theirs.names);
        }
    }

    /// The part of the set in these services.
    #[must_use]
    pub fn within(&self, services: &Services) -> Self {
        let Services::Named(names) = services else {
            return self.clone();
        };
        let within = names
            .iter()
            .filter_map(|name| self.services.get_key_value(name.as_str()));
        within
            .map(|(service, extent)| (Arc::clone(service), extent.clone()))
            .collect()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// What it contains of a service, given in lower case.
    pub fn get(&self, service: &str) -> Option<&Extent> {
        self.services.get(service)
    }

    /// Its services in lower case, sorted, with what it contains of each.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Extent)> {
        self.services.iter()
    }
}

impl FromIterator<(Arc<str>, Extent)> for ActionSet {
    /// Each service must appear once, in lower case.
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Extent)>>(services: I) -> Self {
        Self {
            services: services.into_iter().collect(),
        }
    }
}

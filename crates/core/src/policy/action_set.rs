//! Sets of actions by name.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::services::Services;

/// Names of one service's actions: sorted without regard to case, each once. They are one text, a name a line, because an
/// organisation has many millions of them and most are only compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionNames(Arc<str>);

impl ActionNames {
    /// Of two spellings of a name the first by bytes stays, so that the order of findings does not matter.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        // No action has a line's end in its name.
        let mut all: Vec<&str> =
            names.into_iter().filter(|name| !name.is_empty() && !name.contains('\n')).collect();
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

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of either, in the spelling of the first by bytes.
    fn or(&self, other: &Self) -> Self {
        if other.is_empty() || self == other {
            self.clone()
        } else if self.is_empty() {
            other.clone()
        } else {
            Self::of(self.iter().chain(other.iter()))
        }
    }

    /// Those that are in both, in the spelling of the first by bytes.
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

    /// Those that are not meant.
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

/// What a set holds of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// The service as a whole: all of it is unused, or some call to it was seen.
    pub whole: bool,
    /// Actions that are named.
    pub names: ActionNames,
}

/// A set of actions as evidence states it: some services whole, of others some names. Services and names are compared
/// without regard to case. A copy shares the names.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionSet {
    /// By service in small letters.
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

    /// Adds some actions of a service, by name, without the service's prefix.
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
        self.services.entry(service.to_ascii_lowercase().into()).or_default()
    }

    /// Adds what another set has of these services.
    pub fn extend(&mut self, other: &Self, of: &Services) {
        for (service, theirs) in other.services.iter().filter(|(service, _)| of.contains(service)) {
            let ours = self.services.entry(Arc::clone(service)).or_default();
            ours.whole |= theirs.whole;
            ours.names = ours.names.or(&theirs.names);
        }
    }

    /// What it has of these services.
    #[must_use]
    pub fn within(&self, services: &Services) -> Self {
        let Services::Named(names) = services else { return self.clone() };
        let within = names.iter().filter_map(|name| self.services.get_key_value(name.as_str()));
        within.map(|(service, extent)| (Arc::clone(service), extent.clone())).collect()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// What it has of a service, which is given in small letters.
    pub fn get(&self, service: &str) -> Option<&Extent> {
        self.services.get(service)
    }

    /// Its services in small letters, sorted, with what it has of each.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Extent)> {
        self.services.iter()
    }
}

impl FromIterator<(Arc<str>, Extent)> for ActionSet {
    /// Each service once, in small letters.
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Extent)>>(services: I) -> Self {
        Self { services: services.into_iter().collect() }
    }
}

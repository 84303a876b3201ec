//! What a principal may lose, and what several may lose together.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::Unobserved;
use crate::policy::{ActionSet, Extent};

/// What may be taken from a principal, or from all of several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// It uses nothing: anything may go.
    Nothing,
    /// These may go: by service in small letters, `None` for the whole service.
    AllBut(BTreeMap<Arc<str>, Option<Names>>),
    /// It uses everything, or nothing is known of it: nothing may go.
    Everything,
}

/// Names of one service's actions, sorted without regard to case, each once, in the spelling of the evidence. They are
/// one text, a name a line: an organisation has many millions of them, and most are only compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Names(Arc<str>);

impl Names {
    /// Of two spellings of a name the first by bytes, so that the order of findings does not matter.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        // No action has a line's end in its name.
        let mut all: Vec<&str> =
            names.into_iter().filter(|name| !name.is_empty() && !name.contains('\n')).collect();
        all.sort_unstable_by(|a, b| without_case(a, b).then_with(|| a.cmp(b)));
        all.dedup_by(|later, first| later.eq_ignore_ascii_case(first));
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
        } else {
            Self::of(self.iter().chain(other.iter()))
        }
    }

    /// Those that are not meant.
    fn without(&self, is_meant: impl Fn(&str) -> bool) -> Self {
        if self.iter().any(&is_meant) {
            Self::of(self.iter().filter(|name| !is_meant(name)))
        } else {
            self.clone()
        }
    }

    /// Those that are in both, in the spelling of the first by bytes.
    fn and(&self, other: &Self) -> Self {
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
}

fn without_case(a: &str, b: &str) -> Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

impl Needs {
    /// What evidence says.
    pub fn of(unused: &ActionSet<'_>) -> Self {
        let mut services: BTreeMap<Arc<str>, Option<Vec<&str>>> = BTreeMap::new();
        for (service, extent) in unused.iter() {
            let service: Arc<str> = service.to_ascii_lowercase().into();
            let entry = services.entry(service).or_insert_with(|| Some(Vec::new()));
            match (extent, entry.as_mut()) {
                (Extent::Whole, _) => *entry = None,
                (Extent::Names(names), Some(known)) => known.extend(names.iter().map(AsRef::as_ref)),
                (Extent::Names(_), None) => {}
            }
        }
        Self::AllBut(services.into_iter().map(|(service, names)| (service, names.map(Names::of))).collect())
    }

    /// What may go when both hold. Evidence about a whole service says nothing about its unobserved actions, so what the
    /// other names of those stays (E13).
    #[must_use]
    pub fn and(self, other: &Self, unobserved: &Unobserved) -> Self {
        let observed =
            |service: &str, names: &Names| Some(names.without(|name| unobserved.has(service, name)));
        let (mine, theirs) = match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => return Self::Everything,
            (Self::Nothing, Self::Nothing) => return Self::Nothing,
            (Self::AllBut(named), Self::Nothing) => (Cow::Owned(named), None),
            (Self::Nothing, Self::AllBut(named)) => (Cow::Borrowed(named), None),
            (Self::AllBut(mine), Self::AllBut(theirs)) => (Cow::Owned(mine), Some(theirs)),
        };
        let both = mine.iter().filter_map(|(service, mine)| {
            // Of a principal that uses nothing, every service is unused as a whole.
            let theirs = match theirs {
                Some(theirs) => theirs.get(service)?,
                None => &None,
            };
            let both = match (mine, theirs) {
                (None, None) => None,
                (None, Some(names)) | (Some(names), None) => observed(service, names),
                (Some(mine), Some(theirs)) => Some(mine.and(theirs)),
            };
            let is_left = both.as_ref().is_none_or(|names| !names.is_empty());
            is_left.then(|| (Arc::clone(service), both))
        });
        Self::AllBut(both.collect())
    }

    /// What of it concerns these services, `None` for all there are.
    #[must_use]
    pub fn within(&self, services: Option<&BTreeSet<String>>) -> Self {
        let (Self::AllBut(map), Some(services)) = (self, services) else { return self.clone() };
        let within = services.iter().filter_map(|name| map.get_key_value(name.as_str()));
        Self::AllBut(within.map(|(service, names)| (Arc::clone(service), names.clone())).collect())
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
    pub fn unused(&self, services: Option<&BTreeSet<String>>) -> ActionSet<'_> {
        let mut unused = ActionSet::new();
        let Self::AllBut(map) = self else { return unused };
        for (service, names) in
            map.iter().filter(|(name, _)| services.is_none_or(|all| all.contains(&***name)))
        {
            match names {
                None => unused.add_service(&**service),
                Some(names) => unused.add_actions(&**service, names.iter()),
            }
        }
        unused
    }
}

/// What was seen in use: services in small letters, each with the names of its actions that were seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<Arc<str>, Names>);

impl Seen {
    /// What evidence says.
    pub fn of(used: &ActionSet<'_>) -> Self {
        let mut services: BTreeMap<Arc<str>, Vec<&str>> = BTreeMap::new();
        for (service, extent) in used.iter() {
            let names = services.entry(service.to_ascii_lowercase().into()).or_default();
            if let Extent::Names(all) = extent {
                names.extend(all.iter().map(AsRef::as_ref));
            }
        }
        Self(services.into_iter().map(|(service, names)| (service, Names::of(names))).collect())
    }

    /// What was seen of one service, and so of the service.
    pub fn add(&mut self, service: Arc<str>, names: &Names) {
        let known = self.0.entry(service).or_insert_with(|| Names::of([]));
        *known = known.or(names);
    }

    /// Adds what others were seen to use, as far as it concerns these services, `None` for all there are.
    pub fn join(&mut self, other: &Self, services: Option<&BTreeSet<String>>) {
        for (service, names) in
            other.iter().filter(|(service, _)| services.is_none_or(|all| all.contains(&***service)))
        {
            self.add(Arc::clone(service), names);
        }
    }

    /// The services, with the names of each.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Names)> {
        self.0.iter()
    }

    /// As evidence.
    pub fn used(&self) -> ActionSet<'_> {
        let mut used = ActionSet::new();
        for (service, names) in &self.0 {
            if names.is_empty() {
                used.add_service(&**service);
            } else {
                used.add_actions(&**service, names.iter());
            }
        }
        used
    }
}

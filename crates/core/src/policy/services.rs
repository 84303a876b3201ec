//! The services that something concerns.

use std::collections::BTreeSet;

/// Some services, or all there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Services {
    /// Every service, known or not.
    All,
    /// These, in small letters.
    Named(BTreeSet<String>),
}

impl Default for Services {
    /// No service.
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

impl Services {
    /// Whether a service is one of them; it is given in small letters.
    pub fn contains(&self, service: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(service),
        }
    }

    /// Adds others.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (Self::Named(names), Self::Named(more)) => names.extend(more.iter().cloned()),
            (_, Self::All) => *self = Self::All,
        }
    }
}

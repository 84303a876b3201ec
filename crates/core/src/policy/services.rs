//! Sets of services.

use std::collections::BTreeSet;

/// Some services, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Services {
    /// Every service, known or not.
    All,
    /// These services, in lower case.
    Named(BTreeSet<String>),
}

impl Default for Services {
    /// No service.
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

impl Services {
    /// Whether it contains a service, given in lower case.
    pub fn contains(&self, service: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(service),
        }
    }

    /// Adds other services.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (Self::Named(names), Self::Named(more)) => names.extend(more.iter().cloned()),
            (_, Self::All) => *self = Self::All,
        }
    }
}

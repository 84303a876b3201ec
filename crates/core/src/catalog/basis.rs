//! What is known about actions besides the evidence of one principal: the catalog, further names that the
//! organisation uses, and the actions whose use AWS does not track.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalog, Unobserved, is_name, is_prefix};
use crate::policy::{Document, Observed, Services, Shape};

/// What is known about actions. Every proof is based on one.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The dated list of actions.
    pub catalog: &'a Catalog,
    /// Names that the catalog lacks.
    pub harvest: &'a Harvest,
    /// Actions that a whole-service row of evidence says nothing about.
    pub unobserved: &'a Unobserved,
}

impl<'a> From<&'a Catalog> for Basis<'a> {
    fn from(catalog: &'a Catalog) -> Self {
        static NONE: Harvest = Harvest {
            names: BTreeMap::new(),
            behind: BTreeSet::new(),
        };
        Self {
            catalog,
            harvest: &NONE,
            unobserved: Unobserved::table(),
        }
    }
}

/// Names that the catalog lacks but a policy or evidence of the organisation contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Harvest {
    /// By service, then by name, both in lower case. A service without names was named only as a whole.
    names: BTreeMap<String, BTreeMap<String, String>>,
    /// Services of the catalog for which the evidence names an action that it lacks.
    behind: BTreeSet<String>,
}

impl Harvest {
    /// Adds the literal actions of a policy, whatever their effect.
    pub fn add_document(&mut self, catalog: &Catalog, document: &Document<'_>) {
        for pattern in document
            .statements
            .iter()
            .flat_map(|statement| &statement.clause.patterns)
        {
            if pattern.shape == Shape::Literal {
                self.add(catalog, &pattern.service, Some(&pattern.name));
            }
        }
    }

    /// Adds the services and actions that evidence names, used or unused.
    pub fn add_evidence(&mut self, catalog: &Catalog, observed: &Observed) {
        for (service, extent) in observed.unused.iter().chain(observed.used.iter()) {
            self.add(catalog, service, None);
            for name in extent.names.iter() {
                if self.add(catalog, service, Some(name)) && catalog.place_of(service).is_some() {
                    self.behind.insert(service.to_ascii_lowercase());
                }
            }
        }
    }

    /// Adds a service or an action of it. Returns whether the catalog lacks it.
    fn add(&mut self, catalog: &Catalog, service: &str, name: Option<&str>) -> bool {
        let Some(name) = name else {
            let is_new = is_prefix(service) && catalog.place_of(service).is_none();
            if is_new && !self.names.contains_key(service) {
                self.names.entry(service.to_ascii_lowercase()).or_default();
            }
            return is_new;
        };
        if !is_prefix(service) || !is_name(name) || catalog.action(service, name).is_some() {
            return false;
        }
        self.insert(service, name);
        true
    }

    /// If a name has two spellings, the first by bytes is kept, so that the order of accounts does not matter.
    fn insert(&mut self, service: &str, name: &str) {
        let names = self.names.entry(service.to_ascii_lowercase()).or_default();
        let spelled = names
            .entry(name.to_ascii_lowercase())
            .or_insert_with(|| name.to_owned());
        if name < spelled.as_str() {
            name.clone_into(spelled);
        }
    }

    /// Adds the names of another account.
    pub fn join(&mut self, other: Self) {
        for (service, names) in other.names {
            names.values().for_each(|name| self.insert(&service, name));
            self.names.entry(service).or_default();
        }
        self.behind.extend(other.behind);
    }

    /// The services with their names as spelled, as a report stores them.
    pub fn names(&self) -> BTreeMap<String, Vec<String>> {
        let spelled = |names: &BTreeMap<String, String>| names.values().cloned().collect();
        self.names
            .iter()
            .map(|(service, names)| (service.clone(), spelled(names)))
            .collect()
    }

    /// Restores the names from a report. Names that no action can have are ignored.
    pub fn of_names(catalog: &Catalog, services: &BTreeMap<String, Vec<String>>) -> Self {
        let mut all = Self::default();
        for (service, names) in services {
            all.add(catalog, service, None);
            for name in names {
                all.add(catalog, service, Some(name));
            }
        }
        all
    }

    /// Adds services of the catalog that lack actions that the evidence names.
    #[must_use]
    pub fn with_behind(self, behind: BTreeSet<String>) -> Self {
        Self { behind, ..self }
    }

    /// The part about these services.
    #[must_use]
    pub fn about(&self, services: &Services) -> Self {
        let names = self
            .names
            .iter()
            .filter(|(service, _)| services.contains(service));
        let behind = self
            .behind
            .iter()
            .filter(|service| services.contains(service))
            .cloned()
            .collect();
        Self {
            names: names
                .map(|(service, names)| (service.clone(), names.clone()))
                .collect(),
            behind,
        }
    }

    /// Services of which it has names or that it knows as a whole, in lower case.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Services that the catalog lacks, in lower case.
    pub(crate) fn unknown_services<'h>(&'h self, catalog: &'h Catalog) -> impl Iterator<Item = &'h str> {
        self.services()
            .filter(|service| catalog.place_of(service).is_none())
    }

    /// Names of a service, in lower case and as spelled. The service is given in lower case.
    pub(crate) fn of_service(&self, service: &str) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .get(service)
            .into_iter()
            .flatten()
            .map(|(lower, spelled)| (lower.as_str(), spelled.as_str()))
    }

    /// Services of the catalog of which the evidence names an action that the catalog lacks.
    pub fn behind(&self) -> &BTreeSet<String> {
        &self.behind
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

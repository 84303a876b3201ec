//! `basis.json`: what the proofs are based on, besides the catalog and the usage data.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Harvest, Unobserved};

/// Path in a report.
pub const BASIS: &str = "basis.json";

/// Content of `basis.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BasisFile {
    /// Actions that the catalog lacks but a policy or the usage data of the organisation names, by service.
    pub harvested: BTreeMap<String, Vec<String>>,
    /// Services for which the usage data names actions that the catalog lacks, so the catalog is out of date.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub catalog_behind: BTreeSet<String>,
    /// Actions whose use AWS does not track. They are removed only if the usage data names them.
    pub unobserved: Vec<String>,
    /// Actions among them that the configuration allows to be removed anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_unobserved: Vec<String>,
}

impl BasisFile {
    /// Records what a scan used.
    pub fn of(harvest: &Harvest, unobserved: &Unobserved) -> Self {
        Self {
            harvested: harvest.names(),
            catalog_behind: harvest.behind().clone(),
            unobserved: unobserved.patterns().map(str::to_owned).collect(),
            remove_unobserved: unobserved.removed().map(str::to_owned).collect(),
        }
    }

    /// Restores what a scan used. `None` if a pattern is invalid.
    pub fn read(&self, catalog: &Catalog) -> Option<(Harvest, Unobserved)> {
        let (patterns, removed) = (self.unobserved.iter(), self.remove_unobserved.iter());
        let unobserved = Unobserved::parse(patterns.map(String::as_str), removed.map(String::as_str))?;
        Some((
            Harvest::of_names(catalog, &self.harvested).with_behind(self.catalog_behind.clone()),
            unobserved,
        ))
    }
}

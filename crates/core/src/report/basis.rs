//! `basis.json`: what the proofs rest on beside the catalog and the evidence.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Harvest, Unobserved};

/// Where it stands in a report.
pub const BASIS: &str = "basis.json";

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BasisFile {
    /// Names that the catalog lacks and that some policy or evidence of the organisation has, by service.
    pub harvested: BTreeMap<String, Vec<String>>,
    /// Services of which the evidence names actions that the catalog lacks: the catalog is behind.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub catalog_behind: BTreeSet<String>,
    /// Actions whose use AWS does not see: they go only when the evidence names them.
    pub unobserved: Vec<String>,
    /// Those of them that the config lets go all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_unobserved: Vec<String>,
}

impl BasisFile {
    /// Of what a scan went by.
    pub fn of(harvest: &Harvest, unobserved: &Unobserved) -> Self {
        Self {
            harvested: harvest.names(),
            catalog_behind: harvest.behind().clone(),
            unobserved: unobserved.patterns().map(str::to_owned).collect(),
            remove_unobserved: unobserved.removed().map(str::to_owned).collect(),
        }
    }

    /// What a scan went by. `None` when a pattern is none.
    pub fn read(&self, catalog: &Catalog) -> Option<(Harvest, Unobserved)> {
        let (patterns, removed) = (self.unobserved.iter(), self.remove_unobserved.iter());
        let unobserved = Unobserved::parse(patterns.map(String::as_str), removed.map(String::as_str))?;
        Some((
            Harvest::of_names(catalog, &self.harvested).with_behind(self.catalog_behind.clone()),
            unobserved,
        ))
    }
}

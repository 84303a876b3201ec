//! What the proofs of a report are based on: its catalog, which must be an extract of a known one, and further
//! names.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::CatalogArg;
use crate::output::error::RunError;
use crate::output::log::Log;
use leastwise_core::catalog::{Basis, Catalog, Harvest, Unobserved};
use leastwise_core::policy::Services;
use leastwise_core::report::{BASIS, BasisFile, CatalogRow};

/// See the module.
pub(super) struct ProofBasis {
    /// The report's own.
    pub(crate) catalog: Catalog,
    pub(crate) harvest: Harvest,
    pub(crate) unobserved: Unobserved,
    /// The whole catalog that it says it is an extract of, where that is at hand.
    whole: Option<WholeCatalog>,
    /// The services that the whole catalog has beside.
    missing: BTreeSet<String>,
    pub(crate) wrong: Vec<String>,
}

/// A whole catalog.
enum WholeCatalog {
    Embedded(&'static Catalog),
    Named(Box<leastwise_aws::update::ChosenCatalog>),
}

impl WholeCatalog {
    fn catalog(&self) -> &Catalog {
        match self {
            Self::Embedded(catalog) => catalog,
            Self::Named(chosen) => chosen,
        }
    }
}

impl ProofBasis {
    /// As the proofs take it.
    pub(super) fn basis(&self) -> Basis<'_> {
        Basis {
            catalog: &self.catalog,
            harvest: &self.harvest,
            unobserved: &self.unobserved,
        }
    }

    pub(super) fn read(
        (text, basis): (&str, &BasisFile),
        told: &CatalogRow,
        named: Option<&Path>,
        log: &Log,
        path: &str,
    ) -> Result<Self, RunError> {
        let not_one = |error| RunError::Catalog {
            input: path.to_owned(),
            error,
        };
        let catalog = Catalog::from_extract(text).map_err(not_one)?;
        let mut wrong = Vec::new();
        let whole = match named {
            Some(named) => {
                let arg = CatalogArg {
                    catalog: Some(named.to_owned()),
                };
                let chosen = crate::commands::catalog::choose(&arg, log)?;
                let found = chosen.digest();
                if found != told.digest {
                    let (named, wanted) = (named.display(), &told.digest);
                    wrong.push(format!(
                        "report.json: the report was made with the list of actions {wanted}, but `{named}` is {found}"
                    ));
                }
                Some(WholeCatalog::Named(Box::new(chosen)))
            }
            None => {
                let embedded = Catalog::embedded();
                (embedded.digest() == told.digest).then_some(WholeCatalog::Embedded(embedded))
            }
        };
        let Some((harvest, unobserved)) = basis.read(&catalog) else {
            let error =
                std::io::Error::new(std::io::ErrorKind::InvalidData, "it contains an invalid pattern");
            return Err(RunError::Read {
                input: BASIS.to_owned(),
                error,
            });
        };
        if !unobserved.patterns().eq(Unobserved::table().patterns()) {
            wrong.push(format!(
                "{BASIS}: its list of actions that AWS does not track differs from that of leastwise"
            ));
        }
        let rests = Self {
            catalog,
            harvest,
            unobserved,
            whole,
            missing: BTreeSet::new(),
            wrong,
        };
        Ok(rests.extracted(told))
    }

    /// Every service is there as the whole catalog has it.
    fn extracted(mut self, told: &CatalogRow) -> Self {
        let Some(whole) = self.whole.as_ref().map(WholeCatalog::catalog) else {
            return self;
        };
        let own = self.catalog.extract(&Services::All);
        let services = Services::Named(own.keys().map(|service| (*service).to_owned()).collect());
        let again = whole.extract(&services);
        let other = own
            .iter()
            .find(|(service, actions)| again.get(*service) != Some(actions));
        if let Some((service, _)) = other {
            let version = &told.version;
            self.wrong.push(format!(
                "catalog.json: the actions of {service} differ from those of version {version}"
            ));
        }
        let missing = whole
            .extract(&Services::All)
            .into_keys()
            .filter(|service| !own.contains_key(service));
        self.missing = missing.map(str::to_owned).collect();
        if (whole.version(), whole.updated()) != (told.version.as_str(), told.updated.as_str()) {
            self.wrong
                .push("report.json: the list of actions has another version or date".to_owned());
        }
        self
    }

    /// Whether all is there of the services that a document names.
    pub(super) fn lacks(&self, services: &Services) -> Option<&str> {
        self.missing
            .iter()
            .find(|service| services.contains(service))
            .map(String::as_str)
    }

    /// What the proofs are by, for people.
    pub(super) fn name(&self) -> &'static str {
        match &self.whole {
            Some(WholeCatalog::Embedded(_)) => "with the built-in list of actions",
            Some(WholeCatalog::Named(_)) => "with the list of actions given with --catalog",
            None => "with the report's own list of actions (not the built-in one; check it with --catalog)",
        }
    }
}

//! What may go in a few bytes, for an organisation has very many of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::needs::{Names, Needs};
use crate::catalog::{Catalog, Service};

/// What may go, in a few bytes: actions by their place in the catalog.
#[derive(Debug, Default)]
pub(super) struct Compact {
    whole: Vec<u16>,
    actions: Vec<(u16, u16)>,
    /// What the catalog does not know: service and name, no name for the whole service.
    extras: Vec<(String, Option<String>)>,
}

impl Compact {
    pub(super) fn of(needs: &Needs, catalog: &Catalog) -> Self {
        let mut compact = Self::default();
        let Needs::AllBut(services) = needs else { return compact };
        let place = |place: usize| u16::try_from(place).ok();
        for (service, names) in services {
            let at = catalog.place_of(service);
            match (at.and_then(place), names) {
                (Some(at), None) => compact.whole.push(at),
                (None, None) => compact.extras.push((service.to_string(), None)),
                (known, Some(names)) => {
                    let known = known.zip(at.and_then(|at| catalog.service(at)));
                    for name in names.iter() {
                        match known.and_then(|(at, service)| Some((at, place(service.find(name)?)?))) {
                            Some(action) => compact.actions.push(action),
                            None => compact.extras.push((service.to_string(), Some(name.to_owned()))),
                        }
                    }
                }
            }
        }
        compact
    }

    pub(super) fn needs(&self, catalog: &Catalog) -> Needs {
        let mut services: BTreeMap<&str, Option<Vec<&str>>> = BTreeMap::new();
        let mut add = |service, name| {
            if let Some(names) = services.entry(service).or_insert_with(|| Some(Vec::new())) {
                names.push(name);
            }
        };
        for (service, name) in &self.actions {
            if let Some(service) = catalog.service(usize::from(*service)) {
                add(service.prefix(), service.spelled(usize::from(*name)));
            }
        }
        for (service, name) in &self.extras {
            if let Some(name) = name {
                add(service, name);
            }
        }
        let whole = self.whole.iter().filter_map(|at| catalog.service(usize::from(*at)));
        let unknown =
            self.extras.iter().filter(|(_, name)| name.is_none()).map(|(service, _)| service.as_str());
        whole.map(Service::prefix).chain(unknown).for_each(|service| drop(services.insert(service, None)));
        let services = services.into_iter();
        let services = services.map(|(service, names)| (Arc::from(service), names.map(Names::of))).collect();
        Needs::AllBut(services)
    }
}

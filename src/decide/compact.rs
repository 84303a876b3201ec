//! What may go, and what was seen in use, in a few bytes: an organisation has very many of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::needs::{Names, Needs, Seen};
use crate::catalog::{Catalog, Service};

/// Services and actions in a few bytes: by their place in the catalog.
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
        for (service, names) in services {
            match names {
                None => compact.add_service(service, catalog),
                Some(names) => compact.add_names(service, names, catalog),
            }
        }
        compact
    }

    pub(super) fn of_seen(seen: &Seen, catalog: &Catalog) -> Self {
        let mut compact = Self::default();
        for (service, names) in seen.iter() {
            compact.add_service(service, catalog);
            compact.add_names(service, names, catalog);
        }
        compact
    }

    fn add_service(&mut self, service: &str, catalog: &Catalog) {
        match catalog.place_of(service).and_then(|place| u16::try_from(place).ok()) {
            Some(at) => self.whole.push(at),
            None => self.extras.push((service.to_owned(), None)),
        }
    }

    fn add_names(&mut self, service: &str, names: &Names, catalog: &Catalog) {
        let place = |place: usize| u16::try_from(place).ok();
        let at = catalog.place_of(service);
        let known = at.and_then(place).zip(at.and_then(|at| catalog.service(at)));
        for name in names.iter() {
            match known.and_then(|(at, service)| Some((at, place(service.find(name)?)?))) {
                Some(action) => self.actions.push(action),
                None => self.extras.push((service.to_owned(), Some(name.to_owned()))),
            }
        }
    }

    /// The services that are in it as a whole.
    fn whole<'s>(&'s self, catalog: &'s Catalog) -> impl Iterator<Item = &'s str> {
        let known = self.whole.iter().filter_map(|at| catalog.service(usize::from(*at))).map(Service::prefix);
        let unknown =
            self.extras.iter().filter(|(_, name)| name.is_none()).map(|(service, _)| service.as_str());
        known.chain(unknown)
    }

    /// The names, by service.
    fn names<'s>(&'s self, catalog: &'s Catalog) -> BTreeMap<&'s str, Vec<&'s str>> {
        let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (service, name) in &self.actions {
            if let Some(service) = catalog.service(usize::from(*service)) {
                services.entry(service.prefix()).or_default().push(service.spelled(usize::from(*name)));
            }
        }
        for (service, name) in &self.extras {
            if let Some(name) = name {
                services.entry(service).or_default().push(name);
            }
        }
        services
    }

    pub(super) fn needs(&self, catalog: &Catalog) -> Needs {
        let names = self.names(catalog).into_iter();
        let mut services: BTreeMap<Arc<str>, Option<Names>> =
            names.map(|(service, names)| (Arc::from(service), Some(Names::of(names)))).collect();
        self.whole(catalog).for_each(|service| drop(services.insert(Arc::from(service), None)));
        Needs::AllBut(services)
    }

    pub(super) fn seen(&self, catalog: &Catalog) -> Seen {
        let mut seen = Seen::default();
        self.whole(catalog).for_each(|service| seen.add(Arc::from(service), &Names::of([])));
        for (service, names) in self.names(catalog) {
            seen.add(Arc::from(service), &Names::of(names));
        }
        seen
    }
}

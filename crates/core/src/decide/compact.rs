//! Compact sets of actions, because an organisation has very many of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::policy::{ActionNames, ActionSet, Extent};

/// An [`ActionSet`] as indices in the catalog.
#[derive(Debug, Default)]
pub(super) struct Compact {
    whole: Vec<u16>,
    actions: Vec<(u16, u16)>,
    /// What the catalog lacks: service and name, without a name for the whole service.
    extras: Vec<(String, Option<String>)>,
}

impl Compact {
    pub(super) fn pack(set: &ActionSet, catalog: &Catalog) -> Self {
        let mut compact = Self::default();
        let place = |place: usize| u16::try_from(place).ok();
        for (service, extent) in set.iter() {
            let at = catalog.place_of(service);
            let number = at.and_then(place);
            match number {
                _ if !extent.whole => {}
                Some(number) => compact.whole.push(number),
                None => compact.extras.push((service.to_string(), None)),
            }
            let known = number.zip(at.and_then(|at| catalog.service(at)));
            for name in extent.names.iter() {
                match known.and_then(|(number, service)| Some((number, place(service.find(name)?)?))) {
                    Some(action) => compact.actions.push(action),
                    None => compact.extras.push((service.to_string(), Some(name.to_owned()))),
                }
            }
        }
        compact
    }

    pub(super) fn unpack(&self, catalog: &Catalog) -> ActionSet {
        let mut services: BTreeMap<&str, (bool, Vec<&str>)> = BTreeMap::new();
        let service = |at: u16| catalog.service(usize::from(at));
        for whole in self.whole.iter().filter_map(|at| service(*at)) {
            services.entry(whole.prefix()).or_default().0 = true;
        }
        for (service, name) in self
            .actions
            .iter()
            .filter_map(|(at, name)| Some((service(*at)?, name)))
        {
            services
                .entry(service.prefix())
                .or_default()
                .1
                .push(service.spelled(usize::from(*name)));
        }
        for (service, name) in &self.extras {
            let (whole, names) = services.entry(service).or_default();
            *whole |= name.is_none();
            names.extend(name.as_deref());
        }
        let extent = |(whole, names)| Extent {
            whole,
            names: ActionNames::of::<'_>(names),
        };
        services
            .into_iter()
            .map(|(service, held)| (Arc::from(service), extent(held)))
            .collect()
    }
}

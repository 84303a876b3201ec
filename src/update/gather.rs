//! The files of a service reference on their way into one catalog.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::UpdateError;
use crate::catalog::{Catalog, ReferenceReader};

/// What tells a service's file from other JSON.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "Actions")]
    actions: Option<IgnoredAny>,
}

/// Services and where each was found.
#[derive(Default)]
pub(super) struct Gathered {
    reader: ReferenceReader,
    found: BTreeMap<String, String>,
}

impl Gathered {
    /// Adds one service's file, which was found at `place`.
    pub(super) fn add(&mut self, text: &str, place: &str) -> Result<(), UpdateError> {
        let not_a_service = |error| UpdateError::Reference { place: place.to_owned(), error };
        let name = outline(text).and_then(|outline| outline.name).unwrap_or_default().to_ascii_lowercase();
        self.reader.add(text).map_err(not_a_service)?;
        match self.found.insert(name.clone(), place.to_owned()) {
            None => Ok(()),
            // Two files of one service: whichever is taken, actions of the other would be missing.
            Some(first) => Err(UpdateError::Repeated { service: name, first, second: place.to_owned() }),
        }
    }

    /// Adds a file that may be of another kind: an index, or JSON with neither name nor actions, is passed over.
    pub(super) fn add_if_service(&mut self, text: &str, place: &str) -> Result<(), UpdateError> {
        let is_index = text.starts_with('[') && serde_json::from_str::<IgnoredAny>(text).is_ok();
        let is_other = outline(text).is_some_and(|it| it.name.is_none() || it.actions.is_none());
        if is_index || is_other { Ok(()) } else { self.add(text, place) }
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    pub(super) fn finish(self, updated: &str) -> Result<Catalog, UpdateError> {
        self.reader.finish(updated).map_err(UpdateError::Unfit)
    }
}

/// `None` for what is not a JSON object.
fn outline(text: &str) -> Option<Outline> {
    // Serde would take a list for the members of the struct in their order.
    text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
}

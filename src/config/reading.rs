//! The configuration as written: a tree of values with their positions, overridden by the environment and the
//! command line. A key is known once it has been asked for; any other key is unknown. This module does not know
//! what keys mean.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::form;
use super::overrides::Overrides;
use super::problem::{KeyFault, Nearest, Problem, SourcePlace, ValueKind};
use super::value::{ConfigValue, Raw, ValueOrigin};
use leastwise_core::closest::closest;

/// Far more than any configuration; an organisation has at most some ten thousand accounts.
const LONGEST: usize = 4 << 20;

/// The environment variable that overrides a key: `limits.call-timeout` is `LEASTWISE_LIMITS_CALL_TIMEOUT`.
pub fn variable(key: &str) -> String {
    let key = key.to_ascii_uppercase().replace(['.', '-'], "_");
    format!("LEASTWISE_{key}")
}

/// One reading of a configuration: what lies over the file, and what was found so far.
pub(super) struct ConfigReading<'e> {
    name: &'e str,
    text: &'e str,
    environment: &'e dyn Fn(&str) -> Option<OsString>,
    flags: &'e Overrides,
    problems: RefCell<Vec<Problem>>,
    /// Every key that was asked for, in that order.
    keys: RefCell<Vec<String>>,
    line_starts: Vec<usize>,
    broken: Broken,
}

/// Where the text is not TOML.
#[derive(Default)]
struct Broken {
    /// The byte offset of the first fault.
    first: Option<usize>,
    lines: BTreeSet<usize>,
    /// Something was opened and is never closed, so that nothing behind the first fault is what it seems.
    torn: bool,
}

impl<'e> ConfigReading<'e> {
    /// Reads a text as a tree. Syntax errors become problems, and what can be read beside them is given as well: a quote that
    /// is missing on one line need not hide what is wrong on the next.
    pub(super) fn new(
        text: &'e str,
        name: &'e str,
        environment: &'e dyn Fn(&str) -> Option<OsString>,
        flags: &'e Overrides,
    ) -> (Self, Spanned<DeTable<'e>>) {
        let ends = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at + 1);
        let mut reading = Self {
            name,
            text,
            environment,
            flags,
            problems: RefCell::default(),
            keys: RefCell::default(),
            line_starts: std::iter::once(0).chain(ends).collect(),
            broken: Broken::default(),
        };
        if text.len() > LONGEST {
            reading.refuse("", &ValueOrigin::File(0), KeyFault::TooLarge { limit: LONGEST });
            return (reading, DeTable::parse_recoverable("").0);
        }
        let (tree, errors) = DeTable::parse_recoverable(text);
        let mut faults: Vec<(usize, &str)> = errors
            .iter()
            .map(|error| (error.span().map_or(0, |span| span.start), error.message()))
            .collect();
        faults.sort_by_key(|(at, _)| *at);
        let end = text.trim_end().len();
        let torn = faults.len() > 1 && faults.iter().any(|(at, _)| *at >= end);
        let mut broken = Broken {
            torn,
            first: faults.first().map(|(at, _)| *at),
            ..Broken::default()
        };
        for (at, message) in faults.into_iter().take(if torn { 1 } else { usize::MAX }) {
            // The first of a line; the others are mostly its echo.
            if broken.lines.insert(reading.position(at).0) {
                reading.refuse("", &ValueOrigin::File(at), KeyFault::Syntax(message.to_owned()));
            }
        }
        reading.broken = broken;
        (reading, tree)
    }

    /// The table of the whole file.
    pub(super) fn top<'r>(&'r self, tree: &'r DeTable<'r>) -> ConfigTable<'r> {
        ConfigTable {
            reading: self,
            path: String::new(),
            known_as: String::new(),
            origin: ValueOrigin::File(0),
            table: Some(tree),
            asked: Vec::new(),
            layered: true,
        }
    }

    /// What was found wrong, in the order of the places, and the keys that were asked for.
    pub(super) fn finish(self) -> (Vec<Problem>, Vec<String>) {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
        problems.dedup();
        (problems, self.keys.into_inner())
    }

    pub(super) fn refuse(&self, key: &str, origin: &ValueOrigin, fault: KeyFault) {
        if self.is_echo(origin, &fault) {
            return;
        }
        let place = match origin {
            ValueOrigin::File(at) => {
                let (line, column) = self.position(*at);
                SourcePlace::File {
                    name: self.name.to_owned(),
                    line,
                    column,
                }
            }
            ValueOrigin::Variable(name) => SourcePlace::Variable(name.clone()),
            ValueOrigin::Flag(flag) => SourcePlace::Flag(flag),
        };
        self.problems.borrow_mut().push(Problem {
            place,
            key: key.to_owned(),
            fault,
        });
    }

    /// Whether a problem may only be there because the text around it is not TOML.
    fn is_echo(&self, origin: &ValueOrigin, fault: &KeyFault) -> bool {
        let (ValueOrigin::File(at), Some(first)) = (origin, self.broken.first) else {
            return false;
        };
        let behind = *at >= first;
        match fault {
            KeyFault::Missing { .. } | KeyFault::NoScope => true,
            KeyFault::UnknownKey(_)
            | KeyFault::WrongType {
                wanted: ValueKind::Table | ValueKind::Tables,
                ..
            } => behind,
            _ => behind && self.broken.torn || self.broken.lines.contains(&self.position(*at).0),
        }
    }

    /// Line and column, counted from 1, the column in characters.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// What lies over a key of the file.
    fn over<'r>(&'r self, key: &str) -> Option<(ValueOrigin, Raw<'r>)> {
        if let Some((flag, raw)) = self.flags.of(key) {
            return Some((ValueOrigin::Flag(flag), raw.clone()));
        }
        let name = variable(key);
        match (self.environment)(&name)
            .filter(|text| !text.is_empty())?
            .into_string()
        {
            Ok(text) => Some((ValueOrigin::Variable(name), Raw::Text(text))),
            Err(_) => {
                self.refuse(key, &ValueOrigin::Variable(name), KeyFault::NotUtf8);
                None
            }
        }
    }
}

/// A table that records which of its keys were read; the others are unknown.
pub(super) struct ConfigTable<'r> {
    reading: &'r ConfigReading<'r>,
    /// The dotted path to it.
    path: String,
    /// The same, for all tables of its kind.
    known_as: String,
    origin: ValueOrigin,
    table: Option<&'r DeTable<'r>>,
    asked: Vec<&'static str>,
    /// Whether the environment and the command line reach its keys.
    layered: bool,
}

impl<'r> ConfigTable<'r> {
    /// Replaces a default by what is written, if that can be read.
    pub(super) fn set<T: From<V>, V>(
        &mut self,
        name: &'static str,
        target: &mut T,
        read: impl FnOnce(&ConfigValue<'r>) -> Result<V, KeyFault>,
    ) {
        let value = self.take(name);
        if let Some(value) = value.and_then(|value| self.read(&value, read)) {
            *target = value.into();
        }
    }

    /// A key that must be there; without it this is what to write.
    pub(super) fn require<T>(
        &mut self,
        name: &'static str,
        help: &'static str,
        read: impl FnOnce(&ConfigValue<'r>) -> Result<T, KeyFault>,
    ) -> Option<T> {
        match self.take(name) {
            Some(value) => self.read(&value, read),
            None => {
                let key = joined(&self.path, name);
                self.reading
                    .refuse(&key, &self.origin, KeyFault::Missing { help });
                None
            }
        }
    }

    /// The entries of a list that can be read.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&ConfigValue<'r>) -> Result<T, KeyFault>,
    ) -> Vec<T> {
        let values = self.values(name, ValueKind::List).unwrap_or_default();
        values
            .iter()
            .filter_map(|value| self.read(value, &mut read))
            .collect()
    }

    /// The entries of a list, if there is one; `kind` is what it is called when something else is there.
    pub(super) fn values(&mut self, name: &'static str, kind: ValueKind) -> Option<Vec<ConfigValue<'r>>> {
        let value = self.take(name)?;
        self.read(&value, |value| value.entries(kind))
    }

    /// The tables of a list of the file.
    pub(super) fn tables(&mut self, name: &'static str) -> Vec<ConfigTable<'r>> {
        self.ask(name);
        let entries = self
            .written(name)
            .and_then(|value| self.read(&value, |it| it.entries(ValueKind::Tables)));
        entries
            .iter()
            .flatten()
            .filter_map(|entry| self.table_of(entry, name))
            .collect()
    }

    /// A table of keys within this one; an empty one when the file has none.
    pub(super) fn section(&mut self, name: &'static str) -> ConfigTable<'r> {
        self.ask(name);
        let written = self.written(name);
        let table = written
            .as_ref()
            .and_then(|value| self.read(value, ConfigValue::table));
        let origin = written
            .filter(|_| table.is_some())
            .map_or_else(|| self.origin.clone(), |it| it.origin);
        let (path, known_as) = (joined(&self.path, name), joined(&self.known_as, name));
        ConfigTable {
            path,
            known_as,
            origin,
            table,
            asked: Vec::new(),
            ..*self
        }
    }

    /// A value as a table of its own, which the environment does not reach.
    pub(super) fn table_of(&self, value: &ConfigValue<'r>, known_as: &str) -> Option<ConfigTable<'r>> {
        let table = Some(self.read(value, ConfigValue::table)?);
        let (path, origin, known_as) = (value.key.clone(), value.origin.clone(), known_as.to_owned());
        Some(ConfigTable {
            path,
            known_as,
            origin,
            table,
            asked: Vec::new(),
            layered: false,
            ..*self
        })
    }

    /// Every entry, for tables whose keys are the user's own.
    pub(super) fn entries(&self) -> Vec<(&'r str, ConfigValue<'r>)> {
        let entry = |(name, value): (&'r Spanned<Cow<'r, str>>, &'r Spanned<DeValue<'r>>)| {
            (
                &**name.get_ref(),
                ConfigValue::new(joined(&self.path, name.get_ref()), name.span(), value.get_ref()),
            )
        };
        self.table.into_iter().flatten().map(entry).collect()
    }

    /// Rejects unknown keys.
    pub(super) fn finish(self) {
        for (name, value) in self.entries() {
            if self.asked.contains(&name) {
                continue;
            }
            if form::names_a_secret(name) {
                self.refuse_value(&value, KeyFault::Secret);
            } else {
                self.refuse_value(&value, KeyFault::UnknownKey(self.nearest(name)));
                self.refuse_secrets(&value);
            }
        }
    }

    /// Whether the file has this key, and as more than an empty list.
    pub(super) fn says(&self, name: &str) -> bool {
        self.table
            .and_then(|table| table.get(name))
            .is_some_and(|value| match value.get_ref() {
                DeValue::Array(items) => !items.is_empty(),
                DeValue::Table(entries) => !entries.is_empty(),
                _ => true,
            })
    }

    /// The line on which it begins.
    pub(super) fn line(&self) -> usize {
        let at = if let ValueOrigin::File(at) = self.origin {
            at
        } else {
            0
        };
        self.reading.position(at).0
    }

    /// Refuses the table itself.
    pub(super) fn refuse(&self, fault: KeyFault) {
        self.reading.refuse(&self.path, &self.origin, fault);
    }

    /// Refuses the value of a key, and says whether there is one.
    pub(super) fn refuse_key(&self, name: &str, fault: KeyFault) -> bool {
        let value = self.find(name);
        value.map(|value| self.refuse_value(&value, fault)).is_some()
    }

    pub(super) fn refuse_value(&self, value: &ConfigValue<'_>, fault: KeyFault) {
        self.reading.refuse(&value.key, &value.origin, fault);
    }

    /// What a value means; a fault is kept.
    pub(super) fn read<T>(
        &self,
        value: &ConfigValue<'r>,
        read: impl FnOnce(&ConfigValue<'r>) -> Result<T, KeyFault>,
    ) -> Option<T> {
        read(value).map_err(|fault| self.refuse_value(value, fault)).ok()
    }

    fn ask(&mut self, name: &'static str) {
        self.asked.push(name);
        self.reading.keys.borrow_mut().push(joined(&self.known_as, name));
    }

    fn take(&mut self, name: &'static str) -> Option<ConfigValue<'r>> {
        self.ask(name);
        self.find(name)
    }

    /// The value of a key, from the topmost layer that has it.
    fn find(&self, name: &str) -> Option<ConfigValue<'r>> {
        let key = joined(&self.path, name);
        match self.layered.then(|| self.reading.over(&key)).flatten() {
            Some((origin, raw)) => Some(ConfigValue { key, origin, raw }),
            None => self.written(name),
        }
    }

    /// A value of the file alone.
    fn written(&self, name: &str) -> Option<ConfigValue<'r>> {
        let (name, value) = self.table?.get_key_value(name)?;
        Some(ConfigValue::new(
            joined(&self.path, name.get_ref()),
            name.span(),
            value.get_ref(),
        ))
    }

    fn nearest(&self, name: &str) -> Nearest {
        let plain = name.to_lowercase().replace('_', "-");
        if let Some(key) = self.asked.iter().find(|key| **key == plain) {
            return Nearest::Here(key);
        }
        // A key that TOML counts to the section above it, though the author was done with that section.
        let home = super::keys().into_iter().find_map(|key| {
            let (table, last) = key.rsplit_once('.').unwrap_or(("", &key));
            (last == plain && !table.contains('*') && table != "exception").then(|| table.to_owned())
        });
        match (home, closest(&plain, self.asked.iter().copied())) {
            (Some(table), _) => Nearest::In(table),
            (None, Some(key)) => Nearest::Here(key),
            (None, None) => Nearest::Among(self.asked.clone()),
        }
    }

    /// Rejects keys named like secrets below an unknown key.
    fn refuse_secrets(&self, value: &ConfigValue<'r>) {
        if let Raw::Toml(DeValue::Table(table)) = value.raw {
            for (name, inner) in table {
                let inner =
                    ConfigValue::new(joined(&value.key, name.get_ref()), name.span(), inner.get_ref());
                if form::names_a_secret(name.get_ref()) {
                    self.refuse_value(&inner, KeyFault::Secret);
                } else {
                    self.refuse_secrets(&inner);
                }
            }
        }
        for entry in value.entries(ValueKind::List).into_iter().flatten() {
            self.refuse_secrets(&entry);
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    // TOML has an empty key; it must still be seen.
    let name = if name.is_empty() { "\"\"" } else { name };
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

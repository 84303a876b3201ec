//! The configuration as written: the text as a tree of places, with the environment and the command line laid over it.
//! Keys are known by being asked for; what nobody asked for is unknown. What a value means is not known here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::form;
use super::problem::{Fault, Nearest, Place, Problem, Wanted};

/// Far more than any configuration; an organisation has at most some ten thousand accounts.
const LONGEST: usize = 4 << 20;

/// The environment variable that overrides a key: `limits.call-timeout` is `LEASTWISE_LIMITS_CALL_TIMEOUT`.
pub fn variable(key: &str) -> String {
    let key = key.to_ascii_uppercase().replace(['.', '-'], "_");
    format!("LEASTWISE_{key}")
}

/// A flag of the command line that was given: the key that it overrides, its name, and what was said.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) key: &'static str,
    pub(super) flag: &'static str,
    pub(super) raw: Raw<'static>,
}

/// One reading of a configuration: what lies over the file, and what was found so far.
pub(super) struct Reading<'e> {
    pub(super) name: &'e str,
    pub(super) text: &'e str,
    pub(super) environment: &'e dyn Fn(&str) -> Option<OsString>,
    pub(super) given: Vec<Given>,
    pub(super) problems: Vec<Problem>,
    /// Every key that was asked for, in that order.
    pub(super) keys: Vec<String>,
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

impl<'e> Reading<'e> {
    pub(super) fn new(
        text: &'e str,
        name: &'e str,
        environment: &'e dyn Fn(&str) -> Option<OsString>,
        given: Vec<Given>,
    ) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(ends).collect();
        Self {
            name,
            text,
            environment,
            given,
            problems: Vec::new(),
            keys: Vec::new(),
            line_starts,
            broken: Broken::default(),
        }
    }

    /// The text as a tree. Syntax errors become problems, and what can be read beside them is given back: a
    /// quote that is missing on one line need not hide what is wrong on the next.
    pub(super) fn parse(&mut self) -> Option<Spanned<DeTable<'e>>> {
        if self.text.len() > LONGEST {
            self.refuse("", &Origin::File(0), Fault::TooLarge { limit: LONGEST });
            return None;
        }
        let (tree, errors) = DeTable::parse_recoverable(self.text);
        let end = self.text.trim_end().len();
        let mut faults: Vec<(usize, &str)> =
            errors.iter().map(|error| (error.span().map_or(0, |span| span.start), error.message())).collect();
        faults.sort_by_key(|(at, _)| *at);
        let torn = faults.len() > 1 && faults.iter().any(|(at, _)| *at >= end);
        for (at, message) in faults.into_iter().take(if torn { 1 } else { usize::MAX }) {
            // The first of a line; the others are mostly its echo.
            if self.broken.lines.insert(self.position(at).0) {
                self.push("", &Origin::File(at), Fault::Syntax(message.to_owned()));
            }
            self.broken.first.get_or_insert(at);
        }
        self.broken.torn = torn;
        Some(tree)
    }

    pub(super) fn refuse(&mut self, key: &str, origin: &Origin, fault: Fault) {
        if !self.is_echo(origin, &fault) {
            self.push(key, origin, fault);
        }
    }

    /// Whether a problem may only be there because the text around it is not TOML.
    fn is_echo(&self, origin: &Origin, fault: &Fault) -> bool {
        let (Origin::File(at), Some(first)) = (origin, self.broken.first) else { return false };
        let behind = *at >= first;
        match fault {
            Fault::Missing { .. } | Fault::NoScope => true,
            Fault::UnknownKey(_) | Fault::WrongType { wanted: Wanted::TABLE | Wanted::TABLES, .. } => behind,
            _ => behind && self.broken.torn || self.broken.lines.contains(&self.position(*at).0),
        }
    }

    fn push(&mut self, key: &str, origin: &Origin, fault: Fault) {
        let place = match origin {
            Origin::File(at) => {
                let (line, column) = self.position(*at);
                Place::File { name: self.name.to_owned(), line, column }
            }
            Origin::Variable(name) => Place::Variable(name.clone()),
            Origin::Flag(flag) => Place::Flag(flag),
        };
        self.problems.push(Problem { place, key: key.to_owned(), fault });
    }

    /// Line and column, counted from 1, the column in characters.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// What lies over a key of the file.
    fn over(&mut self, key: &str) -> Option<(Origin, Raw<'static>)> {
        if let Some(given) = self.given.iter().find(|given| given.key == key) {
            return Some((Origin::Flag(given.flag), given.raw.clone()));
        }
        let name = variable(key);
        let text = (self.environment)(&name).filter(|text| !text.is_empty())?;
        match text.into_string() {
            Ok(text) => Some((Origin::Variable(name), Raw::Text(text))),
            Err(_) => {
                self.refuse(key, &Origin::Variable(name), Fault::NotUtf8);
                None
            }
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// A byte offset of the file.
    File(usize),
    Variable(String),
    Flag(&'static str),
}

impl From<Range<usize>> for Origin {
    fn from(span: Range<usize>) -> Self {
        Self::File(span.start)
    }
}

/// A value with its key and where it came from.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) key: String,
    pub(super) origin: Origin,
    pub(super) raw: Raw<'t>,
}

/// A value as written.
#[derive(Debug, Clone)]
pub(super) enum Raw<'t> {
    Toml(&'t DeValue<'t>),
    /// From the environment or the command line, where everything is text.
    Text(String),
    /// From a flag that can be repeated.
    Texts(Vec<String>),
}

impl<'t> Node<'t> {
    pub(super) fn wrong_type(&self, reading: &mut Reading<'_>, wanted: &'static str) {
        let found = match &self.raw {
            Raw::Text(_) | Raw::Toml(DeValue::String(_)) => "a string",
            Raw::Toml(DeValue::Integer(_)) => "a whole number",
            Raw::Toml(DeValue::Float(_)) => "a number with a point",
            Raw::Toml(DeValue::Boolean(_)) => "true or false",
            Raw::Toml(DeValue::Datetime(_)) => "a date or time",
            Raw::Texts(_) | Raw::Toml(DeValue::Array(_)) => "a list",
            Raw::Toml(DeValue::Table(_)) => "a table",
        };
        reading.refuse(&self.key, &self.origin, Fault::WrongType { wanted, found });
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(&self.raw, Raw::Toml(value) if value.is_table())
    }

    /// As a table of its own, which the environment does not reach.
    pub(super) fn table(&self, reading: &mut Reading<'_>, known_as: &str) -> Option<Table<'t>> {
        if let Raw::Toml(DeValue::Table(table)) = &self.raw {
            let (path, origin) = (self.key.clone(), self.origin.clone());
            return Some(Table {
                path,
                known_as: known_as.to_owned(),
                origin,
                table: Some(table),
                asked: Vec::new(),
                layered: false,
            });
        }
        self.wrong_type(reading, Wanted::TABLE);
        None
    }
}

/// A table whose keys are known by being asked for.
pub(super) struct Table<'t> {
    /// The dotted path to it.
    pub(super) path: String,
    /// The same, for all tables of its kind.
    known_as: String,
    pub(super) origin: Origin,
    table: Option<&'t DeTable<'t>>,
    asked: Vec<&'static str>,
    /// Whether the environment and the command line reach its keys.
    layered: bool,
}

impl<'t> Table<'t> {
    /// The whole file; nothing when it could not be read.
    pub(super) fn top(table: Option<&'t DeTable<'t>>) -> Self {
        Self {
            path: String::new(),
            known_as: String::new(),
            origin: Origin::File(0),
            table,
            asked: Vec::new(),
            layered: true,
        }
    }

    /// The value of a key, from the topmost layer that has it.
    pub(super) fn take(&mut self, reading: &mut Reading<'_>, name: &'static str) -> Option<Node<'t>> {
        self.ask(reading, name);
        let key = joined(&self.path, name);
        if self.layered
            && let Some((origin, raw)) = reading.over(&key)
        {
            return Some(Node { key, origin, raw });
        }
        self.written(name)
    }

    /// A value of the file alone.
    pub(super) fn take_written(&mut self, reading: &mut Reading<'_>, name: &'static str) -> Option<Node<'t>> {
        self.ask(reading, name);
        self.written(name)
    }

    /// A table of keys within this one; an empty one when the file has none.
    pub(super) fn section(&mut self, reading: &mut Reading<'_>, name: &'static str) -> Table<'t> {
        let node = self.take_written(reading, name);
        let known_as = joined(&self.known_as, name);
        let table = node.and_then(|node| node.table(reading, &known_as));
        let path = joined(&self.path, name);
        let empty = Table {
            path,
            known_as,
            origin: self.origin.clone(),
            table: None,
            asked: Vec::new(),
            layered: false,
        };
        Table { layered: self.layered, ..table.unwrap_or(empty) }
    }

    /// Every entry, for tables whose keys are the user's own.
    pub(super) fn entries(&self) -> Vec<(String, Node<'t>)> {
        let entry = |(name, value): (&'t Spanned<Cow<'t, str>>, &'t Spanned<DeValue<'t>>)| {
            let key = joined(&self.path, name.get_ref());
            let node = Node { key, origin: name.span().into(), raw: Raw::Toml(value.get_ref()) };
            (name.get_ref().to_string(), node)
        };
        self.table.into_iter().flatten().map(entry).collect()
    }

    /// Refuses the keys that nobody asked for.
    pub(super) fn finish(self, reading: &mut Reading<'_>) {
        for (name, node) in self.entries() {
            if self.asked.contains(&name.as_str()) {
                continue;
            }
            if form::names_a_secret(&name) {
                reading.refuse(&node.key, &node.origin, Fault::Secret);
                continue;
            }
            let nearest = self.nearest(&name);
            reading.refuse(&node.key, &node.origin, Fault::UnknownKey(nearest));
            refuse_secrets(reading, &node);
        }
    }

    /// Whether the file has this key, and as more than an empty list.
    pub(super) fn says(&self, name: &str) -> bool {
        self.table.and_then(|table| table.get(name)).is_some_and(|value| match value.get_ref() {
            DeValue::Array(items) => !items.is_empty(),
            DeValue::Table(entries) => !entries.is_empty(),
            _ => true,
        })
    }

    /// Where it stands in the file.
    pub(super) fn offset(&self) -> usize {
        if let Origin::File(at) = self.origin { at } else { 0 }
    }

    fn ask(&mut self, reading: &mut Reading<'_>, name: &'static str) {
        self.asked.push(name);
        reading.keys.push(joined(&self.known_as, name));
    }

    fn written(&self, name: &str) -> Option<Node<'t>> {
        let (name, value) = self.table?.get_key_value(name)?;
        let key = joined(&self.path, name.get_ref());
        Some(Node { key, origin: name.span().into(), raw: Raw::Toml(value.get_ref()) })
    }

    fn nearest(&self, name: &str) -> Nearest {
        let plain = name.to_lowercase().replace('_', "-");
        let distance = |key: &str| strsim::damerau_levenshtein(key, &plain);
        let near = self.asked.iter().map(|key| (distance(key), *key)).min();
        if let Some((0, key)) = near {
            return Nearest::Here(key.to_owned());
        }
        // A key that TOML counts to the section above it, though the author was done with that section.
        let home = super::keys().into_iter().find_map(|key| {
            let (table, last) = key.rsplit_once('.').unwrap_or(("", &key));
            (last == plain && !table.contains('*') && table != "exception").then(|| table.to_owned())
        });
        match (home, near) {
            (Some(table), _) => Nearest::In(table),
            (None, Some((distance, key))) if distance <= (key.len() / 3).max(1) => {
                Nearest::Here(key.to_owned())
            }
            _ => Nearest::Among(self.asked.clone()),
        }
    }
}

/// Refuses keys named like secrets below a value that nobody asked for.
fn refuse_secrets(reading: &mut Reading<'_>, node: &Node<'_>) {
    match &node.raw {
        Raw::Toml(DeValue::Table(table)) => {
            for (name, value) in table {
                let (key, origin) = (joined(&node.key, name.get_ref()), name.span().into());
                let inner = Node { key, origin, raw: Raw::Toml(value.get_ref()) };
                if form::names_a_secret(name.get_ref()) {
                    reading.refuse(&inner.key, &inner.origin, Fault::Secret);
                } else {
                    refuse_secrets(reading, &inner);
                }
            }
        }
        Raw::Toml(DeValue::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                let (key, origin) = (format!("{}[{index}]", node.key), item.span().into());
                refuse_secrets(reading, &Node { key, origin, raw: Raw::Toml(item.get_ref()) });
            }
        }
        _ => {}
    }
}

fn joined(path: &str, name: &str) -> String {
    // TOML has an empty key; it must still be seen.
    let name = if name.is_empty() { "\"\"" } else { name };
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

//! Converts one written value into a typed one, or says what is wrong with it.

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::form::{self, Form};
use super::problem::{KeyFault, ValueKind};
use leastwise_core::decide::{Expires, Glob};
use leastwise_core::policy::ActionPattern;

/// A value with its key and where it came from.
#[derive(Debug)]
pub(super) struct ConfigValue<'t> {
    pub(super) key: String,
    pub(super) origin: ValueOrigin,
    pub(super) raw: Raw<'t>,
}

/// Where a value came from.
#[derive(Debug, Clone)]
pub(super) enum ValueOrigin {
    /// A byte offset of the file.
    File(usize),
    Variable(String),
    Flag(&'static str),
}

/// A value as written.
#[derive(Debug, Clone)]
pub(super) enum Raw<'t> {
    Toml(&'t DeValue<'t>),
    /// From the environment or the command line, where everything is text.
    Text(String),
    /// From a flag that can be repeated.
    Texts(Vec<String>),
    /// From a flag: paths need not be text.
    Path(PathBuf),
    /// From a flag that can be repeated.
    Paths(Vec<PathBuf>),
}

impl<'t> ConfigValue<'t> {
    /// A value of the file.
    pub(super) fn new(key: String, span: Range<usize>, value: &'t DeValue<'t>) -> Self {
        Self {
            key,
            origin: ValueOrigin::File(span.start),
            raw: Raw::Toml(value),
        }
    }

    fn wrong_type(&self, wanted: ValueKind) -> KeyFault {
        let found = match &self.raw {
            Raw::Text(_) | Raw::Path(_) | Raw::Toml(DeValue::String(_)) => ValueKind::Text,
            Raw::Toml(DeValue::Integer(_)) => ValueKind::Whole,
            Raw::Toml(DeValue::Float(_)) => ValueKind::Float,
            Raw::Toml(DeValue::Boolean(_)) => ValueKind::Boolean,
            Raw::Toml(DeValue::Datetime(_)) => ValueKind::DateOrTime,
            Raw::Texts(_) | Raw::Paths(_) | Raw::Toml(DeValue::Array(_)) => ValueKind::AnyList,
            Raw::Toml(DeValue::Table(_)) => ValueKind::Table,
        };
        KeyFault::WrongType { wanted, found }
    }

    fn as_str(&self) -> Option<&str> {
        match &self.raw {
            Raw::Text(text) => Some(text),
            Raw::Toml(value) => value.as_str(),
            Raw::Texts(_) | Raw::Path(_) | Raw::Paths(_) => None,
        }
    }

    pub(super) fn is_table(&self) -> bool {
        self.table().is_ok()
    }

    pub(super) fn table(&self) -> Result<&'t DeTable<'t>, KeyFault> {
        match self.raw {
            Raw::Toml(DeValue::Table(table)) => Ok(table),
            _ => Err(self.wrong_type(ValueKind::Table)),
        }
    }

    /// Text, empty or not. What looks like the id of an access key is refused unshown.
    pub(super) fn plain(&self) -> Result<String, KeyFault> {
        let text = self.as_str().ok_or_else(|| self.wrong_type(ValueKind::Text))?;
        if form::holds_access_key(text) {
            Err(KeyFault::Secret)
        } else {
            Ok(text.to_owned())
        }
    }

    /// Text that says something.
    pub(super) fn text(&self) -> Result<String, KeyFault> {
        self.plain().and_then(|text| {
            if text.trim().is_empty() {
                Err(KeyFault::Empty)
            } else {
                Ok(text)
            }
        })
    }

    /// Nothing for this word, else what the text says otherwise.
    pub(super) fn unless<T>(
        &self,
        word: &str,
        read: impl FnOnce(&Self) -> Result<T, KeyFault>,
    ) -> Result<Option<T>, KeyFault> {
        if self.as_str() == Some(word) {
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    pub(super) fn path(&self) -> Result<PathBuf, KeyFault> {
        match &self.raw {
            Raw::Path(path) => Ok(path.clone()),
            _ => self.text().map(PathBuf::from),
        }
    }

    /// Text of a form.
    pub(super) fn formed(&self, form: Form) -> Result<String, KeyFault> {
        let found = self.text()?;
        if form.fits(&found) {
            Ok(found)
        } else {
            Err(KeyFault::Malformed { found, form })
        }
    }

    pub(super) fn glob(&self, form: Form) -> Result<Glob, KeyFault> {
        self.formed(form).map(Glob::new)
    }

    pub(super) fn action(&self) -> Result<ActionPattern, KeyFault> {
        let found = self.text()?;
        ActionPattern::parse(found.as_str()).map_err(|problem| KeyFault::BadAction { found, problem })
    }

    /// One of some words.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, KeyFault> {
        let found = self.text()?;
        let value = words
            .iter()
            .find(|(word, _)| *word == found)
            .map(|(_, value)| *value);
        value.ok_or_else(|| KeyFault::NotOneOf {
            found,
            choices: words.iter().map(|(word, _)| *word).collect(),
        })
    }

    pub(super) fn boolean(&self) -> Result<bool, KeyFault> {
        match &self.raw {
            Raw::Toml(DeValue::Boolean(value)) => Ok(*value),
            Raw::Text(_) => self.one_of(&[("true", true), ("false", false)]),
            _ => Err(self.wrong_type(ValueKind::Boolean)),
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole<T: TryFrom<u32>>(&self, bounds: RangeInclusive<u32>) -> Result<T, KeyFault> {
        let (found, radix) = match &self.raw {
            Raw::Toml(DeValue::Integer(number)) => (number.as_str(), number.radix()),
            Raw::Text(text) if is_number(text) && !text.contains('.') => (text.as_str(), 10),
            _ => return Err(self.wrong_type(ValueKind::Whole)),
        };
        let number = u32::from_str_radix(found, radix)
            .ok()
            .filter(|number| bounds.contains(number));
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| out_of_range(found, bounds.start(), bounds.end()))
    }

    /// How often a second: above none, at most a thousand times.
    pub(super) fn rate(&self) -> Result<f64, KeyFault> {
        const BOUNDS: RangeInclusive<f64> = 0.1..=1000.0;
        let found = match &self.raw {
            Raw::Toml(DeValue::Integer(number)) if number.radix() == 10 => number.as_str(),
            Raw::Toml(DeValue::Float(number)) => number.as_str(),
            Raw::Text(text) if is_number(text) => text.as_str(),
            _ => return Err(self.wrong_type(ValueKind::Number)),
        };
        let number = found.parse().ok().filter(|number| BOUNDS.contains(number));
        number.ok_or_else(|| out_of_range(found, BOUNDS.start(), BOUNDS.end()))
    }

    /// `30s`, `5m`, `1h`, `14d`, within bounds.
    pub(super) fn duration(&self, least: &str, most: &str) -> Result<Duration, KeyFault> {
        if matches!(&self.raw, Raw::Toml(value) if !value.is_str()) {
            return Err(self.wrong_type(ValueKind::Duration));
        }
        let found = self.text()?;
        let Some(length) = duration(&found) else {
            return Err(KeyFault::Malformed {
                found,
                form: Form::Duration,
            });
        };
        let is_within = duration(least) <= Some(length) && Some(length) <= duration(most);
        if is_within {
            Ok(length)
        } else {
            Err(out_of_range(&found, &least, &most))
        }
    }

    /// `2027-06-30` with or without quotes, or `never`.
    pub(super) fn expires(&self) -> Result<Expires, KeyFault> {
        let found = match &self.raw {
            Raw::Toml(DeValue::Datetime(date)) => date.to_string(),
            Raw::Toml(value) if !value.is_str() => return Err(self.wrong_type(ValueKind::Date)),
            _ => self.text()?,
        };
        if found == "never" {
            return Ok(Expires::Never);
        }
        // The parser takes times and other spellings as well; a date that prints as it was written is one.
        match found.parse::<Date>() {
            Ok(date) if date.to_string() == found => Ok(Expires::On(date)),
            _ => Err(KeyFault::Malformed {
                found,
                form: Form::Date,
            }),
        }
    }

    /// The entries of a list. Outside the file they are separated by commas.
    pub(super) fn entries(&self, kind: ValueKind) -> Result<Vec<ConfigValue<'t>>, KeyFault> {
        let (origin, text) = (|| self.origin.clone(), |text: &str| Raw::Text(text.to_owned()));
        let entries: Vec<(ValueOrigin, Raw<'t>)> = match &self.raw {
            Raw::Toml(DeValue::Array(items)) => items
                .iter()
                .map(|item| (ValueOrigin::File(item.span().start), Raw::Toml(item.get_ref())))
                .collect(),
            Raw::Text(texts) => texts
                .split(',')
                .map(|entry| (origin(), text(entry.trim())))
                .collect(),
            Raw::Texts(texts) => texts.iter().map(|entry| (origin(), text(entry))).collect(),
            Raw::Paths(paths) => paths
                .iter()
                .map(|path| (origin(), Raw::Path(path.clone())))
                .collect(),
            Raw::Toml(_) | Raw::Path(_) => return Err(self.wrong_type(kind)),
        };
        let value = |(index, (origin, raw))| ConfigValue {
            key: format!("{}[{index}]", self.key),
            origin,
            raw,
        };
        Ok(entries.into_iter().enumerate().map(value).collect())
    }
}

fn out_of_range(found: &str, least: &dyn ToString, most: &dyn ToString) -> KeyFault {
    KeyFault::OutOfRange {
        found: found.to_owned(),
        least: least.to_string(),
        most: most.to_string(),
    }
}

/// A whole number and its unit.
fn duration(text: &str) -> Option<Duration> {
    let unit = match text.bytes().next_back()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        _ => return None,
    };
    let number = text
        .get(..text.len() - 1)
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))?;
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(unit)
        .map(Duration::from_secs)
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('-')
        .unwrap_or(text)
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'.')
        && text.bytes().any(|b| b.is_ascii_digit())
}

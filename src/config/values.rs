//! One written value as a typed one. What cannot be read becomes a problem and `None`; the caller goes on with the default,
//! which nobody will see.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::Date;
use toml::de::DeValue;

use super::form::{self, Form};
use super::problem::{Fault, Wanted};
use super::written::{Node, Origin, Raw, Reading};
use crate::decide::{Expires, Glob};
use crate::policy::ActionPattern;

impl<'t> Node<'t> {
    /// Text, empty or not. What looks like the id of an access key is refused unshown.
    pub(super) fn plain(&self, reading: &mut Reading<'_>) -> Option<String> {
        let text = match &self.raw {
            Raw::Text(text) => text.clone(),
            Raw::Toml(DeValue::String(text)) => text.to_string(),
            Raw::Toml(_) | Raw::Texts(_) => {
                self.wrong_type(reading, Wanted::TEXT);
                return None;
            }
        };
        if form::holds_access_key(&text) {
            self.refuse(reading, Fault::Secret);
            return None;
        }
        Some(text)
    }

    /// Whether it is exactly this text.
    pub(super) fn is_text(&self, word: &str) -> bool {
        match &self.raw {
            Raw::Toml(value) => value.as_str() == Some(word),
            Raw::Text(text) => text == word,
            Raw::Texts(_) => false,
        }
    }

    /// Text that says something.
    pub(super) fn text(&self, reading: &mut Reading<'_>) -> Option<String> {
        let text = self.plain(reading)?;
        if text.trim().is_empty() {
            self.refuse(reading, Fault::Empty);
            return None;
        }
        Some(text)
    }

    /// Text of a form.
    pub(super) fn formed(&self, reading: &mut Reading<'_>, form: Form) -> Option<String> {
        let text = self.text(reading)?;
        if form.fits(&text) {
            return Some(text);
        }
        self.malformed(reading, text, form);
        None
    }

    pub(super) fn glob(&self, reading: &mut Reading<'_>, form: Form) -> Option<Glob> {
        self.formed(reading, form).map(Glob::new)
    }

    pub(super) fn action(&self, reading: &mut Reading<'_>) -> Option<ActionPattern> {
        let found = self.text(reading)?;
        match ActionPattern::parse(found.as_str()) {
            Ok(pattern) => Some(pattern),
            Err(problem) => {
                self.refuse(reading, Fault::BadAction { found, problem });
                None
            }
        }
    }

    /// One of some words.
    pub(super) fn one_of<T: Copy>(
        &self,
        reading: &mut Reading<'_>,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let found = self.text(reading)?;
        let value = words.iter().find(|(word, _)| *word == found).map(|(_, value)| *value);
        if value.is_none() {
            let choices = words.iter().map(|(word, _)| *word).collect();
            self.refuse(reading, Fault::NotOneOf { found, choices });
        }
        value
    }

    pub(super) fn boolean(&self, reading: &mut Reading<'_>) -> Option<bool> {
        match &self.raw {
            Raw::Toml(DeValue::Boolean(value)) => Some(*value),
            Raw::Toml(_) | Raw::Texts(_) => {
                self.wrong_type(reading, Wanted::BOOLEAN);
                None
            }
            Raw::Text(_) => self.one_of(reading, &[("true", true), ("false", false)]),
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole<T: TryFrom<u32>>(
        &self,
        reading: &mut Reading<'_>,
        bounds: RangeInclusive<u32>,
    ) -> Option<T> {
        let (found, radix) = match &self.raw {
            Raw::Toml(DeValue::Integer(number)) => (number.as_str(), number.radix()),
            Raw::Text(text) if is_number(text) && !text.contains('.') => (text.as_str(), 10),
            _ => {
                self.wrong_type(reading, Wanted::WHOLE);
                return None;
            }
        };
        let number = u32::from_str_radix(found, radix).ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            let (least, most) = (bounds.start().to_string(), bounds.end().to_string());
            self.refuse(reading, Fault::OutOfRange { found: found.to_owned(), least, most });
        }
        T::try_from(number?).ok()
    }

    /// How often a second: above none, at most a thousand times.
    pub(super) fn rate(&self, reading: &mut Reading<'_>) -> Option<f64> {
        const BOUNDS: RangeInclusive<f64> = 0.1..=1000.0;
        let found = match &self.raw {
            Raw::Toml(DeValue::Integer(number)) if number.radix() == 10 => number.as_str(),
            Raw::Toml(DeValue::Float(number)) => number.as_str(),
            Raw::Text(text) if is_number(text) => text.as_str(),
            _ => {
                self.wrong_type(reading, Wanted::NUMBER);
                return None;
            }
        };
        let number = found.parse().ok().filter(|number| BOUNDS.contains(number));
        if number.is_none() {
            let (least, most) = (BOUNDS.start().to_string(), BOUNDS.end().to_string());
            self.refuse(reading, Fault::OutOfRange { found: found.to_owned(), least, most });
        }
        number
    }

    /// `30s`, `5m`, `1h`, `14d`, within bounds.
    pub(super) fn duration(&self, reading: &mut Reading<'_>, least: &str, most: &str) -> Option<Duration> {
        if matches!(&self.raw, Raw::Toml(value) if !value.is_str()) {
            self.wrong_type(reading, Wanted::DURATION);
            return None;
        }
        let found = self.text(reading)?;
        let Some(duration) = duration(&found) else {
            self.malformed(reading, found, Form::Duration);
            return None;
        };
        if self::duration(least).is_some_and(|least| duration < least)
            || self::duration(most).is_some_and(|most| duration > most)
        {
            let (least, most) = (least.to_owned(), most.to_owned());
            self.refuse(reading, Fault::OutOfRange { found, least, most });
            return None;
        }
        Some(duration)
    }

    /// `2027-06-30` with or without quotes, or `never`.
    pub(super) fn expires(&self, reading: &mut Reading<'_>) -> Option<Expires> {
        let found = match &self.raw {
            Raw::Toml(DeValue::Datetime(date)) => date.to_string(),
            Raw::Toml(value) if !value.is_str() => {
                self.wrong_type(reading, Wanted::DATE);
                return None;
            }
            _ => self.text(reading)?,
        };
        if found == "never" {
            return Some(Expires::Never);
        }
        // The parser takes times and other spellings as well; a date that prints as it was written is one.
        match found.parse::<Date>() {
            Ok(date) if date.to_string() == found => Some(Expires::On(date)),
            _ => {
                self.malformed(reading, found, Form::Date);
                None
            }
        }
    }

    /// The entries of a list. Outside the file they are separated by commas.
    pub(super) fn list(&self, reading: &mut Reading<'_>, wanted: &'static str) -> Vec<Node<'t>> {
        let entries: Vec<(Origin, Raw<'t>)> = match &self.raw {
            Raw::Toml(DeValue::Array(items)) => {
                items.iter().map(|item| (item.span().into(), Raw::Toml(item.get_ref()))).collect()
            }
            Raw::Toml(_) => {
                self.wrong_type(reading, wanted);
                Vec::new()
            }
            Raw::Text(text) => {
                text.split(',').map(|text| (self.origin.clone(), Raw::Text(text.trim().to_owned()))).collect()
            }
            Raw::Texts(texts) => {
                texts.iter().map(|text| (self.origin.clone(), Raw::Text(text.clone()))).collect()
            }
        };
        let node = |(index, (origin, raw))| Node { key: format!("{}[{index}]", self.key), origin, raw };
        entries.into_iter().enumerate().map(node).collect()
    }

    pub(super) fn refuse(&self, reading: &mut Reading<'_>, fault: Fault) {
        reading.refuse(&self.key, &self.origin, fault);
    }

    pub(super) fn malformed(&self, reading: &mut Reading<'_>, found: String, form: Form) {
        self.refuse(reading, Fault::Malformed { found, form });
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
    let number = text.get(..text.len() - 1).filter(|number| number.bytes().all(|b| b.is_ascii_digit()))?;
    number.parse::<u64>().ok()?.checked_mul(unit).map(Duration::from_secs)
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.bytes().any(|b| b.is_ascii_digit())
}

//! A lossless JSON parser: every token keeps the author's text.
//!
//! Policies are compared, diffed and returned to people, so nothing in them may change on the way: member order,
//! numbers, escapes. A parsed value borrows its tokens from the source. Only white space between tokens is not
//! kept.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHashSet;

use super::error::{Fault, PolicyError};

/// Maximum nesting of arrays and objects. IAM's grammar needs six levels.
const MAX_DEPTH: usize = 64;

/// One member of an object: the key as written, quotes included, and its value.
pub(crate) type Member<'a> = (&'a str, Json<'a>);

/// A JSON value whose tokens are slices of the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Json<'a> {
    /// `null`, `true`, `false` or a number, as written.
    Atom(&'a str),
    /// A string as written, quotes and escapes included.
    Text(&'a str),
    /// An array.
    List(Vec<Json<'a>>, At),
    /// An object, with its members in the author's order and without duplicate keys.
    Map(Vec<Member<'a>>, At),
}

/// Position of a list or object in its source. Not part of the value: it is ignored in comparisons.
#[derive(Debug, Clone, Copy)]
pub struct At(pub(crate) usize);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

impl Hash for At {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl<'a> Json<'a> {
    /// Parses one value that is the whole of `source`.
    pub fn parse(source: &'a str) -> Result<Self, PolicyError> {
        let mut reader = JsonReader {
            source,
            bytes: source.as_bytes(),
            at: 0,
        };
        reader.skip_space();
        let value = reader.value(0)?;
        reader.skip_space();
        if reader.at < reader.bytes.len() {
            return Err(reader.fault(reader.at, Fault::AfterEnd));
        }
        Ok(value)
    }

    /// The decoded text, if this is a string.
    pub fn as_text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(raw) => Some(decoded(raw)),
            _ => None,
        }
    }

    /// The value of the member called `name`, if this is an object that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        match self {
            Self::Map(members, _) => members
                .iter()
                .find(|(key, _)| is_key(key, name))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Atom("null"))
    }

    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Atom("true"))
    }

    /// Type of the value, as error messages name it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Atom("null") => "null",
            Self::Atom("true" | "false") => "a boolean",
            Self::Atom(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(..) => "a list",
            Self::Map(..) => "an object",
        }
    }

    /// Position of the value in `source`.
    pub(crate) fn offset_in(&self, source: &str) -> usize {
        match self {
            Self::Atom(raw) | Self::Text(raw) => offset_of(source, raw),
            Self::List(_, At(at)) | Self::Map(_, At(at)) => *at,
        }
    }
}

/// Position of `part`, a slice of `source`, in it.
pub(crate) fn offset_of(source: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
    if offset <= source.len() { offset } else { 0 }
}

/// Whether the key as written, with quotes, decodes to `name`.
pub(crate) fn is_key(raw: &str, name: &str) -> bool {
    let inner = unquoted(raw);
    inner == name || (inner.contains('\\') && decoded(raw) == name)
}

/// The text between the quotes, with its escapes.
fn unquoted(raw: &str) -> &str {
    raw.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(raw)
}

/// The decoded text of a string as written. The parser has checked its escapes, so nothing can fail here; anything
/// invalid is kept as it is.
pub fn decoded(raw: &str) -> Cow<'_, str> {
    let inner = unquoted(raw);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('u') => {
                let mut unit = code_unit(&mut chars);
                if (0xD800..0xDC00).contains(&unit) {
                    // The parser has checked that the second half of the pair, `\uXXXX`, follows.
                    chars.next();
                    chars.next();
                    let low = code_unit(&mut chars);
                    unit = 0x10000 + ((unit - 0xD800) << 10) + (low.saturating_sub(0xDC00) & 0x3FF);
                }
                text.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    Cow::Owned(text)
}

fn code_unit(chars: &mut impl Iterator<Item = char>) -> u32 {
    chars
        .take(4)
        .fold(0, |unit, c| unit * 16 + c.to_digit(16).unwrap_or(0))
}

struct JsonReader<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> JsonReader<'a> {
    fn fault(&self, at: usize, fault: Fault) -> PolicyError {
        PolicyError::at(self.source, at, fault)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The slice from `start` to the current position. Tokens begin and end with ASCII, so both are character
    /// boundaries.
    fn since(&self, start: usize) -> &'a str {
        self.source.get(start..self.at).unwrap_or_default()
    }

    fn unexpected(&self, wanted: &'static str) -> PolicyError {
        match self.source.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => self.fault(self.at, Fault::Unexpected { found, wanted }),
            None => self.fault(self.at, Fault::EndsEarly { wanted }),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, PolicyError> {
        match self.peek() {
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'{') => self.map(depth + 1),
            Some(b'[') => self.list(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z') => self.word(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn enter(&mut self, depth: usize) -> Result<(), PolicyError> {
        if depth > MAX_DEPTH {
            return Err(self.fault(self.at, Fault::TooDeep { limit: MAX_DEPTH }));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn map(&mut self, depth: usize) -> Result<Json<'a>, PolicyError> {
        let start = At(self.at);
        self.enter(depth)?;
        let mut members: Vec<Member<'a>> = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Map(members, start));
        }
        members.reserve(4);
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("a colon"));
            }
            self.at += 1;
            self.skip_space();
            members.push((key, self.value(depth)?));
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("a comma or the object's closing brace")),
            }
            self.skip_space();
        }
        self.at += 1;
        match repeated_key(&members) {
            Some(key) => Err(self.fault(
                offset_of(self.source, key),
                Fault::DuplicateKey {
                    key: decoded(key).into_owned(),
                },
            )),
            None => Ok(Json::Map(members, start)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json<'a>, PolicyError> {
        let start = At(self.at);
        self.enter(depth)?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(items, start));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("a comma or the list's closing bracket")),
            }
            self.skip_space();
        }
        self.at += 1;
        Ok(Json::List(items, start))
    }

    fn word(&mut self) -> Result<Json<'a>, PolicyError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z')) {
            self.at += 1;
        }
        match self.since(start) {
            word @ ("null" | "true" | "false") => Ok(Json::Atom(word)),
            _ => {
                self.at = start;
                Err(self.unexpected("a value"))
            }
        }
    }

    fn digits(&mut self) -> Result<(), PolicyError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            Err(self.unexpected("a digit"))
        } else {
            Ok(())
        }
    }

    fn number(&mut self) -> Result<Json<'a>, PolicyError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Atom(self.since(start)))
    }

    /// A string with its quotes; escapes are checked but not decoded.
    fn string(&mut self) -> Result<&'a str, PolicyError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0..0x20) => return Err(self.fault(self.at, Fault::ControlCharacter)),
                Some(_) => self.at += 1,
                None => return Err(self.fault(start, Fault::UnclosedString)),
            }
        }
        self.at += 1;
        Ok(self.since(start))
    }

    fn escape(&mut self) -> Result<(), PolicyError> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let unit = self.unicode(start)?;
                let paired = match unit {
                    0xD800..0xDC00 => {
                        self.bytes.get(self.at..self.at + 2) == Some(b"\\u") && {
                            self.at += 1;
                            (0xDC00..0xE000).contains(&self.unicode(start)?)
                        }
                    }
                    0xDC00..0xE000 => false,
                    _ => true,
                };
                if !paired {
                    return Err(self.fault(start, Fault::BadEscape));
                }
            }
            _ => return Err(self.fault(start, Fault::BadEscape)),
        }
        Ok(())
    }

    /// Parses `uXXXX` and moves past it.
    fn unicode(&mut self, start: usize) -> Result<u32, PolicyError> {
        let digits = self.bytes.get(self.at + 1..self.at + 5).unwrap_or_default();
        let mut unit = 0;
        for byte in digits {
            match char::from(*byte).to_digit(16) {
                Some(digit) => unit = unit * 16 + digit,
                None => return Err(self.fault(start, Fault::BadEscape)),
            }
        }
        if digits.len() != 4 {
            return Err(self.fault(start, Fault::BadEscape));
        }
        self.at += 5;
        Ok(unit)
    }
}

/// Position of the first duplicate key of an object. `serde_json` would silently keep the last one; AWS does not
/// document which one IAM keeps.
fn repeated_key<'a>(members: &[Member<'a>]) -> Option<&'a str> {
    let escaped = members
        .iter()
        .any(|(key, _)| key.bytes().any(|byte| byte == b'\\'));
    if escaped || members.len() > 16 {
        let mut seen = FxHashSet::default();
        return members
            .iter()
            .map(|(key, _)| *key)
            .find(|key| !seen.insert(decoded(key)));
    }
    let repeated = members
        .iter()
        .enumerate()
        .find(|(at, (key, _))| members.iter().take(*at).any(|(earlier, _)| earlier == key));
    repeated.map(|(_, (key, _))| *key)
}

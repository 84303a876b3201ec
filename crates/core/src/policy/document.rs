//! Policy documents, parsed and printed without loss.

mod statement;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

pub use self::statement::Effect;
pub(crate) use self::statement::{Clause, Frame, Statement};
use super::action::Shape;
use super::error::{Fault, PolicyError};
use super::json::{self, Json, Member, is_key, offset_of};
use super::print::{Printer, Style};
use super::services::Services;
use super::sink::{Chars, Sink};

/// Longest document that IAM accepts, in characters, with white space.
const MAX_CHARS: usize = 131_072;

/// A policy document that keeps everything its author wrote.
///
/// ```
/// use leastwise_core::policy::Document;
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
/// let document = Document::parse(text)?;
/// assert_eq!(document.compact(), text);
/// # Ok::<(), leastwise_core::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Document<'a> {
    pub(crate) frame: Arc<DocumentFrame<'a>>,
    pub(crate) statements: Vec<Statement<'a>>,
}

/// Everything in a document except its statements.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DocumentFrame<'a> {
    head: Vec<Member<'a>>,
    key: &'a str,
    /// Whether `Statement` was an object instead of a list.
    single: bool,
    tail: Vec<Member<'a>>,
}

/// Decodes what a file or AWS returned: removes a byte order mark and decodes percent-encoding (RFC 3986: a plus
/// sign is a plus sign). A document that begins with a brace is not decoded.
///
/// # Errors
/// If the bytes are not UTF-8.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, PolicyError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        PolicyError::at(&String::from_utf8_lossy(valid), valid.len(), Fault::NotUtf8)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.trim().as_bytes().iter();
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<&u8>| {
            byte.and_then(|b| char::from(*b).to_digit(16))
                .and_then(|d| u8::try_from(d).ok())
        };
        let ahead = bytes.as_slice();
        match (byte, hex(ahead.first()), hex(ahead.get(1))) {
            (b'%', Some(high), Some(low)) => {
                plain.push(high * 16 + low);
                bytes.next();
                bytes.next();
            }
            _ => plain.push(*byte),
        }
    }
    match String::from_utf8(plain) {
        Ok(plain) => Ok(Cow::Owned(
            plain.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(plain),
        )),
        Err(_) => Err(PolicyError {
            line: 1,
            column: 1,
            fault: Fault::NotUtf8,
        }),
    }
}

impl<'a> Document<'a> {
    /// Parses a policy document. See [`decode`] for what may surround it.
    ///
    /// # Errors
    /// If IAM would reject it, with line and column; [`PolicyError::help`] says how to fix it.
    pub fn parse(text: &'a str) -> Result<Self, PolicyError> {
        if text.len() > MAX_CHARS && text.chars().count() > MAX_CHARS {
            return Err(PolicyError {
                line: 1,
                column: 1,
                fault: Fault::TooLong { limit: MAX_CHARS },
            });
        }
        Self::from_json(Json::parse(text)?, text)
    }

    /// Builds a document from a value that was parsed from `source`.
    pub fn from_json(json: Json<'a>, source: &'a str) -> Result<Self, PolicyError> {
        let at = json.offset_in(source);
        let fail = |at, fault| Err(PolicyError::at(source, at, fault));
        let members = match json {
            Json::Map(members, _) => members,
            other => {
                let fault = Fault::WrongType {
                    what: "the policy",
                    wanted: "an object",
                    found: other.kind(),
                };
                return fail(at, fault);
            }
        };
        known_names(&members, &["Version", "Id", "Statement"], source)?;
        let (head, key, value, tail) = match cut_out(members, "Statement") {
            Ok(parts) => parts,
            Err(_) => {
                return fail(
                    at,
                    Fault::Missing {
                        what: "the policy",
                        key: "Statement",
                    },
                );
            }
        };
        let (single, statements) = match value {
            Json::List(items, _) => (
                false,
                items
                    .into_iter()
                    .map(|item| Statement::from_json(item, source))
                    .collect::<Result<_, _>>()?,
            ),
            item @ Json::Map(..) => (true, vec![Statement::from_json(item, source)?]),
            other => {
                let fault = Fault::WrongType {
                    what: "Statement",
                    wanted: "a list of statements, or one",
                    found: other.kind(),
                };
                return fail(other.offset_in(source), fault);
            }
        };
        Ok(Self {
            frame: Arc::new(DocumentFrame {
                head,
                key,
                single,
                tail,
            }),
            statements,
        })
    }

    /// The same document with different statements.
    pub(crate) fn with(&self, statements: Vec<Statement<'a>>) -> Self {
        Self {
            frame: Arc::clone(&self.frame),
            statements,
        }
    }

    /// The document for people: indented by two spaces, one action per line.
    pub fn pretty(&self) -> String {
        print_all(std::slice::from_ref(self), false)
    }

    /// The document without white space between its tokens.
    pub fn compact(&self) -> String {
        print_all(std::slice::from_ref(self), true)
    }

    fn print(&self, printer: &mut Printer<'_, impl Sink>) {
        printer.open('{');
        let frame = &self.frame;
        printer.members(&frame.head);
        printer.key(frame.key);
        if frame.single {
            self.statements
                .iter()
                .for_each(|statement| statement.print(printer));
        } else {
            printer.open('[');
            for statement in &self.statements {
                printer.item();
                statement.print(printer);
            }
            printer.close(']');
        }
        printer.members(&frame.tail);
        printer.close('}');
    }

    /// Services of the Allow statements; all services if a pattern spans services.
    pub fn services(&self) -> Services {
        let mut services = BTreeSet::new();
        for statement in self
            .statements
            .iter()
            .filter(|statement| statement.frame.effect == Effect::Allow)
        {
            if statement.clause.negated {
                return Services::All;
            }
            for pattern in &statement.clause.patterns {
                if pattern.shape == Shape::All {
                    return Services::All;
                }
                services.insert(pattern.service.to_ascii_lowercase());
            }
        }
        Services::Named(services)
    }

    /// Number of characters that count towards IAM's quotas: everything except white space between tokens.
    pub fn quota_chars(&self) -> usize {
        let mut chars = Chars::default();
        self.print(&mut Printer::new(&mut chars, Style::Compact));
        chars.0
    }
}

/// The members before the one called `name`, its key and value, and the members after it.
type CutMembers<'a> = (Vec<Member<'a>>, &'a str, Json<'a>, Vec<Member<'a>>);

/// Takes out the member called `name`; returns the members if there is none.
fn cut_out<'a>(mut members: Vec<Member<'a>>, name: &str) -> Result<CutMembers<'a>, Vec<Member<'a>>> {
    let Some(at) = members.iter().position(|(key, _)| is_key(key, name)) else {
        return Err(members);
    };
    let tail = members.split_off(at + 1);
    match members.pop() {
        Some((key, value)) => Ok((members, key, value, tail)),
        None => Err(tail),
    }
}

/// Rejects members whose name differs from IAM's only in case: treated as unknown, they would change the meaning of
/// the statement.
fn known_names(members: &[Member<'_>], names: &[&'static str], source: &str) -> Result<(), PolicyError> {
    for (raw, _) in members {
        let key = json::decoded(raw);
        if let Some(expected) = names.iter().find(|name| name.eq_ignore_ascii_case(&key))
            && *expected != key
        {
            let fault = Fault::MisspelledKey {
                found: key.into_owned(),
                expected,
            };
            return Err(PolicyError::at(source, offset_of(source, raw), fault));
        }
    }
    Ok(())
}

/// Parses the result of a refinement: a document, a list of documents, or `null` for none.
///
/// # Errors
/// As [`Document::parse`].
pub fn parse_all(text: &str) -> Result<Vec<Document<'_>>, PolicyError> {
    match Json::parse(text)? {
        json if json.is_null() => Ok(Vec::new()),
        Json::List(items, _) => items
            .into_iter()
            .map(|item| Document::from_json(item, text))
            .collect(),
        json => Ok(vec![Document::from_json(json, text)?]),
    }
}

/// Prints what [`parse_all`] parses: `null` for none, one document as itself, several as a list.
pub fn print_all(documents: &[Document<'_>], compact: bool) -> String {
    /// Estimated size of an indented pattern, and of a statement without its patterns.
    const ROOM: (usize, usize) = (48, 256);
    let statements = documents.iter().flat_map(|document| &document.statements);
    let room = statements
        .map(|statement| statement.clause.patterns.len() * ROOM.0 + ROOM.1)
        .sum();
    let mut out = String::with_capacity(room);
    write_all(&mut out, documents, compact);
    out
}

/// Appends what [`print_all`] prints.
pub fn write_all(out: &mut String, documents: &[Document<'_>], compact: bool) {
    let mut printer = Printer::new(out, if compact { Style::Compact } else { Style::Pretty });
    match documents {
        [] => printer.value().push_str("null"),
        [document] => document.print(&mut printer),
        several => {
            printer.open('[');
            for document in several {
                printer.item();
                document.print(&mut printer);
            }
            printer.close(']');
        }
    }
}

//! Action patterns and sets of actions.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::error::BadAction;
use super::glob::{self, Containment};
use super::json;
use super::sink::{Chars, Sink, write_text};

/// Form of a pattern, which decides how it can be reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// `*`, or `*:*`, which is read as `*`.
    All,
    /// `s3:GetObject`
    Literal,
    /// `s3:Get*`: the only wildcard is the last character. The name is stored without it.
    Prefix,
    /// `s3:*Object`, `iam:Pass?ole`: wildcards anywhere else.
    Glob,
}

/// One entry of `Action` or `NotAction`.
#[derive(Debug, Clone)]
pub(crate) struct Pattern<'a> {
    pub(crate) service: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
    pub(crate) shape: Shape,
    /// The author's JSON string, with quotes and escapes; `None` for a generated pattern.
    raw: Option<&'a str>,
}

impl<'a> Pattern<'a> {
    /// Parses a JSON string as written.
    pub(crate) fn parse(raw: &'a str) -> Result<Self, BadAction> {
        let text = json::decoded(raw);
        let parts = split(&text)?;
        let (service, name) = match text {
            Cow::Borrowed(text) => {
                let (service, name) = parts.cut(text);
                (Cow::Borrowed(service), Cow::Borrowed(name))
            }
            Cow::Owned(text) => {
                let (service, name) = parts.cut(&text);
                (Cow::Owned(service.to_owned()), Cow::Owned(name.to_owned()))
            }
        };
        Ok(Self {
            service,
            name,
            shape: parts.shape,
            raw: Some(raw),
        })
    }

    /// A generated pattern: a literal, or a prefix if `shape` says so.
    pub(crate) fn new(service: Cow<'a, str>, name: Cow<'a, str>, shape: Shape) -> Self {
        Self {
            service,
            name,
            shape,
            raw: None,
        }
    }

    /// Whether the author wrote it.
    pub(crate) fn is_written(&self) -> bool {
        self.raw.is_some()
    }

    /// The pattern as decoded text.
    pub(crate) fn text(&self) -> String {
        match self.shape {
            Shape::All => "*".to_owned(),
            _ => [&*self.service, ":", &*self.name, self.star()].concat(),
        }
    }

    /// Appends the pattern as a JSON string, unchanged if the author wrote it.
    pub(crate) fn write(&self, out: &mut impl Sink) {
        match (self.raw, self.shape) {
            (Some(raw), _) => out.push_str(raw),
            (None, Shape::All) => out.push_str("\"*\""),
            (None, _) => {
                // Names of a custom catalog can hold anything; the common ones need no escapes.
                // No early exit, so that the compiler can vectorize the loop.
                let needs_escapes = |part: &str| {
                    part.bytes()
                        .fold(false, |found, b| found | (b < b' ') | (b == b'"') | (b == b'\\'))
                };
                if needs_escapes(&self.service) || needs_escapes(&self.name) {
                    write_text(out, &self.text());
                } else {
                    for part in ["\"", &self.service, ":", &self.name, self.star(), "\""] {
                        out.push_str(part);
                    }
                }
            }
        }
    }

    /// Its length as a JSON string, in characters.
    pub(crate) fn printed_len(&self) -> usize {
        let mut chars = Chars::default();
        self.write(&mut chars);
        chars.0
    }

    /// Whether two patterns are spelled the same.
    pub(crate) fn same_text(&self, other: &Pattern<'_>) -> bool {
        match (self.raw, other.raw) {
            (Some(a), Some(b)) => a == b,
            _ => self.shape == other.shape && self.service == other.service && self.name == other.name,
        }
    }

    /// The `*` that a stored prefix lacks.
    fn star(&self) -> &'static str {
        if self.shape == Shape::Prefix { "*" } else { "" }
    }

    /// Whether the name part matches an action's name. The caller compares the service.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        match self.shape {
            Shape::All => true,
            Shape::Literal => self.name.eq_ignore_ascii_case(name),
            Shape::Prefix => starts_with(name, &self.name),
            Shape::Glob => glob::matches(&self.name, name),
        }
    }

    /// Whether the pattern matches an action.
    pub(crate) fn matches(&self, service: &str, name: &str) -> bool {
        self.shape == Shape::All || self.service.eq_ignore_ascii_case(service) && self.matches_name(name)
    }

    /// Whether every string that the other pattern matches is matched by this one.
    pub(crate) fn contains(&self, inner: &Pattern<'_>) -> bool {
        if self.shape == Shape::All {
            return true;
        }
        if inner.shape == Shape::All || !self.service.eq_ignore_ascii_case(&inner.service) {
            return false;
        }
        match (self.shape, inner.shape) {
            (_, Shape::Literal) => self.matches_name(&inner.name),
            (Shape::Prefix, Shape::Prefix) => starts_with(&inner.name, &self.name),
            _ => glob::contained(&inner.glob(), [&*self.glob()]) == Containment::Contained,
        }
    }

    /// Whether both patterns match a common string; `None` if deciding that would take too long.
    pub(crate) fn overlaps(&self, other: &Pattern<'_>) -> Option<bool> {
        if self.shape == Shape::All || other.shape == Shape::All {
            return Some(true);
        }
        if !self.service.eq_ignore_ascii_case(&other.service) {
            return Some(false);
        }
        match (self.shape, other.shape) {
            (_, Shape::Literal) => Some(self.matches_name(&other.name)),
            (Shape::Literal, _) => Some(other.matches_name(&self.name)),
            (Shape::Prefix, Shape::Prefix) => {
                Some(starts_with(&self.name, &other.name) || starts_with(&other.name, &self.name))
            }
            _ => glob::overlap(&self.glob(), &other.glob()),
        }
    }

    /// The name part as a glob.
    pub(crate) fn glob(&self) -> Cow<'_, str> {
        match self.shape {
            Shape::All => Cow::Borrowed("*"),
            Shape::Literal | Shape::Glob => Cow::Borrowed(&self.name),
            Shape::Prefix => Cow::Owned(format!("{}*", self.name)),
        }
    }

    /// Orders patterns by their text, byte by byte.
    pub(crate) fn by_bytes(&self, other: &Pattern<'_>) -> Ordering {
        if self.shape == Shape::All || other.shape == Shape::All {
            return self.text().cmp(&other.text());
        }
        let (name, star) = (self.name.as_bytes(), self.star().as_bytes());
        let (other_name, other_star) = (other.name.as_bytes(), other.star().as_bytes());
        if self.service == other.service {
            joined(name, star, other_name, other_star)
        } else {
            // A colon follows the shorter service.
            joined(self.service.as_bytes(), b":", other.service.as_bytes(), b":")
        }
    }
}

/// Orders two texts of two parts each.
fn joined(a: &[u8], a_end: &[u8], b: &[u8], b_end: &[u8]) -> Ordering {
    let common = a.len().min(b.len());
    let (a_head, a_rest) = a.split_at_checked(common).unwrap_or((a, &[]));
    let (b_head, b_rest) = b.split_at_checked(common).unwrap_or((b, &[]));
    a_head
        .cmp(b_head)
        .then_with(|| a_rest.iter().chain(a_end).cmp(b_rest.iter().chain(b_end)))
}

/// Whether `text` begins with `prefix`, ignoring ASCII case.
pub(crate) fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// An action pattern outside a policy: in the configuration or on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPattern {
    text: String,
    parts: PatternParts,
}

impl ActionPattern {
    /// Parses `*`, `s3:GetObject` or `s3:Get*`, by the rules for actions in policies.
    ///
    /// # Errors
    /// If IAM would reject it as an action.
    pub fn parse(text: impl Into<String>) -> Result<Self, BadAction> {
        let text = text.into();
        Ok(Self {
            parts: split(&text)?,
            text,
        })
    }

    /// Whether it matches an action, ignoring case.
    pub fn matches(&self, service: &str, name: &str) -> bool {
        self.pattern().matches(service, name)
    }

    /// The pattern as a policy would have it.
    pub(crate) fn pattern(&self) -> Pattern<'_> {
        let (service, name) = self.parts.cut(&self.text);
        Pattern::new(Cow::Borrowed(service), Cow::Borrowed(name), self.parts.shape)
    }

    /// Its service; `None` if it matches all services.
    pub fn service(&self) -> Option<&str> {
        let (service, _) = self.parts.cut(&self.text);
        (self.parts.shape != Shape::All).then_some(service)
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Positions of the parts of an action string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PatternParts {
    shape: Shape,
    colon: usize,
    /// End of the name, without the star of a prefix.
    end: usize,
}

impl PatternParts {
    /// Service and name; both empty for `*`.
    fn cut<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        let name = text.get(self.colon + 1..self.end).unwrap_or_default();
        (text.get(..self.colon).unwrap_or_default(), name)
    }
}

/// Parses an action string in one pass.
fn split(text: &str) -> Result<PatternParts, BadAction> {
    if matches!(text, "*" | "*:*") {
        return Ok(PatternParts {
            shape: Shape::All,
            colon: 0,
            end: 0,
        });
    }
    let wild = |byte: &u8| matches!(byte, b'*' | b'?');
    let bytes = text.as_bytes();
    let Some(colon) = bytes.iter().position(|byte| *byte == b':') else {
        return Err(if bytes.iter().any(wild) {
            BadAction::WildcardInService
        } else {
            BadAction::NoService
        });
    };
    let mut service = bytes.iter().take(colon);
    if colon == 0 {
        return Err(BadAction::NoService);
    }
    if !service
        .clone()
        .all(|b| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'.')
    {
        return Err(if service.any(wild) {
            BadAction::WildcardInService
        } else {
            BadAction::BadService
        });
    }
    if colon + 1 == bytes.len() {
        return Err(BadAction::NoName);
    }
    let (mut first_wild, mut glob) = (None, false);
    for (at, byte) in bytes.iter().enumerate().skip(colon + 1) {
        match (byte, first_wild) {
            (b':', _) => return Err(BadAction::TwoColons),
            (b'*', None) => first_wild = Some(at),
            (b'*', _) => {}
            (b'?', None) => {
                first_wild = Some(at);
                glob = true;
            }
            (_, Some(_)) => glob = true,
            _ => {}
        }
    }
    Ok(match first_wild {
        None => PatternParts {
            shape: Shape::Literal,
            colon,
            end: bytes.len(),
        },
        Some(end) if !glob => PatternParts {
            shape: Shape::Prefix,
            colon,
            end,
        },
        Some(_) => PatternParts {
            shape: Shape::Glob,
            colon,
            end: bytes.len(),
        },
    })
}

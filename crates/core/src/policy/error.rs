//! Why a text is not a valid policy: where, what, and how to fix it.

use std::fmt;

use crate::visible::visible_line;
use thiserror::Error;

/// An invalid policy document, with the position of the fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct PolicyError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: Fault,
}

impl PolicyError {
    /// A fault at a byte offset of `source`.
    pub(crate) fn at(source: &str, offset: usize, fault: Fault) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line, column, fault }
    }

    /// How to fix it.
    pub fn help(&self) -> &'static str {
        self.fault.help()
    }
}

/// What is wrong with a policy document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not UTF-8, before or after percent-decoding.
    #[error("the document is not UTF-8 text")]
    NotUtf8,
    /// It exceeds IAM's limit.
    #[error("the document is longer than {limit} characters")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// It is nested deeper than any policy.
    #[error("lists and objects are nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A character that is not allowed here.
    #[error("found {}, expected {wanted}", Shown(*found))]
    Unexpected {
        /// The character.
        found: char,
        /// What is allowed or expected.
        wanted: &'static str,
    },
    /// The text ends too early.
    #[error("the text ends here, expected {wanted}")]
    EndsEarly {
        /// What is allowed or expected.
        wanted: &'static str,
    },
    /// Text after the end of the document.
    #[error("unexpected text after the end of the document")]
    AfterEnd,
    /// A string without its closing quote.
    #[error("unterminated string")]
    UnclosedString,
    /// A raw control character in a string.
    #[error("unescaped control character in a string")]
    ControlCharacter,
    /// A backslash that begins no JSON escape.
    #[error("invalid escape, or half of a surrogate pair")]
    BadEscape,
    /// The same key twice in one object.
    #[error("duplicate key {}", Quoted(key))]
    DuplicateKey {
        /// The key, decoded.
        key: String,
    },
    /// The document, a statement or a member has the wrong type.
    #[error("{what} must be {wanted}, found {found}")]
    WrongType {
        /// The element.
        what: &'static str,
        /// What is allowed or expected.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A required member is missing.
    #[error("{what} has no {key}")]
    Missing {
        /// The element.
        what: &'static str,
        /// The member's name.
        key: &'static str,
    },
    /// A member whose name differs from IAM's only in case.
    #[error("unknown key {}; IAM calls it {expected}", Quoted(found))]
    MisspelledKey {
        /// As written.
        found: String,
        /// As IAM spells it.
        expected: &'static str,
    },
    /// Neither Allow nor Deny.
    #[error("the effect {} is not Allow or Deny", Quoted(found))]
    UnknownEffect {
        /// As written.
        found: String,
    },
    /// Both `Action` and `NotAction`.
    #[error("the statement has both Action and NotAction")]
    ActionAndNotAction,
    /// An action pattern that IAM would reject.
    #[error("the action {} {problem}", Quoted(action))]
    BadAction {
        /// As written, decoded.
        action: String,
        /// What is wrong with it.
        problem: BadAction,
    },
}

/// What is wrong with an action pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadAction {
    /// `dynamodb*:TagResource`
    #[error("has a wildcard in its service prefix")]
    WildcardInService,
    /// `GetObject`
    #[error("has no service prefix")]
    NoService,
    /// `s3:Get:Object`
    #[error("has more than one colon")]
    TwoColons,
    /// `s3:`
    #[error("names no action after the colon")]
    NoName,
    /// `s 3:GetObject`
    #[error("has an invalid character in its service prefix")]
    BadService,
}

impl Fault {
    /// How to fix it, as a sentence.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "save the policy as UTF-8, as AWS returns it",
            Self::TooLong { .. } => {
                "no IAM policy is this long; check that the file contains only one policy"
            }
            Self::TooDeep { .. } => "no IAM policy is nested this deep; check that the file is a policy",
            Self::Unexpected { .. } | Self::EndsEarly { .. } | Self::UnclosedString => {
                "this is not valid JSON; check the commas, quotes and brackets just before this position"
            }
            Self::AfterEnd => "keep only one JSON document in the file",
            Self::ControlCharacter => "escape the character, for example \\n or \\t",
            Self::BadEscape => "write a backslash as \\\\, or use a JSON escape such as \\n or \\u00e9",
            Self::DuplicateKey { .. } => "keep one of the two, or merge their values",
            Self::WrongType { .. } | Self::Missing { .. } => {
                "check the IAM policy grammar; AWS would reject this document"
            }
            Self::MisspelledKey { .. } => {
                "use IAM's spelling; if this is a finding, check that --policy and --unused are not swapped"
            }
            Self::UnknownEffect { .. } => "write \"Allow\" or \"Deny\"",
            Self::ActionAndNotAction => {
                "split it into two statements, one with Action and one with NotAction"
            }
            Self::BadAction { problem, .. } => problem.help(),
        }
    }
}

impl BadAction {
    /// How to fix it, as a sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::WildcardInService => {
                "write one action per service; only \"*\" alone covers several services"
            }
            Self::NoService => "add the service prefix, for example \"s3:GetObject\"",
            Self::TwoColons => "put one colon between service and action",
            Self::NoName => "add an action name, or \"*\" for the whole service",
            Self::BadService => "check the spelling of the service prefix",
        }
    }
}

/// A character, made visible.
struct Shown(char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", visible_line(self.0.encode_utf8(&mut [0; 4])))
    }
}

/// Text from others: in backticks, with invisible characters written out, and cut if long.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 80;
        f.write_str("`")?;
        let end = self.0.char_indices().nth(LONGEST).map(|(at, _)| at);
        f.write_str(&visible_line(
            end.and_then(|end| self.0.get(..end)).unwrap_or(self.0),
        ))?;
        f.write_str(if end.is_some() { "...`" } else { "`" })
    }
}

//! What can be wrong with a configuration, worded for its author: the place, the key, what is wrong, the mend.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use super::form::Form;
use crate::policy::{BadAction, Quoted};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {}{fault}", Subject(key))]
pub struct Problem {
    /// Where it was written.
    pub place: Place,
    /// The dotted path of the key; empty when the text is not TOML there.
    pub key: String,
    /// What is wrong.
    pub fault: Fault,
}

impl Problem {
    /// What to do about it.
    pub fn help(&self) -> Cow<'static, str> {
        self.fault.help()
    }
}

/// Where something was written. In this order problems are told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file.
    File {
        /// What the file is called.
        name: String,
        /// The line, counted from 1.
        line: usize,
        /// The column in characters, counted from 1.
        column: usize,
    },
    /// In an environment variable of this name.
    Variable(String),
    /// On the command line, behind this flag.
    Flag(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// What is wrong with a key or its value. Each reads on from the key's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The text is not TOML.
    #[error("not valid TOML: {0}")]
    Syntax(String),
    /// The file is larger than any configuration.
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// An environment variable that is not text.
    #[error("is not UTF-8 text")]
    NotUtf8,
    /// Nobody asks for this key.
    #[error("is not a known key")]
    UnknownKey(Nearest),
    /// A variable of the environment that overrides no key; perhaps this one is meant.
    #[error("overrides no key")]
    UnknownVariable(Option<String>),
    /// A key, or a value, that looks like a secret. The value is never shown.
    #[error("looks like a secret, and secrets are never kept here")]
    Secret,
    /// Another type.
    #[error("must be {wanted}, found {found}")]
    WrongType {
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An empty text.
    #[error("is empty")]
    Empty,
    /// A word that is none of those it may be.
    #[error("is {}, must be {}", Quoted(found), Choices(choices))]
    NotOneOf {
        /// As written.
        found: String,
        /// What it may be.
        choices: Vec<&'static str>,
    },
    /// A number or a duration beyond its bounds.
    #[error("is {}, must be from {least} to {most}", Quoted(found))]
    OutOfRange {
        /// As written.
        found: String,
        /// The least.
        least: String,
        /// The most.
        most: String,
    },
    /// A text of the wrong form.
    #[error("is {}, which is not {}", Quoted(found), form.wanted())]
    Malformed {
        /// As written.
        found: String,
        /// What it should look like.
        form: Form,
    },
    /// An action pattern that IAM would not take.
    #[error("is {}, which {problem}", Quoted(found))]
    BadAction {
        /// As written.
        found: String,
        /// What is wrong with it.
        problem: BadAction,
    },
    /// A key that must be there.
    #[error("is missing")]
    Missing {
        /// What to write.
        help: &'static str,
    },
    /// The same account twice.
    #[error("is {}, which stands here already", Quoted(found))]
    Twice {
        /// As written.
        found: String,
    },
    /// An exception without a scope.
    #[error("does not say what it is for")]
    NoScope,
    /// Two keys that cannot both be meant.
    #[error("cannot stand beside `{other}`")]
    Contradicts {
        /// The other key.
        other: &'static str,
    },
    /// A part that is longer than its whole.
    #[error("is longer than `{other}`")]
    LongerThan {
        /// The key of the whole.
        other: &'static str,
    },
    /// A whole that is shorter than its part.
    #[error("is shorter than `{other}`")]
    ShorterThan {
        /// The key of the part.
        other: &'static str,
    },
}

/// What may have been meant by an unknown key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearest {
    /// A key of the same table, by a slip of the pen.
    Here(String),
    /// The same key, in this table; empty means before the first table.
    In(String),
    /// None is near; these are known here.
    Among(Vec<&'static str>),
}

impl Fault {
    /// What to do about it.
    pub fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnknownVariable(Some(near)) => return Cow::Owned(format!("did you mean `{near}`?")),
            Self::UnknownVariable(None) => {
                "a key such as `limits.call-timeout` is overridden by LEASTWISE_LIMITS_CALL_TIMEOUT; unset this one"
            }
            Self::UnknownKey(Nearest::Here(key)) => return Cow::Owned(format!("did you mean `{key}`?")),
            Self::UnknownKey(Nearest::In(table)) if table.is_empty() => {
                "move it up, before the first `[section]`"
            }
            Self::UnknownKey(Nearest::In(table)) => return Cow::Owned(format!("move it below `[{table}]`")),
            Self::UnknownKey(Nearest::Among(known)) => {
                return Cow::Owned(format!("the keys here are {}", known.join(", ")));
            }
            Self::Syntax(_) => {
                "check quotes, brackets and equals signs here and on the line before; every key and every [table] stands once"
            }
            Self::TooLarge { .. } => "check that this is the configuration file",
            Self::NotUtf8 => "set it to plain text",
            Self::Secret => {
                "take it out of the file; name a `profile`, or leave credentials to the environment, where the AWS SDK finds them"
            }
            Self::WrongType { wanted, found } => wrong_type(wanted, found),
            Self::Empty => "give it a value, or leave it out where it has a default",
            Self::NotOneOf { .. } => "write one of these words",
            Self::OutOfRange { .. } => "choose a value within these bounds",
            Self::Malformed { form, .. } => form.help(),
            Self::BadAction { problem, .. } => problem.help(),
            Self::Missing { help } => help,
            Self::Twice { .. } => "keep one of the two",
            Self::NoScope => {
                "give at least one of accounts, ous, paths, names, tags, policies, actions; names = [\"*\"] is everything"
            }
            Self::Contradicts { .. } => "keep one of the two",
            Self::LongerThan { .. } => "make this one shorter or the other longer",
            Self::ShorterThan { .. } => "make this one longer or the other shorter",
        })
    }
}

fn wrong_type(wanted: &'static str, found: &'static str) -> &'static str {
    match (wanted, found) {
        (Wanted::TABLES, "a table") => "write it with two brackets, [[exception]]",
        (Wanted::DURATION, _) => Form::Duration.help(),
        (Wanted::DATE, _) => Form::Date.help(),
        (Wanted::TEXT, "a whole number") => {
            "put it in quotes; digits without quotes are a number and lose leading zeros"
        }
        (Wanted::TEXT, _) => "put it in quotes",
        (Wanted::LIST | Wanted::ACCOUNTS, _) => "put it in square brackets, with commas between the entries",
        (Wanted::WHOLE | Wanted::NUMBER | Wanted::BOOLEAN, "a string") => "write it without quotes",
        _ => "compare with the example that `leastwise init` writes",
    }
}

/// What a value should be, as told.
pub(super) struct Wanted;

impl Wanted {
    pub(super) const TEXT: &'static str = "a string";
    pub(super) const LIST: &'static str = "a list of strings";
    pub(super) const WHOLE: &'static str = "a whole number";
    pub(super) const NUMBER: &'static str = "a number";
    pub(super) const BOOLEAN: &'static str = "true or false";
    pub(super) const DURATION: &'static str = "a duration";
    pub(super) const DATE: &'static str = "a date";
    pub(super) const TABLE: &'static str = "a table";
    pub(super) const TABLES: &'static str = "a list of tables";
    pub(super) const ACCOUNTS: &'static str = "a list of account ids, or of tables with `id` and `name`";
}

/// The key, where there is one.
struct Subject<'a>(&'a str);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{} ", Quoted(self.0)) }
    }
}

/// `a`, `b` or `c`
struct Choices<'a>(&'a [&'static str]);

impl fmt::Display for Choices<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, choice) in self.0.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            write!(f, "{before}`{choice}`")?;
        }
        Ok(())
    }
}

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
    pub(super) fault: Fault,
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
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// What is wrong with a key or its value. Each reads on from the key's name; `found` is as written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Fault {
    #[error("not valid TOML: {0}")]
    Syntax(String),
    #[error("the file has more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("is not UTF-8 text")]
    NotUtf8,
    #[error("is not a known key")]
    UnknownKey(Nearest),
    /// A variable of the environment that overrides no key; perhaps this one is meant.
    #[error("overrides no key")]
    UnknownVariable(Option<String>),
    /// A key, or a value, that looks like a secret. The value is never shown.
    #[error("looks like a secret, and secrets are never kept here")]
    Secret,
    #[error("must be {wanted}, found {found}")]
    WrongType { wanted: Kind, found: Kind },
    #[error("is empty")]
    Empty,
    #[error("is {}, must be {}", Quoted(found), Choices(choices))]
    NotOneOf { found: String, choices: Vec<&'static str> },
    #[error("is {}, must be from {least} to {most}", Quoted(found))]
    OutOfRange { found: String, least: String, most: String },
    #[error("is {}, which is not {}", Quoted(found), form.wanted())]
    Malformed { found: String, form: Form },
    #[error("is {}, which {problem}", Quoted(found))]
    BadAction { found: String, problem: BadAction },
    #[error("is missing")]
    Missing { help: &'static str },
    #[error("is {}, which stands here already", Quoted(found))]
    Twice { found: String },
    /// An exception without a scope.
    #[error("does not say what it is for")]
    NoScope,
    #[error("cannot stand beside `{other}`")]
    Contradicts { other: &'static str },
    #[error("is longer than `{other}`")]
    LongerThan { other: &'static str },
    #[error("is shorter than `{other}`")]
    ShorterThan { other: &'static str },
}

/// What may have been meant by an unknown key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Nearest {
    /// A key of the same table, by a slip of the pen.
    Here(&'static str),
    /// The same key, in this table; empty means before the first table.
    In(String),
    /// None is near; these are known here.
    Among(Vec<&'static str>),
}

impl Fault {
    /// What to do about it.
    fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnknownVariable(Some(near)) => return format!("did you mean `{near}`?").into(),
            Self::UnknownVariable(None) => {
                "a key such as `limits.call-timeout` is overridden by LEASTWISE_LIMITS_CALL_TIMEOUT; unset this one"
            }
            Self::UnknownKey(Nearest::Here(key)) => return format!("did you mean `{key}`?").into(),
            Self::UnknownKey(Nearest::In(table)) if table.is_empty() => {
                "move it up, before the first `[section]`"
            }
            Self::UnknownKey(Nearest::In(table)) => return format!("move it below `[{table}]`").into(),
            Self::UnknownKey(Nearest::Among(known)) => {
                return format!("the keys here are {}", known.join(", ")).into();
            }
            Self::Syntax(_) => {
                "check quotes, brackets and equals signs here and on the line before; every key and every [table] stands once"
            }
            Self::TooLarge { .. } => "check that this is the configuration file",
            Self::NotUtf8 => "set it to plain text",
            Self::Secret => {
                "take it out of the file; name a `profile`, or leave credentials to the environment, where the AWS SDK finds them"
            }
            Self::WrongType { wanted, found } => wanted.help(*found),
            Self::Empty => "give it a value, or leave it out where it has a default",
            Self::NotOneOf { .. } => "write one of these words",
            Self::OutOfRange { .. } => "choose a value within these bounds",
            Self::Malformed { form, .. } => form.help(),
            Self::BadAction { problem, .. } => problem.help(),
            Self::Missing { help } => help,
            Self::Twice { .. } | Self::Contradicts { .. } => "keep one of the two",
            Self::NoScope => {
                "give at least one of accounts, ous, paths, names, tags, policies, actions; names = [\"*\"] is everything"
            }
            Self::LongerThan { .. } => "make this one shorter or the other longer",
            Self::ShorterThan { .. } => "make this one longer or the other shorter",
        })
    }
}

/// What a value is or should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Float,
    Number,
    Boolean,
    Duration,
    Date,
    DateOrTime,
    Table,
    AnyList,
    List,
    /// A list of tables.
    Tables,
    /// The list of accounts.
    Accounts,
}

impl Kind {
    /// How to write a value of this kind where one of another was found.
    fn help(self, found: Self) -> &'static str {
        match (self, found) {
            (Self::Tables, Self::Table) => "write it with two brackets, [[exception]]",
            (Self::Duration, _) => Form::Duration.help(),
            (Self::Date, _) => Form::Date.help(),
            (Self::Text, Self::Whole) => {
                "put it in quotes; digits without quotes are a number and lose leading zeros"
            }
            (Self::Text, _) => "put it in quotes",
            (Self::List | Self::Accounts, _) => "put it in square brackets, with commas between the entries",
            (Self::Whole | Self::Number | Self::Boolean, Self::Text) => "write it without quotes",
            _ => "compare with the example that `leastwise init` writes",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a string",
            Self::Whole => "a whole number",
            Self::Float => "a number with a point",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Duration => "a duration",
            Self::Date => "a date",
            Self::DateOrTime => "a date or time",
            Self::Table => "a table",
            Self::AnyList => "a list",
            Self::List => "a list of strings",
            Self::Tables => "a list of tables",
            Self::Accounts => "a list of account ids, or of tables with `id` and `name`",
        })
    }
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

//! What can be wrong with a configuration, worded for its author: the place, the key, what is wrong, how to fix it.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use super::form::Form;
use leastwise_core::policy::{BadAction, Quoted};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {}{fault}", Subject(key))]
pub struct Problem {
    /// Where it was written.
    pub place: SourcePlace,
    /// The dotted path of the key; empty when the text is not TOML there.
    pub key: String,
    pub(super) fault: KeyFault,
}

impl Problem {
    /// What to do about it.
    pub fn help(&self) -> Cow<'static, str> {
        self.fault.help()
    }
}

/// Where something was written. Problems are reported in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourcePlace {
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

impl fmt::Display for SourcePlace {
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
pub(super) enum KeyFault {
    #[error("not valid TOML: {0}")]
    Syntax(String),
    #[error("the file is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("is not UTF-8 text")]
    NotUtf8,
    #[error("is not a setting")]
    UnknownKey(Nearest),
    /// A variable of the environment that overrides no key; perhaps this one is meant.
    #[error("matches no setting")]
    UnknownVariable(Option<String>),
    /// A key, or a value, that looks like a secret. The value is never shown.
    #[error("looks like a secret; do not put secrets here")]
    Secret,
    #[error("must be {wanted}, found {found}")]
    WrongType { wanted: ValueKind, found: ValueKind },
    #[error("is empty")]
    Empty,
    #[error("is {}, but must be {}", Quoted(found), Choices(choices))]
    NotOneOf {
        found: String,
        choices: Vec<&'static str>,
    },
    #[error("must be from {least} to {most}, not {}", Quoted(found))]
    OutOfRange {
        found: String,
        least: String,
        most: String,
    },
    #[error("is {}, which is not {}", Quoted(found), form.wanted())]
    Malformed { found: String, form: Form },
    #[error("is {}, which {problem}", Quoted(found))]
    BadAction { found: String, problem: BadAction },
    #[error("is missing")]
    Missing { help: &'static str },
    #[error("is {}, which is already listed", Quoted(found))]
    Twice { found: String },
    /// An exception without a scope.
    #[error("has no scope")]
    NoScope,
    #[error("cannot be combined with `{other}`")]
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

impl KeyFault {
    /// What to do about it.
    fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnknownVariable(Some(near)) => return format!("did you mean `{near}`?").into(),
            Self::UnknownVariable(None) => {
                "unset it; the variable of `limits.call-timeout`, for example, is LEASTWISE_LIMITS_CALL_TIMEOUT"
            }
            Self::UnknownKey(Nearest::Here(key)) => return format!("did you mean `{key}`?").into(),
            Self::UnknownKey(Nearest::In(table)) if table.is_empty() => "move it above the first `[section]`",
            Self::UnknownKey(Nearest::In(table)) => return format!("move it below `[{table}]`").into(),
            Self::UnknownKey(Nearest::Among(known)) => {
                return format!("settings here: {}", known.join(", ")).into();
            }
            Self::Syntax(_) => {
                "check quotes, brackets and equals signs on this line and the one before; each setting and [table] may appear only once"
            }
            Self::TooLarge { .. } => "check that this is the configuration file",
            Self::NotUtf8 => "save it as UTF-8",
            Self::Secret => {
                "remove it; set `profile`, or let the AWS SDK find credentials in the environment"
            }
            Self::WrongType { wanted, found } => wanted.help(*found),
            Self::Empty => "set a value, or remove it to use the default",
            Self::NotOneOf { .. } => "use one of these values",
            Self::OutOfRange { .. } => "choose a value in this range",
            Self::Malformed { form, .. } => form.help(),
            Self::BadAction { problem, .. } => problem.help(),
            Self::Missing { help } => help,
            Self::Twice { .. } | Self::Contradicts { .. } => "keep one of the two",
            Self::NoScope => {
                "set at least one of accounts, ous, paths, names, tags, policies, actions; names = [\"*\"] matches everything"
            }
            Self::LongerThan { .. } => "make this shorter, or the other longer",
            Self::ShorterThan { .. } => "make this longer, or the other shorter",
        })
    }
}

/// What a value is or should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
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

impl ValueKind {
    /// How to write a value of this kind where one of another was found.
    fn help(self, found: Self) -> &'static str {
        match (self, found) {
            (Self::Tables, Self::Table) => "use two brackets: [[exception]]",
            (Self::Duration, _) => Form::Duration.help(),
            (Self::Date, _) => Form::Date.help(),
            (Self::Text, Self::Whole) => "put it in quotes; without them, leading zeros are lost",
            (Self::Text, _) => "put it in quotes",
            (Self::List | Self::Accounts, _) => "put it in square brackets, separated by commas",
            (Self::Whole | Self::Number | Self::Boolean, Self::Text) => "write it without quotes",
            _ => "`leastwise init` writes an example",
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a string",
            Self::Whole => "a whole number",
            Self::Float => "a decimal number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Duration => "a duration",
            Self::Date => "a date",
            Self::DateOrTime => "a date or time",
            Self::Table => "a table",
            Self::AnyList => "a list",
            Self::List => "a list of strings",
            Self::Tables => "a list of tables",
            Self::Accounts => "a list of account IDs, or of tables with `id` and `name`",
        })
    }
}

/// The key, where there is one.
struct Subject<'a>(&'a str);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, "{} ", Quoted(self.0))
        }
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

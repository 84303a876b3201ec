//! The configuration: TOML as written, laid over by the environment and the command line, becomes a [`Config`] that
//! later rooms need not check again. Every problem is told at once, with its key, its place and the mend.
//!
//! Core: reads no file, no clock and no environment of its own; text and look-ups are handed in. Secrets are never part
//! of it: the AWS SDK finds credentials, and a key that looks like one is refused unread.
//!
//! - `written`: the text as a tree of places, the layers above it, and keys that nobody asked for;
//! - `values`: one written value as a typed one;
//! - `check`: the known keys, read into a `Config` one section after another;
//! - `form`: what ids, names, globs and ARNs look like;
//! - `valid`: the checked types and their defaults;
//! - `problem`: what can be wrong, worded for the author of the file;
//! - `find`: where a configuration is looked for.

mod check;
mod find;
mod form;
mod problem;
mod valid;
mod values;
mod written;

use std::ffi::OsString;
use std::path::PathBuf;

pub use find::{FILE_NAME, find};
pub use form::Form;
pub use problem::{Fault, Nearest, Place, Problem};
pub use valid::{Accounts, Config, ReportFormat, SharedPolicies, SplitBy, Taken};
pub use written::variable;

/// The example that documents every key. `leastwise init` writes it; what it sets is the default.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// What the command line says. `None`, or an empty list, leaves a key to the environment and the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--profile`
    pub profile: Option<String>,
    /// `--region`
    pub region: Option<String>,
    /// `--evidence`
    pub evidence: Option<String>,
    /// `--analyzer`
    pub analyzer: Option<String>,
    /// `--window-days`
    pub window_days: Option<u32>,
    /// `--out`
    pub out: Option<PathBuf>,
    /// `--format`
    pub formats: Vec<String>,
    /// `--catalog`
    pub catalog: Option<PathBuf>,
    /// `--state`
    pub state: Option<PathBuf>,
    /// `--split-by`
    pub split_by: Option<String>,
    /// `--shared`
    pub shared: Option<String>,
    /// `--wildcards`
    pub wildcards: Option<String>,
    /// `--keep`
    pub keep: Vec<String>,
    /// `--min-confidence`
    pub min_confidence: Option<String>,
    /// `--ready-after`
    pub ready_after: Option<u32>,
    /// `--own-account`: only the account of the caller
    pub own_account: bool,
    /// `--accounts`: the list of accounts
    pub accounts: Vec<String>,
    /// `--include`
    pub include: Vec<String>,
    /// `--exclude`
    pub exclude: Vec<String>,
    /// `--role`
    pub role: Option<String>,
    /// `--external-id`
    pub external_id: Option<String>,
}

impl Config {
    /// Reads a configuration file; `name` is what messages call it.
    ///
    /// # Errors
    /// With every problem of the text, in the order of its lines.
    pub fn read(text: &str, name: &str) -> Result<Self, Vec<Problem>> {
        Self::layered(Some((text, name)), |_| None, &Overrides::default())
    }

    /// Lays the layers over each other, the later ones winning: defaults, the file (its text and its name), the
    /// environment (`LEASTWISE_<SECTION>_<KEY>`, see [`variable`]; an empty variable counts as absent), the command line.
    ///
    /// # Errors
    /// With every problem of all layers: those of the file in the order of its lines, then the others.
    pub fn layered(
        file: Option<(&str, &str)>,
        environment: impl Fn(&str) -> Option<OsString>,
        flags: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        let (text, name) = file.unwrap_or_default();
        check::config(text, name, &environment, flags)
    }
}

/// The variables among these that look like ours and override nothing: a slip of the pen in the environment must not be taken
/// for a default. In the order of their names.
pub fn unknown_variables(names: impl IntoIterator<Item = String>) -> Vec<Problem> {
    check::unknown_variables(names)
}

/// Every key there is, as a dotted path, sections included. Keys below `[[exception]]` and
/// `[assume.accounts."111111111111"]` stand once, as `exception.reason` and `assume.accounts.*.role`.
pub fn keys() -> Vec<String> {
    check::keys()
}

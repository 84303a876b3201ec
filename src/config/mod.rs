//! The configuration: the TOML file, overridden by the environment and the command line, becomes a [`Config`]
//! that other modules need not check again. Reports all problems at once, each with its key, its location and
//! how to fix it.
//!
//! Core: reads no file, no clock and no environment of its own; text and look-ups are handed in. Secrets are never part
//! of it: the AWS SDK finds credentials, and a key that looks like one is refused unread. What the values mean is defined
//! where they are used, as are most defaults.
//!
//! - `reading`: the text as a tree with positions, the layers that override it, and unknown keys;
//! - `value`: one written value as a typed one;
//! - `overrides`: the layer of the command line;
//! - `check`: the known keys, read into a `Config` one section after another;
//! - `form`: what ids, names, globs and ARNs look like;
//! - `valid`: the checked types and their defaults;
//! - `problem`: what can be wrong, worded for the author of the file;
//! - `find`: where a configuration file is searched for.

mod check;
mod find;
mod form;
mod overrides;
mod problem;
mod reading;
mod valid;
mod value;

use std::ffi::OsString;

pub use check::{keys, unknown_variables};
pub use find::{FILE_NAME, find};
pub use form::Form;
pub use overrides::Overrides;
pub use problem::{Problem, SourcePlace};
pub use reading::variable;
pub use valid::{AccountChoice, AccountSelection, Config};

/// The example that documents every key. `leastwise init` writes it; what it sets is the default.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

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

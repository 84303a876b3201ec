//! Overrides from the command line, by key.

use std::path::PathBuf;

use super::value::Raw;

/// What the command line says. A flag that was not given leaves its key to the environment and the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides(Vec<Override>);

/// One flag: the key that it overrides, its name, and what was said.
#[derive(Debug, Clone)]
struct Override {
    key: &'static str,
    flag: &'static str,
    raw: Raw<'static>,
}

impl Overrides {
    /// A flag with one value.
    #[must_use]
    pub fn text(self, key: &'static str, flag: &'static str, value: &Option<impl ToString>) -> Self {
        self.with(
            key,
            flag,
            value.as_ref().map(|value| Raw::Text(value.to_string())),
        )
    }

    /// A flag that can be repeated.
    #[must_use]
    pub fn list(self, key: &'static str, flag: &'static str, values: &[String]) -> Self {
        self.with(
            key,
            flag,
            (!values.is_empty()).then(|| Raw::Texts(values.to_vec())),
        )
    }

    /// A flag that can be repeated, whose values are paths.
    #[must_use]
    pub fn paths(self, key: &'static str, flag: &'static str, values: &[PathBuf]) -> Self {
        self.with(
            key,
            flag,
            (!values.is_empty()).then(|| Raw::Paths(values.to_vec())),
        )
    }

    /// A flag whose value is a path.
    #[must_use]
    pub fn path(self, key: &'static str, flag: &'static str, value: &Option<PathBuf>) -> Self {
        self.with(key, flag, value.clone().map(Raw::Path))
    }

    /// These and those.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    pub(super) fn of(&self, key: &str) -> Option<(&'static str, &Raw<'static>)> {
        self.0
            .iter()
            .find(|given| given.key == key)
            .map(|given| (given.flag, &given.raw))
    }

    fn with(mut self, key: &'static str, flag: &'static str, raw: Option<Raw<'static>>) -> Self {
        self.0.extend(raw.map(|raw| Override { key, flag, raw }));
        self
    }
}

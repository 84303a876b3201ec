//! Where the files of a report go. A scan writes them; `verify` compares them with the existing ones. Both use the
//! same code to render them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::output::error::RunError;
use leastwise_core::report::FileHash;
use leastwise_report::folder::writer::Writer;

/// See the module. Paths are from the report's folder, with forward slashes.
pub(crate) trait Target: Send + Sync + 'static {
    /// Writes a complete file.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), RunError>;
    /// Appends to a file. Writes a comma and a newline before every element except the first.
    fn append(&self, path: &str, bytes: &[u8], element: bool) -> Result<(), RunError>;
    /// Writes a complete JSON file.
    fn write_json(&self, path: &str, value: &impl Serialize) -> Result<usize, RunError>;
    /// Nothing is appended any more.
    fn settle(&self) -> Result<(), RunError>;
    /// What is in a file of the report.
    fn read(&self, path: &str) -> Result<String, RunError>;
    /// The hashes of the files so far whose paths begin so, by the rest of the path.
    fn hashes_below(&self, folder: &str) -> BTreeMap<String, FileHash>;
}

impl Target for Writer {
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), RunError> {
        Ok(Self::write(self, path, bytes)?)
    }

    fn append(&self, path: &str, bytes: &[u8], element: bool) -> Result<(), RunError> {
        Ok(Self::append(self, path, bytes, element)?)
    }

    fn write_json(&self, path: &str, value: &impl Serialize) -> Result<usize, RunError> {
        Ok(Self::write_json(self, path, value)?)
    }

    fn settle(&self) -> Result<(), RunError> {
        Ok(Self::settle(self)?)
    }

    fn read(&self, path: &str) -> Result<String, RunError> {
        Ok(Self::read(self, path)?)
    }

    fn hashes_below(&self, folder: &str) -> BTreeMap<String, FileHash> {
        Self::hashes_below(self, folder)
    }
}

//! A finished report that is read again: each file as its manifest has it, or not at all.

use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::error::RunError;
use crate::files;
use crate::report::{FileHash, Manifest, SCHEMA};

/// What a report says of itself.
pub(super) const MANIFEST: &str = "manifest.json";

/// See the module.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
}

impl Sealed {
    /// Opens a report that what comes next is built on: it is of a schema that is read, and nobody else could write it.
    pub(super) fn open(folder: &Path, oldest: u32) -> Result<Self, RunError> {
        let foreign = |error| RunError::Read { input: folder.display().to_string(), error };
        let bytes = files::own_bytes(folder, MANIFEST, files::REPORT);
        let bytes = bytes.map_err(|error| unread(folder, MANIFEST, error))?;
        files::check_own(folder).map_err(foreign)?;
        let manifest: Manifest = parsed(folder, MANIFEST, &bytes)?;
        if !(oldest..=SCHEMA).contains(&manifest.schema) {
            return Err(RunError::Schema { folder: folder.to_owned(), found: manifest.schema, oldest });
        }
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    /// Whether the manifest has a file. One that lies there without is refused when it is read.
    pub(super) fn has(&self, path: &str) -> bool {
        self.manifest.files.contains_key(path) || self.folder.join(path).is_file()
    }

    /// A file of JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, RunError> {
        let bytes = files::own_bytes(&self.folder, path, files::REPORT);
        let bytes = bytes.map_err(|error| unread(&self.folder, path, error))?;
        if self.manifest.files.get(path) != Some(&FileHash::of(&bytes)) {
            return Err(RunError::Altered { path: self.folder.join(path) });
        }
        parsed(&self.folder, path, &bytes)
    }
}

/// A file of JSON that was read.
pub(super) fn parsed<T: DeserializeOwned>(folder: &Path, path: &str, bytes: &[u8]) -> Result<T, RunError> {
    serde_json::from_slice(bytes)
        .map_err(|error| RunError::Json { path: folder.join(path).display().to_string(), error })
}

/// Why a file of a report cannot be read. Without its first file the folder is something else.
pub(super) fn unread(folder: &Path, path: &str, error: io::Error) -> RunError {
    let why = match error.kind() {
        io::ErrorKind::NotFound if folder.is_dir() => "it has no manifest.json",
        io::ErrorKind::NotADirectory => "it is a file",
        _ => "",
    };
    if path == MANIFEST && !why.is_empty() {
        let is_snapshot = folder.join("snapshot.json").is_file();
        return RunError::NotAReport { folder: folder.to_owned(), why, is_snapshot };
    }
    RunError::Read { input: folder.join(path).display().to_string(), error }
}

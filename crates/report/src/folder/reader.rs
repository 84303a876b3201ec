//! Reads a finished report, for `verify`, `compare`, the next scan and `--resume`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::history::{HISTORY, History};
use leastwise_core::decide::GrantLog;
use leastwise_core::digest::FileHash;
use leastwise_core::report::{AccountReport, BASIS, BasisFile, Manifest, Report, SCHEMA};
use leastwise_files as files;

/// What the run was, and the hash of every other file.
pub const MANIFEST: &str = "manifest.json";
/// The whole organisation.
pub const REPORT: &str = "report.json";
/// The actions of the services that the report names.
pub const CATALOG: &str = "catalog.json";

/// The file of an account.
pub fn account_path(id: &str) -> String {
    format!("accounts/{id}.json")
}

/// Why a report could not be read.
#[derive(Debug, Error)]
pub enum FolderError {
    #[error("`{}` is not a leastwise report ({why})", folder.display())]
    NotAReport {
        folder: PathBuf,
        why: &'static str,
        is_snapshot: bool,
    },
    /// Another version of leastwise wrote it.
    #[error("`{}` has report schema {found}, but this command reads {}", folder.display(), schemas(*oldest))]
    Schema {
        folder: PathBuf,
        found: u32,
        oldest: u32,
    },
    /// The manifest does not match the expected digest.
    #[error("`{}` has SHA-256 {found}, but --manifest-sha256 is {wanted}", path.display())]
    OtherManifest {
        path: PathBuf,
        found: FileHash,
        wanted: FileHash,
    },
    /// A file is not the one that the manifest lists.
    #[error("`{}` was modified (its SHA-256 differs from manifest.json)", path.display())]
    Altered { path: PathBuf },
    #[error("cannot read `{}`: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("`{}`: {error}", path.display())]
    Json { path: PathBuf, error: serde_json::Error },
}

impl FolderError {
    /// How to fix it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotAReport {
                is_snapshot: true, ..
            } => Some("this is a snapshot; make a report of it with `leastwise scan --snapshot`"),
            Self::NotAReport { .. } => Some("give the folder that `leastwise scan --out` wrote"),
            Self::Schema { .. } => {
                Some("use the version of leastwise that wrote the report; `tool` in manifest.json names it")
            }
            Self::OtherManifest { .. } => {
                Some("this is a different report, or it was modified; find out which before you use it")
            }
            Self::Altered { .. } => Some("copy the report again, give another one, or leave it out"),
            Self::Read { error, .. } => files::help_to_read(error),
            Self::Json { .. } => None,
        }
    }
}

/// The versions from the oldest that is read.
fn schemas(oldest: u32) -> String {
    if oldest == SCHEMA {
        SCHEMA.to_string()
    } else {
        format!("{oldest} to {SCHEMA}")
    }
}

/// See the module.
#[derive(Debug)]
pub struct ReportFolder {
    path: PathBuf,
    pub manifest: Manifest,
    /// The SHA-256 of the manifest.
    pub digest: FileHash,
    /// Each file has to be ours and as the manifest lists it.
    trusted: bool,
}

impl ReportFolder {
    /// Opens a report that a run builds on: no other user can have written it, and every file matches the
    /// manifest.
    pub fn open(path: &Path, oldest: u32) -> Result<Self, FolderError> {
        let bytes = files::own_bytes(path, MANIFEST, files::REPORT);
        let bytes = bytes.map_err(|error| unread(path, MANIFEST, error))?;
        files::check_own(path).map_err(|error| FolderError::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::of(path, &bytes, oldest, true)
    }

    /// Opens an untrusted report to examine it: returns its files unchecked.
    pub fn examine(path: &Path, wanted: Option<FileHash>) -> Result<Self, FolderError> {
        let bytes = files::bytes(path, MANIFEST, files::REPORT);
        let bytes = bytes.map_err(|error| unread(path, MANIFEST, error))?;
        let found = FileHash::of(&bytes);
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            return Err(FolderError::OtherManifest {
                path: path.join(MANIFEST),
                found,
                wanted,
            });
        }
        Self::of(path, &bytes, SCHEMA, false)
    }

    fn of(path: &Path, bytes: &[u8], oldest: u32, trusted: bool) -> Result<Self, FolderError> {
        let manifest: Manifest = parsed(path, MANIFEST, bytes)?;
        if !(oldest..=SCHEMA).contains(&manifest.schema) {
            return Err(FolderError::Schema {
                folder: path.to_owned(),
                found: manifest.schema,
                oldest,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            manifest,
            digest: FileHash::of(bytes),
            trusted,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `report.json`.
    pub fn report(&self) -> Result<Report, FolderError> {
        self.json(REPORT)
    }

    /// An account, by its id.
    pub fn account(&self, id: &str) -> Result<AccountReport, FolderError> {
        self.json(&account_path(id))
    }

    /// What an account's file says of its grants: all else is passed over.
    pub fn grants(&self, id: &str) -> Result<Option<GrantLog>, FolderError> {
        #[derive(Deserialize)]
        struct GrantsOnly {
            grants: Option<GrantLog>,
        }
        Ok(self.json::<GrantsOnly>(&account_path(id))?.grants)
    }

    /// Whether it has a history. One that lies there and is not in the manifest is refused when it is read.
    pub fn has_history(&self) -> bool {
        self.manifest.files.contains_key(HISTORY) || self.path.join(HISTORY).is_file()
    }

    /// `history.json`.
    pub fn history(&self) -> Result<History, FolderError> {
        self.json(HISTORY)
    }

    /// The names that the proofs use besides the catalog.
    pub fn basis(&self) -> Result<BasisFile, FolderError> {
        self.json(BASIS)
    }

    /// A file of text.
    pub fn text(&self, path: &str) -> Result<String, FolderError> {
        files::text(&self.path, path, files::REPORT).map_err(|error| unread(&self.path, path, error))
    }

    /// A file, open.
    pub fn file(&self, path: &str) -> Result<File, FolderError> {
        let file = files::open(&self.path, path, files::REPORT);
        file.map_err(|error| FolderError::Read {
            path: self.path.join(path),
            error,
        })
    }

    /// A file that is written into a finished report, if it is there. The manifest does not list it.
    pub(super) fn afterwards<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, FolderError> {
        let read = if self.trusted {
            files::own_bytes
        } else {
            files::bytes
        };
        match read(&self.path, path, files::REPORT) {
            Ok(bytes) => parsed(&self.path, path, &bytes).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unread(&self.path, path, error)),
        }
    }

    fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, FolderError> {
        let read = if self.trusted {
            files::own_bytes
        } else {
            files::bytes
        };
        let bytes = read(&self.path, path, files::REPORT);
        let bytes = bytes.map_err(|error| unread(&self.path, path, error))?;
        if self.trusted && self.manifest.files.get(path) != Some(&FileHash::of(&bytes)) {
            return Err(FolderError::Altered {
                path: self.path.join(path),
            });
        }
        parsed(&self.path, path, &bytes)
    }
}

fn parsed<T: DeserializeOwned>(folder: &Path, path: &str, bytes: &[u8]) -> Result<T, FolderError> {
    serde_json::from_slice(bytes).map_err(|error| FolderError::Json {
        path: folder.join(path),
        error,
    })
}

/// Why a file cannot be read. Without a manifest the folder is something else.
fn unread(folder: &Path, path: &str, error: io::Error) -> FolderError {
    let why = match error.kind() {
        io::ErrorKind::NotFound if folder.is_dir() => "no manifest.json",
        io::ErrorKind::NotADirectory => "a file, not a folder",
        _ => "",
    };
    if path == MANIFEST && !why.is_empty() {
        let is_snapshot = folder.join("snapshot.json").is_file();
        return FolderError::NotAReport {
            folder: folder.to_owned(),
            why,
            is_snapshot,
        };
    }
    FolderError::Read {
        path: folder.join(path),
        error,
    }
}

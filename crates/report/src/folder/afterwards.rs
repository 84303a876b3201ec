//! Files that are written into a finished report, so that its manifest cannot list them: `check.json`, and the names of the
//! changes that AWS disputes, which the scripts do not apply.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::Path;

use super::reader::{FolderError, ReportFolder};
use super::writer::{WriteError, lay_out};
use crate::formats::DISPUTED;
use leastwise_core::report::{CHECK, CheckReport};
use leastwise_files::disk::{Folder, is_draft};

impl ReportFolder {
    /// `check.json`, if AWS was asked.
    pub fn check(&self) -> Result<Option<CheckReport>, FolderError> {
        self.afterwards(CHECK)
    }
}

/// Removes what a killed run was writing.
pub fn clear(report: &Path) -> Result<(), WriteError> {
    let io = |error| WriteError::Io {
        path: report.to_owned(),
        error,
    };
    for folder in [report.to_owned(), report.join("changes")] {
        if !folder.is_dir() {
            continue;
        }
        let folder = Folder::named(&folder).map_err(io)?;
        for name in folder.names().map_err(io)?.iter().filter(|name| is_draft(name)) {
            folder.remove(Path::new(name)).map_err(io)?;
        }
    }
    Ok(())
}

/// Writes `check.json` in one step.
pub fn write_check(report: &Path, check: &CheckReport) -> Result<(), WriteError> {
    put(report, CHECK, |file| lay_out(check, file))
}

/// Writes the names of the disputed changes, or removes the file if there are none.
pub fn write_disputed(report: &Path, names: &BTreeSet<String>) -> Result<(), WriteError> {
    if !names.is_empty() {
        return put(report, DISPUTED, |mut file| {
            file.write_all(disputed_text(names).as_bytes())
        });
    }
    let path = report.join(DISPUTED);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let removed = if folder.is_dir() {
        remove(folder, name)
    } else {
        Ok(())
    };
    removed.map_err(|error| WriteError::Io { path, error })
}

/// A name on each line.
pub fn disputed_text(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}

fn remove(folder: &Path, name: &OsStr) -> io::Result<()> {
    let folder = Folder::named(folder)?;
    match folder.kind(name)? {
        Some(_) => folder.remove(Path::new(name)),
        None => Ok(()),
    }
}

fn put(
    report: &Path,
    path: &str,
    write: impl FnOnce(&std::fs::File) -> io::Result<()>,
) -> Result<(), WriteError> {
    let put = || {
        Folder::named(report)?.put(path, |file| {
            write(file)?;
            file.sync_all()
        })
    };
    put().map_err(|error| WriteError::Io {
        path: report.join(path),
        error,
    })
}

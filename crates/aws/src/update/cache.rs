//! The downloaded catalog in the cache folder. It is replaced atomically.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use super::{Environment, UpdateError};
use leastwise_files::disk::make_folder;

/// `$XDG_CACHE_HOME/leastwise/catalog.txt`, else `$HOME/.cache/leastwise/catalog.txt`; `None` without both.
///
/// A relative `XDG_CACHE_HOME` counts as not set, as the XDG Base Directory Specification has it.
pub fn path(environment: Environment<'_>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        environment(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("leastwise").join("catalog.txt"))
}

/// How the names of drafts begin.
const PREFIX: &str = ".catalog-";
/// No update takes so long.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Removes drafts of updates that were killed. One of an update that is at work is younger.
fn tidy(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_draft = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // What cannot be looked at, or is gone meanwhile, is no hindrance.
        let Some(about) = entry.metadata().ok().filter(|about| is_draft && about.is_file()) else {
            continue;
        };
        let age = about
            .modified()
            .ok()
            .and_then(|made| SystemTime::now().duration_since(made).ok());
        if age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// A catalog that is being written. Dropped before it is put in its place, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    folder: PathBuf,
    file: NamedTempFile,
}

impl Draft {
    pub(super) fn open(path: &Path) -> Result<Self, UpdateError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        // Folders that XDG names are for the user alone.
        let file = make_folder(&folder)
            .and_then(|()| tidy(&folder))
            .and_then(|()| tempfile::Builder::new().prefix(PREFIX).tempfile_in(&folder))
            .map_err(|error| UpdateError::Write {
                path: folder.clone(),
                error,
            })?;
        Ok(Self {
            path: path.to_owned(),
            folder,
            file,
        })
    }

    /// Writes the text, makes sure that it is on the disk, and puts it in the old one's place.
    pub(super) fn publish(self, text: &str) -> Result<PathBuf, UpdateError> {
        let Self {
            path,
            folder,
            mut file,
        } = self;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all());
        match written.and_then(|()| Ok(file.persist(&path)?)) {
            Ok(_) => {
                // The rename itself; not every file system can sync a folder, and the file is whole either way.
                let _ = File::open(folder).and_then(|folder| folder.sync_all());
                Ok(path)
            }
            Err(error) => Err(UpdateError::Write { path, error }),
        }
    }
}

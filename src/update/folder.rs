//! A folder of service-reference files: AWS's answers as they were saved, in one folder or as a mirror lays them out.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::gather::Gathered;
use super::{Limits, UpdateError};

/// A mirror has `v1/s3/s3.json`; nobody needs much more.
const DEEPEST: usize = 4;

/// Reads every `*.json` below the folder that has a service's name and actions.
pub(super) fn gather(folder: &Path, limits: &Limits) -> Result<Gathered, UpdateError> {
    let mut files = Vec::new();
    list(folder, DEEPEST, &mut files)?;
    // The order of a folder's entries is the file system's; messages shall not depend on it.
    files.sort();
    let mut gathered = Gathered::default();
    let mut left = limits.total_bytes;
    for path in files {
        let text = read(&path, limits.file_bytes)?;
        left = left
            .checked_sub(text.len() as u64)
            .ok_or_else(|| UpdateError::TooLarge { path: folder.to_owned(), most: limits.total_bytes })?;
        gathered.add_if_service(&text, &path.display().to_string())?;
        if gathered.len() > limits.services {
            return Err(UpdateError::TooManyServices { most: limits.services });
        }
    }
    if gathered.len() == 0 {
        return Err(UpdateError::NoServiceFile { folder: folder.to_owned() });
    }
    Ok(gathered)
}

fn list(folder: &Path, deeper: usize, files: &mut Vec<PathBuf>) -> Result<(), UpdateError> {
    let unreadable = |error| UpdateError::Read { path: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // A link to a folder is not followed: it may lead back here.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if deeper > 0 {
                list(&path, deeper - 1, files)?;
            }
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) && path.is_file()
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The text of a file, without the mark that some editors put before it and without blanks around it.
pub(super) fn read(path: &Path, most: u64) -> Result<String, UpdateError> {
    let unreadable = |error| UpdateError::Read { path: path.to_owned(), error };
    read_from(File::open(path).map_err(unreadable)?, path, most)
}

/// The same of an opened file, or of a stream called `path`.
pub(super) fn read_from(input: impl io::Read, path: &Path, most: u64) -> Result<String, UpdateError> {
    let mut text = String::new();
    let read = input.take(most.saturating_add(1)).read_to_string(&mut text);
    read.map_err(|error| UpdateError::Read { path: path.to_owned(), error })?;
    if text.len() as u64 > most {
        return Err(UpdateError::TooLarge { path: path.to_owned(), most });
    }
    let bare = text.trim_start_matches('\u{feff}').trim_start();
    Ok(if bare.len() == text.len() { text } else { bare.to_owned() })
}

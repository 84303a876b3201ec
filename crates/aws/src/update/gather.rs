//! Combines the files of a service reference into one catalog, from AWS or from a folder of saved responses or a
//! mirror.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{DownloadLimits, UpdateError};
use leastwise_core::catalog::{Catalog, ReferenceReader};

/// The member that distinguishes a service's file from other JSON.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "Actions")]
    actions: Option<IgnoredAny>,
}

/// Services and where each was found.
#[derive(Default)]
pub(super) struct GatheredServices {
    reader: ReferenceReader,
    found: BTreeMap<String, String>,
}

impl GatheredServices {
    /// Adds one service's file, which was found at `place`.
    pub(super) fn add(&mut self, text: &str, place: &str) -> Result<(), UpdateError> {
        let not_a_service = |error| UpdateError::Reference {
            place: place.to_owned(),
            error,
        };
        let name = outline(text)
            .and_then(|outline| outline.name)
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.reader.add(text).map_err(not_a_service)?;
        match self.found.insert(name.clone(), place.to_owned()) {
            None => Ok(()),
            // Two files of one service: whichever is taken, actions of the other would be missing.
            Some(first) => Err(UpdateError::Repeated {
                service: name,
                first,
                second: place.to_owned(),
            }),
        }
    }

    /// Adds a file that may be of another kind: an index, or JSON with neither name nor actions, is passed over.
    pub(super) fn add_if_service(&mut self, text: &str, place: &str) -> Result<(), UpdateError> {
        let is_index = text.starts_with('[') && serde_json::from_str::<IgnoredAny>(text).is_ok();
        let is_other = outline(text).is_some_and(|it| it.name.is_none() || it.actions.is_none());
        if is_index || is_other {
            Ok(())
        } else {
            self.add(text, place)
        }
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    pub(super) fn finish(self, updated: &str) -> Result<Catalog, UpdateError> {
        self.reader.finish(updated).map_err(UpdateError::Unfit)
    }
}

/// `None` for what is not a JSON object.
fn outline(text: &str) -> Option<Outline> {
    // Serde would take a list for the members of the struct in their order.
    text.starts_with('{')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// A mirror has `v1/s3/s3.json`; nobody needs much more.
const DEEPEST: usize = 4;

/// Reads every `*.json` below the folder that has a service's name and actions.
pub(super) fn folder(folder: &Path, limits: &DownloadLimits) -> Result<GatheredServices, UpdateError> {
    let mut files = Vec::new();
    list(folder, DEEPEST, &mut files)?;
    // The order of a folder's entries is the file system's; messages shall not depend on it.
    files.sort();
    let mut gathered = GatheredServices::default();
    let mut left = limits.total_bytes;
    for path in files {
        let text = read(&path, limits.file_bytes)?;
        left = left
            .checked_sub(text.len() as u64)
            .ok_or_else(|| UpdateError::TooLarge {
                path: folder.to_owned(),
                most: limits.total_bytes,
            })?;
        gathered.add_if_service(&text, &path.display().to_string())?;
        if gathered.len() > limits.services {
            return Err(UpdateError::TooManyServices(limits.services));
        }
    }
    if gathered.len() == 0 {
        return Err(UpdateError::NoServiceFile(folder.to_owned()));
    }
    Ok(gathered)
}

fn list(folder: &Path, deeper: usize, files: &mut Vec<PathBuf>) -> Result<(), UpdateError> {
    let unreadable = |error| UpdateError::Read {
        path: folder.to_owned(),
        error,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // A link to a folder is not followed: it may lead back here.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if deeper > 0 {
                list(&path, deeper - 1, files)?;
            }
        } else if path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
            && path.is_file()
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The text of a file, without the mark that some editors put before it and without blanks around it.
pub(super) fn read(path: &Path, most: u64) -> Result<String, UpdateError> {
    let unreadable = |error| UpdateError::Read {
        path: path.to_owned(),
        error,
    };
    read_from(File::open(path).map_err(unreadable)?, path, most)
}

/// The same of an opened file, or of a stream called `path`.
pub(super) fn read_from(input: impl io::Read, path: &Path, most: u64) -> Result<String, UpdateError> {
    let mut text = String::new();
    let read = input.take(most.saturating_add(1)).read_to_string(&mut text);
    read.map_err(|error| UpdateError::Read {
        path: path.to_owned(),
        error,
    })?;
    if text.len() as u64 > most {
        return Err(UpdateError::TooLarge {
            path: path.to_owned(),
            most,
        });
    }
    let bare = text.trim_start_matches('\u{feff}').trim_start();
    Ok(if bare.len() == text.len() {
        text
    } else {
        bare.to_owned()
    })
}

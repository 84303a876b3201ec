//! What is at the place of an output. It is replaced only if it is an earlier output and nothing else.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, BufReader};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::WriteError;
use crate::formats::DISPUTED;
use leastwise_core::arn::is_account_id;
use leastwise_core::report::{CHECK, FileHash};
use leastwise_files as files;
use leastwise_files::disk::{FileKind, Folder};

/// Signature files that may be next to a manifest.
const SIGNATURES: [&str; 3] = [
    "manifest.json.sig",
    "manifest.json.minisig",
    "manifest.json.sigstore.json",
];

/// Files that are written into a finished report, so that its manifest does not list them.
pub const AFTERWARDS: [&str; 2] = [CHECK, DISPUTED];

/// What is written, and so what alone may be replaced by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// A report.
    Report,
    /// A snapshot.
    Snapshot,
    /// What one shard of a scan has read.
    Part,
}

impl OutputKind {
    /// Refuses a place where there is anything but nothing, an empty folder or an earlier output of the same kind.
    pub(super) fn can_replace(self, parent: &Folder, name: &OsStr) -> Result<(), WriteError> {
        let target = parent.path().join(name);
        let io = |error| WriteError::Io {
            path: target.clone(),
            error,
        };
        match parent.kind(name).map_err(io)? {
            None => return Ok(()),
            Some(FileKind::Folder) => {}
            Some(_) => return Err(WriteError::Foreign { path: target }),
        }
        parent.refuse_foreign(name).map_err(io)?;
        if fs::read_dir(&target).map_err(io)?.next().is_none() {
            return Ok(());
        }
        let Some(marker) = self.marker(&target) else {
            return Err(WriteError::Foreign { path: target });
        };
        let mut files = BTreeSet::new();
        strangers(&target, "", &|path| self.has(&marker, path), &mut files).map_err(io)?;
        match files.pop_first() {
            None => Ok(()),
            Some(file) => Err(WriteError::Stranger { path: target, file }),
        }
    }

    /// The file that says what a folder is, and what it has to say. A file of the right name is not enough: many projects
    /// have a `manifest.json`, and what is replaced is gone.
    fn form(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Report => (
                "manifest.json",
                &["schema", "tool", "started", "catalog", "totals", "files"],
            ),
            Self::Snapshot => ("snapshot.json", &["format", "capturedAt", "partition"]),
            Self::Part => (
                "part.json",
                &["format", "tool", "shard", "of", "settings", "files"],
            ),
        }
    }

    /// What that file of a folder says, if this program wrote it.
    fn marker(self, folder: &Path) -> Option<Marker> {
        let (name, keys) = self.form();
        let file = BufReader::new(files::open(folder, name, files::REPORT).ok()?);
        let marker: Marker = serde_json::from_reader(file).ok()?;
        keys.iter()
            .all(|key| marker.keys.contains(*key))
            .then_some(marker)
    }

    /// Whether a file is part of such an output.
    fn has(self, marker: &Marker, path: &str) -> bool {
        path == self.form().0
            || match self {
                Self::Report => {
                    marker.lists(path) || SIGNATURES.contains(&path) || AFTERWARDS.contains(&path)
                }
                Self::Part => marker.lists(path),
                Self::Snapshot => is_of_snapshot(path),
            }
    }
}

/// Whether a snapshot has such a file.
fn is_of_snapshot(path: &str) -> bool {
    const COMMON: [&str; 2] = ["accounts.json", "analyzers.json"];
    const OF_AN_ACCOUNT: [&str; 4] = [
        "authorization.json",
        "findings.json",
        "last-accessed.json",
        "error.json",
    ];
    let of_account = path
        .strip_prefix("accounts/")
        .and_then(|rest| rest.split_once('/'));
    COMMON.contains(&path)
        || of_account.is_some_and(|(id, file)| is_account_id(id) && OF_AN_ACCOUNT.contains(&file))
}

/// The keys of the file, and the hashes of the paths that it lists: there may be a million.
#[derive(Default)]
struct Marker {
    keys: BTreeSet<String>,
    files: Vec<[u8; 32]>,
}

impl Marker {
    fn lists(&self, path: &str) -> bool {
        self.files
            .binary_search(&FileHash::of(path.as_bytes()).bytes())
            .is_ok()
    }
}

impl<'de> Deserialize<'de> for Marker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Marker;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Marker, A::Error> {
        let mut marker = Marker::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "files" => marker.files = map.next_value::<Paths>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            marker.keys.insert(key);
        }
        marker.files.sort_unstable();
        Ok(marker)
    }
}

struct Paths(Vec<[u8; 32]>);

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PathKeys)
    }
}

struct PathKeys;

impl<'de> Visitor<'de> for PathKeys {
    type Value = Paths;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("files by path")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Paths, A::Error> {
        let mut paths = Vec::new();
        while let Some((path, _)) = map.next_entry::<String, IgnoredAny>()? {
            paths.push(FileHash::of(path.as_bytes()).bytes());
        }
        Ok(Paths(paths))
    }
}

/// Unknown files below a folder, by path with forward slashes. One is enough to refuse and the message names
/// the first in order, so only that one is kept.
fn strangers(
    folder: &Path,
    prefix: &str,
    is_known: &dyn Fn(&str) -> bool,
    found: &mut BTreeSet<String>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let path = format!("{prefix}{}", name.to_string_lossy());
        if entry.file_type()?.is_dir() {
            strangers(&entry.path(), &format!("{path}/"), is_known, found)?;
        } else if !is_known(&path) {
            found.insert(path);
            if found.len() > 1 {
                found.pop_last();
            }
        }
    }
    Ok(())
}

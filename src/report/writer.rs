//! The one place that writes a report: beside its final place, then renamed into it. Never half a report.

mod growing;
mod layout;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Serializer;
use sha2::{Digest, Sha256};
use thiserror::Error;

use self::growing::AllGrowing;
use self::layout::Layout;
use super::{FileHash, Hashes};
use crate::disk::{make_folder, private, remove};
use crate::files;

/// Nothing that is worth reading fits into less.
const LEAST_FREE: u64 = 16_000_000;

/// Why a report could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A file or folder.
    #[error("cannot write `{path}`: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Something else lives where the report is to be.
    #[error("`{path}` holds something else, which would be lost")]
    Foreign {
        /// Where.
        path: PathBuf,
    },
    /// There is a link to nothing.
    #[error("`{path}` is a link that leads nowhere")]
    Astray {
        /// Where.
        path: PathBuf,
    },
    /// There is no room.
    #[error("`{path}` has only {} MB of room left", free / 1_000_000)]
    Full {
        /// Where.
        path: PathBuf,
        /// How many bytes are free.
        free: u64,
    },
    /// Another run writes there.
    #[error("another run is writing `{path}`")]
    Locked {
        /// Where.
        path: PathBuf,
    },
}

impl WriteError {
    /// The mend.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { .. } => "check that the place exists, has room, and may be written",
            Self::Foreign { .. } => "choose another place, or move what is there",
            Self::Astray { .. } => "make the folder that it leads to, or take the link away",
            Self::Full { .. } => "make room, or choose another place",
            Self::Locked { .. } => "wait for the other run, or choose another place",
        }
    }
}

/// A report on its way. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    target: PathBuf,
    folder: PathBuf,
    files: Mutex<Hashes>,
    /// Files that grow part by part.
    growing: Mutex<AllGrowing>,
    lock: File,
    lock_path: PathBuf,
    finished: bool,
}

impl Writer {
    /// Makes ready to write, so that a bad place is told before the long work.
    ///
    /// # Errors
    /// When the place cannot be written, holds something else, or is being written by another run.
    pub fn begin(target: &Path, output: Output) -> Result<Self, WriteError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| WriteError::Io { path, error }
        };
        let target = place_of(target)?;
        if !is_replaceable(&target, output).map_err(io(&target))? {
            return Err(WriteError::Foreign { path: target });
        }
        let parent = target.parent().unwrap_or(Path::new("/"));
        make_folder(parent).map_err(io(parent))?;
        let lock_path = beside(&target, ".lock");
        let Some(lock) = lock(&lock_path).map_err(io(&lock_path))? else {
            return Err(WriteError::Locked { path: target });
        };
        // Under the lock, what an earlier run left behind belongs to nobody.
        let old = beside(&target, ".old");
        if old.exists() && !target.exists() {
            // It was killed between taking the old report away and putting the new one there.
            fs::rename(&old, &target).map_err(io(&old))?;
        }
        let folder = beside(&target, ".partial");
        remove(&folder).map_err(io(&folder))?;
        if let Some(free) = free_bytes(parent).filter(|free| *free < LEAST_FREE) {
            return Err(WriteError::Full { path: parent.to_owned(), free });
        }
        make_folder(&folder).map_err(io(&folder))?;
        Ok(Self {
            target,
            folder,
            files: Mutex::default(),
            growing: Mutex::default(),
            lock,
            lock_path,
            finished: false,
        })
    }

    /// A place of that ending beside the target, for what belongs to it and is no part of it.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.target, suffix)
    }

    /// Where the report is to be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// How much room there is, where the system tells.
    pub fn room(&self) -> Option<u64> {
        free_bytes(&self.folder)
    }

    /// Writes one file, by its path from the report's folder with forward slashes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let full = self.folder.join(path);
        let written = create(&full).and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| WriteError::Io { path: full, error })?;
        self.keep(path, FileHash::of(bytes));
        Ok(())
    }

    /// Puts text behind what a file has so far. A comma and a line's end stand before an element that is not the first.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&self, path: &str, bytes: &[u8], element: bool) -> Result<(), WriteError> {
        let full = self.folder.join(path);
        let mut growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        let grown = growing.append(path, &full, bytes, element);
        grown.map_err(|error| WriteError::Io { path: full, error })
    }

    /// Ends the files that grew; then their hashes are known.
    ///
    /// # Errors
    /// When one cannot be written to its end.
    pub fn settle(&self) -> Result<(), WriteError> {
        let growing = std::mem::take(&mut *self.growing.lock().unwrap_or_else(PoisonError::into_inner));
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        for (path, hash) in growing.end().map_err(|(path, error)| WriteError::Io { path, error })? {
            files.insert(&path, FileHash::from(hash));
        }
        Ok(())
    }

    /// A file that was written, as text.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read(&self, path: &str) -> Result<String, WriteError> {
        let full = self.folder.join(path);
        fs::read_to_string(&full).map_err(|error| WriteError::Io { path: full, error })
    }

    /// The same of a value as JSON, which is never in memory as a whole. Tells how long it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_json(&self, path: &str, value: &impl Serialize) -> Result<usize, WriteError> {
        let full = self.folder.join(path);
        let write = || {
            let mut out = Hashed { file: create(&full)?, hasher: Sha256::new(), length: 0 };
            lay_out(value, &mut out)?;
            Ok((FileHash::from(out.hasher), out.length))
        };
        let (hash, length) = write().map_err(|error| WriteError::Io { path: full.clone(), error })?;
        self.keep(path, hash);
        Ok(length)
    }

    fn keep(&self, path: &str, hash: FileHash) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path, hash);
    }

    /// The hashes of the files so far whose paths begin so, by the rest of the path.
    pub fn hashes_below(&self, folder: &str) -> BTreeMap<String, FileHash> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).below(folder)
    }

    /// The hashes of all files so far, by path; they are not kept any longer.
    pub fn take_hashes(&self) -> Hashes {
        std::mem::take(&mut *self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts the report in its place, and what was there away.
    ///
    /// # Errors
    /// When the place cannot be changed; the old report is still there then.
    pub fn finish(mut self) -> Result<PathBuf, WriteError> {
        let io = |path: &Path, error| WriteError::Io { path: path.to_owned(), error };
        let old = beside(&self.target, ".old");
        remove(&old).map_err(|error| io(&old, error))?;
        if exchange(&self.folder, &self.target) {
            self.finished = true;
            // What was there is here now. That it cannot be removed is no failure of the run.
            let _ = remove(&self.folder);
            return Ok(self.target.clone());
        }
        let replaced = match fs::rename(&self.target, &old) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(io(&self.target, error)),
        };
        if let Err(error) = fs::rename(&self.folder, &self.target) {
            if replaced {
                // Put the old report back; the first error is the one to tell.
                let _ = fs::rename(&old, &self.target);
            }
            return Err(io(&self.target, error));
        }
        self.finished = true;
        // The new report is in place; an old one that cannot be removed is no failure of the run.
        let _ = remove(&old);
        Ok(self.target.clone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            let _ = remove(&self.folder);
        }
        let _ = fs::remove_file(&self.lock_path);
        let _ = self.lock.unlock();
    }
}

/// What is written, and so what alone may be replaced by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A report.
    Report,
    /// A snapshot.
    Snapshot,
    /// What one shard of a scan has read.
    Part,
}

impl Output {
    /// Whether a folder holds what this program wrote of the kind. A file of the right name is not enough: many
    /// projects have a `manifest.json`, and what is replaced is gone.
    fn is_in(self, folder: &Path) -> bool {
        let (name, keys): (_, &[&str]) = match self {
            Self::Report => ("manifest.json", &["schema", "tool", "started", "catalog", "totals", "files"]),
            Self::Snapshot => ("snapshot.json", &["format", "capturedAt", "partition"]),
            Self::Part => ("part.json", &["format", "tool", "shard", "of", "settings", "files"]),
        };
        let marker = files::bytes(folder, name, files::REPORT).ok();
        let marker = marker.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
        marker.is_some_and(|marker| keys.iter().all(|key| marker.get(key).is_some()))
    }
}

/// Where a target is in the end. With a link, what it leads to is replaced: the place of a report may be kept elsewhere.
fn place_of(target: &Path) -> Result<PathBuf, WriteError> {
    let io = |error| WriteError::Io { path: target.to_owned(), error };
    // By its components it has no slash at its end, behind which a link is not seen as one.
    let target: PathBuf = std::path::absolute(target).map_err(io)?.components().collect();
    let Ok(leads) = fs::read_link(&target) else { return Ok(target) };
    match fs::canonicalize(&target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A run that was killed may have taken the folder away, which then lies beside its place.
            let place = target.parent().unwrap_or(Path::new("/")).join(leads);
            if beside(&place, ".old").exists() { Ok(place) } else { Err(WriteError::Astray { path: target }) }
        }
        found => found.map_err(io),
    }
}

/// Nothing, an empty folder or an earlier output of the same kind may be replaced.
fn is_replaceable(target: &Path, output: Output) -> io::Result<bool> {
    match fs::read_dir(target) {
        Ok(mut entries) => Ok(entries.next().is_none() || output.is_in(target)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lets two folders change places at once, where the system and its file system can.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}

/// `.name.suffix` in the folder of `name`.
fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(suffix);
    target.with_file_name(name)
}

/// Takes a lock; none when somebody has it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = private().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(Some(file)),
            // Whoever had it has ended and taken the file away in between: the next may be locking a new one.
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Whether an open file is still the one of that name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let (open, named) = (file.metadata().map(place), fs::metadata(path).map(place));
    open.ok().is_some_and(|open| named.is_ok_and(|named| open == named))
}

/// Elsewhere an open file cannot be taken away.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(folder).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Writes a value as the JSON of a report, in pieces.
pub(crate) fn lay_out(value: &impl Serialize, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Layout::default()))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Opens a new file, and makes its folder when it is the first in it.
fn create(path: &Path) -> io::Result<File> {
    let mut options = private();
    options.write(true).create(true).truncate(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), make_folder)?;
            options.open(path)
        }
        opened => opened,
    }
}

/// A file that is hashed while it is written.
struct Hashed {
    file: File,
    hasher: Sha256,
    length: usize,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.length += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    FileHash::of(bytes).to_string()
}

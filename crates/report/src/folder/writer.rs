//! The only code that writes a report: next to its final place, then renamed. There is never half a report.

mod earlier;
mod growing;
mod layout;
mod work;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Serializer;
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use self::earlier::{AFTERWARDS, OutputKind};
use self::growing::AllGrowing;
use self::layout::Layout;
use self::work::WorkFolder;
use leastwise_core::report::FileHash;
use leastwise_core::report::names::TakenPaths;
use leastwise_files::disk;
use leastwise_files::disk::{Folder, Lock, make_folder};

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
    #[error("refusing to overwrite `{path}`: it is not a leastwise report or snapshot")]
    Foreign {
        /// Where.
        path: PathBuf,
    },
    /// The folder to replace has a file that its manifest does not list.
    #[error("refusing to overwrite `{path}`: leastwise did not write `{file}` in it")]
    Stranger {
        /// Where.
        path: PathBuf,
        /// By its path from there.
        file: String,
    },
    /// Two files of one name.
    #[error("two files would be named `{file}`, so nothing was written (a bug)")]
    Twice {
        /// By its path from the report's folder.
        file: String,
    },
    /// There is a link to nothing.
    #[error("`{path}` is a broken symbolic link")]
    Astray {
        /// Where.
        path: PathBuf,
    },
    /// There is no room.
    #[error("`{path}` has only {} MB of free space", free / 1_000_000)]
    Full {
        /// Where.
        path: PathBuf,
        /// How many bytes are free.
        free: u64,
    },
    /// Another run writes there.
    #[error("another run is writing to `{path}`")]
    Locked {
        /// Where.
        path: PathBuf,
    },
}

impl WriteError {
    /// How to fix it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { error, .. } => {
                disk::help(error).unwrap_or("check that the folder exists, has free space, and is writable")
            }
            Self::Foreign { .. } => "choose another folder with --out, or move the existing one",
            Self::Stranger { .. } => "move that file, or choose another folder with --out",
            Self::Twice { .. } => "please report it, with the names in that path",
            Self::Astray { .. } => "create the folder that it points to, or remove the link",
            Self::Full { .. } => "free some space, or choose another folder with --out",
            Self::Locked { .. } => "wait for the other run, or choose another folder with --out",
        }
    }
}

/// A report on its way. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    target: PathBuf,
    output: OutputKind,
    /// Where the report is made. It goes before the lock does.
    work: WorkFolder,
    files: Mutex<BTreeMap<String, FileHash>>,
    /// The paths of all files.
    taken: Mutex<TakenPaths>,
    /// Files that grow part by part.
    growing: Mutex<AllGrowing>,
    _lock: Lock,
}

impl Writer {
    /// Prepares to write, so that a bad path fails before the long work.
    ///
    /// # Errors
    /// When the place cannot be written, holds something else, or is being written by another run.
    pub fn begin(target: &Path, output: OutputKind) -> Result<Self, WriteError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| WriteError::Io { path, error }
        };
        let target = place_of(target)?;
        if let Some(parent) = target.parent() {
            make_folder(parent).map_err(io(parent))?;
        }
        let (parent, name) = disk::place(&target).map_err(io(&target))?;
        output.can_replace(&parent, &name)?;
        let lock_path = beside(&target, ".lock");
        let lock = parent
            .lock(lock_path.file_name().unwrap_or_default())
            .map_err(io(&lock_path))?;
        let Some(lock) = lock else {
            return Err(WriteError::Locked { path: target });
        };
        // Under the lock, no other run can own what an earlier run left behind.
        work::clear(&parent, &name).map_err(io(&target))?;
        if let Some(free) = parent.room().filter(|free| *free < LEAST_FREE) {
            return Err(WriteError::Full {
                path: parent.path().to_owned(),
                free,
            });
        }
        let work = WorkFolder::begin(parent, name).map_err(io(&target))?;
        Ok(Self {
            target,
            output,
            work,
            files: Mutex::default(),
            taken: Mutex::default(),
            growing: Mutex::default(),
            _lock: lock,
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

    /// Free space in bytes, if the system reports it.
    pub fn room(&self) -> Option<u64> {
        self.folder().room()
    }

    fn folder(&self) -> &Folder {
        self.work.folder()
    }

    /// Writes one file, by its path from the report's folder with forward slashes.
    ///
    /// # Errors
    /// When it cannot be written, or was written before.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.take(path)?;
        let written = self
            .folder()
            .create(path)
            .and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| self.io(path, error))?;
        self.keep(path, FileHash::of(bytes));
        Ok(())
    }

    /// Appends text to a file. Writes a comma and a newline before every element except the first.
    ///
    /// # Errors
    /// When it cannot be written, or another file has its name.
    pub fn append(&self, path: &str, bytes: &[u8], element: bool) -> Result<(), WriteError> {
        let mut growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        if !growing.has(path) {
            self.take(path)?;
        }
        let grown = growing.append(self.folder(), path, bytes, element);
        grown.map_err(|error| self.io(path, error))
    }

    /// Ends the files that grew; then their hashes are known.
    ///
    /// # Errors
    /// When one cannot be written to its end.
    pub fn settle(&self) -> Result<(), WriteError> {
        let growing = std::mem::take(&mut *self.growing.lock().unwrap_or_else(PoisonError::into_inner));
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        for (path, hash) in growing.end().map_err(|(path, error)| self.io(&path, error))? {
            files.insert(path, FileHash::from(hash));
        }
        Ok(())
    }

    /// A file that was written, as text.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read(&self, path: &str) -> Result<String, WriteError> {
        let text = self.folder().open(path).and_then(io::read_to_string);
        text.map_err(|error| self.io(path, error))
    }

    /// Same, for a value as JSON, which is streamed. Returns its length.
    ///
    /// # Errors
    /// When it cannot be written, or was written before.
    pub fn write_json(&self, path: &str, value: &impl Serialize) -> Result<usize, WriteError> {
        self.take(path)?;
        self.put_json(path, value)
    }

    /// Same, for a file that was already written and is now replaced by a more complete one.
    ///
    /// # Errors
    /// When it cannot be written, or was not written before.
    pub fn rewrite_json(&self, path: &str, value: &impl Serialize) -> Result<usize, WriteError> {
        self.folder()
            .remove_file(path)
            .map_err(|error| self.io(path, error))?;
        self.put_json(path, value)
    }

    fn put_json(&self, path: &str, value: &impl Serialize) -> Result<usize, WriteError> {
        let write = || {
            let mut out = HashedFile {
                file: self.folder().create(path)?,
                hasher: Sha256::new(),
                length: 0,
            };
            lay_out(value, &mut out)?;
            Ok((FileHash::from(out.hasher), out.length))
        };
        let (hash, length) = write().map_err(|error| self.io(path, error))?;
        self.keep(path, hash);
        Ok(length)
    }

    /// One path is one file, on every disk.
    fn take(&self, path: &str) -> Result<(), WriteError> {
        let is_new = self
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(path);
        if is_new {
            Ok(())
        } else {
            Err(WriteError::Twice {
                file: path.to_owned(),
            })
        }
    }

    fn io(&self, path: &str, error: io::Error) -> WriteError {
        WriteError::Io {
            path: self.folder().path().join(path),
            error,
        }
    }

    fn keep(&self, path: &str, hash: FileHash) {
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(path.to_owned(), hash);
    }

    /// The hashes of the files so far whose paths begin so, by the rest of the path.
    pub fn hashes_below(&self, folder: &str) -> BTreeMap<String, FileHash> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = |(path, hash): (&String, &FileHash)| Some((path.strip_prefix(folder)?.to_owned(), *hash));
        files.range(folder.to_owned()..).map_while(rest).collect()
    }

    /// The hashes of all files so far, by path; they are not kept any longer.
    pub fn take_hashes(&self) -> BTreeMap<String, FileHash> {
        std::mem::take(&mut *self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts the report in its place, and what was there away.
    ///
    /// # Errors
    /// When the place cannot be changed, or what is there is not only an earlier report any more; it is still there then.
    pub fn finish(mut self) -> Result<PathBuf, WriteError> {
        let (parent, name) = self.work.place();
        // The run may have taken hours, and someone may have put other files there meanwhile.
        self.output.can_replace(parent, name)?;
        let published = self.work.publish();
        published.map_err(|error| WriteError::Io {
            path: self.target.clone(),
            error,
        })?;
        Ok(self.target.clone())
    }
}

/// Where a target is in the end. With a link, what it leads to is replaced: the place of a report may be kept elsewhere.
fn place_of(target: &Path) -> Result<PathBuf, WriteError> {
    let io = |error| WriteError::Io {
        path: target.to_owned(),
        error,
    };
    // By its components it has no slash at its end, behind which a link is not seen as one.
    let target: PathBuf = std::path::absolute(target).map_err(io)?.components().collect();
    let Ok(leads) = std::fs::read_link(&target) else {
        return Ok(target);
    };
    let (parent, name) = disk::place(&target).map_err(io)?;
    parent.trusts(&name).map_err(io)?;
    match std::fs::canonicalize(&target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A run that was killed may have taken the folder away, which then lies beside its place.
            let place = target.parent().unwrap_or(Path::new("/")).join(leads);
            let is_aside = disk::place(&place).is_ok_and(|(parent, name)| work::has_old(&parent, &name));
            if is_aside {
                Ok(place)
            } else {
                Err(WriteError::Astray { path: target })
            }
        }
        found => found.map_err(io),
    }
}

/// `.name.suffix` in the folder of `name`.
fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(suffix);
    target.with_file_name(name)
}

/// Writes a value as the JSON of a report, in pieces.
pub fn lay_out(value: &impl Serialize, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Layout::default()))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A file that is hashed while it is written.
struct HashedFile {
    file: File,
    hasher: Sha256,
    length: usize,
}

impl Write for HashedFile {
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

//! Folders as paths, for systems without folder handles. Owners and permissions come from the folder that the user
//! names, because there is no mode to set.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{FileKind, Readers, Refused, make_folder};

/// A folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Self {
                path: path.to_owned(),
            })
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn refuse_shared(&self) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Option<FileKind>> {
        match fs::symlink_metadata(self.path.join(name)) {
            Ok(about) if about.is_symlink() => Ok(Some(FileKind::Link)),
            Ok(about) if about.is_dir() => Ok(Some(FileKind::Folder)),
            Ok(about) if about.is_file() => Ok(Some(FileKind::Plain)),
            Ok(_) => Ok(Some(FileKind::Other)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn trusts(&self, _: &OsStr) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn refuse_foreign(&self, _: &OsStr) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn make(&self, name: &Path) -> io::Result<Self> {
        fs::create_dir(self.path.join(name))?;
        self.own(name)
    }

    pub(crate) fn own(&self, name: &Path) -> io::Result<Self> {
        match self.kind(name.as_os_str())? {
            Some(FileKind::Folder) => Ok(Self {
                path: self.path.join(name),
            }),
            Some(FileKind::Link) => Err(Refused::Link.into()),
            Some(_) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(crate) fn own_or_new(&self, name: &Path) -> io::Result<Self> {
        match self.make(name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.own(name),
            made => made,
        }
    }

    pub(super) fn below(&self, path: &str) -> io::Result<Self> {
        make_folder(&self.path.join(path))?;
        self.own(Path::new(path))
    }

    fn open_at(&self, path: &str, options: &OpenOptions, make: bool) -> io::Result<File> {
        let full = self.path.join(path);
        if full.symlink_metadata().is_ok_and(|about| about.is_symlink()) {
            return Err(Refused::Link.into());
        }
        match options.open(&full) {
            Err(error) if make && error.kind() == io::ErrorKind::NotFound => {
                full.parent().map_or(Ok(()), make_folder)?;
                options.open(&full)
            }
            opened => opened,
        }
    }

    pub(crate) fn create(&self, path: &str) -> io::Result<File> {
        self.create_for(Readers::Owner, path)
    }

    pub(super) fn create_for(&self, _: Readers, path: &str) -> io::Result<File> {
        self.open_at(path, OpenOptions::new().write(true).create_new(true), true)
    }

    pub(crate) fn append(&self, path: &str) -> io::Result<File> {
        self.open_at(path, OpenOptions::new().append(true).create(true), true)
    }

    pub(crate) fn open(&self, path: &str) -> io::Result<File> {
        self.open_at(path, OpenOptions::new().read(true), false)
    }

    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.path)?
            .map(|entry| Ok(entry?.file_name()))
            .collect()
    }

    pub(crate) fn rename(&self, from: &Path, folder: &Self, to: &Path) -> io::Result<()> {
        fs::rename(self.path.join(from), folder.path.join(to))
    }

    pub(crate) fn exchange(&self, _: &Path, _: &Self, _: &Path) -> bool {
        false
    }

    pub(crate) fn remove(&self, name: &Path) -> io::Result<()> {
        let path = self.path.join(name);
        match self.kind(name.as_os_str())? {
            None => Ok(()),
            Some(FileKind::Folder) => fs::remove_dir_all(path),
            Some(_) => fs::remove_file(path),
        }
    }

    pub(crate) fn remove_file(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(path))
    }

    pub(crate) fn room(&self) -> Option<u64> {
        None
    }

    pub(crate) fn lock(&self, name: &OsStr) -> io::Result<Option<Lock>> {
        let path = self.path.join(name);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        match file.try_lock() {
            // An open file cannot be taken away here.
            Ok(()) => Ok(Some(Lock { file, path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// A lock that is held. It goes with its file.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

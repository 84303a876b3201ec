//! Folders as handles.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{self as sys, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::{DRAFT, FileKind, Readers, Refused, exclusively};

/// A folder to go on from needs no right to list it.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY;
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
/// Follows no link, and does not wait for the other end of a pipe.
const PLAIN: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
const OTHERS: Mode = Mode::RWXG.union(Mode::RWXO);

/// A folder, held open.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
    /// As messages call it.
    path: PathBuf,
}

impl Folder {
    /// A folder that the user names: its path may lead through links.
    pub fn named(path: &Path) -> io::Result<Self> {
        let handle = sys::open(path, PASS | FOLDER, Mode::empty())?;
        Ok(Self {
            handle,
            path: path.to_owned(),
        })
    }

    /// Its path, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a folder in which anyone can rename or remove files of others.
    pub fn refuse_shared(&self) -> io::Result<()> {
        let mode = mode_of(&sys::fstat(&self.handle)?);
        if mode.contains(Mode::WOTH) && !mode.contains(Mode::SVTX) {
            Err(Refused::Shared.into())
        } else {
            Ok(())
        }
    }

    /// What a name stands for in it.
    pub fn kind(&self, name: &OsStr) -> io::Result<Option<FileKind>> {
        Ok(self
            .look(name)?
            .map(|stat| match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => FileKind::Folder,
                FileType::RegularFile => FileKind::Plain,
                FileType::Symlink => FileKind::Link,
                _ => FileKind::Other,
            }))
    }

    fn look(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match sys::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses an entry that another user created in a world-writable folder. Entries of the folder's owner
    /// are accepted.
    pub fn trusts(&self, name: &OsStr) -> io::Result<()> {
        let here = sys::fstat(&self.handle)?;
        match self.look(name)? {
            Some(stat)
                if mode_of(&here).contains(Mode::WOTH)
                    && stat.st_uid != here.st_uid
                    && !self.is_ours(&stat) =>
            {
                Err(Refused::Foreign.into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses what belongs to another user, wherever it is.
    pub fn refuse_foreign(&self, name: &OsStr) -> io::Result<()> {
        match self.look(name)? {
            Some(stat) if !self.is_ours(&stat) => Err(Refused::Foreign.into()),
            _ => Ok(()),
        }
    }

    /// Makes a folder that was not there.
    pub fn make(&self, name: &Path) -> io::Result<Self> {
        sys::mkdirat(&self.handle, name, Mode::RWXU)?;
        let gone = |error| {
            let _ = sys::unlinkat(&self.handle, name, AtFlags::REMOVEDIR);
            error
        };
        let made = self.open_folder(name).map_err(gone)?;
        match mode_of(&sys::fstat(&made.handle)?) {
            mode if mode.intersects(OTHERS) => {
                let _ = sys::unlinkat(&self.handle, name, AtFlags::REMOVEDIR);
                Err(Refused::Readable.into())
            }
            _ => Ok(made),
        }
    }

    /// A folder of ours that was made before.
    pub fn own(&self, name: &Path) -> io::Result<Self> {
        let own = self.open_folder(name)?;
        let mode = mode_of(&sys::fstat(&own.handle)?);
        if mode.contains(Mode::WOTH) {
            return Err(Refused::Writable.into());
        }
        if mode.intersects(OTHERS) {
            sys::fchmod(&own.handle, Mode::RWXU)?;
        }
        Ok(own)
    }

    /// The same, made if it is not there.
    pub fn own_or_new(&self, name: &Path) -> io::Result<Self> {
        match self.make(name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.own(name),
            made => made,
        }
    }

    fn open_folder(&self, name: &Path) -> io::Result<Self> {
        let opened = sys::openat(
            &self.handle,
            name,
            OFlags::RDONLY | FOLDER | OFlags::NOFOLLOW,
            Mode::empty(),
        );
        let handle = opened.map_err(|error| self.unopened(error, name))?;
        if !self.is_ours(&sys::fstat(&handle)?) {
            return Err(Refused::Foreign.into());
        }
        Ok(Self {
            handle,
            path: self.path.join(name),
        })
    }

    /// Systems return different errors for a link that is not a folder.
    fn unopened(&self, error: Errno, name: &Path) -> io::Error {
        match (error, self.kind(name.as_os_str())) {
            (Errno::LOOP | Errno::NOTDIR | Errno::MLINK, Ok(Some(FileKind::Link))) => Refused::Link.into(),
            _ => error.into(),
        }
    }

    /// A folder in it, by its path with forward slashes; what is not there is made.
    pub(super) fn below(&self, path: &str) -> io::Result<Self> {
        Ok(Self {
            handle: self.descend(path, true)?,
            path: self.path.join(path),
        })
    }

    fn descend(&self, path: &str, make: bool) -> io::Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        for part in path.split('/') {
            let here = at.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
            let open = || sys::openat(here, part, PASS | FOLDER | OFlags::NOFOLLOW, Mode::empty());
            let opened = match open() {
                Err(Errno::NOENT) if make => match sys::mkdirat(here, part, Mode::RWXU) {
                    Ok(()) | Err(Errno::EXIST) => open(),
                    Err(error) => Err(error),
                },
                opened => opened,
            };
            let next = opened.map_err(|error| match error {
                Errno::LOOP | Errno::NOTDIR | Errno::MLINK if is_link(here, part) => Refused::Link.into(),
                error => io::Error::from(error),
            })?;
            at = Some(next);
        }
        at.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    fn open_at(&self, path: &str, flags: OFlags, mode: Mode, make: bool) -> io::Result<File> {
        let (folder, name) = match path.rsplit_once('/') {
            Some((folder, name)) => (Some(self.descend(folder, make)?), name),
            None => (None, path),
        };
        let here = folder.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
        match sys::openat(here, name, flags | PLAIN, mode) {
            Ok(handle) => Ok(handle.into()),
            Err(Errno::LOOP | Errno::MLINK) => Err(Refused::Link.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// A new file, by its path with forward slashes. The folders on the way are made.
    pub fn create(&self, path: &str) -> io::Result<File> {
        self.create_for(Readers::Owner, path)
    }

    pub(super) fn create_for(&self, readers: Readers, path: &str) -> io::Result<File> {
        let mode = Mode::RUSR | Mode::WUSR;
        let mode = match readers {
            Readers::Owner => mode,
            Readers::Anybody => mode | Mode::RGRP | Mode::ROTH,
        };
        self.open_at(path, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, mode, true)
    }

    /// A file to write behind what it has; a new one if it is not there.
    pub fn append(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND;
        plain(self.open_at(path, flags, Mode::RUSR | Mode::WUSR, true)?)
    }

    /// A file to read.
    pub fn open(&self, path: &str) -> io::Result<File> {
        plain(self.open_at(path, OFlags::RDONLY, Mode::empty(), false)?)
    }

    /// The names in it.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        names(self.handle.as_fd())
    }

    /// Gives what is called `from` here the name `to` in another folder, in the place of what that was the name of.
    pub fn rename(&self, from: &Path, folder: &Self, to: &Path) -> io::Result<()> {
        Ok(sys::renameat(&self.handle, from, &folder.handle, to)?)
    }

    /// Lets two change places at once, where the system and its file system can.
    #[cfg(target_os = "linux")]
    pub fn exchange(&self, one: &Path, folder: &Self, other: &Path) -> bool {
        use rustix::fs::{RenameFlags, renameat_with};
        renameat_with(&self.handle, one, &folder.handle, other, RenameFlags::EXCHANGE).is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn exchange(&self, _: &Path, _: &Self, _: &Path) -> bool {
        false
    }

    /// Removes a file, or a folder with all in it, if it is there. Links are removed, not followed.
    pub fn remove(&self, name: &Path) -> io::Result<()> {
        remove(self.handle.as_fd(), name.as_os_str())
    }

    /// Removes a file by its path with forward slashes.
    pub fn remove_file(&self, path: &str) -> io::Result<()> {
        match path.rsplit_once('/') {
            Some((folder, name)) => Ok(sys::unlinkat(
                &self.descend(folder, false)?,
                name,
                AtFlags::empty(),
            )?),
            None => Ok(sys::unlinkat(&self.handle, path, AtFlags::empty())?),
        }
    }

    /// How much room there is.
    pub fn room(&self) -> Option<u64> {
        let told = sys::fstatvfs(&self.handle).ok()?;
        Some(told.f_bavail.saturating_mul(told.f_frsize))
    }

    /// Takes a lock; `None` if it is held.
    pub fn lock(&self, name: &OsStr) -> io::Result<Option<Lock>> {
        loop {
            let mode = Mode::RUSR | Mode::WUSR;
            let opened = sys::openat(&self.handle, name, OFlags::RDWR | OFlags::CREATE | PLAIN, mode);
            let file = plain(
                opened
                    .map_err(|error| self.unopened(error, Path::new(name)))?
                    .into(),
            )?;
            if !self.is_ours(&sys::fstat(&file)?) {
                return Err(Refused::Foreign.into());
            }
            let folder = Self {
                handle: self.handle.try_clone()?,
                path: self.path.clone(),
            };
            match file.try_lock() {
                Ok(()) => {
                    let lock = Lock {
                        file,
                        folder,
                        name: name.to_owned(),
                    };
                    if lock.is_there() {
                        return Ok(Some(lock));
                    }
                    // The previous holder ended and removed the file meanwhile, so another process may be
                    // locking a new one.
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

/// A lock that is held. It goes with its file.
#[derive(Debug)]
pub struct Lock {
    file: File,
    folder: Folder,
    name: OsString,
}

impl Lock {
    /// Whether the open file is still the one of that name.
    fn is_there(&self) -> bool {
        let place = |stat: Stat| (stat.st_dev, stat.st_ino);
        let (open, named) = (sys::fstat(&self.file), self.folder.look(&self.name));
        open.ok()
            .map(place)
            .is_some_and(|open| named.ok().flatten().map(place) == Some(open))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_there() {
            let _ = self.folder.remove_file_named(&self.name);
        }
        let _ = self.file.unlock();
    }
}

impl Folder {
    /// Whether the current user created this. On some network file systems the server assigns every new file
    /// to one other user.
    fn is_ours(&self, stat: &Stat) -> bool {
        stat.st_uid == geteuid().as_raw() || self.owner_of_new() == Some(stat.st_uid)
    }

    /// The owner of a new file here.
    fn owner_of_new(&self) -> Option<u32> {
        let (file, name) = exclusively(DRAFT.0, DRAFT.1, |name| self.create(name)).ok()?;
        let owner = sys::fstat(&file).ok().map(|stat| stat.st_uid);
        let _ = self.remove_file(&name);
        owner
    }

    fn remove_file_named(&self, name: &OsStr) -> io::Result<()> {
        Ok(sys::unlinkat(&self.handle, name, AtFlags::empty())?)
    }
}

fn mode_of(stat: &Stat) -> Mode {
    Mode::from_raw_mode(stat.st_mode)
}

fn is_link(folder: BorrowedFd<'_>, name: &str) -> bool {
    let stat = sys::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

fn plain(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(Refused::NotPlain.into())
    }
}

fn names(folder: BorrowedFd<'_>) -> io::Result<Vec<OsString>> {
    // The handle may be one to go on from only.
    let listed = sys::openat(folder, ".", OFlags::RDONLY | FOLDER, Mode::empty())?;
    let mut names = Vec::new();
    for entry in Dir::new(listed)? {
        let name = entry?.file_name().to_bytes().to_owned();
        if !matches!(name.as_slice(), b"." | b"..") {
            names.push(OsString::from_vec(name));
        }
    }
    Ok(names)
}

fn remove(folder: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    match sys::unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        // A folder: Linux and the others say so in two ways.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::RDONLY | FOLDER | OFlags::NOFOLLOW;
    let inside = sys::openat(folder, name, flags, Mode::empty())?;
    for name in names(inside.as_fd())? {
        remove(inside.as_fd(), OsStr::from_bytes(name.as_bytes()))?;
    }
    Ok(sys::unlinkat(folder, name, AtFlags::REMOVEDIR)?)
}

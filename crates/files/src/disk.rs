//! Files and folders of our own. What is read of an organisation, and what is found out about it, is a map for an attacker:
//! nobody else may read it, however wide the umask is, and nobody else may say where it goes. Whatever writes such files
//! makes them here.
//!
//! - A folder is held open, and what is in it is reached below that handle, a name at a time and through no link.
//! - What is new is made exclusively. What was there before is ours only if its owner is the user we run as and others may
//!   not write to it; anything else is refused or left alone, never written through and never removed.
//! - A temporary file has an unguessable name, and is moved into place when it is complete.

#[cfg(not(unix))]
mod elsewhere;
mod refused;
#[cfg(unix)]
mod unix;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::Path;

#[cfg(not(unix))]
pub use self::elsewhere::{Folder, Lock};
use self::refused::Refused;
pub use self::refused::help;
#[cfg(unix)]
pub use self::unix::{Folder, Lock};

/// What a name stands for, if it stands for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Folder,
    Plain,
    Link,
    Other,
}

/// Who may read a file, as far as the umask has it. Only its owner may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Owner,
    Anybody,
}

/// Makes a folder with all above it.
#[cfg(unix)]
pub fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a folder with all above it.
#[cfg(not(unix))]
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// The folder that a path is in, open, and the path's name there.
pub fn place(path: &Path) -> io::Result<(Folder, OsString)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = Folder::named(folder.unwrap_or(Path::new(".")))?;
    folder.refuse_shared()?;
    Ok((folder, name))
}

/// Refuses what [`replace`] would refuse, before there is something to write.
pub fn replaceable(path: &Path) -> io::Result<()> {
    let (folder, name) = place(path)?;
    match folder.kind(&name)? {
        None => Ok(()),
        Some(FileKind::Plain) => folder.trusts(&name),
        Some(FileKind::Folder) => Err(io::ErrorKind::IsADirectory.into()),
        Some(FileKind::Link) => Err(Refused::Link.into()),
        Some(FileKind::Other) => Err(Refused::NotPlain.into()),
    }
}

/// Writes a file that others may read. Writes it next to its place and renames it, so that the replacement is
/// atomic.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replaceable(path)?;
    let (folder, name) = place(path)?;
    folder.put_for(Readers::Anybody, &name, |file| {
        file.write_all(bytes)?;
        file.sync_all()
    })
}

/// Maximum attempts to create an unguessable name. Two never collide, but a file system may claim so.
const TRIES: usize = 8;

/// Tries unguessable names until one is free.
fn exclusively<T>(
    prefix: &str,
    suffix: &str,
    make: impl Fn(&str) -> io::Result<T>,
) -> io::Result<(T, String)> {
    let mut last = io::ErrorKind::AlreadyExists.into();
    for _ in 0..TRIES {
        // The keys of the hash are the system's random numbers.
        let random = RandomState::new().hash_one(std::process::id());
        let name = format!("{prefix}{random:016x}{suffix}");
        match make(&name) {
            Ok(made) => return Ok((made, name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// What the names of files that are being written begin and end with.
const DRAFT: (&str, &str) = (".", ".part");

/// Whether a name is one of a file that a run is writing, or was writing when it was killed.
pub fn is_draft(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| is_unguessable(name, DRAFT.0, DRAFT.1))
}

/// Whether a name was made of these by [`Folder::make_unguessable`].
pub fn is_unguessable(name: &str, prefix: &str, suffix: &str) -> bool {
    let random = name
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_suffix(suffix));
    random.is_some_and(|random| {
        random.len() == 16
            && random
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

impl Folder {
    /// Creates a folder with an unguessable name.
    pub fn make_unguessable(&self, prefix: &str, suffix: &str) -> io::Result<(Self, String)> {
        exclusively(prefix, suffix, |name| self.make(Path::new(name)))
    }

    /// Writes a file of our own atomically, by its path with forward slashes.
    pub fn put(&self, path: &str, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        match path.rsplit_once('/') {
            Some((folder, name)) => self.below(folder)?.put_for(Readers::Owner, name.as_ref(), write),
            None => self.put_for(Readers::Owner, path.as_ref(), write),
        }
    }

    fn put_for(
        &self,
        readers: Readers,
        name: &OsStr,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let (mut file, draft) = exclusively(DRAFT.0, DRAFT.1, |draft| self.create_for(readers, draft))?;
        let done = write(&mut file).and_then(|()| {
            drop(file);
            self.rename(Path::new(&draft), self, Path::new(name))
        });
        if done.is_err() {
            // The draft is useless now, and the error that matters is returned below.
            let _ = self.remove(Path::new(&draft));
        }
        done
    }
}

//! Reads files that someone else may have written: snapshots, parts, reports, files of earlier runs,
//! settings. Every limit on file sizes is here, except those for catalogs, which are in `update`.
//!
//! A file in a folder of ours is a plain file. A link could point to any file of this machine, and a pipe or
//! device could block or never end, so none of these is opened. A file that the user names may be any of
//! them, and is read up to its bound.
//!
//! Our own files, which nobody else may read or redirect, are below [`disk`]. This crate knows nothing of policies or of AWS.

pub mod disk;
mod walk;

pub use walk::plain_files;

use std::error::Error;
use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Answers of AWS about one account, and what is kept of them. An account has at most 10,000 principals, about 100 MB.
pub const ANSWERS: u64 = 512 << 20;
/// A file of a report. The manifest of 10,000 accounts, with a hash for each file, has about as much.
pub const REPORT: u64 = 1 << 30;
/// A policy or evidence that the command line names.
pub const INPUT: u64 = 64 << 20;
/// A file of CloudTrail, as it is and inflated. CloudTrail begins a new one every few minutes.
pub const TRAIL: u64 = 256 << 20;
/// The result of a query over a trail.
pub const QUERY_RESULT: u64 = 4 << 30;
/// A Terraform state. One of ten thousand resources has about 30 MB.
pub const TERRAFORM_STATE: u64 = 512 << 20;
/// A file of code. Handwritten ones are shorter, and AWS accepts templates of 1 MB.
pub const SOURCE: u64 = 4 << 20;
/// A configuration, with all its exceptions.
pub const CONFIG: u64 = 16 << 20;
/// Root certificates. A system's list has a quarter of a megabyte.
pub const CERTIFICATES: u64 = 16 << 20;
/// What a run notes of itself in its folder: when it began, of which format it is.
pub const NOTE: u64 = 1 << 20;

/// Why a file is not read though it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadRefused {
    Link,
    NotPlain,
    TooLarge(u64),
    TooMany(usize),
    Foreign(u32),
    Writable,
}

impl fmt::Display for ReadRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link => f.write_str("it is a symbolic link, or its path contains one"),
            Self::NotPlain => f.write_str("it is not a regular file"),
            Self::Foreign(uid) => {
                write!(f, "it belongs to another user ({uid})")
            }
            Self::Writable => f.write_str("everyone can write to it"),
            Self::TooMany(most) => write!(f, "it has more than {most} files"),
            Self::TooLarge(most) => {
                write!(f, "it is larger than {} MiB", most >> 20)
            }
        }
    }
}

impl Error for ReadRefused {}

/// That there is more than so many bytes.
pub fn too_large(most: u64) -> io::Error {
    ReadRefused::TooLarge(most).into()
}

impl From<ReadRefused> for io::Error {
    fn from(refused: ReadRefused) -> Self {
        Self::new(io::ErrorKind::InvalidData, refused)
    }
}

/// What to do about a file that is refused here.
pub fn help(error: &io::Error) -> Option<&'static str> {
    let refused = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<ReadRefused>());
    Some(match refused {
        Some(ReadRefused::Link) => "replace the link with the file; links in this folder are not followed",
        Some(ReadRefused::NotPlain) => "replace it with a file; pipes, devices and folders are not read here",
        Some(ReadRefused::Foreign(_)) => "if you trust it, copy it, or change its owner with `chown`",
        Some(ReadRefused::Writable) => "if you trust it, run `chmod -R o-w` on it",
        Some(ReadRefused::TooMany(_)) => "give a folder with less in it",
        Some(ReadRefused::TooLarge(_)) => "check that this is the right file",
        None if error.kind() == io::ErrorKind::InvalidData => "save the file as UTF-8",
        None => return None,
    })
}

/// What to do about a file that cannot be read, whatever the reason.
pub fn help_to_read(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::NotFound => Some("check the path"),
        io::ErrorKind::PermissionDenied => Some("check the permissions of the file"),
        io::ErrorKind::IsADirectory => Some("this is a folder; give a file in it"),
        io::ErrorKind::NotADirectory => Some("part of the path is a file, not a folder"),
        _ => help(error),
    }
}

/// A plain file below `folder`, by its path with forward slashes, open and not longer than `most`. The folder itself may be
/// reached by a link: its user named it.
pub fn open(folder: &Path, path: &str, most: u64) -> io::Result<File> {
    let mut place = folder.to_owned();
    for part in path.split('/') {
        place.push(part);
        if place.symlink_metadata()?.is_symlink() {
            return Err(ReadRefused::Link.into());
        }
    }
    plain_file(plain(&place)?, most)
}

/// An open file, if it is plain and not longer than `most`.
fn plain_file(file: File, most: u64) -> io::Result<File> {
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(ReadRefused::NotPlain.into());
    }
    if about.len() > most {
        return Err(ReadRefused::TooLarge(most).into());
    }
    Ok(file)
}

/// Same, for a file that must be trustworthy: it belongs to the current user or root, and others cannot write
/// it.
pub fn open_own(folder: &Path, path: &str, most: u64) -> io::Result<File> {
    let file = open(folder, path, most)?;
    is_own(&file.metadata()?, folder)?;
    Ok(file)
}

/// The same of the folder that such files are in.
pub fn check_own(folder: &Path) -> io::Result<()> {
    is_own(&folder.metadata()?, folder)
}

#[cfg(unix)]
fn is_own(about: &Metadata, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let owner = about.uid();
    // On some network file systems the server gives all that is made there to one user.
    let owner_of_new = || Some(tempfile::tempfile_in(folder).ok()?.metadata().ok()?.uid());
    if owner != 0 && owner != rustix::process::geteuid().as_raw() && owner_of_new() != Some(owner) {
        return Err(ReadRefused::Foreign(owner).into());
    }
    if about.mode() & 0o002 != 0 {
        return Err(ReadRefused::Writable.into());
    }
    Ok(())
}

#[cfg(not(unix))]
fn is_own(_: &Metadata, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Refuses a folder reached through a link, inside a folder that someone else may have filled.
pub fn refuse_link(folder: &Path) -> io::Result<()> {
    if folder.symlink_metadata()?.is_symlink() {
        Err(ReadRefused::Link.into())
    } else {
        Ok(())
    }
}

/// The bytes of an open file that is plain and not longer than `most`.
pub fn bytes_of(file: File, most: u64) -> io::Result<Vec<u8>> {
    bounded(plain_file(file, most)?, most)
}

/// Opens a file without waiting for the other end of a pipe, should it have become one meanwhile.
fn plain(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options.open(path)
}

/// The bytes of such a file.
pub fn bytes(folder: &Path, path: &str, most: u64) -> io::Result<Vec<u8>> {
    bounded(open(folder, path, most)?, most)
}

/// The bytes of a file that is to be believed.
pub fn own_bytes(folder: &Path, path: &str, most: u64) -> io::Result<Vec<u8>> {
    bounded(open_own(folder, path, most)?, most)
}

/// The text of such a file.
pub fn text(folder: &Path, path: &str, most: u64) -> io::Result<String> {
    utf8(bytes(folder, path, most)?)
}

/// The text of a file that the user names, whatever it is.
pub fn named(path: &Path, most: u64) -> io::Result<String> {
    utf8(bounded(File::open(path)?, most)?)
}

/// All that comes, if that is no more than `most`.
pub fn bounded(input: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        Err(ReadRefused::TooLarge(most).into())
    } else {
        Ok(bytes)
    }
}

fn utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 at byte {at}"),
        )
    })
}

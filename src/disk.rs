//! Files for their owner's eyes. What is read of an organisation, and what is found out about it, is a map for an attacker:
//! nobody else may read it, however wide the umask is. Whatever writes such files opens them here.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// How such a file is opened.
pub(crate) fn private() -> OpenOptions {
    with_mode(0o600)
}

/// How a file is opened that others may read, as far as the umask has it, and that only its owner may write.
pub(crate) fn readable() -> OpenOptions {
    with_mode(0o644)
}

#[cfg(unix)]
fn with_mode(mode: u32) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(mode);
    options
}

#[cfg(not(unix))]
fn with_mode(_: u32) -> OpenOptions {
    OpenOptions::new()
}

/// Makes a folder with all above it.
#[cfg(unix)]
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a folder with all above it.
#[cfg(not(unix))]
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Removes a folder with all in it, if it is there.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

//! `leastwise init`: writes the example configuration. It never follows what it writes; reading a configuration is
//! the scan's.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::RunError;
use super::terminal;
use crate::cli::{Exit, Init};
use crate::config::{EXAMPLE, FILE_NAME};
use crate::disk::readable;

pub(super) fn run(args: &Init) -> Result<Exit, RunError> {
    let path = args.out.as_path();
    if path == Path::new("-") {
        io::stdout().write_all(EXAMPLE.as_bytes())?;
        return Ok(Exit::Finished);
    }
    let shown = path.display().to_string();
    let failed = |error| RunError::WriteTo { path: shown.clone(), error };
    // A link that leads nowhere is there as well.
    let is_there = fs::symlink_metadata(path).is_ok();
    if is_there && !args.force {
        return Err(RunError::Exists { path: shown });
    }
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    // With a link, what it leads to is replaced: a configuration may be kept elsewhere.
    let target = if is_there { fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
    replace(&target, EXAMPLE.as_bytes()).map_err(failed)?;

    let next = if path == Path::new(FILE_NAME) {
        "leastwise scan".to_owned()
    } else {
        format!("leastwise scan --config {shown}")
    };
    let told =
        format!("wrote `{shown}`: every key with its default and why\nnext: edit it, then run `{next}`\n");
    // The file is written, whether or not anybody hears of it.
    let _ = io::stderr().write_all(terminal::clean(&told).as_bytes());
    Ok(Exit::Finished)
}

/// Writes beside and renames, so that the file is there whole or as it was.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let written = readable().write(true).create_new(true).open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        // What was begun is of no use to anybody; that it failed is told already.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// A name in the same folder, so that renaming stays on one file system.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    path.with_file_name(name)
}

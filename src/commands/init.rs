//! `leastwise init`: writes the example configuration. It does not read a configuration; `scan` does.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::cli::{Exit, Init};
use crate::config::{EXAMPLE, FILE_NAME};
use crate::output::error::RunError;
use crate::output::terminal;
use leastwise_files::disk::replace;

pub(super) fn run(args: &Init) -> Result<Exit, RunError> {
    let path = args.out.as_path();
    if path == Path::new("-") {
        io::stdout().write_all(EXAMPLE.as_bytes())?;
        return Ok(Exit::Finished);
    }
    let shown = path.display().to_string();
    let failed = |error| RunError::WriteTo {
        path: shown.clone(),
        error,
    };
    // A link that leads nowhere is there as well.
    let is_there = fs::symlink_metadata(path).is_ok();
    if is_there && !args.force {
        return Err(RunError::Exists { path: shown });
    }
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    // With a link, what it leads to is replaced: a configuration may be kept elsewhere.
    let target = if is_there {
        fs::canonicalize(path).map_err(failed)?
    } else {
        path.to_owned()
    };
    replace(&target, EXAMPLE.as_bytes()).map_err(failed)?;

    let next = if path == Path::new(FILE_NAME) {
        "leastwise scan".to_owned()
    } else {
        format!("leastwise scan --config {shown}")
    };
    let told = format!("Wrote {shown} with every setting and its default.\nNext: {next}\n");
    // The file is written even if this message cannot be.
    let _ = io::stderr().write_all(terminal::clean(&told).as_bytes());
    Ok(Exit::Finished)
}

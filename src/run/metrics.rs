//! The file of metrics that a scan leaves when it has finished.

use std::io::ErrorKind;
use std::path::Path;

use jiff::Timestamp;

use super::error::RunError;
use super::everything::Scanned;
use super::init::replace;
use crate::cli::Exit;
use crate::report::metrics::{RunFigures, metrics};

/// Writes it, whole or not at all: a collector may read at any time.
pub(super) fn write(path: &Path, scanned: &Scanned, began: Timestamp, exit: Exit) -> Result<(), RunError> {
    let run = RunFigures {
        version: env!("CARGO_PKG_VERSION"),
        began: began.as_second(),
        took: Timestamp::now().duration_since(began).as_secs_f64(),
        exit: exit.code(),
        calls: &scanned.calls,
    };
    let failed = |error| RunError::WriteTo { path: path.display().to_string(), error };
    replace(path, metrics(&scanned.report, &run).as_bytes()).map_err(failed)
}

/// Tells before the work that the file has no place.
pub(super) fn check(path: &Path) -> Result<(), RunError> {
    let failed = |kind: ErrorKind| RunError::WriteTo { path: path.display().to_string(), error: kind.into() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(failed(ErrorKind::NotFound));
    }
    if path.is_dir() {
        return Err(failed(ErrorKind::IsADirectory));
    }
    Ok(())
}

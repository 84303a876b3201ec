//! The metrics file that a finished scan writes.

use std::fs::canonicalize;
use std::path::Path;

use jiff::Timestamp;

use super::error::RunError;
use crate::cli::Exit;
use crate::scan::outcome::ScanOutcome;
use leastwise_files::disk::{replace, replaceable};
use leastwise_report::formats::metrics::{RunFigures, metrics};

/// Writes it atomically, because a collector may read it at any time.
pub(crate) fn write(
    path: &Path,
    outcome: &ScanOutcome,
    began: Timestamp,
    exit: Exit,
) -> Result<(), RunError> {
    let run = RunFigures {
        version: env!("CARGO_PKG_VERSION"),
        began: began.as_second(),
        took: Timestamp::now().duration_since(began).as_secs_f64(),
        exit: exit.code(),
        calls: &outcome.calls,
    };
    let failed = |error| RunError::WriteTo {
        path: path.display().to_string(),
        error,
    };
    replace(path, metrics(&outcome.report, &run).as_bytes()).map_err(failed)
}

/// Fails before the work if the file cannot be written there, or is inside the report that the run replaces.
pub(crate) fn check(path: &Path, report: &Path) -> Result<(), RunError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // Without a report there is no folder to be in.
    let report = canonicalize(report).ok();
    let is_inside = report.and_then(|report| Some(canonicalize(folder).ok()?.starts_with(report)));
    if is_inside == Some(true) {
        return Err(RunError::InReport {
            path: path.display().to_string(),
        });
    }
    replaceable(path).map_err(|error| RunError::WriteTo {
        path: path.display().to_string(),
        error,
    })
}

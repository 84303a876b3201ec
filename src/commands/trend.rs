//! `leastwise compare --trend`: the totals of all reports in a folder. It reads only `manifest.json` and
//! `report.json` of each report, and lists what it skipped.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;

use crate::cli::Exit;
use crate::output::error::RunError;
use crate::output::terminal;
use leastwise_core::report::{OLDEST_COMPARED, SCHEMA};
use leastwise_files::disk::{replace, replaceable};
use leastwise_report::folder::{FolderError, MANIFEST, ReportFolder};
use leastwise_report::formats::trend::svg;
use leastwise_report::history::trend::{Point, Trend};

pub(crate) fn run(folder: &Path, out: Option<&Path>) -> Result<Exit, RunError> {
    if let Some(out) = out {
        check(out)?;
    }
    let trend = read(folder, out)?;
    match out {
        Some(out) => {
            let failed = |error| RunError::WriteTo {
                path: out.display().to_string(),
                error,
            };
            replace(out, svg(&trend).as_bytes()).map_err(failed)?;
        }
        None => {
            let text = serde_json::to_string_pretty(&trend);
            let text = text.map_err(|error| RunError::Json {
                path: "trend.json".to_owned(),
                error,
            })? + "\n";
            io::stdout().write_all(terminal::json(&text).as_bytes())?;
        }
    }
    Ok(Exit::Finished)
}

fn read(folder: &Path, out: Option<&Path>) -> Result<Trend, RunError> {
    let failed = |error| RunError::Read {
        input: folder.display().to_string(),
        error,
    };
    let entries = fs::read_dir(folder)
        .map_err(failed)?
        .collect::<io::Result<Vec<_>>>()
        .map_err(failed)?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let mut points = Vec::new();
    let own = out.and_then(|out| fs::canonicalize(out).ok());
    for path in paths {
        // The previous run's drawing may be next to the reports.
        if own.is_some() && fs::canonicalize(&path).ok() == own {
            continue;
        }
        match point(&path) {
            Ok(point) => points.push(point),
            Err(why) => {
                let told = format!("Skipped `{}`: {why}", path.display());
                // If this warning cannot be written, the other reports are still fine.
                let _ = writeln!(io::stderr(), "{}", terminal::line(&told));
            }
        }
    }
    if points.is_empty() {
        return Err(RunError::NoReports {
            folder: folder.to_owned(),
        });
    }
    Ok(Trend::of(points))
}

/// A report's totals, or why it is none.
fn point(path: &Path) -> Result<Point, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A link to the newest report would count it twice, and so would what a scan is about to put in its place.
    if path.is_symlink() {
        return Err("a symbolic link".to_owned());
    }
    if !path.is_dir() || !path.join(MANIFEST).is_file() {
        return Err("not a leastwise report".to_owned());
    }
    if name.starts_with('.') {
        return Err("hidden; a scan may be writing it".to_owned());
    }
    let folder = ReportFolder::open(path, OLDEST_COMPARED).map_err(|error| match error {
        FolderError::Schema { found, .. } => {
            format!("it has report schema {found}, but this version reads {OLDEST_COMPARED} to {SCHEMA}")
        }
        error => error.to_string(),
    })?;
    let report = folder.report().map_err(|error| error.to_string())?;
    Point::of(&name, &folder.manifest, &report).ok_or_else(|| "its manifest.json has no date".to_owned())
}

/// Only an earlier drawing is replaced.
fn check(out: &Path) -> Result<(), RunError> {
    let failed = |error| RunError::WriteTo {
        path: out.display().to_string(),
        error,
    };
    replaceable(out).map_err(failed)?;
    let mut begins = [0; 5];
    match fs::File::open(out).and_then(|mut file| file.read(&mut begins)) {
        Ok(_) if begins == *b"<svg " => Ok(()),
        Ok(_) => Err(failed(io::Error::other(
            "refusing to overwrite a file that is not a trend drawing",
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

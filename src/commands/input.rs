//! Reads the files that the command line names.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::output::error::RunError;
use leastwise_aws::Snapshot;
use leastwise_files as files;

/// `-`
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How a message calls an input.
pub(super) fn name_of(path: &Path) -> String {
    if is_stdin(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// The whole of a file, or of standard input.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    let read = open(path).and_then(|input| files::bounded(input, files::INPUT));
    read.map_err(|error| RunError::Read {
        input: name_of(path),
        error,
    })
}

/// Opens a file, or standard input.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    Ok(if is_stdin(path) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    })
}

/// Opens a folder of recorded answers.
pub(super) fn snapshot(folder: &Path) -> Result<Snapshot, RunError> {
    Snapshot::open(folder).map_err(|error| {
        let is = |file: &str| folder.join(file).is_file();
        if is("manifest.json") && !is("snapshot.json") {
            RunError::ReportAsSnapshot(folder.to_owned())
        } else {
            RunError::Snapshot {
                folder: folder.to_owned(),
                error,
            }
        }
    })
}

/// Standard input can be read once.
pub(super) fn at_most_one_stdin(paths: &[&Path]) -> Result<(), RunError> {
    match paths.iter().filter(|path| is_stdin(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(RunError::TwiceStdin),
    }
}

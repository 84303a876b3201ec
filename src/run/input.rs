//! Reading the files that the command line names.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::RunError;

/// No policy and no evidence comes near this.
const MOST_BYTES: u64 = 64 << 20;

/// `-`
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How a message calls an input.
pub(super) fn name_of(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// The whole of a file, or of standard input.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    let mut bytes = Vec::new();
    let read = open(path).and_then(|input| input.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 > MOST_BYTES => Err(RunError::TooLarge { input: name_of(path) }),
        Ok(_) => Ok(bytes),
        Err(error) => Err(RunError::Read { input: name_of(path), error }),
    }
}

/// Opens a file, or standard input.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    Ok(if is_stdin(path) { Box::new(io::stdin()) } else { Box::new(File::open(path)?) })
}

/// Standard input can be read once.
pub(super) fn at_most_one_stdin(paths: &[&Path]) -> Result<(), RunError> {
    match paths.iter().filter(|path| is_stdin(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(RunError::TwiceStdin),
    }
}

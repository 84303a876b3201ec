//! What was read of an organisation, as files.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::disk::private;

/// Writes a value as JSON.
pub(super) fn put(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let file = private().write(true).create(true).truncate(true).open(path)?;
    // An account's answers are long: in pieces they take no memory worth the name.
    let mut file = BufWriter::with_capacity(1 << 16, file);
    serde_json::to_writer(&mut file, value)?;
    file.flush()
}

/// The same, under its name only when it is all there: whoever is killed on the way leaves no beginning of it.
pub(super) fn put_whole(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let draft = path.with_extension("part");
    let kept = put(&draft, value).and_then(|()| fs::rename(&draft, path));
    if kept.is_err() {
        // That it may not be there is no failure.
        let _ = fs::remove_file(&draft);
    }
    kept
}

/// What has been hashed, in hexadecimal.
pub(super) fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

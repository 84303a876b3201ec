//! What was read of an organisation, as files.

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

/// What has been hashed, in hexadecimal.
pub(super) fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

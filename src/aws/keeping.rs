//! What was read of an organisation, as files.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::disk::private;

/// Writes a value as JSON.
pub(super) fn put(path: &Path, value: &impl Serialize) -> io::Result<()> {
    private().write(true).create(true).truncate(true).open(path)?.write_all(&serde_json::to_vec(value)?)
}

/// What has been hashed, in hexadecimal.
pub(super) fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

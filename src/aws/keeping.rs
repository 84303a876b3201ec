//! What was read of an organisation, as files.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::disk::Folder;

/// Writes a value as JSON, by its path in a folder of ours. It is there whole or as it was: whoever is killed on the way leaves
/// no beginning of it.
pub(super) fn put(folder: &Folder, path: &str, value: &impl Serialize) -> io::Result<()> {
    folder.put(path, |file| write(file, value))
}

fn write(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    // An account's answers are long: in pieces they take no memory worth the name.
    let mut file = BufWriter::with_capacity(1 << 16, file);
    serde_json::to_writer(&mut file, value)?;
    file.flush()
}

/// What has been hashed, in hexadecimal.
pub(super) fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

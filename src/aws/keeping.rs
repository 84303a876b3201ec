//! What was read of an organisation, as files.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::digest::FileHash;
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

/// The same with a digest behind it. What it is of is in the digest as well.
pub(super) fn put_sealed(folder: &Folder, path: &str, of: &str, value: &impl Serialize) -> io::Result<()> {
    folder.put(path, |file| {
        let mut out = BufWriter::with_capacity(1 << 16, Hashed { file: &mut *file, hash: beginning(of) });
        serde_json::to_writer(&mut out, value)?;
        let Hashed { hash, .. } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.write_all(format!("\n{}\n", hexadecimal(hash)).as_bytes())
    })
}

/// What was put so; nothing when it is no longer what was written, or is of something else.
pub(super) fn unsealed<'t>(text: &'t [u8], of: &str) -> Option<&'t [u8]> {
    let text = text.strip_suffix(b"\n")?;
    let end = text.iter().rposition(|byte| *byte == b'\n')?;
    let (value, digest) = (text.get(..end)?, text.get(end + 1..)?);
    is_sealed(value, digest, of).then_some(value)
}

/// A line with a digest before it.
pub(super) fn sealed_line(of: &str, value: &impl Serialize) -> io::Result<Vec<u8>> {
    let value = serde_json::to_vec(value)?;
    let digest = hexadecimal(beginning(of).chain_update(&value));
    Ok([digest.as_bytes(), b" ", &value, b"\n"].concat())
}

/// What is in such a line.
pub(super) fn unsealed_line<'t>(line: &'t [u8], of: &str) -> Option<&'t [u8]> {
    let end = line.iter().position(|byte| *byte == b' ')?;
    let (digest, value) = (line.get(..end)?, line.get(end + 1..)?);
    is_sealed(value, digest, of).then_some(value)
}

fn is_sealed(value: &[u8], digest: &[u8], of: &str) -> bool {
    hexadecimal(beginning(of).chain_update(value)).as_bytes() == digest
}

/// No name has a line's end in it.
fn beginning(of: &str) -> Sha256 {
    Sha256::new_with_prefix(of).chain_update(b"\n")
}

/// A file that is hashed while it is written.
struct Hashed<'f> {
    file: &'f mut File,
    hash: Sha256,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What has been hashed, in hexadecimal.
pub(super) fn hexadecimal(hasher: Sha256) -> String {
    FileHash::from(hasher).to_string()
}

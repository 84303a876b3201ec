//! Sealed JSON: a line with a value and its digest. The digest also covers what the value describes, so that no
//! file or line can be mistaken for another.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use leastwise_core::digest::FileHash;
use leastwise_files::disk::Folder;

/// Writes a sealed file atomically: a killed run leaves the old file or the new one, never part of it.
pub(super) fn put(folder: &Folder, path: &str, of: &str, value: &impl Serialize) -> io::Result<()> {
    folder.put(path, |file| write(file, of, value))
}

/// Writes a sealed line. An account's answers are long: in pieces they take no memory worth the name.
pub(super) fn write(out: impl Write, of: &str, value: &impl Serialize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(
        1 << 16,
        HashedWriter {
            out,
            hash: beginning(of),
        },
    );
    serde_json::to_writer(&mut out, value)?;
    let HashedWriter { mut out, hash } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    out.write_all(format!(" {}\n", hexadecimal(hash)).as_bytes())
}

/// The value of a sealed line; none when it is not what was written, or is of something else.
pub(super) fn read<T: DeserializeOwned>(line: &[u8], of: &str) -> Option<T> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let end = line.iter().rposition(|byte| *byte == b' ')?;
    let (value, digest) = (line.get(..end)?, line.get(end + 1..)?);
    let is_sealed = hexadecimal(beginning(of).chain_update(value)).as_bytes() == digest;
    is_sealed.then(|| serde_json::from_slice(value).ok())?
}

/// No name has a line's end in it.
fn beginning(of: &str) -> Sha256 {
    Sha256::new_with_prefix(of).chain_update(b"\n")
}

/// What is hashed while it is written.
struct HashedWriter<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for HashedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What has been hashed, in hexadecimal.
pub(super) fn hexadecimal(hasher: Sha256) -> String {
    FileHash::from(hasher).to_string()
}

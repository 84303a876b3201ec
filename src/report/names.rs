//! Names of AWS as names of files.

use std::fmt::Write as _;

/// A name as one part of a path. Letters, digits and `+=,.@_-` stand for themselves; everything else becomes `%XX`, so
/// two names never share a file and none leads out of its folder.
pub fn file_part(name: &str) -> String {
    let mut part = String::with_capacity(name.len());
    let dots = !name.is_empty() && name.bytes().all(|byte| byte == b'.');
    for byte in name.bytes() {
        match byte {
            b'.' if dots => part.push_str("%2E"),
            byte if byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte) => part.push(char::from(byte)),
            // Writing to a string cannot fail.
            byte => drop(write!(part, "%{byte:02X}")),
        }
    }
    if part.is_empty() { "%".to_owned() } else { shortened(part) }
}

/// File systems take 255 bytes a name. IAM's names fit; hostile ones are cut, and told apart by a hash.
fn shortened(part: String) -> String {
    const LONGEST: usize = 160;
    if part.len() <= LONGEST {
        return part;
    }
    let digest = super::writer::sha256(part.as_bytes());
    let head: String = part.chars().take(LONGEST - 17).collect();
    format!("{head}~{}", digest.get(..16).unwrap_or_default())
}

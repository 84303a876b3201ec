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

/// The same for a name of which there may be another that differs in case alone: the two would be one file on a disk that
/// ignores case. A name with capital letters gets a hash behind it.
pub fn part_without_case(name: &str) -> String {
    let part = file_part(name);
    // What was cut has a hash already, and no other part has its mark.
    if part.contains(MARK) || !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return part;
    }
    format!("{part}{MARK}{}", hash(name))
}

/// Parts that make one name of a file together.
pub fn joined_parts(parts: &[&str]) -> String {
    shortened(parts.concat())
}

/// What stands before a hash, and in no name as it is.
const MARK: char = '~';

/// File systems take 255 bytes a name. IAM's names fit; hostile ones are cut, and told apart by a hash.
fn shortened(part: String) -> String {
    const LONGEST: usize = 180;
    if part.len() <= LONGEST {
        return part;
    }
    let head: String = part.chars().take(LONGEST - 17).collect();
    format!("{head}{MARK}{}", hash(&part))
}

fn hash(text: &str) -> String {
    super::writer::sha256(text.as_bytes()).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{file_part, joined_parts, part_without_case};

    #[test]
    fn names_that_differ_in_case_alone_differ_in_more_as_parts() {
        let names = ["shop", "Shop", "SHOP", "a/b", "A/b", "%2f", "%2F"];
        let long = ["s", "S"].map(|letter| letter.repeat(300));
        let names = names.into_iter().chain(long.iter().map(String::as_str));
        let parts: Vec<String> = names.map(part_without_case).collect();
        let folded: BTreeSet<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        assert_eq!(folded.len(), parts.len(), "{parts:?}");
        assert!(parts.iter().all(|part| part.len() <= 200), "{parts:?}");
        assert_eq!([part_without_case("shop"), part_without_case("a/b")], ["shop", "a%2Fb"]);
        let part = part_without_case("Shop");
        let (name, hash) = part.split_once('~').unwrap_or_default();
        assert!(name == "Shop" && hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit()));
    }

    #[test]
    fn parts_that_are_too_long_together_are_cut_and_stay_apart() {
        let (one, other) = ("a".repeat(200), "a".repeat(201));
        let joined = |name: &str| joined_parts(&[&file_part(name), "~", &file_part("policy")]);
        assert_ne!(joined(&one), joined(&other));
        assert!(joined(&one).len() <= 200 && joined(&other).len() <= 200);
        assert_eq!(joined_parts(&["Support", "~", "Storage"]), "Support~Storage");
    }
}

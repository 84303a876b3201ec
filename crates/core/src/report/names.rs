//! Names of AWS as names of files. Every name in a report is made here: one that every system takes, and two of them differ
//! in more than case, since on some disks `Read` and `read` are one file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::digest::FileHash;

/// A name as one part of a path. Letters, digits and `+=,.@_-` stand for themselves; everything else becomes `%XX`, so
/// two names never share a file and none leads out of its folder. So does what Windows does not take: the dot at an end, and
/// the first letter of a device's name.
pub fn file_part(name: &str) -> String {
    let mut part = String::with_capacity(name.len());
    let dots = !name.is_empty() && name.bytes().all(|byte| byte == b'.');
    let is_device = is_device(name);
    for (at, byte) in name.bytes().enumerate() {
        let is_taken = match byte {
            b'.' => !dots && at + 1 < name.len(),
            _ if at == 0 && is_device => false,
            _ => byte.is_ascii_alphanumeric() || b"+=,@_-".contains(&byte),
        };
        if is_taken {
            part.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(part, "%{byte:02X}");
        }
    }
    if part.is_empty() {
        "%".to_owned()
    } else {
        shortened(part)
    }
}

/// Whether Windows treats a name as a device, whatever follows its first dot.
fn is_device(name: &str) -> bool {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let name = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let port = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    let is_port = port.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']));
    is_port || DEVICES.contains(&name.as_str())
}

/// The same for a name that others may differ from only in case. A name with capital letters gets a hash at its
/// end.
pub fn part_without_case(name: &str) -> String {
    let part = file_part(name);
    // A shortened name already has a hash, and no other part has its mark.
    if part.contains(MARK) || !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return part;
    }
    marked(&part, name)
}

/// Same, for a name that differs from an earlier one only in spelling: always appends a hash.
pub fn told_apart(name: &str) -> String {
    marked(&file_part(name), name)
}

fn marked(part: &str, name: &str) -> String {
    format!("{part}{MARK}{}", hash(name))
}

/// The paths of one folder. Names that differ only in spelling get a hash appended; others are unchanged.
#[derive(Debug, Default)]
pub struct Spellings {
    /// Beginnings of paths, up to the end of a name, in small letters.
    several: BTreeSet<String>,
}

impl Spellings {
    /// The spellings of all paths.
    pub fn of(paths: impl IntoIterator<Item = String>) -> Self {
        // The last name of each beginning: those above it have their own marks.
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        let mut several = BTreeSet::new();
        for path in paths {
            for beginning in beginnings(&path) {
                let small = beginning.to_ascii_lowercase();
                let last = beginning.rsplit('/').next().unwrap_or(beginning);
                match known.get(&small) {
                    Some(other) if other != last => drop(several.insert(small)),
                    Some(_) => {}
                    None => drop(known.insert(small, last.to_owned())),
                }
            }
        }
        Self { several }
    }

    /// One of the paths, made distinct from the others.
    pub fn apart(&self, path: &str) -> String {
        let mut parts = Vec::new();
        for (part, beginning) in path.split('/').zip(beginnings(path)) {
            let is_one_of_several = self.several.contains(&beginning.to_ascii_lowercase());
            parts.push(if is_one_of_several {
                marked(part, part)
            } else {
                part.to_owned()
            });
        }
        parts.join("/")
    }
}

/// Whether a path is this one, with or without the hashes that distinguish its names from other spellings.
pub(crate) fn is_spelt(path: &str, plain: &str) -> bool {
    let is_one = |found: &str, part: &str| found == part || found == marked(part, part);
    path.split('/').count() == plain.split('/').count()
        && path
            .split('/')
            .zip(plain.split('/'))
            .all(|(found, part)| is_one(found, part))
}

/// A path up to the end of each of its names.
fn beginnings(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| path.get(..end).unwrap_or(path))
}

/// Paths that files already have. Only a hash of each is kept, because there may be a million.
#[derive(Debug, Default)]
pub struct TakenPaths(BTreeSet<[u8; 16]>);

impl TakenPaths {
    /// Takes a path. Returns whether it was free, ignoring case.
    pub fn take(&mut self, path: &str) -> bool {
        let hash = FileHash::of(path.to_ascii_lowercase().as_bytes()).bytes();
        hash.first_chunk().is_none_or(|half| self.0.insert(*half))
    }
}

/// Several parts joined into one file name.
pub fn joined_parts(parts: &[&str]) -> String {
    shortened(parts.concat())
}

/// Prefix of a hash, which no unchanged name contains.
const MARK: char = '~';

/// File systems allow 255 bytes per name. IAM's names fit; hostile ones are truncated and made distinct by a
/// hash.
fn shortened(part: String) -> String {
    const LONGEST: usize = 180;
    if part.len() <= LONGEST {
        return part;
    }
    let head: String = part.chars().take(LONGEST - 17).collect();
    format!("{head}{MARK}{}", hash(&part))
}

fn hash(text: &str) -> String {
    FileHash::of(text.as_bytes())
        .to_string()
        .chars()
        .take(16)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Spellings, TakenPaths, file_part, joined_parts, part_without_case};

    #[test]
    fn every_name_is_one_that_every_system_takes_and_ordinary_names_stay_as_they_are() {
        for name in [
            "Deploy",
            "a.b",
            ".hidden",
            "-rf",
            "Read+=,.@_-9",
            "console",
            "com",
            "com10",
            "x.con",
        ] {
            assert_eq!(file_part(name), name);
        }
        for (name, part) in [
            ("CON", "%43ON"),
            ("aux", "%61ux"),
            ("nul.json", "%6Eul.json"),
            ("Lpt9", "%4Cpt9"),
            ("com0.a.b", "%63om0.a.b"),
            ("deploy.", "deploy%2E"),
            ("a..", "a.%2E"),
            ("..", "%2E%2E"),
            ("a:b ", "a%3Ab%20"),
            ("con.", "%63on%2E"),
            ("", "%"),
        ] {
            assert_eq!(file_part(name), part);
        }
    }

    #[test]
    fn only_names_of_which_there_is_another_spelling_get_a_mark() {
        let paths = [
            "role/Deploy/Read",
            "role/Deploy/read",
            "role/Deploy/Write",
            "role/deploy/Write",
            "user/Deploy/Read",
        ];
        let all = Spellings::of(paths.map(str::to_owned));
        let apart = paths.map(|path| all.apart(path));
        let folded: BTreeSet<String> = apart.iter().map(|path| path.to_ascii_lowercase()).collect();
        assert_eq!(folded.len(), paths.len(), "{apart:?}");
        assert!(
            apart[3].starts_with("role/deploy~") && apart[4] == paths[4],
            "{apart:?}"
        );
        let [holder, policy] = [1, 2].map(|at| apart[0].split('/').nth(at).unwrap_or_default());
        assert!(
            holder.starts_with("Deploy~") && policy.starts_with("Read~"),
            "{apart:?}"
        );
        assert!(
            apart[1].contains("/read~") && apart[2] == format!("role/{holder}/Write"),
            "{apart:?}"
        );
    }

    #[test]
    fn a_path_is_taken_in_every_case() {
        let mut taken = TakenPaths::default();
        assert_eq!(
            ["a/B", "a/b", "A/B", "a/c"].map(|path| taken.take(path)),
            [true, false, false, true]
        );
    }

    #[test]
    fn names_that_differ_in_case_alone_differ_in_more_as_parts() {
        let names = ["shop", "Shop", "SHOP", "a/b", "A/b", "%2f", "%2F"];
        let long = ["s", "S"].map(|letter| letter.repeat(300));
        let names = names.into_iter().chain(long.iter().map(String::as_str));
        let parts: Vec<String> = names.map(part_without_case).collect();
        let folded: BTreeSet<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        assert_eq!(folded.len(), parts.len(), "{parts:?}");
        assert!(parts.iter().all(|part| part.len() <= 200), "{parts:?}");
        assert_eq!(
            [part_without_case("shop"), part_without_case("a/b")],
            ["shop", "a%2Fb"]
        );
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

//! The hashes of all files of a report, by path, in little memory: a large organisation has a million files.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::FileHash;

/// The hashes, by path. A path that is told twice has the last of its hashes.
#[derive(Debug, Default)]
pub struct Hashes {
    /// Files at the top of the report and in its first folders.
    few: BTreeMap<String, FileHash>,
    /// The others, by their first folders: those of an account are written together.
    groups: BTreeMap<Box<str>, Group>,
}

/// Paths in the order in which they came, each as what it does not share with the one before.
#[derive(Debug, Default)]
struct Group {
    hashes: Vec<FileHash>,
    /// How much of a path is shared and how long the rest is, and the rests behind each other.
    lengths: Vec<(u16, u16)>,
    rests: String,
    last: String,
}

impl Hashes {
    /// Remembers one.
    pub fn insert(&mut self, path: &str, hash: FileHash) {
        let group = group_of(path).and_then(|group| Some((group, path.strip_prefix(group)?)));
        let added = group.is_some_and(|(group, rest)| match self.groups.get_mut(group) {
            Some(known) => known.add(rest, hash),
            None => self.groups.entry(group.into()).or_default().add(rest, hash),
        });
        if !added {
            self.few.insert(path.to_owned(), hash);
        }
    }

    /// Those whose paths begin with a folder, by the rest of the path.
    pub fn below(&self, folder: &str) -> BTreeMap<String, FileHash> {
        let rest = |path: &str| path.strip_prefix(folder).map(str::to_owned);
        let few = self.few.range(folder.to_owned()..).map_while(|(path, hash)| Some((rest(path)?, *hash)));
        // One group is all of it, or several are, or it is within one.
        let from = (Bound::Included(folder), Bound::Unbounded);
        let many = self.groups.range::<str, _>(from).take_while(|(group, _)| group.starts_with(folder));
        let above = group_of(folder).filter(|group| *group != folder);
        let above = above.and_then(|group| self.groups.get_key_value(group));
        let grouped = many.chain(above).flat_map(|(group, it)| it.sorted(group));
        few.chain(grouped.filter_map(|(path, hash)| Some((rest(&path)?, hash)))).collect()
    }

    /// All of them, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (String, FileHash)> {
        // No path of the few lies between two of a group.
        let mut few = self.few.iter().map(|(path, hash)| (path.clone(), *hash)).peekable();
        let mut groups = self.groups.iter().peekable();
        let next = move || {
            let group = groups.peek().map(|(group, _)| &***group);
            let first = few.next_if(|(path, _)| group.is_none_or(|group| path.as_str() < group));
            match first {
                Some(one) => Some(vec![one]),
                None => groups.next().map(|(group, it)| it.sorted(group).into_iter().collect()),
            }
        };
        std::iter::from_fn(next).flatten()
    }
}

/// The first two folders of a path that lies below them, which are those of one account; within a pack, the same of it.
fn group_of(path: &str) -> Option<&str> {
    let last = if path.starts_with("packs/") { 3 } else { 1 };
    let mut slashes = path.match_indices('/').map(|(at, _)| at);
    path.get(..=slashes.nth(last)?)
}

impl Group {
    /// Whether it could be added: no path that a system takes is so long that it could not.
    fn add(&mut self, path: &str, hash: FileHash) -> bool {
        let same = path.char_indices().zip(self.last.chars()).take_while(|((_, a), b)| a == b);
        let shared = same.last().map_or(0, |((at, c), _)| at + c.len_utf8());
        let rest = path.get(shared..).unwrap_or_default();
        let (Ok(shared), Ok(length)) = (u16::try_from(shared), u16::try_from(rest.len())) else {
            return false;
        };
        self.lengths.push((shared, length));
        self.rests.push_str(rest);
        self.hashes.push(hash);
        self.last.truncate(shared.into());
        self.last.push_str(rest);
        true
    }

    /// All, by whole path.
    fn sorted(&self, group: &str) -> BTreeMap<String, FileHash> {
        let (mut path, mut rests) = (group.to_owned(), self.rests.as_str());
        let each = self.lengths.iter().zip(&self.hashes).map(|((shared, length), hash)| {
            let (rest, after) = rests.split_at_checked(usize::from(*length)).unwrap_or_default();
            rests = after;
            path.truncate(group.len() + usize::from(*shared));
            path.push_str(rest);
            (path.clone(), *hash)
        });
        each.collect()
    }
}

/// A map, as `BTreeMap` would write it.
impl Serialize for Hashes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.iter().try_for_each(|(path, hash)| map.serialize_entry(&path, &hash))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 18] = [
        "report.json",
        "accounts/1.json",
        "changes/README.md",
        "changes/2/user/é/apply.sh",
        "changes/1/user/a/apply.sh",
        "changes/1/user/a/rollback.sh",
        "changes/1/user/ä/rollback.sh",
        "changes/1/user/a/apply.sh",
        "changes/10/x",
        "changes/1x",
        "policies/1/role/b.after.json",
        "policies/1/role/b",
        "policies/fleet/role/b.diff",
        "findings.csv",
        "packs/web/report.json",
        "packs/web/policies/1/role/b.diff",
        "packs/web/policies/1x",
        "packs/web/policies/10/role/b.diff",
    ];

    fn both() -> (Hashes, BTreeMap<String, FileHash>) {
        let (mut hashes, mut plain) = (Hashes::default(), BTreeMap::new());
        for (number, path) in PATHS.iter().enumerate() {
            let hash = FileHash::of(number.to_string().as_bytes());
            hashes.insert(path, hash);
            plain.insert((*path).to_owned(), hash);
        }
        (hashes, plain)
    }

    #[test]
    fn they_are_those_of_a_plain_map_in_its_order() {
        let (hashes, plain) = both();
        assert_eq!(hashes.iter().collect::<Vec<_>>(), plain.clone().into_iter().collect::<Vec<_>>());
        assert_eq!(serde_json::to_string(&hashes).ok(), serde_json::to_string(&plain).ok());
    }

    #[test]
    fn a_folder_has_what_a_plain_map_has_below_it() {
        let (hashes, plain) = both();
        for folder in [
            "",
            "accounts/",
            "changes/",
            "changes/1/",
            "changes/1/user/a/",
            "policies/",
            "none/",
            "changes/3/x/",
            "packs/",
            "packs/web/",
            "packs/web/policies/1/",
        ] {
            let rest =
                |(path, hash): (&String, &FileHash)| Some((path.strip_prefix(folder)?.to_owned(), *hash));
            assert_eq!(hashes.below(folder), plain.iter().filter_map(rest).collect(), "{folder}");
        }
    }
}

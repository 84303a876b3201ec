//! Lists the files below an untrusted folder: follows no link, and is bounded.

use std::io;
use std::path::Path;

use crate::ReadRefused;

/// A checkout of a large organisation has some hundred thousand.
const MOST_ENTRIES: usize = 1_000_000;
/// Maximum depth; real folders are shallower.
const DEEPEST: usize = 64;

/// The plain files below a folder whose path is wanted, by their paths with slashes, sorted. Folders of these names are left out.
/// What has no name in UTF-8 is left out as well.
pub fn plain_files(
    folder: &Path,
    skips: &dyn Fn(&str) -> bool,
    wants: &dyn Fn(&str) -> bool,
) -> io::Result<Vec<String>> {
    let (mut found, mut entries) = (Vec::new(), 0);
    let mut folders = vec![(String::new(), 0)];
    while let Some((path, depth)) = folders.pop() {
        // What is taken away meanwhile, or may not be read, has no files.
        let listed = match std::fs::read_dir(folder.join(&path)) {
            Err(error) if path.is_empty() => return Err(error),
            listed => listed,
        };
        for entry in listed.into_iter().flatten().flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                return Err(ReadRefused::TooMany(MOST_ENTRIES).into());
            }
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else {
                continue;
            };
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}/{name}")
            };
            if kind.is_dir() && depth < DEEPEST && !skips(&name) {
                folders.push((path, depth + 1));
            } else if kind.is_file() && wants(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::plain_files;
    use std::fs;

    #[test]
    fn links_are_not_followed_and_skipped_folders_are_not_entered() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["b/a.tf", "a.tf", "node_modules/x.tf", "b/c.txt"] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        #[cfg(unix)]
        for (link, to) in [("l.tf", "a.tf"), ("l", "b"), ("b/up", "..")] {
            std::os::unix::fs::symlink(to, root.join(link)).unwrap();
        }
        let found = plain_files(root, &|name| name == "node_modules", &|path| {
            path.ends_with(".tf")
        })
        .unwrap();
        assert_eq!(found, ["a.tf", "b/a.tf"]);
        assert!(plain_files(&root.join("none"), &|_| false, &|_| true).is_err());
    }
}

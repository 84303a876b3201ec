//! Compares the folder of a report with its manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use leastwise_core::report::CHECK;
use leastwise_core::report::FileHash;
use leastwise_files as files;
use leastwise_report::folder::MANIFEST;
use leastwise_report::folder::writer::AFTERWARDS;

/// A signature cannot be in the manifest that it signs.
const SIGNATURES: [&str; 3] = [
    "manifest.json.sig",
    "manifest.json.minisig",
    "manifest.json.sigstore.json",
];

/// What does not fit the manifest: files that are others, are missing or lead elsewhere, and files and folders that it does
/// not have.
pub(super) fn wrong(root: &Path, files: &BTreeMap<String, FileHash>) -> io::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (path, hash) in files {
        // A path outside the folder names no file of the report.
        match is_inside(path).then(|| files::bytes(root, path, files::REPORT)) {
            Some(Ok(bytes)) if FileHash::of(&bytes) == *hash => {}
            Some(Ok(_)) => {
                wrong.push(format!(
                    "{path} was modified (its SHA-256 differs from manifest.json)"
                ));
            }
            Some(Err(error)) => wrong.push(format!("{path}: {error}")),
            None => wrong.push(format!("{path} is outside the report folder")),
        }
    }
    let (mut found, mut folders) = (BTreeSet::new(), BTreeSet::new());
    list(root, root, &mut found, &mut folders)?;
    // The list of disputed changes is derived from the answers, so it is unexpected without them.
    let is_checked = found.contains(CHECK);
    let is_known = |path: &str| {
        path == MANIFEST
            || SIGNATURES.contains(&path)
            || files.contains_key(path)
            || is_checked && AFTERWARDS.contains(&path)
    };
    let strangers = found.iter().filter(|path| !is_known(path));
    wrong.extend(strangers.map(|path| format!("{path} is not listed in manifest.json")));
    let is_used = |folder: &str| {
        let below = format!("{folder}/");
        files
            .range(below.clone()..)
            .next()
            .is_some_and(|(path, _)| path.starts_with(&below))
    };
    let empty = folders.iter().filter(|folder| !is_used(folder));
    wrong.extend(empty.map(|folder| format!("{folder}/ has no file listed in manifest.json")));
    Ok(wrong)
}

/// Whether a path of a report stays in it.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// All files and folders below a folder, with forward slashes. Links are files: they are not followed.
fn list(
    root: &Path,
    folder: &Path,
    found: &mut BTreeSet<String>,
    folders: &mut BTreeSet<String>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Ok(short) = path.strip_prefix(root) else {
            continue;
        };
        let parts: Vec<_> = short
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        let name = parts.join("/");
        if path.symlink_metadata()?.is_dir() {
            folders.insert(name);
            list(root, &path, found, folders)?;
        } else {
            found.insert(name);
        }
    }
    Ok(())
}

//! What `leastwise verify` finds, and what is checked of an earlier report before anything is built on it.

mod earlier;
mod held;
mod tampered;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use leastwise_core::report::{AccountReport, Recommendation, Report};
use leastwise_report::folder::writer::{OutputKind, Writer};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::run::{Ran, leastwise};
use crate::scan::{account, files, report};

/// A copy of a report that somebody changes.
pub(crate) struct Forged {
    pub(crate) folder: PathBuf,
    changed: BTreeSet<String>,
}

impl Forged {
    /// The files are those of the report until they are changed.
    pub(crate) fn of(report: &Path, folder: &Path) -> Self {
        for path in files_of(report) {
            let to = folder.join(&path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::hard_link(report.join(&path), to).unwrap();
        }
        Self {
            folder: folder.to_owned(),
            changed: BTreeSet::new(),
        }
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap()
    }

    pub(crate) fn put(&mut self, path: &str, text: impl AsRef<[u8]>) {
        self.remove(path);
        let to = self.folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, text).unwrap();
    }

    pub(crate) fn remove(&mut self, path: &str) {
        let _ = fs::remove_file(self.folder.join(path));
        self.changed.insert(path.to_owned());
    }

    /// Replaces a text that has to be there.
    fn replace(&mut self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path} has no {from}");
        self.put(path, text.replacen(from, to, 1));
    }

    fn json(&mut self, path: &str, change: impl FnOnce(&mut Value)) {
        let mut value = serde_json::from_str(&self.text(path)).unwrap();
        change(&mut value);
        self.put(path, format!("{value:#}\n"));
    }

    /// Changes what the report says, written as a scan writes it.
    fn report(&mut self, change: impl FnOnce(&mut Report)) {
        let mut value = report(&self.folder);
        change(&mut value);
        self.put("report.json", laid_out(&value));
    }

    fn account(&mut self, id: &str, change: impl FnOnce(&mut AccountReport)) {
        let mut value = account(&self.folder, id);
        change(&mut value);
        self.put(&format!("accounts/{id}.json"), laid_out(&value));
    }

    /// Changes a recommendation, by its id.
    fn change(&mut self, id: &str, change: impl FnOnce(&mut Recommendation)) {
        self.account(id.split('/').next().unwrap(), |account| {
            change(account.recommendations.iter_mut().find(|it| it.id == id).unwrap());
        });
    }

    /// Makes the manifest fit what was changed.
    pub(crate) fn fit(&mut self) {
        let totals = fs::read(self.folder.join("report.json")).ok();
        let totals = totals.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        let changed = std::mem::take(&mut self.changed);
        let folder = self.folder.clone();
        self.json("manifest.json", |manifest| {
            if let Some(report) = totals.filter(|_| changed.contains("report.json")) {
                manifest["totals"] = report["totals"].clone();
                manifest["catalog"] = report["catalog"].clone();
            }
            let hashes = manifest["files"].as_object_mut().unwrap();
            for path in changed {
                match fs::read(folder.join(&path)) {
                    Ok(bytes) => hashes.insert(path, sha256(&bytes).into()),
                    Err(_) => hashes.remove(&path),
                };
            }
        });
    }

    pub(crate) fn verify(&self) -> Ran {
        verify(&self.folder)
    }
}

/// Makes the manifest of a report fit one file of it that was changed.
pub(crate) fn fit(folder: &Path, path: &str) {
    let manifest = folder.join("manifest.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    value["files"][path] = sha256(&fs::read(folder.join(path)).unwrap()).into();
    fs::write(manifest, value.to_string()).unwrap();
}

fn files_of(folder: &Path) -> Vec<String> {
    files(folder).into_keys().collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn verify(folder: &Path) -> Ran {
    leastwise(["verify", folder.to_str().unwrap()]).ran()
}

/// A value as a scan writes it.
fn laid_out(value: &impl Serialize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::begin(&folder.path().join("report"), OutputKind::Report).unwrap();
    writer.write_json("value.json", value).unwrap();
    writer.read("value.json").unwrap()
}

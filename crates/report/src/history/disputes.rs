//! Changes that AWS disputed when an earlier report was checked. A dispute is about two documents, so it stands for as long as the
//! scan recommends the same one for the same one and AWS has not agreed since.

use std::collections::BTreeMap;

use leastwise_core::digest::FileHash;
use leastwise_core::report::{CheckReport, CheckVerdict, Note, Recommendation};

/// The disputed changes, by id, with their documents before and after.
#[derive(Debug, Default)]
pub struct Disputes(BTreeMap<String, (FileHash, FileHash)>);

impl Disputes {
    /// Adds a recommendation of the earlier report, if it was disputed before that. `hash` knows the files of that report.
    pub fn add(&mut self, it: &Recommendation, hash: impl Fn(&str) -> Option<FileHash>) {
        if !it.is_disputed() {
            return;
        }
        if let Some(documents) = hash(&it.files.before).zip(hash(&it.files.after)) {
            self.0.insert(it.id.clone(), documents);
        }
    }

    /// Adds what AWS said of the earlier report. Only a clear answer counts.
    pub fn check(&mut self, check: CheckReport) {
        for change in check.changes {
            match change.verdict {
                CheckVerdict::Disputed => {
                    self.0.insert(change.id, (change.before, change.after));
                }
                CheckVerdict::Agreed if self.0.get(&change.id) == Some(&(change.before, change.after)) => {
                    self.0.remove(&change.id);
                }
                CheckVerdict::Agreed | CheckVerdict::Undecided | CheckVerdict::Incomplete => {}
            }
        }
    }

    /// Notes on a recommendation that AWS disputed it. `hash` knows the files that the scan has written.
    pub fn mark(&self, it: &mut Recommendation, hash: impl Fn(&str) -> Option<FileHash>) {
        let Some(documents) = self.0.get(&it.id) else {
            return;
        };
        let now = hash(&it.files.before).zip(hash(&it.files.after));
        if now.as_ref() == Some(documents) && !it.is_disputed() {
            it.notes.push(Note::Disputed);
        }
    }
}

//! The note that AWS changed a finding without listing it. Every file of findings records which note was the newest
//! when they were read, so a new note invalidates all of them at once: for this run, for others that share the
//! folder, for a resumed run, and later for accounts that were not read in between. No file has to be changed for
//! it.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::{FORMAT, Remembered, State, digest};
use crate::{EventSink, ReadEvent};
use leastwise_core::evidence::Finding;
use leastwise_files as files;

const NOTE: &str = "doubt.json";
/// Stands for a note that is there and cannot be read: no file was written under it, unless it is still the same.
const UNREADABLE: &str = "unreadable";

/// What this process knows of doubts.
#[derive(Debug, Default)]
pub(super) struct StateDoubts {
    /// The digest of a note that could not be saved in the folder; this run follows it all the same.
    unsaved: Mutex<Option<String>>,
    /// The operator has been warned that the state is not used.
    told: AtomicBool,
}

/// The content of the note, for people. Programs use only its digest, which the timestamp makes unique.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DoubtNote<'n> {
    format: u32,
    found: String,
    account: &'n str,
    finding: &'n str,
    resource: &'n str,
    updated_at: Option<&'n str>,
}

impl State {
    /// The digest of the newest note; none when there never was one.
    pub(in crate::recorded) fn doubt(&self) -> Option<String> {
        let unsaved = self.doubts.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        if unsaved.is_some() {
            return unsaved.clone();
        }
        match files::own_bytes(self.folder.path(), NOTE, files::NOTE) {
            Ok(text) => Some(digest(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => Some(UNREADABLE.to_owned()),
        }
    }

    /// AWS contradicts what is remembered of an account: leaves a note, and sets the account's file aside. Gives where it lies
    /// now, if that could be done.
    pub(in crate::recorded) fn contradicted(
        &self,
        account: &str,
        earlier: &Remembered,
        finding: &Finding,
        events: &dyn EventSink,
    ) -> Option<PathBuf> {
        // The note comes first, so a run killed between the two leaves nothing that is trusted. No note is
        // written if a newer one than the account's file exists, so that findings read since then remain
        // valid.
        if earlier.doubt == self.doubt() {
            self.leave_note(account, finding, events);
        }
        self.doubts.told.store(true, Ordering::Relaxed);
        let path = self.place(account);
        let aside = path.with_extension("contradicted");
        fs::rename(path, &aside).is_ok().then_some(aside)
    }

    fn leave_note(&self, account: &str, finding: &Finding, events: &dyn EventSink) {
        let note = DoubtNote {
            format: FORMAT,
            found: Timestamp::now().to_string(),
            account,
            finding: &finding.id,
            resource: &finding.resource,
            updated_at: finding.updated_at.as_deref(),
        };
        let text = serde_json::to_vec(&note).unwrap_or_default();
        if let Err(error) = self.folder.put(NOTE, |file| file.write_all(&text)) {
            *self.doubts.unsaved.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest(&text));
            self.not_saved(events, &error);
        }
    }

    /// Warns once about a note, unless this process wrote it and already warned.
    pub(in crate::recorded) fn tell_doubt(&self, events: &dyn EventSink) {
        if !self.doubts.told.swap(true, Ordering::Relaxed) {
            events.emit(ReadEvent::StateDoubted {
                note: &self.folder.path().join(NOTE),
            });
        }
    }
}

//! What an interrupted run has read, so that the next can go on from there.
//!
//! A journal is next to the folder that is being written. A completely read account is one file; for an
//! account in progress, every finding is a line of another file. A resumed run repeats failed calls. Within a
//! run, the journal holds the answers until the second pass, when all accounts are known.
//!
//! ```text
//! about.json             when the run began, and what its answers depend on
//! accounts/<id>.json     all answers of an account, or why there are none, in one line
//! findings/<id>.jsonl    findings of an account that was being read; the last line may be cut off
//! principals/<id>.jsonl  the same of last-accessed data
//! ```
//!
//! Each line is sealed: what was changed since is read from AWS again. Anyone who can write the journal can
//! also seal it, so it must belong to the user who resumes from it.

mod error;
mod lines;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::error::JournalError;
use self::lines::JournalLines;
use super::seal;
use super::state::State;
use crate::pace::{BucketKey, Figures};
use crate::{Cloud, EventSink, Nobody, Organisation, ReadEvent, Reading};
use leastwise_core::answers::Answers;
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Account;
use leastwise_files as files;
use leastwise_files::disk;
use leastwise_files::disk::Folder;

/// Findings change once a day: what was read longer ago is not what a scan of today would read.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);
const FORMAT: u32 = 3;
/// The file that makes a folder a journal.
const ABOUT: &str = "about.json";

#[derive(Serialize, Deserialize)]
struct JournalHeader {
    format: u32,
    started: Timestamp,
    /// What the answers depend on, as a digest.
    terms: String,
}

/// A journal that is being kept.
#[derive(Debug)]
pub struct Journal {
    /// Where it stands, and its name there.
    parent: Folder,
    name: OsString,
    folder: Folder,
    started: Timestamp,
    resumed: bool,
    /// There is something in it.
    begun: AtomicBool,
    /// Whether a failed write was already reported.
    told: AtomicBool,
    /// The first account that could not be kept, and why.
    lost: Mutex<Option<(String, io::Error)>>,
}

impl Journal {
    /// Begins a journal; what an earlier run left is gone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(path: &Path, terms: &str, started: Timestamp) -> Result<Self, JournalError> {
        let io = |error| JournalError::Io {
            path: path.to_owned(),
            error,
        };
        let (parent, name) = disk::place(path).map_err(io)?;
        let new = clear(&parent, &name).and_then(|()| parent.make(Path::new(&name)));
        let folder = new.and_then(furnished).map_err(io)?;
        let about = JournalHeader {
            format: FORMAT,
            started,
            terms: terms.to_owned(),
        };
        seal::put(&folder, ABOUT, ABOUT, &about).map_err(io)?;
        Ok(Self::of((parent, name, folder), started, false))
    }

    /// Goes on from what an earlier run left; none when it left nothing.
    ///
    /// # Errors
    /// When what it left cannot be read, is of other terms, or too old.
    pub fn resume(path: &Path, terms: &str, now: Timestamp) -> Result<Option<Self>, JournalError> {
        let io = |path: &Path, error| JournalError::Io {
            path: path.to_owned(),
            error,
        };
        let (parent, name) = disk::place(path).map_err(|error| io(path, error))?;
        let folder = match parent.own(Path::new(&name)) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(JournalError::Unread {
                    path: path.to_owned(),
                    error,
                });
            }
        };
        let about = path.join(ABOUT);
        let text = match folder
            .open(ABOUT)
            .and_then(|file| files::bytes_of(file, files::NOTE))
        {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::Unread { path: about, error }),
        };
        let read = seal::read::<JournalHeader>(&text, ABOUT).filter(|about| about.format == FORMAT);
        let about = read.ok_or(JournalError::Form { path: about })?;
        if about.terms != terms {
            return Err(JournalError::OtherTerms);
        }
        if now.duration_since(about.started) > OLDEST {
            return Err(JournalError::TooOld {
                started: about.started,
            });
        }
        // The folders of the answers may have been removed.
        let folder = furnished(folder).map_err(|error| io(path, error))?;
        Ok(Some(Self::of((parent, name, folder), about.started, true)))
    }

    fn of((parent, name, folder): (Folder, OsString, Folder), started: Timestamp, resumed: bool) -> Self {
        let begun = AtomicBool::new(resumed);
        Self {
            parent,
            name,
            folder,
            started,
            resumed,
            begun,
            told: AtomicBool::new(false),
            lost: Mutex::new(None),
        }
    }

    /// When the run began that this one goes on from, or this one itself.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// Whether there is something to go on from.
    pub fn is_of_use(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Throws it away: the run has come to its end.
    pub fn forget(self) {
        self.begun.store(false, Ordering::Relaxed);
    }

    fn place(&self, id: &str) -> PathBuf {
        self.folder.path().join(account_file(id))
    }

    fn account(&self, id: &str) -> io::Result<Answers> {
        let text = files::bytes_of(self.folder.open(&account_file(id))?, files::ANSWERS)?;
        let altered = || io::Error::new(io::ErrorKind::InvalidData, "it was modified");
        seal::read(&text, id).ok_or_else(altered)
    }

    /// What an earlier run kept of an account, if that was all of it. A file that cannot be trusted is an event.
    fn kept(&self, id: &str, events: &dyn EventSink) -> Option<Answers> {
        match self.account(id) {
            Ok(answers) => Some(answers).filter(Answers::is_complete),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                events.emit(ReadEvent::JournalRejected {
                    file: &self.place(id),
                    error: &error,
                });
                None
            }
        }
    }

    /// Keeps what was read of an account.
    fn keep_account(&self, id: &str, answers: &Answers, events: &dyn EventSink) {
        let path = account_file(id);
        if let Err(error) = seal::put(&self.folder, &path, id, answers) {
            // What an earlier run kept is not what this one read. That it may not be there is no failure.
            let _ = self.folder.remove_file(&path);
            self.not_saved(events, &error);
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.get_or_insert_with(|| (id.to_owned(), error));
        } else if answers.is_complete() {
            self.begun.store(true, Ordering::Relaxed);
            for kind in ["findings", "principals"] {
                // A line that is kept twice is no harm.
                let _ = self.folder.remove_file(&format!("{kind}/{id}.jsonl"));
            }
        }
    }

    /// Warns once that a resumed run will not find everything.
    fn not_saved(&self, events: &dyn EventSink, error: &io::Error) {
        if !self.told.swap(true, Ordering::Relaxed) {
            events.emit(ReadEvent::JournalNotSaved {
                folder: self.folder.path(),
                error,
            });
        }
    }

    /// What was read of an account before, by key.
    fn lines<T: DeserializeOwned>(
        &self,
        kind: &str,
        id: &str,
        key: impl Fn(&T) -> String,
    ) -> BTreeMap<String, T> {
        if !self.resumed {
            return BTreeMap::new();
        }
        let path = format!("{kind}/{id}.jsonl");
        let text = self
            .folder
            .open(&path)
            .and_then(|file| files::bytes_of(file, files::ANSWERS));
        let text = text.unwrap_or_default();
        // The last line may have been cut off, in a letter even: it has no digest then, and the others have.
        let lines = text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| seal::read::<T>(line, id));
        lines.map(|line| (key(&line), line)).collect()
    }
}

impl Drop for Journal {
    /// Leaves no journal behind that cannot be resumed.
    fn drop(&mut self) {
        if !self.begun.load(Ordering::Relaxed) {
            let _ = clear(&self.parent, &self.name);
        }
    }
}

fn account_file(id: &str) -> String {
    format!("accounts/{id}.json")
}

/// The same with the folders of a journal in it.
fn furnished(folder: Folder) -> io::Result<Folder> {
    for part in ["accounts", "findings", "principals"] {
        folder.own_or_new(Path::new(part))?;
    }
    Ok(folder)
}

/// Removes a journal of ours. The note that marks it as one is removed first, so a killed run never leaves a
/// journal without its folders.
fn clear(parent: &Folder, name: &OsStr) -> io::Result<()> {
    let name = Path::new(name);
    match parent.own(name) {
        Ok(own) => own.remove(Path::new(ABOUT)).and_then(|()| parent.remove(name)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A cloud whose answers are saved in a journal, and read from it if present.
#[derive(Debug)]
pub struct Journaled<C> {
    cloud: C,
    journal: Option<Journal>,
    state: Option<State>,
}

impl<C> Journaled<C> {
    /// `cloud`, remembered in `journal` if there is one.
    pub fn new(cloud: C, journal: Option<Journal>) -> Self {
        Self {
            cloud,
            journal,
            state: None,
        }
    }

    /// The same with what earlier nights remember.
    #[must_use]
    pub fn with(self, state: Option<State>) -> Self {
        Self { state, ..self }
    }

    /// What nightly runs remember, if they do.
    pub fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// The journal.
    pub fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// What was read of an account, once more.
    ///
    /// # Errors
    /// When it is not there any more.
    pub async fn again(&self, account: &Account) -> Result<Answers, JournalError>
    where
        C: Cloud,
    {
        match &self.journal {
            Some(journal) => match journal.account(&account.id) {
                Err(error) => Err(JournalError::Gone {
                    path: journal.place(&account.id),
                    error,
                }),
                Ok(answers) => Ok(answers),
            },
            // Recorded answers are where they were.
            None => Ok(self.cloud.read(account, Reading::watched(&Nobody)).await),
        }
    }

    /// That nothing is lost of what was read and will be wanted again: [`Self::again`] would find it wanting when all else
    /// is read.
    ///
    /// # Errors
    /// When an account could not be kept.
    pub fn has_kept_all(&self) -> Result<(), JournalError> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let lost = journal.lost.lock().unwrap_or_else(PoisonError::into_inner).take();
        let path = journal.folder.path().to_owned();
        lost.map_or(Ok(()), |(account, error)| {
            Err(JournalError::Lost { account, path, error })
        })
    }

    /// The journal, when the cloud is needed no longer.
    pub fn into_journal(self) -> Option<Journal> {
        self.journal
    }
}

impl<C: Cloud> Cloud for Journaled<C> {
    async fn organisation(&self) -> Result<Organisation, Failure> {
        self.cloud.organisation().await
    }

    async fn read(&self, account: &Account, reading: Reading<'_>) -> Answers {
        // Only what AWS is asked for need be remembered.
        let Some(journal) = &self.journal else {
            return self.cloud.read(account, reading).await;
        };
        if let Some(known) = journal
            .resumed
            .then(|| journal.kept(&account.id, reading.events))
            .flatten()
        {
            return known;
        }
        let state = self.state.as_ref();
        let earlier = state
            .map(|state| state.remembered(&account.id, reading.events))
            .unwrap_or_default();
        let memory = JournalLines::of(journal, state, &account.id, earlier, reading.events);
        let answers = self
            .cloud
            .read(
                account,
                Reading {
                    memory: &memory,
                    ..reading
                },
            )
            .await;
        if let (Some(state), Ok(evidence)) = (state, &answers.evidence)
            && evidence.analyzer.is_some()
        {
            state.keep(
                &account.id,
                &evidence.findings,
                &memory.into_earlier(),
                reading.events,
            );
        }
        journal.keep_account(&account.id, &answers, reading.events);
        answers
    }

    fn figures(&self) -> Vec<(BucketKey, Figures)> {
        self.cloud.figures()
    }
}

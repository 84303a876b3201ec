//! The cache of nightly runs: findings with their details, so that a run fetches only those that changed.
//!
//! A folder that the runs keep. Whatever is in it is sealed and asked for again when in doubt: a file that is cut off, altered,
//! of another version or of another account is set aside and made anew. What AWS lists tonight decides
//! what of it counts, so two runs may share a folder, and one that was killed leaves nothing wrong behind.
//!
//! That AWS says so when it changes a finding is taken on trust, and every run checks it (`spot_check`): when it did not, the
//! account's file is set aside and a note is left in the folder, and no run uses what was read before that note (`doubt`).
//!
//! ```text
//! leastwise-state.json        what the folder is
//! doubt.json                  which finding AWS changed unseen, if it ever did; findings from before it are not used
//! accounts/<id>.json          the account's findings
//! accounts/<id>.set-aside     the same, found damaged
//! accounts/<id>.contradicted  the same, found to be no longer what AWS says
//! grants/<id>.json            since when each policy of the account is held
//! ```

mod doubt;
mod spot_check;

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use self::doubt::StateDoubts;
use super::seal::{self, hexadecimal};
use crate::{EventSink, ReadEvent};
use leastwise_core::decide::GrantLog;
use leastwise_core::evidence::Finding;
use leastwise_files as files;
use leastwise_files::disk;
use leastwise_files::disk::{FileKind, Folder, make_folder};

const FORMAT: u32 = 2;
const MARK: &str = "leastwise-state.json";

/// Why a folder cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// A file or folder.
    #[error("cannot save state in `{}`: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is something else in it.
    #[error("`{}` is not a state folder of leastwise", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
}

impl StateError {
    /// How to fix it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { error, .. } => {
                let help = disk::help(error).or_else(|| files::help(error));
                help.unwrap_or("check that the folder exists, has free space, and is writable")
            }
            Self::Foreign { .. } => "give an empty or new folder",
        }
    }
}

/// A folder of state.
#[derive(Debug)]
pub struct State {
    folder: Folder,
    doubts: StateDoubts,
    /// Which findings are checked: others in each run, so that in time all are.
    lot: RandomState,
    /// Whether a failed write was already reported.
    told: AtomicBool,
}

/// The findings of an account, as they are saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// The newest doubt when the findings were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doubt: Option<String>,
    findings: Vec<Finding>,
}

/// What is remembered of an account.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub(super) findings: BTreeMap<String, Finding>,
    /// The digest of the file.
    sha256: String,
    /// The newest doubt when they were read, or tonight when nothing is remembered.
    doubt: Option<String>,
    /// AWS contradicted what was remembered while the account was read.
    given_up: bool,
}

impl State {
    /// Opens a folder of state, or makes one.
    ///
    /// # Errors
    /// When it cannot be written, or holds something else.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        let io = |error| StateError::Io {
            path: folder.to_owned(),
            error,
        };
        make_folder(folder).map_err(io)?;
        let own = Folder::named(folder).map_err(io)?;
        files::check_own(folder).map_err(io)?;
        own.refuse_shared().map_err(io)?;
        // Another first run may be about to say what the folder is.
        let is_empty = own.names().map_err(io)?.iter().all(|name| disk::is_draft(name));
        if !is_empty && own.kind(MARK.as_ref()).map_err(io)? != Some(FileKind::Plain) {
            return Err(StateError::Foreign {
                path: folder.to_owned(),
            });
        }
        // First of all: a run that is killed behind this, or one that begins beside it, leaves no folder that seems to be
        // something else's.
        own.put(MARK, |file| write!(file, r#"{{"format":{FORMAT}}}"#))
            .map_err(io)?;
        for name in ["accounts", "grants"] {
            let made = own.own_or_new(Path::new(name));
            made.map_err(|error| StateError::Io {
                path: folder.join(name),
                error,
            })?;
        }
        Ok(Self {
            folder: own,
            doubts: StateDoubts::default(),
            lot: RandomState::new(),
            told: AtomicBool::new(false),
        })
    }

    fn place(&self, account: &str) -> PathBuf {
        self.folder.path().join(format!("accounts/{account}.json"))
    }

    /// What is remembered of an account. Nothing when it is not to be trusted.
    pub(super) fn remembered(&self, account: &str, events: &dyn EventSink) -> Remembered {
        let doubt = self.doubt();
        let path = self.place(account);
        let text = files::own_bytes(
            self.folder.path(),
            &format!("accounts/{account}.json"),
            files::ANSWERS,
        );
        let known = match &text {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Remembered::nothing(doubt),
            Err(_) => None,
            Ok(text) => Remembered::of(text, account),
        };
        match known {
            Some(known) if known.doubt == doubt => known,
            Some(_) => {
                self.tell_doubt(events);
                Remembered::nothing(doubt)
            }
            None => {
                let aside = path.with_extension("set-aside");
                // When even this fails, the file is written anew all the same.
                let _ = std::fs::rename(&path, &aside);
                events.emit(ReadEvent::StateRejected { aside: &aside });
                Remembered::nothing(doubt)
            }
        }
    }

    /// Replaces the cached findings of an account. A failure only costs the next run more calls, so it is
    /// reported once and the run continues.
    pub(super) fn keep(
        &self,
        account: &str,
        findings: &[Finding],
        before: &Remembered,
        events: &dyn EventSink,
    ) {
        if let Err(error) = self.write(account, findings, before) {
            self.not_saved(events, &error);
        }
    }

    /// Warns once that the next run will not find everything.
    fn not_saved(&self, events: &dyn EventSink, error: &io::Error) {
        if !self.told.swap(true, Ordering::Relaxed) {
            events.emit(ReadEvent::StateNotSaved {
                folder: self.folder.path(),
                error,
            });
        }
    }

    fn write(&self, account: &str, findings: &[Finding], before: &Remembered) -> io::Result<()> {
        let findings = findings
            .iter()
            .filter(|finding| is_whole(finding))
            .map(timeless)
            .collect();
        let mut text = Vec::new();
        seal::write(
            &mut text,
            &findings_of(account),
            &Saved {
                doubt: before.doubt.clone(),
                findings,
            },
        )?;
        if digest(&text) == before.sha256 {
            return Ok(());
        }
        self.folder
            .put(&format!("accounts/{account}.json"), |file| file.write_all(&text))
    }

    /// Since when each policy of an account has been attached, as earlier runs saw it. `None` if the file is
    /// not trusted.
    pub fn grants(&self, account: &str) -> Option<GrantLog> {
        let path = format!("grants/{account}.json");
        let text = files::own_bytes(self.folder.path(), &path, files::ANSWERS).ok()?;
        seal::read(&text, &grants_of(account))
    }

    /// Saves the log for the next night. A failure only makes the next night's evidence less sure, so the run warns once and goes on.
    pub fn keep_grants(&self, account: &str, log: &GrantLog, events: &dyn EventSink) {
        let path = format!("grants/{account}.json");
        if let Err(error) = seal::put(&self.folder, &path, &grants_of(account), log) {
            self.not_saved(events, &error);
        }
    }
}

/// What the file of an account's findings is of. Another version may read more of a finding.
fn findings_of(account: &str) -> String {
    format!(
        "findings of {account}, format {FORMAT}, leastwise {}",
        env!("CARGO_PKG_VERSION")
    )
}

/// Same, for its grants. Dates of policies mean the same to every version, and no later run could recover
/// them.
fn grants_of(account: &str) -> String {
    format!("grants of {account}, format {FORMAT}")
}

impl Remembered {
    fn nothing(doubt: Option<String>) -> Self {
        Self {
            doubt,
            ..Self::default()
        }
    }

    /// In place of what AWS has contradicted.
    pub(super) fn given_up(doubt: Option<String>) -> Self {
        Self {
            doubt,
            given_up: true,
            ..Self::default()
        }
    }

    fn of(text: &[u8], account: &str) -> Option<Self> {
        let Saved { doubt, findings } = seal::read(text, &findings_of(account))?;
        let findings = findings
            .into_iter()
            .map(|finding| (finding.id.clone(), finding))
            .collect();
        Some(Self {
            findings,
            sha256: digest(text),
            doubt,
            given_up: false,
        })
    }

    /// Whether it is still to be trusted when this is the newest doubt.
    pub(super) fn is_of(&self, doubt: Option<&str>) -> bool {
        !self.given_up && self.doubt.as_deref() == doubt
    }

    /// The finding as it is listed tonight, with the details that were read when it last changed.
    pub(super) fn finding(&self, listed: &Finding) -> Option<Finding> {
        let known = self.unchanged(listed).filter(|_| listed.error.is_none())?;
        Some(Finding {
            finding_details: known.finding_details.clone(),
            ..listed.clone()
        })
    }

    /// The cached finding, if its entry in AWS's list is unchanged.
    fn unchanged(&self, listed: &Finding) -> Option<&Finding> {
        self.findings.get(&listed.id).filter(|known| {
            known.updated_at.is_some()
                && known.updated_at == listed.updated_at
                && known.status == listed.status
                && known.resource == listed.resource
                && known.finding_type == listed.finding_type
        })
    }
}

/// Whether a finding was read with all its details.
fn is_whole(finding: &Finding) -> bool {
    finding.failure.is_none() && finding.error.is_none() && finding.finding_details.is_some()
}

/// Without the dates that change with every listing.
fn timeless(finding: &Finding) -> Finding {
    Finding {
        analyzed_at: None,
        created_at: None,
        ..finding.clone()
    }
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

//! What nightly runs remember: findings with their details, so that a night asks only for those that changed.
//!
//! A folder that the runs keep. Whatever is in it is known by its digest and asked for again when in doubt: a file that is
//! cut off, altered, of another version or of another account is set aside and made anew. What AWS lists tonight decides
//! what of it counts, so two runs may share a folder, and one that was killed leaves nothing wrong behind.
//!
//! ```text
//! leastwise-state.json    what the folder is
//! accounts/<id>.json      a line about the rest, then the account's findings
//! grants/<id>.json        the same, then since when each policy of the account is held
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::Watch;
use super::keeping::{hexadecimal, put};
use crate::decide::GrantLog;
use crate::disk::{make_folder, private};
use crate::evidence::Finding;
use crate::files;

const FORMAT: u32 = 1;
const MARK: &str = "leastwise-state.json";

/// Why a folder cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// A file or folder.
    #[error("cannot keep state in `{}`: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is something else in it.
    #[error("`{}` holds something else than state of leastwise", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
}

impl StateError {
    /// The mend.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { .. } => "check that the place exists, has room, and may be written",
            Self::Foreign { .. } => "name an empty folder, or one that is not there yet",
        }
    }
}

/// A folder of state.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    /// It was told that something could not be kept.
    told: AtomicBool,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    format: u32,
}

/// The first line of an account's file.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct About {
    format: u32,
    /// Another version may read more of a finding.
    tool: String,
    account: String,
    /// Of everything behind the first line.
    sha256: String,
}

/// What is remembered of an account.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub(super) findings: BTreeMap<String, Finding>,
    /// The digest of the file's findings, as they stand there.
    sha256: String,
    /// The file was not to be trusted, and lies here now.
    pub(super) set_aside: Option<PathBuf>,
}

impl State {
    /// Opens a folder of state, or makes one.
    ///
    /// # Errors
    /// When it cannot be written, or holds something else.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        let io = |error| StateError::Io { path: folder.to_owned(), error };
        let accounts = folder.join("accounts");
        make_folder(folder).map_err(io)?;
        let mark = folder.join(MARK);
        let is_empty = fs::read_dir(folder).map_err(io)?.next().is_none();
        if !is_empty && !mark.symlink_metadata().is_ok_and(|mark| mark.is_file()) {
            return Err(StateError::Foreign { path: folder.to_owned() });
        }
        // First of all: a run that is killed behind this, or one that begins beside it, leaves no folder that seems to be
        // something else's.
        put(&mark, &Mark { format: FORMAT }).map_err(io)?;
        for folder in [accounts, folder.join("grants")] {
            make_folder(&folder).map_err(io)?;
            if !folder.symlink_metadata().map_err(io)?.is_dir() {
                return Err(StateError::Foreign { path: folder });
            }
        }
        Ok(Self { folder: folder.to_owned(), told: AtomicBool::new(false) })
    }

    fn place(&self, account: &str) -> PathBuf {
        self.folder.join(format!("accounts/{account}.json"))
    }

    /// What is remembered of an account. Nothing when it is not to be trusted.
    pub(super) fn remembered(&self, account: &str) -> Remembered {
        let path = self.place(account);
        match files::bytes(&self.folder, &format!("accounts/{account}.json"), files::ANSWERS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Remembered::default(),
            Err(_) => Remembered::set_aside(&path),
            Ok(text) => Remembered::of(&text, account).unwrap_or_else(|| Remembered::set_aside(&path)),
        }
    }

    /// Remembers the findings of an account in place of what was remembered before. That this fails costs the next night
    /// calls and nothing else, so it is told once and the run goes on.
    pub(super) fn keep(&self, account: &str, findings: &[Finding], before: &Remembered, watch: &dyn Watch) {
        if let Err(error) = self.write(account, findings, before)
            && !self.told.swap(true, Ordering::Relaxed)
        {
            watch.forgets(&self.folder, &error);
        }
    }

    fn write(&self, account: &str, findings: &[Finding], before: &Remembered) -> io::Result<()> {
        let kept: Vec<Finding> = findings.iter().filter(|finding| is_whole(finding)).map(timeless).collect();
        let body = serde_json::to_vec(&kept)?;
        if digest(&body) == before.sha256 {
            return Ok(());
        }
        self.put("accounts", account, &body)
    }

    /// Since when each policy of an account is held, as far as earlier nights have seen. Nothing when it is not to be trusted.
    pub fn grants(&self, account: &str) -> Option<GrantLog> {
        let text = files::bytes(&self.folder, &format!("grants/{account}.json"), files::ANSWERS).ok()?;
        let (body, _) = trusted(&text, account)?;
        serde_json::from_slice(body).ok()
    }

    /// Remembers that for the next night. That it fails only makes the next night's evidence less sure, so it is told once.
    pub fn keep_grants(&self, account: &str, log: &GrantLog, watch: &dyn Watch) {
        let kept = serde_json::to_vec(log).map_err(io::Error::from);
        if let Err(error) = kept.and_then(|body| self.put("grants", account, &body))
            && !self.told.swap(true, Ordering::Relaxed)
        {
            watch.forgets(&self.folder, &error);
        }
    }

    /// Puts what is remembered of an account in its place, under a line that tells what it is.
    fn put(&self, kind: &str, account: &str, body: &[u8]) -> io::Result<()> {
        let sha256 = digest(body);
        let tool = env!("CARGO_PKG_VERSION").to_owned();
        let about = About { format: FORMAT, tool, account: account.to_owned(), sha256 };
        let mut text = serde_json::to_vec(&about)?;
        text.push(b'\n');
        text.extend(body);
        let folder = self.folder.join(kind);
        let path = folder.join(format!("{account}.json"));
        // Of its own name, for another run may do the same.
        let draft = tempfile::Builder::new()
            .make_in(folder, |path| private().write(true).create_new(true).open(path))?;
        fs::write(draft.path(), &text)?;
        draft.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Remembered {
    fn of(text: &[u8], account: &str) -> Option<Self> {
        let (body, sha256) = trusted(text, account)?;
        let findings: Vec<Finding> = serde_json::from_slice(body).ok()?;
        let findings = findings.into_iter().map(|finding| (finding.id.clone(), finding)).collect();
        Some(Self { findings, sha256, set_aside: None })
    }

    fn set_aside(path: &Path) -> Self {
        let aside = path.with_extension("set-aside");
        // When even this fails, the file is written anew all the same.
        let _ = fs::rename(path, &aside);
        Self { set_aside: Some(aside), ..Self::default() }
    }

    /// The finding as it is listed tonight, with the details that were read when it last changed.
    pub(super) fn finding(&self, listed: &Finding) -> Option<Finding> {
        let known = self.findings.get(&listed.id)?;
        let same = known.updated_at.is_some()
            && known.updated_at == listed.updated_at
            && known.status == listed.status
            && known.resource == listed.resource
            && known.finding_type == listed.finding_type
            && listed.error.is_none();
        same.then(|| Finding { finding_details: known.finding_details.clone(), ..listed.clone() })
    }
}

/// What a file says, with its digest, if it is one of this version about that account and as it was written.
fn trusted<'t>(text: &'t [u8], account: &str) -> Option<(&'t [u8], String)> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let (first, body) = text.split_at_checked(end)?;
    let body = body.get(1..)?;
    let about: About = serde_json::from_slice(first).ok()?;
    let wanted = About {
        format: FORMAT,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        account: account.to_owned(),
        sha256: digest(body),
    };
    (about == wanted).then_some((body, about.sha256))
}

/// Whether a finding was read with all its details.
fn is_whole(finding: &Finding) -> bool {
    finding.failure.is_none() && finding.error.is_none() && finding.finding_details.is_some()
}

/// Without the dates that every night's list brings anew.
fn timeless(finding: &Finding) -> Finding {
    Finding { analyzed_at: None, created_at: None, ..finding.clone() }
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

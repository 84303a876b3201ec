//! Why a run cannot be gone on from, or cannot go on.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

use crate::{disk, files};

/// Why an earlier run cannot be gone on from, or why this one cannot be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A file or folder.
    #[error("cannot keep what is read in `{}`: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What an earlier run left is not to be believed.
    #[error("cannot go on from `{}`: {error}", path.display())]
    Unread {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// An account that was read waits nowhere for the others.
    #[error("what was read of account {account} cannot be kept in `{}`, where it waits for the others: {error}", path.display())]
    Lost {
        /// Which.
        account: String,
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What was kept in this run is not there any more.
    #[error("what was kept in `{}` cannot be read back: {error}", path.display())]
    Gone {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The journal cannot be read.
    #[error("`{}` is not what an interrupted run leaves behind", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
    },
    /// It was of other settings or other credentials.
    #[error("the interrupted run had other settings or other credentials")]
    OtherTerms,
    /// It was too long ago.
    #[error("the interrupted run began at {started}, and what it read is no longer of today")]
    TooOld {
        /// When it began.
        started: Timestamp,
    },
}

impl JournalError {
    /// The mend.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { error, .. } => disk::help(error)
                .or_else(|| files::help(error))
                .unwrap_or("check that the place exists, has room, and may be written"),
            Self::Unread { error, .. } => files::help(error).unwrap_or("leave --resume out to begin anew"),
            Self::Lost { .. } => "make room there; --resume goes on from the accounts that were kept",
            Self::Gone { .. } => "nothing else may clear that folder; --resume reads again what is not there",
            Self::Form { .. } | Self::TooOld { .. } => "leave --resume out to begin anew",
            Self::OtherTerms => {
                "give the settings and credentials of that run, or leave --resume out to begin anew"
            }
        }
    }
}

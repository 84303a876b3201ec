//! Why a run cannot be resumed or continued.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

use leastwise_files as files;
use leastwise_files::disk;

/// Why an earlier run cannot be gone on from, or why this one cannot be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A file or folder.
    #[error("cannot save progress in `{}`: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What an earlier run left is not to be believed.
    #[error("cannot resume from `{}`: {error}", path.display())]
    Unread {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// An account that was read waits nowhere for the others.
    #[error("cannot save account {account} in `{}`: {error}", path.display())]
    Lost {
        /// Which.
        account: String,
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What was kept in this run is not there any more.
    #[error("cannot read saved progress in `{}`: {error}", path.display())]
    Gone {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The journal cannot be read.
    #[error("`{}` is not saved progress of a scan", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
    },
    /// It was of other settings or other credentials.
    #[error("the interrupted scan used other settings or credentials")]
    OtherTerms,
    /// It was too long ago.
    #[error("the interrupted scan began at {started}, and its data is too old to continue with")]
    TooOld {
        /// When it began.
        started: Timestamp,
    },
}

impl JournalError {
    /// How to fix it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { error, .. } => disk::help(error)
                .or_else(|| files::help(error))
                .unwrap_or("check that the folder exists, has free space, and is writable"),
            Self::Unread { error, .. } => files::help(error).unwrap_or("run without --resume to start again"),
            Self::Lost { .. } => "free some space there, then continue with --resume",
            Self::Gone { .. } => "something deleted it during the scan; --resume reads it again",
            Self::Form { .. } | Self::TooOld { .. } => "run without --resume to start again",
            Self::OtherTerms => {
                "use the same settings and credentials, or run without --resume to start again"
            }
        }
    }
}

//! Why parts cannot be merged.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

use super::Shard;
use crate::SnapshotError;
use leastwise_files as files;

/// Why parts cannot be merged. Messages name parts by their folders.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PartsError {
    /// A file or folder.
    #[error("cannot read `{}`: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// An answer is not of its form.
    #[error(transparent)]
    Answer(#[from] SnapshotError),
    /// There is no part.
    #[error("no shards found in `{}`", path.display())]
    None {
        /// Where.
        path: PathBuf,
    },
    /// `part.json` is none.
    #[error("`{}` is not a shard of a scan", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
    },
    /// Made by another version.
    #[error("`{}` was written by leastwise {tool}; this is {}", path.display(), env!("CARGO_PKG_VERSION"))]
    Version {
        /// Which part.
        path: PathBuf,
        /// The version.
        tool: String,
    },
    /// A file is not as it was written.
    #[error("`{}` was modified after the shard wrote it", path.display())]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// Two numbers of shards.
    #[error("`{}` is one of {of} shards, but `{}` is one of {other_of}", path.display(), other.display())]
    Counts {
        /// A part.
        path: PathBuf,
        /// Of so many.
        of: u32,
        /// Another one.
        other: PathBuf,
        /// Of so many.
        other_of: u32,
    },
    /// The same shard twice.
    #[error("shard {} of {} exists twice: `{}` and `{}`", share.shard, share.of, path.display(), other.display())]
    Twice {
        /// Which.
        share: Shard,
        /// A part.
        path: PathBuf,
        /// Another one.
        other: PathBuf,
    },
    /// Shards that left nothing.
    #[error("{} of {of} {} missing in `{}`", numbers(shards), if shards.len() == 1 { "is" } else { "are" }, path.display())]
    Missing {
        /// Where.
        path: PathBuf,
        /// Which.
        shards: Vec<u32>,
        /// Of so many.
        of: u32,
    },
    /// Of two runs.
    #[error("`{}` belongs to {}, but `{}` to {}", path.display(), named(run), other.display(), named(other_run))]
    OtherRun {
        /// A part.
        path: PathBuf,
        /// Its run.
        run: Option<String>,
        /// Another one.
        other: PathBuf,
        /// Its run.
        other_run: Option<String>,
    },
    /// Of two days.
    #[error("`{}` was started at {at} and `{}` at {other_at}: they are of different runs", path.display(), other.display())]
    FarApart {
        /// The earliest part.
        path: PathBuf,
        /// When.
        at: Timestamp,
        /// The latest.
        other: PathBuf,
        /// When.
        other_at: Timestamp,
    },
    /// Read with other settings.
    #[error("`{}` was read with other settings, credentials or snapshot than `{}`", path.display(), other.display())]
    Settings {
        /// A part.
        path: PathBuf,
        /// Another one.
        other: PathBuf,
    },
    /// The organisation was another.
    #[error("`{}` found other accounts in the organisation than `{}`", path.display(), other.display())]
    Organisation {
        /// A part.
        path: PathBuf,
        /// Another one.
        other: PathBuf,
    },
    /// An account that belongs to another shard, or to none.
    #[error("`{}` contains account {account}, which belongs to another shard", path.display())]
    Foreign {
        /// Which part.
        path: PathBuf,
        /// The account.
        account: String,
    },
    /// An account that its shard did not read.
    #[error("`{}` lacks account {account}", path.display())]
    Lacks {
        /// Which part.
        path: PathBuf,
        /// The account.
        account: String,
    },
}

impl PartsError {
    /// How to fix it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { error, .. } => files::help(error)
                .unwrap_or("check that this is the folder given with --parts, and that it is readable"),
            Self::None { .. } => "give the folder that the shards were given with --parts",
            Self::Answer(_) | Self::Form { .. } | Self::Changed { .. } => {
                "run that shard again; if you copied it, copy it again"
            }
            Self::Version { .. } => "run all shards and the merge with the same version of leastwise",
            Self::Counts { .. } => {
                "delete the shards of the other run, or use a separate folder for each run with --parts"
            }
            Self::Twice { .. } => "delete the one that does not belong to this run",
            Self::Missing { .. } => {
                "run the missing shards with the same --parts and settings, then merge again"
            }
            Self::OtherRun { .. } | Self::FarApart { .. } => {
                "run the shard of the other run again, or use a separate folder for each run"
            }
            Self::Settings { .. } => "run all shards with the same configuration, options and credentials",
            Self::Organisation { .. } => {
                "accounts were added, removed or changed between the shards; run the earlier shards again"
            }
            Self::Foreign { .. } | Self::Lacks { .. } => "run that shard again",
        }
    }
}

fn numbers(shards: &[u32]) -> String {
    const SHOWN: usize = 20;
    let mut numbers: Vec<String> = shards.iter().take(SHOWN).map(ToString::to_string).collect();
    if shards.len() > SHOWN {
        numbers.push(format!("{} more", shards.len() - SHOWN));
    }
    format!(
        "shard{} {}",
        if shards.len() == 1 { "" } else { "s" },
        numbers.join(", ")
    )
}

fn named(run: &Option<String>) -> String {
    run.as_ref()
        .map_or_else(|| "an unnamed run".to_owned(), |run| format!("run `{run}`"))
}

//! What can go wrong in a run, worded for the person who typed the command.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::scan::selection::SelectionError;
use crate::RefineError;
use crate::aws::live::ConnectError;
use crate::aws::parts::PartsError;
use crate::aws::{JournalError, SnapshotError, StateError};
use crate::catalog::CatalogError;
use crate::cli::Exit;
use crate::config::Problem;
use crate::disk;
use crate::evidence::{EvidenceError, Failure, FailureKind};
use crate::files;
use crate::policy::PolicyError;
use crate::report::FolderError;
use crate::report::writer::WriteError;
use crate::update::UpdateError;

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub(super) enum RunError {
    #[error("cannot read `{input}`: {error}")]
    Read { input: String, error: io::Error },
    #[error("standard input is named twice")]
    TwiceStdin,
    #[error("`{input}` is not a policy: {error}")]
    Policy { input: String, error: PolicyError },
    #[error("`{input}` is not evidence: {error}")]
    Evidence { input: String, error: EvidenceError },
    #[error("`{input}` is not a catalog: {error}")]
    Catalog { input: String, error: CatalogError },
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error("`{input}`: {error}")]
    Refine { input: String, error: RefineError },
    #[error("`{}` is not a snapshot: {error}", folder.display())]
    Snapshot { folder: PathBuf, error: SnapshotError },
    /// Instead of a snapshot it is a report.
    #[error("`{}` is a report, and no snapshot", .0.display())]
    ReportAsSnapshot(PathBuf),
    /// A report that was to be read again.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Nobody but the version that wrote a report can make its files again.
    #[error("`{}` was written by leastwise {tool}, and this is {}", folder.display(), env!("CARGO_PKG_VERSION"))]
    OtherVersion { folder: PathBuf, tool: String },
    #[error("the accounts of the organisation could not be read: {0}")]
    Organisation(Failure),
    #[error(transparent)]
    Selection(#[from] SelectionError),
    #[error(transparent)]
    NothingRead(Box<NothingRead>),
    #[error("there is no account to read, so nothing was written{}: {}", as_it_was(earlier), all(*accounts))]
    NothingToRead { accounts: usize, earlier: Option<String> },
    #[error(transparent)]
    Connect(ConnectError),
    #[error("the configuration has {} problems", .0.len())]
    Config(Vec<Problem>),
    #[error("stopped; no report was written{}", as_it_was(earlier))]
    Stopped { kept: bool, earlier: Option<String> },
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What nightly runs remember.
    #[error(transparent)]
    State(#[from] StateError),
    /// What shards left.
    #[error(transparent)]
    Parts(#[from] PartsError),
    #[error("--shard auto wants AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX, and neither is set")]
    NoIndex,
    #[error("{variable} is `{found}`, and {of} shards are counted from 0 to {} there", of - 1)]
    BadIndex { variable: &'static str, found: String, of: u32 },
    #[error("--catalog cannot be used with --shard: a shard reads answers, and goes by no list of actions")]
    ShardCatalog,
    #[error("`{arn}` is not of the account {account}, which is to be trusted")]
    OtherCaller { arn: String, account: String },
    #[error("organisational units are named, and the shards did not ask where accounts are")]
    NoUnits,
    #[error("an account's work ended before it was done: {0}")]
    Task(tokio::task::JoinError),
    #[error("the report is still being written; a defect of leastwise")]
    Busy,
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    #[error("`{path}`: {error}")]
    Json { path: String, error: serde_json::Error },
    #[error(
        "account {account}: {counted} principals are in statuses and {population} were read; a defect of leastwise"
    )]
    Lost { account: String, counted: usize, population: usize },
    #[error(transparent)]
    Report(#[from] WriteError),
    #[error("`{}` holds no report", folder.display())]
    NoReports { folder: PathBuf },
    #[error("`{path}` is there already")]
    Exists { path: String },
    #[error("cannot write `{path}`: {error}")]
    WriteTo { path: String, error: io::Error },
    #[error("cannot write `{path}`: it is in the report, which is replaced as a whole")]
    InReport { path: String },
    #[error("cannot write the result: {0}")]
    Write(#[from] io::Error),
}

impl RunError {
    /// The mend.
    pub(super) fn help(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Connect(error) => Some(error.help()),
            Self::Selection(error) => Some(error.help().into()),
            Self::NothingRead(nothing) => nothing.help.as_deref().map(Cow::Borrowed),
            Self::Update(error) => Some(error.help()),
            other => other.lasting_help().map(Cow::Borrowed),
        }
    }

    /// The mend where it does not depend on the environment.
    fn lasting_help(&self) -> Option<&'static str> {
        match self {
            Self::Read { error, .. } => files::help_to_read(error),
            Self::Snapshot { error: SnapshotError::Read { error, .. }, .. }
                if files::help(error).is_some() =>
            {
                files::help(error)
            }
            Self::Organisation(failure) if failure.kind == FailureKind::Expired => {
                Some("log in again (`aws sso login`)")
            }
            // Without a list of accounts the caller's own is read; what is refused is where accounts are.
            Self::Organisation(failure)
                if failure.kind == FailureKind::Denied && failure.operation != "ListAccounts" =>
            {
                Some(
                    "the config names organisational units, and where accounts are is told to the management account and to \
                 delegated administrators only; use credentials of those, or name accounts by id",
                )
            }
            Self::Snapshot { .. } => {
                Some("name a folder that `leastwise capture` wrote, or mocks/acme of the source code")
            }
            Self::ReportAsSnapshot(_) => Some(
                "name a folder that `leastwise capture` wrote; `leastwise verify` and `leastwise compare` read reports",
            ),
            Self::Folder(error) => error.help(),
            Self::OtherVersion { .. } => {
                Some("use the leastwise that wrote it; its manifest.json names the version as `tool`")
            }
            Self::NothingToRead { .. } => Some("check that the credentials are of the organisation you mean"),
            Self::Report(error) => Some(error.help()),
            Self::Journal(error) => Some(error.help()),
            Self::State(error) => Some(error.help()),
            Self::Parts(error) => Some(error.help()),
            Self::NoIndex => Some("run it in an array job, or give the number: --shard 1/8"),
            Self::BadIndex { .. } => Some("give --shard auto/N the number of jobs in the array for N"),
            Self::OtherCaller { .. } => Some("give the account of the caller to --trust"),
            Self::ShardCatalog => Some("give it to `leastwise merge`"),
            Self::NoUnits => Some("give the shards the same --config, and the same --split-by"),
            Self::Stopped { kept: true, .. } => Some("what was read is kept: go on with --resume"),
            Self::TwiceStdin => Some("give `-` for one input and files for the others"),
            Self::Policy { error, .. } => Some(error.help()),
            Self::Evidence { error, .. } => Some(error.help()),
            Self::Catalog { .. } => {
                Some("give {\"s3\":[\"GetObject\"]}, or a folder of AWS service-reference files")
            }
            Self::NoReports { .. } => {
                Some("give the folder in which the folders are that scans wrote with --out")
            }
            Self::Exists { .. } => Some("give --force to replace it, or another name with --out"),
            Self::InReport { .. } => Some("name a place beside the report"),
            Self::WriteTo { error, .. } if disk::help(error).is_some() => disk::help(error),
            Self::WriteTo { error, .. } if error.kind() == io::ErrorKind::NotFound => {
                Some("make its folder first")
            }
            Self::WriteTo { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                Some("check who may write in its folder")
            }
            Self::Runtime(_) => Some("let it open more files: `ulimit -n` tells how many it may"),
            Self::Refine { error: RefineError::DoesNotFit(_), .. } => Some(
                "leave --kind out to see the whole result, and divide its statements among several policies",
            ),
            Self::Refine { error: RefineError::Refuted(_), .. } => Some(
                "this is a defect of leastwise, and nothing was given out; please report it with these inputs",
            ),
            _ => None,
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::TwiceStdin
            | Self::Config(_)
            | Self::Selection(_)
            | Self::Connect(ConnectError::NoProfile { .. })
            | Self::NoIndex
            | Self::BadIndex { .. }
            | Self::OtherCaller { .. }
            | Self::ShardCatalog => Exit::Usage,
            Self::Refine { error: RefineError::Refuted(_), .. } => Exit::Refuted,
            _ => Exit::Failed,
        }
    }
}

fn all(accounts: usize) -> String {
    match accounts {
        0 => "none is listed".to_owned(),
        1 => "the only one is suspended or closed".to_owned(),
        many => format!("all {many} are suspended or closed"),
    }
}

/// That no account could be read: the first of them and why.
#[derive(Debug, Error)]
#[error("no account could be read, so nothing was written{}: {account}: {failure}{}", as_it_was(earlier), others(*failed))]
pub(super) struct NothingRead {
    pub(super) account: String,
    pub(super) failure: Failure,
    /// How many there are.
    pub(super) failed: usize,
    pub(super) earlier: Option<String>,
    pub(super) help: Option<String>,
}

/// What has become of an earlier report.
fn as_it_was(earlier: &Option<String>) -> String {
    earlier.as_ref().map(|path| format!(", and `{path}` is as it was")).unwrap_or_default()
}

/// How many accounts beside the one that is named.
fn others(failed: usize) -> String {
    match failed {
        0 | 1 => String::new(),
        2 => "; 1 other account failed as well".to_owned(),
        many => format!("; {} other accounts failed as well", many - 1),
    }
}

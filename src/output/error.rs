//! What can go wrong in a run, worded for the person who typed the command.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::cli::Exit;
use crate::config::Problem;
use crate::scan::selection::SelectionError;
use leastwise_aws::live::ConnectError;
use leastwise_aws::parts::PartsError;
use leastwise_aws::update::UpdateError;
use leastwise_aws::{JournalError, SnapshotError, StateError};
use leastwise_core::RefineError;
use leastwise_core::catalog::CatalogError;
use leastwise_core::evidence::{EvidenceError, Failure, FailureKind};
use leastwise_core::policy::PolicyError;
use leastwise_files as files;
use leastwise_files::disk;
use leastwise_report::folder::FolderError;
use leastwise_report::folder::writer::WriteError;

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    #[error("cannot read `{input}`: {error}")]
    Read { input: String, error: io::Error },
    #[error("standard input (`-`) is given twice")]
    TwiceStdin,
    #[error("`{input}` is not an IAM policy: {error}")]
    Policy { input: String, error: PolicyError },
    #[error("`{input}` is not usage data: {error}")]
    Evidence { input: String, error: EvidenceError },
    #[error("`{input}` is not a list of IAM actions: {error}")]
    Catalog { input: String, error: CatalogError },
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error("`{input}`: {error}")]
    Refine { input: String, error: RefineError },
    #[error("`{}` is not a snapshot: {error}", folder.display())]
    Snapshot { folder: PathBuf, error: SnapshotError },
    /// Instead of a snapshot it is a report.
    #[error("`{}` is a report, not a snapshot", .0.display())]
    ReportAsSnapshot(PathBuf),
    /// A report that was to be read again.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Only the version that wrote a report can reproduce its files.
    #[error("`{}` was written by leastwise {tool}; this is {}", folder.display(), env!("CARGO_PKG_VERSION"))]
    OtherVersion { folder: PathBuf, tool: String },
    /// A report that AWS is to be asked about is not as it was written.
    #[error("`{}` does not verify: {first}{}", folder.display(), other_problems(*problems))]
    NotVerified {
        folder: PathBuf,
        problems: usize,
        first: String,
    },
    #[error("stopped: {done} of {total} changes are checked, and their results are saved")]
    CheckStopped { done: usize, total: usize },
    /// It says who defines a policy.
    #[error("`{input}`: {error}")]
    TerraformState {
        input: String,
        error: leastwise_code::state::TerraformError,
    },
    #[error("cannot list the accounts of the organisation: {0}")]
    Organisation(Failure),
    #[error(transparent)]
    Selection(#[from] SelectionError),
    #[error(transparent)]
    NothingRead(Box<NothingRead>),
    #[error("no account to scan ({}); nothing was written{}", all(*accounts), as_it_was(earlier))]
    NothingToRead {
        accounts: usize,
        earlier: Option<String>,
    },
    #[error(transparent)]
    Connect(ConnectError),
    #[error("the configuration has {} errors", .0.len())]
    Config(Vec<Problem>),
    #[error("stopped: nothing was written{}", as_it_was(earlier))]
    Stopped { kept: bool, earlier: Option<String> },
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What nightly runs remember.
    #[error(transparent)]
    State(#[from] StateError),
    /// What shards left.
    #[error(transparent)]
    Parts(#[from] PartsError),
    #[error("--shard auto needs AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX; neither is set")]
    NoIndex,
    #[error("{variable} is `{found}`, but must be from 0 to {} for {of} shards", of - 1)]
    BadIndex {
        variable: &'static str,
        found: String,
        of: u32,
    },
    #[error("--catalog cannot be used with --shard: a shard only reads from AWS")]
    ShardCatalog,
    #[error("`{arn}` does not belong to the trusted account {account}")]
    OtherCaller { arn: String, account: String },
    #[error("the configuration uses organisational units, but the shards did not read them")]
    NoUnits,
    #[error("the work on an account ended early (a bug): {0}")]
    Task(tokio::task::JoinError),
    #[error("the report is still being written (a bug)")]
    Busy,
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    #[error("`{path}`: {error}")]
    Json { path: String, error: serde_json::Error },
    #[error(
        "account {account}: {counted} principals have a status, but {population} were read (a bug; please report it)"
    )]
    Lost {
        account: String,
        counted: usize,
        population: usize,
    },
    #[error(transparent)]
    Report(#[from] WriteError),
    #[error("the report `{}` has no change `{change}`", folder.display())]
    NoChange { change: String, folder: PathBuf },
    #[error("`{}` is not a CloudTrail file", path.display())]
    NotATrail { path: PathBuf },
    #[error("`{}` is not the result of the query", path.display())]
    NotAQueryResult { path: PathBuf },
    #[error("no leastwise report found in `{}`", folder.display())]
    NoReports { folder: PathBuf },
    #[error("no code is called `{code}`")]
    UnknownCode { code: String, near: Option<String> },
    #[error("`{path}` already exists")]
    Exists { path: String },
    #[error("cannot write `{path}`: {error}")]
    WriteTo { path: String, error: io::Error },
    #[error("cannot write `{path}`: it is inside the report folder, which every scan replaces")]
    InReport { path: String },
    #[error("cannot write the result: {0}")]
    Write(#[from] io::Error),
}

impl RunError {
    /// How to fix it.
    pub(crate) fn help(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Connect(error) => Some(error.help()),
            Self::Selection(error) => Some(error.help().into()),
            Self::NothingRead(nothing) => nothing.help.as_deref().map(Cow::Borrowed),
            Self::Update(error) => Some(error.help()),
            Self::UnknownCode { near: Some(near), .. } => Some(format!("did you mean `{near}`?").into()),
            other => other.lasting_help().map(Cow::Borrowed),
        }
    }

    /// How to fix it, if that does not depend on the environment.
    fn lasting_help(&self) -> Option<&'static str> {
        match self {
            Self::Read { error, .. } => files::help_to_read(error),
            Self::Snapshot {
                error: SnapshotError::Read { error, .. },
                ..
            } if files::help(error).is_some() => files::help(error),
            Self::Organisation(failure) if failure.kind == FailureKind::Expired => {
                Some("log in again (`aws sso login`)")
            }
            // Without a list of accounts the caller's own is read; what is refused is where accounts are.
            Self::Organisation(failure)
                if failure.kind == FailureKind::Denied && failure.operation != "ListAccounts" =>
            {
                Some(
                    "the configuration uses organisational units, which only the management account and delegated \
                 administrators can list; use their credentials, or give account IDs",
                )
            }
            Self::Snapshot { .. } => Some(
                "record a snapshot with `leastwise capture --out DIR`, or use mocks/acme of the source code",
            ),
            Self::ReportAsSnapshot(_) => Some(
                "record a snapshot with `leastwise capture --out DIR`; `leastwise verify` and `leastwise compare` read reports",
            ),
            Self::Folder(error) => error.help(),
            Self::OtherVersion { .. } => {
                Some("use the leastwise that wrote it; its manifest.json names the version as `tool`")
            }
            Self::NotVerified { .. } => {
                Some("run `leastwise verify` to see all problems; restore the files, or scan again")
            }
            Self::CheckStopped { .. } => Some("run the same command again to continue"),
            Self::NothingToRead { .. } => Some("check that the credentials belong to the right organisation"),
            Self::Report(error) => Some(error.help()),
            Self::Journal(error) => Some(error.help()),
            Self::State(error) => Some(error.help()),
            Self::Parts(error) => Some(error.help()),
            Self::NoIndex => Some("run it in an array job, or give the shard, for example --shard 1/8"),
            Self::BadIndex { .. } => Some("set N of --shard auto/N to the number of jobs in the array"),
            Self::OtherCaller { .. } => Some("give --trust the account of the caller"),
            Self::ShardCatalog => Some("give --catalog to `leastwise merge`"),
            Self::NoUnits => Some("run the shards and the merge with the same --config and --split-by"),
            Self::Stopped { kept: true, .. } => Some("what was read so far is saved; continue with --resume"),
            Self::TwiceStdin => Some("only one input can be `-`"),
            Self::Policy { error, .. } => Some(error.help()),
            Self::Evidence { error, .. } => Some(error.help()),
            Self::TerraformState { error, .. } => Some(error.help()),
            Self::Catalog { .. } => Some(
                "use a file such as {\"s3\":[\"GetObject\"]}, or a folder of AWS service-reference files",
            ),
            Self::NoChange { .. } => Some("`bash changes/apply.sh` in the report folder lists the changes"),
            Self::NotATrail { .. } => {
                Some("give a folder, a .json or .json.gz file, or the .csv result of the Athena query")
            }
            Self::NotAQueryResult { .. } => Some(
                "run the query of `leastwise watch REPORT_DIR --print-query athena` and give the CSV that Athena wrote",
            ),
            Self::NoReports { .. } => Some("give the folder that contains the report folders"),
            Self::UnknownCode { .. } => Some("`leastwise explain` lists all codes"),
            Self::Exists { .. } => Some("replace it with --force, or choose another file with --out"),
            Self::InReport { .. } => Some("choose a path outside the report folder"),
            Self::WriteTo { error, .. } if disk::help(error).is_some() => disk::help(error),
            Self::WriteTo { error, .. } if error.kind() == io::ErrorKind::NotFound => {
                Some("create the folder first")
            }
            Self::WriteTo { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                Some("check the permissions of the folder")
            }
            Self::Runtime(_) => Some("raise the limit of open files (`ulimit -n`)"),
            Self::Refine {
                error: RefineError::DoesNotFit(_),
                ..
            } => Some(
                "run without --kind to see the full result, and split its statements into several policies",
            ),
            Self::Refine {
                error: RefineError::Refuted(_),
                ..
            } => Some(
                "this is a bug in leastwise, and no result was printed; please report it with these inputs",
            ),
            _ => None,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::TwiceStdin
            | Self::NoChange { .. }
            | Self::UnknownCode { .. }
            | Self::NotATrail { .. }
            | Self::Config(_)
            | Self::Selection(_)
            | Self::Connect(ConnectError::NoProfile { .. })
            | Self::TerraformState { .. }
            | Self::NoIndex
            | Self::BadIndex { .. }
            | Self::OtherCaller { .. }
            | Self::ShardCatalog => Exit::Usage,
            Self::Refine {
                error: RefineError::Refuted(_),
                ..
            } => Exit::Refuted,
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
#[error("no account could be scanned. {account}: {failure}{}. Nothing was written{}", others(*failed), as_it_was(earlier))]
pub(crate) struct NothingRead {
    pub(crate) account: String,
    pub(crate) failure: Failure,
    /// How many there are.
    pub(crate) failed: usize,
    pub(crate) earlier: Option<String>,
    pub(crate) help: Option<String>,
}

/// Whether an earlier report is unchanged.
fn as_it_was(earlier: &Option<String>) -> String {
    earlier
        .as_ref()
        .map(|path| format!("; `{path}` is unchanged"))
        .unwrap_or_default()
}

/// How many problems beside the one that is named.
fn other_problems(problems: usize) -> String {
    match problems {
        0 | 1 => String::new(),
        2 => "; there is 1 other problem".to_owned(),
        many => format!("; there are {} other problems", many - 1),
    }
}

/// How many accounts beside the one that is named.
fn others(failed: usize) -> String {
    match failed {
        0 | 1 => String::new(),
        2 => "; 1 other account failed as well".to_owned(),
        many => format!("; {} other accounts failed as well", many - 1),
    }
}

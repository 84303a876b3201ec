//! Arguments, help texts and exit codes. No logic.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::config::{FILE_NAME, Form};
use crate::report::FileHash;

mod compare;
mod fail_on;
mod manual;
mod overrides;
mod refine;
mod shard;

pub use self::compare::Compare;
use self::compare::{COMPARE_HELP, COMPARE_USAGE};
pub use self::fail_on::FailOn;
use self::manual::{COMPLETIONS_HELP, MAN_HELP};
pub use self::manual::{Completions, Man};
use self::refine::REFINE_HELP;
pub use self::refine::{KindArg, Prove, ProveFormat, Refine, RefineFormat};
use self::shard::MERGE_HELP;
pub use self::shard::{Merge, ShardArgs, Which};

/// How a run ended, for the shell. When several hold, the first of `Failed`, `Refuted`, `Incomplete` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: finished.
    Finished,
    /// 1: failed.
    Failed,
    /// 2: wrong usage or config.
    Usage,
    /// 3: finished, but part of the input could not be read.
    Incomplete,
    /// 4: a recommendation was refuted. That is a defect; nothing of it was given out.
    Refuted,
    /// 5: what `--fail-on` names was found.
    Found,
}

impl Exit {
    /// What the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Finished => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Refuted => 4,
            Self::Found => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What stands below every help text.
const EXIT_CODES: &str = "\
Exit codes:
  0  finished
  1  failed
  2  wrong usage
  3  finished, but part of the input could not be read
  4  a recommendation was refuted: a defect, nothing of it was given out";

/// Smaller, proven IAM policies, from what Access Analyzer says is unused.
///
/// leastwise removes unused permissions from IAM policies and keeps everything else as the author wrote it. Before a
/// result is shown, a checker proves it against the evidence; that AWS saw every use is not proven. leastwise never writes
/// to AWS.
#[derive(Debug, Parser)]
#[command(name = "leastwise", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What leastwise can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read an organisation's accounts and write a report of smaller policies
    ///
    /// Reads every account's roles, users and policies and what Access Analyzer, or IAM's last-accessed data, says is unused,
    /// reduces the policies where that allows it, proves every result against it, and writes a report folder. It only reads
    /// from AWS.
    #[command(after_help = SCAN_HELP)]
    Scan(Box<Scan>),
    /// Record everything that a scan reads, as a snapshot
    ///
    /// `leastwise scan --snapshot` of it gives the report that a scan of AWS would have given. It holds policies and findings,
    /// no secrets, and deserves the care that a report does.
    #[command(after_help = EXIT_CODES)]
    Capture(Box<Capture>),
    /// Join what the shards of a scan have read into one report
    ///
    /// Checks that the parts are there, whole and of one run, decides over all accounts together, and writes the report that
    /// one process would have written, byte for byte but for manifest.json. Which accounts were read, and how, is the
    /// shards' to say. AWS is not asked.
    #[command(after_help = MERGE_HELP)]
    Merge(Box<Merge>),
    /// Prove every recommendation of a report again, make its other files again, and check every hash, without AWS
    ///
    /// It tells whether the report agrees with itself: what follows from that, and how to sign a report, is in SECURITY.md.
    #[command(after_help = EXIT_CODES)]
    Verify(Verify),
    /// Say what is new, changed, resolved or back from one report to a later one, or how all reports of a folder went
    ///
    /// With two reports it says what became of each principal's policies, and which actions are used every so often. With
    /// --trend it reads the totals of every report in a folder, ordered by when their runs began, and prints them as JSON, or
    /// draws them with --out.
    #[command(after_help = COMPARE_HELP, override_usage = COMPARE_USAGE)]
    Compare(Compare),
    /// Print the JSON Schema of a file of the report
    #[command(after_help = EXIT_CODES)]
    Schema(Schema),
    /// Print the exact read-only policy that a scan needs
    ///
    /// It is made from the list of operations that the program can call, and holds nothing else.
    IamPolicy(IamPolicy),
    /// Remove unused permissions from one policy, or from many
    ///
    /// Prints the smaller policy on standard output and nothing else; `null` when nothing is left of it, a list when it
    /// had to be split to fit its quota. What is printed has been proven against the evidence: nothing is gained, exactly the
    /// unused is removed, what stays is what the author wrote, and what the evidence saw in use is still allowed.
    #[command(after_help = REFINE_HELP)]
    Refine(Refine),
    /// Check a smaller policy against the one it was made from
    ///
    /// Says `proven`, `undecided` or `refuted`, all of it about the evidence that is given; a refutation names an action that
    /// shows it, where one does.
    #[command(after_help = EXIT_CODES)]
    Prove(Prove),
    /// Show or update the list of all IAM actions
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Write a configuration file with every key, its default and why
    ///
    /// What it writes changes nothing until it is edited: every key that it sets has its default.
    #[command(after_help = EXIT_CODES)]
    Init(Init),
    /// Print the completions of a shell
    ///
    /// They are made from the arguments that this program takes, and know the commands, options and values of this version.
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(Completions),
    /// Print the manual page, or write one for each command
    #[command(after_help = MAN_HELP)]
    Man(Man),
}

const SCAN_HELP: &str = "\
Examples:
  leastwise scan --snapshot mocks/acme --out report
  leastwise scan --profile audit --exclude 'sandbox-*'
  leastwise scan --log-format json -v 2> scan.jsonl
  leastwise scan --shard 3/8 --parts parts
  leastwise verify report

Environment, beside what the AWS SDK reads and LEASTWISE_*:
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY  the proxy on the way to AWS: http://[user:password@]host:port
  NO_PROXY                            hosts and domains that are called without it
  AWS_CA_BUNDLE                       a PEM file of root certificates, in place of the system's

Exit codes:
  0  finished
  1  failed, or no account could be read: what is at --out stays as it was
  2  wrong usage or config
  3  finished, but some accounts could not be read
  4  a recommendation was refuted: a defect, nothing of it was published
  5  what --fail-on names was found";

/// What is read, and how. Whatever is left out comes from the environment (`LEASTWISE_*`), then from the config.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Read recorded answers from this folder instead of AWS
    #[arg(long, value_name = "DIR")]
    pub snapshot: Option<PathBuf>,
    /// The config; else ./leastwise.toml, else $XDG_CONFIG_HOME/leastwise/leastwise.toml
    #[arg(long, value_name = "FILE", env = "LEASTWISE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Use the credentials of this AWS profile and no others [default: the AWS SDK's usual chain]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Where the analyzer is looked for; else AWS_REGION or the profile says
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The role to assume in each account
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Only the account of the credentials, without asking AWS Organizations
    #[arg(long, conflicts_with = "accounts")]
    pub own_account: bool,
    /// These accounts, by id, without asking AWS Organizations; of a snapshot only these
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub accounts: Vec<String>,
    /// Only these accounts: ids, organisational units, or names with `*`
    #[arg(long, value_name = "WHICH", value_delimiter = ',')]
    pub include: Vec<String>,
    /// Not these accounts
    #[arg(long, value_name = "WHICH", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Where evidence comes from: auto, analyzer or last-accessed
    #[arg(long, value_name = "SOURCE")]
    pub evidence: Option<String>,
    /// For last-accessed data: what was not used for so many days is unused [default: 90]
    #[arg(long, value_name = "DAYS")]
    pub window_days: Option<u32>,
    /// The ARN of the analyzer; else it is looked for
    #[arg(long, value_name = "ARN")]
    pub analyzer: Option<String>,
    /// Go on from what an interrupted run has read, or read again only what could not be read
    #[arg(long, conflicts_with = "snapshot")]
    pub resume: bool,
    /// Remember findings in this folder, and ask only for those that changed since they were remembered
    #[arg(long, value_name = "DIR", conflicts_with = "snapshot")]
    pub state: Option<PathBuf>,
}

/// What is said on standard error while a command works.
#[derive(Debug, Args)]
pub struct SayArgs {
    /// Say nothing but errors: no progress, no warnings, no summary
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: -v when an account begins and ends, -vv each call that is repeated, throttled or has to wait
    #[arg(long, short, action = ArgAction::Count)]
    pub verbose: u8,
    /// How it is said on standard error
    ///
    /// Events: run-began, config-found, caller, run-resumed, progress, account-began, account-ended, account-skipped,
    /// call-throttled, call-repeated, call-waited, compare-warning, fail-on, scan-ended, capture-ended, shard-ended,
    /// own-account-only, administrators-unknown, administrator-closed, first-night, evidence-too-old, catalog-warning,
    /// journal-not-kept, journal-doubted, state-not-kept, state-set-aside, state-contradicted, state-doubted, rule-warning, little-room, config-problem, run-failed.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// How something is said on standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people: bars on a terminal, a few plain lines elsewhere
    #[default]
    Text,
    /// For programs: one JSON object a line, errors included, with time, level, event and the id of the run
    Json,
}

/// `leastwise scan`
#[derive(Debug, Args)]
pub struct Scan {
    /// What is read, and how
    #[command(flatten)]
    pub source: SourceArgs,
    /// Which part of the accounts
    #[command(flatten)]
    pub shard: ShardArgs,
    /// The report
    #[command(flatten)]
    pub report: ReportArgs,
    /// What is said meanwhile
    #[command(flatten)]
    pub say: SayArgs,
}

/// What becomes of the answers.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What to recommend for a policy that several share: in-place, fork or both [default: in-place]
    #[arg(long, value_name = "HOW")]
    pub shared: Option<String>,
    /// What becomes of `*`: split into the services that stay, or open, NotAction with what is unused [default: split]
    #[arg(long, value_name = "HOW")]
    pub wildcards: Option<String>,
    /// Never remove what these action patterns match
    #[arg(long, value_name = "ACTION", value_delimiter = ',')]
    pub keep: Vec<String>,
    /// Write no smaller policy where confidence is lower: low, medium or high [default: medium]
    #[arg(long, value_name = "LEVEL")]
    pub min_confidence: Option<String>,
    /// Where the report goes; an earlier report there is replaced [default: report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Beside JSON write the report in these formats only: changes, csv, html, ocsf, sarif, summary, tickets, and
    /// on request asff, cloudformation, terraform; json writes no other [default: all but those on request]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub format: Vec<String>,
    /// Exit with 5 when one of these is found: unused, risk>=POINTS, new
    ///
    /// `unused`: a policy can be smaller, or a principal, an access key or a password is unused. `risk>=POINTS`: one change
    /// removes so many points of risk or more. `new`: since the report of --previous a change is new, reopened or regressed, or
    /// a principal, an access key or a password is newly unused. What was found is always said.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', requires_if("new", "previous"))]
    pub fail_on: Vec<FailOn>,
    /// Write the run's figures to this file, as OpenMetrics text for a collector
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Also write packs that contain nobody else's data: by owner (the config's owner-tag; else the account), account or ou
    #[arg(long, value_name = "WHOM")]
    pub split_by: Option<String>,
    /// An earlier report: history.json says what is new, the same, resolved or back since then
    ///
    /// When it is not there yet this is the first night, and everything is new. Away from a terminal only what is new since then
    /// is said, and what is wrong: a run that finds nothing to do says nothing.
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
    /// Mark the changes that were the same for N nights running, tonight included, as ready
    ///
    /// A night counts when its evidence is of a later day than that of the night before. What is used every so often is not ready.
    #[arg(long, value_name = "N", requires = "previous")]
    pub ready_after: Option<u32>,
    /// The list of actions to go by
    #[command(flatten)]
    pub catalog: CatalogArg,
}

/// `leastwise capture`
#[derive(Debug, Args)]
pub struct Capture {
    /// Where the snapshot goes; an earlier one there is replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What is read, and how
    #[command(flatten)]
    pub source: SourceArgs,
    /// What is said meanwhile
    #[command(flatten)]
    pub say: SayArgs,
}

/// `leastwise schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Which file
    #[arg(value_enum, value_name = "FILE")]
    pub file: SchemaOf,
}

/// A file that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `accounts/<id>.json`
    Account,
    /// findings.csv: its columns, each with what it means
    Csv,
    /// manifest.json
    Manifest,
    /// report.json
    Report,
}

/// `leastwise iam-policy`
#[derive(Debug, Args)]
pub struct IamPolicy {
    /// Print the role of the member accounts instead, as a CloudFormation template for a StackSet
    ///
    /// The role trusts this account: that of the credentials that the scan runs with. Without it every other account fails with
    /// `AssumeRole denied`.
    #[arg(long, value_name = "ACCOUNT_ID", value_parser = account_id)]
    pub trust: Option<String>,
    /// The name of the role in the member accounts
    #[arg(long, value_name = "NAME", default_value = "leastwise-reader", value_parser = Form::Role.parser())]
    pub role: String,
    /// The external id that the role asks for
    #[arg(long, value_name = "ID", requires = "trust", value_parser = Form::ExternalId.parser())]
    pub external_id: Option<String>,
    /// Trust this role or user of the account alone
    ///
    /// Without it the role trusts the account as a whole: whoever its policies let assume the role. Of a role, not of its
    /// session: `arn:aws:iam::111111111111:role/leastwise-scan`.
    #[arg(long, value_name = "ARN", requires = "trust", value_parser = Form::PrincipalArn.parser())]
    pub caller: Option<String>,
}

fn account_id(text: &str) -> Result<String, &'static str> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an account id has twelve digits"),
    }
}

/// `leastwise verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The report's folder
    #[arg(value_name = "REPORT_DIR")]
    pub report: PathBuf,
    /// Refuse the report unless its manifest.json has this SHA-256, which was kept elsewhere
    #[arg(long, value_name = "HEX", value_parser = sha256)]
    pub manifest_sha256: Option<FileHash>,
    /// The list of actions that the report was made with, where it is not the embedded one
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
}

/// A SHA-256, as a command line has it.
fn sha256(text: &str) -> Result<FileHash, &'static str> {
    FileHash::read(text).ok_or("a SHA-256 has 64 hexadecimal digits")
}

/// The choice of a catalog.
#[derive(Debug, Args)]
pub struct CatalogArg {
    /// The list of actions to go by: {"s3":["GetObject"]}, or a folder of AWS service-reference files
    ///
    /// Left out, it is the one that `leastwise catalog update` fetched if that is newer, else the embedded one.
    #[arg(long, value_name = "FILE", env = "LEASTWISE_CATALOG")]
    pub catalog: Option<PathBuf>,
}

/// `leastwise catalog`
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Say which catalog is in use: version, date, services, actions, digest, age
    Info(CatalogArg),
    /// Fetch AWS's own list of actions into the user's cache directory
    Update(CatalogUpdate),
}

/// `leastwise catalog update`
#[derive(Debug, Args)]
pub struct CatalogUpdate {
    /// Read the files from a folder, or from a mirror of AWS's service reference
    #[arg(long, value_name = "DIR|URL")]
    pub from: Option<String>,
    /// Accept an answer in which a service lost more than a fifth of its actions
    #[arg(long)]
    pub force: bool,
}

/// `leastwise init`
#[derive(Debug, Args)]
pub struct Init {
    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
    /// The file to write; `-` prints it
    #[arg(long, value_name = "FILE", default_value = FILE_NAME)]
    pub out: PathBuf,
}

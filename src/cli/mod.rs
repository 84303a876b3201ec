//! Arguments, help texts and exit codes. No logic.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Style};
use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::config::{FILE_NAME, Form};
use leastwise_core::report::FileHash;

mod check;
mod compare;
mod fail_on;
mod manual;
mod overrides;
mod refine;
mod scan;
mod shard;
mod watch;

use self::check::CHECK_HELP;
pub use self::check::{Check, CheckFailOn, Dollars};
pub use self::compare::Compare;
use self::compare::{COMPARE_HELP, COMPARE_USAGE};
pub use self::fail_on::FailOn;
use self::manual::{COMPLETIONS_HELP, EXPLAIN_HELP, MAN_HELP};
pub use self::manual::{Completions, Explain, Man};
pub use self::refine::{KindArg, Prove, ProveFormat, Refine, RefineFormat};
use self::refine::{PROVE_HELP, REFINE_HELP, REFINE_SHORT_HELP};
pub use self::scan::{Capture, LogFormat, ReportArgs, SayArgs, Scan, SourceArgs, StateArg};
use self::scan::{EVIDENCE_HEADING, SCAN_HELP, SCAN_SHORT_HELP};
use self::shard::MERGE_HELP;
pub use self::shard::{Merge, ShardArgs, Which};
use self::watch::WATCH_HELP;
pub use self::watch::{Engine, Watch, WatchFailOn};

/// How a run ended, for the shell. When several hold, the first of `Failed`, `Refuted`, `Incomplete` counts.
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
    /// 4: a change failed its proof and was withheld, which is a bug.
    Refuted,
    /// 5: a `--fail-on` condition was met.
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

/// Text below the help of the program.
const PROGRAM_HELP: &str = "\
Examples:
  leastwise scan --snapshot mocks/acme --out report   try it without AWS
  leastwise scan --profile audit --out report         scan an organisation
  leastwise verify report                             prove every change again, offline
  leastwise explain no-evidence                       say what a code of the report means

Run 'leastwise COMMAND --help' for options, examples and exit codes.";

const CAPTURE_HELP: &str = "\
Examples:
  leastwise capture --profile audit --out snapshot
  leastwise scan --snapshot snapshot --out report

Exit codes:
  0  finished
  1  failed, or no account could be read; an earlier snapshot at --out is unchanged
  2  wrong usage or configuration
  3  finished, but some accounts could not be read completely";

const VERIFY_HELP: &str = "\
Examples:
  leastwise verify report
  leastwise verify report --manifest-sha256 3998c684...   # the hash that you kept elsewhere

Exit codes:
  0  every proof and every file is as it should be
  1  a file is wrong, or the report could not be read
  2  wrong usage
  4  a proof failed";

const SCHEMA_HELP: &str = "\
Examples:
  leastwise schema report > report.schema.json
  leastwise schema account

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

const IAM_POLICY_HELP: &str = "\
Examples:
  leastwise iam-policy > scan-policy.json                        for the identity that runs the scan
  leastwise iam-policy --trust 111111111111 > member-role.json   for a StackSet over the other accounts
  leastwise iam-policy --check > check-policy.json               for the identity that runs leastwise check

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

const CATALOG_HELP: &str = "\
Examples:
  leastwise catalog info
  leastwise catalog update

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

const CATALOG_UPDATE_HELP: &str = "\
Examples:
  leastwise catalog update
  leastwise catalog update --from service-reference/       a folder of saved files
  leastwise catalog update --from https://mirror.example/  a mirror

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

const INIT_HELP: &str = "\
Examples:
  leastwise init
  leastwise init --out -     print it

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

/// Headings stand out; names of options and commands are what a reader types.
const STYLES: Styles = Styles::styled()
    .header(Style::new().bold().underline())
    .usage(Style::new().bold().underline())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default().dimmed());

/// Remove unused permissions from AWS IAM policies, with a proof for every change.
///
/// leastwise reads the accounts of an organisation and what IAM Access Analyzer, or IAM's last-accessed data, reports as
/// unused. It writes a report with reduced policies and scripts to apply them. An independent checker proves each change
/// against that usage data; that AWS saw every use is not proven. leastwise only reads from AWS.
#[derive(Debug, Parser)]
#[command(name = "leastwise", version, after_help = PROGRAM_HELP, max_term_width = 100, styles = STYLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Use colour: auto, always or never [default: auto]
    ///
    /// auto uses colour on a terminal unless NO_COLOR is set.
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        display_order = 900,
        hide_short_help = true,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub color: Option<ColorChoice>,
}

/// Parses the arguments of this process.
pub fn parse() -> Result<Cli, clap::Error> {
    let mut command = Cli::command().color(color(std::env::args_os().skip(1)));
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The value of `--color`, which also holds for the help and for errors in the other arguments.
fn color(args: impl Iterator<Item = OsString>) -> ColorChoice {
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let joined = args.iter().find_map(|arg| arg.strip_prefix("--color="));
    let apart = || {
        args.iter()
            .skip_while(|arg| *arg != "--color")
            .nth(1)
            .map(String::as_str)
    };
    joined
        .or_else(apart)
        .and_then(|choice| choice.parse().ok())
        .unwrap_or_default()
}

/// What leastwise can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan an organisation and write a report of reduced policies
    ///
    /// Reads the roles, users and policies of every account and what IAM Access Analyzer, or IAM's last-accessed data, reports
    /// as unused. Reduces policies where that allows it, proves each change, and writes a report folder. Only reads from AWS.
    #[command(after_help = SCAN_SHORT_HELP, after_long_help = SCAN_HELP, disable_help_flag = true)]
    Scan(Box<Scan>),
    /// Record what a scan reads from AWS as a snapshot
    ///
    /// `leastwise scan --snapshot` gives the same report as a scan of AWS. A snapshot contains policies and findings but no
    /// secrets; protect it as you protect a report.
    #[command(after_help = CAPTURE_HELP, disable_help_flag = true)]
    Capture(Box<Capture>),
    /// Combine the shards of a scan into one report
    ///
    /// Checks that all shards are present, complete and of one run, then writes the report that one process would have written.
    /// Options that choose accounts and usage data go to `leastwise scan --shard`. Does not call AWS.
    #[command(after_help = MERGE_HELP, disable_help_flag = true)]
    Merge(Box<Merge>),
    /// Re-check every proof and file hash of a report, offline
    ///
    /// Proves every change again, generates the other files again and compares them, and checks every hash. SECURITY.md says
    /// what this shows, and how to sign a report.
    #[command(after_help = VERIFY_HELP)]
    Verify(Verify),
    /// Ask AWS for a second opinion on every change of a report
    ///
    /// Has IAM Access Analyzer validate each reduced policy and IAM simulate it next to the current one, and compares it with
    /// AWS's own recommendations where someone generated them. Writes check.json into the report. A change that AWS disputes
    /// is not applied by the scripts. Only reads from AWS.
    #[command(after_help = CHECK_HELP, disable_help_flag = true)]
    Check(Box<Check>),
    /// Show what changed between two reports, or the trend across many
    ///
    /// With two reports, prints what is new, changed, resolved or back for each principal and policy, and which actions come into
    /// use now and then. With --trend, prints the totals of every report in a folder, oldest first, as JSON; --out draws them.
    #[command(after_help = COMPARE_HELP, override_usage = COMPARE_USAGE)]
    Compare(Compare),
    /// Show what was denied since a change was applied, from CloudTrail files
    ///
    /// For each change of a report, shows whether an action that it removes was denied since, how many days passed without a denial,
    /// or why the trail cannot show one. Finds in the trail when a change was applied, tried or undone. Does not call AWS.
    #[command(after_help = WATCH_HELP)]
    Watch(Box<Watch>),
    /// Print the JSON Schema of a report file
    #[command(after_help = SCHEMA_HELP)]
    Schema(Schema),
    /// Print the read-only IAM policy that a scan needs
    ///
    /// The policy contains exactly the operations that a scan can call. With --trust, prints the role for the member accounts.
    #[command(after_help = IAM_POLICY_HELP)]
    IamPolicy(IamPolicy),
    /// Remove unused permissions from one policy, or from many
    ///
    /// Prints only the reduced policy on standard output: `null` when nothing is left, a list when it had to be split to fit
    /// its size limit. The result has been proven: nothing is added, exactly the unused permissions are removed, everything
    /// that was seen in use is still granted, and the rest is as the author wrote it.
    #[command(after_help = REFINE_SHORT_HELP, after_long_help = REFINE_HELP)]
    Refine(Refine),
    /// Check a reduced policy against the original
    ///
    /// Prints `proven`, `undecided` or `refuted`, and for a refutation an action that shows it. The verdict holds for the usage
    /// data that you give.
    #[command(after_help = PROVE_HELP)]
    Prove(Prove),
    /// Show or update the list of IAM actions
    #[command(subcommand, after_help = CATALOG_HELP)]
    Catalog(CatalogCommand),
    /// Write a commented configuration file
    ///
    /// Contains every setting. It changes nothing until you edit it: each setting has its default value.
    #[command(after_help = INIT_HELP)]
    Init(Init),
    /// Say what a code means, and what to do about it
    ///
    /// Explains the statuses, reasons, notes and verdicts of reports, their SARIF and OCSF rules, the events of logs, and exit codes.
    #[command(after_help = EXPLAIN_HELP)]
    Explain(Explain),
    /// Print a shell completion script
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(Completions),
    /// Print the manual page, or write one for each command
    #[command(after_help = MAN_HELP)]
    Man(Man),
}

/// `leastwise schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Report file
    #[arg(value_enum, value_name = "FILE")]
    pub file: SchemaOf,
}

/// A file that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `accounts/<id>.json`
    Account,
    /// check.json
    Check,
    /// findings.csv: its columns, each with what it means
    Csv,
    /// manifest.json
    Manifest,
    /// report.json
    Report,
    /// What `leastwise watch --format json` prints
    Watch,
}

/// `leastwise iam-policy`
#[derive(Debug, Args)]
pub struct IamPolicy {
    /// Print the role for the member accounts instead, as a CloudFormation template for a StackSet
    ///
    /// The role trusts this account, which must be the one whose credentials run the scan. Without the role, AssumeRole is
    /// denied in every other account.
    #[arg(long, value_name = "ACCOUNT_ID", value_parser = account_id)]
    pub trust: Option<String>,
    /// Name of the role in the member accounts
    #[arg(long, value_name = "NAME", default_value = "leastwise-reader", value_parser = Form::Role.parser())]
    pub role: String,
    /// External ID that the role requires
    #[arg(long, value_name = "ID", requires = "trust", value_parser = Form::ExternalId.parser())]
    pub external_id: Option<String>,
    /// Trust only this role or user of the account [default: the whole account]
    ///
    /// Without it, the role trusts everyone in the account whose policies allow sts:AssumeRole. Give the ARN of a role, not of
    /// its session, for example `arn:aws:iam::111111111111:role/leastwise-scan`.
    #[arg(long, value_name = "ARN", requires = "trust", value_parser = Form::PrincipalArn.parser())]
    pub caller: Option<String>,
    /// Print the policy that `leastwise check` needs instead
    #[arg(long, conflicts_with_all = ["trust", "role"])]
    pub check: bool,
}

fn account_id(text: &str) -> Result<String, &'static str> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account ID has 12 digits")
    }
}

/// `leastwise verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Report folder
    #[arg(value_name = "REPORT_DIR")]
    pub report: PathBuf,
    /// Fail unless manifest.json has this SHA-256 (a copy that you kept elsewhere)
    #[arg(long, value_name = "HEX", value_parser = sha256)]
    pub manifest_sha256: Option<FileHash>,
    /// List of IAM actions that the report was made with, if not the embedded one
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
    /// List of IAM actions to use instead of the embedded one
    ///
    /// A file such as {"s3":["GetObject"]}, or a folder of AWS service-reference files. By default the newer of the embedded list
    /// and the one that `leastwise catalog update` fetched. [env: LEASTWISE_CATALOG]
    #[arg(
        long,
        value_name = "FILE",
        env = "LEASTWISE_CATALOG",
        hide_env = true,
        hide_short_help = true,
        help_heading = EVIDENCE_HEADING
    )]
    pub catalog: Option<PathBuf>,
}

/// `leastwise catalog`
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Show which list of actions is in use, and its age
    #[command(after_help = CATALOG_HELP)]
    Info(CatalogArg),
    /// Download AWS's list of actions to the user's cache folder
    #[command(after_help = CATALOG_UPDATE_HELP)]
    Update(CatalogUpdate),
}

/// `leastwise catalog update`
#[derive(Debug, Args)]
pub struct CatalogUpdate {
    /// Read AWS's service reference from this folder or mirror instead
    #[arg(long, value_name = "DIR|URL")]
    pub from: Option<String>,
    /// Accept the list even if a service lost more than 20 % of its actions
    #[arg(long)]
    pub force: bool,
}

/// `leastwise init`
#[derive(Debug, Args)]
pub struct Init {
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
    /// File to write; `-` prints to standard output
    #[arg(long, value_name = "FILE", default_value = FILE_NAME)]
    pub out: PathBuf,
}

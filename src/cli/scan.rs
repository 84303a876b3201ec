//! Arguments of `scan` and `capture`, grouped as in their help.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::{CatalogArg, FailOn, ShardArgs};

pub(super) const SCAN_HELP: &str = "\
Examples:
  leastwise scan --snapshot mocks/acme --out report      try it without AWS
  leastwise scan --profile audit --exclude 'sandbox-*'   scan an organisation
  leastwise scan --previous report --out report --fail-on new

Environment variables, besides those of the AWS SDK and LEASTWISE_*:
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY  proxy for calls to AWS: http://[user:password@]host:port
  NO_PROXY                            hosts and domains to call directly
  AWS_CA_BUNDLE                       PEM file of root certificates to use instead of the system's
  NO_COLOR                            turn colours off

Exit codes:
  0  finished
  1  failed, or no account could be scanned; an earlier report at --out is unchanged
  2  wrong usage or configuration
  3  finished, but some accounts could not be scanned completely
  4  a change failed its proof and was withheld (a bug; please report it)
  5  a --fail-on condition was met";

pub(super) const SCAN_SHORT_HELP: &str =
    "Run 'leastwise scan --help' for all options, examples and exit codes.";

const ACCOUNTS: &str = "Accounts";
const EVIDENCE: &str = "Evidence";
const DECISIONS: &str = "Decisions";
const CODE: &str = "Code";
const REPORT: &str = "Report";
const NIGHTLY: &str = "Nightly runs";
const OUTPUT: &str = "Output";
pub(super) const SCALE_OUT: &str = "Scale-out";
pub(super) const EVIDENCE_HEADING: &str = EVIDENCE;

/// What is read, and how. Whatever is left out comes from the environment (`LEASTWISE_*`), then from the config.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Read a recorded snapshot from this folder instead of AWS
    ///
    /// `leastwise capture` records one. The source code has mocks/acme, an invented organisation of ten accounts.
    #[arg(long, value_name = "DIR", help_heading = ACCOUNTS)]
    pub snapshot: Option<PathBuf>,
    /// AWS profile; no other credentials are used [default: the AWS SDK's chain]
    #[arg(long, value_name = "NAME", help_heading = ACCOUNTS)]
    pub profile: Option<String>,
    /// Region of the analyzer and of STS [default: AWS_REGION or the profile's region, then us-east-1]
    #[arg(long, value_name = "REGION", help_heading = ACCOUNTS, hide_short_help = true)]
    pub region: Option<String>,
    /// Role to assume in each account [default: leastwise-reader]
    #[arg(long, value_name = "NAME", help_heading = ACCOUNTS)]
    pub role: Option<String>,
    /// External ID that the role's trust policy requires
    #[arg(long, value_name = "ID", help_heading = ACCOUNTS, hide_short_help = true)]
    pub external_id: Option<String>,
    /// Scan only the account of the credentials, without calling AWS Organizations
    #[arg(long, conflicts_with = "accounts", help_heading = ACCOUNTS, hide_short_help = true)]
    pub own_account: bool,
    /// Scan these account IDs, without calling AWS Organizations
    ///
    /// With --snapshot, scans only these accounts of the snapshot.
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = ACCOUNTS)]
    pub accounts: Vec<String>,
    /// Scan only these accounts: ID, OU ID, or a name such as 'prod-*'
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',', help_heading = ACCOUNTS)]
    pub include: Vec<String>,
    /// Skip these accounts; takes precedence over --include
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',', help_heading = ACCOUNTS)]
    pub exclude: Vec<String>,
    /// Continue an interrupted scan, and retry accounts that failed
    #[arg(long, conflicts_with = "snapshot", help_heading = ACCOUNTS)]
    pub resume: bool,
    /// Source of usage data: auto, analyzer or last-accessed [default: auto]
    #[arg(long, value_name = "SOURCE", help_heading = EVIDENCE)]
    pub evidence: Option<String>,
    /// ARN of the analyzer [default: the one found in the organisation]
    #[arg(long, value_name = "ARN", help_heading = EVIDENCE, hide_short_help = true)]
    pub analyzer: Option<String>,
    /// With last-accessed data: days without use before a permission counts as unused [default: 90]
    #[arg(long, value_name = "DAYS", help_heading = EVIDENCE, hide_short_help = true)]
    pub window_days: Option<u32>,
}

/// The configuration, and what a command writes on standard error while it works.
#[derive(Debug, Args)]
pub struct SayArgs {
    /// Configuration file [default: ./leastwise.toml or the user's]
    ///
    /// Without it, ./leastwise.toml is used if it exists, then $XDG_CONFIG_HOME/leastwise/leastwise.toml (usually
    /// ~/.config/leastwise/leastwise.toml). `leastwise init` writes one. [env: LEASTWISE_CONFIG]
    #[arg(long, value_name = "FILE", env = "LEASTWISE_CONFIG", hide_env = true, help_heading = OUTPUT)]
    pub config: Option<PathBuf>,
    /// Print errors only
    #[arg(long, short, conflicts_with = "verbose", help_heading = OUTPUT)]
    pub quiet: bool,
    /// Log each account; -vv also logs retried, throttled and delayed API calls
    #[arg(long, short, action = ArgAction::Count, help_heading = OUTPUT)]
    pub verbose: u8,
    /// Log format on standard error
    ///
    /// Events: run-began, config-found, caller, run-resumed, progress, account-began, account-ended, account-skipped,
    /// call-throttled, call-repeated, call-waited, compare-warning, fail-on, scan-ended, check-ended, capture-ended, shard-ended,
    /// own-account-only, administrators-unknown, administrator-closed, first-night, evidence-too-old, catalog-warning,
    /// code-warning, journal-not-kept, journal-doubted, state-not-kept, state-set-aside, state-contradicted, state-doubted, rule-warning,
    /// little-room, config-problem, run-failed.
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = OUTPUT,
        hide_short_help = true
    )]
    pub log_format: LogFormat,
    /// Print help; --help explains every option
    #[arg(long, short, action = ArgAction::Help, help_heading = OUTPUT)]
    pub help: Option<bool>,
}

/// The form of what a command writes on standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people: progress bars on a terminal, plain lines elsewhere
    #[default]
    Text,
    /// For programs: one JSON object per line, errors included
    Json,
}

/// What nightly runs keep.
#[derive(Debug, Args)]
pub struct StateArg {
    /// Cache findings here between runs, so that only changed ones are fetched
    #[arg(long, value_name = "DIR", conflicts_with = "snapshot", help_heading = NIGHTLY)]
    pub state: Option<PathBuf>,
}

/// `leastwise scan`
#[derive(Debug, Args)]
pub struct Scan {
    /// What is read, and how
    #[command(flatten)]
    pub source: SourceArgs,
    /// The report
    #[command(flatten)]
    pub report: ReportArgs,
    /// The cache
    #[command(flatten)]
    pub cache: StateArg,
    /// Which part of the accounts
    #[command(flatten)]
    pub shard: ShardArgs,
    /// The log
    #[command(flatten)]
    pub say: SayArgs,
}

/// What to do with the answers.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// List of IAM actions to use instead of the embedded one
    #[command(flatten)]
    pub catalog: CatalogArg,
    /// Never remove actions that match, for example 'kms:Decrypt'
    #[arg(long, value_name = "ACTION", value_delimiter = ',', help_heading = DECISIONS)]
    pub keep: Vec<String>,
    /// Minimum confidence: low, medium or high [default: medium]
    ///
    /// Changes of lower confidence are reported with their reasons, but without a reduced policy or script.
    #[arg(long, value_name = "LEVEL", help_heading = DECISIONS)]
    pub min_confidence: Option<String>,
    /// How to change a policy that several principals share: in-place, fork or both [default: in-place]
    #[arg(long, value_name = "HOW", help_heading = DECISIONS, hide_short_help = true)]
    pub shared: Option<String>,
    /// How to reduce `*`: split lists what is kept, open excludes what is unused with NotAction [default: split]
    #[arg(long, value_name = "HOW", help_heading = DECISIONS, hide_short_help = true)]
    pub wildcards: Option<String>,
    /// Terraform state, or the output of 'terraform show -json'; can be repeated
    ///
    /// Names the Terraform resource that defines each policy. Nothing but addresses, ARNs and names of IAM resources is taken
    /// from the file. A state that is not on this machine: `terraform state pull > FILE`.
    #[arg(long, value_name = "FILE", help_heading = CODE, hide_short_help = true)]
    pub terraform_state: Vec<PathBuf>,
    /// Checkout with Terraform, CloudFormation, SAM or CDK code; writes patches for it; can be repeated
    ///
    /// Finds the policies of the report in *.tf, *.json and *.yaml files and writes a patch for each change whose policy is found.
    /// Nothing in the folder is changed, and links in it are not followed.
    #[arg(long, value_name = "DIR", help_heading = CODE, hide_short_help = true)]
    pub iac: Vec<PathBuf>,
    /// Report folder; replaces an earlier report there [default: report]
    #[arg(long, value_name = "DIR", help_heading = REPORT)]
    pub out: Option<PathBuf>,
    /// Output formats besides JSON, such as html,csv,sarif; 'json' for none
    ///
    /// Default: changes, csv, html, ocsf, sarif, summary, tickets. On request: asff, cloudformation, terraform.
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = REPORT)]
    pub format: Vec<String>,
    /// Also write one report per owner, account or ou, without other owners' data
    ///
    /// The owner is the value of the tag that `owner-tag` of the configuration names; without one, the account.
    #[arg(long, value_name = "KEY", help_heading = REPORT, hide_short_help = true)]
    pub split_by: Option<String>,
    /// Compare with this earlier report; mark what is new, resolved or back
    ///
    /// A missing folder means that this is the first run. Away from a terminal, a run that finds nothing new prints nothing.
    #[arg(long, value_name = "DIR", help_heading = NIGHTLY)]
    pub previous: Option<PathBuf>,
    /// Mark a change ready once it has been the same in N daily runs
    ///
    /// A run counts when its usage data is at least a day newer than that of the run before. A change that removes actions
    /// that are used only occasionally is never ready.
    #[arg(long, value_name = "N", requires = "previous", help_heading = NIGHTLY)]
    pub ready_after: Option<u32>,
    /// Exit with code 5 if: unused, new, 'risk>=N'
    ///
    /// unused: a policy can be reduced, or a principal, access key or password is unused. new: a change is new, reopened or
    /// regressed since --previous, or a principal, access key or password is newly unused. risk>=N: one change lowers the risk
    /// score by N or more. The log says which condition was met.
    #[arg(long, value_name = "CONDITION", value_delimiter = ',', requires_if("new", "previous"), help_heading = NIGHTLY)]
    pub fail_on: Vec<FailOn>,
    /// Write metrics of the run to this file, in OpenMetrics format
    #[arg(long, value_name = "FILE", help_heading = NIGHTLY, hide_short_help = true)]
    pub metrics: Option<PathBuf>,
}

/// `leastwise capture`
#[derive(Debug, Args)]
pub struct Capture {
    /// Snapshot folder; replaces an earlier snapshot there
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub out: PathBuf,
    /// What is read, and how
    #[command(flatten)]
    pub source: SourceArgs,
    /// The cache
    #[command(flatten)]
    pub cache: StateArg,
    /// The log
    #[command(flatten)]
    pub say: SayArgs,
}

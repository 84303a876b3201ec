//! The commands about one policy: `refine` and `prove`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CatalogArg;
use leastwise_core::refine::{Kind, Wildcards};

pub(super) const REFINE_HELP: &str = "\
Examples:
  leastwise refine --policy policy.json --unused finding.json
  aws accessanalyzer get-finding-v2 --analyzer-arn ARN --id ID |
      leastwise refine --policy policy.json --unused -
  leastwise refine --policy policy.json --unused finding.json --kind managed --format diff
  leastwise refine --batch pairs.jsonl > refined.jsonl

Input of --unused:
  [{\"serviceNamespace\":\"s3\",\"actions\":[\"GetBucketAcl\"]}, {\"serviceNamespace\":\"sqs\"}]
  A service without actions is entirely unused. Actions whose use AWS does not record, such as
  iam:PassRole, are removed only if you name them. The output of get-finding-v2 works as well.
  \"used\":[\"GetObject\"] names actions that were seen in use; \"used\":true means the service was used.

Input and output of --batch, one JSON object per line:
  {\"id\":1,\"policy\":{...},\"unused\":[...],\"kind\":\"managed\"}
  {\"id\":1,\"policy\":{...},\"verdict\":\"proven\",\"removed\":12,\"undecided\":[]}
  `removed` counts the actions that the policy no longer grants. `undecided` lists services that are
  not in the list of actions; their wildcards are kept. A line with an error becomes
  {\"id\":...,\"error\":\"...\"}, and the batch continues.

Exit codes:
  0  finished
  1  failed
  2  wrong usage
  3  finished, but some lines of the batch had errors
  4  a result failed its proof and was withheld (a bug; please report it)";

pub(super) const PROVE_HELP: &str = "\
Examples:
  leastwise prove --before policy.json --after reduced.json --unused finding.json
  leastwise prove --before policy.json --after reduced.json --unused finding.json --format json

Exit codes:
  0  proven
  1  failed, or undecided
  2  wrong usage
  4  refuted: the reduced policy is wrong";

pub(super) const REFINE_SHORT_HELP: &str =
    "Run 'leastwise refine --help' for examples, the form of inputs and exit codes.";

/// `leastwise refine`
#[derive(Debug, Args)]
pub struct Refine {
    /// Policy document; `-` reads standard input
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    pub policy: Option<PathBuf>,
    /// What is unused: a list of services and actions, or a finding; `-` reads standard input
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    pub unused: Option<PathBuf>,
    /// Reduce the policy on every line of this file; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "unused", "format", "explain", "compact"])]
    pub batch: Option<PathBuf>,
    /// Keep the result within the size limit of this kind of policy
    #[arg(long, value_enum)]
    pub kind: Option<KindArg>,
    /// How to reduce `*`
    #[arg(long, value_enum, default_value = "split")]
    pub wildcards: WildcardsArg,
    /// Output format
    #[arg(long, value_enum, default_value = "json", help_heading = "Output")]
    pub format: RefineFormat,
    /// Also explain on standard error what was removed or split
    #[arg(long, help_heading = "Output")]
    pub explain: bool,
    /// Print the policy without white space
    #[arg(long, help_heading = "Output")]
    pub compact: bool,
    /// List of IAM actions to use instead of the embedded one
    #[command(flatten)]
    pub catalog: CatalogArg,
    /// Print errors only
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
}

/// How to reduce `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WildcardsArg {
    /// List the services and actions that are kept
    Split,
    /// Exclude what is unused with NotAction: actions that AWS adds later are granted
    Open,
}

impl From<WildcardsArg> for Wildcards {
    fn from(arg: WildcardsArg) -> Self {
        match arg {
            WildcardsArg::Split => Self::Split,
            WildcardsArg::Open => Self::Open,
        }
    }
}

/// `leastwise prove`
#[derive(Debug, Args)]
pub struct Prove {
    /// Original policy; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub before: PathBuf,
    /// Reduced policy: a document, a list of documents, or `null` when nothing is left
    #[arg(long, value_name = "FILE")]
    pub after: PathBuf,
    /// What is unused, as for `refine`
    #[arg(long, value_name = "FILE")]
    pub unused: PathBuf,
    /// List of IAM actions to use instead of the embedded one
    #[command(flatten)]
    pub catalog: CatalogArg,
    /// Output format
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub format: ProveFormat,
}

/// See [`Kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// A customer managed policy: 6,144 characters
    Managed,
    /// An inline policy of a role: 10,240 characters
    Role,
    /// An inline policy of a user: 2,048 characters
    User,
    /// An inline policy of a group: 5,120 characters
    Group,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Managed => Self::Managed,
            KindArg::Role => Self::Role,
            KindArg::User => Self::User,
            KindArg::Group => Self::Group,
        }
    }
}

/// What `refine` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RefineFormat {
    /// The reduced policy
    Json,
    /// A unified diff
    Diff,
    /// What was removed or split, why, and what each new wildcard matches
    Explain,
}

/// How `prove` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProveFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

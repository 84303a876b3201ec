//! The commands about one policy: `refine` and `prove`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CatalogArg;
use crate::refine::{Kind, Wildcards};

pub(super) const REFINE_HELP: &str = "\
Examples:
  leastwise refine --policy policy.json --unused finding.json
  aws accessanalyzer get-finding-v2 --analyzer-arn ARN --id ID |
      leastwise refine --policy policy.json --unused -
  leastwise refine --policy policy.json --unused finding.json --kind managed --format diff
  leastwise refine --batch pairs.jsonl > refined.jsonl

What --unused takes:
  [{\"serviceNamespace\":\"s3\",\"actions\":[\"GetBucketAcl\"]}, {\"serviceNamespace\":\"sqs\"}]
  A service without actions is unused as a whole, but for actions whose use AWS does not see, such
  as iam:PassRole: these go only when they are named. The answer of get-finding-v2 does as well.
  \"used\":[\"GetObject\"] names actions that were seen in use, \"used\":true says that the service was.

What --batch takes and gives, one JSON object a line:
  {\"id\":1,\"policy\":{...},\"unused\":[...],\"kind\":\"managed\"}
  {\"id\":1,\"policy\":{...},\"verdict\":\"proven\",\"removed\":12,\"undecided\":[]}
  `removed` counts the actions that the policy no longer grants. `undecided` names services that
  the catalog does not know, of which a wildcard had to stay. A line that cannot be used becomes
  {\"id\":...,\"error\":\"...\"}, and the run goes on.

Exit codes:
  0  finished
  1  failed
  2  wrong usage
  3  finished, but some lines of the batch could not be used
  4  a recommendation was refuted: a defect, nothing of it was given out";

/// `leastwise refine`
#[derive(Debug, Args)]
pub struct Refine {
    /// The policy document; `-` reads standard input
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    pub policy: Option<PathBuf>,
    /// What is unused: a list of services and actions, or an answer of get-finding-v2; `-` reads standard input
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    pub unused: Option<PathBuf>,
    /// Refine every line of this file; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "unused", "format", "explain", "compact"])]
    pub batch: Option<PathBuf>,
    /// Where the policy lives: the result keeps to that quota. In a batch, for lines that do not say
    #[arg(long, value_enum)]
    pub kind: Option<KindArg>,
    /// What becomes of `*`
    #[arg(long, value_enum, default_value = "split")]
    pub wildcards: WildcardsArg,
    /// What to print
    #[arg(long, value_enum, default_value = "json")]
    pub format: RefineFormat,
    /// Also say on standard error what was removed or split, and why
    #[arg(long)]
    pub explain: bool,
    /// Print the policy without white space
    #[arg(long)]
    pub compact: bool,
    /// The list of actions to go by
    #[command(flatten)]
    pub catalog: CatalogArg,
    /// Say nothing on standard error but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// What becomes of `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WildcardsArg {
    /// It is split into the services and actions that stay
    Split,
    /// It becomes NotAction with what is unused: actions that AWS adds later stay granted
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
    /// The policy as it was; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub before: PathBuf,
    /// The policy as it is to be: a document, a list of documents, or `null` when nothing is left
    #[arg(long, value_name = "FILE")]
    pub after: PathBuf,
    /// What is unused, as for `refine`
    #[arg(long, value_name = "FILE")]
    pub unused: PathBuf,
    /// The list of actions to go by
    #[command(flatten)]
    pub catalog: CatalogArg,
    /// How to print the verdict
    #[arg(long, value_enum, default_value = "text")]
    pub format: ProveFormat,
}

/// See [`Kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// A customer-managed policy: 6,144 characters
    Managed,
    /// An inline policy of a role: 10,240
    Role,
    /// An inline policy of a user: 2,048
    User,
    /// An inline policy of a group: 5,120
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
    /// The smaller policy
    Json,
    /// A unified diff from the policy to the smaller one
    Diff,
    /// What was removed or split, why, and what each new wildcard matches today
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

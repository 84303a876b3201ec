//! Scans split among processes: `scan --shard` and `merge`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::scan::SCALE_OUT;
use super::{ReportArgs, SayArgs};
use leastwise_aws::parts::{MOST_SHARDS, Shard};

pub(super) const MERGE_HELP: &str = "\
Examples:
  leastwise scan --shard 1/3 --parts parts   # then 2/3 and 3/3, on any machine, in any order
  leastwise merge parts --out report

Exit codes:
  0  finished
  1  failed, for example because a shard is missing, damaged or of another run
  2  wrong usage or configuration
  3  finished, but some accounts could not be scanned completely
  4  a change failed its proof and was withheld (a bug; please report it)
  5  a --fail-on condition was met";

/// Which part of the accounts a process reads.
#[derive(Debug, Args)]
pub struct ShardArgs {
    /// Scan only part I of N, for example 3/8; see 'leastwise merge'
    ///
    /// I counts from 1. auto/N takes it from AWS_BATCH_JOB_ARRAY_INDEX (an AWS Batch array job) or JOB_COMPLETION_INDEX (a
    /// Kubernetes Indexed Job). A shard writes no report: give --out, --format, --keep, --shared, --wildcards, --min-confidence,
    /// --terraform-state, --iac, --catalog, --previous, --ready-after, --fail-on and --metrics to `leastwise merge`.
    #[arg(long, value_name = "I/N", requires = "parts", help_heading = SCALE_OUT, conflicts_with_all = [
        "out", "format", "shared", "wildcards", "keep", "min_confidence", "terraform_state", "iac", "fail_on", "metrics",
        "previous", "ready_after",
    ])]
    pub shard: Option<Which>,
    /// Folder for the shards of a run; each writes shard-I-of-N there
    #[arg(long, value_name = "DIR", requires = "shard", help_heading = SCALE_OUT, hide_short_help = true)]
    pub parts: Option<PathBuf>,
    /// Name of the run; `leastwise merge` refuses shards of different runs
    #[arg(long, value_name = "ID", requires = "shard", help_heading = SCALE_OUT, hide_short_help = true)]
    pub run_id: Option<String>,
}

/// The value of `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// I/N
    Named(Shard),
    /// auto/N
    Auto {
        /// Of how many.
        of: u32,
    },
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "use I/N, for example 3/8, or auto/N".to_owned();
        let (which, of) = text.split_once('/').ok_or_else(wrong)?;
        let of = number(of).ok_or_else(wrong)?;
        if !(1..=MOST_SHARDS).contains(&of) {
            return Err(format!(
                "the number of shards must be between 1 and {MOST_SHARDS}"
            ));
        }
        if which == "auto" {
            return Ok(Self::Auto { of });
        }
        let shard = number(which).ok_or_else(wrong)?;
        if !(1..=of).contains(&shard) {
            return Err(format!("the shard must be between 1 and {of}"));
        }
        Ok(Self::Named(Shard { shard, of }))
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// `leastwise merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// Folder that the shards were given with --parts
    #[arg(value_name = "DIR")]
    pub parts: PathBuf,
    /// The report
    #[command(flatten)]
    pub report: ReportArgs,
    /// The log
    #[command(flatten)]
    pub say: SayArgs,
}

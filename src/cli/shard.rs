//! A scan that several processes share: `scan --shard` and `merge`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::{ReportArgs, SayArgs};
use crate::aws::parts::{MOST_SHARDS, Share};

pub(super) const MERGE_HELP: &str = "\
Examples:
  leastwise scan --shard 1/3 --parts parts     and the same with 2/3 and 3/3, anywhere, in any order
  leastwise merge parts --out report

Exit codes:
  0  finished
  1  failed: a part is missing, damaged or of another run, among others
  2  wrong usage or config
  3  finished, but some accounts could not be read
  4  a recommendation was refuted: a defect, nothing of it was published
  5  what --fail-on names was found";

/// Which part of the accounts a process reads.
#[derive(Debug, Args)]
pub struct ShardArgs {
    /// Read only share I of N and leave the answers for `leastwise merge`: I/N, counted from 1, or auto/N
    ///
    /// An account's share is told by its id alone. auto takes I from AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX, which
    /// count from 0. What concerns the report is said to `leastwise merge`.
    #[arg(long, value_name = "I/N", requires = "parts", conflicts_with_all = [
        "out", "format", "shared", "wildcards", "keep", "min_confidence", "fail_on", "metrics", "previous", "ready_after",
    ])]
    pub shard: Option<Which>,
    /// Where the shards of a run leave their parts, each a folder shard-I-of-N
    #[arg(long, value_name = "DIR", requires = "shard")]
    pub parts: Option<PathBuf>,
    /// The run that the shard belongs to: parts of another are refused by `leastwise merge`
    #[arg(long, value_name = "ID", requires = "shard")]
    pub run_id: Option<String>,
}

/// The value of `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// I/N
    Named(Share),
    /// auto/N
    Auto {
        /// Of how many.
        of: u32,
    },
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write I/N, such as 3/8, or auto/N".to_owned();
        let (which, of) = text.split_once('/').ok_or_else(wrong)?;
        let of = number(of).ok_or_else(wrong)?;
        if !(1..=MOST_SHARDS).contains(&of) {
            return Err(format!("there are 1 to {MOST_SHARDS} shards"));
        }
        if which == "auto" {
            return Ok(Self::Auto { of });
        }
        let shard = number(which).ok_or_else(wrong)?;
        if !(1..=of).contains(&shard) {
            return Err(format!("shards are counted from 1, and the last of {of} is {of}"));
        }
        Ok(Self::Named(Share { shard, of }))
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `leastwise merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// The folder that the shards were given with --parts
    #[arg(value_name = "DIR")]
    pub parts: PathBuf,
    /// The config; else ./leastwise.toml, else $XDG_CONFIG_HOME/leastwise/leastwise.toml
    #[arg(long, value_name = "FILE", env = "LEASTWISE_CONFIG")]
    pub config: Option<PathBuf>,
    /// The report
    #[command(flatten)]
    pub report: ReportArgs,
    /// What is said meanwhile
    #[command(flatten)]
    pub say: SayArgs,
}

//! The arguments of `watch`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ProveFormat;

pub(super) const WATCH_HELP: &str = "\
Examples:
  aws s3 sync s3://my-trail/AWSLogs AWSLogs --exclude '*' --include '*/CloudTrail/*/2026/11/*'
  leastwise watch report --trail AWSLogs
  leastwise watch report --trail AWSLogs --format json --out watch.json --fail-on denied
  leastwise watch report --print-query athena --table cloudtrail_logs > query.sql
  leastwise watch report --trail result.csv              the result of that query

Exit codes:
  0  finished
  1  failed
  2  wrong usage
  3  finished, but a change is not visible in the trail, or a file could not be read
  5  an action was denied, and --fail-on denied was given (also if 3 applies)";

/// `leastwise watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Report folder
    #[arg(value_name = "REPORT_DIR")]
    pub report: PathBuf,
    /// CloudTrail files: a folder, a .json or .json.gz file, or the .csv result of the Athena query
    ///
    /// Reads every .json and .json.gz file in the folder and its subfolders, in any layout. Ignores digest and Insight files, and does
    /// not follow links.
    #[arg(long, value_name = "PATH", required_unless_present = "print_query")]
    pub trail: Option<PathBuf>,
    /// Confirm a change after this many days without a denial
    ///
    /// Days are counted up to the last event in the trail, not up to today.
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    pub quiet_days: u32,
    /// Treat every change as applied on this date, whatever the trail shows
    ///
    /// A day such as 2026-11-03, or a time such as 2026-11-03T14:00:00Z. Use it with --change if the trail lacks IAM's
    /// events, or if you applied a change in another form.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub since: Option<i64>,
    /// Check only this change; can be repeated
    #[arg(long, value_name = "CHANGE")]
    pub change: Vec<String>,
    /// Confirm a change only if the trail has events of these Regions
    ///
    /// A Region without events may be unused, or missing from the trail. Give the Regions that your workloads use.
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub region: Vec<String>,
    /// Print an SQL query for these changes instead, for a trail that is too large to download
    #[arg(long, value_name = "ENGINE", conflicts_with_all = ["trail", "format", "out", "fail_on", "region"], help_heading = "Query")]
    pub print_query: Option<Engine>,
    /// Table of CloudTrail events, with the columns that AWS documents for Athena
    #[arg(long, value_name = "TABLE", default_value = "cloudtrail_logs", value_parser = table, requires = "print_query", help_heading = "Query")]
    pub table: String,
    /// Output format
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub format: ProveFormat,
    /// Write the result to this file as JSON, and print the summary
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Exit with code 5 if an action was denied
    #[arg(long, value_name = "CONDITION", help_heading = "Output")]
    pub fail_on: Option<WatchFailOn>,
}

/// The SQL dialect of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Amazon Athena
    Athena,
}

/// What makes `watch` exit with 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WatchFailOn {
    /// An action that a change removes was denied
    Denied,
}

/// A day in UTC, or a time.
fn moment(text: &str) -> Result<i64, &'static str> {
    let day = || {
        Some(
            text.parse::<Date>()
                .ok()?
                .to_zoned(TimeZone::UTC)
                .ok()?
                .timestamp(),
        )
    };
    let time = text.parse::<Timestamp>().ok().or_else(day);
    time.map(Timestamp::as_second)
        .ok_or("use a day such as 2026-11-03, or a time such as 2026-11-03T14:00:00Z")
}

/// `table`, `database.table` or `catalog.database.table`.
fn table(text: &str) -> Result<String, &'static str> {
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    let mut parts = text.split('.');
    if parts.clone().count() <= 3 && parts.all(is_name) {
        Ok(text.to_owned())
    } else {
        Err("use TABLE or DATABASE.TABLE, with letters, digits, - and _")
    }
}

//! The arguments of `compare`.

use std::path::PathBuf;

use clap::Args;

use super::ProveFormat;

pub(super) const COMPARE_HELP: &str = "\
Examples:
  leastwise compare reports/monday reports/tuesday
  leastwise compare --trend reports > trend.json
  leastwise compare --trend reports --out trend.svg

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

/// Two ways to go about it.
pub(super) const COMPARE_USAGE: &str = "\
leastwise compare [--format <FORMAT>] <OLD_DIR> <NEW_DIR>
       leastwise compare --trend <FOLDER> [--out <FILE>]";

/// `leastwise compare`
#[derive(Debug, Args)]
pub struct Compare {
    /// The earlier report's folder
    #[arg(value_name = "OLD_DIR", required_unless_present = "trend")]
    pub old: Option<PathBuf>,
    /// The later one's
    #[arg(value_name = "NEW_DIR", required_unless_present = "trend")]
    pub new: Option<PathBuf>,
    /// How to print what two reports say
    #[arg(long, value_enum, default_value = "text")]
    pub format: ProveFormat,
    /// Instead of two reports all of this folder: the totals of each, from the first to the last, as JSON
    ///
    /// Of each report in it manifest.json and report.json are read. What is no report is skipped, and told.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["old", "new", "format"])]
    pub trend: Option<PathBuf>,
    /// Draw the trend into this file as SVG instead of printing it; an earlier drawing is replaced
    #[arg(long, value_name = "FILE", requires = "trend", conflicts_with_all = ["old", "new"])]
    pub out: Option<PathBuf>,
}

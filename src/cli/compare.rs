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
    /// Earlier report folder
    #[arg(value_name = "OLD_DIR", required_unless_present = "trend")]
    pub old: Option<PathBuf>,
    /// Later report folder
    #[arg(value_name = "NEW_DIR", required_unless_present = "trend")]
    pub new: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub format: ProveFormat,
    /// Print the totals of every report in this folder, oldest first, as JSON
    ///
    /// Reads manifest.json and report.json of each report, and names the entries that are not reports.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["old", "new", "format"])]
    pub trend: Option<PathBuf>,
    /// Draw the trend to this SVG file instead of printing it; replaces an earlier drawing
    #[arg(long, value_name = "FILE", help_heading = "Output", requires = "trend", conflicts_with_all = ["old", "new"])]
    pub out: Option<PathBuf>,
}

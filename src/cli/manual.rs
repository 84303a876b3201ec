//! The manual: what a code means; shell completions and manual pages for packages.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const EXPLAIN_HELP: &str = "\
Examples:
  leastwise explain                    list all codes
  leastwise explain accounts-unread    a code of report.json or a spreadsheet
  leastwise explain run-failed         an event of the log
  leastwise explain 3                  an exit code

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

pub(super) const COMPLETIONS_HELP: &str = "\
Examples:
  leastwise completions bash > /usr/share/bash-completion/completions/leastwise
  leastwise completions zsh > ~/.zfunc/_leastwise
  leastwise completions fish > ~/.config/fish/completions/leastwise.fish

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

pub(super) const MAN_HELP: &str = "\
Examples:
  leastwise man | man -l -
  leastwise man /usr/local/share/man/man1

Exit codes:
  0  finished
  1  failed
  2  wrong usage";

/// `leastwise explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Code; without it, all are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// `leastwise completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// `leastwise man`
#[derive(Debug, Args)]
pub struct Man {
    /// Write leastwise.1, leastwise-scan.1 and so on to this folder
    ///
    /// Creates the folder if necessary, and replaces earlier pages.
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

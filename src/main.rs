//! The doorway: arguments in, an exit code out.

use std::process::ExitCode;

use clap::Parser;
use leastwise::cli::Cli;

fn main() -> ExitCode {
    leastwise::run::run(Cli::parse()).into()
}

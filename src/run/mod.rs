//! The stages of a run: the only room that knows them all.

mod batch;
mod capture;
mod catalog;
mod error;
mod iam_policy;
mod init;
mod input;
mod progress;
mod prove;
mod refine;
mod resume;
mod scan;
mod settings;
mod stop;
mod summary;
mod terminal;
mod verify;

use std::io::{self, Write};

use crate::cli::{Cli, Command, Exit};
use error::RunError;

/// Runs a command; what goes wrong is told on standard error.
pub fn run(cli: Cli) -> Exit {
    let done = match cli.command {
        Command::Refine(args) => match &args.batch {
            Some(path) => batch::run(path, &args),
            None => refine::run(&args),
        },
        Command::Scan(args) => scan::run(&args),
        Command::Capture(args) => capture::run(&args),
        Command::IamPolicy(args) => iam_policy::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::Catalog(command) => catalog::run(&command),
        Command::Init(args) => init::run(&args),
    };
    match done {
        Ok(exit) => exit,
        // Whoever read our output has seen enough.
        Err(RunError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Finished,
        Err(error) => {
            let text = match error.help() {
                Some(help) => format!("error: {error}\nhelp: {help}\n"),
                None => format!("error: {error}\n"),
            };
            // When standard error is gone as well, the exit code is all that is left.
            let _ = io::stderr().write_all(terminal::clean(&text).as_bytes());
            error.exit()
        }
    }
}

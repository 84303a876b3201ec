//! The commands, one file for each.

mod batch;
mod capture;
mod catalog;
pub(crate) mod check;
mod compare;
mod explain;
mod iam_policy;
mod init;
mod input;
mod manual;
mod merge;
mod prove;
mod refine;
mod scan;
mod schema;
mod shard;
mod trend;
mod verify;
mod watch;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use clap::error::{ContextKind, ContextValue};

use crate::cli::{Cli, Command, Exit};
use crate::output::error::RunError;
use crate::output::log::Log;

/// Runs a command and reports errors on standard error.
pub fn run(cli: Cli) -> Exit {
    crate::output::colour::choose(cli.color);
    let log = Arc::new(match &cli.command {
        Command::Scan(args) => Log::new(&args.say).at_night(args.report.previous.is_some()),
        Command::Capture(args) => Log::new(&args.say),
        Command::Check(args) => Log::new(&args.say),
        Command::Merge(args) => Log::new(&args.say).at_night(args.report.previous.is_some()),
        Command::Refine(args) => Log::plain(args.quiet),
        _ => Log::plain(false),
    });
    let done = match cli.command {
        Command::Refine(args) => match &args.batch {
            Some(path) => batch::run(path, &args, &log),
            None => refine::run(&args, &log),
        },
        Command::Scan(args) => scan::run(&args, &log),
        Command::Capture(args) => capture::run(&args, &log),
        Command::Merge(args) => merge::run(&args, &log),
        Command::Schema(args) => schema::run(&args),
        Command::IamPolicy(args) => iam_policy::run(&args),
        Command::Verify(args) => verify::run(&args, &log),
        Command::Check(args) => check::run(&args, &log),
        Command::Compare(args) => compare::run(&args, &log),
        Command::Watch(args) => watch::run(&args),
        Command::Prove(args) => prove::run(&args, &log),
        Command::Catalog(command) => catalog::run(&command, &log),
        Command::Init(args) => init::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::pages(&args),
    };
    match done {
        Ok(exit) => exit,
        // The reader closed the pipe, which is no error.
        Err(RunError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Finished,
        Err(error) => {
            log.failed(&error);
            error.exit()
        }
    }
}

/// Prints an error in the arguments, or the requested help.
pub fn misused(mut error: clap::Error) -> Exit {
    point_to_snapshot(&mut error);
    if error.use_stderr() && crate::output::log::asks_for_json(std::env::args_os()) {
        crate::output::log::misused(&error.to_string());
    } else {
        // If this cannot be written, only the exit code is left.
        let _ = if std::env::args_os().any(|it| is_odd(&it.to_string_lossy())) {
            io::stderr().write_all(harmless(&error.render().to_string()).as_bytes())
        } else {
            error.print()
        };
    }
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Finished
    }
}

/// `leastwise scan mocks/acme` is about recorded answers.
fn point_to_snapshot(error: &mut clap::Error) {
    let command = std::env::args()
        .nth(1)
        .filter(|command| command == "scan" || command == "capture");
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    if command.is_some() && Path::new(argument).join("snapshot.json").is_file() {
        let tip = format!("to scan a snapshot, use '--snapshot {argument}'");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}

/// Whether an argument contains control characters or line breaks. It may be a name that someone else chose.
fn is_odd(argument: &str) -> bool {
    matches!(crate::output::terminal::line(argument), Cow::Owned(_))
}

/// What is wrong, which may repeat such an argument, in one line; then how the command is used.
fn harmless(text: &str) -> String {
    let end = text.rfind("\n\nUsage:").or_else(|| text.rfind("\n\nFor more"));
    let (wrong, usage) = end
        .and_then(|end| text.split_at_checked(end))
        .unwrap_or((text, "\n"));
    format!(
        "{}{}",
        crate::output::terminal::line(wrong),
        crate::output::terminal::clean(usage)
    )
}

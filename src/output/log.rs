//! The only access to standard error while a command works: events as text for people, or as JSON for programs.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process;

use indicatif::MultiProgress;
use jiff::Timestamp;
use serde::Serialize;

use super::colour;
use super::error::RunError;
use super::event::{Event, LogLevel};
use super::terminal;
use crate::cli::{Exit, LogFormat, SayArgs};

/// What is logged, and how.
pub(crate) struct Log {
    format: LogFormat,
    /// The least severe level that is logged.
    most: LogLevel,
    /// The same in every line of a run, and another for each run.
    run: String,
    /// The progress bars, if any; log lines are printed above them.
    screen: Option<MultiProgress>,
    /// An unattended run with an earlier report: only new findings and problems are logged.
    at_night: bool,
}

impl Log {
    pub(crate) fn new(say: &SayArgs) -> Self {
        let most = match (say.quiet, say.verbose) {
            (true, _) => LogLevel::Error,
            (false, 0) => LogLevel::Info,
            (false, 1) => LogLevel::Debug,
            (false, _) => LogLevel::Trace,
        };
        let screen = (say.log_format == LogFormat::Text && !say.quiet && io::stderr().is_terminal())
            .then(MultiProgress::new)
            // A terminal that cannot move its cursor gets plain lines.
            .filter(|screen| !screen.is_hidden());
        Self {
            format: say.log_format,
            most,
            run: run_id(Timestamp::now(), process::id()),
            screen,
            at_night: false,
        }
    }

    /// For a scheduled run. Away from a terminal it logs no progress, because schedulers mail the output; -v
    /// overrides that.
    pub(crate) fn at_night(self, is_one_of_many: bool) -> Self {
        let at_night = is_one_of_many && self.is_brief() && !io::stderr().is_terminal();
        Self { at_night, ..self }
    }

    /// Whether the log is text for people, without -v.
    pub(crate) fn is_brief(&self) -> bool {
        self.format == LogFormat::Text && self.most <= LogLevel::Info
    }

    /// For commands that say little: their result is on standard output.
    pub(crate) fn plain(quiet: bool) -> Self {
        Self::new(&SayArgs {
            quiet,
            verbose: 0,
            log_format: LogFormat::Text,
            help: None,
            config: None,
        })
    }

    /// Where bars are drawn, if they are.
    pub(crate) fn screen(&self) -> Option<&MultiProgress> {
        self.screen.as_ref()
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        let level = match self.format {
            LogFormat::Text => event.level_for_people(),
            LogFormat::Json => event.level(),
        };
        let is_end = matches!(event, Event::ScanEnded(_) | Event::FailOn { .. });
        if level > self.most || self.at_night && level == LogLevel::Info && !is_end {
            return;
        }
        let write = || {
            // Locked before the clock is read, so that lines are in order of time and never interleaved.
            let mut out = io::stderr().lock();
            let line = match self.format {
                LogFormat::Text => text(event, Timestamp::now()),
                LogFormat::Json => json(event, Timestamp::now(), &self.run),
            };
            // If standard error is closed, nothing can be reported.
            let _ = out.write_all(line.as_bytes());
        };
        match &self.screen {
            Some(screen) => screen.suspend(write),
            None => write(),
        }
    }

    /// Logs the error that ended the run.
    pub(crate) fn failed(&self, error: &RunError) {
        if let RunError::Config(problems) = error {
            for problem in problems {
                self.tell(&Event::ConfigProblem {
                    place: problem.place.to_string(),
                    key: &problem.key,
                    message: problem.to_string(),
                    help: &problem.help(),
                });
            }
            // People have read it.
            if self.format == LogFormat::Text {
                return;
            }
        }
        let (message, help) = (error.to_string(), error.help());
        self.tell(&Event::RunFailed {
            message,
            help: help.as_deref(),
            exit: error.exit().code(),
        });
    }
}

/// Whether arguments that could not be parsed ask for JSON.
pub(crate) fn asks_for_json(args: impl Iterator<Item = OsString>) -> bool {
    let args: Vec<OsString> = args.collect();
    args.iter().any(|arg| arg == "--log-format=json")
        || args
            .windows(2)
            .any(|pair| matches!(pair, [flag, format] if flag == "--log-format" && format == "json"))
}

/// Logs an error in the arguments. The first paragraph is the error.
pub(crate) fn misused(error: &str) {
    let (message, help) = error.split_once("\n\n").unwrap_or((error, ""));
    let message = message.trim().trim_start_matches("error: ").to_owned();
    let help = Some(help.trim()).filter(|help| !help.is_empty());
    let say = SayArgs {
        quiet: false,
        verbose: 0,
        log_format: LogFormat::Json,
        help: None,
        config: None,
    };
    Log::new(&say).tell(&Event::RunFailed {
        message,
        help,
        exit: Exit::Usage.code(),
    });
}

/// No two runs of a machine have it in common, and by it they sort as they began.
fn run_id(began: Timestamp, process: u32) -> String {
    format!("{}-{process}", began.strftime("%Y%m%dT%H%M%S.%6fZ"))
}

fn text(event: &Event<'_>, now: Timestamp) -> String {
    let message = event.message();
    let text = match event {
        Event::ConfigProblem { help, .. } => {
            format!(
                "error: {}\n  help: {}\n",
                terminal::line(&message),
                terminal::line(help)
            )
        }
        Event::RunFailed { help, .. } => {
            let help = help
                .map(|help| format!("help: {}\n", terminal::line(help)))
                .unwrap_or_default();
            format!("error: {}\n{help}", terminal::line(&message))
        }
        Event::ScanEnded(ended) => return colour::of_summary(&terminal::clean(&ended.text)).into_owned(),
        Event::CheckEnded(ended) => return colour::of_summary(&terminal::clean(&ended.text)).into_owned(),
        _ => {
            let before = match event.level_for_people() {
                LogLevel::Error => "error: ".to_owned(),
                LogLevel::Warn => "warning: ".to_owned(),
                LogLevel::Info => String::new(),
                LogLevel::Debug | LogLevel::Trace => now.strftime("%H:%M:%SZ ").to_string(),
            };
            format!("{before}{}\n", terminal::line(&message))
        }
    };
    colour::on_stderr(&text).into_owned()
}

#[derive(Serialize)]
struct LogLine<'l> {
    time: String,
    level: LogLevel,
    event: &'static str,
    run: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'l str>,
    message: String,
    #[serde(flatten)]
    members: &'l Event<'l>,
}

fn json(event: &Event<'_>, now: Timestamp, run: &str) -> String {
    let line = LogLine {
        time: format!("{now:.3}"),
        level: event.level(),
        event: event.name(),
        run,
        account: event.account(),
        message: event.message(),
        members: event,
    };
    // Maps with names for keys always have a JSON form.
    let text = serde_json::to_string(&line).unwrap_or_default();
    format!("{}\n", terminal::json(&text))
}

//! `leastwise scan`: what it prints, where it writes, and its exit code.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::cli::{CatalogArg, Exit, FailOn, ReportArgs, Scan};
use crate::commands::{input, shard};
use crate::config::Config;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use crate::output::progress::Progress;
use crate::output::terminal::shown;
use crate::output::words::number;
use crate::output::{metrics, summary};
use crate::scan::cache::AccountCache;
use crate::scan::code::Code;
use crate::scan::comparable::ComparableReport;
use crate::scan::cores::{cpu_permits, runtime};
use crate::scan::finished::FinishedAccounts;
use crate::scan::grants::Grants;
use crate::scan::history::Previous;
use crate::scan::outcome::ScanOutcome;
use crate::scan::run::ScanRun;
use crate::scan::{resume, settings};
use leastwise_aws::live::Live;
use leastwise_aws::update::ChosenCatalog;
use leastwise_aws::{Cloud, Journaled};
use leastwise_core::catalog::Unobserved;
use leastwise_core::decide::{PrincipalStatus, RuleCode};
use leastwise_core::report::{ExceptionRow, ExceptionState, SinceRow};
use leastwise_report::folder::writer::{OutputKind, Writer};

pub(crate) fn run(args: &Scan, log: &Arc<Log>) -> Result<Exit, RunError> {
    log.tell(&Event::RunBegan {
        command: "scan",
        version: env!("CARGO_PKG_VERSION"),
    });
    if let Some(which) = args.shard.shard {
        return shard::run(which, args, log);
    }
    let flags = args
        .source
        .overrides()
        .and(args.report.overrides())
        .and(args.cache.overrides());
    let config = settings::read(args.say.config.as_deref(), &flags, log)?;
    let setup = ScanSetup::new(config, &args.report, log)?;
    let began = setup.began;
    match &args.source.snapshot {
        Some(folder) => {
            let snapshot = input::snapshot(folder)?;
            let as_of = snapshot.captured_at().map(str::to_owned);
            setup.report(Journaled::new(snapshot, None), as_of, began)
        }
        None => {
            let options = settings::live(&setup.config, setup.progress.events());
            let live = setup
                .runtime
                .block_on(Live::connect(options))
                .map_err(RunError::Connect)?;
            log.tell(&Event::Caller {
                account: live.caller_account(),
                arn: live.caller(),
            });
            let journal = resume::journal(
                &setup.writer,
                &live,
                &setup.config,
                args.source.resume,
                began,
                log,
            )?;
            // A run that is gone on from began then, and so does its report.
            let started = journal.started();
            let cloud = Journaled::new(live, Some(journal)).with(resume::state(&setup.config)?);
            setup.report(cloud, Some(started.to_string()), started)
        }
    }
}

/// Everything that a report needs except the answers, checked before the long work.
pub(crate) struct ScanSetup<'r> {
    config: Config,
    /// What the config's file is called.
    file: Option<String>,
    catalog: ChosenCatalog,
    code: Code,
    writer: Writer,
    previous: Option<Previous>,
    progress: Arc<Progress>,
    runtime: Runtime,
    began: jiff::Timestamp,
    args: &'r ReportArgs,
    log: &'r Log,
}

impl<'r> ScanSetup<'r> {
    pub(crate) fn new(
        (config, file): (Config, Option<String>),
        args: &'r ReportArgs,
        log: &'r Arc<Log>,
    ) -> Result<Self, RunError> {
        let catalog = crate::commands::catalog::choose(
            &CatalogArg {
                catalog: config.catalog.clone(),
            },
            log,
        )?;
        if let Some(path) = &args.metrics {
            metrics::check(path, &config.out)?;
        }
        let code = Code::read(&config, log)?;
        let writer = Writer::begin(&config.out, OutputKind::Report)?;
        // Read before the work, as the report that it is in may be replaced.
        let previous = args
            .previous
            .as_deref()
            .map(|folder| earlier(folder, log))
            .transpose()?;
        let (progress, began) = (Progress::new(log), jiff::Timestamp::now());
        let runtime = runtime()?;
        Ok(Self {
            config,
            file,
            catalog,
            code,
            writer,
            previous,
            progress,
            runtime,
            began,
            args,
            log,
        })
    }

    /// Writes the report from the answers of `cloud`, and returns the exit code.
    pub(crate) fn report<C: Cloud + Send + Sync + 'static>(
        self,
        cloud: Journaled<C>,
        as_of: Option<String>,
        started: jiff::Timestamp,
    ) -> Result<Exit, RunError> {
        let Self {
            config,
            file,
            catalog,
            code,
            writer,
            previous,
            progress,
            runtime,
            began,
            args,
            log,
        } = self;
        let writer = Arc::new(writer);
        let unobserved = Unobserved::table()
            .clone()
            .without(config.remove_unobserved.iter().cloned());
        let earlier = previous.as_ref().and_then(|Previous(told)| told.as_ref());
        let grants = Grants::new(earlier.map(ComparableReport::folder));
        let again = previous.is_some() || !config.formats.is_empty();
        let run = ScanRun {
            cloud,
            catalog,
            as_of,
            writer,
            progress,
            config,
            unobserved,
            code,
            grants,
            started,
            cpu: cpu_permits(),
            prepared: AccountCache::default(),
            finished: Arc::new(FinishedAccounts::new(again)),
        };
        let (result, target) = runtime.block_on(Arc::new(run).run_or_stop(previous))?;
        for row in &result.report.exceptions {
            for state in row.states.iter().filter(|state| state.code != RuleCode::Active) {
                let message = exception(row, state, file.as_deref());
                log.tell(&Event::RuleWarning {
                    rule: &row.id,
                    state: state.code.name(),
                    message,
                });
            }
        }
        if let Some(principals) = result.since.as_ref().and_then(|since| since.too_old) {
            log.tell(&Event::EvidenceTooOld { principals });
        }
        if result.since.as_ref().is_some_and(|since| since.no_common_account) {
            let message =
                "the earlier report has no account in common with this scan; is it of the same organisation?";
            log.tell(&Event::CompareWarning {
                message: message.to_owned(),
            });
        } else {
            for message in result.report.since.iter().flat_map(SinceRow::doubts) {
                log.tell(&Event::CompareWarning { message });
            }
        }
        let exit = exit(&result, &args.fail_on);
        if let Some(path) = &args.metrics {
            metrics::write(path, &result, began, exit)?;
        }
        let summary = summary::of(&result, &target, exit, log);
        log.tell(&summary);
        // Also where something graver decides on the exit code, and in a run that says nothing else.
        for (rule, message) in args
            .fail_on
            .iter()
            .filter_map(|what| Some((what, found(&result, what)?)))
        {
            log.tell(&Event::FailOn {
                rule: rule.to_string(),
                message,
                exit: exit.code(),
            });
        }
        Ok(exit)
    }
}

/// What is wrong with an exception, where it is written: `config:17` is line 17 of the configuration.
fn exception(row: &ExceptionRow, state: &ExceptionState, file: Option<&str>) -> String {
    let place = match (row.id.strip_prefix("config:"), file) {
        (Some(line), Some(file)) => format!("{file}:{line}: this exception (\"{}\")", row.reason),
        (Some(line), None) => format!("the exception in line {line} (\"{}\")", row.reason),
        (None, _) => match row.reason.strip_prefix("`keep` lists ") {
            Some(pattern) => format!("`keep` entry {pattern}"),
            None => format!("{} (\"{}\")", row.id, row.reason),
        },
    };
    let fix = if state.code == RuleCode::OverBroad {
        "; narrow its scope"
    } else {
        ""
    };
    format!("{place}: {}{fix}", state.why)
}

/// The report to compare with. It may be missing, because a schedule already names it in its first run.
fn earlier(folder: &Path, log: &Log) -> Result<Previous, RunError> {
    let told = ComparableReport::earlier(folder)?;
    if told.is_none() {
        log.tell(&Event::FirstNight { path: shown(folder) });
    }
    Ok(Previous(told))
}

/// How a finished scan exits. Of several reasons the graver: a defect, then missing accounts, then what was found.
fn exit(result: &ScanOutcome, fail_on: &[FailOn]) -> Exit {
    if result.defects > 0 {
        Exit::Refuted
    } else if result.accounts_unknown || !result.report.is_whole() {
        Exit::Incomplete
    } else if fail_on.iter().any(|what| found(result, what).is_some()) {
        Exit::Found
    } else {
        Exit::Finished
    }
}

/// What was found of what should fail a run, if anything was.
fn found(result: &ScanOutcome, what: &FailOn) -> Option<String> {
    let totals = &result.report.totals;
    let idle = totals
        .statuses
        .get(&PrincipalStatus::UnusedPrincipal)
        .copied()
        .unwrap_or_default();
    match what {
        FailOn::Unused => {
            let (changes, idle) = (totals.recommendations as u64, idle as u64);
            let credentials = totals.credentials as u64;
            listed(&[
                (changes, "policy can be reduced", "policies can be reduced"),
                (idle, "principal is unused", "principals are unused"),
                (
                    credentials,
                    "access key or password is unused",
                    "access keys and passwords are unused",
                ),
            ])
        }
        FailOn::Risk(points) => (totals.recommendations > 0 && result.heaviest >= *points).then(|| {
            format!(
                "the largest change lowers the risk score by {}",
                number(result.heaviest)
            )
        }),
        FailOn::New => {
            let since = result.since.as_ref();
            let changes = since.map_or(0, |since| since.news) as u64;
            let idle = since.map_or(0, |since| since.newly_unused) as u64;
            listed(&[
                (
                    changes,
                    "change is new, back or regressed",
                    "changes are new, back or regressed",
                ),
                (
                    idle,
                    "principal, access key or password is newly unused",
                    "principals, access keys and passwords are newly unused",
                ),
            ])
        }
    }
}

/// Counts with what they count, one and many of it; nothing when there is none of any.
fn listed(parts: &[(u64, &str, &str)]) -> Option<String> {
    let parts = parts.iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, one, many)| format!("{} {}", number(*count), if *count == 1 { one } else { many }))
        .collect();
    Some(parts.join(", ")).filter(|text| !text.is_empty())
}

//! `leastwise scan`: what is told, where it goes, how it exits.

use std::path::Path;
use std::sync::Arc;

use super::compare::Previous;
use super::error::RunError;
use super::event::Event;
use super::everything::{Everything, Scanned, hands};
use super::log::Log;
use super::progress::Progress;
use super::{metrics, resume, settings, summary};
use crate::aws::live::Live;
use crate::aws::{Journaled, Snapshot};
use crate::cli::{CatalogArg, Exit, FailOn, Scan};
use crate::config::Overrides;
use crate::report::writer::{Output, Writer};
use crate::report::{AccountSummary, Coverage, Report};

pub(super) fn run(args: &Scan, log: &Arc<Log>) -> Result<Exit, RunError> {
    log.tell(&Event::RunBegan { command: "scan", version: env!("CARGO_PKG_VERSION") });
    let flags = Overrides {
        out: args.out.clone(),
        catalog: args.catalog.catalog.clone(),
        formats: args.format.clone(),
        split_by: args.split_by.clone(),
        shared: args.shared.clone(),
        keep: args.keep.clone(),
        min_confidence: args.min_confidence.clone(),
        ..Overrides::default()
    };
    let config = settings::read(&args.source, flags)?;
    let catalog = super::catalog::choose(&CatalogArg { catalog: config.catalog.clone() }, log)?;
    if let Some(path) = &args.metrics {
        metrics::check(path)?;
    }
    let writer = Writer::begin(&config.out, Output::Report)?;
    // Read before the work, as the report that it is in may be replaced.
    let previous = args.previous.as_deref().map(Previous::read).transpose()?.into();
    let progress = Progress::new(log);
    let began = jiff::Timestamp::now();
    let started = began;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunError::Runtime)?;
    let (result, target) = match &args.source.snapshot {
        Some(folder) => {
            let snapshot = open(folder)?;
            let as_of = snapshot.captured_at().map(str::to_owned);
            let cloud = Journaled::new(snapshot, None);
            let scan = Everything {
                cloud,
                catalog,
                as_of,
                writer: Arc::new(writer),
                progress,
                config,
                previous,
                started,
                hands: hands(),
            };
            runtime.block_on(Arc::new(scan).run_or_stop())?
        }
        None => {
            let options = settings::live(&config, progress.observer());
            let live = runtime.block_on(Live::connect(options)).map_err(RunError::Connect)?;
            let journal = resume::journal(&writer, &live, &config, args.source.resume, started, log)?;
            // A run that is gone on from began then, and so does its report.
            let started = journal.started();
            let as_of = Some(started.to_string());
            let cloud = Journaled::new(live, Some(journal)).with(resume::state(&config)?);
            let scan = Everything {
                cloud,
                catalog,
                as_of,
                writer: Arc::new(writer),
                progress,
                config,
                previous,
                started,
                hands: hands(),
            };
            runtime.block_on(Arc::new(scan).run_or_stop())?
        }
    };
    for row in &result.report.exceptions {
        for state in row.states.iter().filter(|state| state.code != "active") {
            let message = format!("exception {} ({}): {}", row.id, row.reason, state.why);
            log.tell(&Event::RuleWarning { rule: &row.id, state: &state.code, message });
        }
    }
    let exit = exit(&result, &args.fail_on);
    if let Some(path) = &args.metrics {
        metrics::write(path, &result, began, exit)?;
    }
    log.tell(&summary::of(&result, &target, exit));
    Ok(exit)
}

/// Opens a folder of recorded answers.
pub(super) fn open(folder: &Path) -> Result<Snapshot, RunError> {
    Snapshot::open(folder).map_err(|error| RunError::Snapshot { folder: folder.to_owned(), error })
}

/// How a finished scan exits. Of several reasons the graver: a defect, then missing accounts, then what was found.
fn exit(result: &Scanned, fail_on: &[FailOn]) -> Exit {
    let totals = &result.report.totals;
    let unused =
        totals.recommendations > 0 || totals.buckets.get("unused-principal").is_some_and(|count| *count > 0);
    let found = |what: &FailOn| match what {
        FailOn::Unused => unused,
        FailOn::Risk(points) => totals.recommendations > 0 && result.heaviest >= *points,
        FailOn::New => result.news > 0,
    };
    if result.defects > 0 {
        Exit::Refuted
    } else if !is_whole(&result.report) {
        Exit::Incomplete
    } else if fail_on.iter().any(found) {
        Exit::Found
    } else {
        Exit::Finished
    }
}

/// Whether everything was read that was to be read.
pub(super) fn is_whole(report: &Report) -> bool {
    let unread = |account: &AccountSummary| matches!(account.coverage, Coverage::Partial | Coverage::Failed);
    !report.accounts.iter().any(unread)
}

/// As a message calls it.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    short.unwrap_or_else(|| path.to_owned()).display().to_string()
}

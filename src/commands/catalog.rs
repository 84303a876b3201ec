//! `leastwise catalog`, and the choice of a catalog for the other commands. Reads the clock and the environment for
//! `update`.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};

use jiff::Timestamp;

use crate::cli::{CatalogArg, CatalogCommand, Exit};
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use crate::output::terminal;
use crate::scan::cores::runtime;
use leastwise_aws::update;
use leastwise_aws::update::{
    CatalogOrigin, CatalogSource, ChosenCatalog, DownloadLimits, DownloadProgress, Options, age_in_days,
    cache_path, stale_warning,
};

/// Runs a command of `leastwise catalog`.
pub(super) fn run(command: &CatalogCommand, log: &Log) -> Result<Exit, RunError> {
    let (now, mut out) = (Timestamp::now(), io::stdout().lock());
    match command {
        CatalogCommand::Info(arg) => info(&choose(arg, log)?, now, &mut out)?,
        CatalogCommand::Update(args) => {
            let cache = cache_path(&environment);
            // A broken catalog there is about to be replaced: not worth a word.
            let in_use = update::choose(None, cache.as_deref(), &mut |_| {})?;
            let options = Options {
                source: CatalogSource::of(args.from.as_deref()),
                cache: cache.as_deref(),
                in_use: &in_use,
                force: args.force,
                limits: DownloadLimits::default(),
                environment: &environment,
            };
            update(&options, now, &mut out, &mut told())?;
        }
    }
    out.flush()?;
    Ok(Exit::Finished)
}

/// Chooses the catalog for a command. Logs a warning if it is old or damaged.
pub(super) fn choose(arg: &CatalogArg, log: &Log) -> Result<ChosenCatalog, RunError> {
    let mut warn = |message| log.tell(&Event::CatalogWarning { message });
    let chosen = update::choose(
        arg.catalog.as_deref(),
        cache_path(&environment).as_deref(),
        &mut warn,
    )?;
    if let Some(warning) = stale_warning(&chosen, Timestamp::now()) {
        warn(warning);
    }
    Ok(chosen)
}

/// Says which catalog is in use.
pub(super) fn info(chosen: &ChosenCatalog, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let known = |text: &str| {
        if text.is_empty() {
            "unknown".to_owned()
        } else {
            text.to_owned()
        }
    };
    let origin = match chosen.origin() {
        CatalogOrigin::Explicit(path) => format!("{}, given with --catalog", path.display()),
        CatalogOrigin::Updated(path) => format!("{}, from `leastwise catalog update`", path.display()),
        CatalogOrigin::Embedded => "built in".to_owned(),
    };
    let age = match age_in_days(chosen.updated(), now) {
        None => "unknown".to_owned(),
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{days} days"),
    };
    let tracked = if chosen.actions().any(|action| action.tracked.is_some()) {
        chosen
            .actions()
            .filter(|action| action.tracked == Some(true))
            .count()
            .to_string()
    } else {
        "unknown".to_owned()
    };
    let lines = [
        ("version", known(chosen.version())),
        ("date", known(chosen.updated())),
        ("age", age),
        ("origin", origin),
        ("source", known(chosen.source())),
        ("services", chosen.service_count().to_string()),
        ("actions", chosen.action_count().to_string()),
        // Actions whose last use IAM tracks.
        ("tracked", tracked),
        ("digest", format!("sha256:{}", chosen.digest())),
    ];
    lines
        .iter()
        .try_for_each(|(key, value)| writeln!(out, "{:<10}{}", format!("{key}:"), terminal::clean(value)))
}

/// Updates the user's catalog and says what changed.
pub(super) fn update(
    options: &Options<'_>,
    now: Timestamp,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<(), RunError> {
    let updated = runtime()?.block_on(update::update(options, now, progress))?;
    let lines = [
        ("date", updated.updated),
        ("services", updated.services.to_string()),
        (
            "actions",
            format!(
                "{} ({} new, {} removed)",
                updated.actions, updated.added, updated.removed
            ),
        ),
        ("written", updated.path.display().to_string()),
    ];
    for (key, value) in lines {
        writeln!(out, "{:<10}{}", format!("{key}:"), terminal::clean(&value))?;
    }
    Ok(())
}

/// A line that counts up, on a terminal only: elsewhere the result says enough.
fn told() -> impl FnMut(DownloadProgress) {
    let watched = io::stderr().is_terminal();
    move |DownloadProgress { done, total }| {
        if watched {
            let end = if done == total { "\n" } else { "" };
            // It does not matter if the counter cannot be shown.
            let _ = write!(io::stderr(), "\rFetching: {done}/{total} services{end}");
        }
    }
}

fn environment(name: &str) -> Option<OsString> {
    env::var_os(name)
}

//! Continues from an interrupted run, or from the state of earlier runs.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::config::Config;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use leastwise_aws::live::Live;
use leastwise_aws::{Journal, State};
use leastwise_core::digest::sha256;
use leastwise_core::report::{Coverage, SCHEMA};
use leastwise_report::folder::ReportFolder;
use leastwise_report::folder::writer::Writer;

/// The journal of a run that writes to `writer`. Its lock keeps two runs from keeping one journal.
pub(crate) fn journal(
    writer: &Writer,
    live: &Live,
    config: &Config,
    resume: bool,
    now: Timestamp,
    log: &Log,
) -> Result<Journal, RunError> {
    let folder = place(writer);
    let terms = terms(live, config);
    // A run that was killed when its report was in place already is no interrupted one.
    if resume
        && let Some(journal) = Journal::resume(&folder, &terms, now)?
        && !is_done(writer.target(), &journal)
    {
        log.tell(&Event::RunResumed {
            began: journal.started().to_string(),
        });
        return Ok(journal);
    }
    Ok(Journal::begin(&folder, &terms, now)?)
}

/// The cache of earlier runs, if configured.
pub(crate) fn state(config: &Config) -> Result<Option<State>, RunError> {
    Ok(config.state.as_deref().map(State::open).transpose()?)
}

/// Whether the report in its place is what the run of a journal came to, with nothing left to be read again.
fn is_done(report: &Path, journal: &Journal) -> bool {
    let manifest = ReportFolder::open(report, SCHEMA)
        .ok()
        .map(|folder| folder.manifest);
    let unread = [Coverage::Partial, Coverage::Failed];
    manifest.is_some_and(|manifest| {
        let accounts = manifest.totals.accounts;
        manifest.started == journal.started().to_string()
            && unread.iter().all(|coverage| !accounts.contains_key(coverage))
    })
}

fn place(writer: &Writer) -> PathBuf {
    writer.beside(".journal")
}

/// What the answers of a run depend on, as a digest. The selection of accounts is not part of it: what is
/// read from one account does not depend on the others.
fn terms(live: &Live, config: &Config) -> String {
    let Config {
        profile,
        evidence,
        analyzer,
        assume,
        ..
    } = config;
    let (caller, region) = (live.caller_account(), live.region());
    sha256(format!("{caller:?} {profile:?} {region:?} {evidence:?} {analyzer:?} {assume:?}").as_bytes())
}

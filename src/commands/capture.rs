//! `leastwise capture`: records everything that a scan reads as a snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;

use super::input;
use crate::cli::{Capture, Exit};
use crate::config::{AccountChoice, Config};
use crate::output::advice;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use crate::output::progress::{Progress, ReadFigures, Stage};
use crate::output::terminal::shown;
use crate::scan::cores::runtime;
use crate::scan::selection::choose;
use crate::scan::{resume, settings, stop};
use leastwise_aws::live::Live;
use leastwise_aws::{Cloud, Journal, Journaled, Reading, snapshot};
use leastwise_core::evidence::{Analyzer, Failure};
use leastwise_core::inventory::wire::Account;
use leastwise_report::folder::writer::{OutputKind, Writer};

pub(super) fn run(args: &Capture, log: &Arc<Log>) -> Result<Exit, RunError> {
    log.tell(&Event::RunBegan {
        command: "capture",
        version: env!("CARGO_PKG_VERSION"),
    });
    let flags = args.source.overrides().and(args.cache.overrides());
    let (config, _) = settings::read(args.say.config.as_deref(), &flags, log)?;
    let writer = Writer::begin(&args.out, OutputKind::Snapshot)?;
    let progress = Progress::new(log);
    let runtime = runtime()?;
    let now = jiff::Timestamp::now();
    let (done, journal) = match &args.source.snapshot {
        Some(folder) => {
            let snapshot = input::snapshot(folder)?;
            let captured_at = snapshot
                .captured_at()
                .map_or_else(|| now.to_string(), str::to_owned);
            let cloud = Journaled::new(snapshot, None);
            runtime.block_on(capture_or_stop(cloud, &writer, &progress, &config, &captured_at))?
        }
        None => {
            let options = settings::live(&config, progress.events());
            let live = runtime
                .block_on(Live::connect(options))
                .map_err(RunError::Connect)?;
            log.tell(&Event::Caller {
                account: live.caller_account(),
                arn: live.caller(),
            });
            let journal = resume::journal(&writer, &live, &config, args.source.resume, now, log)?;
            let captured_at = journal.started().to_string();
            let cloud = Journaled::new(live, Some(journal)).with(resume::state(&config)?);
            runtime.block_on(capture_or_stop(cloud, &writer, &progress, &config, &captured_at))?
        }
    };
    let path = shown(&writer.finish()?);
    if let Some(journal) = journal.filter(|_| done.not_whole == 0) {
        // Nothing is left to go on with.
        journal.forget();
    }
    let Captured {
        accounts,
        not_whole,
        accounts_unknown,
    } = done;
    let exit = if not_whole > 0 || accounts_unknown {
        Exit::Incomplete
    } else {
        Exit::Finished
    };
    log.tell(&Event::CaptureEnded {
        accounts,
        not_whole,
        path,
        exit: exit.code(),
    });
    Ok(exit)
}

/// What a capture has done.
#[derive(Default)]
struct Captured {
    accounts: usize,
    /// How many of them could not be read completely.
    not_whole: usize,
    /// The other accounts could not be listed.
    accounts_unknown: bool,
}

/// Captures all, and gives the journal back.
async fn capture_or_stop<C: Cloud>(
    cloud: Journaled<C>,
    writer: &Writer,
    progress: &Progress,
    config: &Config,
    captured_at: &str,
) -> Result<(Captured, Option<Journal>), RunError> {
    let done = tokio::select! {
        done = capture(&cloud, writer, progress, config, captured_at) => done?,
        () = stop::asked() => {
            let kept = cloud.journal().is_some_and(Journal::is_of_use);
            return Err(RunError::Stopped { kept, earlier: advice::earlier(writer) });
        }
    };
    Ok((done, cloud.into_journal()))
}

/// Reads all accounts and writes them.
async fn capture<C: Cloud>(
    cloud: &C,
    writer: &Writer,
    progress: &Progress,
    config: &Config,
    captured_at: &str,
) -> Result<Captured, RunError> {
    let organisation = cloud.organisation().await.map_err(RunError::Organisation)?;
    let organisation = choose(&config.accounts, organisation)?;
    let mut analyzers: BTreeMap<String, Analyzer> = BTreeMap::new();
    let mut failed = BTreeMap::new();
    let accounts_unknown = organisation.unknown.is_some();
    let mut captured = Captured {
        accounts_unknown,
        ..Captured::default()
    };
    {
        let wanted =
            |account: &&Account| !account.is_closed() && config.accounts.takes(account) == AccountChoice::Yes;
        let active: Vec<&Account> = organisation.accounts.iter().filter(wanted).collect();
        progress.stage(Stage::Read, active.len());
        let each = active
            .into_iter()
            .map(|account| one(cloud, writer, progress, account));
        let mut done = futures::stream::iter(each).buffer_unordered(config.limits.accounts);
        while let Some(read) = done.next().await {
            let read = read?;
            analyzers.extend(
                read.analyzers
                    .into_iter()
                    .map(|analyzer| (analyzer.arn.clone(), analyzer)),
            );
            captured.accounts += 1;
            captured.not_whole += usize::from(!read.is_complete);
            progress.account(read.authorization.is_none());
            failed.extend(read.authorization.map(|failure| (read.account, failure)));
        }
    }
    progress.finish();
    if captured.accounts == failed.len() {
        return Err(advice::nothing_read(
            config,
            organisation.accounts.len(),
            failed,
            writer,
        ));
    }
    for (path, text) in snapshot::common_files(&organisation, &analyzers, captured_at).map_err(in_json)? {
        writer.write(&path, text.as_bytes())?;
    }
    Ok(captured)
}

/// What to report about an account whose answers are written.
struct Recorded {
    /// Its id.
    account: String,
    /// That of its findings first.
    analyzers: Vec<Analyzer>,
    authorization: Option<Failure>,
    is_complete: bool,
}

/// Reads one account and writes the answers.
async fn one<C: Cloud>(
    cloud: &C,
    writer: &Writer,
    progress: &Progress,
    account: &Account,
) -> Result<Recorded, RunError> {
    progress.begins(account);
    let answers = cloud.read(account, Reading::watched(progress)).await;
    for (path, text) in snapshot::account_files(account, &answers).map_err(in_json)? {
        writer.write(&path, text.as_bytes())?;
    }
    progress.ends(account, ReadFigures::of(&answers));
    let evidence = answers.evidence.as_ref().into_iter();
    Ok(Recorded {
        account: account.id.clone(),
        analyzers: evidence
            .flat_map(|evidence| evidence.analyzers())
            .cloned()
            .collect(),
        is_complete: answers.is_complete(),
        authorization: answers.authorization.err(),
    })
}

pub(super) fn in_json(error: serde_json::Error) -> RunError {
    RunError::Json {
        path: "snapshot".to_owned(),
        error,
    }
}

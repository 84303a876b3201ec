//! `leastwise capture`: everything that a scan reads, as a snapshot.

use std::collections::BTreeMap;
use std::io::{self, Write};

use futures::StreamExt;

use super::error::RunError;
use super::progress::Progress;
use super::scan::shown;
use super::terminal;
use crate::aws::{Cloud, Snapshot, record};
use crate::cli::{Capture, Exit};
use crate::evidence::Analyzer;
use crate::inventory::wire::Account;
use crate::report::writer::Writer;

/// How many accounts are read at a time.
const ACCOUNTS: usize = 8;

pub(super) fn run(args: &Capture) -> Result<Exit, RunError> {
    let writer = Writer::begin(&args.out)?;
    let progress = Progress::new(args.quiet);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunError::Runtime)?;
    let Some(folder) = &args.snapshot else { return Err(RunError::NoSource) };
    let snapshot =
        Snapshot::open(folder).map_err(|error| RunError::Snapshot { folder: folder.clone(), error })?;
    let now = jiff::Timestamp::now().to_string();
    let captured_at = snapshot.captured_at().unwrap_or(&now);
    let unread = runtime.block_on(capture(&snapshot, &writer, &progress, captured_at))?;
    let target = writer.finish()?;
    if !args.quiet {
        let line = format!("wrote {}; read it with `leastwise scan --snapshot {0}`\n", shown(&target));
        io::stderr().write_all(terminal::clean(&line).as_bytes())?;
    }
    Ok(if unread > 0 { Exit::Incomplete } else { Exit::Finished })
}

/// Reads all accounts and writes them; says how many could not be read whole.
async fn capture<C: Cloud>(
    cloud: &C,
    writer: &Writer,
    progress: &Progress,
    captured_at: &str,
) -> Result<usize, RunError> {
    let organisation = cloud.organisation().await.map_err(RunError::Organisation)?;
    progress.accounts(organisation.accounts.len());
    let mut analyzers: BTreeMap<String, Analyzer> = BTreeMap::new();
    let mut unread = 0;
    {
        let active = organisation.accounts.iter().filter(|account| account.state() == "ACTIVE");
        let each = active.map(|account| one(cloud, writer, progress, account));
        let mut done = futures::stream::iter(each).buffer_unordered(ACCOUNTS);
        while let Some(read) = done.next().await {
            let (analyzer, whole) = read?;
            analyzers.extend(analyzer.map(|analyzer| (analyzer.arn.clone(), analyzer)));
            unread += usize::from(!whole);
            progress.account();
        }
    }
    progress.finish();
    for (path, text) in record::common_files(&organisation, &analyzers, captured_at).map_err(in_json)? {
        writer.write(&path, text.as_bytes())?;
    }
    Ok(unread)
}

async fn one<C: Cloud>(
    cloud: &C,
    writer: &Writer,
    progress: &Progress,
    account: &Account,
) -> Result<(Option<Analyzer>, bool), RunError> {
    let answers = cloud.read(account, progress).await;
    for (path, text) in record::account_files(account, &answers).map_err(in_json)? {
        writer.write(&path, text.as_bytes())?;
    }
    let evidence = answers.evidence.as_ref().ok();
    let whole =
        evidence.is_some_and(|evidence| evidence.findings.iter().all(|finding| finding.failure.is_none()));
    Ok((evidence.and_then(|evidence| evidence.analyzer.clone()), whole && answers.authorization.is_ok()))
}

fn in_json(error: serde_json::Error) -> RunError {
    RunError::Json { path: "snapshot".to_owned(), error }
}

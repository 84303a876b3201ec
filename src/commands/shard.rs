//! `leastwise scan --shard`: one of several processes reads its share of the accounts and writes a part.

use std::env;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use serde::Serialize;

use super::capture::in_json;
use super::input;
use crate::cli::{Exit, Scan, Which};
use crate::config::Config;
use crate::output::advice;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use crate::output::progress::{Progress, ReadFigures, Stage};
use crate::output::terminal::shown;
use crate::scan::cores::runtime;
use crate::scan::selection::{choose, outside};
use crate::scan::{resume, settings, stop};
use leastwise_aws::live::Live;
use leastwise_aws::parts::{ACCOUNTS, PART, PartManifest, Shard};
use leastwise_aws::{Cloud, Journal, Journaled, Reading, parts};
use leastwise_core::digest::sha256;
use leastwise_core::inventory::wire::{Account, Accounts};
use leastwise_report::folder::writer::{OutputKind, Writer};

/// Environment variables with which schedulers number identical processes, from 0.
const INDICES: [&str; 2] = ["AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"];

pub(super) fn run(which: Which, args: &Scan, log: &Arc<Log>) -> Result<Exit, RunError> {
    let share = share(which, |name| env::var(name).ok())?;
    // A catalog from the environment applies to the whole run, so the merge uses it too.
    let catalog = args
        .report
        .catalog
        .catalog
        .as_ref()
        .map(|path| path.as_os_str().to_owned());
    if catalog.is_some() && catalog != env::var_os("LEASTWISE_CATALOG") {
        return Err(RunError::ShardCatalog);
    }
    // Of the report only this decides what has to be asked: packs of organisational units want to know those.
    let flags = args.source.overrides().and(args.cache.overrides()).text(
        "split-by",
        "--split-by",
        &args.report.split_by,
    );
    let (config, _) = settings::read(args.say.config.as_deref(), &flags, log)?;
    let folder = args
        .shard
        .parts
        .clone()
        .unwrap_or_default()
        .join(share.to_string());
    let writer = Writer::begin(&folder, OutputKind::Part)?;
    let progress = Progress::new(log);
    let runtime = runtime()?;
    let now = Timestamp::now();
    let part = |started| {
        let new = PartManifest::new(share, started);
        PartManifest {
            run: args.shard.run_id.clone(),
            window_days: config.window_days,
            ..new
        }
    };
    let work = ShardWork {
        share,
        writer: &writer,
        progress: &progress,
        config: &config,
    };
    let (done, journal) = match &args.source.snapshot {
        Some(folder) => {
            let snapshot = input::snapshot(folder)?;
            let captured_at = snapshot.captured_at().map(str::to_owned);
            let Config {
                accounts,
                window_days,
                ..
            } = &config;
            let settings = sha256(format!("{captured_at:?} {accounts:?} {window_days}").as_bytes());
            let part = PartManifest {
                settings,
                captured_at,
                ..part(now)
            };
            runtime.block_on(work.or_stop(Journaled::new(snapshot, None), part))?
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
            let part = PartManifest {
                live: true,
                settings: terms(&live, &config),
                units: config.names_units(),
                captured_at: Some(journal.started().to_string()),
                ..part(journal.started())
            };
            let cloud = Journaled::new(live, Some(journal)).with(resume::state(&config)?);
            runtime.block_on(work.or_stop(cloud, part))?
        }
    };
    let Done {
        not_whole,
        accounts,
        unknown,
    } = done;
    let path = shown(&writer.finish()?);
    if let Some(journal) = journal.filter(|_| not_whole == 0) {
        // Nothing is left to go on with.
        journal.forget();
    }
    let exit = if not_whole > 0 || unknown {
        Exit::Incomplete
    } else {
        Exit::Finished
    };
    let Shard { shard, of } = share;
    log.tell(&Event::ShardEnded {
        shard,
        of,
        accounts,
        not_whole,
        path,
        exit: exit.code(),
    });
    Ok(exit)
}

/// Which shard this process is.
fn share(which: Which, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, RunError> {
    let of = match which {
        Which::Named(share) => return Ok(share),
        Which::Auto { of } => of,
    };
    let set = INDICES.into_iter().find_map(|name| Some((name, variable(name)?)));
    let (variable, found) = set.ok_or(RunError::NoIndex)?;
    match found.parse::<u32>() {
        Ok(index) if index < of => Ok(Shard { shard: index + 1, of }),
        _ => Err(RunError::BadIndex { variable, found, of }),
    }
}

/// What the answers of a shard depend on beside AWS, as a digest. Unlike a journal's it has the choice of accounts, as
/// that must be one for all shards, and no profile, which every machine may call as it likes.
fn terms(live: &Live, config: &Config) -> String {
    let Config {
        evidence,
        analyzer,
        window_days,
        accounts,
        assume,
        ..
    } = config;
    let (caller, region, units) = (live.caller_account(), live.region(), config.names_units());
    let terms = format!(
        "{caller:?} {region:?} {evidence:?} {analyzer:?} {window_days} {units} {accounts:?} {assume:?}"
    );
    sha256(terms.as_bytes())
}

/// What a shard has done.
struct Done {
    /// How many accounts could not be read completely.
    not_whole: usize,
    /// How many were read.
    accounts: usize,
    /// The other accounts could not be listed.
    unknown: bool,
}

/// What a shard needs to read its accounts.
struct ShardWork<'w> {
    share: Shard,
    writer: &'w Writer,
    progress: &'w Progress,
    config: &'w Config,
}

impl ShardWork<'_> {
    /// Reads the share and writes all of it, and gives the journal back.
    async fn or_stop<C: Cloud>(
        &self,
        cloud: Journaled<C>,
        part: PartManifest,
    ) -> Result<(Done, Option<Journal>), RunError> {
        let done = tokio::select! {
            done = self.read(&cloud, part) => done?,
            () = stop::asked() => {
                let kept = cloud.journal().is_some_and(Journal::is_of_use);
                return Err(RunError::Stopped { kept, earlier: advice::earlier(self.writer) });
            }
        };
        Ok((done, cloud.into_journal()))
    }

    async fn read<C: Cloud>(&self, cloud: &C, part: PartManifest) -> Result<Done, RunError> {
        let organisation = cloud.organisation().await.map_err(RunError::Organisation)?;
        let organisation = choose(&self.config.accounts, organisation)?;
        let mine = organisation
            .accounts
            .iter()
            .filter(|account| self.share.takes(&account.id));
        let (wanted, left_out): (Vec<&Account>, Vec<&Account>) =
            mine.partition(|account| outside(self.config, account).is_none());
        for account in &left_out {
            outside(self.config, account)
                .into_iter()
                .for_each(|why| self.progress.skips(account, why));
        }
        let accounts = wanted.len();
        self.progress.room(self.writer, accounts);
        self.progress.stage(Stage::Read, accounts);
        let mut not_whole = 0;
        let each = wanted.into_iter().map(|account| self.one(cloud, account));
        let mut done = futures::stream::iter(each).buffer_unordered(self.config.limits.accounts);
        while let Some(is_complete) = done.next().await {
            not_whole += usize::from(!is_complete?);
        }
        drop(done);
        self.progress.finish();
        self.write(
            ACCOUNTS,
            &Accounts {
                accounts: organisation.accounts.clone(),
            },
        )?;
        let files = self.writer.take_hashes();
        let part = PartManifest {
            partition: organisation.partition.clone(),
            accounts_unknown: organisation.unknown.clone(),
            organisation: parts::organisation_digest(&organisation).map_err(in_json)?,
            left_out: left_out.into_iter().map(|account| account.id.clone()).collect(),
            calls: cloud.figures().into_iter().map(parts::Calls::from).collect(),
            files: files
                .into_iter()
                .map(|(path, hash)| (path, hash.to_string()))
                .collect(),
            ..part
        };
        self.writer.write_json(PART, &part.sealed().map_err(in_json)?)?;
        Ok(Done {
            not_whole,
            accounts,
            unknown: organisation.unknown.is_some(),
        })
    }
    /// Reads one account and writes the answers; whether nothing of it failed.
    async fn one<C: Cloud>(&self, cloud: &C, account: &Account) -> Result<bool, RunError> {
        self.progress.begins(account);
        let answers = cloud.read(account, Reading::watched(self.progress)).await;
        self.write(&parts::answers_of(&account.id), &answers)?;
        self.progress.ends(account, ReadFigures::of(&answers));
        self.progress.account(answers.authorization.is_ok());
        Ok(answers.is_complete())
    }

    fn write(&self, path: &str, value: &impl Serialize) -> Result<(), RunError> {
        let text = serde_json::to_vec(value).map_err(in_json)?;
        Ok(self.writer.write(path, &text)?)
    }
}

//! `leastwise scan`: all accounts, each read, worked out, written and dropped; then the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use serde::Serialize;

use super::error::RunError;
use super::event::Event;
use super::log::Log;
use super::progress::{Progress, Read, Stage};
use super::{resume, settings, stop, summary};
use crate::assess::{self, FamilyShare, Outcomes, Terms};
use crate::aws::live::Live;
use crate::aws::pace::{BucketKey, Figures};
use crate::aws::{Cloud, Journal, Journaled, Reading, Snapshot};
use crate::cli::{CatalogArg, Exit, FailOn, Scan};
use crate::config::{Config, Taken};
use crate::decide::{Families, Survey};
use crate::inventory::wire::Account;
use crate::report::writer::{Output, WriteError, Writer};
use crate::report::{
    AccountReport, AccountSummary, CallFigures, CatalogRow, Coverage, Manifest, Report, SCHEMA, Totals,
};
use crate::update::Chosen;

pub(super) fn run(args: &Scan, log: &Arc<Log>) -> Result<Exit, RunError> {
    log.tell(&Event::RunBegan { command: "scan", version: env!("CARGO_PKG_VERSION") });
    let config = settings::read(&args.source, args.out.clone(), args.catalog.catalog.clone())?;
    let catalog = super::catalog::choose(&CatalogArg { catalog: config.catalog.clone() }, log)?;
    let writer = Writer::begin(&config.out, Output::Report)?;
    let progress = Progress::new(log);
    settings::not_yet(&config).into_iter().for_each(|key| log.tell(&Event::KeyWithoutEffect { key }));
    let started = jiff::Timestamp::now();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunError::Runtime)?;
    let (result, target) = match &args.source.snapshot {
        Some(folder) => {
            let snapshot = open(folder)?;
            let as_of = snapshot.captured_at().map(str::to_owned);
            let cloud = Journaled::new(snapshot, None);
            let scan = Everything { cloud, catalog, as_of, writer, progress, config };
            runtime.block_on(Arc::new(scan).run_or_stop(started))?
        }
        None => {
            let options = settings::live(&config, progress.observer());
            let live = runtime.block_on(Live::connect(options)).map_err(RunError::Connect)?;
            let journal = resume::journal(&writer, &live, &config, args.source.resume, started, log)?;
            // A run that is gone on from began then, and so does its report.
            let started = journal.started();
            let as_of = Some(started.to_string());
            let cloud = Journaled::new(live, Some(journal));
            let scan = Everything { cloud, catalog, as_of, writer, progress, config };
            runtime.block_on(Arc::new(scan).run_or_stop(started))?
        }
    };
    let exit = exit(&result, args.fail_on);
    log.tell(&summary::of(&result, &target, exit));
    Ok(exit)
}

/// Opens a folder of recorded answers.
pub(super) fn open(folder: &Path) -> Result<Snapshot, RunError> {
    Snapshot::open(folder).map_err(|error| RunError::Snapshot { folder: folder.to_owned(), error })
}

/// How a finished scan exits. Of several reasons the graver: a defect, then missing accounts, then what was found.
fn exit(result: &Scanned, fail_on: Option<FailOn>) -> Exit {
    let totals = &result.report.totals;
    let unused =
        totals.recommendations > 0 || totals.buckets.get("unused-principal").is_some_and(|count| *count > 0);
    if result.defects > 0 {
        Exit::Refuted
    } else if !is_whole(&result.report) {
        Exit::Incomplete
    } else if unused && fail_on == Some(FailOn::Unused) {
        Exit::Found
    } else {
        Exit::Finished
    }
}

/// Whether everything was read that was to be read.
fn is_whole(report: &Report) -> bool {
    let unread = |account: &AccountSummary| matches!(account.coverage, Coverage::Partial | Coverage::Failed);
    !report.accounts.iter().any(unread)
}

/// What a scan leaves behind in memory: a row an account.
pub(super) struct Scanned {
    pub(super) report: Report,
    /// The principals with the most to lose: account, kind and name, permissions.
    pub(super) first: Vec<(usize, String)>,
    /// Why policies were left alone, by code.
    pub(super) left_alone: BTreeMap<String, usize>,
    pub(super) defects: usize,
}

/// What every account's work shares.
struct Everything<C> {
    cloud: Journaled<C>,
    catalog: Chosen,
    as_of: Option<String>,
    writer: Writer,
    progress: Arc<Progress>,
    config: Config,
}

/// What is gathered while accounts come and go.
#[derive(Default)]
struct Gathered {
    summaries: Vec<AccountSummary>,
    /// `None` is all services.
    services: Option<BTreeSet<String>>,
    first: Vec<(usize, String)>,
    left_alone: BTreeMap<String, usize>,
    defects: usize,
    shares: Vec<FamilyShare>,
}

impl<C: Cloud + Send + Sync + 'static> Everything<C> {
    /// Runs to the end, or until somebody stops it: then nothing of the report is left behind.
    async fn run_or_stop(self: Arc<Self>, started: jiff::Timestamp) -> Result<(Scanned, PathBuf), RunError> {
        let all = Arc::downgrade(&self);
        let stopped = async {
            stop::asked().await;
            all.upgrade().is_some_and(|all| all.cloud.journal().is_some_and(Journal::is_of_use))
        };
        tokio::select! {
            done = self.run(started) => done,
            kept = stopped => Err(RunError::Stopped { kept }),
        }
    }

    async fn run(self: Arc<Self>, started: jiff::Timestamp) -> Result<(Scanned, PathBuf), RunError> {
        let organisation = self.cloud.organisation().await.map_err(RunError::Organisation)?;
        let families = Arc::new(self.survey(&organisation.accounts).await?);
        let outcomes = Arc::new(Outcomes::of(&families));
        let mut gathered = Gathered { services: Some(BTreeSet::new()), ..Gathered::default() };
        self.progress.stage(Stage::Written, organisation.accounts.len());
        self.each(
            &organisation.accounts,
            {
                let (families, outcomes) = (Arc::clone(&families), Arc::clone(&outcomes));
                move |all: Arc<Self>, account| {
                    let (families, outcomes) = (Arc::clone(&families), Arc::clone(&outcomes));
                    async move { all.account(&account, &families, &outcomes).await }
                }
            },
            |kept| {
                gathered.add(kept);
                self.progress.account();
            },
        )
        .await?;
        self.progress.finish();
        let whole = assess::organisation(&families, &outcomes, std::mem::take(&mut gathered.shares));
        for (path, text) in &whole.files {
            self.writer.write(path, text.as_bytes())?;
        }
        for (path, text) in &whole.defects {
            self.writer.write(&format!("defects/{path}"), text.as_bytes())?;
        }
        gathered.defects += whole.defects.len();
        gathered.cover(whole.services);
        gathered.summaries.sort_by(|a, b| a.id.cmp(&b.id));
        let catalog = CatalogRow {
            version: self.catalog.version().to_owned(),
            updated: self.catalog.updated().to_owned(),
            digest: self.catalog.digest(),
        };
        let mut totals = totals(&gathered.summaries)?;
        totals.recommendations += whole.recommendations.len();
        totals.permissions_removed += whole.recommendations.iter().map(|it| it.proof.removed).sum::<usize>();
        let report = Report {
            schema: SCHEMA,
            partition: organisation.partition,
            catalog: catalog.clone(),
            totals: totals.clone(),
            accounts: gathered.summaries,
            families: whole.families,
            recommendations: whole.recommendations,
        };
        write_json(&self.writer, "report.json", &report)?;
        let extract = self.catalog.extract(gathered.services.as_ref());
        write_json(&self.writer, "catalog.json", &extract)?;
        let manifest = Manifest {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            started: started.to_string(),
            catalog,
            totals,
            calls: self.cloud.figures().into_iter().map(call_figures).collect(),
            files: self.writer.hashes(),
        };
        write_json(&self.writer, "manifest.json", &manifest)?;
        // All tasks have ended, so this is the last owner.
        let Self { writer, cloud, .. } = Arc::into_inner(self).ok_or(RunError::Busy)?;
        let target = writer.finish()?;
        if let Some(journal) = cloud.into_journal().filter(|_| is_whole(&report)) {
            // Nothing is left to go on with.
            journal.forget();
        }
        let Gathered { first, left_alone, defects, .. } = gathered;
        Ok((Scanned { report, first, left_alone, defects }, target))
    }

    /// Works on all accounts, so many at a time, each a task of its own, so that all cores share the work.
    async fn each<T, F>(
        self: &Arc<Self>,
        accounts: &[Account],
        work: impl Fn(Arc<Self>, Account) -> F,
        mut done: impl FnMut(T),
    ) -> Result<(), RunError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RunError>> + Send + 'static,
    {
        let each = accounts.iter().map(|account| tokio::spawn(work(Arc::clone(self), account.clone())));
        let mut all =
            futures::stream::iter(each).buffer_unordered(settings::many(self.config.limits.accounts));
        while let Some(one) = all.next().await {
            done(one.map_err(RunError::Task)??);
        }
        Ok(())
    }

    /// The first look: what concerns several accounts.
    async fn survey(self: &Arc<Self>, accounts: &[Account]) -> Result<Families, RunError> {
        let (mut surveys, mut unread) = (Vec::new(), Vec::new());
        self.progress.stage(Stage::Read, accounts.len());
        let read = |all: Arc<Self>, account: Account| async move {
            let survey = match all.outside(&account) {
                None => {
                    all.progress.begins(&account);
                    let answers = all.cloud.read(&account, Reading::watched(&*all.progress)).await;
                    all.progress.ends(&account, Read::of(&answers));
                    tokio::task::block_in_place(|| assess::survey(&account, answers, all.terms()))
                }
                Some(why) => {
                    all.progress.skips(&account, why);
                    None
                }
            };
            Ok((account, survey))
        };
        self.each(accounts, read, |(account, survey): (Account, Option<Survey>)| {
            self.progress.account();
            match survey {
                Some(survey) => surveys.push(survey),
                // In a suspended account nobody uses anything.
                None if account.state() != "ACTIVE" => {}
                None => unread.push(account.id),
            }
        })
        .await?;
        Ok(Families::join(surveys, unread, &self.catalog))
    }

    /// Whether an account is not read at all.
    fn outside(&self, account: &Account) -> Option<Coverage> {
        if account.state() != "ACTIVE" {
            return Some(Coverage::Suspended);
        }
        match self.config.accounts.takes(account) {
            Taken::Yes => None,
            Taken::Excluded(_) | Taken::NotIncluded => Some(Coverage::Excluded),
        }
    }

    fn terms(&self) -> Terms<'_> {
        let oldest = self.config.limits.evidence_max_age.map(|age| age.as_secs() / 86_400);
        Terms {
            catalog: &self.catalog,
            window_days: self.config.window_days,
            as_of: self.as_of.as_deref(),
            oldest_days: oldest.and_then(|days| i64::try_from(days).ok()),
            shared: self.config.shared,
        }
    }

    /// The second look: works one account out off the async threads, writes its files, and keeps the little that the whole
    /// needs.
    async fn account(
        &self,
        account: &Account,
        families: &Families,
        outcomes: &Outcomes,
    ) -> Result<Kept, RunError> {
        if let Some(coverage) = self.outside(account) {
            let report = assess::unread(account, coverage, Vec::new());
            write_json(&self.writer, &format!("accounts/{}.json", account.id), &report)?;
            return Ok(Kept::of(&report, Some(BTreeSet::new()), 0, Vec::new()));
        }
        let answers = self.cloud.again(account).await?;
        tokio::task::block_in_place(|| {
            let assessed = assess::account(account, answers, self.terms(), families, outcomes);
            for (path, text) in &assessed.files {
                self.writer.write(path, text.as_bytes())?;
            }
            for (path, text) in &assessed.defects {
                self.writer.write(&format!("defects/{path}"), text.as_bytes())?;
            }
            write_json(&self.writer, &format!("accounts/{}.json", account.id), &assessed.report)?;
            Ok(Kept::of(&assessed.report, assessed.services, assessed.defects.len(), assessed.shares))
        })
    }
}

/// What the whole keeps of one account.
struct Kept {
    summary: AccountSummary,
    services: Option<BTreeSet<String>>,
    first: Vec<(usize, String)>,
    left_alone: BTreeMap<String, usize>,
    defects: usize,
    shares: Vec<FamilyShare>,
}

/// How many principals the summary points to.
const LOOK_FIRST: usize = 3;

impl Kept {
    fn of(
        report: &AccountReport,
        services: Option<BTreeSet<String>>,
        defects: usize,
        shares: Vec<FamilyShare>,
    ) -> Self {
        let mut left_alone = BTreeMap::new();
        report.left_alone.iter().for_each(|it| *left_alone.entry(it.code.clone()).or_default() += 1);
        let removed: BTreeMap<&str, usize> =
            report.recommendations.iter().map(|it| (it.id.as_str(), it.proof.removed)).collect();
        let of = |row: &crate::report::PrincipalRow| {
            let sum = row.recommendations.iter().filter_map(|id| removed.get(id.as_str())).sum::<usize>();
            (sum, format!("{} {} in {}", row.kind, row.name, report.summary.id))
        };
        let mut first: Vec<_> = report.principals.iter().map(of).filter(|(sum, _)| *sum > 0).collect();
        most_first(&mut first);
        Self { summary: report.summary.clone(), services, first, left_alone, defects, shares }
    }
}

fn most_first(first: &mut Vec<(usize, String)>) {
    first.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    first.truncate(LOOK_FIRST);
}

impl Gathered {
    fn add(&mut self, kept: Kept) {
        self.summaries.push(kept.summary);
        self.cover(kept.services);
        self.shares.extend(kept.shares);
        self.first.extend(kept.first);
        most_first(&mut self.first);
        kept.left_alone
            .into_iter()
            .for_each(|(code, count)| *self.left_alone.entry(code).or_default() += count);
        self.defects += kept.defects;
    }

    fn cover(&mut self, services: Option<BTreeSet<String>>) {
        match (&mut self.services, services) {
            (Some(all), Some(mut more)) => all.append(&mut more),
            (all, _) => *all = None,
        }
    }
}

/// Adds the accounts up, and checks that every principal is in exactly one bucket.
fn totals(accounts: &[AccountSummary]) -> Result<Totals, RunError> {
    let mut totals = Totals::default();
    for account in accounts {
        let bucketed: usize = account.buckets.values().sum();
        if bucketed != account.principals {
            return Err(RunError::Lost {
                account: account.id.clone(),
                bucketed,
                population: account.principals,
            });
        }
        let coverage = serde_json::to_value(account.coverage).ok();
        let coverage = coverage.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        *totals.accounts.entry(coverage.to_owned()).or_default() += 1;
        for (bucket, count) in &account.buckets {
            *totals.buckets.entry(bucket.clone()).or_default() += count;
        }
        totals.principals += account.principals;
        totals.recommendations += account.recommendations;
        totals.permissions_removed += account.permissions_removed;
        totals.left_alone += account.left_alone;
    }
    Ok(totals)
}

fn call_figures((key, figures): (BucketKey, Figures)) -> CallFigures {
    CallFigures {
        api: key.api.to_owned(),
        account: key.account,
        region: key.region,
        calls: figures.calls,
        throttles: figures.throttles,
        waits: figures.waits,
        seconds_waited: figures.waited.as_secs_f64(),
    }
}

fn write_json(writer: &Writer, path: &str, value: &impl Serialize) -> Result<(), RunError> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| RunError::Json { path: path.to_owned(), error })?;
    text.push('\n');
    writer.write(path, text.as_bytes()).map_err(WriteError::into)
}

/// As a message calls it.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    short.unwrap_or_else(|| path.to_owned()).display().to_string()
}

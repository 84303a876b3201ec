//! All accounts, gone through twice: first what concerns several of them, then each worked out, written and dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tokio::sync::Semaphore;

use super::advice::{self, earlier};
use super::compare::Fault;
use super::cores::cores;
use super::error::RunError;
use super::finished::Finished;
use super::gather::{Gathered, Kept, totals};
use super::grants::Grants;
use super::history::{Previous, Since};
use super::packs::{self, Packs};
use super::progress::{Progress, Read, Stage};
use super::render::Place;
use super::scan::is_whole;
use super::selection::choose;
use super::shelf::Shelf;
use super::{render, settings, stop};
use crate::assess::{self, Outcomes, Prepared, Terms};
use crate::aws::pace::{BucketKey, Figures};
use crate::aws::{Answers, Cloud, Journal, Journaled, Reading};
use crate::catalog::{Basis, Harvest, Unobserved};
use crate::config::{Config, Taken};
use crate::decide::{ExceptionReview, Exceptions, Families, Level, Survey};
use crate::evidence::Failure;
use crate::inventory::wire::Account;
use crate::report::writer::Writer;
use crate::report::{
    BASIS, BasisFile, CallFigures, CatalogRow, Coverage, ExceptionRow, ExceptionState, First, FirstChange,
    Manifest, Report, SCHEMA,
};
use crate::update::Chosen;

/// What a scan leaves behind in memory: a row an account.
pub(super) struct Scanned {
    pub(super) report: Arc<Report>,
    /// Why policies were left alone, by code.
    pub(super) left_alone: BTreeMap<String, usize>,
    pub(super) defects: usize,
    /// What the heaviest change weighs in points of risk.
    pub(super) heaviest: u64,
    /// What is known since the earlier report, if one was named.
    pub(super) since: Option<Since>,
    /// AWS does not tell which other accounts there are.
    pub(super) accounts_unknown: bool,
    /// How to fix what could not be read first.
    pub(super) fix: Option<String>,
    /// What the pacers counted.
    pub(super) calls: Vec<CallFigures>,
}

/// About so many bytes of accounts wait in memory for the second look.
pub(super) const WAITING: usize = 64 << 20;

/// What every account's work shares.
pub(super) struct Everything<C> {
    pub(super) cloud: Journaled<C>,
    pub(super) catalog: Chosen,
    /// The day of the answers, if they tell it.
    pub(super) as_of: Option<String>,
    pub(super) writer: Arc<Writer>,
    pub(super) progress: Arc<Progress>,
    pub(super) config: Config,
    /// An earlier report, to compare with.
    pub(super) previous: Mutex<Option<Previous>>,
    /// Actions whose use AWS does not see, but for what the owner says may go.
    pub(super) unobserved: Unobserved,
    /// What earlier nights saw of the accounts' grants.
    pub(super) grants: Grants,
    /// When the run began.
    pub(super) started: jiff::Timestamp,
    /// Who works accounts out. More at a time than there are cores would be no faster, and each that waits half done
    /// takes memory.
    pub(super) hands: Semaphore,
    /// Accounts that wait for the second look.
    pub(super) shelf: Shelf<Prepared>,
    /// Accounts that were worked out.
    pub(super) finished: Arc<Finished>,
}

/// What the first look gives of an account; none of one that is not read.
type Surveyed = Option<Result<(Survey, Harvest), Failure>>;

/// What is known of all accounts when each is worked out.
struct Known {
    families: Families,
    outcomes: Outcomes,
    /// What the accounts name beyond the catalog.
    harvest: Harvest,
    /// The ids of the organisation's accounts.
    ids: BTreeSet<String>,
}

impl<C: Cloud + Send + Sync + 'static> Everything<C> {
    /// Runs to the end, or until somebody stops it: then nothing of the report is left behind.
    pub(super) async fn run_or_stop(self: Arc<Self>) -> Result<(Scanned, PathBuf), RunError> {
        let all = Arc::downgrade(&self);
        let stopped = async {
            stop::asked().await;
            all.upgrade().is_some_and(|all| all.cloud.journal().is_some_and(Journal::is_of_use))
        };
        tokio::select! {
            done = self.run() => done,
            kept = stopped => Err(RunError::Stopped { kept, earlier: all.upgrade().and_then(|all| earlier(&all.writer)) }),
        }
    }

    async fn run(self: Arc<Self>) -> Result<(Scanned, PathBuf), RunError> {
        let organisation = self.cloud.organisation().await.map_err(RunError::Organisation)?;
        let organisation = choose(&self.config.accounts, organisation)?;
        self.progress.room(&self.writer, organisation.accounts.len());
        let ids = organisation.accounts.iter().map(|account| account.id.clone()).collect();
        let (families, harvest) = self.survey(&organisation.accounts, &ids).await?;
        let known = Arc::new(Known { outcomes: Outcomes::of(&families), families, harvest, ids });
        let mut gathered = Gathered::default();
        self.progress.stage(Stage::Written, organisation.accounts.len());
        let work = |all: Arc<Self>, account| {
            let known = Arc::clone(&known);
            async move { all.account(&account, &known).await }
        };
        let done = |kept| {
            gathered.add(kept);
            self.progress.account(true);
        };
        self.each(&organisation.accounts, work, done).await?;
        self.progress.finish();
        let shares = std::mem::take(&mut gathered.shares);
        let whole = assess::organisation(&known.families, &known.outcomes, shares, self.least_sure());
        for (path, text) in &whole.files {
            self.writer.write(path, text.as_bytes())?;
        }
        for (path, text) in &whole.defects {
            self.writer.write(&format!("defects/{path}"), text.as_bytes())?;
        }
        gathered.defects += whole.defects.len();
        gathered.services.extend(&whole.services);
        gathered.weights.extend(whole.recommendations.iter().map(FirstChange::of));
        gathered.summaries.sort_by(|a, b| a.id.cmp(&b.id));
        let catalog = CatalogRow {
            version: self.catalog.version().to_owned(),
            updated: self.catalog.updated().to_owned(),
            digest: self.catalog.digest(),
        };
        let mut totals = totals(&gathered.summaries)?;
        totals.recommendations += whole.recommendations.len();
        let mut report = Report {
            schema: SCHEMA,
            partition: organisation.partition,
            catalog: catalog.clone(),
            totals: totals.clone(),
            accounts: gathered.summaries,
            families: whole.families,
            recommendations: whole.recommendations,
            first: First::of(&gathered.weights),
            exceptions: self
                .exceptions()
                .review(&gathered.usage, totals.principals)
                .iter()
                .map(exception)
                .collect(),
            ready: None,
            since: None,
        };
        let fault = Fault::default();
        let previous = self.previous.lock().unwrap_or_else(PoisonError::into_inner).take();
        let told = previous
            .map(|previous| {
                previous.tell(&mut report, (&self.writer, &self.finished), self.config.ready_after, &fault)
            })
            .transpose()?;
        let (since, earlier) = told.unzip();
        let (report, earlier) = (Arc::new(report), earlier.flatten().map(Arc::new));
        self.writer.write_json("report.json", &*report)?;
        let extract = self.catalog.extract(&gathered.services);
        self.writer.write_json("catalog.json", &extract)?;
        self.writer.write_json(BASIS, &BasisFile::of(&known.harvest, &self.unobserved))?;
        let owner_tag = self.config.owner_tag.as_deref();
        let formats = render::formats(&self.config.formats, owner_tag, &render::Since::of(earlier.as_ref()));
        let earlier = earlier.filter(|_| render::tell_since(&self.config.formats));
        let place = Place { writer: &self.writer, folder: "", finished: Some(&self.finished) };
        render::all(place, &report, formats, earlier, cores()).await?;
        self.writer.settle()?;
        if let Some(error) = fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let calls: Vec<CallFigures> = self.cloud.figures().into_iter().map(call_figures).collect();
        let rendering = packs::rendering(&self.config);
        if let Some(by) = rendering.split_by {
            let units = packs::units(&organisation.accounts);
            let (writer, unobserved, rendering) = (&self.writer, &self.unobserved, &rendering);
            let harvest = &known.harvest;
            let packs = Packs { writer, report: &report, rendering, harvest, unobserved, by, units };
            packs.write(&self.catalog, &self.started.to_string(), cores()).await?;
        }
        let manifest = Manifest {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started.to_string(),
            catalog,
            totals,
            rendering: Some(rendering),
            calls: calls.clone(),
            files: self.writer.take_hashes(),
        };
        self.writer.write_json("manifest.json", &manifest)?;
        let unread = report.accounts.iter().find_map(|it| Some((&it.id, &it.failures.first()?.failure)));
        let fix = unread.and_then(|(id, failure)| advice::on_failure(&self.config, id, failure));
        // All tasks have ended, so this is the last owner.
        let Self { writer, cloud, .. } = Arc::into_inner(self).ok_or(RunError::Busy)?;
        let target = Arc::into_inner(writer).ok_or(RunError::Busy)?.finish()?;
        if let Some(journal) = cloud.into_journal().filter(|_| is_whole(&report)) {
            // Nothing is left to go on with.
            journal.forget();
        }
        let Gathered { left_alone, defects, weights, .. } = gathered;
        let heaviest = weights.iter().map(|it| it.risk).max().unwrap_or_default();
        let accounts_unknown = organisation.unknown.is_some();
        Ok((Scanned { report, left_alone, defects, heaviest, since, accounts_unknown, fix, calls }, target))
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
    async fn survey(
        self: &Arc<Self>,
        accounts: &[Account],
        ids: &BTreeSet<String>,
    ) -> Result<(Families, Harvest), RunError> {
        let ids = Arc::new(ids.clone());
        let (mut surveys, mut unread, mut failed) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut harvest = Harvest::default();
        let is_wanted = |account: &&Account| outside(&self.config, account).is_none();
        self.progress.stage(Stage::Read, accounts.iter().filter(is_wanted).count());
        let read = |all: Arc<Self>, account: Account| {
            let ids = Arc::clone(&ids);
            async move {
                if let Some(why) = outside(&all.config, &account) {
                    all.progress.skips(&account, why);
                    return Ok((account, None));
                }
                all.progress.begins(&account);
                let answers = all.cloud.read(&account, Reading::watched(&*all.progress)).await;
                all.progress.ends(&account, Read::of(&answers));
                // Without it the second look would fail, hours later.
                all.cloud.has_kept_all()?;
                let _hand = all.hands.acquire().await;
                let survey = tokio::task::block_in_place(|| {
                    let prepared = all.prepare(&account, answers, &ids)?;
                    let exceptions = all.exceptions();
                    // What other accounts name is known behind this.
                    let none = Harvest::default();
                    let survey = assess::survey(&prepared, all.terms(&exceptions, &ids, &none));
                    all.shelf.put(&account.id, prepared.weight(), prepared);
                    Ok(survey)
                });
                Ok((account, Some(survey)))
            }
        };
        self.each(accounts, read, |(account, survey): (Account, Surveyed)| {
            if let Some(survey) = &survey {
                self.progress.account(survey.is_ok());
            }
            match survey {
                Some(Ok((survey, names))) => {
                    harvest.join(names);
                    return surveys.push(survey);
                }
                Some(Err(failure)) => drop(failed.insert(account.id.clone(), failure)),
                // In a suspended account nobody uses anything.
                None if account.is_closed() => return,
                None => {}
            }
            unread.push(account.id);
        })
        .await?;
        if surveys.is_empty() {
            // A report of nothing would say that there is nothing to do, in the place of one that knew better.
            return Err(advice::nothing_read(&self.config, accounts.len(), failed, &self.writer));
        }
        let mut families = Families::join(
            surveys,
            unread,
            Basis { catalog: &self.catalog, harvest: &harvest, unobserved: &self.unobserved },
        );
        families.others = !has_all(accounts);
        Ok((families, harvest))
    }

    fn exceptions(&self) -> Exceptions<'_> {
        // The day of the answers, so that the same answers give the same report on any day.
        let told = self.as_of.as_deref().and_then(|day| day.parse::<jiff::Timestamp>().ok());
        let today = told.unwrap_or(self.started).to_zoned(jiff::tz::TimeZone::UTC).date();
        Exceptions::new(&self.config.exceptions, &self.config.keep, today)
    }

    fn least_sure(&self) -> Level {
        self.config.min_confidence.into()
    }

    fn terms<'t>(
        &'t self,
        exceptions: &'t Exceptions<'t>,
        ids: &'t BTreeSet<String>,
        harvest: &'t Harvest,
    ) -> Terms<'t> {
        let oldest = self.config.limits.evidence_max_age.map(|age| age.as_secs() / 86_400);
        Terms {
            catalog: &self.catalog,
            harvest,
            unobserved: &self.unobserved,
            window_days: self.config.window_days,
            as_of: self.as_of.as_deref(),
            oldest_days: oldest.and_then(|days| i64::try_from(days).ok()),
            wildcards: self.config.wildcards,
            shared: self.config.shared,
            least_sure: self.least_sure(),
            exceptions,
            organisation: ids,
        }
    }

    fn prepare(
        &self,
        account: &Account,
        answers: Answers,
        ids: &BTreeSet<String>,
    ) -> Result<Prepared, Failure> {
        let by_last_accessed = answers.evidence.as_ref().is_ok_and(|it| !it.last_accessed.is_empty());
        let earlier = if by_last_accessed { self.grants.of(&account.id, self.cloud.state()) } else { None };
        let none = Harvest::default();
        Prepared::of(account, answers, self.terms(&self.exceptions(), ids, &none), earlier.as_ref())
    }

    /// The second look: works one account out off the async threads, writes its files, and keeps the little that the whole
    /// needs.
    async fn account(&self, account: &Account, known: &Known) -> Result<Kept, RunError> {
        if let Some(coverage) = outside(&self.config, account) {
            let mut report = assess::unread(account, coverage, Vec::new());
            report.grants = self.grants.of(&account.id, self.cloud.state());
            self.writer.write_json(&format!("accounts/{}.json", account.id), &report)?;
            return Ok(Kept::nothing(report.summary));
        }
        let _hand = self.hands.acquire().await;
        let prepared = match self.shelf.take(&account.id) {
            Some(prepared) => Ok(prepared),
            None => {
                let answers = self.cloud.again(account).await?;
                tokio::task::block_in_place(|| self.prepare(account, answers, &known.ids))
            }
        };
        tokio::task::block_in_place(|| {
            let exceptions = self.exceptions();
            let terms = self.terms(&exceptions, &known.ids, &known.harvest);
            if let (Ok(prepared), Some(state)) = (&prepared, self.cloud.state()) {
                prepared
                    .grants()
                    .into_iter()
                    .for_each(|log| state.keep_grants(&account.id, log, &*self.progress));
            }
            let assessed = assess::account(account, prepared, terms, &known.families, &known.outcomes);
            for (path, text) in &assessed.files {
                self.writer.write(path, text.as_bytes())?;
            }
            for (path, text) in &assessed.defects {
                self.writer.write(&format!("defects/{path}"), text.as_bytes())?;
            }
            let (kept, mut report, files) = Kept::of(assessed);
            // A night without evidence does not break the chain of those that saw when a policy came.
            report.grants = report.grants.or_else(|| self.grants.of(&account.id, self.cloud.state()));
            self.finished.write(&self.writer, report, files.into_iter().collect())?;
            Ok(kept)
        })
    }
}

/// Why an account is not read at all, if it is not.
pub(super) fn outside(config: &Config, account: &Account) -> Option<Coverage> {
    if account.is_closed() {
        return Some(Coverage::Suspended);
    }
    match config.accounts.takes(account) {
        Taken::Yes => None,
        Taken::Excluded(_) | Taken::NotIncluded => Some(Coverage::Excluded),
    }
}

/// Whether these are all accounts of an organisation: its own list has its management account, which every account's ARN
/// names. Accounts that a config lists have no ARN.
fn has_all(accounts: &[Account]) -> bool {
    // arn:aws:organizations::<management account>:account/...
    accounts.iter().any(|account| account.arn.split(':').nth(4) == Some(account.id.as_str()))
}

fn exception(review: &ExceptionReview<'_>) -> ExceptionRow {
    ExceptionRow {
        id: review.id.to_string(),
        reason: review.reason.to_string(),
        owner: review.owner.map(str::to_owned),
        expires: review.expires.to_string(),
        principals: review.uses.principals,
        policies: review.uses.policies,
        actions: review.uses.actions,
        states: review
            .states
            .iter()
            .map(|state| ExceptionState { code: state.code().to_owned(), why: state.sentence() })
            .collect(),
    }
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

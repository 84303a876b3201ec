//! Two passes over all accounts of a scan: first for what affects several of them, then to analyse, write and drop
//! each one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::Semaphore;

use super::cache::AccountCache;
use super::code::Code;
use super::finished::FinishedAccounts;
use super::grants::Grants;
use super::history::Previous;
use super::outcome::ScanOutcome;
use super::selection::choose;
use super::totals::ScanTotals;
use crate::config::Config;
use crate::output::advice::earlier;
use crate::output::error::RunError;
use crate::output::progress::{Progress, Stage};
use crate::scan::stop;
use leastwise_aws::update::ChosenCatalog;
use leastwise_aws::{Cloud, Journal, Journaled};
use leastwise_core::advise::{Outcomes, Prepared, Terms};
use leastwise_core::answers::Answers;
use leastwise_core::catalog::{Harvest, Unobserved};
use leastwise_core::decide::{Exceptions, Families, Level};
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Account;
use leastwise_core::ownership::KnownCode;
use leastwise_report::folder::writer::Writer;

/// What the work on every account shares.
pub(crate) struct ScanRun<C> {
    pub(crate) cloud: Journaled<C>,
    pub(crate) catalog: ChosenCatalog,
    /// Date of the answers, if they contain one.
    pub(crate) as_of: Option<String>,
    pub(crate) writer: Arc<Writer>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) config: Config,
    /// Actions whose use AWS does not track, except those that the config allows to be removed.
    pub(crate) unobserved: Unobserved,
    /// The code that the config names.
    pub(crate) code: Code,
    /// What earlier runs saw of the accounts' grants.
    pub(crate) grants: Grants,
    /// When the run began.
    pub(crate) started: jiff::Timestamp,
    /// A permit for each core. More accounts at a time would be no faster, and each that waits half done takes memory.
    pub(crate) cpu: Semaphore,
    /// Accounts between the two passes.
    pub(crate) prepared: AccountCache<Prepared>,
    /// Accounts that were worked out.
    pub(crate) finished: Arc<FinishedAccounts>,
}

/// What is known of all accounts when each is worked out.
pub(crate) struct OrgContext {
    pub(crate) families: Families,
    pub(crate) outcomes: Outcomes,
    /// What the accounts name beyond the catalog.
    pub(crate) harvest: Harvest,
    /// The ids of the organisation's accounts.
    pub(crate) ids: BTreeSet<String>,
}

impl<C: Cloud + Send + Sync + 'static> ScanRun<C> {
    /// Runs to the end, or until it is stopped, which leaves no partial report. `previous` is the earlier
    /// report to compare with.
    pub(crate) async fn run_or_stop(
        self: Arc<Self>,
        previous: Option<Previous>,
    ) -> Result<(ScanOutcome, PathBuf), RunError> {
        let all = Arc::downgrade(&self);
        let stopped = async {
            stop::asked().await;
            all.upgrade()
                .is_some_and(|all| all.cloud.journal().is_some_and(Journal::is_of_use))
        };
        tokio::select! {
            done = self.run(previous) => done,
            kept = stopped => Err(RunError::Stopped { kept, earlier: all.upgrade().and_then(|all| earlier(&all.writer)) }),
        }
    }

    async fn run(self: Arc<Self>, previous: Option<Previous>) -> Result<(ScanOutcome, PathBuf), RunError> {
        let organisation = self.cloud.organisation().await.map_err(RunError::Organisation)?;
        let organisation = choose(&self.config.accounts, organisation)?;
        self.progress.room(&self.writer, organisation.accounts.len());
        let ids = organisation
            .accounts
            .iter()
            .map(|account| account.id.clone())
            .collect();
        let (families, harvest) = self.survey(&organisation.accounts, &ids).await?;
        let context = Arc::new(OrgContext {
            outcomes: Outcomes::of(&families),
            families,
            harvest,
            ids,
        });
        let mut totals = ScanTotals::default();
        self.progress.stage(Stage::Written, organisation.accounts.len());
        let advise = |run: Arc<Self>, account| {
            let context = Arc::clone(&context);
            async move { run.advise(&account, &context).await }
        };
        let done = |account| {
            totals += account;
            self.progress.account(true);
        };
        self.each(&organisation.accounts, advise, done).await?;
        self.progress.finish();
        self.finish(organisation, &context, totals, previous).await
    }

    /// Processes all accounts, several at a time, each in its own task, so that all cores share the work.
    pub(crate) async fn each<T, F>(
        self: &Arc<Self>,
        accounts: &[Account],
        work: impl Fn(Arc<Self>, Account) -> F,
        mut done: impl FnMut(T),
    ) -> Result<(), RunError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RunError>> + Send + 'static,
    {
        let each = accounts
            .iter()
            .map(|account| tokio::spawn(work(Arc::clone(self), account.clone())));
        let mut all = futures::stream::iter(each).buffer_unordered(self.config.limits.accounts);
        while let Some(one) = all.next().await {
            done(one.map_err(RunError::Task)??);
        }
        Ok(())
    }

    pub(crate) fn exceptions(&self) -> Exceptions<'_> {
        // The day of the answers, so that the same answers give the same report on any day.
        let told = self
            .as_of
            .as_deref()
            .and_then(|day| day.parse::<jiff::Timestamp>().ok());
        let today = told
            .unwrap_or(self.started)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        Exceptions::new(&self.config.exceptions, &self.config.keep, today)
    }

    pub(crate) fn least_sure(&self) -> Level {
        self.config.min_confidence
    }

    pub(crate) fn terms<'t>(
        &'t self,
        exceptions: &'t Exceptions<'t>,
        ids: &'t BTreeSet<String>,
        harvest: &'t Harvest,
    ) -> Terms<'t> {
        let oldest = self
            .config
            .limits
            .evidence_max_age
            .map(|age| age.as_secs() / 86_400);
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
            code: KnownCode {
                tags: &self.config.terraform_tags,
                defined: self.code.defined(),
            },
        }
    }

    pub(crate) fn prepare(
        &self,
        account: &Account,
        answers: Answers,
        ids: &BTreeSet<String>,
    ) -> Result<Prepared, Failure> {
        let by_last_accessed = answers
            .evidence
            .as_ref()
            .is_ok_and(|it| !it.last_accessed.is_empty());
        let earlier = if by_last_accessed {
            self.grants.of(&account.id, self.cloud.state())
        } else {
            None
        };
        let none = Harvest::default();
        Prepared::of(
            account,
            answers,
            self.terms(&self.exceptions(), ids, &none),
            earlier.as_ref(),
        )
    }
}

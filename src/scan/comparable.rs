//! A report to compare with, for `leastwise compare` and for scans with an earlier report.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::output::error::RunError;
use leastwise_core::report::{AccountReport, OLDEST_COMPARED, Report};
use leastwise_report::folder::{FolderError, ReportFolder};
use leastwise_report::formats::Earlier;
use leastwise_report::history::{
    Disputes, History, HistoryRow, Night, ReportSide, has_service, may_show_use, remember,
};

/// Why an earlier report could not be read again.
pub(crate) type RereadFault = Arc<Mutex<Option<FolderError>>>;

/// See the module. Of its accounts only what is compared is in memory.
pub(crate) struct ComparableReport {
    pub(crate) night: Night,
    pub(crate) report: Report,
    /// What AWS disputed.
    pub(crate) disputes: Disputes,
    folder: Arc<ReportFolder>,
}

impl ComparableReport {
    pub(crate) fn read(path: &Path) -> Result<Self, RunError> {
        let folder = ReportFolder::open(path, OLDEST_COMPARED)?;
        let mut report = folder.report()?;
        // Ids become paths.
        report
            .accounts
            .retain(|account| account.id.bytes().all(|byte| byte.is_ascii_digit()));
        let hash = |path: &str| folder.manifest.files.get(path).copied();
        let mut night = Night::of(&report);
        let mut disputes = Disputes::default();
        for account in &report.accounts {
            let account = folder.account(&account.id)?;
            night.add(&report, &account, hash);
            account
                .recommendations
                .iter()
                .for_each(|it| disputes.add(it, hash));
        }
        report
            .recommendations
            .iter()
            .for_each(|it| disputes.add(it, hash));
        if let Some(check) = folder.check()? {
            disputes.check(check);
        }
        if folder.has_history() {
            let History { rows, idle, .. } = folder.history()?;
            // No data can be newer than the usage data or the run.
            let ran = leastwise_core::date::day(&folder.manifest.started);
            let trusted = |row: HistoryRow| {
                let latest = night.day(&row.key.account).max(ran);
                (row.key, row.past.trusted(latest))
            };
            night.history = rows.into_iter().map(trusted).collect();
            night.idle.extend(idle);
        }
        Ok(Self {
            night,
            report,
            disputes,
            folder: Arc::new(folder),
        })
    }

    /// Same, for an earlier report; `None` in the first run.
    pub(crate) fn earlier(path: &Path) -> Result<Option<Self>, RunError> {
        let is_empty = match fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_empty {
            Ok(None)
        } else {
            Self::read(path).map(Some)
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// When its run began.
    pub(crate) fn began(&self) -> &str {
        &self.folder.manifest.started
    }

    /// The day of its run.
    pub(crate) fn day(&self) -> &str {
        self.began().split('T').next().unwrap_or_default()
    }

    /// The same report, for who reads more of it.
    pub(crate) fn folder(&self) -> Arc<ReportFolder> {
        Arc::clone(&self.folder)
    }

    /// An account, if there is one of that id.
    pub(crate) fn account(&self, id: &str) -> Result<Option<AccountReport>, FolderError> {
        let is_there = self.report.accounts.iter().any(|account| account.id == id);
        is_there.then(|| self.folder.account(id)).transpose()
    }

    pub(crate) fn side<'t>(&'t self, account: Option<&'t AccountReport>) -> ReportSide<'t> {
        ReportSide {
            night: &self.night,
            report: &self.report,
            account,
        }
    }

    /// Rows of one account, with what is used every so often. The account is read again only if some action may have come into
    /// use.
    pub(crate) fn remember(
        &self,
        mut rows: Vec<HistoryRow>,
        new: &ReportSide<'_>,
    ) -> Result<Vec<HistoryRow>, FolderError> {
        let showing = rows
            .iter()
            .find(|row| may_show_use(&self.night, new.night, row) || has_service(row));
        let before = showing
            .map(|row| self.account(&row.key.account))
            .transpose()?
            .flatten();
        rows.iter_mut()
            .for_each(|row| remember(row, &self.side(before.as_ref()), new));
        Ok(rows)
    }

    /// For the formats that show how its findings compare. Reads its accounts again one at a time, because
    /// they may not fit into memory together. `fault` gets the first one that cannot be read.
    pub(crate) fn for_formats(self, tonight: &Night, rows: &[HistoryRow], fault: &RereadFault) -> Earlier {
        let Self {
            night,
            report,
            folder,
            ..
        } = self;
        let fault = Arc::clone(fault);
        let read = move |id: &str| match folder.account(id) {
            Ok(account) => Some(account),
            Err(error) => {
                fault
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert(error);
                None
            }
        };
        Earlier::new(report, &night, tonight, rows, Box::new(read))
    }
}

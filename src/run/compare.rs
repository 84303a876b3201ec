//! `leastwise compare`, and the earlier report that a scan knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::error::RunError;
use super::event::Event;
use super::log::Log;
use super::scan::shown;
use super::sealed::Sealed;
use super::{terminal, trend};
use crate::cli::{Compare, Exit, ProveFormat};
use crate::report::compare::{Night, Row, Status, accounts, compare_account};
use crate::report::flapping::{Side, has_service, may_show_use, remember};
use crate::report::render::Earlier;
use crate::report::{AccountReport, OLDEST_COMPARED, Report};

/// Where a report keeps its history.
pub(super) const HISTORY: &str = "history.json";

/// The history as it stands in a file.
#[derive(Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    /// How many rows there are of each status.
    pub(super) counts: BTreeMap<String, usize>,
    /// Sorted by account, principal and policy.
    pub(super) rows: Vec<Row>,
    /// What was known as unused in accounts that were not read whole: principals and credentials.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) idle: BTreeSet<String>,
}

pub(super) fn run(args: &Compare, log: &Log) -> Result<Exit, RunError> {
    let (Some(old), Some(new)) = (&args.old, &args.new) else {
        // Without two reports the arguments have a folder of them.
        return trend::run(args.trend.as_deref().unwrap_or(Path::new(".")), args.out.as_deref());
    };
    let (old, new) = (Told::read(old)?, Told::read(new)?);
    if let Some(message) = doubt(&old, &new) {
        log.tell(&Event::CompareWarning { message });
    }
    let mut rows = Vec::new();
    for id in accounts(&old.night, &new.night) {
        let moved = compare_account(&old.night, &new.night, id);
        let is_wanted = |row: &Row| !row.past.used.is_empty() || may_show_use(&old.night, &new.night, row);
        let is_wanted = moved.iter().any(is_wanted);
        let account = if is_wanted { new.account(id)? } else { None };
        rows.extend(old.remember(moved, &new.side(account.as_ref()))?);
    }
    let history = History::of(rows, old.night.idle_in_gaps(&new.night));
    let text = match args.format {
        ProveFormat::Text => text(&history),
        ProveFormat::Json => {
            let json = serde_json::to_string_pretty(&history);
            json.map_err(|error| RunError::Json { path: HISTORY.to_owned(), error })? + "\n"
        }
    };
    let clean = match args.format {
        ProveFormat::Text => terminal::clean(&text),
        ProveFormat::Json => terminal::json(&text),
    };
    io::stdout().write_all(clean.as_bytes())?;
    Ok(Exit::Finished)
}

/// Why these two are hardly meant to be compared, if they are not: they would seem to differ in everything.
fn doubt(old: &Told, new: &Told) -> Option<String> {
    let (first, second) = (shown(old.folder()), shown(new.folder()));
    let ids = |told: &Told| told.report.accounts.iter().map(|it| it.id.clone()).collect::<BTreeSet<_>>();
    if ids(old).is_disjoint(&ids(new)) {
        return Some(format!(
            "`{first}` and `{second}` have no account in common: they are of different organisations"
        ));
    }
    let began = |told: &Told| told.began.parse::<jiff::Timestamp>().ok();
    let (before, after) = (began(old)?, began(new)?);
    (before > after).then(|| {
        format!(
            "`{first}` is the later report ({}), and `{second}` the earlier one ({}): the earlier one comes first",
            old.began, new.began
        )
    })
}

impl History {
    pub(super) fn of(rows: Vec<Row>, idle: BTreeSet<String>) -> Self {
        let count = |status: Status| rows.iter().filter(|row| row.past.status == status).count();
        let counts = Status::ALL.iter().map(|status| (status.name().to_owned(), count(*status)));
        Self { counts: counts.collect(), rows, idle }
    }
}

fn text(history: &History) -> String {
    let counts = Status::ALL.iter().map(|status| {
        format!("{} {}", history.counts.get(status.name()).copied().unwrap_or_default(), status.name())
    });
    let mut out = counts.collect::<Vec<_>>().join(", ") + "\n";
    for status in Status::ALL.into_iter().filter(|status| *status != Status::Same) {
        for row in history.rows.iter().filter(|row| row.past.status == status) {
            // Writing to a string cannot fail.
            let (principal, policy) = (terminal::line(&row.key.principal), terminal::line(&row.key.policy));
            let _ = writeln!(out, "{:<10} {principal}  {policy}", status.name());
        }
    }
    for row in history.rows.iter().filter(|row| !row.past.flapping.is_empty()) {
        let (principal, policy) = (terminal::line(&row.key.principal), terminal::line(&row.key.policy));
        let actions = row.past.flapping.join(", ");
        let _ = writeln!(out, "used every so often  {principal}  {policy}: {}", terminal::line(&actions));
    }
    out
}

/// What the report in a folder says.
pub(super) struct Told {
    pub(super) night: Night,
    pub(super) report: Report,
    /// The day of its run.
    pub(super) day: String,
    /// When its run began.
    began: String,
    sealed: Arc<Sealed>,
}

impl Told {
    /// Reads it, but for what it says of each account in full.
    fn read(folder: &Path) -> Result<Self, RunError> {
        let sealed = Sealed::open(folder, OLDEST_COMPARED)?;
        let manifest = &sealed.manifest;
        let mut report: Report = sealed.json("report.json")?;
        // Ids become paths.
        report.accounts.retain(|account| account.id.bytes().all(|byte| byte.is_ascii_digit()));
        let mut night = Night::of(&report);
        for account in &report.accounts {
            let account: AccountReport = sealed.json(&format!("accounts/{}.json", account.id))?;
            night.add(&report, &account, |path| manifest.files.get(path).copied());
        }
        if sealed.has(HISTORY) {
            let history: History = sealed.json(HISTORY)?;
            // Nobody knew anything of a later day than that of the evidence or of the run.
            let ran = crate::date::day(&manifest.started);
            let trusted = |row: Row| {
                let latest = night.day(&row.key.account).max(ran);
                (row.key, row.past.trusted(latest))
            };
            let rows = history.rows.into_iter().map(trusted).collect();
            night.history = rows;
            night.idle.extend(history.idle);
        }
        let day = manifest.started.split('T').next().unwrap_or_default().to_owned();
        let began = manifest.started.clone();
        Ok(Self { night, report, day, began, sealed: Arc::new(sealed) })
    }

    /// The same of an earlier report, which is not there on the first night.
    pub(super) fn earlier(folder: &Path) -> Result<Option<Self>, RunError> {
        let is_empty = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_empty { Ok(None) } else { Self::read(folder).map(Some) }
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.sealed.folder
    }

    /// The same report, for who reads more of it.
    pub(super) fn sealed(&self) -> Arc<Sealed> {
        Arc::clone(&self.sealed)
    }

    /// An account, if there is one of that id.
    fn account(&self, id: &str) -> Result<Option<AccountReport>, RunError> {
        match self.report.accounts.iter().any(|account| account.id == id) {
            true => self.sealed.json(&format!("accounts/{id}.json")).map(Some),
            false => Ok(None),
        }
    }

    fn side<'t>(&'t self, account: Option<&'t AccountReport>) -> Side<'t> {
        Side { night: &self.night, report: &self.report, account }
    }

    /// Rows of one account, with what is used every so often. The account is read again only if some action may have come into
    /// use.
    pub(super) fn remember(&self, mut rows: Vec<Row>, new: &Side<'_>) -> Result<Vec<Row>, RunError> {
        let showing = rows.iter().find(|row| may_show_use(&self.night, new.night, row) || has_service(row));
        let before = showing.map(|row| self.account(&row.key.account)).transpose()?.flatten();
        rows.iter_mut().for_each(|row| remember(row, &self.side(before.as_ref()), new));
        Ok(rows)
    }

    /// For the formats that tell what became of what it said. Its accounts are read again, one at a time: together they may
    /// be more than there is memory for. The first that cannot be read stands in `fault` then.
    pub(super) fn for_formats(self, tonight: &Night, rows: &[Row], fault: &Fault) -> Earlier {
        let Self { night, report, sealed, .. } = self;
        let fault = Arc::clone(fault);
        let read = move |id: &str| match sealed.json(&format!("accounts/{id}.json")) {
            Ok(account) => Some(account),
            Err(error) => {
                fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                None
            }
        };
        Earlier::new(report, &night, tonight, rows, Box::new(read))
    }
}

/// Why an earlier report could not be read again.
pub(super) type Fault = Arc<Mutex<Option<RunError>>>;

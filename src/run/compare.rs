//! `leastwise compare`, and the history that a scan writes when it knows an earlier report.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::RunError;
use super::{terminal, trend};
use crate::cli::{Compare, Exit, ProveFormat};
use crate::files;
use crate::report::compare::{Night, Row, Status, compare};
use crate::report::render::Earlier;
use crate::report::writer::Writer;
use crate::report::{AccountReport, Manifest, Report};

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
}

pub(super) fn run(args: &Compare) -> Result<Exit, RunError> {
    let (Some(old), Some(new)) = (&args.old, &args.new) else {
        // Without two reports the arguments have a folder of them.
        return trend::run(args.trend.as_deref().unwrap_or(Path::new(".")), args.out.as_deref());
    };
    let history = History::of(compare(&night(old)?, &night(new)?));
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

impl History {
    pub(super) fn of(rows: Vec<Row>) -> Self {
        let count = |status: Status| rows.iter().filter(|row| row.past.status == status).count();
        let counts = Status::ALL.iter().map(|status| (status.name().to_owned(), count(*status)));
        Self { counts: counts.collect(), rows }
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
    out
}

/// An earlier report, for a scan to compare its own with.
pub(super) struct Previous {
    pub(super) night: Night,
    report: Report,
    folder: PathBuf,
}

impl Previous {
    pub(super) fn read(folder: &Path) -> Result<Self, RunError> {
        let (night, report) = told(folder)?;
        Ok(Self { night, report, folder: folder.to_owned() })
    }

    /// For the formats that tell what became of what it said. Its accounts are read again, one at a time: together they may
    /// be more than there is memory for. The first that cannot be read stands in `fault` then.
    pub(super) fn for_formats(self, tonight: &Night, rows: &[Row], fault: &Fault) -> Earlier {
        let Self { night, report, folder } = self;
        let fault = Arc::clone(fault);
        let read = move |id: &str| match json(&folder, &format!("accounts/{id}.json")) {
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

fn night(folder: &Path) -> Result<Night, RunError> {
    Ok(told(folder)?.0)
}

/// What the report in a folder says.
fn told(folder: &Path) -> Result<(Night, Report), RunError> {
    let manifest: Manifest = json(folder, "manifest.json")?;
    let mut report: Report = json(folder, "report.json")?;
    // Ids become paths.
    report.accounts.retain(|account| account.id.bytes().all(|byte| byte.is_ascii_digit()));
    let mut night = Night::default();
    for account in &report.accounts {
        let account: AccountReport = json(folder, &format!("accounts/{}.json", account.id))?;
        night.add(&report, &account, |path| manifest.files.get(path).map(ToString::to_string));
    }
    if folder.join(HISTORY).is_file() {
        let history: History = json(folder, HISTORY)?;
        night.history = history.rows.into_iter().map(|row| (row.key, row.past)).collect();
    }
    Ok((night, report))
}

/// What the report says that is being written.
pub(super) fn tonight(report: &Report, writer: &Writer) -> Result<Night, RunError> {
    let mut night = Night::default();
    for account in &report.accounts {
        let path = format!("accounts/{}.json", account.id);
        let text = writer.read(&path)?;
        let account: AccountReport =
            serde_json::from_str(&text).map_err(|error| RunError::Json { path, error })?;
        night.add(report, &account, |path| writer.hash_of(path).map(|hash| hash.to_string()));
    }
    Ok(night)
}

pub(super) fn json<T: DeserializeOwned>(folder: &Path, path: &str) -> Result<T, RunError> {
    let full = folder.join(path);
    let input = || full.display().to_string();
    let text =
        files::text(folder, path, files::REPORT).map_err(|error| RunError::Read { input: input(), error })?;
    serde_json::from_str(&text).map_err(|error| RunError::Json { path: input(), error })
}

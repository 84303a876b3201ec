//! `leastwise watch`: what was denied since a change was applied, from CloudTrail files. Reads the files and
//! prints the result; `leastwise_core::trail` decides what it means.

mod athena;
mod files;
mod query;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use crate::cli::{Exit, ProveFormat, Watch, WatchFailOn};
use crate::output::colour;
use crate::output::error::RunError;
use crate::output::terminal;
use leastwise_core::catalog::Catalog;
use leastwise_core::report::{FileHash, Report, SCHEMA};
use leastwise_core::trail::{
    ChangeOutcome, Invisible, InvisibleBecause, Judge, Trail, Unreadable, WatchList, WatchResult,
    WatchVerdict, WatchedChange,
};
use leastwise_files::disk;
use leastwise_report::folder::{CATALOG, ReportFolder};
use leastwise_report::formats::{AccountView, watched};

/// What the script is without which no change is undone by one.
const ROLLBACK: &str = "changes/rollback.sh";

/// What was gathered from files.
pub(super) struct WatchedTrail<'w> {
    pub(super) trail: Trail<'w>,
    pub(super) unreadable: Unreadable,
    /// Files read, and files of other kinds that were passed over.
    pub(super) read: u64,
    pub(super) ignored: u64,
}

impl<'w> WatchedTrail<'w> {
    pub(super) fn new(list: &'w WatchList) -> Self {
        Self {
            trail: Trail::new(list),
            unreadable: Unreadable::default(),
            read: 0,
            ignored: 0,
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.trail.join(other.trail);
        self.unreadable.join(other.unreadable);
        self.read += other.read;
        self.ignored += other.ignored;
    }
}

pub(super) fn run(args: &Watch) -> Result<Exit, RunError> {
    let folder = ReportFolder::open(&args.report, SCHEMA)?;
    let report = folder.report()?;
    let changes = changes(&folder, &report, &args.change)?;
    let list = WatchList::of(&changes);
    let started = folder.manifest.started.parse::<jiff::Timestamp>();
    let started = started.map(jiff::Timestamp::as_second).unwrap_or_default();
    let Some(trail) = &args.trail else {
        let query = query::athena(&args.table, &changes, args.since.unwrap_or(started).min(started));
        io::stdout().write_all(query.as_bytes())?;
        return Ok(Exit::Finished);
    };
    if let Some(out) = &args.out {
        check(out, &args.report)?;
    }
    let gathered = files::gather(trail, &list)?;
    let catalog = Catalog::from_extract(&checked(&folder, CATALOG)?).map_err(|error| RunError::Catalog {
        input: CATALOG.to_owned(),
        error,
    })?;
    let regions: BTreeSet<String> = args.region.iter().cloned().collect();
    let judge = Judge {
        trail: &gathered.trail,
        catalog: &catalog,
        started,
        quiet_days: args.quiet_days,
        since: args.since,
        regions: &regions,
        iam_region: iam_region(&report.partition),
        unreadable: &gathered.unreadable,
    };
    let outcomes = changes
        .iter()
        .map(|change| outcome(&folder, &judge, change))
        .collect();
    let result = judge.result(&folder.digest.to_string(), outcomes);
    told(args, &gathered, &result)?;
    let count = |verdict: WatchVerdict| result.counts.get(&verdict).copied().unwrap_or_default();
    Ok(match args.fail_on {
        // With --fail-on denied, a denial takes precedence over missing data.
        Some(WatchFailOn::Denied) if count(WatchVerdict::Denied) > 0 => Exit::Found,
        _ if count(WatchVerdict::NotVisible) > 0 || result.unreadable_files > 0 => Exit::Incomplete,
        _ => Exit::Finished,
    })
}

/// The changes of a report, those of a permission set once for all its accounts.
fn changes(
    folder: &ReportFolder,
    report: &Report,
    wanted: &[String],
) -> Result<Vec<WatchedChange>, RunError> {
    let mut all: BTreeMap<String, WatchedChange> = BTreeMap::new();
    let has_scripts = folder.manifest.files.contains_key(ROLLBACK);
    // Ids become paths.
    let accounts = report
        .accounts
        .iter()
        .filter(|it| it.id.bytes().all(|byte| byte.is_ascii_digit()));
    for summary in accounts {
        let account = folder.account(&summary.id)?;
        for mut change in watched(&AccountView::of(report, &account)) {
            change.has_script &= has_scripts;
            match all.get_mut(&change.name) {
                Some(same) => same.join(change),
                None => drop(all.insert(change.name.clone(), change)),
            }
        }
    }
    if let Some(unknown) = wanted.iter().find(|name| !all.contains_key(*name)) {
        return Err(RunError::NoChange {
            change: unknown.clone(),
            folder: folder.path().to_owned(),
        });
    }
    let is_wanted = |change: &WatchedChange| wanted.is_empty() || wanted.contains(&change.name);
    Ok(all.into_values().filter(is_wanted).collect())
}

fn outcome(folder: &ReportFolder, judge: &Judge<'_>, change: &WatchedChange) -> ChangeOutcome {
    match (checked(folder, &change.before), checked(folder, &change.after)) {
        (Ok(before), Ok(after)) => judge.change(change, &before, &after),
        (Err(error), _) | (_, Err(error)) => {
            let (code, why) = (InvisibleBecause::DocumentsUnreadable, error.to_string());
            judge.unknown(
                change,
                vec![Invisible {
                    code,
                    why,
                    actions: Vec::new(),
                }],
            )
        }
    }
}

/// A text of the report, as its manifest lists it.
fn checked(folder: &ReportFolder, path: &str) -> Result<String, RunError> {
    let text = folder.text(path)?;
    if folder.manifest.files.get(path) != Some(&FileHash::of(text.as_bytes())) {
        return Err(leastwise_report::folder::FolderError::Altered {
            path: folder.path().join(path),
        }
        .into());
    }
    Ok(text)
}

/// Where the events of IAM are: <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>.
fn iam_region(partition: &str) -> &'static str {
    match partition {
        "aws-us-gov" => "us-gov-west-1",
        "aws-cn" => "cn-north-1",
        _ => "us-east-1",
    }
}

/// Fails before the work if the file cannot be written there.
fn check(out: &Path, report: &Path) -> Result<(), RunError> {
    crate::output::metrics::check(out, report)
}

fn told(args: &Watch, gathered: &WatchedTrail<'_>, result: &WatchResult) -> Result<(), RunError> {
    let json = || {
        let json = serde_json::to_string_pretty(result);
        json.map_err(|error| RunError::Json {
            path: "watch.json".to_owned(),
            error,
        })
        .map(|text| terminal::json(&text).into_owned() + "\n")
    };
    if let Some(out) = &args.out {
        let failed = |error| RunError::WriteTo {
            path: out.display().to_string(),
            error,
        };
        let (place, name) = disk::place(out).map_err(failed)?;
        let text = json()?;
        // It contains who can do what, so only its owner may read it.
        place
            .put(&name.to_string_lossy(), |file| file.write_all(text.as_bytes()))
            .map_err(failed)?;
    }
    let text = match args.format {
        ProveFormat::Text => colour::on_stdout(&terminal::clean(&text::of(gathered, result))).into_owned(),
        ProveFormat::Json => json()?,
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

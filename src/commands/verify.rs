//! `leastwise verify`: checks a report against itself. Every file matches the manifest, every change is proven
//! again, repeated figures agree, and every other file is what the JSON renders to.
//!
//! It cannot tell who wrote the report, or whether AWS returned what it is based on: see SECURITY.md.

mod afterwards;
mod folder;
mod history;
mod proof_basis;
mod proofs;
mod target;

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use self::afterwards::CheckFile;
use self::history::HistoryCheck;
use self::proof_basis::ProofBasis;
use self::target::ComparingTarget;
use crate::cli::{Exit, Verify};
use crate::output::colour;
use crate::output::error::RunError;
use crate::output::log::Log;
use crate::output::terminal;
use crate::output::words::counted;
use crate::scan::cores::{cores, runtime};
use crate::scan::formats;
use crate::scan::formats::{EarlierByFormat, ReportPlace};
use crate::scan::packs;
use crate::scan::packs::Packs;
use crate::scan::target::Target as _;
use crate::scan::totals::totals_of;
use leastwise_core::policy::Services;
use leastwise_core::report::{BASIS, Manifest, Rendering, Report, ReportFormat};
use leastwise_report::folder::agree::WholeReport;
use leastwise_report::folder::{CATALOG, MANIFEST, REPORT, ReportFolder, account_path, agree};
use leastwise_report::formats::{FindingStates, Judging, SCRIPT_LIBRARY};
use leastwise_report::history::HISTORY;

pub(crate) fn run(args: &Verify, log: &Log) -> Result<Exit, RunError> {
    let checked = Verification::of(args, log)?;
    let mut out = String::new();
    for wrong in &checked.wrong {
        out.push_str(&format!("FAILED: {}\n", terminal::line(wrong)));
    }
    let Verification {
        wrong,
        refuted,
        proven,
        files,
        accounts,
        folder,
        by,
        formats,
        ..
    } = &checked;
    let (proven, files) = (counted(*proven, "change"), counted(*files, "file"));
    if wrong.is_empty() {
        out.push_str(&format!(
            "OK: {proven} proven again, {by}; {files} unchanged (formats: {formats})\n"
        ));
    } else {
        let problems = counted(wrong.len(), "problem");
        out.push_str(&format!(
            "{problems} found; {proven} proven again, {files} checked\n"
        ));
    }
    let accounts = counted(*accounts, "account");
    out.push_str(&format!("{accounts}, SHA-256 of {MANIFEST}: {}\n", folder.digest));
    io::stdout().write_all(colour::on_stdout(&terminal::clean(&out)).as_bytes())?;
    Ok(match (wrong.is_empty(), refuted) {
        (true, _) => Exit::Finished,
        (false, 0) => Exit::Failed,
        (false, _) => Exit::Refuted,
    })
}

/// Refuses a report that is not as it was written.
pub(crate) fn must_hold(report: &Path, log: &Log) -> Result<(), RunError> {
    let args = Verify {
        report: report.to_owned(),
        manifest_sha256: None,
        catalog: None,
    };
    let Verification { wrong, .. } = Verification::of(&args, log)?;
    match wrong.first() {
        None => Ok(()),
        Some(first) => Err(RunError::NotVerified {
            folder: report.to_owned(),
            problems: wrong.len(),
            first: first.clone(),
        }),
    }
}

/// What came of it.
struct Verification {
    folder: Arc<ReportFolder>,
    wrong: Vec<String>,
    refuted: usize,
    proven: usize,
    files: usize,
    accounts: usize,
    /// What catalog the proofs are by.
    by: &'static str,
    formats: String,
}

impl Verification {
    fn of(args: &Verify, log: &Log) -> Result<Self, RunError> {
        let mut folder = ReportFolder::examine(&args.report, args.manifest_sha256)?;
        let files = std::mem::take(&mut folder.manifest.files);
        let Manifest {
            catalog,
            totals,
            rendering,
            started,
            tool,
            ..
        } = folder.manifest.clone();
        if tool != env!("CARGO_PKG_VERSION") {
            return Err(RunError::OtherVersion {
                folder: args.report.clone(),
                tool,
            });
        }
        let wrong = folder::wrong(folder.path(), &files).map_err(|error| RunError::Read {
            input: folder.path().display().to_string(),
            error,
        })?;
        let folder = Arc::new(folder);
        let (by, formats) = ("", String::new());
        let count = files.len();
        let mut it = Self {
            folder,
            wrong,
            refuted: 0,
            proven: 0,
            files: count,
            accounts: 0,
            by,
            formats,
        };
        let report = Arc::new(it.folder.report()?);
        it.accounts = report.accounts.len();
        if report.catalog != catalog || report.totals != totals {
            it.wrong.push(format!(
                "{MANIFEST}: its catalog or totals differ from report.json"
            ));
        }
        let Some(rendering) = rendering else {
            it.wrong
                .push(format!("{MANIFEST} does not say which formats the report has"));
            return Ok(it);
        };
        it.formats = named(&rendering.formats);
        let basis = it.folder.basis()?;
        let path = it.folder.path().join(CATALOG).display().to_string();
        let text = it.folder.text(CATALOG)?;
        let mut rests = ProofBasis::read(
            (&text, &basis),
            &report.catalog,
            args.catalog.as_deref(),
            log,
            &path,
        )?;
        it.wrong.append(&mut rests.wrong);
        it.by = rests.name();
        let compared = Arc::new(ComparingTarget::of(
            Arc::clone(&it.folder),
            files,
            report.since.is_some(),
        ));
        it.numbers(&report, &rendering, &rests, &compared)?;
        // Of what is wrong already, all that is made of it would be wrong as well.
        if it.wrong.is_empty() {
            compared.write_json(REPORT, &*report)?;
            compared.write_json(BASIS, &basis)?;
            compared.write_json(CATALOG, &rests.catalog.extract(&Services::All))?;
            it.made(&report, (&rendering, &started), &rests, &compared)?;
        }
        Ok(it)
    }

    /// What the report says more than once, and what its documents say.
    fn numbers(
        &mut self,
        report: &Report,
        rendering: &Rendering,
        rests: &ProofBasis,
        compared: &ComparingTarget,
    ) -> Result<(), RunError> {
        match totals_of(&report.accounts) {
            Ok(mut again) => {
                again.recommendations += report.recommendations.len();
                if again != report.totals {
                    self.wrong
                        .push("report.json: the totals do not add up".to_owned());
                }
            }
            Err(_) => self
                .wrong
                .push("report.json: the statuses of an account do not add up".to_owned()),
        }
        let mut nights = None;
        if compared.known(HISTORY).is_some() {
            let history = self.folder.history()?;
            compared.write_json(HISTORY, &history)?;
            nights = Some(HistoryCheck::of(history));
        } else if !rendering.pack && (report.ready.is_some() || report.since.is_some()) {
            self.wrong.push(format!(
                "{HISTORY} is missing, but report.json compares with earlier runs"
            ));
        }
        let mut check = CheckFile::of(&self.folder).unwrap_or_else(|error| {
            self.wrong.push(error.to_string());
            None
        });
        let mut whole = WholeReport::default();
        for summary in &report.accounts {
            let path = account_path(&summary.id);
            let account = self.folder.account(&summary.id)?;
            compared.write_json(&path, &account)?;
            self.wrong.extend(
                agree::account(&account, report)
                    .into_iter()
                    .map(|what| format!("{path}: {what}")),
            );
            whole.add(&account, report);
            self.own((&account, report), rests, compared);
            if let Some(nights) = &mut nights {
                nights.add(&account, report, |path| compared.hash(path));
            }
            if let Some(check) = &mut check {
                check.add(&account, report, |path| compared.known(path));
            }
        }
        if let Some(check) = &mut check {
            check.know(&report.recommendations, |path| compared.known(path));
            self.wrong
                .extend(check.wrong(&self.folder, compared.known(SCRIPT_LIBRARY).is_some()));
        }
        self.shared(report, rests, compared);
        self.wrong.extend(
            whole
                .wrong(report)
                .into_iter()
                .map(|what| format!("report.json: {what}")),
        );
        self.wrong
            .extend(nights.into_iter().flat_map(|nights| nights.wrong(report)));
        self.wrong.append(&mut compared.take_wrong());
        Ok(())
    }

    /// Makes every other file again.
    fn made(
        &mut self,
        report: &Arc<Report>,
        (rendering, started): (&Rendering, &str),
        rests: &ProofBasis,
        compared: &Arc<ComparingTarget>,
    ) -> Result<(), RunError> {
        let since = if report.since.is_some() && !rendering.pack {
            EarlierByFormat::told(|judging| states(compared, judging))?
        } else {
            EarlierByFormat::default()
        };
        let formats = formats::chosen(&rendering.formats, rendering.owner_tag.as_deref(), &since);
        let place = ReportPlace {
            writer: compared,
            folder: "",
            finished: None,
        };
        let runtime = runtime()?;
        runtime.block_on(formats::render(place, report, formats, None, cores()))?;
        if report.since.is_some() && rendering.formats.contains(&ReportFormat::Asff) {
            // An account whose findings are all gone has files without any of today's findings.
            for account in &report.accounts {
                let folder = format!("asff/{}/", account.id);
                if compared.below(&folder).next().is_some() {
                    compared.append(&folder, b"", false)?;
                }
            }
        }
        compared.settle()?;
        if let Some(by) = rendering.split_by {
            let units = packs::units_told(compared.below("packs/").map(|(path, _)| path.as_str()));
            let (harvest, unobserved) = (&rests.harvest, &rests.unobserved);
            let packs = Packs {
                writer: compared,
                report,
                rendering,
                by,
                harvest,
                unobserved,
                units,
            };
            runtime.block_on(packs.write(&rests.catalog, started, cores()))?;
        }
        self.wrong.append(&mut compared.take_wrong());
        let strangers = compared.strangers();
        // What was refuted is written out for a report to us.
        let strangers = strangers.filter(|path| !(path.starts_with("defects/") && path.ends_with(".json")));
        let strangers =
            strangers.map(|path| format!("{path} does not belong to a report with these formats"));
        self.wrong.extend(strangers);
        Ok(())
    }
}

/// The status of each finding, as the files of a format have it.
fn states(compared: &ComparingTarget, judging: Judging) -> Result<FindingStates, RunError> {
    let mut states = FindingStates::default();
    let path = match judging {
        Judging::Sarif => "report.sarif",
        Judging::Ocsf => "findings.ocsf.jsonl",
        Judging::Asff => return Ok(states),
    };
    if compared.hash(path).is_some() {
        compared.each_line(path, |line| states.add(judging, line))?;
    }
    Ok(states)
}

fn named(formats: &[ReportFormat]) -> String {
    let names = std::iter::once("json").chain(formats.iter().map(|format| format.name()));
    names.collect::<Vec<_>>().join(", ")
}

//! `leastwise verify`: a report, held against itself. Every file is as the manifest has it, every change is proven again, what
//! is said twice agrees, and every other file is made again from the JSON by the code that made it.
//!
//! It is not known who wrote the report, or that AWS said what it rests on: SECURITY.md tells what follows from it.

mod basis;
mod compared;
mod folder;
mod nights;
mod proofs;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use self::basis::Rests;
use self::compared::Compared;
use self::nights::Nights;
use super::compare::{HISTORY, History};
use super::cores::{cores, runtime};
use super::error::RunError;
use super::gather::totals;
use super::log::Log;
use super::packs::{self, Packs};
use super::render::{self, Place, Since};
use super::sealed::{MANIFEST, parsed, unread};
use super::target::Target as _;
use super::terminal;
use crate::cli::{Exit, Verify};
use crate::config::ReportFormat;
use crate::files;
use crate::policy::Services;
use crate::report::agree::{self, Whole};
use crate::report::render::{Judging, States};
use crate::report::{AccountReport, BASIS, BasisFile, FileHash, Manifest, Rendering, Report, SCHEMA};

pub(super) fn run(args: &Verify, log: &Log) -> Result<Exit, RunError> {
    let checked = Checked::of(args, log)?;
    let mut out = String::new();
    for wrong in &checked.wrong {
        out.push_str(&format!("wrong: {}\n", terminal::line(wrong)));
    }
    let Checked { wrong, refuted, proven, files, accounts, digest, by, formats, .. } = &checked;
    let what = if *accounts == 1 { "account" } else { "accounts" };
    if wrong.is_empty() {
        out.push_str(&format!(
            "{proven} recommendations proven again, {by}\n{files} files fit the manifest and each other, formats: {formats}\n"
        ));
    } else {
        let count = wrong.len();
        out.push_str(&format!(
            "{count} wrong, {proven} recommendations proven again, {files} files looked at\n"
        ));
    }
    out.push_str(&format!("{accounts} {what}, SHA-256 of {MANIFEST}: {digest}\n"));
    io::stdout().write_all(terminal::clean(&out).as_bytes())?;
    Ok(match (wrong.is_empty(), refuted) {
        (true, _) => Exit::Finished,
        (false, 0) => Exit::Failed,
        (false, _) => Exit::Refuted,
    })
}

/// What came of it.
struct Checked {
    root: PathBuf,
    wrong: Vec<String>,
    refuted: usize,
    proven: usize,
    files: usize,
    accounts: usize,
    digest: FileHash,
    /// What catalog the proofs are by.
    by: &'static str,
    formats: String,
}

impl Checked {
    fn of(args: &Verify, log: &Log) -> Result<Self, RunError> {
        let root = args.report.clone();
        let bytes = files::bytes(&root, MANIFEST, files::REPORT);
        let bytes = bytes.map_err(|error| unread(&root, MANIFEST, error))?;
        let digest = FileHash::of(&bytes);
        if let Some(wanted) = args.manifest_sha256.filter(|wanted| *wanted != digest) {
            let (path, found, wanted) = (root.join(MANIFEST), digest.to_string(), wanted.to_string());
            return Err(RunError::OtherManifest { path, found, wanted });
        }
        let manifest: Manifest = parsed(&root, MANIFEST, &bytes)?;
        if manifest.schema != SCHEMA {
            return Err(RunError::Schema { folder: root, found: manifest.schema, oldest: SCHEMA });
        }
        if manifest.tool != env!("CARGO_PKG_VERSION") {
            return Err(RunError::OtherVersion { folder: root, tool: manifest.tool });
        }
        let Manifest { catalog, totals, rendering, files, started, .. } = manifest;
        let wrong = folder::wrong(&root, &files)
            .map_err(|error| RunError::Read { input: root.display().to_string(), error })?;
        let (by, formats) = ("", String::new());
        let count = files.len();
        let mut it =
            Self { root, wrong, refuted: 0, proven: 0, files: count, accounts: 0, digest, by, formats };
        let report: Arc<Report> = Arc::new(it.json("report.json")?);
        it.accounts = report.accounts.len();
        if report.catalog != catalog || report.totals != totals {
            it.wrong.push(format!("{MANIFEST}: its catalog or its totals are not those of report.json"));
        }
        let Some(rendering) = rendering else {
            it.wrong.push(format!("{MANIFEST} does not tell how the other files are made"));
            return Ok(it);
        };
        it.formats = named(&rendering.formats);
        let basis: BasisFile = it.json(BASIS)?;
        let path = it.root.join("catalog.json").display().to_string();
        let text = it.text("catalog.json")?;
        let mut rests = Rests::read((&text, &basis), &report.catalog, args.catalog.as_deref(), log, &path)?;
        it.wrong.append(&mut rests.wrong);
        it.by = rests.name();
        let compared = Arc::new(Compared::of(it.root.clone(), files, report.since.is_some()));
        it.numbers(&report, &rendering, &rests, &compared)?;
        // Of what is wrong already, all that is made of it would be wrong as well.
        if it.wrong.is_empty() {
            compared.write_json("report.json", &*report)?;
            compared.write_json(BASIS, &basis)?;
            compared.write_json("catalog.json", &rests.catalog.extract(&Services::All))?;
            it.made(&report, (&rendering, &started), &rests, &compared)?;
        }
        Ok(it)
    }

    /// What the report says more than once, and what its documents say.
    fn numbers(
        &mut self,
        report: &Report,
        rendering: &Rendering,
        rests: &Rests,
        compared: &Compared,
    ) -> Result<(), RunError> {
        match totals(&report.accounts) {
            Ok(mut again) => {
                again.recommendations += report.recommendations.len();
                if again != report.totals {
                    self.wrong.push("report.json: its totals do not add up".to_owned());
                }
            }
            Err(_) => self.wrong.push("report.json: an account's statuses do not add up".to_owned()),
        }
        let mut nights = None;
        if compared.known(HISTORY).is_some() {
            let history: History = self.json(HISTORY)?;
            compared.write_json(HISTORY, &history)?;
            nights = Some(Nights::of(history));
        } else if !rendering.pack && (report.ready.is_some() || report.since.is_some()) {
            self.wrong.push(format!("{HISTORY} is not there, and report.json tells of earlier nights"));
        }
        let mut whole = Whole::default();
        for summary in &report.accounts {
            let path = format!("accounts/{}.json", summary.id);
            let account: AccountReport = self.json(&path)?;
            compared.write_json(&path, &account)?;
            self.wrong
                .extend(agree::account(&account, report).into_iter().map(|what| format!("{path}: {what}")));
            whole.add(&account, report);
            self.own(&account, rests, compared);
            if let Some(nights) = &mut nights {
                nights.add(&account, report, |path| compared.hash(path));
            }
        }
        self.shared(report, rests, compared);
        self.wrong.extend(whole.wrong(report).into_iter().map(|what| format!("report.json: {what}")));
        self.wrong.extend(nights.into_iter().flat_map(|nights| nights.wrong(report)));
        self.wrong.append(&mut compared.take_wrong());
        Ok(())
    }

    /// Makes every other file again.
    fn made(
        &mut self,
        report: &Arc<Report>,
        (rendering, started): (&Rendering, &str),
        rests: &Rests,
        compared: &Arc<Compared>,
    ) -> Result<(), RunError> {
        let since = if report.since.is_some() && !rendering.pack {
            Since::told(|judging| states(compared, judging))?
        } else {
            Since::default()
        };
        let formats = render::formats(&rendering.formats, rendering.owner_tag.as_deref(), &since);
        let place = Place { writer: compared, folder: "", finished: None };
        let runtime = runtime()?;
        runtime.block_on(render::all(place, report, formats, None, cores()))?;
        if report.since.is_some() && rendering.formats.contains(&ReportFormat::Asff) {
            // An account of which all findings are gone has files that nothing of today is in.
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
            let packs = Packs { writer: compared, report, rendering, by, harvest, unobserved, units };
            runtime.block_on(packs.write(&rests.catalog, started, cores()))?;
        }
        self.wrong.append(&mut compared.take_wrong());
        let strangers = compared.strangers();
        // What was refuted is written out for a report to us.
        let strangers = strangers.filter(|path| !(path.starts_with("defects/") && path.ends_with(".json")));
        let strangers = strangers.map(|path| format!("{path} is not in a report of these formats"));
        self.wrong.extend(strangers);
        Ok(())
    }

    fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, RunError> {
        let bytes = files::bytes(&self.root, path, files::REPORT);
        parsed(&self.root, path, &bytes.map_err(|error| unread(&self.root, path, error))?)
    }

    fn text(&self, path: &str) -> Result<String, RunError> {
        files::text(&self.root, path, files::REPORT).map_err(|error| unread(&self.root, path, error))
    }
}

/// What the files of a format say became of each finding.
fn states(compared: &Compared, judging: Judging) -> Result<States, RunError> {
    let mut states = States::default();
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

//! `leastwise verify`: a report, proven again from its own files. Nothing that it says of itself is believed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::compare::unread;
use super::error::RunError;
use super::terminal;
use crate::catalog::{Basis, Catalog, Harvest, Unobserved};
use crate::cli::{Exit, Verify};
use crate::files;
use crate::policy::{Document, Observed, parse_all};
use crate::prove::{Verdict, prove};
use crate::report::{
    AccountReport, BASIS, BasisFile, FileHash, Files, Manifest, Recommendation, Report, SCHEMA,
};

pub(super) fn run(args: &Verify) -> Result<Exit, RunError> {
    let report = Checked { folder: args.report.clone(), wrong: Vec::new(), refuted: 0, proven: 0, files: 0 };
    let report = report.check()?;
    let mut out = String::new();
    for wrong in &report.wrong {
        out.push_str(&format!("wrong: {}\n", terminal::line(wrong)));
    }
    if report.wrong.is_empty() {
        out.push_str(&format!(
            "{} recommendations proven again, {} files as they were written\n",
            report.proven, report.files
        ));
    } else {
        out.push_str(&format!(
            "{} wrong, {} recommendations proven again, {} files looked at\n",
            report.wrong.len(),
            report.proven,
            report.files
        ));
    }
    io::stdout().write_all(terminal::clean(&out).as_bytes())?;
    Ok(match (report.wrong.is_empty(), report.refuted) {
        (true, _) => Exit::Finished,
        (false, 0) => Exit::Failed,
        (false, _) => Exit::Refuted,
    })
}

struct Checked {
    folder: PathBuf,
    wrong: Vec<String>,
    refuted: usize,
    proven: usize,
    files: usize,
}

impl Checked {
    fn check(mut self) -> Result<Self, RunError> {
        let manifest: Manifest = self.json("manifest.json")?;
        if manifest.schema != SCHEMA {
            let (folder, found) = (self.folder.clone(), manifest.schema);
            return Err(RunError::Schema { folder, found, oldest: SCHEMA });
        }
        for (path, hash) in &manifest.files {
            // A path that leads out of the folder is nobody's file.
            match is_inside(path).then(|| self.bytes(path)) {
                Some(Ok(bytes)) if FileHash::of(&bytes) == *hash => self.files += 1,
                Some(Ok(_)) => self.wrong.push(format!("{path} is not what was written")),
                Some(Err(error)) => self.wrong.push(format!("{path}: {error}")),
                None => self.wrong.push(format!("{path} leads out of the report")),
            }
        }
        let mut found = BTreeSet::new();
        list(&self.folder, &self.folder, &mut found).map_err(|error| self.read_error(&self.folder, error))?;
        let strangers =
            found.iter().filter(|path| *path != "manifest.json" && !manifest.files.contains_key(*path));
        self.wrong.extend(strangers.map(|path| format!("{path} is not in the manifest")));

        let path = self.folder.join("catalog.json");
        let text = self.text("catalog.json").map_err(|error| self.read_error(&path, error))?;
        let catalog = Catalog::from_extract(&text)
            .map_err(|error| RunError::Catalog { input: path.display().to_string(), error })?;
        let (harvest, unobserved) = self.basis(&catalog)?;
        let basis = Basis { catalog: &catalog, harvest: &harvest, unobserved: &unobserved };
        let accounts =
            manifest.files.keys().filter(|path| path.starts_with("accounts/") && path.ends_with(".json"));
        let mut removed_in_all = 0;
        for path in accounts.filter(|path| is_inside(path)) {
            let account: AccountReport = self.json(path)?;
            let removed: usize = account.recommendations.iter().map(|it| it.permissions_removed).sum();
            let effect = account.summary.effect.removed;
            if account.principals.iter().map(|it| it.effect.removed).sum::<usize>() != effect
                || account.principals.len() != account.summary.principals
                || account.recommendations.len() != account.summary.recommendations
            {
                self.wrong.push(format!("{path}: its totals do not add up"));
            }
            removed_in_all += removed;
            self.all(account.recommendations.iter().chain(&account.alternatives), basis);
        }
        let report: Report = self.json("report.json")?;
        self.all(&report.recommendations, basis);
        removed_in_all += report.recommendations.iter().map(|it| it.permissions_removed).sum::<usize>();
        if removed_in_all != report.totals.effect.removed || report.totals != manifest.totals {
            self.wrong.push("report.json: its totals do not add up".to_owned());
        }
        Ok(self)
    }

    fn all<'r>(&mut self, recommendations: impl IntoIterator<Item = &'r Recommendation>, basis: Basis<'_>) {
        for recommendation in recommendations {
            // A copy has files under the name of each of its holders, and they are all used.
            let others = recommendation.holders.iter().map(|hands| &hands.files);
            let others = others.filter(|files| **files != recommendation.files);
            let all = std::iter::once(&recommendation.files).chain(others);
            let wrong = all.filter_map(|files| self.prove(recommendation, files, basis).err());
            match wrong.collect::<Vec<_>>().into_iter().next() {
                None => self.proven += 1,
                Some(wrong) => self.wrong.push(format!("{}: {wrong}", recommendation.id)),
            }
        }
    }

    /// Proves one recommendation from its files.
    fn prove(
        &mut self,
        recommendation: &Recommendation,
        files: &Files,
        basis: Basis<'_>,
    ) -> Result<(), String> {
        let read = |path: &str| match is_inside(path) {
            true => self.text(path).map_err(|error| format!("{path}: {error}")),
            false => Err(format!("{path} leads out of the report")),
        };
        let (before, after) = (read(&files.before)?, read(&files.after)?);
        let before = Document::parse(&before).map_err(|error| format!("{}: {error}", files.before))?;
        let after = parse_all(&after).map_err(|error| format!("{}: {error}", files.after))?;
        let observed = observed(recommendation);
        match prove(&before, after, &observed, basis) {
            Verdict::Proven(proof) if proof.removed() != recommendation.proof.removed => Err(format!(
                "it removes {} permissions and says {}",
                proof.removed(),
                recommendation.proof.removed
            )),
            Verdict::Proven(_) => Ok(()),
            Verdict::Undecided(reason) => Err(format!("undecided: {reason}")),
            Verdict::Refuted(counterexample) => {
                self.refuted += 1;
                Err(format!("refuted: {counterexample}"))
            }
        }
    }

    /// What the proofs rest on beside the catalog. An older report has no such file.
    fn basis(&self, catalog: &Catalog) -> Result<(Harvest, Unobserved), RunError> {
        if !self.folder.join(BASIS).is_file() {
            return Ok((Harvest::default(), Unobserved::default()));
        }
        let read = self.json::<BasisFile>(BASIS)?.read(catalog);
        read.ok_or_else(|| {
            let error = io::Error::new(io::ErrorKind::InvalidData, "a pattern in it is none");
            self.read_error(&self.folder.join(BASIS), error)
        })
    }

    fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, RunError> {
        let full = self.folder.join(path);
        let text = self.text(path).map_err(|error| unread(&self.folder, path, error))?;
        serde_json::from_str(&text)
            .map_err(|error| RunError::Json { path: full.display().to_string(), error })
    }

    fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        files::bytes(&self.folder, path, files::REPORT)
    }

    fn text(&self, path: &str) -> io::Result<String> {
        files::text(&self.folder, path, files::REPORT)
    }

    fn read_error(&self, path: &Path, error: io::Error) -> RunError {
        RunError::Read { input: path.display().to_string(), error }
    }
}

/// What a recommendation rests on.
fn observed(recommendation: &Recommendation) -> Observed<'_> {
    let mut observed = Observed::default();
    for service in &recommendation.unused {
        let name = service.service_namespace.as_str();
        match &service.actions {
            None => observed.unused.add_service(name),
            Some(names) => observed.unused.add_actions(name, names.iter().map(String::as_str)),
        }
    }
    for service in &recommendation.used {
        let name = service.service_namespace.as_str();
        match service.actions.as_slice() {
            [] => observed.used.add_service(name),
            names => observed.used.add_actions(name, names.iter().map(String::as_str)),
        }
    }
    observed
}

/// Whether a path of a report stays in it.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// All files below a folder, with forward slashes. Links are files: they are not followed.
fn list(root: &Path, folder: &Path, found: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.symlink_metadata()?.is_dir() {
            list(root, &path, found)?;
        } else if let Ok(short) = path.strip_prefix(root) {
            let parts: Vec<_> = short.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            found.insert(parts.join("/"));
        }
    }
    Ok(())
}

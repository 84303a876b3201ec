//! Compares rendered files with those of a finished report, by the hashes in its manifest, which have been checked
//! before.
//!
//! Three formats show how findings compare with an earlier report, which is not available. Their files are compared
//! line by line, and findings that they mark as gone are skipped.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::output::error::RunError;
use crate::scan::target::Target;
use leastwise_core::report::FileHash;
use leastwise_files as files;
use leastwise_report::folder::ReportFolder;
use leastwise_report::folder::writer::lay_out;
use leastwise_report::formats::Judging;

/// See the module.
pub(super) struct ComparingTarget {
    folder: Arc<ReportFolder>,
    /// What the manifest has, sorted by path, and what was made again of it.
    files: Vec<(String, FileHash)>,
    made: Vec<AtomicBool>,
    /// The report was compared with an earlier one.
    since: bool,
    growing: Mutex<BTreeMap<String, GrowingFile>>,
    wrong: Mutex<Vec<String>>,
}

/// A file that grows while it is made again.
enum GrowingFile {
    Exact { hash: Sha256, elements: usize },
    Judged(Judged),
}

/// A file that shows how the report compares with an earlier one; for ASFF, all files of an account together.
struct Judged {
    judging: Judging,
    /// What is still to be read.
    files: VecDeque<String>,
    lines: Option<BufReader<File>>,
    /// The beginning of a line that is not made to its end yet.
    begun: String,
    agrees: bool,
}

impl ComparingTarget {
    pub(super) fn of(folder: Arc<ReportFolder>, files: BTreeMap<String, FileHash>, since: bool) -> Self {
        let made = files.iter().map(|_| AtomicBool::new(false)).collect();
        let files = files.into_iter().collect();
        Self {
            folder,
            files,
            made,
            since,
            growing: Mutex::default(),
            wrong: Mutex::default(),
        }
    }

    /// The paths that the manifest has and that begin so.
    pub(super) fn below<'c>(&'c self, folder: &'c str) -> impl Iterator<Item = &'c (String, FileHash)> {
        let from = self.files.partition_point(|(path, _)| path.as_str() < folder);
        self.files
            .iter()
            .skip(from)
            .take_while(move |(path, _)| path.starts_with(folder))
    }

    /// The hash that the manifest has for a file.
    pub(super) fn hash(&self, path: &str) -> Option<FileHash> {
        self.place(path)
            .and_then(|place| self.files.get(place))
            .map(|(_, hash)| *hash)
    }

    /// The same of one that belongs there.
    pub(super) fn known(&self, path: &str) -> Option<FileHash> {
        self.made.get(self.place(path)?)?.store(true, Ordering::Relaxed);
        self.hash(path)
    }

    fn place(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|(it, _)| it.as_str().cmp(path)).ok()
    }

    /// A file was made, and came out so.
    pub(super) fn came_out(&self, path: &str, hash: FileHash) {
        match self.known(path) {
            Some(known) if known == hash => {}
            Some(_) => self.tell(format!("{path} differs from what the report's data give")),
            None => self.tell(format!("{path} is missing")),
        }
    }

    pub(super) fn tell(&self, wrong: String) {
        self.wrong
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(wrong);
    }

    /// What did not agree so far.
    pub(super) fn take_wrong(&self) -> Vec<String> {
        std::mem::take(&mut *self.wrong.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Files that the report's own data do not give.
    pub(super) fn strangers(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().zip(&self.made);
        files
            .filter(|(_, made)| !made.load(Ordering::Relaxed))
            .map(|((path, _), _)| path.as_str())
    }

    /// The lines of the files of one format.
    pub(super) fn each_line(&self, path: &str, mut each: impl FnMut(&str)) -> Result<(), RunError> {
        let failed = |error| RunError::Read {
            input: self.folder.path().join(path).display().to_string(),
            error,
        };
        let file = self.folder.file(path)?;
        for line in BufReader::new(file.take(files::REPORT)).lines() {
            each(&line.map_err(failed)?);
        }
        Ok(())
    }

    /// How a file is compared, and what with: under its own name, or with the others of its account.
    fn growing(&self, path: &str) -> (String, GrowingFile) {
        let exact = || {
            (
                path.to_owned(),
                GrowingFile::Exact {
                    hash: Sha256::new(),
                    elements: 0,
                },
            )
        };
        let Some(judging) = Judging::of(path).filter(|_| self.since) else {
            return exact();
        };
        let name = match (judging, path.rsplit_once('/')) {
            (Judging::Asff, Some((folder, _))) => format!("{folder}/"),
            _ => path.to_owned(),
        };
        let is_of = |it: &&(String, FileHash)| judging == Judging::Asff || it.0 == name;
        let files = self
            .below(&name)
            .filter(is_of)
            .map(|(path, _)| path.clone())
            .collect();
        (
            name,
            GrowingFile::Judged(Judged {
                judging,
                files,
                lines: None,
                begun: String::new(),
                agrees: true,
            }),
        )
    }
}

impl Target for ComparingTarget {
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), RunError> {
        self.came_out(path, FileHash::of(bytes));
        Ok(())
    }

    fn append(&self, path: &str, bytes: &[u8], element: bool) -> Result<(), RunError> {
        let mut all = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = path.rsplit_once('/').map(|(folder, _)| format!("{folder}/"));
        let known = [Some(path.to_owned()), folder]
            .into_iter()
            .flatten()
            .find(|it| all.contains_key(it));
        let name = known.unwrap_or_else(|| {
            let (name, growing) = self.growing(path);
            all.insert(name.clone(), growing);
            name
        });
        match all.get_mut(&name) {
            Some(GrowingFile::Exact { hash, elements }) => {
                *elements += usize::from(element);
                hash.update(if element && *elements > 1 {
                    &b",\n"[..]
                } else {
                    b""
                });
                hash.update(bytes);
            }
            Some(GrowingFile::Judged(judged)) => {
                let comma = if element { "\n" } else { "" };
                let text = format!("{}{comma}", String::from_utf8_lossy(bytes));
                judged.add(self, &text)?;
            }
            None => {}
        }
        Ok(())
    }

    fn write_json(&self, path: &str, value: &impl Serialize) -> Result<usize, RunError> {
        let mut hash = Sha256::new();
        let failed = |error| RunError::Read {
            input: self.folder.path().join(path).display().to_string(),
            error,
        };
        lay_out(value, &mut hash).map_err(failed)?;
        self.came_out(path, FileHash::from(hash));
        Ok(0)
    }

    fn settle(&self) -> Result<(), RunError> {
        let all = std::mem::take(&mut *self.growing.lock().unwrap_or_else(PoisonError::into_inner));
        for (path, growing) in all {
            match growing {
                GrowingFile::Exact { hash, .. } => self.came_out(&path, FileHash::from(hash)),
                GrowingFile::Judged(judged) => judged.end(self, &path)?,
            }
        }
        Ok(())
    }

    fn read(&self, path: &str) -> Result<String, RunError> {
        Ok(self.folder.text(path)?)
    }

    fn hashes_below(&self, folder: &str) -> BTreeMap<String, FileHash> {
        let rest = |(path, hash): &(String, FileHash)| Some((path.strip_prefix(folder)?.to_owned(), *hash));
        self.below(folder).filter_map(rest).collect()
    }
}

impl Judged {
    /// Compares what was made with the lines that come next.
    fn add(&mut self, of: &ComparingTarget, text: &str) -> Result<(), RunError> {
        self.begun.push_str(text);
        while let Some((line, rest)) = self.begun.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.begun = rest;
            if self.is_worth(&line) {
                let next = self.next(of)?;
                self.agrees &= next.as_deref().map(bare) == Some(bare(&line));
            }
        }
        Ok(())
    }

    /// Nothing but what is gone is left; all files of it were there.
    fn end(mut self, of: &ComparingTarget, path: &str) -> Result<(), RunError> {
        self.add(of, "\n")?;
        self.agrees &= self.next(of)?.is_none();
        if !self.agrees {
            of.tell(format!("{path} differs from what the report's data give"));
        }
        Ok(())
    }

    /// The next line that is about something which is still there.
    fn next(&mut self, of: &ComparingTarget) -> Result<Option<String>, RunError> {
        loop {
            if self.lines.is_none() {
                let Some(path) = self.files.pop_front() else {
                    return Ok(None);
                };
                of.known(&path);
                self.lines = Some(BufReader::new(of.folder.file(&path)?));
            }
            let mut line = String::new();
            let read = self
                .lines
                .as_mut()
                .map_or(Ok(0), |lines| lines.read_line(&mut line));
            let read = read.map_err(|error: io::Error| RunError::Read {
                input: of.folder.path().display().to_string(),
                error,
            })?;
            if read == 0 {
                self.lines = None;
                continue;
            }
            let line = line.trim_end_matches('\n');
            if self.is_worth(line) && !self.judging.is_gone(line) {
                return Ok(Some(line.to_owned()));
            }
        }
    }

    /// Whether a line says anything. How findings are divided among the calls of ASFF depends on those that are gone.
    fn is_worth(&self, line: &str) -> bool {
        !(line.is_empty() || self.judging == Judging::Asff && matches!(line, "[" | "]"))
    }
}

/// A line without its trailing comma.
fn bare(line: &str) -> &str {
    line.strip_suffix(',').unwrap_or(line)
}

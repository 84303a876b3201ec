//! The formats besides JSON, rendered from the accounts as written: those still in memory, and the files of the
//! others.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use futures::StreamExt;

use super::finished::{self, FinishedAccount, FinishedAccounts};
use super::target::Target;
use crate::output::error::RunError;
use leastwise_core::report::{FileHash, Report, ReportFormat};
use leastwise_report::formats::{
    AccountView, Asff, Changes, CloudFormation, Csv, Earlier, FindingStates, Format, Html, Judging, Ocsf,
    Part, Sarif, Summary, Terraform, Tickets, Written,
};

/// The requested formats. Some of them show how findings compare with an earlier report.
pub(crate) fn chosen(
    wanted: &[ReportFormat],
    owner_tag: Option<&str>,
    since: &EarlierByFormat,
) -> Vec<Box<dyn Format>> {
    let wanted_scripts = wanted.contains(&ReportFormat::Changes);
    let format = |it: &ReportFormat| -> Box<dyn Format> {
        match it {
            ReportFormat::Asff => Box::new(Asff::since(since.asff.clone())),
            ReportFormat::Changes => Box::new(Changes),
            ReportFormat::Csv => Box::new(Csv::new(owner_tag)),
            ReportFormat::CloudFormation => Box::new(CloudFormation),
            ReportFormat::Html => Box::new(Html::beside(wanted, owner_tag)),
            ReportFormat::Ocsf => Box::new(Ocsf::since(since.ocsf.clone())),
            ReportFormat::Sarif => Box::new(Sarif::since(since.sarif.clone())),
            ReportFormat::Summary => Box::new(Summary::new(owner_tag, wanted)),
            ReportFormat::Terraform => Box::new(Terraform),
            ReportFormat::Tickets => Box::new(Tickets::new(owner_tag, wanted_scripts)),
        }
    };
    wanted.iter().map(format).collect()
}

/// The earlier report, for each format that shows how its findings compare.
#[derive(Default)]
pub(crate) struct EarlierByFormat {
    pub(crate) asff: Option<Arc<Earlier>>,
    pub(crate) ocsf: Option<Arc<Earlier>>,
    pub(crate) sarif: Option<Arc<Earlier>>,
}

impl EarlierByFormat {
    /// The same for all.
    pub(crate) fn of(earlier: Option<&Arc<Earlier>>) -> Self {
        let earlier = || earlier.map(Arc::clone);
        Self {
            asff: earlier(),
            ocsf: earlier(),
            sarif: earlier(),
        }
    }

    /// As read from the files of a finished report.
    pub(crate) fn told(
        mut states: impl FnMut(Judging) -> Result<FindingStates, RunError>,
    ) -> Result<Self, RunError> {
        let mut told = |judging| Ok::<_, RunError>(Some(Arc::new(Earlier::told(states(judging)?))));
        // ASFF marks only resolved findings.
        Ok(Self {
            asff: None,
            ocsf: told(Judging::Ocsf)?,
            sarif: told(Judging::Sarif)?,
        })
    }
}

/// Whether one of them shows how findings compare with an earlier report.
pub(crate) fn tell_since(wanted: &[ReportFormat]) -> bool {
    wanted
        .iter()
        .any(|it| matches!(it, ReportFormat::Asff | ReportFormat::Ocsf | ReportFormat::Sarif))
}

/// Where a report is.
pub(crate) struct ReportPlace<'p, W> {
    pub(crate) writer: &'p Arc<W>,
    /// Folder within another report, if any: the prefix of all its paths.
    pub(crate) folder: &'p str,
    /// Its accounts that are at hand.
    pub(crate) finished: Option<&'p Arc<FinishedAccounts>>,
}

/// Renders all formats, with the accounts in order, several at a time.
pub(crate) async fn render<W: Target>(
    place: ReportPlace<'_, W>,
    report: &Arc<Report>,
    formats: Vec<Box<dyn Format>>,
    earlier: Option<Arc<Earlier>>,
    at_a_time: usize,
) -> Result<(), RunError> {
    if formats.is_empty() {
        return Ok(());
    }
    let ReportPlace {
        writer,
        folder,
        finished,
    } = place;
    let formats = Arc::new(formats);
    append(
        &**writer,
        folder,
        formats.iter().flat_map(|format| format.begin(report)),
    )?;
    let ids: Vec<String> = report.accounts.iter().map(|account| account.id.clone()).collect();
    let each = ids.into_iter().map(|id| {
        let (writer, report, formats) = (Arc::clone(writer), Arc::clone(report), Arc::clone(&formats));
        let (folder, finished, earlier) = (folder.to_owned(), finished.cloned(), earlier.clone());
        tokio::task::spawn_blocking(move || {
            // Held until all formats have looked at it.
            let _held = earlier.and_then(|earlier| earlier.account(&id));
            let done = match finished {
                Some(finished) => finished.take(&*writer, &id)?,
                None => finished::read(&*writer, &folder, &id)?,
            };
            one(&*writer, &folder, &report, &formats, done)
        })
    });
    // In the order of the accounts, whichever is ready first.
    let mut done = futures::stream::iter(each).buffered(at_a_time);
    while let Some(parts) = done.next().await {
        append(&**writer, folder, parts.map_err(RunError::Task)??)?;
    }
    append(
        &**writer,
        folder,
        formats.iter().flat_map(|format| format.end(report)),
    )
}

fn one<W: Target>(
    writer: &W,
    folder: &str,
    report: &Report,
    formats: &[Box<dyn Format>],
    done: FinishedAccount,
) -> Result<Vec<Part>, RunError> {
    let texts = done
        .texts
        .into_iter()
        .map(|(path, text)| (path, text.into()))
        .collect();
    let files = ReportFiles {
        texts: RefCell::new(texts),
        ..ReportFiles::new(writer, folder)
    };
    let mut growing = Vec::new();
    let view = AccountView::of(report, &done.report);
    for format in formats {
        for part in format.account(&view, &files) {
            // Files of the account alone need not wait for their turn.
            if part.whole {
                append(writer, folder, [part])?;
            } else {
                growing.push(part);
            }
        }
    }
    Ok(growing)
}

/// The files of a report that are there when an account is looked at again.
pub(crate) struct ReportFiles<'w, W> {
    writer: &'w W,
    folder: &'w str,
    /// Several formats show the same documents.
    texts: RefCell<BTreeMap<String, Rc<str>>>,
    /// By folder and path below it.
    hashes: RefCell<BTreeMap<String, BTreeMap<String, FileHash>>>,
}

impl<'w, W: Target> ReportFiles<'w, W> {
    /// Those of the report in a folder.
    pub(crate) fn new(writer: &'w W, folder: &'w str) -> Self {
        Self {
            writer,
            folder,
            texts: RefCell::default(),
            hashes: RefCell::default(),
        }
    }

    /// Forgets the hashes of the files below a folder.
    pub(crate) fn forget(&self, group: &str) {
        self.hashes.borrow_mut().remove(group);
    }
}

impl<W: Target> Written for ReportFiles<'_, W> {
    fn text(&self, path: &str) -> Option<Rc<str>> {
        if let Some(text) = self.texts.borrow().get(path) {
            return Some(Rc::clone(text));
        }
        let text: Rc<str> = self.writer.read(&format!("{}{path}", self.folder)).ok()?.into();
        self.texts.borrow_mut().insert(path.to_owned(), Rc::clone(&text));
        Some(text)
    }

    fn hash(&self, path: &str) -> Option<FileHash> {
        // The documents of an account are together, and asked for one after another.
        let below = path.match_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
        let (group, rest) = path.split_at_checked(below)?;
        let mut hashes = self.hashes.borrow_mut();
        if !hashes.contains_key(group) {
            let all = self.writer.hashes_below(&format!("{}{group}", self.folder));
            hashes.insert(group.to_owned(), all);
        }
        hashes.get(group)?.get(rest).copied()
    }
}

fn append(writer: &impl Target, folder: &str, parts: impl IntoIterator<Item = Part>) -> Result<(), RunError> {
    for part in parts {
        let path = format!("{folder}{}", part.path);
        if part.whole {
            writer.write(&path, part.text.as_bytes())?;
        } else {
            writer.append(&path, part.text.as_bytes(), part.element)?;
        }
    }
    Ok(())
}

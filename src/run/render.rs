//! The formats beside JSON, made from the accounts as they were written: those that are still at hand, and the files of the
//! others.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use futures::StreamExt;

use super::error::RunError;
use super::finished::{self, Done, Finished};
use crate::config::ReportFormat;
use crate::report::render::{
    Asff, Changes, CloudFormation, Csv, Earlier, Format, Html, Ocsf, Part, Sarif, Terraform, Tickets, Written,
};
use crate::report::writer::Writer;
use crate::report::{FileHash, Report};

/// The formats that were asked for. Some of them tell what became of what an earlier report said.
pub(super) fn formats(
    wanted: &[ReportFormat],
    owner_tag: Option<&str>,
    earlier: Option<&Arc<Earlier>>,
) -> Vec<Box<dyn Format>> {
    let wanted_scripts = wanted.contains(&ReportFormat::Changes);
    let earlier = || earlier.map(Arc::clone);
    let format = |wanted: &ReportFormat| -> Box<dyn Format> {
        match wanted {
            ReportFormat::Asff => Box::new(Asff::since(earlier())),
            ReportFormat::Changes => Box::new(Changes),
            ReportFormat::Csv => Box::new(Csv),
            ReportFormat::CloudFormation => Box::new(CloudFormation),
            ReportFormat::Html => Box::new(Html { scripts: wanted_scripts }),
            ReportFormat::Ocsf => Box::new(Ocsf::since(earlier())),
            ReportFormat::Sarif => Box::new(Sarif::since(earlier())),
            ReportFormat::Terraform => Box::new(Terraform),
            ReportFormat::Tickets => Box::new(Tickets::new(owner_tag)),
        }
    };
    wanted.iter().map(format).collect()
}

/// Whether one of them says what became of an earlier report.
pub(super) fn tell_since(wanted: &[ReportFormat]) -> bool {
    wanted.iter().any(|it| matches!(it, ReportFormat::Asff | ReportFormat::Ocsf | ReportFormat::Sarif))
}

/// Where a report is.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) writer: &'p Arc<Writer>,
    /// It may stand in a folder of another; that is what all its paths begin with.
    pub(super) folder: &'p str,
    /// Its accounts that are at hand.
    pub(super) finished: Option<&'p Arc<Finished>>,
}

/// Renders all formats, the accounts in their order, so many at a time.
pub(super) async fn all(
    place: Place<'_>,
    report: &Arc<Report>,
    formats: Vec<Box<dyn Format>>,
    earlier: Option<Arc<Earlier>>,
    at_a_time: usize,
) -> Result<(), RunError> {
    if formats.is_empty() {
        return Ok(());
    }
    let Place { writer, folder, finished } = place;
    let formats = Arc::new(formats);
    append(writer, folder, formats.iter().flat_map(|format| format.begin(report)))?;
    let ids: Vec<String> = report.accounts.iter().map(|account| account.id.clone()).collect();
    let each = ids.into_iter().map(|id| {
        let (writer, report, formats) = (Arc::clone(writer), Arc::clone(report), Arc::clone(&formats));
        let (folder, finished, earlier) = (folder.to_owned(), finished.cloned(), earlier.clone());
        tokio::task::spawn_blocking(move || {
            // Held until all formats have looked at it.
            let _held = earlier.and_then(|earlier| earlier.account(&id));
            let done = match finished {
                Some(finished) => finished.take(&writer, &id)?,
                None => finished::read(&writer, &folder, &id)?,
            };
            one(&writer, &folder, &report, &formats, done)
        })
    });
    // In the order of the accounts, whichever is ready first.
    let mut done = futures::stream::iter(each).buffered(at_a_time);
    while let Some(parts) = done.next().await {
        append(writer, folder, parts.map_err(RunError::Task)??)?;
    }
    append(writer, folder, formats.iter().flat_map(|format| format.end(report)))
}

fn one(
    writer: &Writer,
    folder: &str,
    report: &Report,
    formats: &[Box<dyn Format>],
    done: Done,
) -> Result<Vec<Part>, RunError> {
    let texts = done.texts.into_iter().map(|(path, text)| (path, text.into())).collect();
    let files = Files { texts: RefCell::new(texts), ..Files::new(writer, folder) };
    let mut growing = Vec::new();
    for format in formats {
        for part in format.account(report, &done.report, &files) {
            // Files of the account alone need not wait for their turn.
            match part.whole {
                true => append(writer, folder, [part])?,
                false => growing.push(part),
            }
        }
    }
    Ok(growing)
}

/// The files of a report that are there when an account is looked at again.
pub(super) struct Files<'w> {
    writer: &'w Writer,
    folder: &'w str,
    /// Several formats show the same documents.
    texts: RefCell<BTreeMap<String, Rc<str>>>,
    /// By folder and path below it.
    hashes: RefCell<BTreeMap<String, BTreeMap<String, FileHash>>>,
}

impl<'w> Files<'w> {
    /// Those of the report in a folder.
    pub(super) fn new(writer: &'w Writer, folder: &'w str) -> Self {
        Self { writer, folder, texts: RefCell::default(), hashes: RefCell::default() }
    }

    /// Forgets the hashes of the files below a folder.
    pub(super) fn forget(&self, group: &str) {
        self.hashes.borrow_mut().remove(group);
    }
}

impl Written for Files<'_> {
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

fn append(writer: &Writer, folder: &str, parts: impl IntoIterator<Item = Part>) -> Result<(), RunError> {
    for part in parts {
        let path = format!("{folder}{}", part.path);
        match part.whole {
            true => writer.write(&path, part.text.as_bytes())?,
            false => writer.append(&path, part.text.as_bytes(), part.element)?,
        }
    }
    Ok(())
}

//! Where a report is built: a folder next to its place, with an unguessable name, so that no one can have
//! created it before.
//!
//! ```text
//! .NAME.0123456789abcdef.partial/new   the report on its way; when it has changed places, the one before
//! .NAME.0123456789abcdef.partial/old   the report before, where changing places takes two steps
//! ```

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use leastwise_files::disk::{FileKind, Folder, is_unguessable};

const NEW: &str = "new";
const OLD: &str = "old";
const SUFFIX: &str = ".partial";

/// See the module. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct WorkFolder {
    /// The folder of the place, and the place's name there.
    parent: Folder,
    name: OsString,
    /// The folder of both, and its name.
    work: Folder,
    work_name: String,
    folder: Folder,
}

impl WorkFolder {
    pub(super) fn begin(parent: Folder, name: OsString) -> io::Result<Self> {
        let (work, work_name) = parent.make_unguessable(&prefix(&name), SUFFIX)?;
        match work.make(Path::new(NEW)) {
            Ok(folder) => Ok(Self {
                parent,
                name,
                work,
                work_name,
                folder,
            }),
            Err(error) => {
                let _ = parent.remove(Path::new(&work_name));
                Err(error)
            }
        }
    }

    /// Where files are written.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(super) fn place(&self) -> (&Folder, &OsStr) {
        (&self.parent, &self.name)
    }

    /// Puts the new report in its place. When that fails, the old one is there as it was.
    pub(super) fn publish(&mut self) -> io::Result<()> {
        let (new, old, name) = (Path::new(NEW), Path::new(OLD), Path::new(&self.name));
        if self.work.exchange(new, &self.parent, name) {
            return Ok(());
        }
        let replaced = match self.parent.rename(name, &self.work, old) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        let done = self.work.rename(new, &self.parent, name);
        if done.is_err() && replaced {
            // Put the old report back; the first error is the one to report.
            let _ = self.work.rename(old, &self.parent, name);
        }
        done
    }
}

impl Drop for WorkFolder {
    /// Whatever is in it now is not wanted any more. That it cannot be removed is no failure of the run.
    fn drop(&mut self) {
        // An old report that could not be put back is the only one there is.
        if matches!(self.parent.kind(&self.name), Ok(None)) && has(&self.work, OLD) {
            return;
        }
        let _ = self.parent.remove(Path::new(&self.work_name));
    }
}

/// What the names of these folders begin with. A name that is not UTF-8 is encoded; it only has to be found
/// again.
fn prefix(name: &OsStr) -> String {
    format!(".{}.", name.to_string_lossy())
}

/// The folders that killed runs left for a place: of such a name, ours, and with nothing else in them. Whatever only looks
/// like one is left alone.
fn left<'f>(parent: &'f Folder, name: &OsStr) -> impl Iterator<Item = (Folder, OsString)> + use<'f> {
    let prefix = prefix(name);
    // A folder that may be written and not listed has nothing to find.
    let names = parent.names().unwrap_or_default().into_iter();
    let is_one = move |it: &OsString| it.to_str().is_some_and(|it| is_unguessable(it, &prefix, SUFFIX));
    names.filter(is_one).filter_map(|name| {
        let work = parent.own(Path::new(&name)).ok()?;
        let is_ours = work.names().ok()?.iter().all(|it| it == NEW || it == OLD);
        is_ours.then_some((work, name))
    })
}

fn has(work: &Folder, name: &str) -> bool {
    matches!(work.kind(OsStr::new(name)), Ok(Some(FileKind::Folder)))
}

/// Whether a run was killed between taking the old report away and putting the new one in its place.
pub(super) fn has_old(parent: &Folder, name: &OsStr) -> bool {
    left(parent, name).any(|(work, _)| has(&work, OLD))
}

/// Puts back a report that a killed run took away, and removes what such runs left.
pub(super) fn clear(parent: &Folder, name: &OsStr) -> io::Result<()> {
    for (work, work_name) in left(parent, name) {
        if has(&work, OLD) && parent.kind(name)?.is_none() {
            work.rename(Path::new(OLD), parent, Path::new(name))?;
        }
        parent.remove(Path::new(&work_name))?;
    }
    Ok(())
}

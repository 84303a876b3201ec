//! The accounts' parts of the report once they are written, for those who look at them again.

use std::collections::BTreeMap;

use super::error::RunError;
use super::shelf::Shelf;
use crate::report::AccountReport;
use crate::report::writer::Writer;

/// About so many bytes of files wait in memory as well; what is beyond is read again.
const ROOM: usize = 64 << 20;

/// See the module.
pub(super) struct Finished(Shelf<Done>);

/// One account as it was written.
pub(super) struct Done {
    pub(super) report: AccountReport,
    /// Its documents and differences by path, those that are at hand.
    pub(super) texts: BTreeMap<String, String>,
    /// How long its files are.
    bytes: usize,
}

impl Finished {
    /// None yet. Unless somebody looks at them again, none waits.
    pub(super) fn new(again: bool) -> Self {
        Self(Shelf::new(if again { ROOM } else { 0 }))
    }

    /// Writes an account's part, of which these texts were written before.
    pub(super) fn write(
        &self,
        writer: &Writer,
        report: AccountReport,
        texts: BTreeMap<String, String>,
    ) -> Result<(), RunError> {
        let bytes = writer.write_json(&path(&report.summary.id), &report)?;
        let bytes = texts.values().map(String::len).fold(bytes, usize::saturating_add);
        self.keep(Done { report, texts, bytes });
        Ok(())
    }

    /// Keeps what was taken and is as it was written.
    pub(super) fn keep(&self, done: Done) {
        let (id, bytes) = (done.report.summary.id.clone(), done.bytes);
        self.0.put(&id, bytes, done);
    }

    /// Gives an account, which is not kept any longer.
    pub(super) fn take(&self, writer: &Writer, id: &str) -> Result<Done, RunError> {
        self.0.take(id).map_or_else(|| read(writer, "", id), Ok)
    }
}

/// An account's part of the report in a folder, from its file.
pub(super) fn read(writer: &Writer, folder: &str, id: &str) -> Result<Done, RunError> {
    let path = format!("{folder}{}", path(id));
    let text = writer.read(&path)?;
    let report = serde_json::from_str(&text).map_err(|error| RunError::Json { path, error })?;
    Ok(Done { report, texts: BTreeMap::new(), bytes: text.len() })
}

fn path(id: &str) -> String {
    format!("accounts/{id}.json")
}

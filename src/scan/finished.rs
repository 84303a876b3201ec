//! Accounts of the report that have been written, for passes that need them again.

use std::collections::BTreeMap;

use super::cache::{AccountCache, ROOM};
use super::target::Target;
use crate::output::error::RunError;
use leastwise_core::report::AccountReport;
use leastwise_report::folder::account_path;
use leastwise_report::folder::writer::Writer;

/// See the module.
pub(crate) struct FinishedAccounts(AccountCache<FinishedAccount>);

/// One account as it was written.
pub(crate) struct FinishedAccount {
    pub(crate) report: AccountReport,
    /// Its documents and differences by path, those that are at hand.
    pub(crate) texts: BTreeMap<String, String>,
    /// How long its files are.
    bytes: usize,
}

impl FinishedAccounts {
    /// Empty. If no later step needs the accounts again, none is kept.
    pub(crate) fn new(again: bool) -> Self {
        Self(AccountCache::new(if again { ROOM } else { 0 }))
    }

    /// Writes an account's part. These texts were already written.
    pub(crate) fn write(
        &self,
        writer: &Writer,
        report: AccountReport,
        texts: BTreeMap<String, String>,
    ) -> Result<(), RunError> {
        let bytes = writer.write_json(&account_path(&report.summary.id), &report)?;
        self.written(report, texts, bytes);
        Ok(())
    }

    /// Writes what was taken once more, with what is known now.
    pub(crate) fn rewrite(
        &self,
        writer: &Writer,
        report: AccountReport,
        texts: BTreeMap<String, String>,
    ) -> Result<(), RunError> {
        let bytes = writer.rewrite_json(&account_path(&report.summary.id), &report)?;
        self.written(report, texts, bytes);
        Ok(())
    }

    fn written(&self, report: AccountReport, texts: BTreeMap<String, String>, bytes: usize) {
        let bytes = texts.values().map(String::len).fold(bytes, usize::saturating_add);
        self.keep(FinishedAccount { report, texts, bytes });
    }

    /// Keeps what was taken and is as it was written.
    pub(crate) fn keep(&self, done: FinishedAccount) {
        let (id, bytes) = (done.report.summary.id.clone(), done.bytes);
        self.0.put(&id, bytes, done);
    }

    /// Gives an account, which is not kept any longer.
    pub(crate) fn take(&self, writer: &impl Target, id: &str) -> Result<FinishedAccount, RunError> {
        self.0.take(id).map_or_else(|| read(writer, "", id), Ok)
    }
}

/// An account's part of the report in a folder, from its file.
pub(crate) fn read(writer: &impl Target, folder: &str, id: &str) -> Result<FinishedAccount, RunError> {
    let path = format!("{folder}{}", account_path(id));
    let text = writer.read(&path)?;
    let report = serde_json::from_str(&text).map_err(|error| RunError::Json { path, error })?;
    Ok(FinishedAccount {
        report,
        texts: BTreeMap::new(),
        bytes: text.len(),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::FinishedAccounts;
    use leastwise_core::advise::unread;
    use leastwise_core::inventory::wire::Account;
    use leastwise_core::report::Coverage;
    use leastwise_report::folder::writer::{OutputKind, Writer};

    #[test]
    fn an_account_is_the_same_from_memory_and_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let id = "111111111111".to_owned();
        let account = Account {
            id: id.clone(),
            name: "one".to_owned(),
            ..Account::default()
        };
        let texts = [("policies/a.diff".to_owned(), "-a".to_owned())].into();
        for again in [true, false] {
            let writer = Writer::begin(&folder.path().join("report"), OutputKind::Report).unwrap();
            let finished = FinishedAccounts::new(again);
            let written = unread(&account, Coverage::Excluded, Vec::new());
            let told = format!("{written:?}");
            finished
                .write(&writer, written, std::collections::BTreeMap::clone(&texts))
                .unwrap();
            let first = finished.take(&writer, &id).unwrap();
            // It was taken, so the second is from the file.
            let second = finished.take(&writer, &id).unwrap();
            assert_eq!(
                [format!("{:?}", first.report), format!("{:?}", second.report)],
                [told.clone(), told]
            );
            assert_eq!((first.texts.is_empty(), second.texts.is_empty()), (!again, true));
        }
        let writer = Writer::begin(&folder.path().join("report"), OutputKind::Report).unwrap();
        assert!(FinishedAccounts::new(true).take(&writer, "222222222222").is_err());
    }
}

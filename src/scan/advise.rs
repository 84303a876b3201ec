//! The second pass: the recommendations for one account.

use super::run::{OrgContext, ScanRun};
use super::selection::outside;
use super::totals::ScanTotals;
use crate::output::error::RunError;
use leastwise_aws::Cloud;
use leastwise_core::advise;
use leastwise_core::inventory::wire::Account;
use leastwise_report::folder::account_path;

impl<C: Cloud + Send + Sync + 'static> ScanRun<C> {
    /// Analyses one account off the async threads, writes its files, and returns the little that the whole
    /// report needs.
    pub(crate) async fn advise(
        &self,
        account: &Account,
        context: &OrgContext,
    ) -> Result<ScanTotals, RunError> {
        if let Some(coverage) = outside(&self.config, account) {
            let mut report = advise::unread(account, coverage, Vec::new());
            report.grants = self.grants.of(&account.id, self.cloud.state());
            self.writer.write_json(&account_path(&account.id), &report)?;
            return Ok(ScanTotals::unread(report.summary));
        }
        let _permit = self.cpu.acquire().await;
        let prepared = match self.prepared.take(&account.id) {
            Some(prepared) => Ok(prepared),
            None => {
                let answers = self.cloud.again(account).await?;
                tokio::task::block_in_place(|| self.prepare(account, answers, &context.ids))
            }
        };
        tokio::task::block_in_place(|| {
            let exceptions = self.exceptions();
            let terms = self.terms(&exceptions, &context.ids, &context.harvest);
            if let (Ok(prepared), Some(state)) = (&prepared, self.cloud.state()) {
                prepared
                    .grants()
                    .into_iter()
                    .for_each(|log| state.keep_grants(&account.id, log, &*self.progress));
            }
            let mut assessed =
                advise::account(account, prepared, terms, &context.families, &context.outcomes);
            let patches = self
                .code
                .look_up_all(&mut assessed.report.recommendations, &[], &assessed.files);
            assessed.files.extend(patches);
            for (path, text) in &assessed.files {
                self.writer.write(path, text.as_bytes())?;
            }
            for (path, text) in &assessed.defects {
                self.writer.write(&format!("defects/{path}"), text.as_bytes())?;
            }
            let (totals, mut report, files) = ScanTotals::of(assessed);
            // A run without usage data does not lose what earlier runs saw of when a policy was attached.
            report.grants = report
                .grants
                .or_else(|| self.grants.of(&account.id, self.cloud.state()));
            self.finished
                .write(&self.writer, report, files.into_iter().collect())?;
            Ok(totals)
        })
    }
}

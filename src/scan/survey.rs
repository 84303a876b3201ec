//! The first pass: reads every account, and combines what affects several accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::run::ScanRun;
use super::selection::outside;
use crate::output::advice;
use crate::output::error::RunError;
use crate::output::progress::{ReadFigures, Stage};
use leastwise_aws::{Cloud, Reading};
use leastwise_core::advise;
use leastwise_core::arn::Arn;
use leastwise_core::catalog::{Basis, Harvest};
use leastwise_core::decide::{Families, Survey};
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Account;

/// What the first pass gives of an account; nothing of one that is not read.
type Surveyed = Option<Result<(Survey, Harvest), Failure>>;

impl<C: Cloud + Send + Sync + 'static> ScanRun<C> {
    /// Reads all accounts, and gives what concerns several of them.
    pub(crate) async fn survey(
        self: &Arc<Self>,
        accounts: &[Account],
        ids: &BTreeSet<String>,
    ) -> Result<(Families, Harvest), RunError> {
        let ids = Arc::new(ids.clone());
        let (mut surveys, mut unread, mut failed) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut harvest = Harvest::default();
        let is_wanted = |account: &&Account| outside(&self.config, account).is_none();
        self.progress
            .stage(Stage::Read, accounts.iter().filter(is_wanted).count());
        let read = |run: Arc<Self>, account: Account| {
            let ids = Arc::clone(&ids);
            async move {
                if let Some(why) = outside(&run.config, &account) {
                    run.progress.skips(&account, why);
                    return Ok((account, None));
                }
                run.progress.begins(&account);
                let answers = run.cloud.read(&account, Reading::watched(&*run.progress)).await;
                run.progress.ends(&account, ReadFigures::of(&answers));
                // Without it the second look would fail, hours later.
                run.cloud.has_kept_all()?;
                let _permit = run.cpu.acquire().await;
                let survey = tokio::task::block_in_place(|| {
                    let prepared = run.prepare(&account, answers, &ids)?;
                    run.code.count(&prepared);
                    let exceptions = run.exceptions();
                    // What other accounts name is known behind this.
                    let none = Harvest::default();
                    let survey = advise::survey(&prepared, run.terms(&exceptions, &ids, &none));
                    run.prepared.put(&account.id, prepared.weight(), prepared);
                    Ok(survey)
                });
                Ok((account, Some(survey)))
            }
        };
        self.each(accounts, read, |(account, survey): (Account, Surveyed)| {
            if let Some(survey) = &survey {
                self.progress.account(survey.is_ok());
            }
            match survey {
                Some(Ok((survey, names))) => {
                    harvest.join(names);
                    return surveys.push(survey);
                }
                Some(Err(failure)) => drop(failed.insert(account.id.clone(), failure)),
                // A suspended account has no use to consider.
                None if account.is_closed() => return,
                None => {}
            }
            unread.push(account.id);
        })
        .await?;
        if surveys.is_empty() {
            // A report of nothing would say that there is nothing to do, in the place of one that knew better.
            return Err(advice::nothing_read(
                &self.config,
                accounts.len(),
                failed,
                &self.writer,
            ));
        }
        let mut families = Families::join(
            surveys,
            unread,
            Basis {
                catalog: &self.catalog,
                harvest: &harvest,
                unobserved: &self.unobserved,
            },
        );
        families.others = !has_all(accounts);
        Ok((families, harvest))
    }
}

/// Whether these are all accounts of an organisation: its own list has its management account, which every account's ARN
/// names. Accounts that a config lists have no ARN.
fn has_all(accounts: &[Account]) -> bool {
    // arn:aws:organizations::<management account>:account/...
    accounts
        .iter()
        .any(|account| Arn::of(&account.arn).account == account.id)
}

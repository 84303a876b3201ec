//! The end of a scan, after all accounts are written: changes to several accounts, the history, the formats, the
//! packs, and finally the manifest.
//!
//! The history comes first, in a separate pass: whether a change to several accounts is ready is known only after
//! the last of them was compared, and every format shows it.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use super::comparable::RereadFault;
use super::formats::{self, ReportPlace};
use super::history::Previous;
use super::outcome::ScanOutcome;
use super::packs::{self, Packs};
use super::run::{OrgContext, ScanRun};
use super::totals::{ScanTotals, totals_of};
use crate::output::advice;
use crate::output::error::RunError;
use crate::scan::cores::cores;
use leastwise_aws::pace::{BucketKey, Figures};
use leastwise_aws::{Cloud, Organisation};
use leastwise_core::advise;
use leastwise_core::catalog::Basis;
use leastwise_core::decide::ExceptionReview;
use leastwise_core::report::{
    BASIS, BasisFile, CallFigures, CatalogRow, ExceptionRow, ExceptionState, First, FirstChange, Manifest,
    Report, SCHEMA,
};
use leastwise_report::folder::{CATALOG, MANIFEST, REPORT};

impl<C: Cloud + Send + Sync + 'static> ScanRun<C> {
    /// Finishes the report and puts it in its place. Gives where that is.
    pub(crate) async fn finish(
        self: Arc<Self>,
        organisation: Organisation,
        context: &OrgContext,
        mut totals: ScanTotals,
        previous: Option<Previous>,
    ) -> Result<(ScanOutcome, PathBuf), RunError> {
        let mut report = self.whole(organisation.partition, context, &mut totals)?;
        let fault = RereadFault::default();
        let compared = previous.map(|previous| {
            previous.tell(
                &mut report,
                (&self.writer, &self.finished),
                self.config.ready_after,
                &fault,
            )
        });
        let (since, earlier) = compared.transpose()?.unzip();
        let (report, earlier) = (Arc::new(report), earlier.flatten().map(Arc::new));
        self.writer.write_json(REPORT, &*report)?;
        self.writer
            .write_json(CATALOG, &self.catalog.extract(&totals.services))?;
        self.writer
            .write_json(BASIS, &BasisFile::of(&context.harvest, &self.unobserved))?;
        let owner_tag = self.config.owner_tag.as_deref();
        let formats = formats::chosen(
            &self.config.formats,
            owner_tag,
            &formats::EarlierByFormat::of(earlier.as_ref()),
        );
        let earlier = earlier.filter(|_| formats::tell_since(&self.config.formats));
        let place = ReportPlace {
            writer: &self.writer,
            folder: "",
            finished: Some(&self.finished),
        };
        formats::render(place, &report, formats, earlier, cores()).await?;
        self.writer.settle()?;
        if let Some(error) = fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error.into());
        }
        let calls: Vec<CallFigures> = self.cloud.figures().into_iter().map(call_figures).collect();
        let rendering = packs::rendering(&self.config);
        if let Some(by) = rendering.split_by {
            let packs = Packs {
                writer: &self.writer,
                report: &report,
                rendering: &rendering,
                by,
                harvest: &context.harvest,
                unobserved: &self.unobserved,
                units: packs::units(&organisation.accounts),
            };
            packs
                .write(&self.catalog, &self.started.to_string(), cores())
                .await?;
        }
        let manifest = Manifest {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started.to_string(),
            catalog: report.catalog.clone(),
            totals: report.totals.clone(),
            rendering: Some(rendering),
            calls: calls.clone(),
            files: self.writer.take_hashes(),
        };
        self.writer.write_json(MANIFEST, &manifest)?;
        let unread = report
            .accounts
            .iter()
            .find_map(|it| Some((&it.id, &it.failures.first()?.failure)));
        let fix = unread.and_then(|(id, failure)| advice::on_failure(&self.config, id, failure));
        // All tasks have ended, so this is the last owner.
        let Self { writer, cloud, .. } = Arc::into_inner(self).ok_or(RunError::Busy)?;
        let target = Arc::into_inner(writer).ok_or(RunError::Busy)?.finish()?;
        if let Some(journal) = cloud.into_journal().filter(|_| report.is_whole()) {
            // Nothing is left to go on with.
            journal.forget();
        }
        let ScanTotals {
            left_alone,
            defects,
            weights,
            ..
        } = totals;
        let heaviest = weights.iter().map(|it| it.risk).max().unwrap_or_default();
        let accounts_unknown = organisation.unknown.is_some();
        Ok((
            ScanOutcome {
                report,
                left_alone,
                defects,
                heaviest,
                since,
                accounts_unknown,
                fix,
                calls,
            },
            target,
        ))
    }

    /// The report as a whole, with what is decided once for many accounts, which is written and added to the totals.
    fn whole(
        &self,
        partition: String,
        context: &OrgContext,
        totals: &mut ScanTotals,
    ) -> Result<Report, RunError> {
        let shares = std::mem::take(&mut totals.shares);
        let basis = Basis {
            catalog: &self.catalog,
            harvest: &context.harvest,
            unobserved: &self.unobserved,
        };
        let by = (basis, self.least_sure());
        let mut whole = advise::organisation(&context.families, &context.outcomes, shares, by);
        let patches = self
            .code
            .look_up_all(&mut whole.recommendations, &whole.families, &whole.files);
        whole.files.extend(patches);
        for (path, text) in &whole.files {
            self.writer.write(path, text.as_bytes())?;
        }
        for (path, text) in &whole.defects {
            self.writer.write(&format!("defects/{path}"), text.as_bytes())?;
        }
        totals.defects += whole.defects.len();
        totals.services.extend(&whole.services);
        totals
            .weights
            .extend(whole.recommendations.iter().map(FirstChange::of));
        let mut accounts = std::mem::take(&mut totals.summaries);
        accounts.sort_by(|a, b| a.id.cmp(&b.id));
        let mut sums = totals_of(&accounts)?;
        sums.recommendations += whole.recommendations.len();
        let exceptions = self.exceptions();
        Ok(Report {
            schema: SCHEMA,
            partition,
            catalog: CatalogRow {
                version: self.catalog.version().to_owned(),
                updated: self.catalog.updated().to_owned(),
                digest: self.catalog.digest(),
            },
            manual: self.config.manual_url.clone(),
            exceptions: exceptions
                .review(&totals.usage, sums.principals)
                .iter()
                .map(exception)
                .collect(),
            totals: sums,
            accounts,
            families: whole.families,
            recommendations: whole.recommendations,
            first: First::of(&totals.weights),
            ready: None,
            since: None,
        })
    }
}

fn exception(review: &ExceptionReview<'_>) -> ExceptionRow {
    ExceptionRow {
        id: review.id.to_string(),
        reason: review.reason.to_string(),
        owner: review.owner.map(str::to_owned),
        expires: review.expires.to_string(),
        principals: review.uses.principals,
        policies: review.uses.policies,
        actions: review.uses.actions,
        states: review
            .states
            .iter()
            .map(|state| ExceptionState {
                code: state.code(),
                why: state.sentence(),
            })
            .collect(),
    }
}

fn call_figures((key, figures): (BucketKey, Figures)) -> CallFigures {
    CallFigures {
        api: key.api.to_owned(),
        account: key.account,
        region: key.region,
        calls: figures.calls,
        throttles: figures.throttles,
        waits: figures.waits,
        seconds_waited: figures.waited.as_secs_f64(),
    }
}

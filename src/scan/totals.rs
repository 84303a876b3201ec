//! Totals of a scan.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use crate::output::error::RunError;
use leastwise_core::advise::{Assessed, FamilyShare};
use leastwise_core::decide::Usage;
use leastwise_core::policy::Services;
use leastwise_core::report::{AccountReport, AccountSummary, FirstChange, PolicyState, Totals};

/// What a scan adds up while accounts come and go: of one account, or of all.
#[derive(Default)]
pub(crate) struct ScanTotals {
    pub(crate) summaries: Vec<AccountSummary>,
    /// The services that policies name.
    pub(crate) services: Services,
    /// Why policies were not changed, by code.
    pub(crate) left_alone: BTreeMap<PolicyState, usize>,
    pub(crate) defects: usize,
    pub(crate) shares: Vec<FamilyShare>,
    pub(crate) usage: Usage,
    /// The points of risk that each recommendation removes.
    pub(crate) weights: Vec<FirstChange>,
}

impl ScanTotals {
    /// Of an account that was not read.
    pub(crate) fn unread(summary: AccountSummary) -> Self {
        Self {
            summaries: vec![summary],
            ..Self::default()
        }
    }

    /// Of what came of an account, with the rest of it: its part of the report, and its files.
    pub(crate) fn of(assessed: Assessed) -> (Self, AccountReport, Vec<(String, String)>) {
        let Assessed {
            report,
            files,
            services,
            defects,
            shares,
            usage,
        } = assessed;
        let mut left_alone = BTreeMap::new();
        report
            .left_alone
            .iter()
            .for_each(|it| *left_alone.entry(it.code).or_default() += 1);
        let weights = report.recommendations.iter().map(FirstChange::of).collect();
        let (summaries, defects) = (vec![report.summary.clone()], defects.len());
        (
            Self {
                summaries,
                services,
                left_alone,
                defects,
                shares,
                usage,
                weights,
            },
            report,
            files,
        )
    }
}

impl AddAssign for ScanTotals {
    fn add_assign(&mut self, more: Self) {
        let Self {
            summaries,
            services,
            left_alone,
            defects,
            shares,
            usage,
            weights,
        } = more;
        self.summaries.extend(summaries);
        self.services.extend(&services);
        left_alone
            .into_iter()
            .for_each(|(code, count)| *self.left_alone.entry(code).or_default() += count);
        self.defects += defects;
        self.shares.extend(shares);
        self.usage.merge(&usage);
        self.weights.extend(weights);
    }
}

/// Adds the accounts up, and checks that every principal is in exactly one status.
pub(crate) fn totals_of(accounts: &[AccountSummary]) -> Result<Totals, RunError> {
    let mut totals = Totals::default();
    for account in accounts {
        let counted: usize = account.statuses.values().sum();
        if counted != account.principals {
            return Err(RunError::Lost {
                account: account.id.clone(),
                counted,
                population: account.principals,
            });
        }
        *totals.accounts.entry(account.coverage).or_default() += 1;
        for (status, count) in &account.statuses {
            *totals.statuses.entry(*status).or_default() += count;
        }
        totals.principals += account.principals;
        totals.recommendations += account.recommendations;
        totals.credentials += account.credentials;
        totals.left_alone += account.left_alone;
        totals.effect.join(&account.effect);
    }
    Ok(totals)
}

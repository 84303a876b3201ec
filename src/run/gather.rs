//! What is gathered while accounts come and go, and the totals.

use std::collections::BTreeMap;

use super::error::RunError;
use crate::assess::{Assessed, FamilyShare};
use crate::decide::Usage;
use crate::policy::Services;
use crate::report::{AccountReport, AccountSummary, FirstChange, Totals};

/// What is gathered while accounts come and go.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) summaries: Vec<AccountSummary>,
    pub(super) services: Services,
    pub(super) left_alone: BTreeMap<String, usize>,
    pub(super) defects: usize,
    pub(super) shares: Vec<FamilyShare>,
    pub(super) usage: Usage,
    /// What each recommendation weighs, by id.
    pub(super) weights: Vec<FirstChange>,
}

/// What the whole keeps of one account.
pub(super) struct Kept {
    summary: AccountSummary,
    services: Services,
    left_alone: BTreeMap<String, usize>,
    defects: usize,
    shares: Vec<FamilyShare>,
    usage: Usage,
    weights: Vec<FirstChange>,
}

impl Kept {
    /// Of an account that was not read.
    pub(super) fn nothing(summary: AccountSummary) -> Self {
        Self {
            summary,
            services: Services::default(),
            left_alone: BTreeMap::new(),
            defects: 0,
            shares: Vec::new(),
            usage: Usage::default(),
            weights: Vec::new(),
        }
    }

    /// Of what came of an account, with the rest of it: its part of the report, and its files.
    pub(super) fn of(assessed: Assessed) -> (Self, AccountReport, Vec<(String, String)>) {
        let Assessed { report, files, services, defects, shares, usage } = assessed;
        let mut left_alone = BTreeMap::new();
        report.left_alone.iter().for_each(|it| *left_alone.entry(it.code.clone()).or_default() += 1);
        let weights = report.recommendations.iter().map(FirstChange::of).collect();
        let (summary, defects) = (report.summary.clone(), defects.len());
        (Self { summary, services, left_alone, defects, shares, usage, weights }, report, files)
    }
}

impl Gathered {
    pub(super) fn add(&mut self, kept: Kept) {
        self.summaries.push(kept.summary);
        self.services.extend(&kept.services);
        self.shares.extend(kept.shares);
        kept.left_alone
            .into_iter()
            .for_each(|(code, count)| *self.left_alone.entry(code).or_default() += count);
        self.defects += kept.defects;
        self.usage.merge(&kept.usage);
        self.weights.extend(kept.weights);
    }
}

/// Adds the accounts up, and checks that every principal is in exactly one status.
pub(super) fn totals(accounts: &[AccountSummary]) -> Result<Totals, RunError> {
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
        *totals.accounts.entry(account.coverage.name().to_owned()).or_default() += 1;
        for (status, count) in &account.statuses {
            *totals.statuses.entry(status.clone()).or_default() += count;
        }
        totals.principals += account.principals;
        totals.recommendations += account.recommendations;
        totals.credentials += account.credentials;
        totals.left_alone += account.left_alone;
        totals.effect.join(&account.effect);
    }
    Ok(totals)
}

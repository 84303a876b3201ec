//! What is gathered while accounts come and go, and the totals.

use std::collections::{BTreeMap, BTreeSet};

use super::error::RunError;
use crate::assess::{Assessed, FamilyShare};
use crate::decide::Usage;
use crate::report::{AccountSummary, PrincipalRow, Totals};

/// What is gathered while accounts come and go.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) summaries: Vec<AccountSummary>,
    /// `None` is all services.
    pub(super) services: Option<BTreeSet<String>>,
    pub(super) first: Vec<(usize, String)>,
    pub(super) left_alone: BTreeMap<String, usize>,
    pub(super) defects: usize,
    pub(super) shares: Vec<FamilyShare>,
    pub(super) usage: Usage,
}

/// What the whole keeps of one account.
pub(super) struct Kept {
    summary: AccountSummary,
    services: Option<BTreeSet<String>>,
    first: Vec<(usize, String)>,
    left_alone: BTreeMap<String, usize>,
    defects: usize,
    shares: Vec<FamilyShare>,
    usage: Usage,
}

/// How many principals the summary points to.
const LOOK_FIRST: usize = 3;

impl Kept {
    /// Of an account that was not read.
    pub(super) fn nothing(summary: AccountSummary) -> Self {
        Self {
            summary,
            services: Some(BTreeSet::new()),
            first: Vec::new(),
            left_alone: BTreeMap::new(),
            defects: 0,
            shares: Vec::new(),
            usage: Usage::default(),
        }
    }

    pub(super) fn of(assessed: Assessed) -> Self {
        let Assessed { report, services, defects, shares, usage, .. } = assessed;
        let mut left_alone = BTreeMap::new();
        report.left_alone.iter().for_each(|it| *left_alone.entry(it.code.clone()).or_default() += 1);
        let removed: BTreeMap<&str, usize> =
            report.recommendations.iter().map(|it| (it.id.as_str(), it.proof.removed)).collect();
        let of = |row: &PrincipalRow| {
            let sum = row.recommendations.iter().filter_map(|id| removed.get(id.as_str())).sum::<usize>();
            (sum, format!("{} {} in {}", row.kind, row.name, report.summary.id))
        };
        let mut first: Vec<_> = report.principals.iter().map(of).filter(|(sum, _)| *sum > 0).collect();
        most_first(&mut first);
        Self { summary: report.summary, services, first, left_alone, defects: defects.len(), shares, usage }
    }
}

fn most_first(first: &mut Vec<(usize, String)>) {
    first.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    first.truncate(LOOK_FIRST);
}

impl Gathered {
    pub(super) fn add(&mut self, kept: Kept) {
        self.summaries.push(kept.summary);
        self.cover(kept.services);
        self.shares.extend(kept.shares);
        self.first.extend(kept.first);
        most_first(&mut self.first);
        kept.left_alone
            .into_iter()
            .for_each(|(code, count)| *self.left_alone.entry(code).or_default() += count);
        self.defects += kept.defects;
        self.usage.merge(&kept.usage);
    }

    pub(super) fn cover(&mut self, services: Option<BTreeSet<String>>) {
        match (&mut self.services, services) {
            (Some(all), Some(mut more)) => all.append(&mut more),
            (all, _) => *all = None,
        }
    }
}

/// Adds the accounts up, and checks that every principal is in exactly one bucket.
pub(super) fn totals(accounts: &[AccountSummary]) -> Result<Totals, RunError> {
    let mut totals = Totals::default();
    for account in accounts {
        let bucketed: usize = account.buckets.values().sum();
        if bucketed != account.principals {
            return Err(RunError::Lost {
                account: account.id.clone(),
                bucketed,
                population: account.principals,
            });
        }
        let coverage = serde_json::to_value(account.coverage).ok();
        let coverage = coverage.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        *totals.accounts.entry(coverage.to_owned()).or_default() += 1;
        for (bucket, count) in &account.buckets {
            *totals.buckets.entry(bucket.clone()).or_default() += count;
        }
        totals.principals += account.principals;
        totals.recommendations += account.recommendations;
        totals.permissions_removed += account.permissions_removed;
        totals.left_alone += account.left_alone;
    }
    Ok(totals)
}

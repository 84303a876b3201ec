//! Finds rows of an account by ID, ARN or name. Indexed, so that many lookups do not take quadratic time.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{AccountReport, PolicyRow, PrincipalRow};
use super::recommendation::Recommendation;
use super::whole::Report;
use crate::decide::PolicyKind;

/// Index of the rows of an account. If rows share a name, it finds the first.
#[derive(Debug)]
pub struct Lookup<'r> {
    policies: BTreeMap<&'r str, &'r PolicyRow>,
    by_arn: BTreeMap<&'r str, &'r PolicyRow>,
    by_name: BTreeMap<(PolicyKind, &'r str), &'r PolicyRow>,
    /// Recommendations of the account, then those for several accounts.
    changes: Vec<&'r Recommendation>,
    own: BTreeMap<&'r str, Vec<usize>>,
    /// Recommendations of the account that change the attachments of a managed policy.
    own_by_arn: BTreeMap<&'r str, Vec<usize>>,
    /// Recommendations for several accounts, by the name of their policy.
    of_families: BTreeMap<&'r str, Vec<usize>>,
    reaches: BTreeSet<(usize, &'r str)>,
}

impl<'r> Lookup<'r> {
    /// Indexes one account of a report.
    pub fn of(report: &'r Report, account: &'r AccountReport) -> Self {
        let mut all = Self {
            policies: BTreeMap::new(),
            by_arn: BTreeMap::new(),
            by_name: BTreeMap::new(),
            changes: account
                .recommendations
                .iter()
                .chain(&report.recommendations)
                .collect(),
            own: BTreeMap::new(),
            own_by_arn: BTreeMap::new(),
            of_families: BTreeMap::new(),
            reaches: BTreeSet::new(),
        };
        for row in &account.policies {
            all.policies.entry(&row.id).or_insert(row);
            all.by_name.entry((row.kind, &row.name)).or_insert(row);
            if let Some(arn) = &row.arn {
                all.by_arn.entry(arn).or_insert(row);
            }
        }
        let here: BTreeSet<&str> = account.principals.iter().map(|it| it.arn.as_str()).collect();
        for (at, change) in all.changes.iter().copied().enumerate() {
            if at >= account.recommendations.len() {
                all.of_families.entry(&change.policy).or_default().push(at);
            } else {
                all.own.entry(&change.id).or_default().push(at);
                if let Some(arn) = change
                    .policy_arn
                    .as_deref()
                    .filter(|_| !change.holders.is_empty())
                {
                    all.own_by_arn.entry(arn).or_default().push(at);
                }
            }
            let reached = change
                .reaches
                .iter()
                .map(String::as_str)
                .filter(|arn| here.contains(arn));
            all.reaches.extend(reached.map(|arn| (at, arn)));
        }
        all
    }

    /// Finds a change by ID, of the account or for several accounts.
    pub fn by_id(&self, id: &str) -> Option<&'r Recommendation> {
        let own = self
            .own
            .get(id)
            .and_then(|places| places.first())
            .and_then(|at| self.changes.get(*at));
        own.copied()
            .or_else(|| self.changes.iter().find(|it| it.id == id).copied())
    }

    /// Finds a policy by ID.
    pub fn policy(&self, id: &str) -> Option<&'r PolicyRow> {
        self.policies.get(id).copied()
    }

    /// Finds a managed policy by ARN.
    pub fn policy_of_arn(&self, arn: &str) -> Option<&'r PolicyRow> {
        self.by_arn.get(arn).copied()
    }

    /// Finds a policy by kind and name.
    pub fn policy_named(&self, kind: PolicyKind, name: &str) -> Option<&'r PolicyRow> {
        self.by_name.get(&(kind, name)).copied()
    }

    /// The policies that apply to a principal.
    pub fn held_by(&self, principal: &PrincipalRow) -> Vec<&'r PolicyRow> {
        principal
            .policies
            .iter()
            .filter_map(|id| self.policy(id))
            .collect()
    }

    /// Finds the recommendation that changes a policy for a principal, of the account or for several accounts.
    pub fn change(&self, principal: &PrincipalRow, policy: &PolicyRow) -> Option<&'r Recommendation> {
        let at = |places: Option<&Vec<usize>>| places.cloned().unwrap_or_default();
        let mut own = at(self.own.get(policy.id.as_str()));
        own.extend(at(policy.arn.as_deref().and_then(|arn| self.own_by_arn.get(arn))));
        own.sort_unstable();
        let families = at(self.of_families.get(policy.name.as_str()))
            .into_iter()
            .filter(|at| {
                self.changes
                    .get(*at)
                    .is_some_and(|it| principal.recommendations.contains(&it.id))
            });
        let mut all = own.into_iter().chain(families);
        let at = all.find(|at| self.reaches.contains(&(*at, principal.arn.as_str())))?;
        self.changes.get(at).copied()
    }
}

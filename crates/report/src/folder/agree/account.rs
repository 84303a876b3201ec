//! Checks what `accounts/<id>.json` says more than once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Wrong, here, is_sorted, twice};
use crate::folder::pack::{counted, removals};
use leastwise_core::arn::Arn;
use leastwise_core::decide::{Level, PolicyKind, PrincipalStatus, ReasonEffect, is_aws_managed};
use leastwise_core::report::{
    AccountReport, ConfidenceRow, Coverage, PolicyRow, PrincipalRow, Recommendation, Removal, Report, SCHEMA,
};

/// What an account's file says that does not agree with the rest of it, or with `report.json`.
pub fn account(account: &AccountReport, report: &Report) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.unless(account.schema == SCHEMA, || {
        format!("it has schema {}", account.schema)
    });
    let it = AccountCheck::of(account, report);
    it.summary(&mut wrong);
    it.policies(&mut wrong);
    account
        .principals
        .iter()
        .for_each(|principal| it.principal(principal, &mut wrong));
    let all = [
        ("recommendations", &account.recommendations),
        ("alternatives", &account.alternatives),
    ];
    for (what, changes) in all {
        wrong.unless(is_sorted(changes.iter().map(|it| &it.id)), || {
            format!("the IDs of {what} are not sorted or not unique")
        });
        changes.iter().for_each(|change| it.change(change, &mut wrong));
    }
    account
        .recommendations
        .iter()
        .for_each(|change| ready(change, report, &mut wrong));
    it.removed(&mut wrong);
    for left in &account.left_alone {
        let known = left.reaches.iter().all(|arn| it.people.contains(arn.as_str()));
        wrong.unless(known, || {
            format!(
                "the unchanged policy {} lists a principal that is not in the account",
                left.policy
            )
        });
    }
    it.trials(&mut wrong);
    wrong.0
}

struct AccountCheck<'r> {
    account: &'r AccountReport,
    report: &'r Report,
    people: BTreeSet<&'r str>,
    policies: BTreeMap<&'r str, &'r PolicyRow>,
    /// Managed policies, by ARN.
    managed: BTreeMap<&'r str, Vec<&'r PolicyRow>>,
    /// The changes that reach each principal, by id: the account's own, and those of many accounts.
    changes: BTreeMap<&'r str, BTreeSet<&'r str>>,
    /// The policies that reach each principal, by id.
    held: BTreeMap<&'r str, BTreeSet<&'r str>>,
}

impl<'r> AccountCheck<'r> {
    /// Each trial is of a change, for principals that it reaches, and each of them has one of it.
    fn trials(&self, wrong: &mut Wrong) {
        let mut seen = BTreeSet::new();
        for trial in &self.account.trials {
            for arn in &trial.principals {
                let changes = self.changes.get(arn.as_str());
                let is_reached = changes.is_some_and(|it| it.contains(trial.change.as_str()));
                wrong.unless(is_reached && seen.insert((&trial.change, arn)), || {
                    format!(
                        "the trial of {} lists {arn}, which the change does not reach, or twice",
                        trial.change
                    )
                });
            }
        }
    }

    fn of(account: &'r AccountReport, report: &'r Report) -> Self {
        let mut changes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for change in &account.recommendations {
            for arn in &change.reaches {
                changes.entry(arn).or_default().insert(&change.id);
            }
        }
        for family in report
            .families
            .iter()
            .filter(|family| family.recommendation.is_some())
        {
            let here = here(family, &account.summary.id).iter();
            for arn in here.flat_map(|it| &it.principals) {
                changes.entry(arn).or_default().insert(&family.id);
            }
        }
        let mut held: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for policy in &account.policies {
            for arn in &policy.reaches {
                held.entry(arn).or_default().insert(&policy.id);
            }
        }
        let mut managed: BTreeMap<&str, Vec<&PolicyRow>> = BTreeMap::new();
        for policy in &account.policies {
            policy
                .arn
                .iter()
                .for_each(|arn| managed.entry(arn).or_default().push(policy));
        }
        Self {
            account,
            report,
            people: account.principals.iter().map(|it| it.arn.as_str()).collect(),
            policies: account.policies.iter().map(|it| (it.id.as_str(), it)).collect(),
            managed,
            changes,
            held,
        }
    }

    fn summary(&self, wrong: &mut Wrong) {
        let summary = &self.account.summary;
        let again = counted(summary, self.account);
        wrong.unless(again == *summary, || "the summary does not add up".to_owned());
        let is_empty = self.account.principals.is_empty() && self.account.policies.is_empty();
        let fits = match summary.coverage {
            Coverage::Complete => summary.failures.is_empty(),
            Coverage::Partial => !summary.failures.is_empty(),
            Coverage::Failed => !summary.failures.is_empty() && is_empty,
            Coverage::Suspended | Coverage::Excluded => summary.failures.is_empty() && is_empty,
        };
        wrong.unless(fits, || {
            format!(
                "the coverage `{}` does not match the failures and rows",
                summary.coverage.name()
            )
        });
        let double = twice(self.account.principals.iter().map(|it| it.arn.as_str()));
        wrong.unless(double.is_none(), || {
            format!("{} appears twice", double.unwrap_or_default())
        });
    }

    fn policies(&self, wrong: &mut Wrong) {
        // Two may have one name where AWS's policy is provisioned beside the account's own.
        let ids = self.account.policies.iter().map(|it| it.id.as_str());
        wrong.unless(ids.is_sorted(), || "the policies are not sorted".to_owned());
        for policy in &self.account.policies {
            let known = policy
                .reaches
                .iter()
                .all(|arn| self.people.contains(arn.as_str()));
            wrong.unless(known, || {
                format!(
                    "policy {} lists a principal that is not in the account",
                    policy.id
                )
            });
            let kind = match policy.arn.as_deref() {
                None => PolicyKind::Inline,
                Some(arn) if is_aws_managed(arn) => PolicyKind::AwsManaged,
                Some(_) => PolicyKind::CustomerManaged,
            };
            wrong.unless(policy.kind == kind, || {
                format!("policy {} is not {}", policy.id, policy.kind)
            });
        }
    }

    fn principal(&self, it: &'r PrincipalRow, wrong: &mut Wrong) {
        let none = BTreeSet::new();
        // arn:aws:iam::<account>:<kind>/<path><name>
        let Arn {
            partition,
            service,
            region,
            account,
            resource,
        } = Arn::of(&it.arn);
        let is_own = (service, region) == ("iam", "")
            && partition == self.report.partition
            && account == self.account.summary.id
            && resource.split('/').next() == Some(it.kind.name())
            && resource.rsplit('/').next() == Some(it.name.as_str());
        wrong.unless(is_own, || {
            format!("{} is not a {} `{}` of this account", it.arn, it.kind, it.name)
        });
        let held = self.held.get(it.arn.as_str()).unwrap_or(&none);
        let told: BTreeSet<&str> = it.policies.iter().map(String::as_str).collect();
        wrong.unless(told == *held, || {
            format!("{} has other policies than those that list it", it.arn)
        });
        // Of an idle principal the one advice is to review it.
        let reaching = self.changes.get(it.arn.as_str()).unwrap_or(&none);
        let is_reducible = it.status == PrincipalStatus::Reducible;
        let reaching = if is_reducible { reaching } else { &none };
        let told: BTreeSet<&str> = it.recommendations.iter().map(String::as_str).collect();
        wrong.unless(told == *reaching, || {
            format!("{} has other changes than those that list it", it.arn)
        });
        wrong.unless(!is_reducible || !told.is_empty(), || {
            format!("{} is `reducible`, but no change lists it", it.arn)
        });
        let rules = self.report.exceptions.iter().map(|rule| rule.id.as_str());
        let has_rule = it
            .rule
            .as_deref()
            .is_some_and(|rule| rules.into_iter().any(|id| id == rule));
        wrong.unless(
            has_rule || it.rule.is_none() && it.status != PrincipalStatus::Excluded,
            || format!("{} is excepted by an exception that does not exist", it.arn),
        );
        let removed: usize = it.removals.values().map(|removal| removal.permissions).sum();
        let by_level: usize = it.effect.removed_by_level.values().sum();
        wrong.unless(
            (removed, by_level) == (it.effect.removed, it.effect.removed),
            || format!("what the changes remove from {} does not add up", it.arn),
        );
        let remains = it.effect.remains.iter().all(|left| {
            self.policies
                .get(left.policy.as_str())
                .is_some_and(|policy| policy.state == left.state)
        });
        wrong.unless(remains, || {
            format!("the remaining permissions of {} match no policy or state", it.arn)
        });
    }

    fn change(&self, it: &'r Recommendation, wrong: &mut Wrong) {
        let id = &it.id;
        let is_here = id.split('/').next() == Some(self.account.summary.id.as_str());
        wrong.unless(is_here, || format!("{id}: the ID belongs to another account"));
        // A policy of AWS has a row of its own where a permission set brings it.
        let rows: &[&PolicyRow] = match &it.policy_arn {
            Some(arn) => self.managed.get(arn.as_str()).map_or(&[], Vec::as_slice),
            None => self.policies.get(id.as_str()).map_or(&[], std::slice::from_ref),
        };
        let reached: BTreeSet<&String> = rows.iter().flat_map(|row| &row.reaches).collect();
        let is_held = !rows.is_empty()
            && rows
                .iter()
                .all(|row| row.name == it.policy && Some(row.kind) == it.policy_kind)
            && it.reaches.iter().all(|arn| reached.contains(arn));
        wrong.unless(is_held, || {
            format!("{id}: none of its principals has the policy `{}`", it.policy)
        });
        common(it, wrong);
    }

    /// What each change takes is what it takes from its principals.
    fn removed(&self, wrong: &mut Wrong) {
        let by_change = removals(&self.account.principals);
        for it in &self.account.recommendations {
            let told = Removal {
                permissions: it.permissions_removed,
                risk: it.impact.risk,
            };
            let found = by_change.get(&it.id).copied().unwrap_or_default();
            wrong.unless(told == found, || {
                format!("{}: the removed permissions do not add up", it.id)
            });
        }
        let own = self.account.recommendations.iter().map(|it| &it.id);
        let families = self.report.recommendations.iter().map(|it| &it.id);
        let known: BTreeSet<&String> = own.chain(families).collect();
        let unknown = by_change.keys().find(|id| !known.contains(id));
        wrong.unless(unknown.is_none(), || {
            format!(
                "the change {} does not exist",
                unknown.cloned().unwrap_or_default()
            )
        });
    }
}

/// What every recommendation says more than once.
pub(super) fn common(it: &Recommendation, wrong: &mut Wrong) {
    let id = &it.id;
    wrong.unless(is_sure(&it.confidence), || {
        format!(
            "{id}: the confidence `{}` does not match its reasons",
            it.confidence.level
        )
    });
}

/// Whether it is ready is said where that was asked for.
pub(super) fn ready(it: &Recommendation, report: &Report, wrong: &mut Wrong) {
    let asked = report.ready.is_some();
    wrong.unless(
        (it.ready.is_some(), it.nights_stable.is_some()) == (asked, asked),
        || format!("{}: `ready` does not match report.json", it.id),
    );
}

/// The confidence is what its weakest reason leaves.
fn is_sure(confidence: &ConfidenceRow) -> bool {
    let weakest = confidence.reasons.iter().map(|reason| reason.effect).min();
    confidence.level == weakest.map_or(Level::High, ReasonEffect::most)
}

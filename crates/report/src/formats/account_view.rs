//! The changes of one account: its own, and its part of changes to several accounts. Computed once for each account
//! and used by every format, so that all formats name the same policy, attachments and affected principals.

use std::collections::BTreeMap;

use leastwise_core::decide::{FamilyKind, HolderKind, PolicyKind};
use leastwise_core::report::{
    AccountReport, Action, FamilyAccount, FamilyRow, Lookup, PolicyHolder, PolicyRef, PolicyRow,
    Recommendation, Removal, Report,
};

/// One account of a report.
#[derive(Debug)]
pub struct AccountView<'r> {
    pub(super) report: &'r Report,
    pub(super) account: &'r AccountReport,
    pub(super) lookup: Lookup<'r>,
    /// The account's own changes, then its part of changes to several accounts, in the report's order.
    pub(super) changes: Vec<AccountChange<'r>>,
}

/// One change in one account.
#[derive(Debug)]
pub(super) struct AccountChange<'r> {
    pub(super) it: &'r Recommendation,
    /// The account's part of a change to several accounts; `None` for its own change.
    pub(super) share: Option<Share<'r>>,
    /// The policy, with its ARN in this account.
    pub(super) policy: PolicyRef<'r>,
    /// Roles, users and groups whose attachments or policy change. Empty for a permission set, which belongs to no
    /// account.
    pub(super) holders: Vec<PolicyHolder>,
    /// Whether the change also affects principals of others, whom the report does not name.
    pub(super) is_shared: bool,
    /// What it removes from the account's principals.
    pub(super) removal: Removal,
}

/// An account's part of a change to several accounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share<'r> {
    pub(super) family: &'r FamilyRow,
    pub(super) here: &'r FamilyAccount,
    /// Position of the change among the report's recommendations.
    pub(super) place: usize,
}

impl<'r> AccountView<'r> {
    /// The view of one account.
    pub fn of(report: &'r Report, account: &'r AccountReport) -> Self {
        let mut removals: BTreeMap<&str, Removal> = BTreeMap::new();
        for (change, removal) in account.principals.iter().flat_map(|it| &it.removals) {
            *removals.entry(change).or_default() += *removal;
        }
        let own = account.recommendations.iter().map(|it| (it, None));
        let shared = report.families.iter().filter_map(|family| {
            let here = family
                .accounts
                .iter()
                .find(|it| it.account == account.summary.id)?;
            let id = family.recommendation.as_ref()?;
            let place = report.recommendations.iter().position(|it| it.id == *id)?;
            Some((
                report.recommendations.get(place)?,
                Some(Share { family, here, place }),
            ))
        });
        let lookup = Lookup::of(report, account);
        let change = |(it, share): (&'r Recommendation, Option<Share<'r>>)| {
            let removal = removals.get(it.id.as_str()).copied().unwrap_or_default();
            AccountChange::new(account, &lookup, (it, share), removal)
        };
        let changes = own.chain(shared).map(change).collect();
        Self {
            report,
            account,
            lookup,
            changes,
        }
    }

    /// The account's own changes.
    pub(super) fn own(&self) -> impl Iterator<Item = &AccountChange<'r>> {
        self.changes.iter().filter(|it| it.share.is_none())
    }

    /// Its part of changes to several accounts.
    pub(super) fn shared(&self) -> impl Iterator<Item = (&AccountChange<'r>, Share<'r>)> {
        self.changes.iter().filter_map(|it| Some((it, it.share?)))
    }

    /// Whether it is the report's first account, which also carries what belongs to no account.
    pub(super) fn is_first(&self) -> bool {
        self.report
            .accounts
            .first()
            .is_some_and(|first| first.id == self.account.summary.id)
    }
}

impl<'r> AccountChange<'r> {
    fn new(
        account: &'r AccountReport,
        lookup: &Lookup<'r>,
        (it, share): (&'r Recommendation, Option<Share<'r>>),
        removal: Removal,
    ) -> Self {
        let policy = it.policy_ref();
        let row = match (policy.kind, share) {
            (_, None) => policy.arn.and_then(|arn| lookup.policy_of_arn(arn)),
            (PolicyKind::Inline, Some(_)) => None,
            // A decision for several accounts has only the name, because the ARN differs in each.
            (kind, Some(_)) => lookup.policy_named(kind, policy.name),
        };
        let arn = if share.is_some() {
            row.and_then(|row| row.arn.as_deref())
        } else {
            policy.arn
        };
        let policy = PolicyRef { arn, ..policy };
        let mut change = Self {
            it,
            share,
            policy,
            holders: Vec::new(),
            is_shared: it.others > 0,
            removal,
        };
        if change.set().is_none() {
            change.holders = holders(it, row);
            change.is_shared = change.is_shared_here(account, row);
        }
        change
    }

    /// The permission set that it changes, which belongs to no account.
    pub(super) fn set(&self) -> Option<Share<'r>> {
        self.share
            .filter(|it| it.family.kind == FamilyKind::PermissionSet)
    }

    /// The fleet that it changes, account by account.
    pub(super) fn fleet(&self) -> Option<Share<'r>> {
        self.share.filter(|it| it.family.kind == FamilyKind::Fleet)
    }

    /// Whether the change itself affects others: a new version of a policy that they also have, or a change to a
    /// group with other members. Attachments change for each role and user separately.
    fn is_shared_here(&self, account: &AccountReport, row: Option<&PolicyRow>) -> bool {
        match self.it.action {
            Action::NewVersion => row.map_or(self.it.others, |row| row.others) > 0,
            _ => {
                // Of a fleet, the others may be in other accounts.
                let mut rows = account.policies.iter().filter(|row| row.name == self.it.policy);
                self.it.others > 0
                    && self.holders.iter().any(|it| it.kind == HolderKind::Group)
                    && (self.share.is_none() || rows.any(|row| row.others > 0))
            }
        }
    }
}

impl Share<'_> {
    /// Whether the account is the first that shares the change, which also carries what is done once for all of
    /// them.
    pub(super) fn is_first(&self) -> bool {
        self.family
            .accounts
            .first()
            .is_some_and(|first| first.account == self.here.account)
    }
}

/// Those that the recommendation names; otherwise everything that the account's managed policy is attached to;
/// otherwise the single holder. An AWS managed policy is detached only from that one.
fn holders(it: &Recommendation, row: Option<&PolicyRow>) -> Vec<PolicyHolder> {
    match row.filter(|row| row.kind == PolicyKind::CustomerManaged) {
        _ if !it.holders.is_empty() => it
            .holders
            .iter()
            .map(|it| PolicyHolder {
                kind: it.kind,
                name: it.name.clone(),
            })
            .collect(),
        Some(row) => row.holders.clone(),
        None => vec![PolicyHolder {
            kind: it.holder_kind,
            name: it.holder.clone(),
        }],
    }
}

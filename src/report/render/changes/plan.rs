//! What the scripts of one recommendation have to know.

use crate::decide::{HolderKind, PolicyKind};
use crate::report::whole::{FamilyRow, Report};
use crate::report::{AccountReport, Action, Coverage, Lookup, PolicyRow, Recommendation};

/// One recommendation, in the place where it is carried out.
#[derive(Debug)]
pub(super) struct Plan<'r> {
    pub(super) it: &'r Recommendation,
    /// What the scripts know it by: the account or `permission-sets`, and the path of its documents there.
    pub(super) name: String,
    pub(super) place: Place<'r>,
    /// The policy that is changed or goes.
    pub(super) old: Old<'r>,
    /// The template that put it into so many accounts would put it there again.
    pub(super) fleet: Option<usize>,
    /// It changes what others have as well, whom the report does not name.
    is_shared: bool,
}

/// Where a script works.
#[derive(Debug)]
pub(super) enum Place<'r> {
    /// In an account, for these holders, as `kind/name`; none to create policies only.
    Account { partition: &'r str, id: &'r str, holders: Vec<String> },
    /// In Identity Center, whose permission set may be in these accounts.
    Set { accounts: Vec<String> },
}

/// What is changed or goes.
#[derive(Debug)]
pub(super) enum Old<'r> {
    Inline,
    /// A managed policy, by its ARN if the report tells it.
    Managed(Option<&'r str>),
}

impl<'r> Plan<'r> {
    /// A recommendation of the account itself.
    pub(super) fn own(
        report: &'r Report,
        account: &'r AccountReport,
        lookup: &Lookup<'r>,
        it: &'r Recommendation,
    ) -> Self {
        let row = it.policy_arn.as_ref().and_then(|arn| lookup.policy_of_arn(arn));
        let old = match it.policy_ref().kind {
            PolicyKind::Inline => Old::Inline,
            PolicyKind::CustomerManaged | PolicyKind::AwsManaged => Old::Managed(it.policy_arn.as_deref()),
        };
        let name = below("policies/", it).to_owned();
        let holders = holders(it, row);
        let is_shared = is_shared(account, lookup, it, false, &holders);
        Self { it, name, place: in_account(report, account, holders), old, fleet: None, is_shared }
    }

    /// What a fleet's recommendation is in one of its accounts.
    pub(super) fn fleet(
        report: &'r Report,
        account: &'r AccountReport,
        lookup: &Lookup<'r>,
        family: &FamilyRow,
        it: &'r Recommendation,
    ) -> Self {
        let row = here(lookup, it);
        let old = match it.policy_ref().kind {
            PolicyKind::Inline => Old::Inline,
            PolicyKind::CustomerManaged | PolicyKind::AwsManaged => {
                Old::Managed(row.and_then(|row| row.arn.as_deref()))
            }
        };
        // A policy of AWS is detached from the holder that bears the fleet's name, whoever else has it.
        let row = row.filter(|row| row.kind == PolicyKind::CustomerManaged);
        let name = format!("{}/{}", account.summary.id, below("policies/fleet/", it));
        let holders = holders(it, row);
        let is_shared = is_shared(account, lookup, it, true, &holders);
        let place = in_account(report, account, holders);
        Self { it, name, place, old, fleet: Some(family.accounts.len()), is_shared }
    }

    /// What is done in Identity Center.
    pub(super) fn set(
        report: &'r Report,
        lookup: &Lookup<'r>,
        family: &'r FamilyRow,
        it: &'r Recommendation,
    ) -> Self {
        // What is suspended cannot use anything.
        let suspended = report.accounts.iter().filter(|it| it.coverage == Coverage::Suspended);
        let mut accounts: Vec<String> =
            family.accounts.iter().map(|it| &it.account).chain(suspended.map(|it| &it.id)).cloned().collect();
        accounts.sort();
        accounts.dedup();
        let old = match it.policy_ref().kind {
            PolicyKind::AwsManaged => Old::Managed(here(lookup, it).and_then(|row| row.arn.as_deref())),
            PolicyKind::Inline | PolicyKind::CustomerManaged => Old::Inline,
        };
        let name = below("policies/", it).to_owned();
        Self { it, name, place: Place::Set { accounts }, old, fleet: None, is_shared: it.others > 0 }
    }

    /// The policies that a permission set is to name, in one of its accounts.
    pub(super) fn set_in_account(
        report: &'r Report,
        account: &'r AccountReport,
        it: &'r Recommendation,
    ) -> Self {
        let name = format!("{}/{}", account.summary.id, below("policies/", it));
        let place = in_account(report, account, Vec::new());
        Self { it, name, place, old: Old::Inline, fleet: None, is_shared: false }
    }

    /// Why no script can be made, if none can.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        let it = self.it;
        if self.is_shared {
            return Some("principals of other owners share it: use the scripts of the complete report");
        }
        let holders = match &self.place {
            Place::Account { holders, .. } => holders.as_slice(),
            Place::Set { .. } => &[],
        };
        let names = holders.iter().filter_map(|holder| Some(holder.split_once('/')?.1));
        let names = names.chain(it.creates.iter().map(String::as_str)).chain([&*it.holder, &*it.policy]);
        if names.into_iter().any(|name| !is_name(name)) {
            return Some(
                "AWS allows no such name, so there is nothing to change: check where the data comes from",
            );
        }
        match self.old {
            Old::Managed(arn) if !arn.is_some_and(is_arn) => {
                Some("the report lacks the ARN of the policy: scan again")
            }
            _ => None,
        }
    }
}

/// The path of a recommendation's files below a folder, without ending. Both are taken away once: a policy may be called
/// like an ending.
fn below<'r>(folder: &str, it: &'r Recommendation) -> &'r str {
    let path = it.files.before.as_str();
    let trunk = path.strip_suffix(".before.json").unwrap_or(path);
    trunk.strip_prefix(folder).unwrap_or(trunk)
}

/// Whether a policy gets a new version that others have as well, or something changes of a group in which others are. What is
/// attached and detached is each role's and each user's own.
fn is_shared(
    account: &AccountReport,
    lookup: &Lookup<'_>,
    it: &Recommendation,
    family: bool,
    holders: &[String],
) -> bool {
    match it.action {
        Action::NewVersion => lookup.others(it) > 0,
        _ => {
            let kinds = holders.iter().filter_map(|holder| HolderKind::named(holder.split_once('/')?.0));
            account.shares_group(it, family, kinds)
        }
    }
}

fn in_account<'r>(report: &'r Report, account: &'r AccountReport, holders: Vec<String>) -> Place<'r> {
    Place::Account { partition: &report.partition, id: &account.summary.id, holders }
}

/// Whose attachments change: those that the recommendation names, else all who hold a managed policy, else the holder.
fn holders(it: &Recommendation, row: Option<&PolicyRow>) -> Vec<String> {
    match row {
        _ if !it.holders.is_empty() => {
            it.holders.iter().map(|hands| format!("{}/{}", hands.kind, hands.name)).collect()
        }
        Some(row) => row.holders.clone(),
        None => vec![format!("{}/{}", it.holder_kind, it.holder)],
    }
}

/// The managed policy that a change of many accounts is about, in one of them.
fn here<'r>(lookup: &Lookup<'r>, it: &Recommendation) -> Option<&'r PolicyRow> {
    let policy = it.policy_ref();
    if policy.kind == PolicyKind::Inline { None } else { lookup.policy_named(policy.kind, policy.name) }
}

/// Whether IAM and Identity Center take this as a name. Another one is nothing of theirs, and the AWS CLI would read
/// a file for `file://`.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

/// Whether this can be the ARN of a policy. Its path may hold any graphic character.
fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{is_arn, is_name};

    #[test]
    fn only_what_aws_takes_is_a_name() {
        assert!(is_name("plus+comma,role=a.b@c_d-e") && is_name("-dash"));
        assert!(["", "a b", "file://x", "a/b", "$(id)", "a\n", "é"].iter().all(|name| !is_name(name)));
        assert!(is_arn("arn:aws:iam::1:policy/'$(id)`/name") && !is_arn("file:///etc/passwd"));
        assert!(!is_arn("arn:aws:iam::1:policy/a b"));
    }
}

//! What the scripts of one change have to know.

use crate::formats::AccountView;
use crate::formats::account_view::AccountChange;
use crate::formats::reserve::is_name;
use leastwise_core::decide::PolicyKind;
use leastwise_core::report::words::DISPUTED_BEFORE;
use leastwise_core::report::{Coverage, PolicyHolder, Recommendation};

/// Why nothing is done about a name that IAM does not take.
pub(super) const NO_SUCH_NAME: &str =
    "AWS allows no such name, so there is nothing to change: check where the data comes from";

/// One change, in the place where it is carried out.
#[derive(Debug)]
pub(super) struct Plan<'v> {
    pub(super) of: &'v AccountChange<'v>,
    /// What the scripts know it by: the account or `permission-sets`, and the path of its documents there.
    pub(super) name: String,
    pub(super) place: ChangePlace<'v>,
    /// The policy that is changed or goes.
    pub(super) old: Old<'v>,
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub(super) partition: &'v str,
}

/// Where a script works.
#[derive(Debug)]
pub(super) enum ChangePlace<'v> {
    /// In an account, for these holders; none to create policies only.
    Account {
        id: &'v str,
        holders: &'v [PolicyHolder],
    },
    /// In Identity Center, whose permission set is in these accounts. It may also be in suspended ones.
    Set {
        accounts: Vec<&'v str>,
        suspended: Vec<&'v str>,
    },
}

/// What is changed or goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Old<'v> {
    Inline,
    /// A managed policy, by its ARN if the report has it.
    Managed(Option<&'v str>),
}

impl<'v> Plan<'v> {
    /// A change in the account, or of a permission set in Identity Center.
    pub(super) fn of(view: &'v AccountView<'v>, of: &'v AccountChange<'v>) -> Self {
        let id = &view.account.summary.id;
        let old = match of.policy.kind {
            PolicyKind::Inline => Old::Inline,
            PolicyKind::CustomerManaged if of.set().is_some() => Old::Inline,
            PolicyKind::CustomerManaged | PolicyKind::AwsManaged => Old::Managed(of.policy.arn),
        };
        let name = match of.fleet() {
            Some(_) => format!("{id}/{}", below("policies/fleet/", of.it)),
            None => below("policies/", of.it).to_owned(),
        };
        let place = match of.set() {
            Some(set) => {
                // What is suspended cannot use anything, and nothing can be provisioned there.
                let suspended = view
                    .report
                    .accounts
                    .iter()
                    .filter(|it| it.coverage == Coverage::Suspended);
                let suspended: Vec<_> = suspended.map(|it| it.id.as_str()).collect();
                let accounts = set.family.accounts.iter().map(|it| it.account.as_str());
                let accounts = accounts.filter(|id| !suspended.contains(id)).collect();
                ChangePlace::Set { accounts, suspended }
            }
            None => ChangePlace::Account {
                id,
                holders: &of.holders,
            },
        };
        Self {
            of,
            name,
            place,
            old,
            partition: &view.report.partition,
        }
    }

    /// The policies that a permission set is to name, in one of its accounts.
    fn creating(view: &'v AccountView<'v>, of: &'v AccountChange<'v>) -> Self {
        let id = &view.account.summary.id;
        let name = format!("{id}/{}", below("policies/", of.it));
        let place = ChangePlace::Account { id, holders: &[] };
        Self {
            of,
            name,
            place,
            old: Old::Inline,
            partition: &view.report.partition,
        }
    }

    /// The rows of all changes of an account. What is done in Identity Center comes with the first account
    /// of the permission set.
    pub(super) fn all(view: &'v AccountView<'v>) -> Vec<Self> {
        let plans = view.changes.iter().flat_map(|of| {
            let set = of.set();
            let change = set.is_none_or(|set| set.is_first()).then(|| Self::of(view, of));
            let creating = (set.is_some() && !of.it.creates.is_empty()).then(|| Self::creating(view, of));
            change.into_iter().chain(creating)
        });
        plans.collect()
    }

    /// Only creates policies, for a permission set to name.
    pub(super) fn is_creating(&self) -> bool {
        self.of.set().is_some() && matches!(self.place, ChangePlace::Account { .. })
    }

    /// The principals that it takes permissions from where it is carried out, by what follows `arn:aws:iam::` in their ARNs.
    pub(super) fn principals(&self) -> Vec<&'v str> {
        let prefix = format!("arn:{}:iam::", self.partition);
        let own = self
            .of
            .it
            .reaches
            .iter()
            .filter_map(|arn| arn.strip_prefix(&prefix));
        match &self.place {
            ChangePlace::Account { holders: [], .. } => Vec::new(),
            ChangePlace::Account { id, .. } => {
                let is_here = |it: &&str| it.strip_prefix(id).is_some_and(|rest| rest.starts_with(':'));
                own.filter(is_here).collect()
            }
            ChangePlace::Set { .. } => own.collect(),
        }
    }

    /// Is done in Identity Center.
    pub(super) fn is_set(&self) -> bool {
        matches!(self.place, ChangePlace::Set { .. })
    }

    /// Why no script can be made, if none can.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        let it = self.of.it;
        if self.of.is_shared && !self.is_creating() {
            return Some("principals of other owners share it: use the scripts of the complete report");
        }
        let names = self.of.holders.iter().map(|holder| &holder.name);
        let names = names.chain(&it.creates).chain([&it.holder, &it.policy]);
        if names.into_iter().any(|name| !is_name(name)) {
            return Some(NO_SUCH_NAME);
        }
        if it.is_disputed() {
            return Some(DISPUTED_BEFORE);
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
        assert!(
            ["", "a b", "file://x", "a/b", "$(id)", "a\n", "é"]
                .iter()
                .all(|name| !is_name(name))
        );
        assert!(is_arn("arn:aws:iam::1:policy/'$(id)`/name") && !is_arn("file:///etc/passwd"));
        assert!(!is_arn("arn:aws:iam::1:policy/a b"));
    }
}

//! What to look for in a trail after a change: the changes that the scripts know, by the same names.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Old, Plan};
use crate::formats::AccountView;
use crate::formats::account_view::AccountChange;
use leastwise_core::arn::Arn;
use leastwise_core::decide::{HolderKind, PolicyKind};
use leastwise_core::report::Action;
use leastwise_core::trail::{PolicyChange, WatchedChange, WatchedPrincipal};

/// The name of the inline policy that Identity Center gives the roles of a permission set.
const SET_POLICY: &str = "AwsSSOInlinePolicy";

/// The changes of an account. What a permission set has in it comes under the name of the permission set, in each account.
pub fn watched(view: &AccountView<'_>) -> Vec<WatchedChange> {
    view.changes.iter().map(|change| one(view, change)).collect()
}

fn one(view: &AccountView<'_>, change: &AccountChange<'_>) -> WatchedChange {
    let plan = Plan::of(view, change);
    let account = &view.account.summary.id;
    let here = |arn: &&String| Arn::of(arn).account == account;
    // Of the changes of many accounts, those here.
    let reached = change.it.reaches.iter().filter(here);
    let principals: BTreeMap<WatchedPrincipal, String> = reached
        .filter_map(|arn| Some((WatchedPrincipal::of_arn(arn)?, arn.clone())))
        .collect();
    let holders: BTreeSet<WatchedPrincipal> = match change.set() {
        // Provisioning changes the roles.
        Some(_) => principals.keys().cloned().collect(),
        None => {
            let holders = change.holders.iter();
            let holder = |kind: HolderKind, name: &String| WatchedPrincipal {
                account: account.clone(),
                kind,
                name: name.clone(),
            };
            holders.map(|it| holder(it.kind, &it.name)).collect()
        }
    };
    let name = || change.it.policy.clone();
    let how = match (plan.old, change.it.action) {
        (Old::Managed(Some(arn)), Action::NewVersion) => PolicyChange::Version(arn.to_owned()),
        (Old::Managed(arn), _) => PolicyChange::Detach {
            arn: arn.map(str::to_owned),
            name: name(),
        },
        (Old::Inline, _) if change.policy.kind == PolicyKind::CustomerManaged => PolicyChange::Detach {
            arn: None,
            name: name(),
        },
        (Old::Inline, _) if change.set().is_some() => PolicyChange::Inline(SET_POLICY.to_owned()),
        (Old::Inline, _) => PolicyChange::Inline(name()),
    };
    WatchedChange {
        has_script: plan.obstacle().is_none(),
        name: plan.name,
        set: change.set().is_some(),
        how,
        holders,
        principals,
        accounts: BTreeSet::from([account.clone()]),
        before: change.it.files.before.clone(),
        after: change.it.files.after.clone(),
    }
}

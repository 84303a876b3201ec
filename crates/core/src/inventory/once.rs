//! Rejects duplicate names: IDs, files and resources are derived from names, so two resources with one name would
//! be mixed up.

use std::collections::BTreeMap;

use super::error::{InventoryError, NamedKind};
use super::wire::{GroupDetail, InlinePolicy, ManagedPolicyDetail, RoleDetail, UserDetail};
use crate::arn::Arn;

/// A resource with a name in an account.
pub(super) trait Named: PartialEq {
    const KIND: NamedKind;
    fn name(&self) -> &str;
    fn arn(&self) -> &str;
    fn path(&self) -> &str;
    fn inline(&self) -> &[InlinePolicy];
}

macro_rules! named {
    ($type:ty, $kind:ident, $name:ident, $inline:ident) => {
        impl Named for $type {
            const KIND: NamedKind = NamedKind::$kind;
            fn name(&self) -> &str {
                &self.$name
            }
            fn arn(&self) -> &str {
                &self.arn
            }
            fn path(&self) -> &str {
                &self.path
            }
            fn inline(&self) -> &[InlinePolicy] {
                &self.$inline
            }
        }
    };
}

named!(RoleDetail, Role, role_name, role_policy_list);
named!(UserDetail, User, user_name, user_policy_list);
named!(GroupDetail, Group, group_name, group_policy_list);

/// The roles, users or groups of an account, each name once.
pub(super) fn named<T: Named>(account: &str, all: Vec<T>) -> Result<Vec<T>, InventoryError> {
    for it in &all {
        no_slash(it.name(), it.arn())?;
        let rest = of_account(it.arn(), account).and_then(|rest| rest.strip_prefix(T::KIND.name()));
        if rest.and_then(|rest| rest.strip_prefix(it.path())) != Some(it.name()) {
            return Err(not_its_own(T::KIND, it.name(), it.arn()));
        }
        once_inline(it.arn(), it.inline())?;
    }
    once(T::KIND, all, |it| it.name().to_ascii_lowercase(), T::arn)
}

/// Managed policies, each name once for the account and once for AWS or another publisher that AWS allows.
pub(super) fn managed(
    account: &str,
    all: Vec<ManagedPolicyDetail>,
) -> Result<Vec<ManagedPolicyDetail>, InventoryError> {
    for it in &all {
        no_slash(it.name(), &it.arn)?;
        let rest = of_account(&it.arn, account).or_else(|| of_no_account(&it.arn));
        let rest = rest.and_then(|rest| rest.strip_prefix("policy/")?.strip_suffix(it.name()));
        if it.name().is_empty() || !rest.is_some_and(|path| path.is_empty() || path.ends_with('/')) {
            return Err(not_its_own(NamedKind::Policy, it.name(), &it.arn));
        }
    }
    once(
        NamedKind::Policy,
        all,
        |it| (owner(&it.arn).to_owned(), it.name().to_ascii_lowercase()),
        |it| &it.arn,
    )
}

/// The part of an IAM ARN after the account.
fn of_account<'a>(arn: &'a str, account: &str) -> Option<&'a str> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let rest = rest
        .strip_prefix("iam::")?
        .strip_prefix(account)?
        .strip_prefix(':')?;
    (!partition.is_empty()).then_some(rest)
}

/// Owner of an ARN: an account ID, `aws`, or a partner's name.
fn owner(arn: &str) -> &str {
    Arn::of(arn).account
}

/// The same for ARNs without an account.
fn of_no_account(arn: &str) -> Option<&str> {
    let owner = owner(arn);
    let is_account = owner.bytes().all(|byte| byte.is_ascii_digit());
    of_account(arn, owner).filter(|_| !is_account)
}

fn not_its_own(kind: NamedKind, name: &str, arn: &str) -> InventoryError {
    InventoryError::Arn {
        kind,
        name: name.to_owned(),
        arn: arn.to_owned(),
    }
}

/// Rejects slashes: with one, two resources could have the same ARN, and two inline policies the same ID.
fn no_slash(name: &str, arn: &str) -> Result<(), InventoryError> {
    if name.contains('/') {
        return Err(InventoryError::Slash {
            name: name.to_owned(),
            arn: arn.to_owned(),
        });
    }
    Ok(())
}

/// Each name once. Equal entries of two pages are one resource.
fn once<T: PartialEq, K: Ord>(
    kind: NamedKind,
    all: Vec<T>,
    name: impl Fn(&T) -> K,
    arn: impl Fn(&T) -> &str,
) -> Result<Vec<T>, InventoryError> {
    let mut known: BTreeMap<K, T> = BTreeMap::new();
    for it in all {
        let key = name(&it);
        match known.get(&key) {
            Some(other) if *other == it => {}
            Some(other) => {
                return Err(InventoryError::Twice {
                    kind,
                    one: arn(other).to_owned(),
                    other: arn(&it).to_owned(),
                });
            }
            None => drop(known.insert(key, it)),
        }
    }
    Ok(known.into_values().collect())
}

fn once_inline(holder: &str, all: &[InlinePolicy]) -> Result<(), InventoryError> {
    let mut names: Vec<&str> = all.iter().map(|it| it.policy_name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair.first() == pair.last()) {
        Some([name, ..]) => Err(InventoryError::InlineTwice {
            holder: holder.to_owned(),
            policy: (*name).to_owned(),
        }),
        _ => Ok(()),
    }
}

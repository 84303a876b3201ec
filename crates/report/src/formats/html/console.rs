//! Links to the AWS console, and lines to paste into a shell or the configuration.
//!
//! Pasted lines contain only names that need no quoting. IAM allows no other names; if a report contains one
//! anyway, there is no line.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{Link, arn_parts, in_query};
use crate::formats::reserve::{self, is_name};
use leastwise_core::arn::Arn;
use leastwise_core::decide::{HolderKind, is_aws_managed};
use leastwise_core::inventory::PrincipalKind;
use leastwise_core::report::{IdleCredential, PrincipalRow, Recommendation};

/// Host name of the console of a partition, if known.
fn host(partition: &str) -> Option<&'static str> {
    Some(match partition {
        "aws" => "https://console.aws.amazon.com",
        "aws-cn" => "https://console.amazonaws.cn",
        "aws-us-gov" => "https://console.amazonaws-us-gov.com",
        _ => return None,
    })
}

/// Console page of a principal.
pub(super) fn principal(partition: &str, arn: &str) -> Option<Link> {
    let (_, kind, name) = arn_parts(arn)?;
    let kind = match kind {
        "role" => "roles",
        "user" => "users",
        "group" => "groups",
        _ => return None,
    };
    Some(Link {
        href: format!("{}/iam/home#/{kind}/details/{}", host(partition)?, in_query(name)),
        label: format!("{} in the console", kind.trim_end_matches('s')),
    })
}

/// Console page of a managed policy.
pub(super) fn policy(partition: &str, arn: &str) -> Option<Link> {
    Some(Link {
        href: format!(
            "{}/iam/home#/policies/details/{}",
            host(partition)?,
            in_query(arn)
        ),
        label: "policy in the console".to_owned(),
    })
}

/// The exceptions that keep what a change would remove, one for each account: names and accounts of one exception are combined.
pub(super) fn keep_policy(it: &Recommendation) -> Option<String> {
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arn in &it.reaches {
        let (account, _, name) = arn_parts(arn)?;
        reached.entry(account).or_default().insert(name);
    }
    let block = |(account, names): (&str, BTreeSet<&str>)| {
        reserve::keep(account, &names.into_iter().collect::<Vec<_>>(), Some(&it.policy))
    };
    let blocks: Vec<String> = reached.into_iter().map(block).collect::<Option<_>>()?;
    (!blocks.is_empty()).then(|| blocks.join("\n"))
}

/// A step: what it does, and the line to run.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) line: String,
}

const DENY_ALL: &str =
    r#"'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'"#;

/// A line that works in one account only: with credentials of another, it does nothing.
fn line(account: &str, command: &str) -> String {
    format!(
        "[ \"$(aws sts get-caller-identity --query Account --output text)\" = {account} ] && aws iam {command}"
    )
}

/// How to retire a role or user safely: deny everything, wait, delete. Not for roles that Identity Center or a
/// service created.
pub(super) fn retire(row: &PrincipalRow, account: &str) -> Vec<Step> {
    if !is_name(&row.name) || !is_name(account) || is_reserved(&row.arn) {
        return Vec::new();
    }
    let kind = row.kind.name();
    let who = format!("--{kind}-name={}", row.name);
    let delete = match row.kind {
        PrincipalKind::Role => {
            "Then, after a while without complaints, detach its policies and delete the role"
        }
        PrincipalKind::User => {
            "Then, after a while without complaints, remove its keys, policies and groups and delete the user"
        }
    };
    let policy = "--policy-name leastwise-deny-all";
    let step = |title, command: String| Step {
        title,
        line: line(account, &command),
    };
    vec![
        step(
            "Deny everything",
            format!("put-{kind}-policy {who} {policy} --policy-document {DENY_ALL}"),
        ),
        step(
            "Undo, if someone misses it",
            format!("delete-{kind}-policy {who} {policy}"),
        ),
        step(delete, format!("delete-{kind} {who}")),
    ]
}

/// What to do about an unused role that cannot be edited in IAM.
pub(super) fn instead(row: &PrincipalRow) -> Option<&'static str> {
    let is_sso = row.arn.contains(":role/aws-reserved/sso.amazonaws.com/");
    is_sso.then_some("Identity Center owns this role: remove the assignment of its permission set there.")
}

/// Whether the path of the role is reserved for AWS.
fn is_reserved(arn: &str) -> bool {
    Arn::of(arn).resource.starts_with("role/aws-reserved/")
}

/// How to retire a credential.
pub(super) fn retire_credential(row: &PrincipalRow, it: &IdleCredential, account: &str) -> Vec<Step> {
    if !is_name(&row.name) || !is_name(account) {
        return Vec::new();
    }
    let user = format!("--user-name={}", row.name);
    let step = |title, command: String| Step {
        title,
        line: line(account, &command),
    };
    match it.access_key_id.as_deref() {
        Some(key) if is_name(key) => {
            let key = format!("{user} --access-key-id={key}");
            vec![
                step(
                    "Deactivate the key",
                    format!("update-access-key {key} --status Inactive"),
                ),
                step(
                    "Undo, if someone misses it",
                    format!("update-access-key {key} --status Active"),
                ),
                step(
                    "Then, after a while without complaints, delete it",
                    format!("delete-access-key {key}"),
                ),
            ]
        }
        Some(_) => Vec::new(),
        None => vec![step(
            "Delete the console password (an administrator can set a new one)",
            format!("delete-login-profile {user}"),
        )],
    }
}

/// Console pages of the policy and of the principal it is attached to.
pub(super) fn of_change(partition: &str, it: &Recommendation) -> Vec<Link> {
    let is_one = it.reaches.len() == 1 && it.holder_kind != HolderKind::Group;
    let holder = it
        .reaches
        .first()
        .filter(|_| is_one)
        .and_then(|arn| principal(partition, arn));
    let managed = it.policy_arn.as_deref().and_then(|arn| policy(partition, arn));
    holder.into_iter().chain(managed).collect()
}

/// The ARN to copy: of the edited policy, or else of its only principal.
pub(super) fn arn(it: &Recommendation) -> Option<&str> {
    let own = it.policy_arn.as_deref().filter(|arn| !is_aws_managed(arn));
    own.or_else(|| {
        it.reaches
            .first()
            .map(String::as_str)
            .filter(|_| it.reaches.len() == 1)
    })
}

#[cfg(test)]
mod tests {
    use super::{line, policy, principal};

    #[test]
    fn every_partition_has_its_console() {
        let href = |partition, arn| principal(partition, arn).map(|it| it.href).unwrap_or_default();
        assert_eq!(
            href("aws", "arn:aws:iam::1:role/a/b c"),
            "https://console.aws.amazon.com/iam/home#/roles/details/b%20c"
        );
        assert!(href("aws-cn", "arn:aws-cn:iam::1:user/u").starts_with("https://console.amazonaws.cn/"));
        assert!(
            policy("aws-us-gov", "arn:aws-us-gov:iam::1:policy/p")
                .map(|it| it.href)
                .unwrap_or_default()
                .ends_with("arn%3Aaws-us-gov%3Aiam%3A%3A1%3Apolicy%2Fp")
        );
        assert_eq!(href("aws-iso", "arn:aws-iso:iam::1:role/r"), "");
    }

    #[test]
    fn a_line_does_nothing_in_another_account() {
        assert_eq!(
            line("111111111111", "delete-user --user-name==ls"),
            "[ \"$(aws sts get-caller-identity --query Account --output text)\" = 111111111111 ] && aws iam delete-user \
             --user-name==ls"
        );
    }
}

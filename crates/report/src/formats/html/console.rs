//! Ways out of a page: to the AWS console, and lines to paste into a shell or the configuration.
//!
//! What is pasted holds only names that mean themselves: IAM gives no others, and whatever else stands in a report makes no
//! line.

use super::text::{Link, arn_parts, in_query};
use leastwise_core::decide::{HolderKind, is_aws_managed};
use leastwise_core::inventory::PrincipalKind;
use leastwise_core::report::{IdleCredential, PrincipalRow, Recommendation};

/// The console of a partition.
fn host(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "https://console.amazonaws.cn",
        "aws-us-gov" => "https://console.amazonaws-us-gov.com",
        _ => "https://console.aws.amazon.com",
    }
}

/// The page of a principal in the console.
pub(super) fn principal(partition: &str, arn: &str) -> Option<Link> {
    let (_, kind, name) = arn_parts(arn)?;
    let kind = match kind {
        "role" => "roles",
        "user" => "users",
        "group" => "groups",
        _ => return None,
    };
    Some(Link {
        href: format!("{}/iam/home#/{kind}/details/{}", host(partition), in_query(name)),
        label: format!("{} in the console", kind.trim_end_matches('s')),
    })
}

/// The page of a managed policy in the console.
pub(super) fn policy(partition: &str, arn: &str) -> Link {
    Link {
        href: format!("{}/iam/home#/policies/details/{}", host(partition), in_query(arn)),
        label: "policy in the console".to_owned(),
    }
}

/// Whether IAM gives anything such a name; then it is the same in TOML and in a shell.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// The exception that keeps what a change would remove, where its names mean themselves.
pub(super) fn keep_policy(it: &Recommendation) -> Option<String> {
    let reached: Vec<_> = it.reaches.iter().map(|arn| arn_parts(arn)).collect::<Option<_>>()?;
    let all = |of: fn(&(&str, &str, &str)) -> String| {
        let mut all: Vec<String> = reached.iter().map(of).collect();
        all.sort();
        all.dedup();
        all
    };
    let accounts = all(|(account, ..)| (*account).to_owned());
    let names = all(|(.., name)| (*name).to_owned());
    let is_plain = accounts.iter().chain(&names).chain([&it.policy]).all(|name| is_name(name));
    (is_plain && !reached.is_empty()).then(|| exception(&accounts, &names, Some(&it.policy)))
}

/// The exception that keeps a principal as it is, where its name means itself.
pub(super) fn keep_principal(row: &PrincipalRow, account: &str) -> Option<String> {
    (is_name(&row.name) && is_name(account))
        .then(|| exception(&[account.to_owned()], std::slice::from_ref(&row.name), None))
}

fn exception(accounts: &[String], names: &[String], policy: Option<&str>) -> String {
    let list = |all: &[String]| all.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ");
    let policy = policy.map(|it| format!("policies = [\"{it}\"]\n")).unwrap_or_default();
    format!(
        "[[exception]]\naccounts = [{}]\nnames = [{}]\n{policy}reason = \"WHY IT MUST STAY\"\nowner = \"TEAM\"\nexpires = \"YYYY-MM-DD\"\n",
        list(accounts),
        list(names)
    )
}

/// A step: what it does, and the line that does it.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) line: String,
}

const DENY_ALL: &str =
    r#"'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'"#;

/// How to retire a role or user without regret: deny everything, wait, delete.
pub(super) fn retire(row: &PrincipalRow) -> Vec<Step> {
    if !is_name(&row.name) {
        return Vec::new();
    }
    let (kind, name) = (row.kind.name(), &row.name);
    let delete = match row.kind {
        PrincipalKind::Role => {
            "Then, after a while without complaints, detach its policies and delete the role"
        }
        PrincipalKind::User => {
            "Then, after a while without complaints, remove its keys, policies and groups and delete the user"
        }
    };
    vec![
        Step {
            title: "Deny everything",
            line: format!(
                "aws iam put-{kind}-policy --{kind}-name {name} --policy-name leastwise-deny-all --policy-document {DENY_ALL}"
            ),
        },
        Step {
            title: "Undo, if someone misses it",
            line: format!(
                "aws iam delete-{kind}-policy --{kind}-name {name} --policy-name leastwise-deny-all"
            ),
        },
        Step { title: delete, line: format!("aws iam delete-{kind} --{kind}-name {name}") },
    ]
}

/// How to retire a credential.
pub(super) fn retire_credential(row: &PrincipalRow, it: &IdleCredential) -> Vec<Step> {
    let name = &row.name;
    if !is_name(name) {
        return Vec::new();
    }
    match it.access_key_id.as_deref() {
        Some(key) if is_name(key) => {
            let key = format!("--user-name {name} --access-key-id {key}");
            vec![
                Step {
                    title: "Deactivate the key",
                    line: format!("aws iam update-access-key {key} --status Inactive"),
                },
                Step {
                    title: "Undo, if someone misses it",
                    line: format!("aws iam update-access-key {key} --status Active"),
                },
                Step {
                    title: "Then, after a while without complaints, delete it",
                    line: format!("aws iam delete-access-key {key}"),
                },
            ]
        }
        Some(_) => Vec::new(),
        None => vec![Step {
            title: "Delete the console password (an administrator can set a new one)",
            line: format!("aws iam delete-login-profile --user-name {name}"),
        }],
    }
}

/// Where the policy of a change is in the console, and whom it is attached to.
pub(super) fn of_change(partition: &str, it: &Recommendation) -> Vec<Link> {
    let is_one = it.reaches.len() == 1 && it.holder_kind != HolderKind::Group;
    let holder = it.reaches.first().filter(|_| is_one).and_then(|arn| principal(partition, arn));
    let managed = it.policy_arn.as_deref().map(|arn| policy(partition, arn));
    holder.into_iter().chain(managed).collect()
}

/// The ARN to copy: of the policy that is edited, else of whom it is made for.
pub(super) fn arn(it: &Recommendation) -> Option<&str> {
    let own = it.policy_arn.as_deref().filter(|arn| !is_aws_managed(arn));
    own.or_else(|| it.reaches.first().map(String::as_str).filter(|_| it.reaches.len() == 1))
}

#[cfg(test)]
mod tests {
    use super::{is_name, policy, principal};

    #[test]
    fn what_is_pasted_means_itself() {
        assert!(["break-glass", "a_b=c,d.e@f", "AKIA000"].into_iter().all(is_name));
        assert!(
            ["", "-x", "a b", "a;b", "$(a)", "a*", "a\"b", "a'b", "\u{e9}"]
                .into_iter()
                .all(|it| !is_name(it))
        );
    }

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
                .href
                .ends_with("arn%3Aaws-us-gov%3Aiam%3A%3A1%3Apolicy%2Fp")
        );
    }
}

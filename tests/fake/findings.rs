//! What an analyzer would say about invented principals.

use leastwise_core::evidence::{Detail, Finding, Unused, UnusedAction, UnusedKey, UnusedPermission};

use super::dice::Dice;
use super::stock::Grants;

/// The principal of a finding.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) account: &'a str,
    pub(crate) number: u64,
    pub(crate) place: usize,
}

/// One role in twenty was not used at all, which is told; one in ten uses all that it has.
pub(crate) fn of_role(
    subject: Subject<'_>,
    arn: &str,
    grants: &Grants,
    dice: &mut Dice,
    found: &mut Vec<Finding>,
) -> bool {
    let kind = dice.roll(20);
    match kind {
        0 => {
            let unused_iam_role_details = Some(Unused { last_accessed: None });
            let detail = Detail {
                unused_iam_role_details,
                ..Detail::default()
            };
            found.push(finding(
                subject,
                arn,
                "AWS::IAM::Role",
                "UnusedIAMRole",
                vec![detail],
                dice,
            ));
        }
        1 | 2 => {}
        _ => found.extend(permissions(subject, arn, "AWS::IAM::Role", grants, dice)),
    }
    kind == 0
}

/// One user in five has a key that was not used, and one in five a password.
pub(crate) fn of_user(
    subject: Subject<'_>,
    arn: &str,
    grants: &Grants,
    dice: &mut Dice,
    found: &mut Vec<Finding>,
) {
    found.extend(permissions(subject, arn, "AWS::IAM::User", grants, dice));
    if dice.percent(20) {
        let key = UnusedKey {
            access_key_id: format!("AKIAINVENTED{:08}", subject.place),
            last_accessed: None,
        };
        let detail = Detail {
            unused_iam_user_access_key_details: Some(key),
            ..Detail::default()
        };
        found.push(finding(
            subject,
            arn,
            "AWS::IAM::User",
            "UnusedIAMUserAccessKey",
            vec![detail],
            dice,
        ));
    }
    if dice.percent(20) {
        let unused = Some(Unused { last_accessed: None });
        let detail = Detail {
            unused_iam_user_password_details: unused,
            ..Detail::default()
        };
        found.push(finding(
            subject,
            arn,
            "AWS::IAM::User",
            "UnusedIAMUserPassword",
            vec![detail],
            dice,
        ));
    }
}

/// From 20 to 200 unused actions, few more often than many, as far as there are so many; a service in six whole.
fn permissions(
    subject: Subject<'_>,
    arn: &str,
    kind: &str,
    grants: &Grants,
    dice: &mut Dice,
) -> Option<Finding> {
    let mut left = 20 + dice.roll(181).min(dice.roll(181));
    let mut details = Vec::new();
    for (at, (service, names)) in grants.iter().enumerate() {
        // What one service has too few actions for, the others make up for.
        let share = left.div_ceil(grants.len() - at);
        let whole = dice.roll(6) == 0;
        let last_accessed = (!whole && dice.percent(70)).then(|| "2026-01-10T06:00:00Z".to_owned());
        let names = dice.some(names, share.min(names.len().saturating_sub(1)));
        if !whole && names.is_empty() {
            continue;
        }
        left -= names.len().min(left);
        let actions = names.into_iter().map(|name| UnusedAction {
            action: name.to_owned(),
            last_accessed: dice.percent(10).then(|| "2025-06-01T06:00:00Z".to_owned()),
        });
        let unused = UnusedPermission {
            service_namespace: (*service).to_owned(),
            last_accessed,
            actions: (!whole).then(|| actions.collect()),
        };
        details.push(Detail {
            unused_permission_details: Some(unused),
            ..Detail::default()
        });
    }
    (!details.is_empty()).then(|| finding(subject, arn, kind, "UnusedPermission", details, dice))
}

/// One in a hundred was archived.
fn finding(
    subject: Subject<'_>,
    arn: &str,
    resource_type: &str,
    finding_type: &str,
    details: Vec<Detail>,
    dice: &mut Dice,
) -> Finding {
    // No two of a principal have one type.
    let kind = finding_type.len();
    let archived = dice.percent(1);
    Finding {
        next_token: None,
        id: format!(
            "{:08x}-{kind:04x}-4000-8000-{:012x}",
            subject.number, subject.place
        ),
        resource: arn.to_owned(),
        resource_type: resource_type.to_owned(),
        resource_owner_account: subject.account.to_owned(),
        status: if archived { "ARCHIVED" } else { "ACTIVE" }.to_owned(),
        finding_type: finding_type.to_owned(),
        analyzed_at: Some("2026-01-15T03:00:00Z".to_owned()),
        created_at: Some("2025-11-02T03:00:00Z".to_owned()),
        updated_at: Some("2026-01-15T03:00:01Z".to_owned()),
        error: None,
        finding_details: (!archived).then_some(details),
        failure: None,
    }
}

/// What the analyzer says after so many nights: it looked again at everything, and one finding in a hundred changed.
pub(crate) fn after(nights: u32, found: &mut [Finding]) {
    for night in 1..=nights {
        let day = format!("2026-01-{:02}", 15 + night);
        for (at, finding) in found.iter_mut().enumerate() {
            finding.analyzed_at = Some(format!("{day}T03:00:00Z"));
            let numbers = finding
                .id
                .bytes()
                .fold(at as u64, |sum, byte| sum * 31 % 9973 + u64::from(byte));
            if numbers % 100 != u64::from(night) % 100 {
                continue;
            }
            finding.updated_at = Some(format!("{day}T03:00:01Z"));
            // Something was used again.
            if let Some(details) = finding
                .finding_details
                .as_mut()
                .filter(|details| details.len() > 1)
            {
                details.pop();
            }
        }
    }
}

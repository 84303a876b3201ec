//! The events by which a policy changes, or who has it. IAM's own: <https://docs.aws.amazon.com/IAM/latest/APIReference/>.
//! Of Identity Center nothing is needed: provisioning a permission set makes these calls in each account.

use super::event::TrailEvent;
use super::meaning::{divided, meaning};
use super::principal::WatchedPrincipal;
use crate::arn::last_name;
use crate::decide::HolderKind;
use crate::trial::{POLICY as TRIAL, SID as TRIAL_SID};

/// The names of the events that are read, for queries.
pub const WRITE_EVENTS: [&str; 16] = [
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
    "DeleteGroupPolicy",
    "DeletePolicy",
    "DeleteRolePolicy",
    "DeleteUserPolicy",
    "DetachGroupPolicy",
    "DetachRolePolicy",
    "DetachUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
    "SetDefaultPolicyVersion",
];

/// Where IAM's events come from.
pub(super) const IAM: &str = "iam.amazonaws.com";

/// What a write is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WriteTarget {
    /// The policies of a role, user or group.
    Holder(WatchedPrincipal),
    /// A managed policy, by its ARN.
    Policy(String),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Write {
    /// An inline policy got this document.
    Put {
        policy: String,
        says: Option<String>,
        trial: Option<String>,
    },
    /// An inline policy was deleted.
    Delete { policy: String },
    /// A managed policy was attached.
    Attach { arn: String },
    /// A managed policy was detached.
    Detach { arn: String },
    /// A managed policy got another version.
    NewVersion {
        id: String,
        says: Option<String>,
        trial: Option<String>,
        is_default: bool,
    },
    /// Another version of it became the default.
    SetDefault { id: String },
    /// It was deleted.
    DeletePolicy,
}

/// The write in a record, if there is one. Failed calls changed nothing.
pub(super) fn write_of(event: &TrailEvent<'_>, account: &str) -> Option<(WriteTarget, Write)> {
    if event.error_code.get().is_some() || event.event_source.as_str() != IAM {
        return None;
    }
    let asked = &event.request_parameters.0;
    let name = event.event_name.as_str();
    let text = |text: &super::Text<'_>| text.get().map(str::to_owned);
    let says = || asked.policy_document.get().and_then(meaning);
    // The trial's document is needed in full; IAM accepts at most 10,240 characters of it.
    let trial = |policy: &str| {
        let document = asked
            .policy_document
            .get()
            .filter(|_| last_name(policy).starts_with(TRIAL));
        document
            .filter(|document| document.len() <= 65_536)
            .map(str::to_owned)
    };
    let holder = |kind: HolderKind| {
        let name = match kind {
            HolderKind::Role => &asked.role_name,
            HolderKind::User => &asked.user_name,
            _ => &asked.group_name,
        };
        Some(WriteTarget::Holder(WatchedPrincipal {
            account: account.to_owned(),
            kind,
            name: text(name)?,
        }))
    };
    let kind = match name {
        _ if name.contains("Role") => HolderKind::Role,
        _ if name.contains("User") => HolderKind::User,
        _ => HolderKind::Group,
    };
    Some(match name {
        "PutRolePolicy" | "PutUserPolicy" | "PutGroupPolicy" => {
            let policy = text(&asked.policy_name)?;
            if policy.starts_with(TRIAL) {
                return Some((
                    holder(kind)?,
                    Write::Put {
                        says: None,
                        trial: trial(&policy),
                        policy,
                    },
                ));
            }
            // The trial of a permission set is in its inline policy, next to the statements that grant.
            let (rest, trial) = asked
                .policy_document
                .get()
                .map_or((None, None), |text| divided(text, TRIAL_SID));
            (
                holder(kind)?,
                Write::Put {
                    says: rest.as_deref().and_then(meaning),
                    trial,
                    policy,
                },
            )
        }
        "DeleteRolePolicy" | "DeleteUserPolicy" | "DeleteGroupPolicy" => (
            holder(kind)?,
            Write::Delete {
                policy: text(&asked.policy_name)?,
            },
        ),
        "AttachRolePolicy" | "AttachUserPolicy" | "AttachGroupPolicy" => (
            holder(kind)?,
            Write::Attach {
                arn: text(&asked.policy_arn)?,
            },
        ),
        "DetachRolePolicy" | "DetachUserPolicy" | "DetachGroupPolicy" => (
            holder(kind)?,
            Write::Detach {
                arn: text(&asked.policy_arn)?,
            },
        ),
        "CreatePolicy" => {
            // Only those of trials are of interest. They have no path.
            let name = text(&asked.policy_name).filter(|name| name.starts_with(TRIAL))?;
            let (id, trial) = ("v1".to_owned(), trial(&name));
            let target = WriteTarget::Policy(format!("{account}/{name}"));
            (
                target,
                Write::NewVersion {
                    id,
                    says: says(),
                    trial,
                    is_default: true,
                },
            )
        }
        "CreatePolicyVersion" => {
            let arn = text(&asked.policy_arn)?;
            let id = event
                .response_elements
                .0
                .policy_version
                .0
                .version_id
                .as_str()
                .to_owned();
            let is_default = asked.set_as_default.as_str() == "true";
            let trial = trial(&arn);
            let target = if trial.is_some() {
                WriteTarget::Policy(format!("{account}/{}", last_name(&arn)))
            } else {
                WriteTarget::Policy(arn)
            };
            (
                target,
                Write::NewVersion {
                    id,
                    says: says(),
                    trial,
                    is_default,
                },
            )
        }
        "SetDefaultPolicyVersion" => (
            WriteTarget::Policy(text(&asked.policy_arn)?),
            Write::SetDefault {
                id: text(&asked.version_id)?,
            },
        ),
        "DeletePolicy" => (WriteTarget::Policy(text(&asked.policy_arn)?), Write::DeletePolicy),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{WRITE_EVENTS, write_of};
    use crate::trail::{Text, TrailEvent};

    #[test]
    fn every_event_of_the_list_is_read() {
        for name in WRITE_EVENTS {
            let text = format!(
                r#"{{"eventSource":"iam.amazonaws.com","eventName":"{name}","requestParameters":{{"roleName":"a","userName":"a",
                "groupName":"a","policyName":"leastwise-trial","policyArn":"arn:aws:iam::1:policy/a","versionId":"v2"}}}}"#
            );
            let event: TrailEvent<'_> = serde_json::from_str(&text).unwrap_or_default();
            assert!(write_of(&event, "1").is_some(), "{name}");
            let failed = TrailEvent {
                error_code: Text::of("AccessDenied"),
                ..event
            };
            assert!(write_of(&failed, "1").is_none(), "{name}");
        }
    }
}

//! Templates as data, and the resources in them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::infrastructure::{PolicyArn, Resource, ascii, plain};
use leastwise_core::decide::HolderKind;
use leastwise_core::digest::sha256;
use leastwise_core::report::{PolicyHolder, Recommendation};

/// Indentation of documents in a template.
const INDENT: &str = "\n        ";

/// A template.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    pub(super) version: &'static str,
    pub(super) description: String,
    pub(super) metadata: TemplateMetadata,
    pub(super) resources: BTreeMap<String, TemplateResource>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TemplateMetadata {
    pub(super) leastwise: TemplateNotes,
    /// cfn-lint checks that are turned off.
    #[serde(rename = "cfn-lint")]
    pub(super) lint: serde_json::Value,
}

/// What a template does, and what to do by hand.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateNotes {
    pub(super) how: Vec<String>,
    pub(super) changes: Vec<ChangeRow>,
}

/// One change.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeRow {
    pub(super) id: String,
    pub(super) action: &'static str,
    pub(super) removes: usize,
    pub(super) keeps: usize,
    pub(super) resources: Vec<String>,
    /// Steps that CloudFormation cannot take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) by_hand: Vec<String>,
    /// These steps come first, because there is no room to attach both policies.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) by_hand_first: bool,
}

/// A resource of a template. Resources are retained when they leave the stack: deleting a stack must not take
/// policies from a principal.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TemplateResource {
    #[serde(rename = "Type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_replace_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
}

#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_policy_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    policy_document: Option<Box<RawValue>>,
}

/// Identifies an existing resource for an import.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Adopted {
    resource_type: &'static str,
    logical_resource_id: String,
    resource_identifier: BTreeMap<&'static str, String>,
}

/// A resource with its notes.
pub(super) struct TemplateEntry {
    pub(super) id: String,
    pub(super) made: TemplateResource,
    /// The resource with its current document, if it exists.
    pub(super) today: Option<(TemplateResource, Adopted)>,
    pub(super) bytes: usize,
}

impl ChangeRow {
    pub(super) fn of(it: &Recommendation, by_hand: Vec<String>) -> Self {
        Self {
            id: plain(&it.id),
            action: it.action.name(),
            removes: it.proof.removed,
            keeps: it.proof.kept,
            resources: Vec::new(),
            by_hand: by_hand.into_iter().map(|line| plain(&line)).collect(),
            by_hand_first: false,
        }
    }
}

impl TemplateResource {
    /// A template needs at least one resource. This one creates nothing in AWS.
    pub(super) fn nothing() -> Self {
        let kind = "AWS::CloudFormation::WaitConditionHandle";
        Self {
            kind,
            deletion_policy: None,
            update_replace_policy: None,
            properties: None,
        }
    }

    fn new(kind: &'static str, properties: Properties, document: &str) -> Self {
        let text = ascii(document.trim_end()).replace('\n', INDENT);
        let policy_document = RawValue::from_string(text).ok();
        let properties = Some(Properties {
            policy_document,
            ..properties
        });
        Self {
            kind,
            deletion_policy: Some("Retain"),
            update_replace_policy: Some("Retain"),
            properties,
        }
    }
}

impl TemplateEntry {
    /// Attachments are part of the policy that is attached.
    pub(super) fn of(resource: &Resource, attached: &[(&str, &PolicyHolder)]) -> Option<Self> {
        let (id, kind, properties, identifier, before, after) = match resource {
            Resource::Inline {
                holder,
                policy,
                before,
                after,
            } => {
                let (kind, key) = match holder.kind {
                    HolderKind::Role => ("AWS::IAM::RolePolicy", "RoleName"),
                    HolderKind::User => ("AWS::IAM::UserPolicy", "UserName"),
                    HolderKind::Group | HolderKind::Managed | HolderKind::PermissionSet => {
                        ("AWS::IAM::GroupPolicy", "GroupName")
                    }
                };
                let name = |kind| (holder.kind == kind).then(|| holder.name.clone());
                let properties = Properties {
                    policy_name: Some(policy.clone()),
                    role_name: name(HolderKind::Role),
                    user_name: name(HolderKind::User),
                    group_name: name(HolderKind::Group),
                    ..Properties::default()
                };
                let identifier = BTreeMap::from([("PolicyName", policy.clone()), (key, holder.name.clone())]);
                let id = logical_id(&[holder.kind.name(), &holder.name, policy]);
                (id, kind, properties, identifier, Some(before), after)
            }
            Resource::Managed {
                policy,
                before,
                after,
            } => {
                let (properties, identifier) = managed(policy);
                (
                    logical_id(&["policy", &policy.name]),
                    MANAGED,
                    properties,
                    identifier,
                    Some(before),
                    after,
                )
            }
            Resource::Copy {
                policy,
                there,
                document,
            } => {
                let (properties, identifier) = managed(policy);
                (
                    copy_id(&policy.name),
                    MANAGED,
                    properties,
                    identifier,
                    there.then_some(document),
                    document,
                )
            }
            Resource::Attachment { .. } => return None,
        };
        let today = before.map(|before| {
            let adopted = Adopted {
                resource_type: kind,
                logical_resource_id: id.clone(),
                resource_identifier: identifier,
            };
            (TemplateResource::new(kind, properties.clone(), before), adopted)
        });
        let mut properties = properties;
        if let Resource::Copy { policy, .. } = resource {
            for (_, holder) in attached.iter().filter(|(copy, _)| *copy == policy.name) {
                match holder.kind {
                    HolderKind::Role => properties.roles.push(holder.name.clone()),
                    HolderKind::User => properties.users.push(holder.name.clone()),
                    HolderKind::Group | HolderKind::Managed | HolderKind::PermissionSet => {
                        properties.groups.push(holder.name.clone());
                    }
                }
            }
        }
        for names in [
            &mut properties.roles,
            &mut properties.users,
            &mut properties.groups,
        ] {
            names.sort();
            names.dedup();
        }
        let made = TemplateResource::new(kind, properties, after);
        let size = |made: &TemplateResource| {
            serde_json::to_string_pretty(made).unwrap_or_default().len() * 5 / 4 + 256
        };
        let bytes = size(&made).max(today.as_ref().map(|(today, _)| size(today)).unwrap_or_default());
        Some(Self {
            id,
            made,
            today,
            bytes,
        })
    }
}

const MANAGED: &str = "AWS::IAM::ManagedPolicy";

fn managed(policy: &PolicyArn) -> (Properties, BTreeMap<&'static str, String>) {
    let properties = Properties {
        managed_policy_name: Some(policy.name.clone()),
        path: Some(policy.path.clone()),
        ..Properties::default()
    };
    (properties, BTreeMap::from([("PolicyArn", policy.text.clone())]))
}

pub(super) fn copy_id(name: &str) -> String {
    logical_id(&["policy", name])
}

/// Letters and digits of a name, with the beginning of a hash so that names that differ in other characters stay
/// different.
fn logical_id(parts: &[&str]) -> String {
    let words = parts
        .iter()
        .flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()));
    let mut id = String::new();
    for word in words {
        let mut letters = word.chars();
        id.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        id.extend(letters);
    }
    let digest = sha256(parts.join("\0").as_bytes());
    id.chars().take(180).chain(digest.chars().take(12)).collect()
}

#[cfg(test)]
mod tests {
    use super::logical_id;

    #[test]
    fn a_logical_id_is_alphanumeric_and_tells_names_apart() {
        let ids = [
            logical_id(&["role", "a-b", "c"]),
            logical_id(&["role", "a", "b-c"]),
            logical_id(&["role", "ab", "c"]),
        ];
        assert!(
            ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric())),
            "{ids:?}"
        );
        assert!(ids[0].starts_with("RoleABC"), "{}", ids[0]);
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        assert!(logical_id(&["role", &"x".repeat(500)]).len() < 255);
    }
}

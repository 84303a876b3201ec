//! A recommended change to one policy: what to do, why, and what was proven.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code_owner::{CodeOwner, InCode, owned_by};
use super::codes::{Choice, Note, ProofVerdict};
use super::effect::{ImpactRow, KeptRow};
use super::usage::{UnusedService, UsedService};
use crate::decide::{HolderKind, Level, PolicyKind, ReasonCode, ReasonEffect, is_aws_managed};
use crate::report::Status;

/// A recommended change to one policy. A permission is one action of one principal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// ID of the change, which stays the same between runs.
    pub id: String,
    /// What the policy is attached to, or `managed` if a customer-managed policy is edited in place.
    pub holder_kind: HolderKind,
    /// Name of the role, user, group or permission set; for `managed`, of the policy.
    pub holder: String,
    /// Inline, customer managed or AWS managed.
    // Not in schema 1.
    #[serde(default)]
    #[schemars(with = "PolicyKind")]
    pub policy_kind: Option<PolicyKind>,
    /// Name of the policy.
    pub policy: String,
    /// ARN of a managed policy. Absent for an inline policy and for changes to several accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// What to do.
    pub action: Action,
    /// Roles, users and groups to attach the new policies to. Only if new policies replace this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<Hands>,
    /// Names of the customer-managed policies to create.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creates: Vec<String>,
    /// ARNs of the principals that the change affects.
    pub reaches: Vec<String>,
    /// Number of further affected principals that belong to other owners. Only in packs (`--split-by`), which omit
    /// their names; absent if 0.
    #[serde(default, skip_serializing_if = "super::account::is_none")]
    pub others: usize,
    /// Number of permissions that the change removes from all affected principals. If several changes remove the
    /// same permission from a principal, the one that removes the most risk counts it, so that the changes add up
    /// to the total. For an alternative: the number it removes on its own.
    // Not in schema 1.
    #[serde(default)]
    pub permissions_removed: usize,
    /// The other way to change a shared policy, and what it would remove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Alternative>,
    /// Date of the oldest usage data that the change is based on, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<String>,
    /// How sure it is.
    pub confidence: ConfidenceRow,
    /// What the change removes, for all affected principals.
    pub impact: ImpactRow,
    /// Why the rest is kept. Absent for a change to several accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptRow>,
    /// Action patterns of the policy that change, and what replaces them.
    pub patterns: Vec<PatternRow>,
    /// Unused services and actions that the change and its proof are based on.
    pub unused: Vec<UnusedService>,
    /// Services and actions in use that the proof is based on, limited to services that the policy grants. In an
    /// owner's pack, absent if the change also affects other owners.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<UsedService>,
    /// Services for which AWS reports actions that the catalog lacks, while a wildcard of the service is split.
    /// Update the catalog and scan again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catalog_behind: Vec<String>,
    /// Removed actions that are rarely needed, but then urgently.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rare_actions: Vec<String>,
    /// What was proven.
    pub proof: ProofRow,
    /// Size of each new document in characters, without white space, as IAM counts it for its limits.
    pub sizes: Vec<usize>,
    /// Paths of the documents, relative to the report folder.
    pub files: Files,
    /// What to know before applying the change, as stable codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Code that defines the policy or its attachments. Make the change there; otherwise the next deployment
    /// restores the old policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_owners: Vec<CodeOwner>,
    /// What was found of the policy in a checkout, with `--iac`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<InCode>,
    /// How it compares with the earlier report, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Status>,
    /// Whether the change is ready: unchanged for `--ready-after` runs for every affected principal, and without
    /// actions that are used from time to time. Only with `--ready-after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// Number of consecutive runs for which the change has been the same. Only with `--ready-after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nights_stable: Option<u32>,
    /// Removed actions that are used from time to time: reported unused, then used, then reported unused again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flapping: Vec<FlappingAction>,
}

/// Identifies a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyRef<'r> {
    /// Inline, customer managed or AWS managed.
    pub kind: PolicyKind,
    /// Name of the policy.
    pub name: &'r str,
    /// ARN of a managed policy. `None` for a change to several accounts, where each account has its own.
    pub arn: Option<&'r str>,
}

impl Recommendation {
    /// Whether AWS disputed it before, so that nothing makes the change.
    pub fn is_disputed(&self) -> bool {
        self.notes.contains(&Note::Disputed)
    }

    /// The policy that the change edits, detaches or deletes.
    pub fn policy_ref(&self) -> PolicyRef<'_> {
        let arn = self.policy_arn.as_deref();
        // Reports of earlier versions do not have the kind.
        let kind = self.policy_kind.unwrap_or(match (arn, self.holder_kind) {
            (Some(arn), _) if is_aws_managed(arn) => PolicyKind::AwsManaged,
            (Some(_), _) | (None, HolderKind::Managed) => PolicyKind::CustomerManaged,
            (None, _) => PolicyKind::Inline,
        });
        PolicyRef {
            kind,
            name: &self.policy,
            arn,
        }
    }
}

impl Recommendation {
    /// Where to make the change instead, in one sentence, if code defines the policy.
    pub fn owned_by(&self) -> Option<String> {
        owned_by(&self.code_owners)
    }
}

/// An action that is used every so often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlappingAction {
    /// Name of the action, such as `s3:GetObject`; `s3:*` means the service as a whole.
    pub action: String,
    /// Date of the usage data that last showed the action in use. In an owner's pack, absent if the change also
    /// affects other owners.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_used: String,
    /// How often the action came back into use, as far as the history goes back.
    pub times: u32,
}

codes! {
    /// What to do with a policy.
    pub enum Action {
        /// Replace the inline policy with the reduced document.
        Replace = "replace",
        /// Create a new default version of the managed policy.
        NewVersion = "new-version",
        /// Create and attach a reduced customer-managed copy, then detach the AWS managed policy.
        Substitute = "substitute",
        /// Create and attach a reduced copy for these principals, then detach the shared policy from them.
        Fork = "fork",
        /// The reduced policy exceeds the size limit: create and attach several managed policies, then remove this
        /// one.
        Split = "split",
        /// Every permission is unused: detach the policy.
        Detach = "detach",
        /// Every permission is unused: delete the policy.
        Delete = "delete",
    }
}

/// How certain it is that the removed permissions are not needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfidenceRow {
    /// Low, medium or high.
    pub level: Level,
    /// Reasons for the level, those that lower it most first.
    pub reasons: Vec<ConfidenceReason>,
}

/// One reason for the level of confidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfidenceReason {
    /// Stable code of the reason.
    pub code: ReasonCode,
    /// Whether the reason supports or lowers the confidence.
    pub effect: ReasonEffect,
    /// Number of affected principals to which the reason applies.
    pub principals: usize,
    /// The reason as a sentence.
    pub why: String,
}

/// A role, user or group whose policy is replaced by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hands {
    /// Role, user or group.
    pub kind: HolderKind,
    /// Name of the role, user or group.
    pub name: String,
    /// Number of managed policies attached today. The default limit is 10, the maximum 20.
    pub attached: usize,
    /// Paths of copies of the documents in the folder of this role, user or group.
    pub files: Files,
}

/// The other way to change a shared policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alternative {
    /// Edit the policy in place, or attach reduced copies.
    pub choice: Choice,
    /// Number of permissions it would remove from all affected principals.
    pub removed_in_all: usize,
    /// Number of policies it would create.
    pub policies: usize,
    /// Number of attachments it would change.
    pub attachments: usize,
}

/// An action pattern that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatternRow {
    /// Number of the statement in the current document, from 1.
    pub statement: usize,
    /// Sid of the statement. Absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The pattern, such as `s3:Get*`; `NotAction` if actions are added to a NotAction list.
    pub pattern: String,
    /// Number of unused actions that the pattern matches.
    pub unused: usize,
    /// If `*` is split: number of services that its replacements grant. All other services, including future ones,
    /// are no longer granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_services: Option<usize>,
    /// If `*` becomes `NotAction`: number of entries in that list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_but: Option<usize>,
    /// Patterns that replace this one. Absent if it is removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
    /// Actions in the catalog that the wildcards among these patterns match, by pattern.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matches: BTreeMap<String, Matched>,
}

/// Actions that a wildcard matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Matched {
    /// Number of actions.
    pub count: usize,
    /// The first of these actions, sorted, without the service prefix.
    pub names: Vec<String>,
}

/// What was proven: that the new policy grants nothing new and loses only unused permissions. Whether AWS recorded
/// every use cannot be proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProofRow {
    /// Always `proven`: other changes are not recommended.
    pub verdict: ProofVerdict,
    /// Number of actions that the policy no longer grants.
    pub removed: usize,
    /// Number of actions that the policy still grants.
    pub kept: usize,
    /// Services that the catalog does not know, whose wildcards are kept unchanged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<String>,
}

/// Paths of the documents of a change, relative to the report folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Files {
    /// The current document.
    pub before: String,
    /// The new document: `null` if nothing is left, a list if the policy is split.
    pub after: String,
    /// The difference between them, as a unified diff.
    pub diff: String,
}

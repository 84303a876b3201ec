//! One recommendation: what to do with a policy, why, and what was proven.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code_owner::{CodeOwner, InCode, owned_by};
use super::codes::{Choice, Note, ProofVerdict};
use super::effect::ImpactRow;
use crate::decide::{HolderKind, Level, PolicyKind, ReasonCode, ReasonEffect, is_aws_managed};
use crate::report::Status;

/// What to do with one policy.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// Stable from run to run: where the policy lives.
    pub id: String,
    /// What holds it.
    pub holder_kind: HolderKind,
    /// The holder's name; of a managed policy that is edited in place its own.
    pub holder: String,
    /// What the policy is.
    // Not in schema 1.
    #[serde(default)]
    #[schemars(with = "PolicyKind")]
    pub policy_kind: Option<PolicyKind>,
    /// The policy's name.
    pub policy: String,
    /// A managed policy's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// What to do.
    pub action: Action,
    /// Whose attachment changes, where another policy takes the place of this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<Hands>,
    /// The names of the customer-managed policies to create.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creates: Vec<String>,
    /// The principals that it reaches, by ARN.
    pub reaches: Vec<String>,
    /// How many more it reaches whose names are not told here: in the pack of one owner, those of others.
    #[serde(default, skip_serializing_if = "super::account::is_none")]
    pub others: usize,
    /// Permissions that it takes from the principals that it reaches, each an action of one of them. What several changes take
    /// from a principal counts for the heaviest of them, so that the changes add up to the total. Of an alternative: the most
    /// that it takes if it is done and nothing else.
    // Not in schema 1.
    #[serde(default)]
    pub permissions_removed: usize,
    /// The other way to go about a shared policy, and what it would bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Alternative>,
    /// When the oldest of the evidence was taken that it rests on, as far as that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<String>,
    /// How sure it is.
    pub confidence: ConfidenceRow,
    /// What it does for all whom it reaches.
    pub impact: ImpactRow,
    /// What becomes of each pattern that does not stay as it is.
    pub patterns: Vec<PatternRow>,
    /// What was taken as unused, which the proof rests on.
    pub unused: Vec<UnusedService>,
    /// What was seen in use of the services that the policy grants, which the proof rests on as well. In the pack of one owner
    /// it is left out where the change reaches others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<UsedService>,
    /// Services of which a wildcard is split though the evidence names actions of them that the catalog lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catalog_behind: Vec<String>,
    /// Removed actions that are rarely needed, but then urgently.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rare_actions: Vec<String>,
    /// The proof.
    pub proof: ProofRow,
    /// How many characters of its quota each document takes afterwards, white space not counted.
    pub sizes: Vec<usize>,
    /// Where the documents are, from the report's folder.
    pub files: Files,
    /// What to know before acting, as stable codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Whose code the policy or its attachments are: the change belongs there, or the code puts the old policy back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_owners: Vec<CodeOwner>,
    /// What was found of the policy in a checkout, with `--iac`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<InCode>,
    /// What became of it since the earlier report, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Status>,
    /// Whether it is ready: the same for as many nights as `--ready-after` asks for, for all whom it reaches, and nothing of it
    /// is used every so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// For how many nights running it has been the same, with `--ready-after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nights_stable: Option<u32>,
    /// What it takes away although it is used every so often: unused before, in use since, and unused again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flapping: Vec<FlappingAction>,
}

/// A policy: what it is, and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyRef<'r> {
    /// What it is.
    pub kind: PolicyKind,
    /// Its name.
    pub name: &'r str,
    /// A managed policy's ARN. A change of many accounts has none: each has its own.
    pub arn: Option<&'r str>,
}

impl Recommendation {
    /// The policy that is changed or goes.
    pub fn policy_ref(&self) -> PolicyRef<'_> {
        let arn = self.policy_arn.as_deref();
        // An earlier report does not say what it is.
        let kind = self.policy_kind.unwrap_or(match (arn, self.holder_kind) {
            (Some(arn), _) if is_aws_managed(arn) => PolicyKind::AwsManaged,
            (Some(_), _) | (None, HolderKind::Managed) => PolicyKind::CustomerManaged,
            (None, _) => PolicyKind::Inline,
        });
        PolicyRef { kind, name: &self.policy, arn }
    }
}

impl Recommendation {
    /// Where to make the change instead, in one sentence, if the policy is somebody's code.
    pub fn owned_by(&self) -> Option<String> {
        owned_by(&self.code_owners)
    }
}

/// An action that is used every so often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlappingAction {
    /// Its name; `s3:*` is a service as a whole.
    pub action: String,
    /// The day of the evidence that showed it in use the last time. In the pack of one owner it is not told where the change
    /// reaches others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_used: String,
    /// How often it came into use, as far back as is remembered.
    pub times: u32,
}

codes! {
    /// What to do with a policy.
    pub enum Action {
        /// Put the smaller document in its place.
        Replace = "replace",
        /// Make it a new default version.
        NewVersion = "new-version",
        /// Create a customer-managed copy, attach it, detach AWS's.
        Substitute = "substitute",
        /// Create a copy for these holders, attach it, detach the shared one.
        Fork = "fork",
        /// It does not fit where it is: create managed policies, attach them, remove this one.
        Split = "split",
        /// Nothing of it is used: detach it.
        Detach = "detach",
        /// Nothing of it is used: delete it.
        Delete = "delete",
    }
}

/// How sure a recommendation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfidenceRow {
    /// How sure.
    pub level: Level,
    /// Why, what lowers it most first.
    pub reasons: Vec<ConfidenceReason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfidenceReason {
    /// A stable code.
    pub code: ReasonCode,
    /// What it does to the confidence.
    pub effect: ReasonEffect,
    /// Of how many principals it is true.
    pub principals: usize,
    /// In one sentence.
    pub why: String,
}

/// Who is given another policy in place of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hands {
    /// What it is: a role, a user or a group.
    pub kind: HolderKind,
    /// Its name.
    pub name: String,
    /// How many managed policies it has today; ten are allowed, twenty at most.
    pub attached: usize,
    /// Where the documents are, for who looks under the holder's name.
    pub files: Files,
}

/// The other way to go about a shared policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alternative {
    /// Which.
    pub choice: Choice,
    /// Permissions removed, counted for each principal.
    pub removed_in_all: usize,
    /// How many policies it adds.
    pub policies: usize,
    /// How many attachments it changes.
    pub attachments: usize,
}

/// What becomes of one pattern of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatternRow {
    /// The statement, counted from 1 in the document before.
    pub statement: usize,
    /// Its Sid, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The pattern; `NotAction` for a list of exceptions that grows.
    pub pattern: String,
    /// How many of the actions under it are unused.
    pub unused: usize,
    /// Of `*` that is split: how many services the patterns that stand for it are about. Whatever else there is or will be is
    /// no longer granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_services: Option<usize>,
    /// Of `*` that becomes `NotAction`: how many entries that has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_but: Option<usize>,
    /// The patterns that stand for it; none when it goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
    /// What the wildcards among them match in the catalog.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matches: BTreeMap<String, Matched>,
}

/// What a wildcard matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Matched {
    /// How many actions.
    pub count: usize,
    /// The first of them, sorted, without their service.
    pub names: Vec<String>,
}

/// What is unused of one service. No actions: all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnusedService {
    /// The service's prefix.
    pub service_namespace: String,
    /// Names, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    /// When somebody whom the change reaches last used the service, as far as the evidence tells. In the pack of one owner
    /// it is not told where the change reaches others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_accessed: Option<String>,
}

/// What was seen in use of one service. No actions: the service was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedService {
    /// The service's prefix.
    pub service_namespace: String,
    /// Names, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

/// What a proof says: of the policy, against what was taken as unused and as used. That AWS saw every use is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProofRow {
    /// Always `proven`: nothing else is published.
    pub verdict: ProofVerdict,
    /// Actions that the policy no longer grants.
    pub removed: usize,
    /// Actions that it still grants.
    pub kept: usize,
    /// Services that the catalog does not know, of which a wildcard had to stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<String>,
}

/// The files of one recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Files {
    /// The document as it is.
    pub before: String,
    /// The document as it is to be: `null` when nothing is left, a list when it was split.
    pub after: String,
    /// The difference.
    pub diff: String,
}

//! Checks a recommendation of a finished report: what follows from its documents, and where it and its files must
//! be.

use super::family_path;
use super::place::{copy_path, numbered};
use super::refinement::{Refinement, after_text, before_text, told_again};
use crate::arn::last_name;
use crate::catalog::Universe;
use crate::decide::{FamilyKind, HolderKind, PolicyKind, is_aws_managed};
use crate::policy::Document;
use crate::prove::Proof;
use crate::report::names::{file_part, is_spelt};
use crate::report::{Action, FamilyRow, Files, ProofRow, Recommendation, unified_diff};

/// Where a recommendation or its files contradict its documents and their proof.
pub fn contradiction(
    it: &Recommendation,
    (before, proof): (&Document<'_>, &Proof<'_>),
    universe: &Universe<'_>,
) -> Option<&'static str> {
    let documents = proof.documents();
    let row = ProofRow {
        verdict: it.proof.verdict,
        removed: proof.removed(),
        kept: proof.kept(),
        undecided: proof.undecided().to_vec(),
    };
    let (patterns, sizes) = told_again(universe, before, documents);
    let fits = match it.action {
        Action::Detach | Action::Delete => documents.is_empty() && it.creates.is_empty(),
        Action::Replace | Action::NewVersion => documents.len() == 1 && it.creates.is_empty(),
        Action::Substitute if it.creates.is_empty() => {
            documents.len() == 1 && it.holder_kind == HolderKind::PermissionSet
        }
        Action::Substitute | Action::Fork => documents.len() == 1 && it.creates.len() == 1,
        Action::Split => !documents.is_empty() && it.creates.len() == documents.len(),
    };
    let wrong = [
        (
            row != it.proof,
            "it removes or keeps another number of actions than it says",
        ),
        (
            patterns != it.patterns,
            "what it says of its patterns does not follow from its documents",
        ),
        (sizes != it.sizes, "its documents have other sizes than it says"),
        (!fits, "its action does not fit its documents"),
    ];
    wrong
        .into_iter()
        .find_map(|(is_wrong, what)| is_wrong.then_some(what))
}

/// The expected texts of a recommendation's files: before, after, and the diff.
pub fn texts(before: &Document<'_>, after: &[Document<'_>], files: &Files) -> [String; 3] {
    let (before, after) = (before_text(before), after_text(after));
    let diff = unified_diff(&before, &after, &files.before, &files.after);
    [before, after, diff]
}

/// Whether files are at the path. Other spellings of its names cannot be known from one recommendation.
fn are_at(files: &Files, path: &str) -> bool {
    let found = files.diff.strip_suffix(".diff").unwrap_or_default();
    is_spelt(found, path) && *files == Refinement::places(found)
}

/// Whether ID, holder, policy and paths of an account's own recommendation match.
pub fn is_in_its_place(account: &str, it: &Recommendation) -> bool {
    let (kind, holder, policy) = (it.holder_kind, it.holder.as_str(), it.policy.as_str());
    let names_policy = it
        .policy_arn
        .as_deref()
        .is_none_or(|arn| last_name(arn) == policy);
    let Some(first) = it.holders.first() else {
        let is_copied = matches!(it.action, Action::Substitute | Action::Fork);
        let (id, path) = match &it.policy_arn {
            None => (
                format!("{account}/{kind}/{holder}/{policy}"),
                format!(
                    "policies/{account}/{kind}/{}/{}",
                    file_part(holder),
                    file_part(policy)
                ),
            ),
            Some(_) => (
                format!("{account}/managed/{policy}"),
                format!("policies/{account}/managed/{}", file_part(policy)),
            ),
        };
        let is_own = match (&it.policy_arn, it.policy_kind) {
            (None, Some(PolicyKind::Inline)) => {
                matches!(kind, HolderKind::Role | HolderKind::User | HolderKind::Group)
            }
            (Some(arn), Some(PolicyKind::CustomerManaged)) => {
                kind == HolderKind::Managed && holder == policy && !is_aws_managed(arn)
            }
            _ => false,
        };
        return names_policy && is_own && !is_copied && it.id == id && are_at(&it.files, &path);
    };
    let is_of_aws = it.policy_arn.as_deref().map(is_aws_managed);
    let (mark, is_kind) = match it.policy_kind {
        Some(PolicyKind::AwsManaged) => ("aws", is_of_aws == Some(true)),
        _ => (
            "managed",
            it.policy_kind == Some(PolicyKind::CustomerManaged) && is_of_aws == Some(false),
        ),
    };
    let id = match it.creates.len() {
        0 => it.id == format!("{account}/detach/{mark}/{policy}"),
        count => {
            let base = it.id.strip_prefix(&format!("{account}/copy/"));
            base.is_some_and(|base| numbered(base, count) == it.creates)
        }
    };
    let is_first = (&first.kind, &first.name, &first.files) == (&it.holder_kind, &it.holder, &it.files);
    let files = it.holders.iter().all(|hands| {
        are_at(
            &hands.files,
            &copy_path(account, hands.kind, &hands.name, policy, mark),
        )
    });
    names_policy && is_kind && id && is_first && files
}

/// The same for a recommendation for several accounts.
pub fn is_in_its_families_place(family: &FamilyRow, it: &Recommendation) -> bool {
    let Some(policy_kind) = it.policy_kind else {
        return false;
    };
    let path = family_path::path(
        (family.kind, policy_kind),
        (it.holder_kind, &it.holder),
        &it.policy,
        &it.id,
    );
    let is_set = it.holder_kind == HolderKind::PermissionSet;
    let begins = it
        .id
        .strip_prefix(family.kind.name())
        .is_some_and(|rest| rest.starts_with('/'));
    is_set == (family.kind == FamilyKind::PermissionSet)
        && begins
        && it.policy_arn.is_none()
        && it.holders.is_empty()
        && (policy_kind == PolicyKind::CustomerManaged) == (it.holder_kind == HolderKind::Managed)
        && are_at(&it.files, &path)
}

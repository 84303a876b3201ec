//! IDs of policies and recommendations, paths of their files, and names of policies to create.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use super::refinement::Refinement;
use crate::arn::last_name;
use crate::decide::{Holder, HolderKind, PolicyKind, PolicyLocation};
use crate::digest::sha256;
use crate::inventory::Inventory;
use crate::policy::{Document, parse_all};
use crate::refine::Kind;
use crate::report::names::{Spellings, file_part};

/// Maximum length of a name in IAM.
const LONGEST_NAME: usize = 128;

/// Where a policy is: its ID, the path of its files without extension, and its quota.
pub(super) struct PolicySite {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) holder_kind: HolderKind,
    pub(super) holder: String,
    pub(super) policy_kind: PolicyKind,
    pub(super) policy: String,
    pub(super) arn: Option<String>,
    pub(super) kind: Kind,
}

impl PolicySite {
    /// The place of an inline or managed policy.
    pub(super) fn of(target: PolicyLocation<'_>, inventory: &Inventory) -> Self {
        let account = &inventory.account.id;
        match target {
            PolicyLocation::Inline { holder, policy } => {
                let (holder_kind, name) = holder.describe(inventory);
                Self {
                    id: format!("{account}/{holder_kind}/{name}/{policy}"),
                    path: format!(
                        "policies/{account}/{holder_kind}/{}/{}",
                        file_part(&name),
                        // Only names of inline policies are case-sensitive in IAM.
                        Spellings::of(
                            holder
                                .inline(inventory)
                                .iter()
                                .map(|it| file_part(&it.policy_name))
                        )
                        .apart(&file_part(policy))
                    ),
                    kind: inline_kind(holder_kind),
                    holder_kind,
                    holder: name,
                    policy_kind: target.kind(),
                    policy: policy.to_owned(),
                    arn: None,
                }
            }
            PolicyLocation::Managed { arn } | PolicyLocation::Aws { arn } => {
                let name = last_name(arn).to_owned();
                let kind = if matches!(target, PolicyLocation::Aws { .. }) {
                    "aws"
                } else {
                    "managed"
                };
                Self {
                    id: format!("{account}/{kind}/{name}"),
                    path: format!("policies/{account}/managed/{}", file_part(&name)),
                    kind: Kind::Managed,
                    holder_kind: HolderKind::Managed,
                    holder: name.clone(),
                    policy_kind: target.kind(),
                    policy: name,
                    arn: Some(arn.to_owned()),
                }
            }
        }
    }

    /// The place of a copy of a managed policy, with an ID that distinguishes it from others.
    pub(super) fn of_copy(
        target: PolicyLocation<'_>,
        holder: Holder<'_>,
        inventory: &Inventory,
        name: Option<&str>,
    ) -> Self {
        let whole = Self::of(target, inventory);
        let account = &inventory.account.id;
        let (holder_kind, holder) = holder.describe(inventory);
        // A policy of the account may bear the name of one of AWS.
        let mark = if matches!(target, PolicyLocation::Aws { .. }) {
            "aws"
        } else {
            "managed"
        };
        let id = match name {
            Some(name) => format!("{account}/copy/{name}"),
            None => format!("{account}/detach/{mark}/{}", whole.policy),
        };
        Self {
            id,
            path: copy_path(account, holder_kind, &holder, &whole.policy, mark),
            holder_kind,
            holder,
            ..whole
        }
    }
}

/// Path of the files of a copy for one role, user or group. The prefix is there because an inline policy may have
/// the same name; no name in IAM begins with it.
pub(super) fn copy_path(
    account: &str,
    holder_kind: HolderKind,
    holder: &str,
    policy: &str,
    mark: &str,
) -> String {
    format!(
        "policies/{account}/{holder_kind}/{}/{}~{mark}",
        file_part(holder),
        file_part(policy)
    )
}

pub(super) fn inline_kind(holder_kind: HolderKind) -> Kind {
    match holder_kind {
        HolderKind::Role => Kind::Role,
        HolderKind::User => Kind::User,
        HolderKind::Group => Kind::Group,
        HolderKind::PermissionSet => Kind::PermissionSet,
        HolderKind::Managed => Kind::Managed,
    }
}

/// Names for the copies of one policy: `<name>-leastwise` for the first, with the beginning of its digest for the
/// others. A name of another policy is not used, unless that policy has the same document: then an earlier run
/// created it.
#[derive(Debug, Default)]
pub(super) struct CopyNames {
    /// Customer-managed policies of the account by name in lower case, because IAM ignores case.
    taken: BTreeMap<String, Taken>,
}

/// What already has a name.
#[derive(Debug)]
enum Taken {
    /// A policy of the account, with its normalised document if it could be a copy.
    There(Option<String>),
    /// A copy that was named before.
    Now,
}

/// Names of copies.
pub(super) struct CopyNaming {
    /// Common beginning of all names; the name itself if there is only one copy.
    pub(super) base: String,
    /// One name for each document.
    pub(super) names: Vec<String>,
    /// Whether policies with these names and documents already exist.
    pub(super) exist: bool,
}

impl CopyNames {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let own = inventory
            .managed
            .values()
            .filter(|policy| !crate::decide::is_aws_managed(&policy.arn));
        let one_form = |text: &str| Document::parse(text).ok().map(|document| document.compact());
        let taken = own.map(|policy| {
            // Only a copy can be the same as a copy.
            let text = policy.document().filter(|_| policy.name().contains("leastwise"));
            (
                policy.name().to_ascii_lowercase(),
                Taken::There(text.and_then(|text| one_form(&text.0))),
            )
        });
        Self {
            taken: taken.collect(),
        }
    }

    /// Names for the documents that replace a policy.
    pub(super) fn name(&mut self, policy: &str, smaller: &Refinement) -> CopyNaming {
        let (after, count) = (&smaller.after, smaller.documents);
        let texts = LazyCell::new(|| {
            let documents = parse_all(after).unwrap_or_default();
            documents.iter().map(Document::compact).collect::<Vec<_>>()
        });
        let digest = sha256(after.as_bytes());
        let endings = [
            "-leastwise".to_owned(),
            with_digest(&digest),
            format!("-leastwise-{digest}"),
        ];
        for ending in &endings {
            let base = shortened(policy, ending, count);
            let names = numbered(&base, count);
            let state = |name: &String| self.taken.get(&name.to_ascii_lowercase());
            // Most names are free, and then the texts need not be read.
            let is_there = |at: usize, name| match state(name) {
                Some(Taken::There(Some(it))) => texts.get(at) == Some(it),
                _ => false,
            };
            let exist = !names.is_empty() && names.iter().enumerate().all(|(at, name)| is_there(at, name));
            if exist || names.iter().all(|name| state(name).is_none()) {
                names
                    .iter()
                    .for_each(|name| drop(self.taken.insert(name.to_ascii_lowercase(), Taken::Now)));
                return CopyNaming { base, names, exist };
            }
        }
        // All of these names are taken, which can only be deliberate.
        let base = format!("leastwise-{digest}");
        CopyNaming {
            names: numbered(&base, count),
            base,
            exist: false,
        }
    }
}

/// Names for replacements in several accounts, with the digest of the document, so that a name means the same
/// document in every account.
pub(super) fn names_everywhere(policy: &str, after: &str, count: usize) -> Vec<String> {
    let ending = with_digest(&sha256(after.as_bytes()));
    numbered(&shortened(policy, &ending, count), count)
}

fn with_digest(digest: &str) -> String {
    format!("-leastwise-{}", digest.get(..8).unwrap_or_default())
}

/// Beginning of a policy's name with a suffix, leaving room for a number if there are several.
fn shortened(policy: &str, ending: &str, count: usize) -> String {
    let number = if count > 1 { count.to_string().len() + 1 } else { 0 };
    policy
        .chars()
        .take(LONGEST_NAME - ending.len() - number)
        .chain(ending.chars())
        .collect()
}

/// The name itself for one, `name-1`, `name-2` and so on for several.
pub(super) fn numbered(name: &str, count: usize) -> Vec<String> {
    match count {
        1 => vec![name.to_owned()],
        many => (1..=many).map(|number| format!("{name}-{number}")).collect(),
    }
}

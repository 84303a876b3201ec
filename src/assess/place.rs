//! Ids of policies and recommendations, places of their files, names of policies to create.

use std::collections::BTreeMap;

use crate::decide::{Holder, Target};
use crate::inventory::Inventory;
use crate::policy::Document;
use crate::refine::Kind;
use crate::report::names::file_part;
use crate::report::writer::sha256;

/// IAM takes names of so many characters.
const LONGEST_NAME: usize = 128;

/// Where a policy lives: its id, the path of its files without ending, and the quota that it falls under.
pub(super) struct Place {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) holder_kind: &'static str,
    pub(super) holder: String,
    pub(super) policy: String,
    pub(super) arn: Option<String>,
    pub(super) kind: Kind,
}

impl Place {
    /// A policy where it is: inline in its holder, or managed.
    pub(super) fn of(target: Target<'_>, inventory: &Inventory) -> Self {
        let account = &inventory.account.id;
        match target {
            Target::Inline { holder, policy } => {
                let (holder_kind, name) = holder.describe(inventory);
                Self {
                    id: format!("{account}/{holder_kind}/{name}/{policy}"),
                    path: format!(
                        "policies/{account}/{holder_kind}/{}/{}",
                        file_part(&name),
                        file_part(policy)
                    ),
                    kind: inline_kind(holder_kind),
                    holder_kind,
                    holder: name,
                    policy: policy.to_owned(),
                    arn: None,
                }
            }
            Target::Managed { arn } | Target::Aws { arn } => {
                let name = policy_name(arn).to_owned();
                let kind = if matches!(target, Target::Aws { .. }) { "aws" } else { "managed" };
                Self {
                    id: format!("{account}/{kind}/{name}"),
                    path: format!("policies/{account}/managed/{}", file_part(&name)),
                    kind: Kind::Managed,
                    holder_kind: "managed",
                    holder: name.clone(),
                    policy: name,
                    arn: Some(arn.to_owned()),
                }
            }
        }
    }

    /// A copy of a managed policy that is given to some holders in its stead, with the id that tells it from others.
    pub(super) fn of_copy(
        target: Target<'_>,
        holder: Holder<'_>,
        inventory: &Inventory,
        name: Option<&str>,
    ) -> Self {
        let whole = Self::of(target, inventory);
        let of_aws = matches!(target, Target::Aws { .. });
        let account = &inventory.account.id;
        let (holder_kind, holder) = holder.describe(inventory);
        let id = match name {
            Some(name) => format!("{account}/copy/{name}"),
            None if of_aws => format!("{account}/detach/{}", whole.policy),
            None => format!("{account}/detach/managed/{}", whole.policy),
        };
        Self {
            id,
            path: copy_path(account, holder_kind, &holder, &whole.policy, of_aws),
            holder_kind,
            holder,
            ..whole
        }
    }
}

/// Where the files of a copy are for one of its holders. The mark is there since an inline policy may bear the same name,
/// and a customer-managed one that of a policy of AWS.
fn copy_path(account: &str, holder_kind: &str, holder: &str, policy: &str, of_aws: bool) -> String {
    let mark = if of_aws { "@" } else { "@fork" };
    format!("policies/{account}/{holder_kind}/{}/{}{mark}", file_part(holder), file_part(policy))
}

fn inline_kind(holder_kind: &str) -> Kind {
    match holder_kind {
        "role" => Kind::Role,
        "user" => Kind::User,
        _ => Kind::Group,
    }
}

pub(super) fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Names for the copies of one policy: `<name>-leastwise` for the first, with the beginning of its digest for the others.
/// A name that another policy has is not taken; one that has this very text is what an earlier night created.
#[derive(Debug, Default)]
pub(super) struct CopyNames {
    /// The customer-managed policies of the account, by name, with their documents in one form.
    taken: BTreeMap<String, Option<String>>,
}

impl CopyNames {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let own = inventory.managed.values().filter(|policy| !crate::decide::is_aws_managed(&policy.arn));
        let one_form = |text: &str| Document::parse(text).ok().map(|document| document.compact());
        let taken = own.map(|policy| {
            // Only a copy can be the same as a copy.
            let text = policy.document().filter(|_| policy.name().contains("leastwise"));
            (policy.name().to_owned(), text.and_then(|text| one_form(&text.0)))
        });
        Self { taken: taken.collect() }
    }

    /// The name of a copy with that text, and whether it is there already.
    pub(super) fn name(&mut self, policy: &str, after: &str) -> (String, bool) {
        let one_form = Document::parse(after).ok().map(|document| document.compact());
        let digest = sha256(after.as_bytes());
        let short = digest.get(..8).unwrap_or_default();
        let endings =
            ["-leastwise".to_owned(), format!("-leastwise-{short}"), format!("-leastwise-{digest}")];
        for ending in &endings {
            let room = LONGEST_NAME - ending.len();
            let name: String = policy.chars().take(room).chain(ending.chars()).collect();
            match self.taken.get(&name) {
                None => {
                    self.taken.insert(name.clone(), one_form);
                    return (name, false);
                }
                Some(text) if text.is_some() && *text == one_form => return (name, true),
                Some(_) => {}
            }
        }
        // Somebody took all of them on purpose.
        (format!("leastwise-{digest}"), false)
    }
}

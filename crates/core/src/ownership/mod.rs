//! Which code defines a policy, from tags and Terraform states. Core: no I/O; the caller reads the files and
//! fills [`Defined`].

mod defined;
mod tags;

pub use defined::{Defined, Inline};
pub use tags::{TerraformTag, TerraformTags};

use std::collections::BTreeSet;

use crate::decide::{Holder, HolderKind, PolicyLocation};
use crate::inventory::Inventory;
use crate::inventory::wire::Tag;
use crate::report::{CodeOwner, CodeTool, Defines, PolicyHolder};
use tags::TaggedBy;

/// What is known of code.
#[derive(Debug, Clone, Copy)]
pub struct KnownCode<'k> {
    /// Tags that say that Terraform manages what has them.
    pub tags: &'k TerraformTags,
    /// What code says that it defines.
    pub defined: &'k Defined,
}

impl KnownCode<'_> {
    /// Code that defines what a change modifies: the policy itself if it is edited in place, the attachments
    /// of its principals if it is replaced or detached.
    pub(crate) fn owners(
        self,
        inventory: &Inventory,
        target: PolicyLocation<'_>,
        holders: &[Holder<'_>],
        in_place: bool,
    ) -> Vec<CodeOwner> {
        let account = inventory.account.id.as_str();
        let owners: BTreeSet<CodeOwner> = match target {
            PolicyLocation::Inline { holder, policy } => {
                let named = named(holder, inventory);
                let inline = Inline {
                    account,
                    holder: &named,
                    policy,
                };
                let known = self
                    .defined
                    .inline(inline)
                    .map(|address| of_state(address, Defines::Policy, None));
                known
                    .or_else(|| self.of_holder(inventory, holder, Defines::Holder))
                    .into_iter()
                    .collect()
            }
            PolicyLocation::Managed { arn } if in_place => {
                self.of_policy(inventory, arn).into_iter().collect()
            }
            PolicyLocation::Managed { arn } | PolicyLocation::Aws { arn } => {
                let of = |holder: &Holder<'_>| {
                    let named = named(*holder, inventory);
                    let known = self.defined.attachment(account, &named, arn);
                    let known = known.map(|address| of_state(address, Defines::Attachment, Some(named)));
                    known.or_else(|| self.of_holder(inventory, *holder, Defines::Attachment))
                };
                holders.iter().filter_map(of).collect()
            }
        };
        owners.into_iter().collect()
    }

    /// Who defines a permission set.
    pub(crate) fn owner_of_set(self, set: &str) -> Option<CodeOwner> {
        self.defined
            .permission_set(set)
            .map(|address| of_state(address, Defines::Policy, None))
    }

    /// Who defines a customer-managed policy.
    fn of_policy(self, inventory: &Inventory, arn: &str) -> Option<CodeOwner> {
        if let Some(address) = self.defined.policy(arn) {
            return Some(of_state(address, Defines::Policy, None));
        }
        let policy = inventory.managed.get(arn)?;
        let tagged = self.tagged(&policy.tags).or_else(|| {
            // AWS omits the tags of policies. A name that CloudFormation generated contains the stack.
            let stacks = inventory
                .principals
                .iter()
                .filter_map(|it| tags::stack_of(&it.tags));
            let mut named = stacks.filter_map(|stack| tags::named_by_stack(policy.name(), stack));
            named.next()
        });
        Some(self.owner(tagged?, Defines::Policy, None))
    }

    /// Who defines a role, user or group.
    fn of_holder(self, inventory: &Inventory, holder: Holder<'_>, defines: Defines) -> Option<CodeOwner> {
        let named = named(holder, inventory);
        if let Some(address) = self.defined.holder(&inventory.account.id, &named) {
            return Some(of_state(address, defines, Some(named)));
        }
        // Groups have no tags.
        let Holder::Principal(at) = holder else {
            return None;
        };
        let tagged = self.tagged(&inventory.principals.get(at)?.tags)?;
        Some(self.owner(tagged, defines, Some(named)))
    }

    fn tagged(self, tags: &[Tag]) -> Option<TaggedBy> {
        tags::read(tags, self.tags)
    }

    fn owner(self, tagged: TaggedBy, defines: Defines, holder: Option<PolicyHolder>) -> CodeOwner {
        let TaggedBy {
            mut tool,
            stack,
            mut resource,
        } = tagged;
        let construct = stack.as_deref().zip(resource.as_deref());
        if let Some(path) = construct.and_then(|(stack, id)| self.defined.construct(stack, id)) {
            (tool, resource) = (CodeTool::Cdk, Some(path.to_owned()));
        }
        CodeOwner {
            tool,
            defines,
            holder,
            stack,
            resource,
        }
    }
}

fn of_state(address: &str, defines: Defines, holder: Option<PolicyHolder>) -> CodeOwner {
    CodeOwner {
        tool: CodeTool::Terraform,
        defines,
        holder,
        stack: None,
        resource: Some(address.to_owned()),
    }
}

fn named(holder: Holder<'_>, inventory: &Inventory) -> PolicyHolder {
    let (kind, name): (HolderKind, String) = holder.describe(inventory);
    PolicyHolder { kind, name }
}

//! Which code defines a policy, and whether a checkout contains it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PolicyHolder;

codes! {
    /// What people define a policy with.
    #[derive(PartialOrd, Ord)]
    pub enum CodeTool {
        /// A CloudFormation stack, also one that SAM made.
        CloudFormation = "cloudformation",
        /// A CloudFormation StackSet, which puts the same stack into many accounts.
        StackSet = "stack-set",
        /// A stack of the AWS CDK.
        Cdk = "cdk",
        /// Terraform or OpenTofu.
        Terraform = "terraform",
        /// Pulumi.
        Pulumi = "pulumi",
    }
}

codes! {
    /// What of a change the code defines.
    #[derive(PartialOrd, Ord)]
    pub enum Defines {
        /// The policy.
        Policy = "policy",
        /// The role, user or group that has it as an inline policy.
        Holder = "principal",
        /// The role, user or group to which it is attached.
        Attachment = "attachment",
    }
}

/// Code that defines what a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeOwner {
    /// What it is defined with.
    pub tool: CodeTool,
    /// What of the change it defines.
    pub defines: Defines,
    /// The role, user or group, where that is what it defines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<PolicyHolder>,
    /// The name of the stack or StackSet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The logical ID, the construct path or the resource address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

impl CodeOwner {
    /// Where it is defined.
    pub fn place(&self) -> String {
        let place = match (self.tool, &self.stack) {
            (CodeTool::CloudFormation, Some(stack)) => format!("the CloudFormation stack `{stack}`"),
            (CodeTool::CloudFormation, None) => "a CloudFormation stack".to_owned(),
            (CodeTool::StackSet, Some(set)) => format!("the CloudFormation StackSet `{set}`"),
            (CodeTool::StackSet, None) => "a CloudFormation StackSet".to_owned(),
            (CodeTool::Cdk, Some(stack)) => format!("the CDK stack `{stack}`"),
            (CodeTool::Cdk, None) => "a CDK app".to_owned(),
            (CodeTool::Terraform, _) => "Terraform".to_owned(),
            (CodeTool::Pulumi, Some(stack)) => format!("the Pulumi stack `{stack}`"),
            (CodeTool::Pulumi, None) => "Pulumi".to_owned(),
        };
        let what = if self.tool == CodeTool::Cdk {
            "construct"
        } else {
            "resource"
        };
        match &self.resource {
            Some(resource) => format!("{place} ({what} `{resource}`)"),
            None => place,
        }
    }

    /// Where to make the change instead, in one sentence.
    pub fn sentence(&self) -> String {
        let place = self.place();
        match (self.defines, &self.holder) {
            (Defines::Policy, _) | (_, None) => {
                format!("This policy is defined in {place}; change it there.")
            }
            (Defines::Holder, Some(PolicyHolder { kind, name })) => {
                format!("The {kind} `{name}` is defined in {place}; change its inline policy there.")
            }
            (Defines::Attachment, Some(PolicyHolder { kind, name })) => {
                format!("The {kind} `{name}` is defined in {place}; change its attached policies there.")
            }
        }
    }
}

/// Where to make a change that is defined in code, in one sentence, if it is.
pub fn owned_by(owners: &[CodeOwner]) -> Option<String> {
    let (first, more) = owners.split_first()?;
    let sentence = first.sentence();
    Some(match more.len() {
        0 => sentence,
        1 => format!("{sentence} 1 more place in code needs the same change."),
        more => format!("{sentence} {more} more places in code need the same change."),
    })
}

codes! {
    /// What was found of a policy in a checkout.
    pub enum CodeState {
        /// A patch changes it.
        Patched = "patched",
        /// It is there, and the change is more than a change of its action lists.
        Located = "located",
        /// A tool generates it there from other code.
        Generated = "generated",
        /// Several policies come from this one piece of code.
        Repeated = "repeated",
        /// Several pieces of code say the same.
        Ambiguous = "ambiguous",
        /// Other places in the file refer to it.
        Shared = "shared",
        /// The patch did not give the recommended policy.
        Unproven = "unproven",
        /// No file has this policy.
        NotFound = "not-found",
    }
}

impl CodeState {
    /// What it means, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Patched => "A patch makes this change in the code: apply it with `git apply`.",
            Self::Located => {
                "The code has this policy, but the change is more than a shorter list of actions: make it by hand."
            }
            Self::Generated => "This file is generated: change the code that it is generated from.",
            Self::Repeated => {
                "This piece of code defines several policies, so a patch would change all of them: make the change by hand."
            }
            Self::Ambiguous => {
                "Several places in the code have the same policy, and nothing identifies the right one: make the change by hand."
            }
            Self::Shared => {
                "Other places in the file refer to this policy, so a patch would change them too: make the change by hand."
            }
            Self::Unproven => {
                "The patched code would not have exactly the recommended policy, so there is no patch: make the change by hand."
            }
            Self::NotFound => {
                "No file has a policy with these statements, in this order: the code may be elsewhere, be split differently or be out of date, or may compute the actions."
            }
        }
    }
}

/// What was found of a policy in a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InCode {
    /// What.
    pub state: CodeState,
    /// Where: the file from the root of its checkout, and the line. Of several places all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The patch, from the report's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    /// Its resources or conditions hold variables, so that only its actions and the rest of its frame were compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub variables: bool,
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::{CodeOwner, CodeTool, Defines, owned_by};
    use crate::decide::HolderKind;
    use crate::report::PolicyHolder;

    #[test]
    fn one_sentence_says_where_the_change_belongs() {
        let holder = Some(PolicyHolder {
            kind: HolderKind::Role,
            name: "deployer".to_owned(),
        });
        let stack = CodeOwner {
            tool: CodeTool::CloudFormation,
            defines: Defines::Holder,
            holder,
            stack: Some("ci".to_owned()),
            resource: Some("Role".to_owned()),
        };
        let said = owned_by(std::slice::from_ref(&stack)).expect("an owner");
        assert_eq!(
            said,
            "The role `deployer` is defined in the CloudFormation stack `ci` (resource `Role`); change its inline policy there."
        );
        let address = Some("module.ci.aws_iam_policy.this".to_owned());
        let policy = CodeOwner {
            tool: CodeTool::Terraform,
            defines: Defines::Policy,
            holder: None,
            stack: None,
            resource: address,
        };
        let both = owned_by(&[policy, stack]).expect("owners");
        assert_eq!(
            both,
            "This policy is defined in Terraform (resource `module.ci.aws_iam_policy.this`); change it there. \
             1 more place in code needs the same change."
        );
        assert_eq!(owned_by(&[]), None);
    }
}

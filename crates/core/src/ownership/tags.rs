//! What tags say of who made something. Keys that begin with `aws:` only AWS can set; the others are habits.

use crate::inventory::wire::Tag;
use crate::report::CodeTool;

/// A tag that says that Terraform manages what has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerraformTag {
    /// Its key, whatever its case.
    pub key: String,
    /// Its value, whatever its case; without one, any value but a no.
    pub value: Option<String>,
}

/// Tags of an organisation's own that say so, beside the usual ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TerraformTags(pub Vec<TerraformTag>);

/// What tags say.
pub(super) struct TaggedBy {
    pub(super) tool: CodeTool,
    pub(super) stack: Option<String>,
    pub(super) resource: Option<String>,
}

const STACK: &str = "aws:cloudformation:stack-name";
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";
/// CloudFormation names the stacks of a StackSet `StackSet-NAME-UUID`.
const OF_STACK_SET: &str = "StackSet-";

/// Keys, without dashes and the like, whose value is a tool.
const TOOL_KEYS: [&str; 9] = [
    "managedby",
    "createdby",
    "deployedby",
    "provisionedby",
    "managedwith",
    "provisioner",
    "iac",
    "iactool",
    "orchestrator",
];
/// Keys that say Terraform by being there.
const TERRAFORM_KEYS: [&str; 5] = [
    "terraform",
    "terraformmanaged",
    "terraformworkspace",
    "terraformmodule",
    "opentofu",
];
/// Values that say no.
const NO: [&str; 5] = ["", "false", "no", "0", "none"];

pub(super) fn read(tags: &[Tag], own: &TerraformTags) -> Option<TaggedBy> {
    let value = |key: &str| {
        tags.iter()
            .find(|tag| tag.key == key)
            .map(|tag| tag.value.as_str())
    };
    if let Some(stack) = value(STACK).filter(|stack| !stack.is_empty()) {
        let resource = value(LOGICAL_ID).map(str::to_owned);
        let (tool, stack) = match stack_set(stack) {
            Some(set) => (CodeTool::StackSet, set),
            None if tags.iter().any(|tag| tag.key.starts_with("aws-cdk:")) => (CodeTool::Cdk, stack),
            None => (CodeTool::CloudFormation, stack),
        };
        return Some(TaggedBy {
            tool,
            stack: Some(stack.to_owned()),
            resource,
        });
    }
    if let Some(stack) = value("pulumi:stack") {
        let stack = match value("pulumi:project") {
            Some(project) => format!("{project}/{stack}"),
            None => stack.to_owned(),
        };
        return Some(TaggedBy {
            tool: CodeTool::Pulumi,
            stack: Some(stack),
            resource: None,
        });
    }
    let tool = tags.iter().find_map(|tag| tool_of(tag, own))?;
    Some(TaggedBy {
        tool,
        stack: None,
        resource: None,
    })
}

/// The stack that made something, for names that CloudFormation makes.
pub(super) fn stack_of(tags: &[Tag]) -> Option<&str> {
    tags.iter()
        .find(|tag| tag.key == STACK)
        .map(|tag| tag.value.as_str())
}

/// What a name that CloudFormation made says: `STACK-LOGICALID-` and twelve or thirteen letters and digits.
pub(super) fn named_by_stack(name: &str, stack: &str) -> Option<TaggedBy> {
    let (resource, end) = name.strip_prefix(stack)?.strip_prefix('-')?.rsplit_once('-')?;
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_made = is_word(resource) && is_word(end) && (12..=13).contains(&end.len());
    let (tool, stack) = match stack_set(stack) {
        Some(set) => (CodeTool::StackSet, set),
        None => (CodeTool::CloudFormation, stack),
    };
    is_made.then(|| TaggedBy {
        tool,
        stack: Some(stack.to_owned()),
        resource: Some(resource.to_owned()),
    })
}

/// The name of a StackSet, from that of one of its stacks.
fn stack_set(stack: &str) -> Option<&str> {
    let rest = stack.strip_prefix(OF_STACK_SET)?;
    let at = rest.len().checked_sub(37)?;
    let (name, id) = (rest.get(..at)?, rest.get(at..)?.strip_prefix('-')?);
    let mut parts = id.split('-');
    let lengths = [8, 4, 4, 4, 12];
    let is_id = lengths.iter().all(|length| {
        parts
            .next()
            .is_some_and(|part| part.len() == *length && part.bytes().all(|it| it.is_ascii_hexdigit()))
    });
    (is_id && parts.next().is_none() && !name.is_empty()).then_some(name)
}

fn tool_of(tag: &Tag, own: &TerraformTags) -> Option<CodeTool> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|it| it.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (key, value) = (plain(&tag.key), tag.value.trim().to_lowercase());
    let is_yes = !NO.contains(&value.as_str());
    let is_own = |it: &TerraformTag| {
        it.key.eq_ignore_ascii_case(&tag.key)
            && it
                .value
                .as_ref()
                .map_or(is_yes, |wanted| wanted.eq_ignore_ascii_case(&tag.value))
    };
    if own.0.iter().any(is_own) || TERRAFORM_KEYS.contains(&key.as_str()) && is_yes {
        return Some(CodeTool::Terraform);
    }
    if !TOOL_KEYS.contains(&key.as_str()) {
        return None;
    }
    let tools = [
        ("terraform", CodeTool::Terraform),
        ("terragrunt", CodeTool::Terraform),
        ("opentofu", CodeTool::Terraform),
        ("pulumi", CodeTool::Pulumi),
        ("cdk", CodeTool::Cdk),
        ("cloudformation", CodeTool::CloudFormation),
    ];
    let mut words = value.split(|it: char| !it.is_alphanumeric());
    words.find_map(|word| {
        tools
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, tool)| *tool)
    })
}

#[cfg(test)]
mod tests {
    use super::{TaggedBy, TerraformTag, TerraformTags, named_by_stack, read};
    use crate::inventory::wire::Tag;
    use crate::report::CodeTool;

    fn tags(all: &[(&str, &str)]) -> Vec<Tag> {
        all.iter()
            .map(|(key, value)| Tag {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
            })
            .collect()
    }

    fn told(tagged: Option<TaggedBy>) -> Option<(CodeTool, Option<String>, Option<String>)> {
        tagged.map(|it| (it.tool, it.stack, it.resource))
    }

    fn said(all: &[(&str, &str)]) -> Option<(CodeTool, Option<String>, Option<String>)> {
        told(read(&tags(all), &TerraformTags::default()))
    }

    #[test]
    fn a_stack_is_named_with_its_resource_and_a_stack_set_without_its_uuid() {
        let stack = ("aws:cloudformation:stack-name", "ci");
        let id = ("aws:cloudformation:logical-id", "Role");
        let (ci, role) = (Some("ci".to_owned()), Some("Role".to_owned()));
        assert_eq!(
            said(&[stack, id]),
            Some((CodeTool::CloudFormation, ci.clone(), role.clone()))
        );
        assert_eq!(
            said(&[stack, id, ("aws-cdk:bootstrap-role", "deploy")]),
            Some((CodeTool::Cdk, ci, role))
        );
        let set = (
            "aws:cloudformation:stack-name",
            "StackSet-base-line-0a1b2c3d-0000-1111-2222-0a1b2c3d4e5f",
        );
        assert_eq!(
            said(&[set]),
            Some((CodeTool::StackSet, Some("base-line".to_owned()), None))
        );
        let none = "StackSet-0a1b2c3d-0000-1111-2222-0a1b2c3d4e5f";
        let stack = said(&[("aws:cloudformation:stack-name", none)]);
        assert_eq!(
            stack,
            Some((CodeTool::CloudFormation, Some(none.to_owned()), None))
        );
    }

    #[test]
    fn habits_of_tagging_name_a_tool_and_a_no_names_none() {
        let terraform = Some((CodeTool::Terraform, None, None));
        for tag in [
            ("Terraform", "true"),
            ("terraform", "yes"),
            ("ManagedBy", "Terraform"),
            ("managed-by", "terraform"),
            ("managed_by", "OpenTofu 1.8"),
            ("iac", "terragrunt"),
        ] {
            assert_eq!(said(&[tag]), terraform, "{tag:?}");
        }
        for tag in [
            ("terraform", "false"),
            ("ManagedBy", "platform team"),
            ("team", "terraform"),
            ("terraform", ""),
        ] {
            assert_eq!(said(&[tag]), None, "{tag:?}");
        }
        let pulumi = said(&[("pulumi:stack", "prod"), ("pulumi:project", "net")]);
        assert_eq!(
            pulumi,
            Some((CodeTool::Pulumi, Some("net/prod".to_owned()), None))
        );
    }

    #[test]
    fn an_organisation_adds_its_own_tags() {
        let own = TerraformTags(vec![
            TerraformTag {
                key: "origin".to_owned(),
                value: Some("tf".to_owned()),
            },
            TerraformTag {
                key: "repo".to_owned(),
                value: None,
            },
        ]);
        let is = |all: &[(&str, &str)]| read(&tags(all), &own).is_some();
        assert!(is(&[("Origin", "TF")]) && is(&[("repo", "infra")]));
        assert!(!is(&[("origin", "console")]) && !is(&[("repo", "")]));
    }

    #[test]
    fn a_name_that_cloudformation_made_tells_its_stack() {
        let made = told(named_by_stack("ci-Policy-1A2B3C4D5E6F", "ci"));
        assert_eq!(
            made,
            Some((
                CodeTool::CloudFormation,
                Some("ci".to_owned()),
                Some("Policy".to_owned())
            ))
        );
        for name in [
            "ci-Policy-short",
            "ci-Policy",
            "other-Policy-1A2B3C4D5E6F",
            "ci-my-Policy-1A2B3C4D5E6F",
        ] {
            assert!(named_by_stack(name, "ci").is_none(), "{name}");
        }
    }
}

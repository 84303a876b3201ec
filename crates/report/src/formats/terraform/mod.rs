//! `changes/<account>/terraform/`: the changes as Terraform code that adopts the existing policies.
//!
//! Each document is a separate file next to `main.tf`, read with `file()`, so that nothing in it (such as
//! `${aws:username}`) is ever a template. Steps that Terraform cannot take, because it did not create the
//! resources, are commands in comments.

mod hcl;

use hcl::{block, label, quoted};

use super::infrastructure::{
    OF_SETS, PolicyArn, Resource, ResourceChange, SetChange, ascii, changes, plain, set_changes,
};
use super::{AccountView, Format, Part, Read};
use leastwise_core::report::names::{TakenPaths, told_apart};
use leastwise_core::report::{PolicyHolder, Recommendation};

/// Import blocks need Terraform 1.5.
const VERSIONS: &str = r#"terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
"#;

/// The report does not have the description and tags of a policy, and a new description would replace the policy.
const ADOPTED: &str = "lifecycle {\n  ignore_changes  = [description, tags]\n  prevent_destroy = true\n}\n";

/// The format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terraform;

impl Format for Terraform {
    fn account(&self, view: &AccountView<'_>, read: &Read<'_>) -> Vec<Part> {
        let account = view.account;
        let mut parts = Vec::new();
        let changes = changes(view, read);
        if !changes.is_empty() {
            let mut folder = TerraformFolder::new(format!("changes/{}/terraform", account.summary.id));
            let mut main = head(
                &format!("Account {}.", account.summary.id),
                account.alternatives.len(),
            );
            for change in &changes {
                main.push_str(&folder.change(change, &mut parts));
            }
            let guard = format!("[{}]", quoted(&account.summary.id));
            let provider = block("provider \"aws\"", &[("allowed_account_ids", guard)], None);
            parts.push(folder.file("versions.tf", format!("{VERSIONS}\n{provider}")));
            parts.push(folder.file("main.tf", main));
        }
        let sets = set_changes(view, read);
        if !sets.is_empty() {
            let mut folder = TerraformFolder::new(format!("{OF_SETS}/terraform"));
            let what = "Permission sets: apply it in the account that administers Identity Center, when the\n\
                        # policies that they name are in the accounts.";
            let mut main = head(what, 0) + SETS;
            let mut known = std::collections::BTreeSet::new();
            for change in &sets {
                let named = change.inline.is_some() || !change.names.is_empty();
                let is_new = named && known.insert(&change.recommendation.holder);
                main.push_str(&folder.set(change, is_new, &mut parts));
            }
            parts.push(folder.file("versions.tf", VERSIONS.to_owned()));
            parts.push(folder.file("main.tf", main));
        }
        parts
    }
}

const SETS: &str = "
data \"aws_ssoadmin_instances\" \"this\" {}

locals {
  instance_arn = tolist(data.aws_ssoadmin_instances.this.arns)[0]
}
";

fn head(what: &str, alternatives: usize) -> String {
    let mut head = format!(
        "# {what}\n#\n# Run `terraform init` and `terraform plan`, and read the plan: it imports and changes, adds copies and\n\
         # attachments, and destroys nothing. What Terraform cannot do stands below as a command.\n"
    );
    if alternatives > 0 {
        head.push_str(&format!(
            "# The report has {alternatives} changes to choose instead, which are not here.\n"
        ));
    }
    head
}

/// One folder of Terraform code.
struct TerraformFolder {
    path: String,
    /// Its documents.
    documents: TakenPaths,
}

impl TerraformFolder {
    fn new(path: String) -> Self {
        Self {
            path,
            documents: TakenPaths::default(),
        }
    }

    fn file(&self, name: &str, text: String) -> Part {
        Part::text(&format!("{}/{name}", self.path), text)
    }

    /// Adds a document as a file and returns the expression that reads it. Labels may differ only in case, file
    /// names may not.
    fn document(&mut self, name: &str, text: &str, parts: &mut Vec<Part>) -> String {
        let name = if self.documents.take(name) {
            name.to_owned()
        } else {
            told_apart(name)
        };
        parts.push(self.file(&format!("documents/{name}.json"), ascii(text)));
        format!("file(\"${{path.module}}/documents/{name}.json\")")
    }

    fn change(&mut self, change: &ResourceChange<'_>, parts: &mut Vec<Part>) -> String {
        let mut out = title(change.of.it);
        if let Some(fleet) = change.of.fleet() {
            let many = fleet.family.accounts.len();
            out.push_str(&format!(
                "# One change for {many} accounts: better made where they all come from.\n"
            ));
        }
        if change.of.set().is_some() {
            out.push_str(
                "# The policy that the permission set is to name: it has to be in each of its accounts.\n",
            );
        }
        let steps: Vec<String> = change
            .steps
            .iter()
            .map(super::infrastructure::ManualStep::line)
            .collect();
        if change.hands_first() {
            out.push_str(&by_hand(", before this is applied", &steps));
        }
        for resource in &change.resources {
            out.push('\n');
            out.push_str(&self.resource(resource, parts));
        }
        if !change.hands_first() {
            let when = if change.resources.is_empty() {
                ""
            } else {
                ", after this is applied"
            };
            out.push_str(&by_hand(when, &steps));
        }
        out
    }

    fn resource(&mut self, resource: &Resource, parts: &mut Vec<Part>) -> String {
        match resource {
            Resource::Inline {
                holder: PolicyHolder { kind, name },
                policy,
                after,
                ..
            } => {
                let label = label(&[name, policy]);
                let document = self.document(&format!("{kind}--{label}"), after, parts);
                let attributes = [
                    (kind.name(), quoted(name)),
                    ("name", quoted(policy)),
                    ("policy", document),
                ];
                let address = format!("aws_iam_{kind}_policy");
                block(&head_of(&address, &label), &attributes, None)
                    + &import(&address, &label, &format!("{name}:{policy}"))
            }
            Resource::Managed { policy, after, .. } => self.managed(policy, after, true, parts),
            Resource::Copy {
                policy,
                there,
                document,
            } => self.managed(policy, document, *there, parts),
            Resource::Attachment {
                copy,
                holder: PolicyHolder { kind, name },
            } => {
                let arn = format!("aws_iam_policy.{}.arn", label(&[copy]));
                let head = head_of(
                    &format!("aws_iam_{kind}_policy_attachment"),
                    &label(&[name, copy]),
                );
                block(&head, &[(kind.name(), quoted(name)), ("policy_arn", arn)], None)
            }
        }
    }

    fn managed(&mut self, policy: &PolicyArn, document: &str, there: bool, parts: &mut Vec<Part>) -> String {
        let label = label(&[&policy.name]);
        let document = self.document(&format!("policy--{label}"), document, parts);
        let attributes = [
            ("name", quoted(&policy.name)),
            ("path", quoted(&policy.path)),
            ("policy", document),
        ];
        let resource = block(
            &head_of("aws_iam_policy", &label),
            &attributes,
            there.then_some(ADOPTED),
        );
        let import = there.then(|| import("aws_iam_policy", &label, &policy.text));
        resource + &import.unwrap_or_default()
    }

    fn set(&mut self, change: &SetChange<'_>, is_new: bool, parts: &mut Vec<Part>) -> String {
        let name = &change.recommendation.holder;
        let label_of_set = label(&[name]);
        let instance = ("instance_arn", "local.instance_arn".to_owned());
        let set = (
            "permission_set_arn",
            format!("data.aws_ssoadmin_permission_set.{label_of_set}.arn"),
        );
        let mut out = title(change.recommendation);
        if is_new {
            let head = format!("data \"aws_ssoadmin_permission_set\" {}", quoted(&label_of_set));
            out.push('\n');
            out.push_str(&block(&head, &[instance.clone(), ("name", quoted(name))], None));
        }
        if let Some(document) = &change.inline {
            let document = self.document(&format!("set--{label_of_set}"), document, parts);
            let head = head_of("aws_ssoadmin_permission_set_inline_policy", &label_of_set);
            let attributes = [instance.clone(), set.clone(), ("inline_policy", document)];
            out.push('\n');
            out.push_str(&block(&head, &attributes, None));
        }
        for copy in &change.names {
            let head = head_of(
                "aws_ssoadmin_customer_managed_policy_attachment",
                &label(&[name, copy]),
            );
            let reference = block(
                "customer_managed_policy_reference",
                &[("name", quoted(copy)), ("path", quoted("/"))],
                None,
            );
            out.push('\n');
            out.push_str(&block(&head, &[instance.clone(), set.clone()], Some(&reference)));
        }
        let when = if change.inline.is_none() && change.names.is_empty() {
            ""
        } else {
            ", after this is applied"
        };
        out + &by_hand(when, &change.steps)
    }
}

fn head_of(kind: &str, label: &str) -> String {
    format!("resource {} {}", quoted(kind), quoted(label))
}

fn import(kind: &str, label: &str, id: &str) -> String {
    format!(
        "\n{}",
        block(
            "import",
            &[("to", format!("{kind}.{label}")), ("id", quoted(id))],
            None
        )
    )
}

/// Comment above a change that says what it does.
fn title(it: &Recommendation) -> String {
    format!(
        "\n# change: {}\n# {}: removes {} actions, keeps {}; confidence {}\n",
        plain(&it.id),
        it.action.name(),
        it.proof.removed,
        it.proof.kept,
        it.confidence.level,
    )
}

fn by_hand(when: &str, steps: &[String]) -> String {
    let lines: String = steps.iter().map(|step| format!("#   {step}\n")).collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n# by hand{when}:\n{lines}")
    }
}

//! `changes/<account>/cloudformation.template.json`: the changes as CloudFormation templates.
//!
//! When it imports a resource, CloudFormation takes the template as a description of what exists and changes
//! nothing. So if policies are adopted, there are two templates: one with the current documents, to import, and one
//! to update the stack with.

mod bins;
mod refusal;
mod template;

use std::collections::BTreeMap;

use bins::{Bin, add, bins};
use serde::Serialize;
use template::{ChangeRow, Template, TemplateMetadata, TemplateNotes, TemplateResource};

use super::infrastructure::{OF_SETS, SetChange, changes, set_changes};
use super::{AccountView, Format, Part, Read};
use leastwise_core::visible::visible;

/// cfn-lint checks that are turned off for documents that IAM has already accepted: IAM variables are not
/// parameters (E1029), IAM accepts more than cfn-lint does, such as an empty Sid (E3510), a policy of version 2008
/// keeps its version (W2511), and cfn-lint has another list of actions (W3037).
const UNCHECKED: [&str; 4] = ["E1029", "E3510", "W2511", "W3037"];

/// The CloudFormation format.
#[derive(Debug, Clone, Copy, Default)]
pub struct CloudFormation;

impl Format for CloudFormation {
    fn account(&self, view: &AccountView<'_>, read: &Read<'_>) -> Vec<Part> {
        let mut parts = Vec::new();
        let changes = changes(view, read);
        if !changes.is_empty() {
            let id = &view.account.summary.id;
            let what = format!("Smaller policies for account {id}, from a report of leastwise");
            parts.extend(files(&format!("changes/{id}"), &what, bins(&changes)));
        }
        let sets = set_changes(view, read);
        if !sets.is_empty() {
            let mut bins = Vec::new();
            sets.iter()
                .for_each(|change| add(&mut bins, set_row(change), Vec::new()));
            let what =
                "Permission sets from a report of leastwise, which CloudFormation cannot change in part";
            parts.extend(files(OF_SETS, what, bins));
        }
        parts
    }
}

/// A template needs the complete permission set, and a report knows only its policies.
fn set_row(change: &SetChange<'_>) -> ChangeRow {
    let mut by_hand = Vec::new();
    if change.inline.is_some() {
        let file = &change.recommendation.files.after;
        by_hand.push(format!(
            "aws sso-admin put-inline-policy-to-permission-set, with {file}"
        ));
    }
    for name in &change.names {
        by_hand.push(format!(
            "aws sso-admin attach-customer-managed-policy-reference-to-permission-set, with {name}, when each account has it"
        ));
    }
    by_hand.extend(change.steps.iter().cloned());
    ChangeRow::of(change.recommendation, by_hand)
}

fn files(folder: &str, what: &str, bins: Vec<Bin>) -> Vec<Part> {
    let count = bins.len();
    let mut parts = Vec::new();
    for (at, bin) in bins.into_iter().enumerate() {
        let name = if at == 0 {
            "cloudformation".to_owned()
        } else {
            format!("cloudformation-{}", at + 1)
        };
        let what = if count == 1 {
            format!("{what}.")
        } else {
            format!("{what}, {} of {count}.", at + 1)
        };
        let file = |ending: &str, value: &dyn Fn() -> String| {
            Part::text(&format!("{folder}/{name}.{ending}.json"), value() + "\n")
        };
        let (mut made, mut today, mut adopted) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for entry in bin.entries {
            if let Some((as_it_is, how)) = entry.today {
                today.insert(entry.id.clone(), as_it_is);
                adopted.push(how);
            }
            made.insert(entry.id, entry.made);
        }
        let has_imports = !adopted.is_empty();
        let how = how(&name, made.is_empty(), has_imports);
        if made.is_empty() {
            made.insert("Nothing".to_owned(), TemplateResource::nothing());
        }
        let rows = bin.rows;
        let whole = template(what.clone(), how, rows, made);
        parts.push(file("template", &|| pretty(&whole)));
        if has_imports {
            let how = vec![format!(
                "the policies as they are, to import before {name}.template.json"
            )];
            let import = template(format!("{what} To import only."), how, Vec::new(), today);
            parts.push(file("import.template", &|| pretty(&import)));
            parts.push(file("import.resources", &|| pretty(&adopted)));
        }
    }
    parts
}

fn template(
    description: String,
    how: Vec<String>,
    changes: Vec<ChangeRow>,
    resources: BTreeMap<String, TemplateResource>,
) -> Template {
    let lint = serde_json::json!({ "config": { "ignore_checks": UNCHECKED } });
    let metadata = TemplateMetadata {
        leastwise: TemplateNotes { how, changes },
        lint,
    };
    Template {
        version: "2010-09-09",
        description,
        metadata,
        resources,
    }
}

/// How to use the files, in order.
fn how(name: &str, is_empty: bool, has_imports: bool) -> Vec<String> {
    let mut how = Vec::new();
    let stack = name.replace("cloudformation", "leastwise");
    if is_empty {
        how.push("nothing here is for CloudFormation: every change is by hand".to_owned());
        return how;
    }
    if has_imports {
        how.push(format!(
            "aws cloudformation create-change-set --change-set-type IMPORT --stack-name {stack} --change-set-name adopt \
             --template-body file://{name}.import.template.json --resources-to-import file://{name}.import.resources.json \
             --capabilities CAPABILITY_NAMED_IAM"
        ));
        how.push(format!(
            "aws cloudformation execute-change-set --stack-name {stack} --change-set-name adopt: nothing changes by it; look \
             for drift before you go on"
        ));
    }
    how.push(format!(
        "aws cloudformation deploy --stack-name {stack} --template-file {name}.template.json --capabilities CAPABILITY_NAMED_IAM"
    ));
    how.push(
        "a template of more than 51,200 bytes has to lie in S3: --s3-bucket, or --template-url".to_owned(),
    );
    how.push("what CloudFormation cannot do is byHand at each change".to_owned());
    how
}

/// All keys here are text, so this cannot fail.
fn pretty(value: &impl Serialize) -> String {
    visible(&serde_json::to_string_pretty(value).unwrap_or_default()).into_owned()
}

//! Terraform states: `terraform.tfstate` of version 4, and what `terraform show -json` prints. A state holds secrets in plain text,
//! so values are only read of IAM resources, and of these only ARNs and names.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_core::arn::{Arn, is_account_id, last_name};
use leastwise_core::decide::HolderKind;
use leastwise_core::ownership::{Defined, Inline};
use leastwise_core::report::PolicyHolder;
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

/// Maximum nesting of modules; real states are shallower.
const DEEPEST: usize = 64;

/// Why a text is no state. None of these quotes the text.
#[derive(Debug, Error)]
pub enum TerraformError {
    /// It is not JSON, or not that of a state.
    #[error("it is not a Terraform state: line {line}, column {column}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is of another version.
    #[error("it is a Terraform state of version {0}; only version 4 is supported")]
    Version(u64),
    /// OpenTofu encrypted it.
    #[error("it is encrypted")]
    Encrypted,
    /// It is JSON of another kind.
    #[error("it is neither a Terraform state nor the output of `terraform show -json`")]
    Other,
}

impl TerraformError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Version(_) => {
                "upgrade it with a current Terraform, or give the output of `terraform show -json`"
            }
            Self::Encrypted => "give the output of `tofu show -json`",
            Self::Malformed { .. } | Self::Other => {
                "give a terraform.tfstate file, for example from `terraform state pull`, or the output of `terraform show -json`"
            }
        }
    }
}

#[derive(Deserialize)]
struct StateHead<'s> {
    version: Option<u64>,
    #[serde(borrow)]
    encrypted_data: Option<&'s RawValue>,
    #[serde(borrow)]
    resources: Option<Vec<StateResource<'s>>>,
    #[serde(borrow)]
    values: Option<Values<'s>>,
    format_version: Option<String>,
}

#[derive(Deserialize)]
struct StateResource<'s> {
    #[serde(default)]
    module: String,
    #[serde(default)]
    mode: String,
    r#type: String,
    name: String,
    #[serde(default)]
    provider: String,
    #[serde(borrow, default)]
    instances: Vec<Instance<'s>>,
}

#[derive(Deserialize)]
struct Instance<'s> {
    index_key: Option<StateKey>,
    #[serde(borrow)]
    attributes: Option<&'s RawValue>,
}

/// The key of `for_each`, or the number of `count`.
#[derive(Deserialize)]
#[serde(untagged)]
enum StateKey {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
struct Values<'s> {
    #[serde(borrow)]
    root_module: Option<Module<'s>>,
}

#[derive(Deserialize)]
struct Module<'s> {
    #[serde(borrow, default)]
    resources: Vec<ShownState<'s>>,
    #[serde(borrow, default)]
    child_modules: Vec<Module<'s>>,
}

#[derive(Deserialize)]
struct ShownState<'s> {
    address: String,
    #[serde(default)]
    mode: String,
    r#type: String,
    #[serde(default)]
    provider_name: String,
    #[serde(borrow)]
    values: Option<&'s RawValue>,
}

/// All that is read of an IAM resource.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    arn: Option<String>,
    name: Option<String>,
    role: Option<String>,
    user: Option<String>,
    group: Option<String>,
    roles: Option<Vec<String>>,
    users: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    policy_arn: Option<String>,
    permission_set_arn: Option<String>,
    inline_policy: Option<InlineBlocks>,
    managed_policy_arns: Option<Vec<String>>,
}

/// Of a role these are blocks with names; of a permission set it is a document, which is passed over.
#[derive(Deserialize)]
#[serde(untagged)]
enum InlineBlocks {
    Blocks(Vec<InlineBlock>),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct InlineBlock {
    name: Option<String>,
}

/// One resource in AWS.
struct OneInstance {
    address: String,
    kind: String,
    /// Provider whose ARNs identify the account of names without one.
    provider: String,
    is: Attributes,
}

/// Adds what a state defines. What it only reads, its `data`, is defined elsewhere.
///
/// # Errors
/// When it is no state.
pub fn read(text: &str, into: &mut Defined) -> Result<(), TerraformError> {
    let malformed = |error: &serde_json::Error| TerraformError::Malformed {
        line: error.line(),
        column: error.column(),
    };
    let head: StateHead<'_> =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|it| malformed(&it))?;
    if head.encrypted_data.is_some() {
        return Err(TerraformError::Encrypted);
    }
    let mut all = Vec::new();
    match (head.version, head.resources, head.values) {
        (Some(4), resources, _) => resources
            .into_iter()
            .flatten()
            .for_each(|it| of_state(it, &mut all)),
        (Some(version), ..) => return Err(TerraformError::Version(version)),
        (None, _, Some(values)) => {
            if let Some(root) = values.root_module {
                of_module(root, 0, &mut all);
            }
        }
        // A state without any resource is shown as its version alone.
        (None, ..) if head.format_version.is_some() => {}
        _ => return Err(TerraformError::Other),
    }
    define(&all, into);
    Ok(())
}

fn of_state(resource: StateResource<'_>, into: &mut Vec<OneInstance>) {
    let StateResource {
        module,
        mode,
        r#type,
        name,
        provider,
        instances,
    } = resource;
    if mode == "data" || !is_told(&r#type) {
        return;
    }
    let module = if module.is_empty() {
        module
    } else {
        format!("{module}.")
    };
    for instance in instances {
        let index = match instance.index_key {
            None => String::new(),
            Some(StateKey::Number(number)) => format!("[{number}]"),
            Some(StateKey::Text(key)) => format!("[{key:?}]"),
        };
        let address = format!("{module}{type}.{name}{index}");
        add(address, &r#type, &provider, instance.attributes, into);
    }
}

fn of_module(module: Module<'_>, depth: usize, into: &mut Vec<OneInstance>) {
    if depth > DEEPEST {
        return;
    }
    for ShownState {
        address,
        mode,
        r#type,
        provider_name,
        values,
    } in module.resources
    {
        if mode != "data" && is_told(&r#type) {
            add(address, &r#type, &provider_name, values, into);
        }
    }
    module
        .child_modules
        .into_iter()
        .for_each(|it| of_module(it, depth + 1, into));
}

fn is_told(kind: &str) -> bool {
    kind.starts_with("aws_iam_") || kind.starts_with("aws_ssoadmin_")
}

fn add(address: String, kind: &str, provider: &str, values: Option<&RawValue>, into: &mut Vec<OneInstance>) {
    // What has other types than the provider gives is passed over: no address is better than a wrong one.
    if let Some(is) = values.and_then(|values| serde_json::from_str::<Attributes>(values.get()).ok()) {
        into.push(OneInstance {
            address,
            kind: kind.to_owned(),
            provider: provider.to_owned(),
            is,
        });
    }
}

/// The accounts of each provider's ARNs.
fn accounts(all: &[OneInstance]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in all {
        let arns = [&one.is.arn, &one.is.policy_arn];
        for account in arns
            .into_iter()
            .flatten()
            .map(|arn| Arn::of(arn).account)
            .filter(|it| is_account_id(it))
        {
            accounts.entry(&one.provider).or_default().insert(account);
        }
    }
    accounts
}

fn define(all: &[OneInstance], into: &mut Defined) {
    let accounts = accounts(all);
    // Names whose account is unknown belong to no account.
    let account_of = |one: &OneInstance| -> Option<&str> {
        let known = accounts.get(one.provider.as_str()).filter(|it| it.len() == 1);
        known.and_then(|it| it.first().copied())
    };
    let sets: BTreeMap<&str, &str> = all
        .iter()
        .filter(|one| one.kind == "aws_ssoadmin_permission_set")
        .filter_map(|one| Some((one.is.arn.as_deref()?, one.is.name.as_deref()?)))
        .collect();
    for one in all {
        let (is, address) = (&one.is, one.address.as_str());
        let holder = |kind, name: &str| PolicyHolder {
            kind,
            name: last_name(name).to_owned(),
        };
        match one.kind.as_str() {
            "aws_iam_policy" => {
                if let Some(arn) = &is.arn {
                    into.add_policy(arn, address);
                }
            }
            "aws_iam_role" | "aws_iam_user" | "aws_iam_group" => of_holder(one, into),
            "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy" => {
                if let (Some(account), Some(name), Some((kind, of))) =
                    (account_of(one), &is.name, one_holder(is))
                {
                    into.add_inline(
                        Inline {
                            account,
                            holder: &holder(kind, of),
                            policy: name,
                        },
                        address,
                    );
                }
            }
            "aws_iam_role_policy_attachment"
            | "aws_iam_user_policy_attachment"
            | "aws_iam_group_policy_attachment"
            | "aws_iam_policy_attachment" => {
                let Some(arn) = &is.policy_arn else { continue };
                // The ARN of a customer managed policy contains the account.
                let own = Some(Arn::of(arn).account).filter(|it| is_account_id(it));
                let Some(account) = own.or_else(|| account_of(one)) else {
                    continue;
                };
                for (kind, name) in holders(is) {
                    into.add_attachment(account, holder(kind, name), arn, address);
                }
            }
            "aws_ssoadmin_permission_set_inline_policy" => {
                if let Some(name) = is.permission_set_arn.as_deref().and_then(|arn| sets.get(arn)) {
                    into.add_permission_set(name, address);
                }
            }
            _ => {}
        }
    }
}

/// A role, user or group, with the policies that stand in its own block.
fn of_holder(one: &OneInstance, into: &mut Defined) {
    let (is, address) = (&one.is, one.address.as_str());
    let (Some(arn), Some(name)) = (&is.arn, &is.name) else {
        return;
    };
    let kind = match one.kind.as_str() {
        "aws_iam_role" => HolderKind::Role,
        "aws_iam_user" => HolderKind::User,
        _ => HolderKind::Group,
    };
    let account = Arn::of(arn).account;
    if !is_account_id(account) {
        return;
    }
    let holder = PolicyHolder {
        kind,
        name: name.clone(),
    };
    if let Some(InlineBlocks::Blocks(blocks)) = &is.inline_policy {
        for policy in blocks
            .iter()
            .filter_map(|it| it.name.as_deref())
            .filter(|it| !it.is_empty())
        {
            into.add_inline(
                Inline {
                    account,
                    holder: &holder,
                    policy,
                },
                address,
            );
        }
    }
    for arn in is.managed_policy_arns.iter().flatten() {
        into.add_attachment(account, holder.clone(), arn, address);
    }
    into.add_holder(account, holder, address);
}

fn one_holder(is: &Attributes) -> Option<(HolderKind, &str)> {
    let role = is.role.as_deref().map(|name| (HolderKind::Role, name));
    let user = || is.user.as_deref().map(|name| (HolderKind::User, name));
    role.or_else(user)
        .or_else(|| is.group.as_deref().map(|name| (HolderKind::Group, name)))
}

fn holders(is: &Attributes) -> Vec<(HolderKind, &str)> {
    let many = [
        (HolderKind::Role, &is.roles),
        (HolderKind::User, &is.users),
        (HolderKind::Group, &is.groups),
    ];
    let many = many
        .into_iter()
        .flat_map(|(kind, names)| names.iter().flatten().map(move |name| (kind, name.as_str())));
    one_holder(is).into_iter().chain(many).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

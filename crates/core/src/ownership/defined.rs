//! What code says that it defines: addresses of resources, and nothing else of a state, which holds secrets.

use std::collections::BTreeMap;

use crate::report::PolicyHolder;

/// An inline policy.
#[derive(Debug, Clone, Copy)]
pub struct Inline<'p> {
    /// The account's ID.
    pub account: &'p str,
    /// Who has it.
    pub holder: &'p PolicyHolder,
    /// Its name.
    pub policy: &'p str,
}

/// The resources that code defines, by what they are in AWS.
#[derive(Debug, Clone, Default)]
pub struct Defined {
    policies: BTreeMap<String, String>,
    inline: BTreeMap<(String, PolicyHolder, String), String>,
    holders: BTreeMap<(String, PolicyHolder), String>,
    attachments: BTreeMap<(String, PolicyHolder, String), String>,
    sets: BTreeMap<String, String>,
    constructs: BTreeMap<(String, String), String>,
}

impl Defined {
    /// A customer-managed policy, by its ARN.
    pub fn add_policy(&mut self, arn: &str, address: &str) {
        self.policies.insert(arn.to_owned(), address.to_owned());
    }

    /// An inline policy.
    pub fn add_inline(&mut self, it: Inline<'_>, address: &str) {
        let key = (it.account.to_owned(), it.holder.clone(), it.policy.to_owned());
        self.inline.insert(key, address.to_owned());
    }

    /// A role, user or group.
    pub fn add_holder(&mut self, account: &str, holder: PolicyHolder, address: &str) {
        self.holders
            .insert((account.to_owned(), holder), address.to_owned());
    }

    /// Records the attachment of a managed policy, by its ARN.
    pub fn add_attachment(&mut self, account: &str, holder: PolicyHolder, arn: &str, address: &str) {
        self.attachments
            .insert((account.to_owned(), holder, arn.to_owned()), address.to_owned());
    }

    /// The policy of a permission set, by the set's name.
    pub fn add_permission_set(&mut self, name: &str, address: &str) {
        self.sets.insert(name.to_owned(), address.to_owned());
    }

    /// A construct of the CDK, by its stack and its logical ID there.
    pub fn add_construct(&mut self, stack: &str, logical_id: &str, path: &str) {
        self.constructs
            .insert((stack.to_owned(), logical_id.to_owned()), path.to_owned());
    }

    pub(super) fn policy(&self, arn: &str) -> Option<&str> {
        self.policies.get(arn).map(String::as_str)
    }

    pub(super) fn inline(&self, it: Inline<'_>) -> Option<&str> {
        if self.inline.is_empty() {
            return None;
        }
        let key = (it.account.to_owned(), it.holder.clone(), it.policy.to_owned());
        self.inline.get(&key).map(String::as_str)
    }

    pub(super) fn holder(&self, account: &str, holder: &PolicyHolder) -> Option<&str> {
        if self.holders.is_empty() {
            return None;
        }
        self.holders
            .get(&(account.to_owned(), holder.clone()))
            .map(String::as_str)
    }

    pub(super) fn attachment(&self, account: &str, holder: &PolicyHolder, arn: &str) -> Option<&str> {
        if self.attachments.is_empty() {
            return None;
        }
        self.attachments
            .get(&(account.to_owned(), holder.clone(), arn.to_owned()))
            .map(String::as_str)
    }

    pub(super) fn permission_set(&self, name: &str) -> Option<&str> {
        self.sets.get(name).map(String::as_str)
    }

    pub(super) fn construct(&self, stack: &str, logical_id: &str) -> Option<&str> {
        if self.constructs.is_empty() {
            return None;
        }
        self.constructs
            .get(&(stack.to_owned(), logical_id.to_owned()))
            .map(String::as_str)
    }
}

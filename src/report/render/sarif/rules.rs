//! The rules: one for each thing that can be found. Their ids are stable, and all stand in every file.

use super::form::{Configuration, Descriptor, Message, Tags};
use crate::report::Action;

/// A rule: its id, what it finds, what to do, and the level where a finding has none of its own.
type Rule = (&'static str, &'static str, &'static str, &'static str);

pub(super) const UNUSED_PRINCIPAL: &str = "unused-principal";
pub(super) const UNUSED_KEY: &str = "unused-access-key";
pub(super) const UNUSED_PASSWORD: &str = "unused-password";
pub(super) const EXCEPTED: &str = "principal-excepted";

/// What is left alone for a reason that is not in the table.
const LEFT_ALONE: &str = "left-alone";

const RULES: [Rule; 29] = [
    (
        "policy-replace",
        "An inline policy grants permissions that are reported unused",
        "Put the smaller document in its place; the result names its file.",
        "warning",
    ),
    (
        "policy-new-version",
        "A managed policy grants permissions that are reported unused",
        "Make the smaller document a new default version of the policy.",
        "warning",
    ),
    (
        "policy-substitute",
        "A policy of AWS grants permissions that are reported unused",
        "Create the smaller copy, attach it, and detach the policy of AWS.",
        "warning",
    ),
    (
        "policy-fork",
        "A shared policy grants permissions that are reported unused for some of its holders",
        "Create the smaller copy, attach it to the holders that are named, and detach the shared policy from them.",
        "warning",
    ),
    (
        "policy-split",
        "A policy grants permissions that are reported unused, and its smaller form needs several policies to fit \
         their quota",
        "Create the managed policies, attach them, and remove the one that they take the place of.",
        "warning",
    ),
    (
        "policy-detach",
        "All that a managed policy grants is reported unused",
        "Detach it from the holders that are named.",
        "warning",
    ),
    ("policy-delete", "All that an inline policy grants is reported unused", "Delete it.", "warning"),
    (
        UNUSED_PRINCIPAL,
        "A role or user is reported unused",
        "Review it for deletion, unless it is kept for emergencies; ask its owner first, and look at who can assume it.",
        "warning",
    ),
    (
        UNUSED_KEY,
        "An access key is reported unused",
        "Deactivate it, wait for as long as it may be needed again, and delete it; keep that of emergency access.",
        "warning",
    ),
    (
        UNUSED_PASSWORD,
        "A password is reported unused",
        "Delete the user's console password; keep that of emergency access.",
        "warning",
    ),
    (
        EXCEPTED,
        "A role or user is left as it is by an exception",
        "Nothing, until the exception expires; the justification is its reason.",
        "note",
    ),
    (
        "left-alone-excepted",
        "A policy is left as it is by an exception",
        "Nothing, until the exception expires.",
        "note",
    ),
    (
        "left-alone-used-as-boundary",
        "A policy with unused permissions is also a permissions boundary",
        "Attach a copy in its place, so that the boundary stays as it is.",
        "note",
    ),
    (
        "left-alone-attached-elsewhere",
        "A policy with unused permissions is attached to more than was read",
        "Read what is missing, or have copies recommended with shared = \"fork\".",
        "note",
    ),
    (
        "left-alone-in-use-by-others",
        "Nothing of a shared policy can go for all of its holders",
        "Have copies recommended with shared = \"fork\".",
        "note",
    ),
    (
        "left-alone-blocked",
        "A shared policy has permissions that some holders do not use, and others count as using everything",
        "Find out why the holders that block it count as using everything, or have copies recommended with shared = \"fork\".",
        "note",
    ),
    (
        "left-alone-does-not-fit",
        "The smaller form of a policy is longer than its quota",
        "Split the policy by hand.",
        "note",
    ),
    (
        "left-alone-too-many-attached",
        "The policies that would take the place of one are more than may be attached",
        "Join or detach other policies of the holder first.",
        "note",
    ),
    (
        "left-alone-not-sure-enough",
        "A policy has unused permissions, but that is less sure than the config asks for",
        "Wait for better evidence, or lower min-confidence.",
        "note",
    ),
    (
        "left-alone-not-proven",
        "The smaller form of a policy could not be proven",
        "Look at the services that the catalog does not know; a newer catalog may help.",
        "note",
    ),
    (
        "left-alone-refuted",
        "The smaller form of a policy was refuted: a defect of leastwise",
        "Report the case, which is under defects/.",
        "error",
    ),
    (
        "left-alone-provisioned-differently",
        "The policy of a permission set differs from account to account",
        "Provision the permission set anew.",
        "note",
    ),
    (
        "left-alone-accounts-unread",
        "A permission set may be in use in accounts that could not be read",
        "Read the accounts that are missing.",
        "note",
    ),
    (
        "left-alone-accounts-unknown",
        "A permission set may be in use in accounts that are not known",
        "Scan with credentials that may list the organisation's accounts.",
        "note",
    ),
    (
        "left-alone-kept-by-rule",
        "What is unused of a policy is kept by rules",
        "Nothing, until the rules end.",
        "note",
    ),
    (
        "left-alone-not-in-catalog",
        "What is unused of a policy stands under a wildcard over a service that the catalog does not know",
        "Update the catalog with `leastwise catalog update`.",
        "note",
    ),
    (
        "left-alone-grant-too-young",
        "A policy is not wholly used, but what is unused was granted more recently than the evidence can tell of",
        "Scan again when the grant is older than the window.",
        "note",
    ),
    (
        "left-alone-idle",
        "All roles of a permission set are reported unused",
        "Review who still needs the permission set.",
        "note",
    ),
    (
        LEFT_ALONE,
        "A policy with unused permissions is left as it is",
        "The result says why it has to stay.",
        "note",
    ),
];

/// All of them, for the tool's component.
pub(super) fn all() -> Vec<Descriptor> {
    let descriptor = |(id, short, help, level): Rule| Descriptor {
        id,
        short_description: Message::of(short),
        help: Message::of(help),
        default_configuration: Configuration { level },
        properties: Tags { tags: ["security", "least-privilege"] },
    };
    RULES.into_iter().map(descriptor).collect()
}

/// A rule's id, its place in the table, and its level.
pub(super) fn find(id: &str) -> (&'static str, usize, &'static str) {
    let at = |wanted: &str| RULES.iter().enumerate().find(|(_, rule)| rule.0 == wanted);
    at(id)
        .or_else(|| at(LEFT_ALONE))
        .map_or((LEFT_ALONE, RULES.len() - 1, "note"), |(index, rule)| (rule.0, index, rule.3))
}

/// The rule of what is recommended.
pub(super) fn of_action(action: Action) -> String {
    format!("policy-{}", action.name())
}

/// The rule of what is left alone, by the code that says why.
pub(super) fn of_code(code: &str) -> String {
    format!("left-alone-{code}")
}

//! The rules: one for each thing that can be found. Their ids are stable, and all stand in every file.

use std::sync::LazyLock;

use super::form::{Configuration, Descriptor, Message, Tags};
use crate::report::{Action, PolicyState};

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) id: &'static str,
    /// What it finds.
    short: &'static str,
    /// What to do.
    help: &'static str,
    /// Of a finding that has no level of its own.
    pub(super) level: &'static str,
}

const fn rule(id: &'static str, short: &'static str, help: &'static str, level: &'static str) -> Rule {
    Rule { id, short, help, level }
}

pub(super) const UNUSED_PRINCIPAL: Rule = rule(
    "unused-principal",
    "A role or user is reported unused",
    "Review it for deletion, unless it is kept for emergencies; ask its owner first, and look at who can assume it.",
    "warning",
);

pub(super) const UNUSED_KEY: Rule = rule(
    "unused-access-key",
    "An access key is reported unused",
    "Deactivate it, wait for as long as it may be needed again, and delete it; keep that of emergency access.",
    "warning",
);

pub(super) const UNUSED_PASSWORD: Rule = rule(
    "unused-password",
    "A password is reported unused",
    "Delete the user's console password; keep that of emergency access.",
    "warning",
);

pub(super) const EXCEPTED: Rule = rule(
    "principal-excepted",
    "A role or user is left as it is by an exception",
    "Nothing, until the exception expires; the justification is its reason.",
    "note",
);

/// What is left alone for a reason that has no rule of its own.
const LEFT_ALONE: Rule = rule(
    "left-alone",
    "A policy with unused permissions is left as it is",
    "The result says why it has to stay.",
    "note",
);

/// The rule of what is recommended.
pub(super) fn of_action(action: Action) -> Rule {
    match action {
        Action::Replace => rule(
            "policy-replace",
            "An inline policy grants permissions that are reported unused",
            "Put the smaller document in its place; the result names its file.",
            "warning",
        ),
        Action::NewVersion => rule(
            "policy-new-version",
            "A managed policy grants permissions that are reported unused",
            "Make the smaller document a new default version of the policy.",
            "warning",
        ),
        Action::Substitute => rule(
            "policy-substitute",
            "A policy of AWS grants permissions that are reported unused",
            "Create the smaller copy, attach it, and detach the policy of AWS.",
            "warning",
        ),
        Action::Fork => rule(
            "policy-fork",
            "A shared policy grants permissions that are reported unused for some of its holders",
            "Create the smaller copy, attach it to the holders that are named, and detach the shared policy from them.",
            "warning",
        ),
        Action::Split => rule(
            "policy-split",
            "A policy grants permissions that are reported unused, and its smaller form needs several policies to fit \
         their quota",
            "Create the managed policies, attach them, and remove the one that they take the place of.",
            "warning",
        ),
        Action::Detach => rule(
            "policy-detach",
            "All that a managed policy grants is reported unused",
            "Detach it from the holders that are named.",
            "warning",
        ),
        Action::Delete => rule(
            "policy-delete",
            "All that an inline policy grants is reported unused",
            "Delete it.",
            "warning",
        ),
    }
}

/// The rule of what is left alone, by what becomes of it.
pub(super) fn of_state(state: PolicyState) -> Rule {
    match state {
        PolicyState::Excepted => rule(
            "left-alone-excepted",
            "A policy is left as it is by an exception",
            "Nothing, until the exception expires.",
            "note",
        ),
        PolicyState::UsedAsBoundary => rule(
            "left-alone-used-as-boundary",
            "A policy with unused permissions is also a permissions boundary",
            "Attach a copy in its place, so that the boundary stays as it is.",
            "note",
        ),
        PolicyState::AttachedElsewhere => rule(
            "left-alone-attached-elsewhere",
            "A policy with unused permissions is attached to more than was read",
            "Read what is missing, or have copies recommended with shared = \"fork\".",
            "note",
        ),
        PolicyState::InUseByOthers => rule(
            "left-alone-in-use-by-others",
            "Nothing of a shared policy can go for all of its holders",
            "Have copies recommended with shared = \"fork\".",
            "note",
        ),
        PolicyState::Blocked => rule(
            "left-alone-blocked",
            "A shared policy has permissions that some holders do not use, and others count as using everything",
            "Find out why the holders that block it count as using everything, or have copies recommended with shared = \"fork\".",
            "note",
        ),
        PolicyState::DoesNotFit => rule(
            "left-alone-does-not-fit",
            "The smaller form of a policy is longer than its quota",
            "Split the policy by hand.",
            "note",
        ),
        PolicyState::TooManyAttached => rule(
            "left-alone-too-many-attached",
            "The policies that would take the place of one are more than may be attached",
            "Join or detach other policies of the holder first.",
            "note",
        ),
        PolicyState::NotSureEnough => rule(
            "left-alone-not-sure-enough",
            "A policy has unused permissions, but that is less sure than the config asks for",
            "Wait for better evidence, or lower min-confidence.",
            "note",
        ),
        PolicyState::NotProven => rule(
            "left-alone-not-proven",
            "The smaller form of a policy could not be proven",
            "Look at the services that the catalog does not know; a newer catalog may help.",
            "note",
        ),
        PolicyState::Refuted => rule(
            "left-alone-refuted",
            "The smaller form of a policy was refuted: a defect of leastwise",
            "Report the case, which is under defects/.",
            "error",
        ),
        PolicyState::ProvisionedDifferently => rule(
            "left-alone-provisioned-differently",
            "The policy of a permission set differs from account to account",
            "Provision the permission set anew.",
            "note",
        ),
        PolicyState::AccountsUnread => rule(
            "left-alone-accounts-unread",
            "A permission set may be in use in accounts that could not be read",
            "Read the accounts that are missing.",
            "note",
        ),
        PolicyState::AccountsUnknown => rule(
            "left-alone-accounts-unknown",
            "A permission set may be in use in accounts that are not known",
            "Scan with credentials that may list the organisation's accounts.",
            "note",
        ),
        PolicyState::KeptByRule => rule(
            "left-alone-kept-by-rule",
            "What is unused of a policy is kept by rules",
            "Nothing, until the rules end.",
            "note",
        ),
        PolicyState::NotInCatalog => rule(
            "left-alone-not-in-catalog",
            "What is unused of a policy stands under a wildcard over a service that the catalog does not know",
            "Update the catalog with `leastwise catalog update`.",
            "note",
        ),
        PolicyState::GrantTooYoung => rule(
            "left-alone-grant-too-young",
            "A policy is not wholly used, but what is unused was granted more recently than the evidence can tell of",
            "Scan again when the grant is older than the window.",
            "note",
        ),
        PolicyState::Idle => rule(
            "left-alone-idle",
            "All roles of a permission set are reported unused",
            "Review who still needs the permission set.",
            "note",
        ),
        PolicyState::Smaller
        | PolicyState::Copied
        | PolicyState::Forked
        | PolicyState::Family
        | PolicyState::PermissionSet
        | PolicyState::Kept
        | PolicyState::InUse
        | PolicyState::NotAPolicy
        | PolicyState::Unknown => LEFT_ALONE,
    }
}

/// In the order of the file.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let changes = Action::ALL.iter().map(|action| of_action(*action));
    let principals = [UNUSED_PRINCIPAL, UNUSED_KEY, UNUSED_PASSWORD, EXCEPTED];
    let left = PolicyState::ALL.iter().map(|state| of_state(*state)).filter(|it| *it != LEFT_ALONE);
    changes.chain(principals).chain(left).chain([LEFT_ALONE]).collect()
});

/// All of them, for the tool's component.
pub(super) fn all() -> Vec<Descriptor> {
    let descriptor = |rule: &Rule| Descriptor {
        id: rule.id,
        short_description: Message::of(rule.short),
        help: Message::of(rule.help),
        default_configuration: Configuration { level: rule.level },
        properties: Tags { tags: ["security", "least-privilege"] },
    };
    RULES.iter().map(descriptor).collect()
}

impl Rule {
    /// Its place in the file.
    pub(super) fn index(self) -> usize {
        RULES.iter().position(|it| it.id == self.id).unwrap_or_default()
    }
}

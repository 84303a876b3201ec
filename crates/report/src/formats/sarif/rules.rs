//! The rules, one for each kind of finding. Their IDs are stable, and every file lists all of them.

use std::sync::LazyLock;

use super::form::{Descriptor, Message, RuleConfiguration, Tags};
use crate::formats::say;
use leastwise_core::decide::Grade;
use leastwise_core::report::{Action, PolicyState, Report};

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SarifRule {
    pub(super) id: &'static str,
    /// What it finds.
    short: &'static str,
    /// What to do.
    help: &'static str,
    /// Level of findings without one of their own.
    pub(super) level: &'static str,
}

const fn rule(id: &'static str, short: &'static str, help: &'static str, level: &'static str) -> SarifRule {
    SarifRule {
        id,
        short,
        help,
        level,
    }
}

pub(super) const UNUSED_PRINCIPAL: SarifRule = rule(
    "unused-principal",
    "Unused role or user",
    "Confirm with the owner and check who can assume it, then delete it. Do not delete emergency access: add an exception.",
    "warning",
);

pub(super) const UNUSED_KEY: SarifRule = rule(
    "unused-access-key",
    "Unused access key",
    "Deactivate the key, wait until nobody misses it, then delete it. Keep the keys of emergency access.",
    "warning",
);

pub(super) const UNUSED_PASSWORD: SarifRule = rule(
    "unused-password",
    "Unused console password",
    "Delete the console password of the user. Keep the password of emergency access.",
    "warning",
);

pub(super) const EXCEPTED: SarifRule = rule(
    "principal-excepted",
    "Role or user kept by an exception",
    "Nothing to do until the exception expires; the justification is its reason.",
    "note",
);

/// Rule for policies that are not changed for a reason without its own rule.
const LEFT_ALONE: SarifRule = rule(
    "left-alone",
    "Policy with unused permissions is not changed",
    "The result says why, and how to fix it.",
    "note",
);

/// The rule for a recommended change.
pub(super) fn of_action(action: Action) -> SarifRule {
    match action {
        Action::Replace => rule(
            "policy-replace",
            "Inline policy has unused permissions",
            "Replace it with the reduced policy in the report. Apply and undo with the scripts in changes/.",
            "warning",
        ),
        Action::NewVersion => rule(
            "policy-new-version",
            "Customer managed policy has unused permissions",
            "Create a new default version from the reduced policy in the report.",
            "warning",
        ),
        Action::Substitute => rule(
            "policy-substitute",
            "AWS managed policy grants unused permissions",
            "Attach the reduced customer managed copy in the report and detach the AWS managed policy.",
            "warning",
        ),
        Action::Fork => rule(
            "policy-fork",
            "Shared policy grants some principals unused permissions",
            "Attach the reduced copy in the report to the principals named and detach the shared policy from them.",
            "warning",
        ),
        Action::Split => rule(
            "policy-split",
            "Policy has unused permissions and must be split to reduce it",
            "Create the managed policies in the report, attach them, and remove the original.",
            "warning",
        ),
        Action::Detach => rule(
            "policy-detach",
            "Managed policy is unused",
            "Detach it from the principals named: AWS reports all of its permissions as unused.",
            "warning",
        ),
        Action::Delete => rule(
            "policy-delete",
            "Inline policy is unused",
            "Delete it: AWS reports all of its permissions as unused.",
            "warning",
        ),
    }
}

/// The rule for a policy that is not changed, by the reason.
pub(super) fn of_state(state: PolicyState) -> SarifRule {
    match state {
        PolicyState::Excepted => rule(
            "left-alone-excepted",
            "Policy kept by an exception",
            "Nothing to do until the exception expires.",
            "note",
        ),
        PolicyState::UsedAsBoundary => rule(
            "left-alone-used-as-boundary",
            "Policy with unused permissions is also a permissions boundary",
            "Attach a separate copy, so that the boundary is not edited.",
            "note",
        ),
        PolicyState::AttachedElsewhere => rule(
            "left-alone-attached-elsewhere",
            "Policy with unused permissions is attached to principals outside the scan",
            "Scan with credentials that see all principals of the account, or use `--shared fork`.",
            "note",
        ),
        PolicyState::InUseByOthers => rule(
            "left-alone-in-use-by-others",
            "Shared policy cannot be reduced: every permission is used by someone",
            "Scan with `--shared fork` to give each principal a reduced copy.",
            "note",
        ),
        PolicyState::Blocked => rule(
            "left-alone-blocked",
            "Shared policy cannot be reduced: some principals have no usage data",
            "Find out why these principals have no usage data, or scan with `--shared fork`.",
            "note",
        ),
        PolicyState::DoesNotFit => rule(
            "left-alone-does-not-fit",
            "Reduced policy exceeds the size limit",
            "Split the policy manually.",
            "note",
        ),
        PolicyState::TooManyAttached => rule(
            "left-alone-too-many-attached",
            "Reduced policy needs more attachments than the limit allows",
            "Detach or merge other policies first, or request a quota increase.",
            "note",
        ),
        PolicyState::NotSureEnough => rule(
            "left-alone-not-sure-enough",
            "Confidence below `min-confidence`",
            "Wait for more usage data, or lower `min-confidence`.",
            "note",
        ),
        PolicyState::NotProven => rule(
            "left-alone-not-proven",
            "Reduced policy could not be proven",
            "Check services that the catalog does not know; run `leastwise catalog update`.",
            "note",
        ),
        PolicyState::Refuted => rule(
            "left-alone-refuted",
            "Reduced policy failed its proof (a bug in leastwise)",
            "Report the bug with the case in defects/.",
            "error",
        ),
        PolicyState::ProvisionedDifferently => rule(
            "left-alone-provisioned-differently",
            "Permission set differs between accounts",
            "Provision the permission set again.",
            "note",
        ),
        PolicyState::AccountsUnread => rule(
            "left-alone-accounts-unread",
            "Permission set may be used in accounts that were not scanned",
            "Scan the missing accounts.",
            "note",
        ),
        PolicyState::AccountsUnknown => rule(
            "left-alone-accounts-unknown",
            "Permission set may be used in unknown accounts",
            "Scan with credentials that can list the accounts of the organisation.",
            "note",
        ),
        PolicyState::KeptByRule => rule(
            "left-alone-kept-by-rule",
            "Unused permissions kept by a rule",
            "Nothing to do while the rule holds.",
            "note",
        ),
        PolicyState::NotInCatalog => rule(
            "left-alone-not-in-catalog",
            "Wildcard of a service that the catalog does not know",
            "Run `leastwise catalog update`, or replace the wildcard with the actions you need.",
            "note",
        ),
        PolicyState::FollowsAws => rule(
            "left-alone-follows-aws",
            "AWS managed policy of a service or agent",
            "Keep it: AWS extends it when its service or agent needs more, and a copy would not follow.",
            "note",
        ),
        PolicyState::GrantTooYoung => rule(
            "left-alone-grant-too-young",
            "Unused permissions were granted too recently",
            "Scan again when the grant is older than the window.",
            "note",
        ),
        PolicyState::Idle => rule(
            "left-alone-idle",
            "Permission set with unused roles only",
            "Confirm who still needs the permission set, then remove its assignments.",
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

/// All rules, in the order of the file.
static RULES: LazyLock<Vec<SarifRule>> = LazyLock::new(|| {
    let changes = Action::ALL.iter().map(|action| of_action(*action));
    let principals = [UNUSED_PRINCIPAL, UNUSED_KEY, UNUSED_PASSWORD, EXCEPTED];
    let left = PolicyState::ALL
        .iter()
        .map(|state| of_state(*state))
        .filter(|it| *it != LEFT_ALONE);
    changes
        .chain(principals)
        .chain(left)
        .chain([LEFT_ALONE])
        .collect()
});

/// All rules, for the tool component.
pub(super) fn all(report: &Report) -> Vec<Descriptor> {
    let descriptor = |rule: &SarifRule| Descriptor {
        id: rule.id,
        short_description: Message::of(rule.short),
        full_description: Message::of(&format!("{}. {}", rule.short, rule.help)),
        help: Message::of(rule.help),
        help_uri: say::page(report, rule.id),
        default_configuration: RuleConfiguration { level: rule.level },
        properties: Tags {
            precision: "high",
            security_severity: rule.grade().score(),
            tags: ["security", "least-privilege"],
        },
    };
    RULES.iter().map(descriptor).collect()
}

impl SarifRule {
    /// Usual severity of findings of this rule; each result has its own.
    fn grade(self) -> Grade {
        match self.level {
            "error" => Grade::High,
            "warning" => Grade::Medium,
            _ => Grade::Low,
        }
    }

    /// Position of the rule in the file.
    pub(super) fn index(self) -> usize {
        RULES.iter().position(|it| it.id == self.id).unwrap_or_default()
    }
}

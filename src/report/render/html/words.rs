//! Stable codes of the report, in words. A code that is not here is shown as it is.

use crate::report::{Action, Coverage};

/// Statuses in the order in which people want to see them, with what each means.
pub(in crate::report::render) const STATUSES: [(&str, &str, &str); 10] = [
    ("reducible", "Can be reduced", "a smaller policy is ready"),
    ("unused-principal", "Unused", "not used in the window: review them for deletion"),
    ("blocked", "Blocked", "permissions that they do not use stay; the reason and the remedy are given"),
    ("clean", "Clean", "everything that was examined is in use"),
    ("no-finding", "No finding", "the analyzer has no finding about them, which is no proof of use"),
    ("excluded", "Excluded", "a rule leaves them as they are"),
    ("too-young", "Too young", "younger than the window of the evidence"),
    ("no-evidence", "No evidence", "nothing is known of their use"),
    ("unsupported", "Not changeable", "only the AWS service that owns them can change them"),
    ("failed", "Not read", "their account or their evidence could not be read"),
];

/// Access levels, the one whose loss matters most first.
pub(super) const LEVELS: [(&str, &str); 6] = [
    ("permissions-management", "Permissions management"),
    ("write", "Write"),
    ("unknown", "Unknown level"),
    ("tagging", "Tagging"),
    ("read", "Read"),
    ("list", "List"),
];

/// A status's name for people.
pub(in crate::report::render) fn status(code: &str) -> &str {
    STATUSES.iter().find(|(name, ..)| *name == code).map_or(code, |(_, title, _)| title)
}

/// How far an account was read, in a word.
pub(super) fn coverage(coverage: &Coverage) -> &'static str {
    match coverage {
        Coverage::Complete => "complete",
        Coverage::Partial => "partial",
        Coverage::Failed => "failed",
        Coverage::Suspended => "suspended",
        Coverage::Excluded => "excluded",
    }
}

/// What to do, in a sentence.
pub(in crate::report::render) fn action(action: &Action) -> &'static str {
    match action {
        Action::Replace => "Put the smaller document in its place.",
        Action::NewVersion => "Make the smaller document a new default version of the policy.",
        Action::Substitute => {
            "Create a customer-managed copy that is smaller, attach it, and detach the policy of AWS."
        }
        Action::Fork => "Create a smaller copy for these holders, attach it, and detach the shared policy.",
        Action::Split => {
            "The result does not fit where it is: create managed policies of it, attach them, and remove this one."
        }
        Action::Detach => "Nothing of it is used: detach it.",
        Action::Delete => "Nothing of it is used: delete it.",
    }
}

/// What becomes of a policy.
pub(super) fn state(code: &str) -> &str {
    match code {
        "smaller" => "can be smaller, or go",
        "kept" => "stays as it is",
        "copied" => "a smaller copy takes its place",
        "forked" => "smaller copies take its place for those who need less",
        "family" => "changed once for many accounts",
        "permission-set" => "part of a permission set, changed in Identity Center",
        "idle" => "nobody who holds it is in use",
        "blocked" => "shared with somebody who counts as using everything",
        "grant-too-young" => "granted more recently than the evidence can tell of",
        "in-use-by-others" => "what one does not use, another does",
        "used-as-boundary" => "used as a permissions boundary, and so never edited",
        "attached-elsewhere" => "attached to more than the account shows",
        "excepted" => "an exception leaves it as it is",
        "does-not-fit" => "its smaller form does not fit the quota",
        "too-many-attached" => "its smaller form takes more policies than can be attached",
        "not-sure-enough" => "the evidence is not sure enough",
        "not-proven" => "its smaller form could not be proven",
        "kept-by-rule" => "what could go of it is what rules keep",
        "not-in-catalog" => "its wildcards are over services that the catalog does not know",
        "not-a-policy" => "its document could not be understood",
        other => other,
    }
}

/// What to know before acting.
pub(in crate::report::render) fn note(code: &str) -> &str {
    match code {
        "policy-newer-than-evidence" => {
            "The policy was changed after the evidence was made: look whether the change was about what is removed here."
        }
        "service-not-in-catalog" => {
            "It has a wildcard over a service that the catalog does not know; that wildcard stays, and is not part of the proof."
        }
        "copy-exists" => "An equal policy of that name is there already: it needs only to be attached.",
        "detach-before-attach" => {
            "A holder has ten policies attached: detach the old one before the new one is attached."
        }
        "edit-the-permission-set" => {
            "Edit the permission set in IAM Identity Center and provision it anew; the roles in the accounts cannot be edited."
        }
        "accounts-unread" => {
            "Some accounts were not read, and the same policy may stand there too: look whether it is in use there."
        }
        "edit-the-template" => {
            "The same policy stands in many accounts: edit the template that it comes from, and every account follows."
        }
        other => other,
    }
}

/// What to do about permissions whose use AWS does not see.
pub(in crate::report::render) const FIND_OUT: &str = "AWS does not record the use of these permissions, so they stay. To find out, \
ask the owner of the workload, or deny them to this principal alone for a while and watch for errors.";

/// What became of a change since the earlier report.
pub(in crate::report::render) fn since(code: &str) -> &str {
    match code {
        "reopened" => "back",
        "regressed" => "grants more than before",
        "same" => "as before",
        other => other,
    }
}

/// What a reason does to the confidence.
pub(super) fn reason(code: &str) -> &str {
    match code {
        "supports" => "supports it",
        "lowers-to-medium" => "lowers it to medium",
        "lowers-to-low" => "lowers it to low",
        other => other,
    }
}

/// The kind of a policy.
pub(super) fn policy_kind(code: &str) -> &str {
    match code {
        "inline" => "inline",
        "customer-managed" => "customer-managed",
        "aws-managed" => "AWS-managed",
        other => other,
    }
}

/// The kind of a family.
pub(super) fn family(code: &str) -> &str {
    match code {
        "permission-set" => "permission set",
        "fleet" => "fleet",
        other => other,
    }
}

/// Where evidence comes from.
pub(super) fn source(code: &str) -> &str {
    match code {
        "analyzer" => "IAM Access Analyzer",
        "last-accessed" => "IAM last-accessed data",
        "none" => "no evidence",
        other => other,
    }
}

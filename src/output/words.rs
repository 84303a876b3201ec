//! Words for codes and numbers on a terminal. Files contain the codes.

use leastwise_aws::live::{CHECK_OPERATIONS, OPERATIONS};
use leastwise_core::decide::PrincipalStatus;
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::report::{Status, numbers};

pub(crate) use leastwise_core::report::numbers::counted;

/// A number with thousands separators.
pub(crate) fn number(number: u64) -> String {
    numbers::count(&number)
}

/// A status, behind a number of principals.
pub(crate) fn status(status: PrincipalStatus) -> &'static str {
    match status {
        PrincipalStatus::Reducible => "can be reduced",
        PrincipalStatus::Blocked => "unused but blocked",
        PrincipalStatus::Clean => "without unused permissions",
        PrincipalStatus::NoFinding => "without a finding",
        PrincipalStatus::UnusedPrincipal => "unused",
        PrincipalStatus::Excluded => "excepted",
        PrincipalStatus::TooYoung => "too new",
        PrincipalStatus::NoEvidence => "without usage data",
        PrincipalStatus::Unsupported => "managed by AWS",
        PrincipalStatus::Failed => "not scanned",
        PrincipalStatus::Unknown => "unknown",
    }
}

/// The status of changes, after their number.
pub(crate) fn change(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::Reopened => "back",
        Status::Regressed => "regressed (the policy grants more)",
        Status::Changed => "changed",
        Status::Same => "unchanged",
        Status::Withheld => "withheld",
        Status::Resolved => "resolved",
        Status::NotRead => "in accounts not scanned",
    }
}

/// What failed, in AWS's own terms: `AccessDenied on iam:GetAccountAuthorizationDetails`.
pub(crate) fn failure(failure: &Failure) -> String {
    let code = failure.code.as_deref().unwrap_or(match failure.kind {
        FailureKind::Denied => "access denied",
        FailureKind::Throttled => "throttled",
        FailureKind::Expired => "credentials expired",
        FailureKind::Absent => "not found",
        FailureKind::Malformed => "unusable response",
        FailureKind::Unreachable => "no response",
    });
    let operation = failure.operation.as_str();
    let called = OPERATIONS
        .iter()
        .chain(CHECK_OPERATIONS)
        .find(|it| it.name() == operation);
    format!("{code} on {}", called.map_or(operation, |it| it.action()))
}

#[cfg(test)]
mod tests {
    use super::failure;
    use leastwise_core::evidence::{Failure, FailureKind};

    #[test]
    fn a_failure_names_the_action_that_was_denied() {
        let denied = Failure::new("AssumeRole", FailureKind::Denied);
        assert_eq!(failure(&denied), "access denied on sts:AssumeRole");
        let said = denied.saying(Some("AccessDenied"), None);
        assert_eq!(failure(&said), "AccessDenied on sts:AssumeRole");
    }
}

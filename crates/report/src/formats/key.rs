//! How a finding is recognised in the next run: by its kind and place, never by the ID that AWS gave a finding.

/// Prefix of the ID of a recommendation.
pub(super) const POLICY: &str = "policy:";

/// Key of a policy change, from the ID of the recommendation.
pub(super) fn of_policy(id: &str) -> String {
    format!("{POLICY}{id}")
}

/// Key of a principal or one of its credentials.
pub(super) fn of_principal(rule: &str, arn: &str) -> String {
    format!("{rule}:{arn}")
}

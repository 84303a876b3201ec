//! What a finding is known by from night to night: what it is and where that lives, never an id that AWS gave a finding.

/// What stands before the id of a recommendation.
pub(super) const POLICY: &str = "policy:";

/// Of what becomes of a policy, by the id of the recommendation.
pub(super) fn of_policy(id: &str) -> String {
    format!("{POLICY}{id}")
}

/// Of a principal or one of its credentials.
pub(super) fn of_principal(rule: &str, arn: &str) -> String {
    format!("{rule}:{arn}")
}

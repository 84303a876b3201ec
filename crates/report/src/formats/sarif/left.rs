//! Policies with unused permissions that are not changed, and why.

use serde_json::json;

use super::form::SarifResult;
use super::{ResultParts, file_of, policy_and, rules, suppression};
use crate::formats::{key, say};
use leastwise_core::decide::FamilyKind;
use leastwise_core::report::numbers::{capital, counted};
use leastwise_core::report::{AccountSummary, FamilyRow, LeftAlone, PolicyState};

/// A policy of one account that is not changed.
pub(super) fn left_alone(left: &LeftAlone, account: &AccountSummary) -> SarifResult {
    let said = ResultParts {
        rule: rules::of_state(left.code),
        grade: None,
        text: format!(
            "policy {} in {} has unused permissions but is not changed: {}.{}",
            left.policy,
            say::account(account),
            left.why,
            and(&left.remedy)
        ),
        file: file_of(&account.id),
        places: policy_and(&left.policy, &left.reaches),
        fingerprint: key::of_policy(&format!("{}:{}", account.id, left.policy)),
        properties: json!({
            "account": account.id,
            "accountName": account.name,
            "code": left.code,
            "remedy": left.remedy,
            "reaches": left.reaches.len(),
            "blockers": left.blockers,
            "alternative": left.alternative,
        }),
    };
    let excepted = left.code == PolicyState::Excepted;
    let suppressions = excepted.then(|| suppression(&left.why)).into_iter().collect();
    SarifResult {
        suppressions,
        ..said.finding()
    }
}

/// The text with one more item, if there is one.
fn and(remedy: &str) -> String {
    if remedy.is_empty() {
        String::new()
    } else {
        format!(" {}.", capital(remedy))
    }
}

/// A policy of several accounts that is not changed.
pub(super) fn family_left(family: &FamilyRow) -> SarifResult {
    let accounts = family.accounts.len();
    let of = match family.kind {
        FamilyKind::PermissionSet => format!("permission set {}", family.name),
        FamilyKind::Fleet => format!("{} in {}", family.name, counted(accounts, "account")),
    };
    ResultParts {
        rule: rules::of_state(family.code),
        grade: None,
        text: format!(
            "policy {} of {of} has unused permissions but is not changed: {}.",
            family.policy, family.why
        ),
        file: "report.json".to_owned(),
        places: policy_and(&family.id, &[]),
        fingerprint: key::of_policy(&family.id),
        properties: json!({
            "family": family.id,
            "code": family.code,
            "accounts": accounts,
            "blockers": family.blockers,
        }),
    }
    .finding()
}

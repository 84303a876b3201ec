//! Results about one principal: unused, excepted, or with an unused credential.

use serde_json::{Value, json};

use super::form::SarifResult;
use super::rules::SarifRule;
use super::{ResultParts, file_of, rules, suppression};
use crate::formats::{key, reserve, say, weight};
use leastwise_core::report::{AccountSummary, IdleCredential, PrincipalRow, Report};

fn about(principal: &PrincipalRow, account: &AccountSummary) -> Value {
    json!({
        "account": account.id,
        "accountName": account.name,
        "kind": principal.kind,
        "created": principal.created,
        "lastUsed": principal.last_used,
        "granted": principal.effect.granted,
        "risk": principal.effect.risk.before,
        "openToOutsiders": principal.trust.as_ref().map(|trust| trust.open),
        "tags": principal.tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
    })
}

fn of_principal<'s>(
    principal: &'s PrincipalRow,
    account: &AccountSummary,
    rule: SarifRule,
    text: String,
) -> ResultParts<'s> {
    ResultParts {
        rule,
        grade: None,
        text,
        file: file_of(&account.id),
        places: vec![("principal", principal.arn.as_str())],
        fingerprint: key::of_principal(rule.id, &principal.arn),
        properties: about(principal, account),
    }
}

pub(super) fn unused(principal: &PrincipalRow, account: &AccountSummary) -> SarifResult {
    let mut text = format!(
        "{} {} in {}: {}.",
        principal.kind,
        principal.name,
        say::account(account),
        principal.why
    );
    if let Some(trust) = &principal.trust {
        text.push_str(&format!(" It {}.", trust.why));
    }
    let exception = reserve::exception(principal, &account.id);
    if exception.is_some() {
        text.push(' ');
        text.push_str(reserve::advice(principal));
    }
    let mut said = of_principal(principal, account, rules::UNUSED_PRINCIPAL, text);
    if let (Some(exception), Some(properties)) = (exception, said.properties.as_object_mut()) {
        properties.insert("exceptionToAdd".to_owned(), json!(exception));
    }
    ResultParts {
        grade: Some(weight::of_unused(principal)),
        ..said
    }
    .finding()
}

/// A principal with an exception: a known finding, suppressed by the owner of the exception.
pub(super) fn excepted(report: &Report, principal: &PrincipalRow, account: &AccountSummary) -> SarifResult {
    let text = format!(
        "{} {} in {}: {}.",
        principal.kind,
        principal.name,
        say::account(account),
        principal.why
    );
    let mut said = of_principal(principal, account, rules::EXCEPTED, text);
    let rule = report
        .exceptions
        .iter()
        .find(|it| principal.rule.as_deref() == Some(it.id.as_str()));
    let justification = match rule {
        Some(rule) => {
            if let Some(properties) = said.properties.as_object_mut() {
                properties.insert(
                    "exception".to_owned(),
                    json!({"id": rule.id, "owner": rule.owner, "expires": rule.expires}),
                );
            }
            rule.reason.clone()
        }
        None => principal.why.clone(),
    };
    let suppressions = vec![suppression(&justification)];
    SarifResult {
        suppressions,
        ..said.finding()
    }
}

pub(super) fn idle(
    principal: &PrincipalRow,
    credential: &IdleCredential,
    account: &AccountSummary,
) -> SarifResult {
    let (rule, what, id) = match &credential.access_key_id {
        Some(key) => (rules::UNUSED_KEY, format!("access key {key}"), format!("/{key}")),
        None => (
            rules::UNUSED_PASSWORD,
            "console password".to_owned(),
            String::new(),
        ),
    };
    let mut text = format!(
        "user {} in {}: {what}, {}.",
        principal.name,
        say::account(account),
        say::last_used(credential)
    );
    if principal.emergency.is_some() {
        text.push(' ');
        text.push_str(reserve::about_credential(
            principal,
            credential.access_key_id.is_some(),
        ));
    }
    let said = of_principal(principal, account, rule, text);
    let fingerprint = format!("{}{id}", said.fingerprint);
    let properties = json!({
        "account": account.id,
        "accountName": account.name,
        "accessKeyId": credential.access_key_id,
        "lastAccessed": credential.last_accessed,
    });
    ResultParts {
        grade: Some(weight::of_credential(principal)),
        fingerprint,
        properties,
        ..said
    }
    .finding()
}

//! The event of an unused principal.

use serde_json::json;

use super::form::{Activity, Analysed, OcsfEvent, Policy};
use super::unmapped::Unmapped;
use super::{EventParts, account_of, milliseconds, principal_type, resource, seen, user};
use crate::formats::{key, reserve, say, weight};
use leastwise_core::report::{AccountReport, Lookup, PrincipalRow, Report};

pub(super) fn principal_event<'e>(
    report: &'e Report,
    account: &'e AccountReport,
    lookup: &Lookup<'e>,
    principal: &'e PrincipalRow,
) -> OcsfEvent<'e> {
    let (summary, kind) = (&account.summary, principal_type(&principal.arn).0);
    let held = lookup.held_by(principal);
    let policies = held
        .iter()
        .map(|it| resource(report, "Policy", it.arn.as_deref().unwrap_or(&it.id)));
    let mut event = EventParts {
        account: Some(account_of(summary)),
        seen: seen(std::iter::once(&summary.evidence)),
        sources: vec![summary.evidence.source.name()],
        kind: ("unused-principal".to_owned(), "Unused Principal"),
        uid: key::of_principal("unused-principal", &principal.arn),
        title: format!(
            "Unused {} {} in {}",
            principal.kind,
            principal.name,
            say::account(summary)
        ),
        desc: format!("{} {}: {}.", principal.kind, principal.name, principal.why),
        mend: reserve::advice(principal).to_owned(),
        grade: weight::of_unused(principal),
        resources: std::iter::once(resource(report, kind, &principal.arn))
            .chain(policies)
            .collect(),
        unmapped: Unmapped::Principal(json!({
            "code": principal.code,
            "created": principal.created,
            "granted": principal.effect.granted,
            "last_used": principal.last_used,
            "risk": principal.effect.risk.before,
            "risk_why": principal.effect.risk.why_before,
            "tags": principal.tags,
            "trust": principal.trust,
        })),
    }
    .event(report);
    let last_seen_time = principal.last_used.as_deref().and_then(milliseconds);
    event.identity_activity_metrics = Some(Activity { last_seen_time });
    event.permission_analysis_results = held
        .into_iter()
        .map(|it| Analysed {
            policy: Policy {
                name: &it.name,
                r#type: it.kind.name(),
                uid: it.arn.as_deref().unwrap_or(&it.id),
            },
            unused_privileges_count: None,
            unused_services_count: None,
        })
        .collect();
    event.user = Some(user(&principal.arn, Some(account_of(summary))));
    event
}

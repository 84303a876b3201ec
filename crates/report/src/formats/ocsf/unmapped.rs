//! Fields that OCSF does not define, under our own names.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::super::finding_state::FindingState;
use leastwise_core::report::{
    Action, ActionLevel, CodeOwner, ConfidenceReason, EscalationRow, Files, Note, Recommendation,
    UnusedService,
};

/// Borrowed from the report, because the fields of a change can be long.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Unmapped<'e> {
    Change(Box<OfChange<'e>>),
    Principal(Value),
}

#[derive(Debug, Serialize)]
pub(super) struct OfChange<'e> {
    action: &'e Action,
    actions_kept: usize,
    actions_removed: usize,
    code_owners: &'e [CodeOwner],
    confidence_reasons: &'e [ConfidenceReason],
    creates: &'e [String],
    escalations_closed: &'e [EscalationRow],
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<&'e Files>,
    foremost: &'e [String],
    notes: &'e [Note],
    permissions_removed: usize,
    reaches: usize,
    recommendation: &'e str,
    removed_by_level: &'e BTreeMap<ActionLevel, usize>,
    risk_removed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_earlier_report: Option<&'static str>,
    unused: &'e [UnusedService],
}

impl<'e> Unmapped<'e> {
    pub(super) fn of(change: &'e Recommendation) -> Self {
        Self::Change(Box::new(OfChange {
            action: &change.action,
            code_owners: &change.code_owners,
            confidence_reasons: &change.confidence.reasons,
            creates: &change.creates,
            escalations_closed: &change.impact.escalations,
            files: Some(&change.files),
            foremost: &change.impact.foremost,
            notes: &change.notes,
            actions_kept: change.proof.kept,
            permissions_removed: change.permissions_removed,
            actions_removed: change.proof.removed,
            reaches: change.reaches.len(),
            recommendation: &change.id,
            removed_by_level: &change.impact.by_level,
            risk_removed: change.impact.risk,
            since_earlier_report: None,
            unused: &change.unused,
        }))
    }

    /// Comparison with the earlier report. A closed finding has no files in this report.
    pub(super) fn since(&mut self, state: FindingState) {
        match self {
            Self::Change(change) => {
                change.files = change.files.filter(|_| state != FindingState::Absent);
                change.since_earlier_report = Some(state.name());
            }
            Self::Principal(value) => {
                if let Some(object) = value.as_object_mut() {
                    object.insert("since_earlier_report".to_owned(), state.name().into());
                }
            }
        }
    }
}

//! The report on mocks/fabrikam, and the rows that its tests read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use leastwise_core::report::{LeftAlone, PrincipalRow, Recommendation};
use serde_json::Value;

use crate::run::{folder, leastwise};
use crate::scan::account;

/// The report with default options, which all tests but one read.
pub(super) static REPORT: LazyLock<PathBuf> = LazyLock::new(|| fabrikam("fabrikam", &[]));

pub(super) fn fabrikam(name: &str, more: &[&str]) -> PathBuf {
    let out = folder(name).join("report");
    let args = [
        "scan",
        "--quiet",
        "--snapshot",
        "mocks/fabrikam",
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(args.iter().chain(more)).ran().exits(0);
    out
}

pub(super) fn row(id: &str, name: &str) -> PrincipalRow {
    let found = account(&REPORT, id)
        .principals
        .into_iter()
        .find(|row| row.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {id}"))
}

/// Holds a principal to its status and code, and gives back the sentence.
pub(super) fn why(id: &str, name: &str, status: &str, code: &str) -> String {
    let row = row(id, name);
    assert_eq!(
        (row.status.name(), row.code.name()),
        (status, code),
        "{name}: {}",
        row.why
    );
    row.why
}

pub(super) fn recommendation(report: &Path, id: &str) -> Recommendation {
    let account = account(report, id.split('/').next().unwrap());
    let ids: Vec<String> = account.recommendations.iter().map(|it| it.id.clone()).collect();
    let found = account.recommendations.into_iter().find(|it| it.id == id);
    found.unwrap_or_else(|| panic!("no {id} among {ids:?}"))
}

pub(super) fn left_alone(id: &str, policy: &str) -> LeftAlone {
    let found = account(&REPORT, id)
        .left_alone
        .into_iter()
        .find(|row| row.policy.ends_with(policy));
    found.unwrap_or_else(|| panic!("{policy} is not left alone"))
}

/// The codes of what the confidence rests on, those that lower it first.
pub(super) fn codes(recommendation: &Recommendation) -> Vec<&str> {
    recommendation
        .confidence
        .reasons
        .iter()
        .map(|reason| reason.code.name())
        .collect()
}

/// The actions of the document after a change.
pub(super) struct Actions(pub(super) Vec<String>);

impl Actions {
    pub(super) fn after(report: &Path, recommendation: &Recommendation) -> Self {
        let text = fs::read_to_string(report.join(&recommendation.files.after)).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let listed = |statement: &Value| match &statement["Action"] {
            Value::String(one) => vec![one.clone()],
            many => many
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap().to_owned())
                .collect(),
        };
        Self(
            document["Statement"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(listed)
                .collect(),
        )
    }

    pub(super) fn has(&self, pattern: &str) -> bool {
        self.0.iter().any(|it| it == pattern)
    }

    /// Whether a pattern matches an action. All wildcards here are at the end.
    pub(super) fn grants(&self, action: &str) -> bool {
        self.0.iter().any(|it| {
            it.strip_suffix('*')
                .map_or(it == action, |start| action.starts_with(start))
        })
    }
}

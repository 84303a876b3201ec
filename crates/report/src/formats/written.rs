//! Reads back the files of a finished report that show how it compares with an earlier one: SARIF, OCSF and
//! ASFF. The earlier report is not available then, so the status of a finding is taken from these files;
//! everything else about today's findings is rendered again, and resolved ones are recognised by their
//! status.

use std::collections::BTreeMap;

use serde_json::Value;

use super::finding_state::FindingState;
use leastwise_core::report::FileHash;

/// One of the formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judging {
    /// ASFF, a file for each call.
    Asff,
    /// OCSF.
    Ocsf,
    /// SARIF.
    Sarif,
}

/// Statuses of findings by a prefix of the hash of their IDs: there may be millions.
#[derive(Debug, Default)]
pub struct FindingStates(BTreeMap<[u8; 8], FindingState>);

impl Judging {
    /// The format of a file, by its path.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "report.sarif" => Some(Self::Sarif),
            "findings.ocsf.jsonl" => Some(Self::Ocsf),
            path if path.starts_with("asff/") => Some(Self::Asff),
            _ => None,
        }
    }

    /// The ID and status of the finding on a line. Some lines have none.
    fn state(self, line: &str) -> Option<(String, FindingState)> {
        let finding: Value = serde_json::from_str(line.trim_end_matches(',')).ok()?;
        let text = |path: &str| finding.pointer(path).and_then(Value::as_str);
        let (uid, state) = match self {
            Self::Sarif => ("/partialFingerprints/leastwise~1v1", "/baselineState"),
            Self::Ocsf => ("/finding_info/uid", "/unmapped/since_earlier_report"),
            Self::Asff => {
                let state = if text("/RecordState") == Some("ARCHIVED") {
                    FindingState::Absent
                } else {
                    FindingState::New
                };
                return Some((text("/Id")?.to_owned(), state));
            }
        };
        Some((text(uid)?.to_owned(), FindingState::named(text(state)?)?))
    }

    /// Whether a line is about something that was in the earlier report and is gone.
    pub fn is_gone(self, line: &str) -> bool {
        self.state(line)
            .is_some_and(|(_, state)| state == FindingState::Absent)
    }
}

impl FindingStates {
    /// Adds what a line says.
    pub fn add(&mut self, judging: Judging, line: &str) {
        if let Some((uid, state)) = judging.state(line) {
            self.0.insert(key(&uid), state);
        }
    }

    /// The status of a finding. One without an entry is new.
    pub(super) fn of(&self, uid: &str) -> FindingState {
        self.0.get(&key(uid)).copied().unwrap_or(FindingState::New)
    }
}

fn key(uid: &str) -> [u8; 8] {
    FileHash::of(uid.as_bytes()).first()
}

//! The files of a finished report that tell what became of an earlier one, read back: SARIF, OCSF and ASFF. The earlier report
//! is not at hand then, so what became of a finding is what they say; all else of today's findings is rendered again, and what
//! is said to be gone is told apart.

use std::collections::BTreeMap;

use serde_json::Value;

use super::since::FindingState;
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

/// What became of findings, by the beginning of the hash of what each is known by: there may be millions.
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

    /// What became of the finding of a line, and what it is known by. Some lines have none.
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

    /// What became of a finding. One of which nothing is said is new.
    pub(super) fn of(&self, uid: &str) -> FindingState {
        self.0.get(&key(uid)).copied().unwrap_or(FindingState::New)
    }
}

fn key(uid: &str) -> [u8; 8] {
    FileHash::of(uid.as_bytes()).first()
}

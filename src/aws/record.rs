//! Answers as files of a snapshot: the other direction of `snapshot`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Answers, Organisation};
use crate::evidence::{Analyzer, AnalyzerAnswer, Failure};
use crate::inventory::wire::{Account, Accounts};

/// A file of a snapshot: its path from the snapshot's folder, and its text.
pub type RecordedFile = (String, String);

/// The files of one account.
///
/// # Errors
/// When a value has no JSON form, which these have.
pub fn account_files(account: &Account, answers: &Answers) -> Result<Vec<RecordedFile>, serde_json::Error> {
    let path = |name: &str| format!("accounts/{}/{name}", account.id);
    let mut files = Vec::new();
    match &answers.authorization {
        Ok(authorization) => files.push((path("authorization.json"), pretty(authorization)?)),
        Err(failure) => {
            files.push((path("error.json"), pretty(failure)?));
            return Ok(files);
        }
    }
    match &answers.evidence {
        Ok(evidence) => {
            let has_findings = evidence.analyzer.is_some() || !evidence.findings.is_empty();
            if has_findings || evidence.last_accessed.is_empty() {
                files.push((path("findings.json"), pretty(&evidence.findings)?));
            }
            if !evidence.last_accessed.is_empty() {
                files.push((path("last-accessed.json"), pretty(&evidence.last_accessed)?));
            }
        }
        Err(failure) => files.push((path("error.json"), pretty(failure)?)),
    }
    Ok(files)
}

/// The files that stand beside the accounts' folders. `analyzers` are those that answered, by ARN.
///
/// # Errors
/// As [`account_files`].
pub fn common_files(
    organisation: &Organisation,
    analyzers: &BTreeMap<String, Analyzer>,
    captured_at: &str,
) -> Result<Vec<RecordedFile>, serde_json::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct About<'a> {
        format: u32,
        captured_at: &'a str,
        partition: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        accounts_unknown: Option<&'a Failure>,
    }
    let (partition, accounts_unknown) = (&organisation.partition, organisation.unknown.as_ref());
    let about = About { format: 1, captured_at, partition, accounts_unknown };
    let accounts = Accounts { accounts: organisation.accounts.clone() };
    let answers = analyzers.values().map(|analyzer| AnalyzerAnswer { analyzer: analyzer.clone() });
    let answers: Vec<_> = answers.collect();
    Ok(vec![
        ("snapshot.json".to_owned(), pretty(&about)?),
        ("accounts.json".to_owned(), pretty(&accounts)?),
        ("analyzers.json".to_owned(), pretty(&answers)?),
    ])
}

fn pretty(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}

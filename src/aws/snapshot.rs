//! Recorded answers: a folder in the shapes of the AWS CLI.
//!
//! ```text
//! snapshot.json                       {"format":1,"capturedAt":...,"partition":"aws"}
//! accounts.json                       aws organizations list-accounts
//! analyzers.json                      a list of get-analyzer answers
//! accounts/<id>/authorization.json    aws iam get-account-authorization-details, documents decoded
//! accounts/<id>/findings.json         a list of get-finding-v2 answers, pages joined
//! accounts/<id>/last-accessed.json    a list of get-service-last-accessed-details answers, where that is the source
//! accounts/<id>/error.json            {"operation":...,"kind":"denied"}: alone when the account could not be read,
//!                                     beside authorization.json when its findings could not be listed
//! ```

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::{Answers, Cloud, Evidence, Organisation, Reading};
use crate::evidence::{
    Analyzer, AnalyzerAnswer, Failure, FailureKind, Finding, LastAccessed, choose_analyzers,
};
use crate::files;
use crate::inventory::wire::{Account, Accounts};

/// A folder of recorded answers.
#[derive(Debug)]
pub struct Snapshot {
    folder: PathBuf,
    organisation: Organisation,
    analyzers: Vec<Analyzer>,
    captured_at: Option<String>,
}

/// Why a folder is not a snapshot.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A file cannot be read.
    #[error("cannot read `{path}`: {error}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file is not of its form.
    #[error("`{path}` is not what the AWS CLI prints: {error}")]
    Form {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// A snapshot of another format.
    #[error("`{path}` says format {found}, this version reads format 1")]
    Format {
        /// Which file.
        path: PathBuf,
        /// The format that it says.
        found: u32,
    },
    /// An account that is there twice.
    #[error("`{path}` names the account {id} twice")]
    Twice {
        /// Which file.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// An account id that is not twelve digits.
    #[error("`{path}` names the account `{}`, which is not twelve digits", id.escape_debug())]
    AccountId {
        /// Which file.
        path: PathBuf,
        /// The id.
        id: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    format: u32,
    #[serde(default)]
    captured_at: Option<String>,
    #[serde(default)]
    partition: Option<String>,
}

impl Snapshot {
    /// Opens a snapshot: reads all but the accounts' own files.
    ///
    /// # Errors
    /// When the folder is not a snapshot.
    pub fn open(folder: &Path) -> Result<Self, SnapshotError> {
        let path = folder.join("snapshot.json");
        let about: About = read(folder, "snapshot.json")?;
        if about.format != 1 {
            return Err(SnapshotError::Format { path, found: about.format });
        }
        let path = folder.join("accounts.json");
        let accounts: Accounts = read(folder, "accounts.json")?;
        // Ids become file names.
        if let Some(account) = accounts.accounts.iter().find(|account| !is_account_id(&account.id)) {
            return Err(SnapshotError::AccountId { path, id: account.id.clone() });
        }
        let mut met = BTreeSet::new();
        if let Some(account) = accounts.accounts.iter().find(|account| !met.insert(&account.id)) {
            return Err(SnapshotError::Twice { path, id: account.id.clone() });
        }
        let analyzers: Vec<AnalyzerAnswer> = optional(folder, "analyzers.json")?.unwrap_or_default();
        Ok(Self {
            folder: folder.to_owned(),
            organisation: Organisation {
                partition: about.partition.unwrap_or_else(|| "aws".to_owned()),
                accounts: accounts.accounts,
            },
            analyzers: analyzers.into_iter().map(|answer| answer.analyzer).collect(),
            captured_at: about.captured_at,
        })
    }

    /// When the answers were recorded.
    pub fn captured_at(&self) -> Option<&str> {
        self.captured_at.as_deref()
    }

    /// All analyzers.
    pub fn analyzers(&self) -> &[Analyzer] {
        &self.analyzers
    }

    /// One account's answers.
    fn account(&self, account: &Account) -> Answers {
        let file = |name: &str| format!("accounts/{}/{name}", account.id);
        let error: Option<Failure> = match optional(&self.folder, &file("error.json")) {
            Ok(error) => error,
            Err(error) => Some(malformed("error.json", &file("error.json"), &error)),
        };
        let read = self.answer("GetAccountAuthorizationDetails", &file("authorization.json"));
        let absent = || error.clone().unwrap_or_else(|| absent("GetAccountAuthorizationDetails"));
        let authorization = read.and_then(|read| read.ok_or_else(absent));
        let evidence = match error {
            Some(error) => Err(error),
            None => self.evidence(account),
        };
        Answers { authorization, evidence }
    }

    fn answer<T: DeserializeOwned>(&self, operation: &str, path: &str) -> Result<Option<T>, Failure> {
        optional(&self.folder, path).map_err(|error| malformed(operation, path, &error))
    }

    fn evidence(&self, account: &Account) -> Result<Evidence, Failure> {
        let file = |name: &str| format!("accounts/{}/{name}", account.id);
        let findings: Option<Vec<Finding>> = self.answer("GetFindingV2", &file("findings.json"))?;
        let last_accessed: Option<Vec<LastAccessed>> =
            self.answer("GetServiceLastAccessedDetails", &file("last-accessed.json"))?;
        if findings.is_none() && last_accessed.is_none() {
            return Err(absent("ListFindingsV2"));
        }
        // Other analyzers say nothing where the evidence is last-accessed data.
        let analyzers = if findings.is_some() { self.analyzers.as_slice() } else { &[] };
        let mut chosen = choose_analyzers(analyzers, &account.id).into_iter().cloned();
        Ok(Evidence {
            analyzer: chosen.next(),
            others: chosen.collect(),
            findings: findings.unwrap_or_default(),
            last_accessed: last_accessed.unwrap_or_default(),
        })
    }
}

impl Cloud for Snapshot {
    async fn organisation(&self) -> Result<Organisation, Failure> {
        Ok(self.organisation.clone())
    }

    async fn read(&self, account: &Account, reading: Reading<'_>) -> Answers {
        let answers = self.account(account);
        if let Ok(evidence) = &answers.evidence {
            reading.watch.findings(evidence.findings.len());
            evidence.findings.iter().for_each(|_| reading.watch.finding());
        }
        answers
    }
}

/// Twelve digits.
pub(crate) fn is_account_id(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn absent(operation: &str) -> Failure {
    Failure::new(operation, FailureKind::Absent)
}

/// Which file it was and why, by its path from the snapshot: where that lies is nothing of the report's.
fn malformed(operation: &str, path: &str, error: &SnapshotError) -> Failure {
    let why = match error {
        SnapshotError::Read { error, .. } => error.to_string(),
        SnapshotError::Form { error, .. } => error.to_string(),
        other => other.to_string(),
    };
    Failure::new(operation, FailureKind::Malformed).saying(None, Some(&format!("{path}: {why}")))
}

/// A file of a folder that holds answers, by its path from there.
pub(super) fn read<T: DeserializeOwned>(folder: &Path, path: &str) -> Result<T, SnapshotError> {
    let full = || folder.join(path);
    let text = files::text(folder, path, files::ANSWERS);
    let text = text.map_err(|error| SnapshotError::Read { path: full(), error })?;
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| SnapshotError::Form { path: full(), error })
}

pub(super) fn optional<T: DeserializeOwned>(folder: &Path, path: &str) -> Result<Option<T>, SnapshotError> {
    match read(folder, path) {
        Ok(value) => Ok(Some(value)),
        Err(SnapshotError::Read { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

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

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::{Cloud, Organisation, ReadEvent, Reading};
use leastwise_core::answers::Answers;
use leastwise_core::arn::is_account_id;
use leastwise_core::evidence::{
    Analyzer, AnalyzerAnswer, Evidence, Failure, FailureKind, Finding, LastAccessed, choose_analyzers,
};
use leastwise_core::inventory::wire::{Account, Accounts, Authorization};
use leastwise_core::visible::visible_line;
use leastwise_files as files;

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
    #[error("`{path}` is not output of the AWS CLI: {error}")]
    Form {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// A snapshot of another format.
    #[error("`{path}` has format {found}, but this version reads format 1")]
    Format {
        /// Which file.
        path: PathBuf,
        /// The format that it says.
        found: u32,
    },
    /// An account that is there twice.
    #[error("`{path}` lists account {id} twice")]
    Twice {
        /// Which file.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// An account id that is not twelve digits.
    #[error(
        "`{path}` lists account `{}`, which is not an account ID (12 digits)",
        visible_line(id)
    )]
    AccountId {
        /// Which file.
        path: PathBuf,
        /// The id.
        id: String,
    },
}

impl SnapshotError {
    /// What is wrong with a file, without its name.
    fn why(&self) -> String {
        match self {
            Self::Read { error, .. } => format!("it cannot be read: {error}"),
            Self::Form { error, .. } => format!("it is not what the AWS CLI prints: {error}"),
            other => other.to_string(),
        }
    }
}

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotHeader {
    format: u32,
    #[serde(default)]
    captured_at: Option<String>,
    #[serde(default)]
    partition: Option<String>,
    /// Why the other accounts could not be listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accounts_unknown: Option<Failure>,
}

impl Snapshot {
    /// Opens a snapshot: reads all but the accounts' own files.
    ///
    /// # Errors
    /// When the folder is not a snapshot.
    pub fn open(folder: &Path) -> Result<Self, SnapshotError> {
        let path = folder.join("snapshot.json");
        let Object(about): Object<SnapshotHeader> = read(folder, "snapshot.json")?;
        if about.format != FORMAT {
            return Err(SnapshotError::Format {
                path,
                found: about.format,
            });
        }
        let path = folder.join("accounts.json");
        let Object(accounts): Object<Accounts> = read(folder, "accounts.json")?;
        // Ids become file names.
        if let Some(account) = accounts
            .accounts
            .iter()
            .find(|account| !is_account_id(&account.id))
        {
            return Err(SnapshotError::AccountId {
                path,
                id: account.id.clone(),
            });
        }
        let mut met = BTreeSet::new();
        if let Some(account) = accounts.accounts.iter().find(|account| !met.insert(&account.id)) {
            return Err(SnapshotError::Twice {
                path,
                id: account.id.clone(),
            });
        }
        let analyzers: Vec<AnalyzerAnswer> = optional(folder, "analyzers.json")?.unwrap_or_default();
        Ok(Self {
            folder: folder.to_owned(),
            organisation: Organisation {
                partition: about.partition.unwrap_or_else(|| "aws".to_owned()),
                accounts: accounts.accounts,
                unknown: about.accounts_unknown,
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
        let error = self.file::<Object<Failure>>(account, "error.json", "error.json");
        let error = error
            .map(|error| error.map(|Object(failure)| failure))
            .unwrap_or_else(Some);
        let authorization = "GetAccountAuthorizationDetails";
        let authorization =
            match self.file::<Object<Authorization>>(account, "authorization.json", authorization) {
                Ok(Some(Object(read))) => Ok(read),
                Ok(None) => Err(error.clone().unwrap_or_else(|| absent(authorization))),
                Err(failure) => Err(failure),
            };
        let evidence = match error {
            Some(error) => Err(error),
            None => self.evidence(account),
        };
        Answers {
            authorization,
            evidence,
        }
    }

    fn evidence(&self, account: &Account) -> Result<Evidence, Failure> {
        let findings: Option<Vec<Finding>> = self.file(account, "findings.json", "GetFindingV2")?;
        let last_accessed: Option<Vec<LastAccessed>> =
            self.file(account, "last-accessed.json", "GetServiceLastAccessedDetails")?;
        if findings.is_none() && last_accessed.is_none() {
            return Err(absent("ListFindingsV2"));
        }
        // Other analyzers say nothing where the evidence is last-accessed data.
        let analyzers = if findings.is_some() {
            self.analyzers.as_slice()
        } else {
            &[]
        };
        let mut chosen = choose_analyzers(analyzers, &account.id).into_iter().cloned();
        Ok(Evidence {
            analyzer: chosen.next(),
            others: chosen.collect(),
            findings: findings.unwrap_or_default(),
            last_accessed: last_accessed.unwrap_or_default(),
        })
    }

    /// A file of an account, if it is there. If it is not an answer of its operation, the failure names it by its path in the
    /// snapshot, so that the same snapshot gives the same report wherever it lies.
    fn file<T: DeserializeOwned>(
        &self,
        account: &Account,
        name: &str,
        operation: &str,
    ) -> Result<Option<T>, Failure> {
        let path = format!("accounts/{}/{name}", account.id);
        optional(&self.folder, &path)
            .map_err(|error| malformed(operation).because(&format!("`{path}`: {}", error.why())))
    }
}

impl Cloud for Snapshot {
    async fn organisation(&self) -> Result<Organisation, Failure> {
        Ok(self.organisation.clone())
    }

    async fn read(&self, account: &Account, reading: Reading<'_>) -> Answers {
        let answers = self.account(account);
        if let Ok(evidence) = &answers.evidence {
            reading
                .events
                .emit(ReadEvent::FindingsListed(evidence.findings.len()));
            reading
                .events
                .emit(ReadEvent::FindingsRead(evidence.findings.len()));
        }
        answers
    }
}

/// A file of a snapshot: its path from the snapshot's folder, and its text.
pub type RecordedFile = (String, String);

/// The files of one account, for a new snapshot.
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

/// The files next to the accounts' folders. `analyzers` are those that could be read, by ARN.
///
/// # Errors
/// As [`account_files`].
pub fn common_files(
    organisation: &Organisation,
    analyzers: &BTreeMap<String, Analyzer>,
    captured_at: &str,
) -> Result<Vec<RecordedFile>, serde_json::Error> {
    let about = SnapshotHeader {
        format: FORMAT,
        captured_at: Some(captured_at.to_owned()),
        partition: Some(organisation.partition.clone()),
        accounts_unknown: organisation.unknown.clone(),
    };
    let accounts = Accounts {
        accounts: organisation.accounts.clone(),
    };
    let answers = analyzers.values().map(|analyzer| AnalyzerAnswer {
        analyzer: analyzer.clone(),
    });
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

fn absent(operation: &str) -> Failure {
    Failure::new(operation, FailureKind::Absent)
}

fn malformed(operation: &str) -> Failure {
    Failure::new(operation, FailureKind::Malformed)
}

/// An answer that is an object. What serde makes of a struct takes a list of its members as well, and an empty one would lack
/// them all.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
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

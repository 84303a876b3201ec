//! The changes of a report, and what is known of them from an earlier check.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::output::error::RunError;
use leastwise_core::catalog::Catalog;
use leastwise_core::check::AwsAdvice;
use leastwise_core::decide::PolicyKind;
use leastwise_core::digest::FileHash;
use leastwise_core::policy::{Document, parse_all};
use leastwise_core::report::{
    CheckedChange, Files, Recommendation, Report, UnusedService, UsedService, disputed_ids,
};
use leastwise_report::folder::{CATALOG, FolderError, ReportFolder, afterwards};
use leastwise_report::formats::{AccountView, SCRIPT_LIBRARY, change_names};

/// A report, and its changes: the one that lowers the risk most first.
pub(super) struct CheckWork {
    pub(super) folder: ReportFolder,
    pub(super) report: Report,
    pub(super) catalog: Catalog,
    pub(super) changes: Vec<CheckedPair>,
    /// The names by which the scripts know each change, by id.
    names: Vec<(String, String)>,
}

/// The parts of one change that AWS is asked about.
pub(super) struct CheckedPair {
    pub(super) id: String,
    risk: u64,
    files: Files,
    pub(super) before: FileHash,
    pub(super) after: FileHash,
    kind: PolicyKind,
    policy: String,
    arn: Option<String>,
    /// The principals that it affects, by ARN.
    pub(super) principals: Vec<String>,
    pub(super) unused: Vec<UnusedService>,
    pub(super) used: Vec<UsedService>,
}

/// The documents of a change, as text.
pub(super) struct Texts {
    before: (String, String),
    after: (String, String),
}

impl CheckWork {
    pub(super) fn of(folder: ReportFolder) -> Result<Self, RunError> {
        let report = folder.report()?;
        let input = folder.path().join(CATALOG).display().to_string();
        let catalog = Catalog::from_extract(&folder.text(CATALOG)?)
            .map_err(|error| RunError::Catalog { input, error })?;
        let (mut changes, mut names) = (Vec::new(), Vec::new());
        for summary in &report.accounts {
            let account = folder.account(&summary.id)?;
            if folder.manifest.files.contains_key(SCRIPT_LIBRARY) {
                names.extend(change_names(&AccountView::of(&report, &account)));
            }
            for it in account.recommendations {
                changes.push(CheckedPair::of(&folder, it)?);
            }
        }
        for it in &report.recommendations {
            changes.push(CheckedPair::of(&folder, it.clone())?);
        }
        changes.sort_by(|a, b| (Reverse(a.risk), &a.id).cmp(&(Reverse(b.risk), &b.id)));
        Ok(Self {
            folder,
            report,
            catalog,
            changes,
            names,
        })
    }

    /// What AWS has answered about the documents as they are.
    pub(super) fn earlier(&self) -> Result<EarlierCheck, RunError> {
        let Some(check) = self.folder.check()? else {
            return Ok(EarlierCheck::default());
        };
        let paid_calls = check.totals.paid_calls;
        let changes = check
            .changes
            .into_iter()
            .map(|change| (change.id.clone(), change))
            .collect();
        Ok(EarlierCheck { changes, paid_calls })
    }

    /// The analyzers that the accounts have their evidence from, with the accounts.
    pub(super) fn analyzers(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut analyzers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for account in &self.report.accounts {
            if let Some(analyzer) = &account.evidence.analyzer {
                analyzers.entry(analyzer).or_default().push(&account.id);
            }
        }
        analyzers
    }

    /// All principals that some change affects.
    pub(super) fn principals(&self) -> BTreeSet<&str> {
        self.changes
            .iter()
            .flat_map(|change| &change.principals)
            .map(String::as_str)
            .collect()
    }

    /// Has the scripts refuse what AWS disputes, by the names that they know it by.
    pub(super) fn refuse_in_scripts<'c>(
        &self,
        changes: impl IntoIterator<Item = &'c CheckedChange>,
    ) -> Result<(), RunError> {
        if !self.folder.manifest.files.contains_key(SCRIPT_LIBRARY) {
            return Ok(());
        }
        let ids = disputed_ids(changes);
        let names = self.names.iter().filter(|(id, _)| ids.contains(id.as_str()));
        let names = names.map(|(_, name)| name.clone()).collect();
        Ok(afterwards::write_disputed(self.folder.path(), &names)?)
    }
}

/// An earlier check.
#[derive(Default)]
pub(super) struct EarlierCheck {
    pub(super) changes: BTreeMap<String, CheckedChange>,
    pub(super) paid_calls: u64,
}

impl CheckedPair {
    fn of(folder: &ReportFolder, it: Recommendation) -> Result<Self, RunError> {
        let hash = |path: &str| {
            let altered = || FolderError::Altered {
                path: folder.path().join(path),
            };
            folder.manifest.files.get(path).copied().ok_or_else(altered)
        };
        let (before, after) = (hash(&it.files.before)?, hash(&it.files.after)?);
        let kind = it.policy_ref().kind;
        Ok(Self {
            risk: it.impact.risk,
            before,
            after,
            kind,
            id: it.id,
            files: it.files,
            policy: it.policy,
            arn: it.policy_arn,
            principals: it.reaches,
            unused: it.unused,
            used: it.used,
        })
    }

    /// Whether an earlier answer is about the same documents.
    pub(super) fn is_of(&self, earlier: &CheckedChange) -> bool {
        (earlier.before, earlier.after) == (self.before, self.after)
    }

    /// Its documents, if they are still those of the manifest.
    pub(super) fn texts(&self, folder: &ReportFolder) -> Result<Texts, RunError> {
        let read = |path: &str, hash: FileHash| -> Result<(String, String), RunError> {
            let text = folder.text(path)?;
            if FileHash::of(text.as_bytes()) == hash {
                Ok((path.to_owned(), text))
            } else {
                Err(FolderError::Altered {
                    path: folder.path().join(path),
                }
                .into())
            }
        };
        Ok(Texts {
            before: read(&self.files.before, self.before)?,
            after: read(&self.files.after, self.after)?,
        })
    }

    /// Whether AWS recommends something for this policy.
    pub(super) fn is_about(&self, advice: &AwsAdvice) -> bool {
        // A managed policy is named by its ARN, an inline one by its name.
        let name = advice
            .policy
            .strip_prefix("arn:")
            .and_then(|arn| arn.rsplit('/').next());
        match (self.kind, name, &self.arn) {
            (PolicyKind::Inline, None, _) => advice.policy == self.policy,
            (PolicyKind::Inline, Some(_), _) | (_, None, _) => false,
            (_, Some(_), Some(arn)) => advice.policy == *arn,
            // A change of many accounts has no ARN: each account has its own.
            (_, Some(name), None) => name == self.policy,
        }
    }
}

impl Texts {
    /// The documents before and after.
    pub(super) fn documents(&self) -> Result<(Document<'_>, Vec<Document<'_>>), RunError> {
        let ((before, before_text), (after, after_text)) = (&self.before, &self.after);
        let of = |input: &String, error| RunError::Policy {
            input: input.clone(),
            error,
        };
        let first = Document::parse(before_text).map_err(|error| of(before, error))?;
        let second = parse_all(after_text).map_err(|error| of(after, error))?;
        Ok((first, second))
    }
}

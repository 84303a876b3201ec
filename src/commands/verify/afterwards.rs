//! Verifies what `leastwise check` wrote into the report: it belongs to this report and these documents, its
//! verdicts follow from its answers, and the scripts refuse disputed changes. Whether AWS really gave these
//! answers cannot be verified.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_core::report::{
    AccountReport, CHECK, CHECK_SCHEMA, CheckReport, CheckTotals, CheckVerdict, FileHash, Recommendation,
    Report, disputed_ids,
};
use leastwise_report::folder::{FolderError, ReportFolder, afterwards};
use leastwise_report::formats::{AccountView, DISPUTED, change_names};

/// `check.json`, and what the report has of it.
pub(super) struct CheckFile {
    check: CheckReport,
    /// The documents of each change.
    changes: BTreeMap<String, (Option<FileHash>, Option<FileHash>)>,
    /// What the scripts are to refuse.
    names: BTreeSet<String>,
}

impl CheckFile {
    /// If there is one.
    pub(super) fn of(folder: &ReportFolder) -> Result<Option<Self>, FolderError> {
        let check = folder.check()?;
        Ok(check.map(|check| Self {
            check,
            changes: BTreeMap::new(),
            names: BTreeSet::new(),
        }))
    }

    /// The changes of one account, and its part in those of many.
    pub(super) fn add(
        &mut self,
        account: &AccountReport,
        report: &Report,
        known: impl Fn(&str) -> Option<FileHash>,
    ) {
        self.know(&account.recommendations, known);
        let disputed = disputed_ids(&self.check.changes);
        if !disputed.is_empty() {
            let names = change_names(&AccountView::of(report, account)).into_iter();
            let names = names.filter(|(id, _)| disputed.contains(id.as_str()));
            self.names.extend(names.map(|(_, name)| name));
        }
    }

    /// Changes, by id.
    pub(super) fn know(&mut self, changes: &[Recommendation], known: impl Fn(&str) -> Option<FileHash>) {
        let of = |it: &Recommendation| (it.id.clone(), (known(&it.files.before), known(&it.files.after)));
        self.changes.extend(changes.iter().map(of));
    }

    /// What does not fit.
    pub(super) fn wrong(&self, folder: &ReportFolder, has_scripts: bool) -> Vec<String> {
        let Self {
            check,
            changes,
            names,
        } = self;
        let mut wrong = Vec::new();
        let mut unless = |fits: bool, what: &dyn Fn() -> String| {
            if !fits {
                wrong.push(format!("{CHECK}: {}", what()));
            }
        };
        unless(check.schema == CHECK_SCHEMA, &|| {
            format!("its schema is {}", check.schema)
        });
        unless(check.manifest == folder.digest, &|| {
            "it is the result for another report; delete it and run `leastwise check` again".to_owned()
        });
        let mut seen = BTreeSet::new();
        for change in &check.changes {
            let id = &change.id;
            let documents = changes.get(id);
            unless(
                documents == Some(&(Some(change.before), Some(change.after))),
                &|| format!("{id} is not a change of this report, or its documents differ"),
            );
            unless(change.verdict == CheckVerdict::of(&change.checks), &|| {
                format!("{id}: the verdict does not follow from the answers")
            });
            unless(seen.insert(id), &|| format!("{id} is listed twice"));
        }
        let totals = CheckTotals::of(&check.changes, check.totals.paid_calls);
        unless(totals == check.totals, &|| "the totals do not add up".to_owned());
        let wanted = if has_scripts {
            afterwards::disputed_text(names)
        } else {
            String::new()
        };
        let found = if folder.path().join(DISPUTED).exists() {
            folder.text(DISPUTED).unwrap_or_else(|error| error.to_string())
        } else {
            String::new()
        };
        if found != wanted {
            wrong.push(format!(
                "{DISPUTED} differs from what {CHECK} disputes; run `leastwise check` again"
            ));
        }
        wrong
    }
}

//! The status of the findings of an earlier report, for the formats that show it: SARIF, OCSF and ASFF.
//!
//! An account of the earlier report is read when that account is rendered, once for all formats, and dropped. What the earlier report said is
//! rendered by the code that renders today's, so that a change of the form is no change of a finding.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::finding_state::FindingState;
use super::written::FindingStates;
use crate::history::{HistoryRow, Night};
use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::{AccountReport, Coverage, Report, Status};

/// Gives an account of an earlier report, by its id.
pub type ReadAccount = dyn Fn(&str) -> Option<AccountReport> + Send + Sync;

/// An earlier report, and the status of its findings.
pub struct Earlier {
    report: Report,
    /// IDs of its recommendations that may or may not have been applied.
    open: BTreeSet<String>,
    /// Recommendations of today, by id, that reports before the earlier one know: it could not read their account.
    known: BTreeMap<String, FindingState>,
    read: Box<ReadAccount>,
    /// The status of today's findings, if read from a finished report. Then nothing is compared.
    told: Option<FindingStates>,
    /// The accounts that are in memory.
    held: Mutex<BTreeMap<String, Weak<AccountReport>>>,
}

/// A finding, as a format writes it.
pub(super) trait TrackedFinding {
    /// Its ID, which is the same in every run.
    fn uid(&self) -> &str;
    /// The principal that it is about, if it is about one alone.
    fn principal(&self) -> Option<&str>;
    /// Its content without the dates of a run.
    fn substance(&self) -> String;
}

impl fmt::Debug for Earlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Earlier")
            .field("open", &self.open)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

impl Earlier {
    /// Of two nights and what [`compare_account`](crate::history::compare_account) says of them.
    pub fn new(
        report: Report,
        old: &Night,
        new: &Night,
        rows: &[HistoryRow],
        read: Box<ReadAccount>,
    ) -> Self {
        let (mut open, mut known) = (BTreeSet::new(), BTreeMap::new());
        for HistoryRow { key, past } in rows {
            let change = |night: &Night| night.said.get(key).and_then(|said| said.change.clone());
            match (change(old), change(new), past.status) {
                (Some(before), _, Status::Withheld | Status::NotRead) => {
                    open.insert(before);
                }
                (None, Some(now), Status::Same) => {
                    known.entry(now).or_insert(FindingState::Unchanged);
                }
                (None, Some(now), Status::Changed | Status::Regressed) => {
                    known.insert(now, FindingState::Updated);
                }
                _ => {}
            }
        }
        Self {
            report,
            open,
            known,
            read,
            told: None,
            held: Mutex::default(),
        }
    }

    /// The statuses as read from one format of a finished report.
    pub fn told(states: FindingStates) -> Self {
        Self {
            report: Report::empty(),
            open: BTreeSet::new(),
            known: BTreeMap::new(),
            read: Box::new(|_| None),
            told: Some(states),
            held: Mutex::default(),
        }
    }

    /// The earlier report.
    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    /// An account of the earlier report. It is not read again while it is in memory.
    pub fn account(&self, id: &str) -> Option<Arc<AccountReport>> {
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.report.accounts.iter().any(|account| account.id == id) {
            return None;
        }
        if let Some(account) = held().get(id).and_then(Weak::upgrade) {
            return Some(account);
        }
        let account = Arc::new((self.read)(id)?);
        held().insert(id.to_owned(), Arc::downgrade(&account));
        Some(account)
    }

    /// Today's findings of the organisation or of one account with their statuses, followed by earlier ones
    /// that are gone.
    pub(super) fn judged<F: TrackedFinding>(
        &self,
        report: &Report,
        account: Option<&AccountReport>,
        now: Vec<F>,
        before: Vec<F>,
    ) -> Vec<(FindingState, F)> {
        if let Some(told) = &self.told {
            return now
                .into_iter()
                .map(|finding| (told.of(finding.uid()), finding))
                .collect();
        }
        let mut before: Vec<Option<F>> = before.into_iter().map(Some).collect();
        let uids = before.iter().enumerate();
        let places: BTreeMap<String, usize> = uids
            .filter_map(|(place, it)| Some((it.as_ref()?.uid().to_owned(), place)))
            .collect();
        let mut all = Vec::with_capacity(now.len());
        for finding in now {
            let earlier = places
                .get(finding.uid())
                .and_then(|place| before.get_mut(*place)?.take());
            let state = match earlier {
                Some(earlier) if earlier.substance() == finding.substance() => FindingState::Unchanged,
                Some(_) => FindingState::Updated,
                None => self.unseen(finding.uid()),
            };
            all.push((state, finding));
        }
        let gone = before
            .into_iter()
            .flatten()
            .filter(|it| self.is_over(report, account, it));
        all.extend(gone.map(|it| (FindingState::Absent, it)));
        all
    }

    /// What the earlier report does not say may be older than it all the same.
    fn unseen(&self, uid: &str) -> FindingState {
        let known = uid
            .strip_prefix(super::key::POLICY)
            .and_then(|id| self.known.get(id));
        known.copied().unwrap_or(FindingState::New)
    }

    /// Whether a missing finding is known to be resolved. That requires a completely read account.
    fn is_over(
        &self,
        report: &Report,
        account: Option<&AccountReport>,
        finding: &impl TrackedFinding,
    ) -> bool {
        let change = finding.uid().strip_prefix(super::key::POLICY);
        let can_tell = match account {
            _ if change.is_some_and(|id| self.open.contains(id)) => false,
            Some(account) => account.summary.coverage == Coverage::Complete,
            // What is decided for several accounts was looked at policy by policy.
            None => {
                let ids = self.report.recommendations.iter().map(|it| it.id.as_str());
                change.is_some_and(|change| ids.into_iter().any(|id| id == change)) || report.is_whole()
            }
        };
        if !can_tell {
            return false;
        }
        let principal = finding
            .principal()
            .and_then(|arn| account.and_then(|account| account.principals.iter().find(|it| it.arn == arn)));
        // An exception hides unused permissions, and without usage data nothing is known.
        principal.is_none_or(|it| {
            !matches!(
                it.status,
                PrincipalStatus::Excluded | PrincipalStatus::NoEvidence | PrincipalStatus::Failed
            )
        })
    }
}

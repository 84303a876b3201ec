//! From findings to what is known of each principal.

use std::collections::BTreeMap;

use super::finding::{Analyzer, Detail, Failure, Finding, UnusedKey, UnusedPermission};
use super::last_accessed::LastAccessed;
use crate::date::days_between;
use crate::policy::ActionSet;

/// What the evidence says about one principal.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What it has and did not use; none when no finding says so.
    pub unused: Option<ActionSet<'static>>,
    /// The whole principal was not used; inside, when it last was.
    pub idle: Option<Option<String>>,
    /// Access keys that were not used.
    pub keys: Vec<UnusedKey>,
    /// The password was not used; inside, when it last was.
    pub password: Option<Option<String>>,
    /// Why the evidence is not whole. Then nothing of it may be acted on.
    pub gap: Option<Gap>,
    /// How many findings somebody has archived.
    pub archived: usize,
    /// When the newest finding was evaluated.
    pub analyzed_at: Option<String>,
    /// When the oldest of them was: what is acted on is as old as that.
    pub oldest: Option<String>,
    /// When each service with unused actions was last used, as far as it is told.
    pub last_used: BTreeMap<String, String>,
}

impl Known {
    fn dated(&mut self, at: Option<&String>) {
        self.analyzed_at = self.analyzed_at.take().max(at.cloned());
        self.oldest = self.oldest.take().into_iter().chain(at.cloned()).min();
    }
}

/// Why evidence is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// The analyzer itself failed on the principal (E4).
    Error(String),
    /// The finding could not be read.
    Unread(Failure),
    /// A finding came without details.
    Empty,
    /// Details of a kind that this version does not know (E11), a status of which the same is
    /// true, or a name that no action can have.
    UnknownDetails,
}

/// Sorts findings and last-accessed data by principal. Archived findings are only counted, resolved ones passed over (E7).
///
/// `window_days` says what of last-accessed data is too long ago; findings have applied their window already.
pub fn join(
    findings: &[Finding],
    last_accessed: &[LastAccessed],
    window_days: u32,
) -> BTreeMap<String, Known> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for finding in findings {
        let about = known.entry(finding.resource.clone()).or_default();
        if is(&finding.status, "ARCHIVED") {
            about.archived += 1;
        } else if is(&finding.status, "ACTIVE") {
            about.dated(finding.analyzed_at.as_ref());
            add_finding(about, finding);
        } else if !is(&finding.status, "RESOLVED") {
            // What this status says is not known, so neither is what its principal uses.
            about.gap = about.gap.take().or(Some(Gap::UnknownDetails));
        }
    }
    for answer in last_accessed {
        add_last_accessed(known.entry(answer.arn.clone()).or_default(), answer, window_days);
    }
    known
}

/// Whether two spellings of an enum's value mean the same: AWS uses several (E11).
fn is(found: &str, wanted: &str) -> bool {
    let letters =
        |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase()).collect();
    let (found, wanted): (Vec<u8>, Vec<u8>) = (letters(found), letters(wanted));
    found == wanted
}

/// Whether a detail is of a known kind, and its names are names: a `*` in one would name more than was observed.
fn is_understood(detail: &Detail) -> bool {
    let plain = |name: &str| !name.is_empty() && !name.contains(['*', '?', ':']);
    let named = |service: &UnusedPermission| {
        plain(&service.service_namespace)
            && service.actions.iter().flatten().all(|action| plain(&action.action))
    };
    *detail != Detail::default() && detail.unused_permission_details.as_ref().is_none_or(named)
}

fn add_finding(about: &mut Known, finding: &Finding) {
    let gap = match (&finding.error, &finding.failure, &finding.finding_details) {
        (Some(error), ..) => Some(Gap::Error(error.clone())),
        (_, Some(failure), _) => Some(Gap::Unread(failure.clone())),
        (_, _, None) => Some(Gap::Empty),
        (_, _, Some(details)) if details.is_empty() => Some(Gap::Empty),
        (_, _, Some(details)) => {
            details.iter().any(|detail| !is_understood(detail)).then_some(Gap::UnknownDetails)
        }
    };
    if gap.is_some() {
        about.gap = about.gap.take().or(gap);
        return;
    }
    for detail in finding.finding_details.iter().flatten() {
        if let Some(service) = &detail.unused_permission_details {
            let unused = about.unused.get_or_insert_with(ActionSet::new);
            match service.actions.as_deref() {
                None | Some([]) => unused.add_service(service.service_namespace.clone()),
                Some(actions) => {
                    let names = actions.iter().map(|action| action.action.clone());
                    unused.add_actions(service.service_namespace.clone(), names);
                }
            }
            if let Some(last) = &service.last_accessed {
                about.last_used.insert(service.service_namespace.clone(), last.clone());
            }
        }
        if let Some(role) = &detail.unused_iam_role_details {
            about.idle = Some(role.last_accessed.clone());
        }
        if let Some(key) = &detail.unused_iam_user_access_key_details {
            about.keys.push(key.clone());
        }
        if let Some(password) = &detail.unused_iam_user_password_details {
            about.password = Some(password.last_accessed.clone());
        }
    }
}

/// E9: what IAM tracks and did not see within the window is unused; a service without any access is, as a whole.
fn add_last_accessed(about: &mut Known, answer: &LastAccessed, window_days: u32) {
    if let Some(failure) = &answer.failure {
        about.gap = about.gap.take().or(Some(Gap::Unread(failure.clone())));
        return;
    }
    let Some(as_of) = &answer.job_completion_date else {
        about.gap = about.gap.take().or(Some(Gap::Empty));
        return;
    };
    about.dated(Some(as_of));
    let within = |date: &Option<String>| {
        // A date that cannot be read is taken as today: what may be in use stays.
        date.as_ref()
            .is_some_and(|date| days_between(date, as_of).is_none_or(|days| days <= i64::from(window_days)))
    };
    let unused = about.unused.get_or_insert_with(ActionSet::new);
    let mut used_at_all = false;
    for service in &answer.services_last_accessed {
        if !within(&service.last_authenticated) {
            unused.add_service(service.service_namespace.clone());
            continue;
        }
        used_at_all = true;
        let tracked = service.tracked_actions_last_accessed.iter().flatten();
        let idle = tracked.filter(|action| !within(&action.last_accessed_time));
        let idle: Vec<String> = idle.map(|action| action.action_name.clone()).collect();
        if !idle.is_empty() {
            unused.add_actions(service.service_namespace.clone(), idle);
        }
    }
    if unused.is_empty() {
        about.unused = None;
    } else if !used_at_all {
        about.idle =
            Some(answer.services_last_accessed.iter().filter_map(|s| s.last_authenticated.clone()).max());
    }
}

/// The analyzer whose findings tell about an account (E10): an organisation's first, then the account's own, those that
/// AWS services manage last. Only active unused-access analyzers count.
pub fn choose_analyzer<'a>(analyzers: &'a [Analyzer], account: &str) -> Option<&'a Analyzer> {
    let rank = |analyzer: &Analyzer| {
        let managed = usize::from(analyzer.managed_by.is_some());
        if !analyzer.status.is_empty() && !is(&analyzer.status, "ACTIVE") {
            None
        } else if is(&analyzer.kind, "ORGANIZATION_UNUSED_ACCESS") {
            Some(managed * 2)
        } else if is(&analyzer.kind, "ACCOUNT_UNUSED_ACCESS") && analyzer.account() == account {
            Some(managed * 2 + 1)
        } else {
            None
        }
    };
    analyzers
        .iter()
        .filter_map(|analyzer| Some((rank(analyzer)?, &analyzer.arn, analyzer)))
        .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
        .map(|(.., analyzer)| analyzer)
}

//! Combines findings and last-accessed data into what is known about each principal.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::is;
use super::finding::{Detail, Failure, Finding, UnusedKey, UnusedPermission};
use super::last_accessed::LastAccessed;
use crate::date::days_between;
use crate::policy::Observed;

/// Windows in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Window of the analyzer. Its findings already respect it, so dates within it contradict them.
    pub findings: u32,
    /// Window for last-accessed data.
    pub last_accessed: u32,
}

/// What the evidence says about one principal.
#[derive(Debug, Clone, Default)]
pub struct PrincipalEvidence {
    /// Whether some evidence reports what the principal does not use.
    pub tells: bool,
    /// Its unused permissions, and those in use.
    pub observed: Observed,
    /// Set if the whole principal is unused, with its last use.
    pub idle: Option<Option<String>>,
    /// Unused access keys.
    pub keys: Vec<UnusedKey>,
    /// Set if the password is unused, with its last use.
    pub password: Option<Option<String>>,
    /// Why the evidence is incomplete. If set, none of it may be used.
    pub gap: Option<Gap>,
    /// Number of active findings used.
    pub findings: usize,
    /// Number of archived findings.
    pub archived: usize,
    /// Number of active findings that a newer one replaces.
    pub superseded: usize,
    /// When AWS evaluated the newest finding.
    pub analyzed_at: Option<String>,
    /// When AWS evaluated the oldest of them. Recommendations are as old as this.
    pub oldest: Option<String>,
    /// When each service with unused actions was last used, if known.
    pub last_used: BTreeMap<String, String>,
}

impl PrincipalEvidence {
    fn dated(&mut self, at: Option<&String>) {
        self.analyzed_at = self.analyzed_at.take().max(at.cloned());
        self.oldest = self.oldest.take().into_iter().chain(at.cloned()).min();
    }

    fn has_gap(&mut self, gap: Gap) {
        self.gap.get_or_insert(gap);
    }
}

/// Why evidence is incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// The analyzer failed for the principal (E4).
    Error(String),
    /// The finding could not be read.
    Unread(Failure),
    /// A finding has no details.
    Empty,
    /// Details or a status of a kind that this version does not know (E11), or a name that no action can have.
    UnknownDetails,
    /// It reports something as unused that was used within the window (E15): an action, or `service:*`.
    Contradiction(String),
    /// It reports the whole principal as unused, but IAM recorded use within the window, on this day (E15).
    IdleButUsed(String),
    /// The last-accessed job ended with this status (E15).
    JobStatus(String),
    /// The last-accessed job was of this type, which does not cover actions (E15).
    JobType(String),
    /// Only part of a response was recorded (E15).
    Partial,
    /// The principal works in a Region where IAM does not track use (E19).
    UntrackedRegion(String),
}

/// Groups findings and last-accessed data by principal. Archived findings are only counted, resolved ones ignored
/// (E7). If several active findings are about permissions, those analyzed last are used (E17).
pub fn join(
    findings: &[Finding],
    last_accessed: &[LastAccessed],
    windows: Windows,
) -> BTreeMap<String, PrincipalEvidence> {
    let mut known: BTreeMap<String, PrincipalEvidence> = BTreeMap::new();
    let newest = newest(findings);
    // A page may come twice.
    let mut counted = BTreeSet::new();
    for finding in findings {
        let about = known.entry(finding.resource.clone()).or_default();
        let one = usize::from(counted.insert(finding.id.as_str()));
        if is(&finding.status, "ARCHIVED") {
            about.archived += one;
        } else if is(&finding.status, "ACTIVE") {
            if is_superseded(finding, newest.get(finding.resource.as_str()).copied()) {
                about.superseded += one;
                continue;
            }
            about.findings += one;
            about.dated(finding.analyzed_at.as_ref());
            add_finding(about, finding, windows.findings);
        } else if !is(&finding.status, "RESOLVED") {
            // The status is unknown, and so is what the principal uses.
            about.has_gap(Gap::UnknownDetails);
        }
    }
    for answer in last_accessed {
        add_last_accessed(
            known.entry(answer.arn.clone()).or_default(),
            answer,
            windows.last_accessed,
        );
    }
    for about in known.values_mut() {
        if let Some(name) = about.observed.contradiction() {
            about.has_gap(Gap::Contradiction(name));
        }
    }
    known
}

fn is_about_permissions(finding: &Finding) -> bool {
    is(&finding.finding_type, "UnusedPermission")
}

/// When the newest finding about each principal's permissions was analyzed, archived ones included.
fn newest(findings: &[Finding]) -> BTreeMap<&str, &str> {
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    let stands = |finding: &&Finding| is(&finding.status, "ACTIVE") || is(&finding.status, "ARCHIVED");
    for finding in findings
        .iter()
        .filter(stands)
        .filter(|finding| is_about_permissions(finding))
    {
        if let Some(at) = &finding.analyzed_at {
            let latest = newest.entry(&finding.resource).or_insert(at);
            *latest = (*latest).max(at);
        }
    }
    newest
}

/// Whether a newer analysis of the same principal's permissions replaces a finding (E17). Findings of one analysis
/// may have dates up to a day apart. A finding without a readable date is older than all others.
fn is_superseded(finding: &Finding, newest: Option<&str>) -> bool {
    const GRACE: i64 = 1;
    let Some(newest) = newest.filter(|_| is_about_permissions(finding)) else {
        return false;
    };
    let days = finding
        .analyzed_at
        .as_deref()
        .and_then(|at| days_between(at, newest));
    days.is_none_or(|days| days >= GRACE)
}

/// Whether the kind of a detail is known and its names are plain: a `*` in one would mean more than was observed.
fn is_understood(detail: &Detail) -> bool {
    let plain = |name: &str| !name.is_empty() && !name.contains(['*', '?', ':']);
    let named = |service: &UnusedPermission| {
        plain(&service.service_namespace)
            && service
                .actions
                .iter()
                .flatten()
                .all(|action| plain(&action.action))
    };
    *detail != Detail::default() && detail.unused_permission_details.as_ref().is_none_or(named)
}

fn add_finding(about: &mut PrincipalEvidence, finding: &Finding, window_days: u32) {
    let gap = match (&finding.error, &finding.failure, &finding.finding_details) {
        (Some(error), ..) => Some(Gap::Error(error.clone())),
        (_, Some(failure), _) => Some(Gap::Unread(failure.clone())),
        (_, _, None) => Some(Gap::Empty),
        (_, _, Some(details)) if details.is_empty() => Some(Gap::Empty),
        _ if finding.next_token.is_some() => Some(Gap::Partial),
        (_, _, Some(details)) => details
            .iter()
            .any(|detail| !is_understood(detail))
            .then_some(Gap::UnknownDetails),
    };
    if let Some(gap) = gap {
        about.has_gap(gap);
        return;
    }
    for detail in finding.finding_details.iter().flatten() {
        if let Some(service) = &detail.unused_permission_details {
            add_permissions(about, service, finding.analyzed_at.as_deref(), window_days);
        }
        if let Some(role) = &detail.unused_iam_role_details {
            about.idle = Some(role.last_accessed.clone());
        }
        if let Some(key) = detail
            .unused_iam_user_access_key_details
            .as_ref()
            .filter(|key| !about.keys.contains(key))
        {
            about.keys.push(key.clone());
        }
        if let Some(password) = &detail.unused_iam_user_password_details {
            about.password = Some(password.last_accessed.clone());
        }
    }
}

/// Adds what a finding reports about one service. Dates within the window mean use (E12): if they are those of a
/// whole service or an action that is reported as unused, they contradict it, which is checked at the end.
fn add_permissions(
    about: &mut PrincipalEvidence,
    row: &UnusedPermission,
    analyzed_at: Option<&str>,
    window_days: u32,
) {
    about.tells = true;
    let service = &row.service_namespace;
    // Treat a date that cannot be compared as within the window, to keep what may be in use.
    let within = |date: &Option<String>| {
        date.as_deref().is_some_and(|date| {
            let days = analyzed_at.and_then(|at| days_between(date, at));
            days.is_none_or(|days| days < i64::from(window_days))
        })
    };
    let Observed { unused, used } = &mut about.observed;
    match row.actions.as_deref() {
        None | Some([]) => unused.add_service(service),
        Some(actions) => {
            unused.add_actions(service, actions.iter().map(|action| &action.action));
            let mut used_all_the_same = actions
                .iter()
                .filter(|action| within(&action.last_accessed))
                .peekable();
            if used_all_the_same.peek().is_some() {
                used.add_actions(service, used_all_the_same.map(|action| &action.action));
            }
        }
    }
    if within(&row.last_accessed) {
        used.add_service(service);
    }
    if let Some(last) = &row.last_accessed {
        about.last_used.insert(service.clone(), last.clone());
    }
}

/// E9: what IAM tracks but did not see within the window is unused; a service without any access is entirely
/// unused. What IAM did see is in use (E12).
fn add_last_accessed(about: &mut PrincipalEvidence, answer: &LastAccessed, window_days: u32) {
    if let Some(gap) = gap_of(answer) {
        about.has_gap(gap);
        return;
    }
    let Some(as_of) = &answer.job_completion_date else {
        return;
    };
    about.dated(Some(as_of));
    about.tells = true;
    let within = |date: &Option<String>| {
        // Treat an unreadable date as today, to keep what may be in use.
        date.as_ref()
            .is_some_and(|date| days_between(date, as_of).is_none_or(|days| days <= i64::from(window_days)))
    };
    let Observed { unused, used } = &mut about.observed;
    let mut used_at_all = false;
    for service in &answer.services_last_accessed {
        let name = &service.service_namespace;
        let (active, idle): (Vec<_>, Vec<_>) = (service.tracked_actions_last_accessed.iter().flatten())
            .partition(|action| within(&action.last_accessed_time));
        let is_used = within(&service.last_authenticated);
        used_at_all |= is_used || !active.is_empty();
        if is_used {
            used.add_service(name);
            if !idle.is_empty() {
                unused.add_actions(name, idle.iter().map(|action| &action.action_name));
            }
        } else {
            unused.add_service(name);
        }
        if !active.is_empty() {
            used.add_actions(name, active.iter().map(|action| &action.action_name));
        }
    }
    if !used_at_all && !unused.is_empty() {
        about.idle = Some(
            answer
                .services_last_accessed
                .iter()
                .filter_map(|s| s.last_authenticated.clone())
                .max(),
        );
    }
}

/// Why a last-accessed response is incomplete.
fn gap_of(answer: &LastAccessed) -> Option<Gap> {
    let odd = |found: &Option<String>, wanted: &str| found.clone().filter(|found| !is(found, wanted));
    if let Some(failure) = &answer.failure {
        Some(Gap::Unread(failure.clone()))
    } else if let Some(status) = odd(&answer.job_status, "COMPLETED") {
        Some(Gap::JobStatus(status))
    } else if let Some(kind) = odd(&answer.job_type, "ACTION_LEVEL") {
        Some(Gap::JobType(kind))
    } else if answer.is_truncated {
        Some(Gap::Partial)
    } else {
        answer.job_completion_date.is_none().then_some(Gap::Empty)
    }
}

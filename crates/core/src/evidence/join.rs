//! From findings to what is known of each principal.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::is;
use super::finding::{Detail, Failure, Finding, UnusedKey, UnusedPermission};
use super::last_accessed::LastAccessed;
use crate::date::days_between;
use crate::policy::Observed;

/// How far back evidence counts, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Of the analyzer's findings. They have applied it already; dates within it contradict them.
    pub findings: u32,
    /// Of last-accessed data.
    pub last_accessed: u32,
}

/// What the evidence says about one principal.
#[derive(Debug, Clone, Default)]
pub struct PrincipalEvidence {
    /// Whether some evidence tells what it does not use.
    pub tells: bool,
    /// What it has and did not use, and what it was seen to use.
    pub observed: Observed,
    /// The whole principal was not used; inside, when it last was.
    pub idle: Option<Option<String>>,
    /// Access keys that were not used.
    pub keys: Vec<UnusedKey>,
    /// The password was not used; inside, when it last was.
    pub password: Option<Option<String>>,
    /// Why the evidence is not whole. Then nothing of it may be acted on.
    pub gap: Option<Gap>,
    /// How many active findings count.
    pub findings: usize,
    /// How many findings somebody has archived.
    pub archived: usize,
    /// How many active findings a newer one has taken the place of.
    pub superseded: usize,
    /// When the newest finding was evaluated.
    pub analyzed_at: Option<String>,
    /// When the oldest of them was: what is acted on is as old as that.
    pub oldest: Option<String>,
    /// When each service with unused actions was last used, as far as it is told.
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
    /// It calls something unused that it saw in use within the window (E15): an action, or `service:*`.
    Contradiction(String),
    /// It calls the whole principal unused, and IAM saw it in use on that day, within the window (E15).
    IdleButUsed(String),
    /// The job that gathered last-accessed data did not end well, with that status (E15).
    JobStatus(String),
    /// The job did not look at actions, but was of that type (E15).
    JobType(String),
    /// Only a part of an answer was recorded (E15).
    Partial,
    /// The principal works in a Region in which IAM does not record use (E19).
    UntrackedRegion(String),
}

/// Sorts findings and last-accessed data by principal. Archived findings are only counted, resolved ones passed over (E7),
/// and of several active ones about permissions those that were analysed last count (E17).
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
            // What this status says is not known, so neither is what its principal uses.
            about.has_gap(Gap::UnknownDetails);
        }
    }
    for answer in last_accessed {
        add_last_accessed(known.entry(answer.arn.clone()).or_default(), answer, windows.last_accessed);
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

/// When the newest finding about each principal's permissions was analysed. One that somebody has archived tells of a later
/// analysis all the same.
fn newest(findings: &[Finding]) -> BTreeMap<&str, &str> {
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    let stands = |finding: &&Finding| is(&finding.status, "ACTIVE") || is(&finding.status, "ARCHIVED");
    for finding in findings.iter().filter(stands).filter(|finding| is_about_permissions(finding)) {
        if let Some(at) = &finding.analyzed_at {
            let latest = newest.entry(&finding.resource).or_insert(at);
            *latest = (*latest).max(at);
        }
    }
    newest
}

/// Whether a newer analysis of the same principal's permissions has taken a finding's place (E17). Those of one run need
/// not have one date, so a day is allowed for; what has no date that can be read is older than what has one.
fn is_superseded(finding: &Finding, newest: Option<&str>) -> bool {
    const GRACE: i64 = 1;
    let Some(newest) = newest.filter(|_| is_about_permissions(finding)) else { return false };
    let days = finding.analyzed_at.as_deref().and_then(|at| days_between(at, newest));
    days.is_none_or(|days| days >= GRACE)
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

fn add_finding(about: &mut PrincipalEvidence, finding: &Finding, window_days: u32) {
    let gap = match (&finding.error, &finding.failure, &finding.finding_details) {
        (Some(error), ..) => Some(Gap::Error(error.clone())),
        (_, Some(failure), _) => Some(Gap::Unread(failure.clone())),
        (_, _, None) => Some(Gap::Empty),
        (_, _, Some(details)) if details.is_empty() => Some(Gap::Empty),
        _ if finding.next_token.is_some() => Some(Gap::Partial),
        (_, _, Some(details)) => {
            details.iter().any(|detail| !is_understood(detail)).then_some(Gap::UnknownDetails)
        }
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
        if let Some(key) =
            detail.unused_iam_user_access_key_details.as_ref().filter(|key| !about.keys.contains(key))
        {
            about.keys.push(key.clone());
        }
        if let Some(password) = &detail.unused_iam_user_password_details {
            about.password = Some(password.last_accessed.clone());
        }
    }
}

/// What a finding says of one service. Dates within the window tell of use (E12): of a service that it calls unused as a
/// whole, or of an action, that is a contradiction, which is looked for at the end.
fn add_permissions(
    about: &mut PrincipalEvidence,
    row: &UnusedPermission,
    analyzed_at: Option<&str>,
    window_days: u32,
) {
    about.tells = true;
    let service = &row.service_namespace;
    // A date that cannot be compared is taken to lie within: what may be in use stays.
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
            let mut used_all_the_same =
                actions.iter().filter(|action| within(&action.last_accessed)).peekable();
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

/// E9: what IAM tracks and did not see within the window is unused; a service without any access is, as a whole. What it did
/// see is in use (E12).
fn add_last_accessed(about: &mut PrincipalEvidence, answer: &LastAccessed, window_days: u32) {
    if let Some(gap) = gap_of(answer) {
        about.has_gap(gap);
        return;
    }
    let Some(as_of) = &answer.job_completion_date else { return };
    about.dated(Some(as_of));
    about.tells = true;
    let within = |date: &Option<String>| {
        // A date that cannot be read is taken as today: what may be in use stays.
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
        about.idle =
            Some(answer.services_last_accessed.iter().filter_map(|s| s.last_authenticated.clone()).max());
    }
}

/// Why an answer of last-accessed data is not whole.
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

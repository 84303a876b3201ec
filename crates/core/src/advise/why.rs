//! The status of a principal and its reason: a stable code and a sentence.

use super::refinement::KeptBecause;
use crate::decide::{Exceptions, Obstacle, PrincipalStatus, Standing};
use crate::evidence::{Failure, Gap};
use crate::report::numbers::{count, counted};
use crate::report::{PolicyState, PrincipalCode, Remains};

/// Status of a principal, why, and what to do about it.
pub(super) struct PrincipalVerdict {
    pub(super) status: PrincipalStatus,
    /// Stable code.
    pub(super) code: PrincipalCode,
    /// One sentence.
    pub(super) why: String,
    /// One sentence, if unused permissions remain.
    pub(super) remedy: &'static str,
}

/// What the status of a principal depends on.
pub(super) struct Case<'c> {
    pub(super) exceptions: &'c Exceptions<'c>,
    /// Window of its evidence, in days.
    pub(super) window: u32,
    /// Number of changes that affect it.
    pub(super) changes: usize,
    /// Number of its permissions.
    pub(super) granted: usize,
    /// Number of unused ones.
    pub(super) unused: usize,
    /// Number of permissions whose use AWS does not track, in services with no recorded call.
    pub(super) unobserved: usize,
    /// Results for the policies that grant the remaining ones, as stable codes.
    pub(super) remains: &'c [Remains],
    /// Why it looks like emergency access.
    pub(super) emergency: Option<&'c str>,
}

/// More permissions than any principal uses within a window. Without a finding, it was most likely not analyzed
/// (E18).
const IMPROBABLE: usize = 1_000;

/// The status of a principal.
pub(super) fn verdict(standing: &Standing, case: &Case<'_>) -> PrincipalVerdict {
    let failed = |failure: &Failure| format!("{} failed ({})", failure.operation, failure.kind.name());
    let of = |status, code, why: String| PrincipalVerdict {
        status,
        code,
        why,
        remedy: "",
    };
    let no_evidence = |code, why: &str| of(PrincipalStatus::NoEvidence, code, why.to_owned());
    match standing {
        Standing::ServiceLinked => of(
            PrincipalStatus::Unsupported,
            PrincipalCode::ServiceLinked,
            "managed by an AWS service, which alone can change it".to_owned(),
        ),
        Standing::Excluded(rule) => {
            let why = match case.exceptions.wording(*rule) {
                Some((reason, Some(owner))) => format!("excepted by {rule}: {reason} (owner: {owner})"),
                Some((reason, None)) => format!("excepted by {rule}: {reason}"),
                None => format!("excepted by {rule}"),
            };
            of(PrincipalStatus::Excluded, PrincipalCode::Excluded, why)
        }
        Standing::Stale(days) => of(
            PrincipalStatus::NoEvidence,
            PrincipalCode::EvidenceTooOld,
            format!(
                "the usage data is {} old; `evidence-max-age` allows less",
                age(*days)
            ),
        ),
        Standing::Unread(failure) => of(
            PrincipalStatus::Failed,
            PrincipalCode::EvidenceUnread,
            failed(failure),
        ),
        Standing::Gap(Gap::Unread(failure)) => of(
            PrincipalStatus::Failed,
            PrincipalCode::FindingUnread,
            failed(failure),
        ),
        Standing::Gap(gap) => gap_of(gap),
        Standing::Idle(_) if case.unobserved > 0 && case.unobserved == case.granted => no_evidence(
            PrincipalCode::UseNotObserved,
            "AWS does not track the use of any of its permissions, so no recorded use proves nothing",
        ),
        Standing::Idle(last) => idle(last.as_deref(), case.emergency),
        Standing::TooYoung(days) => of(
            PrincipalStatus::TooYoung,
            PrincipalCode::YoungerThanWindow,
            format!(
                "created {} ago, within the {}-day window",
                age(*days),
                case.window
            ),
        ),
        Standing::LeftOut => no_evidence(
            PrincipalCode::ExcludedByAnalyzer,
            "not analysed: excluded by a rule of the analyzer",
        ),
        Standing::Archived => no_evidence(
            PrincipalCode::FindingsArchived,
            "all findings are archived, and archived findings are ignored",
        ),
        Standing::NoSource => no_evidence(
            PrincipalCode::NoSource,
            "the account has no unused-access analyzer and no last-accessed data",
        ),
        Standing::NoAnswer => no_evidence(PrincipalCode::NoAnswer, "no last-accessed data was recorded"),
        Standing::NoFinding if case.granted > IMPROBABLE => PrincipalVerdict {
            status: PrincipalStatus::NoEvidence,
            code: PrincipalCode::NoFindingImprobable,
            why: format!(
                "the analyzer has no finding for {} permissions, so the principal was probably not analysed",
                count(&case.granted)
            ),
            remedy: "",
        },
        Standing::NoFinding => of(
            PrincipalStatus::NoFinding,
            PrincipalCode::NoFinding,
            "the analyzer has no finding, which does not prove that every permission is used".to_owned(),
        ),
        Standing::AllUsed => of(
            PrincipalStatus::Clean,
            PrincipalCode::NothingUnused,
            "no unused permissions found".to_owned(),
        ),
        Standing::Unused(_) if case.changes > 0 => of(
            PrincipalStatus::Reducible,
            PrincipalCode::PermissionsUnused,
            match case.changes {
                1 => "1 policy can be reduced or removed".to_owned(),
                many => format!("{many} policies can be reduced or removed"),
            },
        ),
        Standing::Unused(_) if case.unused > 0 => blocked_principal(case),
        Standing::Unused(_) => of(
            PrincipalStatus::Clean,
            PrincipalCode::NothingGranted,
            match case.unobserved {
                0 => "no policy grants a permission that is reported unused".to_owned(),
                _ => "the only permissions without recorded use are ones that AWS does not track".to_owned(),
            },
        ),
    }
}

/// A principal without any use.
fn idle(last: Option<&str>, emergency: Option<&str>) -> PrincipalVerdict {
    let used = match last {
        Some(last) => format!("last used on {}, before the window", day(last)),
        None => "no recorded use".to_owned(),
    };
    let (code, why) = match emergency {
        Some(hint) => (
            PrincipalCode::EmergencyAccessUnused,
            format!("looks like emergency access ({hint}): do not delete, add an exception; {used}"),
        ),
        None => (
            PrincipalCode::PrincipalUnused,
            format!("{used}; confirm with the owner, then delete"),
        ),
    };
    PrincipalVerdict {
        status: PrincipalStatus::UnusedPrincipal,
        code,
        why,
        remedy: "",
    }
}

/// For incomplete evidence.
fn gap_of(gap: &Gap) -> PrincipalVerdict {
    let (code, why) = match gap {
        Gap::Error(error) => (
            PrincipalCode::ErrorFinding,
            format!("the analyzer reported the error {error}"),
        ),
        Gap::Unread(failure) => (PrincipalCode::FindingUnread, failure.operation.clone()),
        Gap::Empty => (
            PrincipalCode::EmptyFinding,
            "the finding has no details".to_owned(),
        ),
        Gap::UnknownDetails => (
            PrincipalCode::UnknownDetails,
            "the finding has details that this version of leastwise does not know".to_owned(),
        ),
        Gap::Contradiction(name) => (
            PrincipalCode::ContradictoryEvidence,
            format!("contradictory usage data: {name} is both unused and used within the window"),
        ),
        Gap::IdleButUsed(last) => (
            PrincipalCode::UnusedButRecentlyUsed,
            format!("reported unused, but IAM recorded its use on {}", day(last)),
        ),
        Gap::JobStatus(status) => (
            PrincipalCode::JobNotCompleted,
            format!("the last-accessed job did not complete (status {status})"),
        ),
        Gap::JobType(kind) => (
            PrincipalCode::JobNotActionLevel,
            format!("the last-accessed data has granularity {kind}, not ACTION_LEVEL"),
        ),
        Gap::Partial => (
            PrincipalCode::AnswerTruncated,
            "the usage data is incomplete".to_owned(),
        ),
        Gap::UntrackedRegion(region) => (
            PrincipalCode::UntrackedRegion,
            format!("last used in {region}, where IAM does not track use"),
        ),
    };
    PrincipalVerdict {
        status: PrincipalStatus::NoEvidence,
        code,
        why,
        remedy: "",
    }
}

/// A principal that keeps unused permissions: why, and what to do.
fn blocked_principal(case: &Case<'_>) -> PrincipalVerdict {
    let mut states: Vec<PolicyState> = case.remains.iter().map(|it| it.state).collect();
    // The policy that keeps the most of it says what to do.
    let most = case
        .remains
        .iter()
        .max_by_key(|it| (it.permissions, std::cmp::Reverse(&it.policy)));
    let main = most.map_or(PolicyState::Kept, |it| it.state);
    states.sort_unstable();
    states.dedup();
    let mut reasons: Vec<&str> = vec![main.why()];
    reasons.extend(
        states
            .into_iter()
            .filter(|state| *state != main)
            .map(PolicyState::why),
    );
    reasons.dedup();
    PrincipalVerdict {
        status: PrincipalStatus::Blocked,
        code: PrincipalCode::PoliciesStay,
        why: format!(
            "{} {}: {}",
            counted(case.unused, "unused permission"),
            if case.unused == 1 { "remains" } else { "remain" },
            reasons.join("; ")
        ),
        remedy: main.remedy(),
    }
}

fn age(days: i64) -> String {
    if days < 1 {
        "less than a day".to_owned()
    } else {
        counted(days, "day")
    }
}

fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

/// Why a policy could not be changed after all.
pub(super) fn stays(stays: &KeptBecause) -> (PolicyState, String) {
    match stays {
        KeptBecause::DoesNotFit(numbers) => (PolicyState::DoesNotFit, numbers.to_string()),
        KeptBecause::TooManyAttached {
            attached,
            policies,
            most,
        } => (
            PolicyState::TooManyAttached,
            format!(
                "reduced, it becomes {}; {attached} are attached now, and the limit is {most}",
                if *policies == 1 {
                    "1 policy".to_owned()
                } else {
                    format!("{policies} policies")
                }
            ),
        ),
        KeptBecause::NotSure(confidence) => {
            let first = confidence
                .reasons
                .first()
                .map(|reason| reason.sentence())
                .unwrap_or_default();
            (
                PolicyState::NotSureEnough,
                format!("confidence is {}: {first}", confidence.level.name()),
            )
        }
        KeptBecause::FollowsAws(whose) => (
            PolicyState::FollowsAws,
            format!("AWS extends this policy when {whose} needs more, and a reduced copy would not follow"),
        ),
        KeptBecause::Undecided => (
            PolicyState::NotProven,
            "the reduced policy could not be proven".to_owned(),
        ),
        KeptBecause::Refuted(_) => (
            PolicyState::Refuted,
            "the reduced policy failed its proof, a bug in leastwise; the case is in defects/".to_owned(),
        ),
    }
}

/// ARNs of principals and groups that share a policy and count as using everything.
#[derive(Debug, Default)]
pub(super) struct Sharers {
    /// Without evidence.
    pub(super) unknown: Vec<String>,
    /// Not used now.
    pub(super) idle: Vec<String>,
    /// Their names or tags suggest emergency access.
    pub(super) reserves: Vec<String>,
    /// Groups without members. Someone who joins one may need all of the policy.
    pub(super) empty_groups: Vec<String>,
}

impl Sharers {
    pub(super) fn is_empty(&self) -> bool {
        [&self.unknown, &self.idle, &self.reserves, &self.empty_groups]
            .iter()
            .all(|all| all.is_empty())
    }

    /// All of them, sorted.
    pub(super) fn all(self) -> Vec<String> {
        let mut all: Vec<String> = [self.unknown, self.idle, self.reserves, self.empty_groups]
            .into_iter()
            .flatten()
            .collect();
        all.sort();
        all
    }

    fn sentence(&self) -> String {
        let named = |arns: &[String]| {
            let names: Vec<&str> = arns
                .iter()
                .take(3)
                .map(|arn| arn.rsplit('/').next().unwrap_or(arn))
                .collect();
            match arns.len().saturating_sub(names.len()) {
                0 => names.join(", "),
                more => format!("{} and {more} more", names.join(", ")),
            }
        };
        let kinds = [
            (&self.unknown, "no usage data"),
            (&self.idle, "unused"),
            (&self.reserves, "emergency access"),
            (&self.empty_groups, "empty group"),
        ];
        let kinds = kinds.iter().filter(|(arns, _)| !arns.is_empty());
        let each: Vec<String> = kinds
            .map(|(arns, what)| format!("{} ({what})", named(arns)))
            .collect();
        format!(
            "also attached to principals treated as using everything: {}",
            each.join("; ")
        )
    }
}

/// Why a policy cannot be edited in place.
pub(super) fn obstacle(obstacle: Obstacle, sharers: &Sharers) -> (PolicyState, String) {
    match obstacle {
        Obstacle::Excepted => (PolicyState::Excepted, "an exception keeps the policy".to_owned()),
        Obstacle::Bounds => (
            PolicyState::UsedAsBoundary,
            "also a permissions boundary, so an edit would restrict every principal it bounds".to_owned(),
        ),
        Obstacle::Unseen => (
            PolicyState::AttachedElsewhere,
            "attached to principals that this scan does not see".to_owned(),
        ),
        Obstacle::InUse => (
            PolicyState::InUseByOthers,
            "no permission is unused by every principal the policy is attached to".to_owned(),
        ),
        Obstacle::Blocked => (PolicyState::Blocked, sharers.sentence()),
        Obstacle::Young(days) => (
            PolicyState::GrantTooYoung,
            format!("granted or first seen {} ago, less than the window", age(days)),
        ),
    }
}

/// Why nothing can be removed from a policy although some of it is unused: rules keep it, it was granted recently,
/// or the catalog lacks it.
pub(super) fn unspared(is_kept: bool, changed_lately: bool) -> (PolicyState, String) {
    if is_kept {
        (
            PolicyState::KeptByRule,
            "rules keep every unused permission".to_owned(),
        )
    } else if changed_lately {
        (
            PolicyState::GrantTooYoung,
            "the policy changed within the window, and the unused permissions are new since then".to_owned(),
        )
    } else {
        (
            PolicyState::NotInCatalog,
            "the unused permissions are under a wildcard of a service that the catalog does not know"
                .to_owned(),
        )
    }
}

/// How many principals and groups prevent a change to a shared policy.
pub(super) fn count_as_users(blockers: usize) -> String {
    match blockers {
        1 => "1 principal that shares the policy is treated as using everything".to_owned(),
        many => format!("{many} principals that share the policy are treated as using everything"),
    }
}

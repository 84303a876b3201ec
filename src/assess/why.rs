//! The status of a principal, and why: a stable code and one sentence.

use super::refinement::Stays;
use crate::decide::{Exceptions, Obstacle, PrincipalStatus, Standing};
use crate::evidence::{Failure, Gap};
use crate::report::{PolicyState, PrincipalCode, Remains};

/// Where a principal ends, why, and what to do about it.
pub(super) struct Verdict {
    pub(super) status: PrincipalStatus,
    /// A stable code.
    pub(super) code: PrincipalCode,
    /// One sentence.
    pub(super) why: String,
    /// One sentence, where permissions stay that are not used.
    pub(super) remedy: &'static str,
}

/// What a principal's verdict depends on.
pub(super) struct Case<'c> {
    pub(super) exceptions: &'c Exceptions<'c>,
    /// Of its evidence, in days.
    pub(super) window: u32,
    /// How many changes reach it.
    pub(super) changes: usize,
    /// Permissions that it has.
    pub(super) granted: usize,
    /// Those of them that it does not use.
    pub(super) unused: usize,
    /// How many of them are actions whose use AWS does not see, of services to which no call was seen.
    pub(super) unobserved: usize,
    /// What becomes of the policies that grant those, as stable codes.
    pub(super) remains: &'c [Remains],
    /// What says that it is kept for emergencies.
    pub(super) emergency: Option<&'c str>,
}

/// Nobody uses so many permissions in a window. No finding about somebody who has them means that nobody looked (E18).
const IMPROBABLE: usize = 1_000;

/// Where a principal ends.
pub(super) fn verdict(standing: &Standing, case: &Case<'_>) -> Verdict {
    let failed =
        |failure: &Failure| format!("{} could not be read: {}", failure.operation, failure.kind.name());
    let of = |status, code, why: String| Verdict { status, code, why, remedy: "" };
    let no_evidence = |code, why: &str| of(PrincipalStatus::NoEvidence, code, why.to_owned());
    match standing {
        Standing::ServiceLinked => of(
            PrincipalStatus::Unsupported,
            PrincipalCode::ServiceLinked,
            "only the AWS service that owns it can change it".to_owned(),
        ),
        Standing::Excluded(rule) => {
            let why = match case.exceptions.wording(*rule) {
                Some((reason, Some(owner))) => format!("excluded by {rule}: {reason} ({owner})"),
                Some((reason, None)) => format!("excluded by {rule}: {reason}"),
                None => format!("excluded by {rule}"),
            };
            of(PrincipalStatus::Excluded, PrincipalCode::Excluded, why)
        }
        Standing::Stale(days) => of(
            PrincipalStatus::NoEvidence,
            PrincipalCode::EvidenceTooOld,
            format!("its evidence is {} old, older than `evidence-max-age` allows", age(*days)),
        ),
        Standing::Unread(failure) => {
            of(PrincipalStatus::Failed, PrincipalCode::EvidenceUnread, failed(failure))
        }
        Standing::Gap(Gap::Unread(failure)) => {
            of(PrincipalStatus::Failed, PrincipalCode::FindingUnread, failed(failure))
        }
        Standing::Gap(gap) => gap_of(gap),
        Standing::Idle(_) if case.unobserved > 0 && case.unobserved == case.granted => no_evidence(
            PrincipalCode::UseNotObserved,
            "AWS does not see the use of anything that it may do, so that no use was seen says nothing",
        ),
        Standing::Idle(last) => idle(last.as_deref(), case.emergency),
        Standing::TooYoung(days) => of(
            PrincipalStatus::TooYoung,
            PrincipalCode::YoungerThanWindow,
            format!("{} old; the window of {} days has not passed yet", age(*days), case.window),
        ),
        Standing::LeftOut => {
            no_evidence(PrincipalCode::ExcludedByAnalyzer, "a rule of the analyzer excludes it")
        }
        Standing::Archived => no_evidence(
            PrincipalCode::FindingsArchived,
            "its findings are archived, and archived findings are not evidence",
        ),
        Standing::NoSource => {
            no_evidence(PrincipalCode::NoSource, "the account has no analyzer and no last-accessed data")
        }
        Standing::NoAnswer => {
            no_evidence(PrincipalCode::NoAnswer, "no last-accessed data was recorded for it")
        }
        Standing::NoFinding if case.granted > IMPROBABLE => Verdict {
            status: PrincipalStatus::NoEvidence,
            code: PrincipalCode::NoFindingImprobable,
            why: format!(
                "it has {} permissions and the analyzer has no finding about them, so it was most likely not analyzed",
                case.granted
            ),
            remedy: "",
        },
        Standing::NoFinding => of(
            PrincipalStatus::NoFinding,
            PrincipalCode::NoFinding,
            "the analyzer has no finding about its permissions, which is not proof that it uses all of them"
                .to_owned(),
        ),
        Standing::AllUsed => of(
            PrincipalStatus::Clean,
            PrincipalCode::NothingUnused,
            "everything that AWS records about it was used in the window".to_owned(),
        ),
        Standing::Unused(_) if case.changes > 0 => of(
            PrincipalStatus::Reducible,
            PrincipalCode::PermissionsUnused,
            match case.changes {
                1 => "1 of its policies can be reduced or removed".to_owned(),
                many => format!("{many} of its policies can be reduced or removed"),
            },
        ),
        Standing::Unused(_) if case.unused > 0 => blocked_principal(case),
        Standing::Unused(_) => of(
            PrincipalStatus::Clean,
            PrincipalCode::NothingGranted,
            match case.unobserved {
                0 => "none of its policies grants what is reported unused".to_owned(),
                _ => "of what is reported unused, its policies grant only actions whose use AWS does not see"
                    .to_owned(),
            },
        ),
    }
}

/// A principal that was not used at all.
fn idle(last: Option<&str>, emergency: Option<&str>) -> Verdict {
    let used = match last {
        Some(last) => format!("not used in the window, last used on {}", day(last)),
        None => "never used as far as AWS remembers".to_owned(),
    };
    let (code, why) = match emergency {
        Some(hint) => (
            PrincipalCode::EmergencyAccessUnused,
            format!("looks like emergency access ({hint}): do not delete it, add an exception; {used}"),
        ),
        None => (PrincipalCode::PrincipalUnused, format!("{used}: review it for deletion")),
    };
    Verdict { status: PrincipalStatus::UnusedPrincipal, code, why, remedy: "" }
}

/// Of evidence that is not whole.
fn gap_of(gap: &Gap) -> Verdict {
    let (code, why) = match gap {
        Gap::Error(error) => (PrincipalCode::ErrorFinding, format!("the analyzer failed on it with {error}")),
        Gap::Unread(failure) => (PrincipalCode::FindingUnread, failure.operation.clone()),
        Gap::Empty => (PrincipalCode::EmptyFinding, "its finding has no details".to_owned()),
        Gap::UnknownDetails => (
            PrincipalCode::UnknownDetails,
            "its finding has details that this version does not know".to_owned(),
        ),
        Gap::Contradiction(name) => (
            PrincipalCode::ContradictoryEvidence,
            format!("its evidence calls {name} unused and shows it in use within the window"),
        ),
        Gap::IdleButUsed(last) => (
            PrincipalCode::UnusedButRecentlyUsed,
            format!("its evidence calls it unused, and IAM saw it in use on {}", day(last)),
        ),
        Gap::JobStatus(status) => (
            PrincipalCode::JobNotCompleted,
            format!("the job that gathered its last-accessed data is {status}"),
        ),
        Gap::JobType(kind) => (
            PrincipalCode::JobNotActionLevel,
            format!("its last-accessed data was gathered by a job of type {kind}, not ACTION_LEVEL"),
        ),
        Gap::Partial => {
            (PrincipalCode::AnswerTruncated, "only a part of its evidence was recorded".to_owned())
        }
        Gap::UntrackedRegion(region) => (
            PrincipalCode::UntrackedRegion,
            format!("it was last used in {region}, where IAM does not record what is used"),
        ),
    };
    Verdict { status: PrincipalStatus::NoEvidence, code, why, remedy: "" }
}

/// Something that it does not use stays: why, and what to do.
fn blocked_principal(case: &Case<'_>) -> Verdict {
    let mut states: Vec<PolicyState> = case.remains.iter().map(|it| it.state).collect();
    // The policy that keeps the most of it says what to do.
    let most = case.remains.iter().max_by_key(|it| (it.permissions, std::cmp::Reverse(&it.policy)));
    let main = most.map_or(PolicyState::Kept, |it| it.state);
    states.sort_unstable();
    states.dedup();
    let mut reasons: Vec<&str> = vec![main.why()];
    reasons.extend(states.into_iter().filter(|state| *state != main).map(PolicyState::why));
    reasons.dedup();
    Verdict {
        status: PrincipalStatus::Blocked,
        code: PrincipalCode::PoliciesStay,
        why: format!(
            "{} and {}: {}",
            match case.unused {
                1 => "1 of its permissions is unused".to_owned(),
                many => format!("{many} of its permissions are unused"),
            },
            if case.unused == 1 { "stays" } else { "stay" },
            reasons.join("; ")
        ),
        remedy: main.remedy(),
    }
}

fn age(days: i64) -> String {
    if days < 1 { "less than a day".to_owned() } else { count(usize::try_from(days).unwrap_or(0), "day") }
}

fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

/// Why a policy had to stay after all.
pub(super) fn stays(stays: &Stays) -> (PolicyState, String) {
    match stays {
        Stays::DoesNotFit(numbers) => (PolicyState::DoesNotFit, numbers.to_string()),
        Stays::TooManyAttached { attached, policies, most } => (
            PolicyState::TooManyAttached,
            format!(
                "it takes {} in its stead, with {attached} attached today, and {most} are the most",
                if *policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") }
            ),
        ),
        Stays::NotSure(confidence) => {
            let first = confidence.reasons.first().map(|reason| reason.sentence()).unwrap_or_default();
            (PolicyState::NotSureEnough, format!("confidence is {}: {first}", confidence.level.name()))
        }
        Stays::Undecided => (PolicyState::NotProven, "its smaller form could not be proven".to_owned()),
        Stays::Refuted(_) => {
            (PolicyState::Refuted, "a defect of leastwise; the case is under defects/".to_owned())
        }
    }
}

/// Holders of a policy who count as using everything, by ARN.
#[derive(Debug, Default)]
pub(super) struct Sharers {
    /// Nothing is known of their use.
    pub(super) unknown: Vec<String>,
    /// They use nothing now.
    pub(super) idle: Vec<String>,
    /// Their name or tags say that they are kept for emergencies.
    pub(super) reserves: Vec<String>,
    /// Groups without members: whoever joins one may need all of it.
    pub(super) empty_groups: Vec<String>,
}

impl Sharers {
    pub(super) fn is_empty(&self) -> bool {
        [&self.unknown, &self.idle, &self.reserves, &self.empty_groups].iter().all(|all| all.is_empty())
    }

    /// All of them, sorted.
    pub(super) fn all(self) -> Vec<String> {
        let mut all: Vec<String> =
            [self.unknown, self.idle, self.reserves, self.empty_groups].into_iter().flatten().collect();
        all.sort();
        all
    }

    fn sentence(&self) -> String {
        let named = |arns: &[String]| {
            let names: Vec<&str> =
                arns.iter().take(3).map(|arn| arn.rsplit('/').next().unwrap_or(arn)).collect();
            match arns.len().saturating_sub(names.len()) {
                0 => names.join(", "),
                more => format!("{} and {more} more", names.join(", ")),
            }
        };
        let kinds = [
            (&self.unknown, "without evidence"),
            (&self.idle, "unused"),
            (&self.reserves, "kept for emergencies"),
            (&self.empty_groups, "an empty group"),
        ];
        let kinds = kinds.iter().filter(|(arns, _)| !arns.is_empty());
        let each: Vec<String> = kinds.map(|(arns, what)| format!("{} ({what})", named(arns))).collect();
        format!("shared with holders that count as using everything: {}", each.join("; "))
    }
}

/// Why a policy cannot be edited in its place.
pub(super) fn obstacle(obstacle: Obstacle, sharers: &Sharers) -> (PolicyState, String) {
    match obstacle {
        Obstacle::Excepted => (PolicyState::Excepted, "an exception leaves it as it is".to_owned()),
        Obstacle::Bounds => (
            PolicyState::UsedAsBoundary,
            "it is a permissions boundary, and editing it would narrow all of them".to_owned(),
        ),
        Obstacle::Unseen => {
            (PolicyState::AttachedElsewhere, "it is attached to more than this account shows".to_owned())
        }
        Obstacle::InUse => {
            (PolicyState::InUseByOthers, "nothing of it can go for all who hold it".to_owned())
        }
        Obstacle::Blocked => (PolicyState::Blocked, sharers.sentence()),
        Obstacle::Young(days) => (
            PolicyState::GrantTooYoung,
            format!("it was granted or first seen {} ago, which is less than the window", age(days)),
        ),
    }
}

/// Why nothing of a policy goes though nobody uses it: rules keep all of that, it was granted lately, or else it is beyond the
/// catalog.
pub(super) fn unspared(is_kept: bool, changed_lately: bool) -> (PolicyState, String) {
    if is_kept {
        (PolicyState::KeptByRule, "what could go of it is what rules keep".to_owned())
    } else if changed_lately {
        (
            PolicyState::GrantTooYoung,
            "its text changed within the window, and what could go of it is new since then".to_owned(),
        )
    } else {
        (
            PolicyState::NotInCatalog,
            "what could go of it stands under a wildcard over a service that the catalog does not know"
                .to_owned(),
        )
    }
}

/// So many principals and groups stand in the way of the others who share a policy.
pub(super) fn count_as_users(blockers: usize) -> String {
    match blockers {
        1 => "1 of those who share it counts as using everything".to_owned(),
        many => format!("{many} of those who share it count as using everything"),
    }
}

/// A number and what it counts.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

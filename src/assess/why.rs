//! The status of a principal, and why: a stable code and one sentence.

use super::refinement::Stays;
use crate::decide::{Exceptions, Obstacle, PrincipalStatus, Standing};
use crate::evidence::{Failure, Gap};
use crate::report::Remains;

/// Where a principal ends, why, and what to do about it.
pub(super) struct Verdict {
    pub(super) status: PrincipalStatus,
    /// A stable code.
    pub(super) code: &'static str,
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
            "service-linked",
            "only the AWS service that owns it can change it".to_owned(),
        ),
        Standing::Excluded(rule) => {
            let why = match case.exceptions.wording(*rule) {
                Some((reason, Some(owner))) => format!("excluded by {rule}: {reason} ({owner})"),
                Some((reason, None)) => format!("excluded by {rule}: {reason}"),
                None => format!("excluded by {rule}"),
            };
            of(PrincipalStatus::Excluded, "excluded", why)
        }
        Standing::Stale(days) => of(
            PrincipalStatus::NoEvidence,
            "evidence-too-old",
            format!("its evidence is {} old, older than `evidence-max-age` allows", age(*days)),
        ),
        Standing::Unread(failure) => of(PrincipalStatus::Failed, "evidence-unread", failed(failure)),
        Standing::Gap(Gap::Unread(failure)) => of(PrincipalStatus::Failed, "finding-unread", failed(failure)),
        Standing::Gap(gap) => gap_of(gap),
        Standing::Idle(_) if case.unobserved > 0 && case.unobserved == case.granted => no_evidence(
            "use-not-observed",
            "AWS does not see the use of anything that it may do, so that no use was seen says nothing",
        ),
        Standing::Idle(last) => idle(last.as_deref(), case.emergency),
        Standing::TooYoung(days) => of(
            PrincipalStatus::TooYoung,
            "younger-than-window",
            format!("{} old; the window of {} days has not passed yet", age(*days), case.window),
        ),
        Standing::LeftOut => no_evidence("excluded-by-analyzer", "a rule of the analyzer excludes it"),
        Standing::Archived => no_evidence(
            "findings-archived",
            "its findings are archived, and archived findings are not evidence",
        ),
        Standing::NoSource => {
            no_evidence("no-source", "the account has no analyzer and no last-accessed data")
        }
        Standing::NoAnswer => no_evidence("no-answer", "no last-accessed data was recorded for it"),
        Standing::NoFinding if case.granted > IMPROBABLE => Verdict {
            status: PrincipalStatus::NoEvidence,
            code: "no-finding-improbable",
            why: format!(
                "it has {} permissions and the analyzer has no finding about them, so it was most likely not analyzed",
                case.granted
            ),
            remedy: "",
        },
        Standing::NoFinding => of(
            PrincipalStatus::NoFinding,
            "no-finding",
            "the analyzer has no finding about its permissions, which is not proof that it uses all of them"
                .to_owned(),
        ),
        Standing::AllUsed => of(
            PrincipalStatus::Clean,
            "nothing-unused",
            "everything that AWS records about it was used in the window".to_owned(),
        ),
        Standing::Unused(_) if case.changes > 0 => of(
            PrincipalStatus::Reducible,
            "permissions-unused",
            match case.changes {
                1 => "1 of its policies can be reduced or removed".to_owned(),
                many => format!("{many} of its policies can be reduced or removed"),
            },
        ),
        Standing::Unused(_) if case.unused > 0 => blocked_principal(case),
        Standing::Unused(_) => of(
            PrincipalStatus::Clean,
            "nothing-granted",
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
            "emergency-access-unused",
            format!("looks like emergency access ({hint}): do not delete it, add an exception; {used}"),
        ),
        None => ("principal-unused", format!("{used}: review it for deletion")),
    };
    Verdict { status: PrincipalStatus::UnusedPrincipal, code, why, remedy: "" }
}

/// Of evidence that is not whole.
fn gap_of(gap: &Gap) -> Verdict {
    let (code, why) = match gap {
        Gap::Error(error) => ("error-finding", format!("the analyzer failed on it with {error}")),
        Gap::Unread(failure) => ("finding-unread", failure.operation.clone()),
        Gap::Empty => ("empty-finding", "its finding has no details".to_owned()),
        Gap::UnknownDetails => {
            ("unknown-details", "its finding has details that this version does not know".to_owned())
        }
        Gap::Contradiction(name) => (
            "contradictory-evidence",
            format!("its evidence calls {name} unused and shows it in use within the window"),
        ),
        Gap::IdleButUsed(last) => (
            "unused-but-recently-used",
            format!("its evidence calls it unused, and IAM saw it in use on {}", day(last)),
        ),
        Gap::JobStatus(status) => {
            ("job-not-completed", format!("the job that gathered its last-accessed data is {status}"))
        }
        Gap::JobType(kind) => (
            "job-not-action-level",
            format!("its last-accessed data was gathered by a job of type {kind}, not ACTION_LEVEL"),
        ),
        Gap::Partial => ("answer-truncated", "only a part of its evidence was recorded".to_owned()),
        Gap::UntrackedRegion(region) => (
            "untracked-region",
            format!("it was last used in {region}, where IAM does not record what is used"),
        ),
    };
    Verdict { status: PrincipalStatus::NoEvidence, code, why, remedy: "" }
}

/// Something that it does not use stays: why, and what to do.
fn blocked_principal(case: &Case<'_>) -> Verdict {
    let mut codes: Vec<&str> = case.remains.iter().map(|it| it.state.as_str()).collect();
    // The policy that keeps the most of it says what to do.
    let most = case.remains.iter().max_by_key(|it| (it.permissions, std::cmp::Reverse(&it.policy)));
    let main = most.map_or("kept", |it| it.state.as_str());
    codes.sort_unstable();
    codes.dedup();
    let mut reasons: Vec<&str> = vec![sentence(main)];
    reasons.extend(codes.into_iter().filter(|code| *code != main).map(sentence));
    reasons.dedup();
    Verdict {
        status: PrincipalStatus::Blocked,
        code: "policies-stay",
        why: format!(
            "{} and {}: {}",
            match case.unused {
                1 => "1 of its permissions is unused".to_owned(),
                many => format!("{many} of its permissions are unused"),
            },
            if case.unused == 1 { "stays" } else { "stay" },
            reasons.join("; ")
        ),
        remedy: remedy(main),
    }
}

/// Why a policy stays, by its code.
fn sentence(code: &str) -> &'static str {
    match code {
        "blocked" => "a holder of the policy counts as using everything",
        "used-as-boundary" => "the policy is used as a permissions boundary",
        "attached-elsewhere" => "the policy is attached to more than this account shows",
        "excepted" => "an exception keeps the policy",
        "kept-by-rule" => "an exception or `keep` keeps them",
        "does-not-fit" | "too-many-attached" => "the smaller policy does not fit IAM's quotas",
        "not-sure-enough" => "confidence is lower than `min-confidence`",
        "grant-too-young" => "the policy was granted too recently to tell",
        "not-proven" | "refuted" => "the smaller policy could not be proven",
        "not-in-catalog" => "the catalog does not know the service",
        "not-a-policy" => "the policy document could not be read",
        "permission-set" => "the policy comes from a permission set that cannot be reduced now",
        "family" => "the policy is decided together with other accounts",
        "idle" => "all who hold the policy are reported unused",
        _ => "nothing of the policy can go for all of its holders",
    }
}

/// What to do about a policy that stays, by its code.
pub(super) fn remedy(code: &str) -> &'static str {
    match code {
        "blocked" => {
            "detach the policy from holders that do not need it, or scan with `--shared fork` to give the others a smaller \
             copy"
        }
        "in-use-by-others" => "scan with `--shared fork` to give each holder a copy with what it needs",
        "used-as-boundary" => "attach a separate policy, so that the boundary can stay as it is",
        "attached-elsewhere" => "scan with credentials that see all of the account's users, groups and roles",
        "excepted" | "kept-by-rule" => "review the exception, and remove it if its reason no longer holds",
        "does-not-fit" | "too-many-attached" => {
            "detach policies that are no longer needed, ask AWS for a higher quota, or use `wildcards = \"open\"`"
        }
        "not-sure-enough" => {
            "review the reasons; scan with `--min-confidence low` to get the smaller policy all the same"
        }
        "grant-too-young" => "wait until the grant is older than the window",
        "not-proven" | "refuted" | "not-a-policy" => "review the policy by hand",
        "not-in-catalog" => "run `leastwise catalog update`, or name the actions in place of the wildcard",
        "permission-set" => "change the permission set in Identity Center once its other roles allow it",
        "idle" => "review the holders for deletion",
        _ => "review the policy by hand",
    }
}

fn age(days: i64) -> String {
    if days < 1 { "less than a day".to_owned() } else { count(usize::try_from(days).unwrap_or(0), "day") }
}

fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

/// Why a policy had to stay after all.
pub(super) fn stays(stays: &Stays) -> (&'static str, String) {
    match stays {
        Stays::DoesNotFit(numbers) => ("does-not-fit", numbers.to_string()),
        Stays::TooManyAttached { attached, policies, most } => (
            "too-many-attached",
            format!(
                "it takes {} in its stead, with {attached} attached today, and {most} are the most",
                if *policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") }
            ),
        ),
        Stays::NotSure(confidence) => {
            let first = confidence.reasons.first().map(|reason| reason.sentence()).unwrap_or_default();
            ("not-sure-enough", format!("confidence is {}: {first}", confidence.level.name()))
        }
        Stays::Undecided => ("not-proven", "its smaller form could not be proven".to_owned()),
        Stays::Refuted(_) => ("refuted", "a defect of leastwise; the case is under defects/".to_owned()),
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
pub(super) fn obstacle(obstacle: Obstacle, sharers: &Sharers) -> (&'static str, String) {
    match obstacle {
        Obstacle::Excepted => ("excepted", "an exception leaves it as it is".to_owned()),
        Obstacle::Bounds => (
            "used-as-boundary",
            "it is a permissions boundary, and editing it would narrow all of them".to_owned(),
        ),
        Obstacle::Unseen => {
            ("attached-elsewhere", "it is attached to more than this account shows".to_owned())
        }
        Obstacle::InUse => ("in-use-by-others", "nothing of it can go for all who hold it".to_owned()),
        Obstacle::Blocked => ("blocked", sharers.sentence()),
        Obstacle::Young(days) => (
            "grant-too-young",
            format!("it was granted or first seen {} ago, which is less than the window", age(days)),
        ),
    }
}

/// Why nothing of a policy goes though nobody uses it: rules keep all of that, it was granted lately, or else it is beyond the
/// catalog.
pub(super) fn unspared(is_kept: bool, changed_lately: bool) -> (&'static str, String) {
    if is_kept {
        ("kept-by-rule", "what could go of it is what rules keep".to_owned())
    } else if changed_lately {
        (
            "grant-too-young",
            "its text changed within the window, and what could go of it is new since then".to_owned(),
        )
    } else {
        (
            "not-in-catalog",
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

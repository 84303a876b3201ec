//! The bucket of a principal, and why: a stable code and one sentence.

use super::refinement::Stays;
use crate::decide::{Bucket, Exceptions, Obstacle, Standing};
use crate::evidence::{Failure, Gap};

/// Where a principal ends, with a stable code and one sentence. `window` is in days; `stays` says that its policies grant
/// what it does not use.
pub(super) fn bucket(
    standing: &Standing,
    exceptions: &Exceptions<'_>,
    window: u32,
    recommendations: usize,
    stays: bool,
) -> (Bucket, &'static str, String) {
    let failed =
        |failure: &Failure| format!("{} could not be read: {}", failure.operation, failure.kind.name());
    match standing {
        Standing::ServiceLinked => (
            Bucket::Unsupported,
            "service-linked",
            "only the AWS service that owns it can change it".to_owned(),
        ),
        Standing::Excluded(rule) => {
            let why = match exceptions.wording(*rule) {
                Some((reason, Some(owner))) => format!("left as it is: {reason} ({rule}, {owner})"),
                Some((reason, None)) => format!("left as it is: {reason} ({rule})"),
                None => format!("the rule {rule} leaves it as it is"),
            };
            (Bucket::Excluded, "excluded", why)
        }
        Standing::Stale(days) => (
            Bucket::NoEvidence,
            "evidence-too-old",
            format!("its evidence is {} old, more than the config allows", age(*days)),
        ),
        Standing::Unread(failure) => (Bucket::Failed, "evidence-unread", failed(failure)),
        Standing::Gap(Gap::Unread(failure)) => (Bucket::Failed, "finding-unread", failed(failure)),
        Standing::Gap(Gap::Error(error)) => (
            Bucket::NoEvidence,
            "error-finding",
            format!("the analyzer failed on it with {error}, so nothing is known of its use"),
        ),
        Standing::Gap(Gap::Empty) => {
            (Bucket::NoEvidence, "empty-finding", "its finding came without details".to_owned())
        }
        Standing::Gap(Gap::UnknownDetails) => (
            Bucket::NoEvidence,
            "unknown-details",
            "its finding has details that this version does not know".to_owned(),
        ),
        Standing::Idle(last) => (
            Bucket::UnusedPrincipal,
            "principal-unused",
            match last {
                Some(last) => {
                    format!("not used in the window, last on {}: review it for deletion", day(last))
                }
                None => "never used as far as AWS remembers: review it for deletion".to_owned(),
            },
        ),
        Standing::TooYoung(days) => (
            Bucket::TooYoung,
            "younger-than-window",
            format!("{} old; the window of {window} days has not passed yet", age(*days)),
        ),
        Standing::LeftOut => {
            (Bucket::NoEvidence, "excluded-by-analyzer", "a rule of the analyzer leaves it out".to_owned())
        }
        Standing::Archived => (
            Bucket::NoEvidence,
            "findings-archived",
            "its findings are archived, and archived findings are not evidence".to_owned(),
        ),
        Standing::NoSource => (
            Bucket::NoEvidence,
            "no-source",
            "the account has no analyzer and no last-accessed data".to_owned(),
        ),
        Standing::AllUsed => (
            Bucket::Clean,
            "nothing-unused",
            "it was analysed, and none of its permissions was found unused".to_owned(),
        ),
        Standing::Unused(_) if recommendations > 0 => (
            Bucket::Refined,
            "permissions-unused",
            format!("{recommendations} of its policies can be smaller, or go"),
        ),
        Standing::Unused(_) if stays => (
            Bucket::Clean,
            "policies-stay",
            "it does not use all it may, but the policies that grant it have to stay".to_owned(),
        ),
        Standing::Unused(_) => (
            Bucket::Clean,
            "nothing-granted",
            "none of its policies grants what is reported unused".to_owned(),
        ),
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

/// Why a policy cannot be edited in its place.
pub(super) fn obstacle(obstacle: Obstacle, blockers: usize) -> (&'static str, String) {
    match obstacle {
        Obstacle::Excepted => ("excepted", "an exception leaves it as it is".to_owned()),
        Obstacle::Bounds => {
            ("used-as-boundary", "it bounds principals, and editing it would narrow them all".to_owned())
        }
        Obstacle::Unseen => {
            ("attached-elsewhere", "it is attached to more than this account shows".to_owned())
        }
        Obstacle::InUse => ("in-use-by-others", "what one principal does not use, another does".to_owned()),
        Obstacle::Blocked => ("blocked", blocked(blockers)),
    }
}

/// Why nothing of a policy goes though nobody uses it: rules keep all of that, or else it is beyond the catalog.
pub(super) fn unspared(is_kept: bool) -> (&'static str, String) {
    if is_kept {
        ("kept-by-rule", "what could go of it is what rules keep".to_owned())
    } else {
        (
            "not-in-catalog",
            "what could go of it stands under a wildcard over a service that the catalog does not know"
                .to_owned(),
        )
    }
}

/// So many principals are in the way of the others who share a policy. Why, their own rows tell: nothing is known of their
/// use, or a rule leaves them as they are.
pub(super) fn blocked(blockers: usize) -> String {
    match blockers {
        1 => "1 principal that shares it counts as using everything".to_owned(),
        many => format!("{many} principals that share it count as using everything"),
    }
}

/// A number and what it counts.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

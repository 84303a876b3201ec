//! The bucket of a principal, and why: a stable code and one sentence.

use crate::decide::{Bucket, Standing};
use crate::evidence::{Failure, Gap};

/// Where a principal ends, with a stable code and one sentence. `window` is in days; `stays` says that a policy which
/// grants what it does not use has to stay.
pub(super) fn bucket(
    standing: &Standing,
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
            format!("{days} days old; the window of {window} days has not passed yet"),
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
        Standing::AllUsed => {
            (Bucket::Clean, "nothing-unused", "it was analysed and nothing unused was found".to_owned())
        }
        Standing::Unused(_) if recommendations > 0 => (
            Bucket::Refined,
            "permissions-unused",
            format!("{recommendations} of its policies can be smaller"),
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

fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

//! How the log tells the events of reading AWS.

use std::time::Duration;

use crate::output::event::{CallTold, Event};
use crate::output::terminal::shown;
use leastwise_aws::{Call, ReadEvent};

/// A shorter pause of the pacer is no news.
const LONG_WAIT: Duration = Duration::from_secs(1);

/// How the log has an event, if it does.
pub(super) fn logged(event: ReadEvent<'_>) -> Option<Event<'_>> {
    Some(match event {
        ReadEvent::FindingsListed(_) | ReadEvent::FindingsRead(_) => return None,
        ReadEvent::StateRejected { aside } => Event::StateSetAside { path: shown(aside) },
        ReadEvent::StateContradicted {
            account,
            finding,
            aside,
        } => Event::StateContradicted {
            account,
            finding: &finding.id,
            resource: &finding.resource,
            updated_at: finding.updated_at.as_deref(),
            path: aside.map(shown),
        },
        ReadEvent::StateDoubted { note } => Event::StateDoubted { path: shown(note) },
        ReadEvent::StateNotSaved { folder, error } => Event::StateNotKept {
            path: shown(folder),
            why: error.to_string(),
        },
        ReadEvent::JournalRejected { file, error } => Event::JournalDoubted {
            path: shown(file),
            why: error.to_string(),
        },
        ReadEvent::JournalNotSaved { folder, error } => Event::JournalNotKept {
            path: shown(folder),
            why: error.to_string(),
        },
        ReadEvent::ReachLimited { limit, account, why } => {
            let (operation, kind) = (why.operation.as_str(), why.kind.name());
            Event::ReachLimited {
                limit,
                account,
                operation,
                kind,
                aws_says: why.words(),
            }
        }
        ReadEvent::CallSent { held, .. } if held <= LONG_WAIT => return None,
        ReadEvent::CallSent { call, held } => Event::CallWaited {
            call: told(call),
            waited_seconds: held,
        },
        ReadEvent::CallThrottled {
            call,
            attempt,
            retry_after,
        } => Event::CallThrottled {
            call: told(call),
            attempt,
            retry_after_seconds: retry_after,
        },
        ReadEvent::CallRepeated {
            call,
            attempt,
            kind,
            pause,
        } => Event::CallRepeated {
            call: told(call),
            attempt,
            kind: kind.name(),
            pause_seconds: pause,
        },
    })
}

fn told(call: Call<'_>) -> CallTold<'_> {
    let Call {
        account,
        operation,
        bucket,
    } = call;
    CallTold {
        account,
        operation,
        api: bucket.api,
        asked_account: &bucket.account,
        region: &bucket.region,
    }
}

//! What the server shares between connections, and how one request becomes an answer.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use super::call::Call;
use super::counts::Counts;
use super::fault::{Fault, Plan, Struck};
use super::http::{Answer, Request};
use super::knobs::{Buckets, Knobs};
use super::refusal::{Protocol, Refusal};
use super::world::World;
use super::xml::Xml;
use super::{analyzer, iam, organizations, sts};

/// A session of an assumed role.
pub(crate) struct Session {
    pub(crate) arn: String,
    pub(crate) until: Instant,
}

/// A last-accessed job.
pub(crate) struct Job {
    /// The session that may ask for it.
    pub(crate) key: String,
    pub(crate) account: String,
    pub(crate) arn: String,
    pub(crate) granularity: String,
    pub(crate) polls_left: u32,
}

/// Everything.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) knobs: Knobs,
    pub(crate) plan: Plan,
    pub(crate) counts: Counts,
    pub(crate) sessions: Mutex<HashMap<String, Session>>,
    pub(crate) jobs: Mutex<HashMap<String, Job>>,
    pub(crate) numbers: AtomicU64,
    buckets: Buckets,
}

/// What is done with an answer.
pub(crate) enum Reply {
    Whole(Answer),
    /// Half of the body, then the end of the connection.
    Truncated(Answer),
    /// Half of the body, then nothing.
    Stalled(Answer),
    /// The beginning of the body, and no end.
    Endless(Answer),
    Silent,
    Reset,
}

impl State {
    pub(crate) fn new(world: World, knobs: Knobs) -> Self {
        Self {
            world,
            knobs,
            plan: Plan::default(),
            counts: Counts::default(),
            sessions: Mutex::default(),
            jobs: Mutex::default(),
            numbers: AtomicU64::new(0),
            buckets: Buckets::default(),
        }
    }

    /// Whose the credentials are that name no account.
    pub(crate) fn base(&self) -> &str {
        self.knobs
            .caller
            .as_deref()
            .unwrap_or_else(|| self.world.management())
    }

    /// Answers a request, after as long as it takes.
    pub(crate) async fn serve(&self, request: &Request) -> Reply {
        if request.path.starts_with("/_fake/") {
            return Reply::Whole(self.counts.answer(&self.plan));
        }
        let mut call = match Call::read(self, request) {
            Ok(call) => call,
            Err((protocol, refusal)) => {
                self.counts.refused();
                return Reply::Whole(refusal.answer(protocol, self.knobs.retry_after));
            }
        };
        let subject = call.subject();
        let counted = if call.operation == "AssumeRole" {
            &subject
        } else {
            &call.caller.account
        };
        let _running = self.counts.enter(&call.operation, counted);
        let latency = self.knobs.latency(&call.operation);
        if latency > Duration::ZERO {
            tokio::time::sleep(latency).await;
        }
        let protocol = call.protocol;
        let refuse = |refusal: &Refusal| refusal.answer(protocol, self.knobs.retry_after);
        if call.caller.is_expired(self) {
            return Reply::Whole(refuse(&Refusal::Expired));
        }
        if !self
            .buckets
            .take(&self.knobs, &call.operation, &call.caller.account)
        {
            self.counts.throttled();
            return Reply::Whole(refuse(&Refusal::Throttled));
        }
        let accounts = [call.caller.account.as_str(), &subject];
        let fault = self.plan.strike(Struck {
            operation: &call.operation,
            accounts,
            page: call.number(),
        });
        call.twist = fault.filter(|fault| fault.is_inside());
        let early = match fault {
            Some(Fault::Throttle) => Some(Refusal::Throttled),
            Some(Fault::Internal) => Some(Refusal::Internal),
            Some(Fault::Denied) => Some(Refusal::Denied),
            Some(Fault::Expired) => Some(Refusal::Expired),
            Some(Fault::Silent) => return Reply::Silent,
            Some(Fault::Reset) => return Reply::Reset,
            Some(Fault::GatewayPage) => return Reply::Whole(gateway_page()),
            _ => None,
        };
        let answer = match early.map_or_else(|| self.answer(&call, &subject), Err) {
            Ok(body) => Answer::new(200, protocol.content_type(), body),
            Err(Refusal::Unreachable) => return Reply::Reset,
            Err(Refusal::Malformed) => return Reply::Whole(malformed(protocol)),
            Err(refusal) => refuse(&refusal),
        };
        match fault {
            Some(Fault::TruncatedBody) => Reply::Truncated(answer),
            Some(Fault::Stall) => Reply::Stalled(answer),
            Some(Fault::Malformed) => Reply::Whole(malformed(protocol)),
            Some(Fault::EmptyAnswer) => Reply::Whole(empty(protocol, &call.operation)),
            Some(Fault::EndlessBody) => Reply::Endless(answer),
            Some(Fault::CutBody) => {
                let half = answer.body.len() / 2;
                Reply::Whole(Answer {
                    body: answer.body[..half].to_vec(),
                    ..answer
                })
            }
            _ => Reply::Whole(answer),
        }
    }

    /// The body, or why there is none.
    fn answer(&self, call: &Call<'_>, subject: &str) -> Result<String, Refusal> {
        if !matches!(call.operation.as_str(), "ListFindingsV2" | "GetFindingV2")
            && let Some(error) = &self.world.books(subject).error
            && error.operation == call.operation
        {
            return Err(Refusal::recorded(error.kind));
        }
        match call.protocol {
            Protocol::Sts => sts::answer(call),
            Protocol::Iam => iam::answer(call),
            Protocol::Organizations => organizations::answer(call),
            Protocol::Analyzer => analyzer::answer(call),
        }
    }
}

fn gateway_page() -> Answer {
    let page = "<html><head><title>503 Service Temporarily Unavailable</title></head><body>\
                <center><h1>503 Service Temporarily Unavailable</h1></center></body></html>\r\n";
    Answer::new(503, "text/html", page)
}

/// An answer that says nothing.
fn empty(protocol: Protocol, operation: &str) -> Answer {
    let body = match protocol {
        Protocol::Sts | Protocol::Iam => Xml::answer(operation, protocol.namespace(), |_| {}),
        Protocol::Organizations | Protocol::Analyzer => "{}".to_owned(),
    };
    Answer::new(200, protocol.content_type(), body)
}

/// What no parser takes for JSON or XML.
fn malformed(protocol: Protocol) -> Answer {
    Answer::new(
        200,
        protocol.content_type(),
        "{\"findings\": [<Oops>, not an answer",
    )
}

//! A fake AWS that speaks the real wire of IAM, STS, Organizations and Access Analyzer, for tests and benches.
//!
//! ```ignore
//! let fake = Fake::of(World::folder(Path::new("mocks/acme")))
//!     .page("ListAccounts", 3)
//!     .rate("GetFindingV2", 50.0)
//!     .fault(Rule::new(Fault::Throttle, When::Nth(2)).on("GetFindingV2"))
//!     .start();
//! // ... a client with the endpoint fake.url() ...
//! assert_eq!(fake.calls_of("AssumeRole"), 6);
//! ```
//!
//! Credentials whose id is four letters and an account's twelve digits are of that account; all others are of the
//! management account. Signatures are not looked at. Calls are counted by operation and the caller's account, those of
//! `AssumeRole` by the account of the role.

mod analyzer;
mod call;
mod counts;
mod dice;
mod fault;
mod findings;
mod folder;
mod generate;
pub(crate) mod http;
mod iam;
mod iam_xml;
mod knobs;
mod opinion;
mod organizations;
mod refusal;
mod server;
mod state;
mod stock;
mod sts;
mod world;
mod xml;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use dice::Dice;
pub(crate) use fault::{Fault, Rule, When};
pub(crate) use folder::write as write_folder;
pub(crate) use generate::Invented;
use knobs::Knobs;
use opinion::Dispute;
use server::Server;
use state::State;
pub(crate) use world::{Books, World};

/// A fake AWS that is to be started.
#[must_use]
pub(crate) struct Setup {
    world: World,
    knobs: Knobs,
    rules: Vec<Rule>,
    port: u16,
    threads: usize,
}

/// A fake AWS that answers until it is dropped.
pub(crate) struct Fake {
    server: Server,
    state: Arc<State>,
}

impl Fake {
    /// Of a snapshot folder, of answers in memory, or of an invented organisation.
    pub(crate) fn of(world: World) -> Setup {
        Setup {
            world,
            knobs: Knobs::default(),
            rules: Vec::new(),
            port: 0,
            threads: 1,
        }
    }
}

impl Setup {
    /// No page of an operation has more elements than this.
    pub(crate) fn page(mut self, operation: &str, size: usize) -> Self {
        self.knobs.pages.insert(operation.to_owned(), size);
        self
    }

    /// Pages have fewer elements than are asked for, each another number.
    pub(crate) fn short_pages(mut self) -> Self {
        self.knobs.short_pages = true;
        self
    }

    /// Before each page of an operation comes an empty one with a token.
    pub(crate) fn empty_pages(mut self, operation: &str) -> Self {
        self.knobs.empty_pages.push(operation.to_owned());
        self
    }

    /// An operation takes so many calls a second from each account, and a tenth of them at once.
    pub(crate) fn rate(self, operation: &str, rate: f64) -> Self {
        self.rate_with_burst(operation, rate, (rate / 10.0).max(1.0))
    }

    /// The same with the number of calls that may come at once.
    pub(crate) fn rate_with_burst(mut self, operation: &str, rate: f64, burst: f64) -> Self {
        self.knobs.rates.insert(operation.to_owned(), (rate, burst));
        self
    }

    /// What Access Analyzer says in `Retry-After`, in seconds.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.knobs.retry_after = seconds;
        self
    }

    /// Every call takes so long.
    pub(crate) fn latency(mut self, latency: Duration) -> Self {
        self.knobs.latency = latency;
        self
    }

    /// Every call of one operation takes so long.
    pub(crate) fn latency_of(mut self, operation: &str, latency: Duration) -> Self {
        self.knobs.latencies.insert(operation.to_owned(), latency);
        self
    }

    /// The only role that can be assumed.
    pub(crate) fn role(mut self, name: &str) -> Self {
        self.knobs.role = Some(name.to_owned());
        self
    }

    /// What `AssumeRole` must come with.
    pub(crate) fn external_id(mut self, id: &str) -> Self {
        self.knobs.external_id = Some(id.to_owned());
        self
    }

    /// Sessions last so long, whatever the client asks for.
    pub(crate) fn session(mut self, lasts: Duration) -> Self {
        self.knobs.session = Some(lasts);
        self
    }

    /// Whose the credentials are that name no account.
    pub(crate) fn caller(mut self, account: &str) -> Self {
        self.knobs.caller = Some(account.to_owned());
        self
    }

    /// So many polls find a last-accessed job at work.
    pub(crate) fn polls(mut self, polls: u32) -> Self {
        self.knobs.polls = polls;
        self
    }

    /// Analyzers are found in every Region, not only in the one of their ARN.
    pub(crate) fn any_region(mut self) -> Self {
        self.knobs.any_region = true;
        self
    }

    /// Accounts come without the path that leads to them, as older partitions and emulators give them.
    pub(crate) fn no_paths(mut self) -> Self {
        self.knobs.no_paths = true;
        self
    }

    /// An operation contradicts documents that have a text in them and do not allow an action: with these words.
    pub(crate) fn dispute(mut self, operation: &str, has: &str, lacks: &str, says: &str) -> Self {
        let [operation, has, lacks, says] = [operation, has, lacks, says].map(str::to_owned);
        self.knobs.disputes.push(Dispute {
            operation,
            has,
            lacks,
            says,
        });
        self
    }

    /// Somebody had AWS generate a recommendation for a principal.
    pub(crate) fn recommends(mut self, principal: &str, steps: Vec<serde_json::Value>) -> Self {
        self.knobs.recommendations.insert(principal.to_owned(), steps);
        self
    }

    /// Something goes wrong.
    pub(crate) fn fault(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Listens on this port.
    pub(crate) fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Answers with so many threads.
    pub(crate) fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Starts to answer.
    pub(crate) fn start(self) -> Fake {
        let state = Arc::new(State::new(self.world, self.knobs));
        self.rules.into_iter().for_each(|rule| state.plan.add(rule));
        let server = Server::start(Arc::clone(&state), self.port, self.threads).unwrap();
        Fake { server, state }
    }
}

impl Fake {
    /// Where it listens: the endpoint of all services.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// From now on something goes wrong.
    pub(crate) fn fault(&self, rule: Rule) {
        self.state.plan.add(rule);
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&self) {
        self.state.plan.clear();
    }

    /// Calls by operation and account.
    pub(crate) fn calls(&self) -> BTreeMap<(String, String), u64> {
        self.state.counts.calls()
    }

    /// All calls of an operation.
    pub(crate) fn calls_of(&self, operation: &str) -> u64 {
        self.calls()
            .iter()
            .filter(|((known, _), _)| known == operation)
            .map(|(_, count)| count)
            .sum()
    }

    /// Every operation that was ever called.
    pub(crate) fn operations(&self) -> BTreeSet<String> {
        self.calls().into_keys().map(|(operation, _)| operation).collect()
    }

    /// The most calls that were under way at a time; one for each thread unless there is a latency.
    pub(crate) fn peak(&self) -> u64 {
        self.state.counts.peak()
    }

    /// Calls that the rate limit turned away.
    pub(crate) fn throttles(&self) -> u64 {
        self.state.counts.throttles()
    }

    /// Requests that were no call: unknown operations, missing or unknown credentials.
    pub(crate) fn refusals(&self) -> u64 {
        self.state.counts.refusals()
    }

    /// The bytes that went out of bodies without end.
    pub(crate) fn bytes_poured(&self) -> u64 {
        self.state.counts.bytes_poured()
    }

    /// What went wrong, and how often.
    pub(crate) fn struck(&self) -> BTreeMap<Fault, u64> {
        self.state.plan.struck()
    }

    /// Counts from nothing again.
    pub(crate) fn forget(&self) {
        self.state.counts.forget();
    }
}

/// A time of a snapshot as the services write it.
fn wire_time(time: &str) -> Cow<'_, str> {
    match time.strip_suffix("+00:00") {
        Some(time) => Cow::Owned(format!("{time}Z")),
        None => Cow::Borrowed(time),
    }
}

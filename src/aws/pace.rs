//! The pace of calls: one bucket for each (API, account, Region), shared by all workers. Knows nothing of the SDK.
//!
//! AWS publishes no rates for most of what a scan calls, so they are found. A bucket starts at a rate and doubles it
//! every half second until it is throttled or at its ceiling. A throttle halves the rate, once for all calls that
//! were under way together. From there it climbs: within half a second to just below what AWS was accepting, then by
//! small steps that grow while all goes well, so that a lasting limit is touched seldom and a limit that was lifted is
//! found. `Retry-After` holds the whole bucket back, as the limit is the bucket's and not the call's.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// No pause is longer, whatever an answer asks for: a wrong header must not stop a scan for a day.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// Calls that came due while the timer slept may go together.
const CREDIT: Duration = Duration::from_millis(20);
/// Shorter waits are not worth a timer, which counts in milliseconds.
const NO_WAIT: Duration = Duration::from_millis(1);
/// How many of the latest accepted calls tell what is being accepted, unless they are too long ago.
const SAMPLE: usize = 32;
const MEMORY: Duration = Duration::from_secs(2);
/// How long a doubling takes, before the first throttle.
const DOUBLING: f64 = 0.5;
/// How long calls must have gone well for the rate to tell the limit.
const CALM: Duration = Duration::from_secs(3);
/// No bucket becomes slower, calls a second.
const SLOWEST: f64 = 0.2;

/// A rate at which to start and one not to exceed, calls a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// At first.
    pub start: f64,
    /// At most.
    pub ceiling: f64,
}

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketKey {
    /// Calls that AWS is taken to count together.
    pub api: &'static str,
    /// The account that is asked.
    pub account: String,
    /// Where.
    pub region: String,
}

impl fmt::Display for BucketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.api, self.account, self.region)
    }
}

/// What a bucket has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls that were let through, repeated ones included.
    pub calls: u64,
    /// Calls that AWS turned away for coming too fast.
    pub throttles: u64,
    /// Calls that had to wait for their turn.
    pub waits: u64,
    /// How long they waited, together.
    pub waited: Duration,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.throttles += other.throttles;
        self.waits += other.waits;
        self.waited += other.waited;
    }
}

/// All buckets of a run.
#[derive(Debug, Default)]
pub struct Pacers {
    buckets: Mutex<BTreeMap<BucketKey, Arc<Pacer>>>,
}

impl Pacers {
    /// The bucket of that key, made at the first call.
    pub fn bucket(&self, key: BucketKey, rate: Rate) -> Arc<Pacer> {
        Arc::clone(lock(&self.buckets).entry(key).or_insert_with(|| Arc::new(Pacer::new(rate))))
    }

    /// What each bucket has seen, sorted by key.
    pub fn figures(&self) -> Vec<(BucketKey, Figures)> {
        lock(&self.buckets).iter().map(|(key, pacer)| (key.clone(), pacer.figures())).collect()
    }
}

/// One bucket.
#[derive(Debug)]
pub struct Pacer {
    /// Held by the call whose turn is next, so that calls go in the order in which they came.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

/// Leave for one call.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    at: Instant,
    /// The rate then.
    rate: f64,
    held: Duration,
}

impl Leave {
    /// How long the bucket let nobody go before. How long a call stood behind others is not counted.
    pub fn held(&self) -> Duration {
        self.held
    }
}

#[derive(Debug)]
struct State {
    ceiling: f64,
    rate: f64,
    /// When the next call may go.
    next: Instant,
    /// No call goes before.
    not_before: Instant,
    /// Up to when the rate has grown.
    grown: Instant,
    /// When the first call went.
    began: Option<Instant>,
    cut: Option<Cut>,
    /// When calls were last accepted, the latest.
    accepted: VecDeque<Instant>,
    figures: Figures,
}

/// The last time that the rate was cut.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// When calls went on.
    resumed: Instant,
    /// What AWS is thought to accept.
    knee: f64,
    /// What it did not accept, or as far above the knee as may be approached fast.
    high: f64,
}

impl Pacer {
    /// A bucket that has seen nothing.
    pub fn new(rate: Rate) -> Self {
        let now = Instant::now();
        let ceiling = rate.ceiling.max(SLOWEST);
        Self {
            turn: tokio::sync::Mutex::new(()),
            state: Mutex::new(State {
                ceiling,
                rate: rate.start.clamp(SLOWEST, ceiling),
                next: now,
                not_before: now,
                grown: now,
                began: None,
                cut: None,
                accepted: VecDeque::new(),
                figures: Figures::default(),
            }),
        }
    }

    /// Waits for one's turn. Dropped while waiting, it leaves no trace.
    pub async fn leave(&self) -> Leave {
        let came = Instant::now();
        let _turn = self.turn.lock().await;
        let turn = Instant::now();
        loop {
            let now = Instant::now();
            let due = lock(&self.state).due(now);
            if due <= now + NO_WAIT {
                return lock(&self.state).take(now, now.duration_since(came), now.duration_since(turn));
            }
            // Asked again afterwards: a throttle may have moved everything meanwhile.
            sleep_until(due).await;
        }
    }

    /// The call was answered, well or not.
    pub fn accepted(&self, leave: Leave) {
        lock(&self.state).accept(leave, Instant::now());
    }

    /// The call was turned away for coming too fast.
    pub fn throttled(&self, leave: Leave, retry_after: Option<Duration>) {
        lock(&self.state).throttled(leave, Instant::now(), retry_after);
    }

    /// What it has seen.
    pub fn figures(&self) -> Figures {
        lock(&self.state).figures
    }

    /// Calls a second, now.
    pub fn rate(&self) -> f64 {
        lock(&self.state).rate
    }
}

impl State {
    fn due(&mut self, now: Instant) -> Instant {
        self.grow(now);
        self.next.max(self.not_before)
    }

    fn take(&mut self, now: Instant, waited: Duration, held: Duration) -> Leave {
        let from = self.next.max(self.not_before).max(now.checked_sub(CREDIT).unwrap_or(now));
        self.next = from + Duration::from_secs_f64(1.0 / self.rate);
        self.figures.calls += 1;
        self.began.get_or_insert(from);
        if waited > NO_WAIT {
            self.figures.waits += 1;
            self.figures.waited += waited;
        }
        Leave { at: now, rate: self.rate, held }
    }

    fn grow(&mut self, now: Instant) {
        // A second at most: a bucket that nobody used has learnt nothing.
        let passed = now.duration_since(self.grown).as_secs_f64().min(1.0);
        self.grown = now;
        if now < self.not_before {
            return;
        }
        self.rate = match self.cut {
            None => self.rate * 2_f64.powf(passed / DOUBLING),
            Some(cut) if self.rate < cut.knee => cut.knee.min(self.rate + cut.knee * passed),
            Some(cut) => {
                let calm = now.duration_since(cut.resumed).as_secs_f64();
                let below = (0.97 * cut.high - self.rate).max(0.0);
                self.rate + (below * 0.08 + self.rate * (0.001 + calm / 7200.0)) * passed
            }
        }
        .min(self.ceiling);
    }

    fn throttled(&mut self, leave: Leave, now: Instant, retry_after: Option<Duration>) {
        self.figures.throttles += 1;
        if let Some(pause) = retry_after {
            self.not_before = self.not_before.max(now + pause.min(LONGEST_PAUSE));
        }
        // Calls that went before the cut say nothing about the rate after it.
        if self.cut.is_some_and(|cut| leave.at <= cut.at) {
            return;
        }
        let resumed = now.max(self.not_before);
        let knee = self.knee(leave, now).clamp(self.rate / 2.0, self.rate).max(SLOWEST);
        self.rate = (self.rate / 2.0).max(SLOWEST);
        self.cut = Some(Cut { at: now, resumed, knee, high: leave.rate.min(knee * 1.2) });
        // What comes now is of another rate, and perhaps after a pause.
        self.accepted.clear();
        self.grown = resumed;
        self.next = self.next.max(now + Duration::from_secs_f64(1.0 / self.rate));
    }

    /// What AWS accepts, as far as a call that was turned away tells.
    fn knee(&self, leave: Leave, now: Instant) -> f64 {
        match self.cut {
            // The first climb: what was let through so far, over all of it, is near the limit whether AWS saves up
            // calls that were not made or not.
            None => {
                let took = self.began.map_or(0.0, |began| now.duration_since(began).as_secs_f64());
                let calls = f64::from(u32::try_from(self.figures.calls).unwrap_or(u32::MAX));
                if took > 0.2 { calls / took * 1.1 } else { leave.rate * 0.75 }
            }
            // After a calm while, what was accepted just now is the limit itself.
            Some(cut) if now.saturating_duration_since(cut.resumed) > CALM => {
                self.accepted_rate(now).unwrap_or(leave.rate) * 0.97
            }
            // Turned away at once: well below, whatever was accepted out of savings.
            Some(_) => leave.rate * 0.85,
        }
    }

    fn accept(&mut self, leave: Leave, now: Instant) {
        // Calls from before the cut say nothing about what came after.
        if self.cut.is_some_and(|cut| leave.at <= cut.at) {
            return;
        }
        if self.accepted.len() == SAMPLE {
            self.accepted.pop_front();
        }
        self.accepted.push_back(now);
    }

    /// Calls accepted a second, by the latest of them; none when there are too few to tell.
    fn accepted_rate(&self, now: Instant) -> Option<f64> {
        let recent = self.accepted.iter().filter(|at| now.duration_since(**at) <= MEMORY);
        let intervals = u32::try_from(recent.clone().count()).ok()?.checked_sub(1).filter(|n| *n >= 8)?;
        let took = recent.clone().next_back()?.duration_since(*recent.clone().next()?).as_secs_f64();
        (took > 0.0).then(|| f64::from(intervals) / took)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here panics while it holds the lock; if something did, figures are still figures.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

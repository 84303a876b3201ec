//! The pace of calls: one token bucket for each (API, account, Region), shared by all workers. Knows nothing about
//! the SDK.
//!
//! AWS does not publish rates for most calls of a scan, so the pacer finds them. A bucket starts at a rate, some
//! with a few calls at once, and doubles it a dozen times a second until AWS throttles or the ceiling is reached.
//! From the accepted calls it then estimates the rate that AWS accepts, continues just below it, and climbs in
//! small steps that grow while all goes well, so that a lasting limit is rarely hit and a lifted one is noticed.
//! `Retry-After` pauses the whole bucket, because the limit is that of the bucket and not of the call.

mod estimate;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use estimate::SAVINGS;

/// Maximum pause, whatever a response asks for: a wrong header must not stop a scan for a day.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Calls that became due while the timer slept may run together.
const CREDIT: Duration = Duration::from_millis(20);
/// Shorter waits are not worth a timer, which counts in milliseconds.
const NO_WAIT: Duration = Duration::from_millis(1);
/// Seconds until the rate doubles, before the first throttle.
const DOUBLING: f64 = 0.08;
/// Length of the steps in which accepted calls are remembered, and number of steps.
const STEP: Duration = Duration::from_millis(10);
const STEPS: usize = 1000;
/// Fewer accepted calls give no estimate.
const FEW: u32 = 8;
/// How far below the estimate to continue. Closer if every throttle costs a pause, because the rate then climbs
/// more slowly.
const MARGIN: f64 = 0.97;
const MARGIN_OF_PAUSES: f64 = 0.99;
/// Seconds for which an assumed limit is not tested if every throttle costs a pause.
const PATIENCE: f64 = 22.0;
/// Minimum rate of a bucket, in calls per second.
const SLOWEST: f64 = 0.2;

/// Initial and maximum rate, in calls per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Number of first calls that need not wait for each other, because AWS has saved them up.
    pub at_once: f64,
    /// Initial rate.
    pub start: f64,
    /// Maximum rate.
    pub ceiling: f64,
}

impl Rate {
    /// A rate at which every call waits for the previous one.
    pub const fn of(start: f64, ceiling: f64) -> Self {
        Self {
            at_once: 1.0,
            start,
            ceiling,
        }
    }

    /// The same rate, with this many calls at once at first, but no more than a second has.
    #[must_use]
    pub fn at_once(self, calls: f64) -> Self {
        Self {
            at_once: calls.min(self.start),
            ..self
        }
    }
}

/// Key of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketKey {
    /// Calls that AWS is assumed to count together.
    pub api: &'static str,
    /// The called account.
    pub account: String,
    /// The called Region.
    pub region: String,
}

impl fmt::Display for BucketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.api, self.account, self.region)
    }
}

/// Statistics of a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Number of calls, repeated ones included.
    pub calls: u64,
    /// Number of calls that AWS throttled.
    pub throttles: u64,
    /// Number of calls that had to wait.
    pub waits: u64,
    /// Their total waiting time.
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
    /// The bucket with this key, created on first use.
    pub fn bucket(&self, key: BucketKey, rate: Rate) -> Arc<Pacer> {
        Arc::clone(
            lock(&self.buckets)
                .entry(key)
                .or_insert_with(|| Arc::new(Pacer::new(rate))),
        )
    }

    /// Statistics of each bucket, sorted by key.
    pub fn figures(&self) -> Vec<(BucketKey, Figures)> {
        lock(&self.buckets)
            .iter()
            .map(|(key, pacer)| (key.clone(), pacer.figures()))
            .collect()
    }
}

/// One bucket.
#[derive(Debug)]
pub struct Pacer {
    /// Held by the call that is next, so that calls run in the order in which they arrive.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<PacerState>,
}

/// Permission for one call.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    at: Instant,
    /// Rate at that time.
    rate: f64,
    held: Duration,
}

impl Leave {
    /// How long the bucket let no call through before. The time a call waited behind others does not count.
    pub fn held(&self) -> Duration {
        self.held
    }
}

#[derive(Debug)]
struct PacerState {
    ceiling: f64,
    rate: f64,
    /// Number of calls that need not wait for each other.
    saved: f64,
    /// When the next call may run.
    next: Instant,
    /// No call may run before.
    not_before: Instant,
    /// Time up to which the rate has been raised.
    grown: Instant,
    cut: Option<Cut>,
    /// When accepted calls ran, and how many in each step. Cleared after each estimate.
    accepted: VecDeque<(Instant, u32)>,
    /// Estimates of the latest throttles, for each candidate of savings.
    told: VecDeque<[f64; SAVINGS.len()]>,
    figures: Figures,
}

/// The last time the rate was lowered.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// When calls resumed.
    resumed: Instant,
    /// When counting of accepted calls began.
    since: Instant,
    /// Whether AWS asked for a pause, so that the next throttle will cost one too.
    paused: bool,
    rests_on: RateBasis,
}

/// What an estimate is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RateBasis {
    /// A burst, in which the share of savings is unknown.
    Burst,
    /// Assumed savings.
    Supposed,
    /// Enough time for savings to matter little.
    Measured,
}

impl Pacer {
    /// A new bucket.
    pub fn new(rate: Rate) -> Self {
        let now = Instant::now();
        let ceiling = rate.ceiling.max(SLOWEST);
        Self {
            turn: tokio::sync::Mutex::new(()),
            state: Mutex::new(PacerState {
                ceiling,
                rate: rate.start.clamp(SLOWEST, ceiling),
                // One goes at once in any case.
                saved: rate.at_once - 1.0,
                next: now,
                not_before: now,
                grown: now,
                cut: None,
                accepted: VecDeque::new(),
                told: VecDeque::new(),
                figures: Figures::default(),
            }),
        }
    }

    /// Waits for permission. Dropping it while waiting has no effect.
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

    /// AWS answered the call, with a result or an error.
    pub fn accepted(&self, leave: Leave) {
        lock(&self.state).accept(leave);
    }

    /// AWS throttled the call.
    pub fn throttled(&self, leave: Leave, retry_after: Option<Duration>) {
        lock(&self.state).throttled(leave, Instant::now(), retry_after);
    }

    /// Whether it is slower, or paused, because AWS throttled calls.
    pub fn is_slowed(&self) -> bool {
        lock(&self.state).cut.is_some()
    }

    /// Statistics.
    pub fn figures(&self) -> Figures {
        lock(&self.state).figures
    }

    /// Current rate, in calls per second.
    pub fn rate(&self) -> f64 {
        lock(&self.state).rate
    }
}

impl PacerState {
    fn due(&mut self, now: Instant) -> Instant {
        self.grow(now);
        if self.saved >= 1.0 {
            self.not_before
        } else {
            self.next.max(self.not_before)
        }
    }

    fn take(&mut self, now: Instant, waited: Duration, held: Duration) -> Leave {
        if self.saved >= 1.0 {
            self.saved -= 1.0;
        } else {
            let from = self
                .next
                .max(self.not_before)
                .max(now.checked_sub(CREDIT).unwrap_or(now));
            self.next = from + Duration::from_secs_f64(1.0 / self.rate);
        }
        self.figures.calls += 1;
        if waited > NO_WAIT {
            self.figures.waits += 1;
            self.figures.waited += waited;
        }
        Leave {
            at: now,
            rate: self.rate,
            held,
        }
    }

    fn grow(&mut self, now: Instant) {
        // At most one second: an unused bucket has learnt nothing.
        let passed = now.duration_since(self.grown).as_secs_f64().min(1.0);
        self.grown = now;
        if now < self.not_before {
            return;
        }
        let growth = match self.cut {
            None => 2_f64.powf(passed / DOUBLING),
            Some(cut) => {
                let calm = now.duration_since(cut.resumed).as_secs_f64();
                let creep = if cut.paused {
                    (1.0 + calm) * 0.0001
                } else {
                    (5.0 + calm) * 0.001
                };
                let a_second = match cut.rests_on {
                    RateBasis::Burst => 1.0,
                    RateBasis::Supposed if !cut.paused => 0.08,
                    RateBasis::Supposed if calm > PATIENCE => 0.2,
                    RateBasis::Supposed | RateBasis::Measured => creep,
                };
                1.0 + a_second * passed
            }
        };
        self.rate = (self.rate * growth).min(self.ceiling);
    }

    fn throttled(&mut self, leave: Leave, now: Instant, retry_after: Option<Duration>) {
        self.figures.throttles += 1;
        self.saved = 0.0;
        if let Some(pause) = retry_after {
            self.not_before = self.not_before.max(now + pause.min(LONGEST_PAUSE));
        }
        // Calls that went before the cut say nothing about the rate after it.
        if self.cut.is_some_and(|cut| leave.at <= cut.at) {
            return;
        }
        let resumed = now.max(self.not_before);
        let paused = resumed > now;
        let (limit, rests_on) = self.limit(leave);
        let margin = if paused { MARGIN_OF_PAUSES } else { MARGIN };
        self.rate = (limit.min(leave.rate) * margin).max(SLOWEST);
        let since = match self.cut {
            // Too few calls were accepted since then to estimate from, so keep counting.
            Some(cut) if self.calls() < FEW => cut.since,
            _ => {
                self.accepted.clear();
                now
            }
        };
        self.cut = Some(Cut {
            at: now,
            resumed,
            since,
            paused,
            rests_on,
        });
        self.grown = resumed;
        self.next = self.next.max(now + Duration::from_secs_f64(1.0 / self.rate));
    }

    fn accept(&mut self, leave: Leave) {
        // Calls from before the cut say nothing about what came after.
        if self.cut.is_some_and(|cut| leave.at <= cut.at) {
            return;
        }
        match self.accepted.back_mut() {
            Some((step, count)) if leave.at < *step + STEP => *count += 1,
            _ => self.accepted.push_back((leave.at, 1)),
        }
        if self.accepted.len() > STEPS {
            self.accepted.pop_front();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here panics while it holds the lock; if something did, figures are still figures.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

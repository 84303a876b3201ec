//! The pace of calls: one bucket for each (API, account, Region), shared by all workers. Knows nothing of the SDK.
//!
//! AWS publishes no rates for most of what a scan calls, so they are found. A bucket starts at a rate, some with a few
//! calls at once, and doubles it a dozen times a second until it is throttled or at its ceiling. Then it reckons from what
//! was let through what AWS takes, goes on just below that, and climbs by small steps that grow while all goes well, so
//! that a lasting limit is touched seldom and a limit that was lifted is found. `Retry-After` holds the whole bucket back,
//! as the limit is the bucket's and not the call's.
//!
//! How it reckons: AWS saves up calls that were not made, so for a while more go through than it takes for long. Under a
//! limit of R with savings of b seconds, w seconds let through R x (w + b) calls at most, and exactly so many when they
//! used the savings up. So R is the most that calls / (w + b) gives, over all spans that end with the throttle. Nobody
//! tells b either: at first it is supposed, later it is the one by which several throttles tell the same R.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// No pause is longer, whatever an answer asks for: a wrong header must not stop a scan for a day.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Calls that came due while the timer slept may go together.
const CREDIT: Duration = Duration::from_millis(20);
/// Shorter waits are not worth a timer, which counts in milliseconds.
const NO_WAIT: Duration = Duration::from_millis(1);
/// How long a doubling takes before the first throttle, in seconds.
const DOUBLING: f64 = 0.08;
/// Accepted calls are remembered in steps of so long, and so many steps of them.
const STEP: Duration = Duration::from_millis(10);
const STEPS: usize = 1000;
/// How many seconds' calls AWS may save up, and which of these is supposed at first.
const SAVINGS: [f64; 8] = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0];
const SUPPOSED: usize = 2;
/// How many throttles are compared to tell.
const COMPARED: usize = 3;
/// Fewer accepted calls tell nothing.
const FEW: u32 = 8;
/// A burst that is over sooner, in seconds, tells more of the savings than of the limit.
const BURST: f64 = 0.05;
/// Over longer, in seconds, savings matter little.
const LONG: f64 = 1.0;
/// How far below what AWS takes to go on. Nearer when every throttle costs a pause, as the rate climbs more slowly then.
const MARGIN: f64 = 0.97;
const MARGIN_OF_PAUSES: f64 = 0.99;
/// For how many seconds a limit that is only supposed is not tried when every throttle costs a pause.
const PATIENCE: f64 = 22.0;
/// No bucket becomes slower, calls a second.
const SLOWEST: f64 = 0.2;

/// A rate at which to start and one not to exceed, calls a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How many of the first calls need not wait for each other: what nobody called has saved something up.
    pub at_once: f64,
    /// At first.
    pub start: f64,
    /// At most.
    pub ceiling: f64,
}

impl Rate {
    /// One at which every call waits for the one before.
    pub const fn of(start: f64, ceiling: f64) -> Self {
        Self { at_once: 1.0, start, ceiling }
    }

    /// The same, of which so many calls go at once in the beginning, and no more than a second has.
    #[must_use]
    pub fn at_once(self, calls: f64) -> Self {
        Self { at_once: calls.min(self.start), ..self }
    }
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
    state: Mutex<PacerState>,
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
struct PacerState {
    ceiling: f64,
    rate: f64,
    /// How many calls may still go without waiting for each other.
    saved: f64,
    /// When the next call may go.
    next: Instant,
    /// No call goes before.
    not_before: Instant,
    /// Up to when the rate has grown.
    grown: Instant,
    cut: Option<Cut>,
    /// When accepted calls went, and how many within a step; cleared when they have told what AWS takes.
    accepted: VecDeque<(Instant, u32)>,
    /// What AWS takes by each of the savings, as the latest throttles told.
    told: VecDeque<[f64; SAVINGS.len()]>,
    figures: Figures,
}

/// The last time that the rate was cut.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// When calls went on.
    resumed: Instant,
    /// From when on accepted calls are counted.
    since: Instant,
    /// Whether AWS asked for a pause: then the next throttle will cost one, too.
    paused: bool,
    rests_on: RateBasis,
}

/// What a new rate rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RateBasis {
    /// A burst, of which nobody knows how much was savings.
    Burst,
    /// What is supposed of the savings.
    Supposed,
    /// Enough time for them to matter little.
    Measured,
}

impl Pacer {
    /// A bucket that has seen nothing.
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
        lock(&self.state).accept(leave);
    }

    /// The call was turned away for coming too fast.
    pub fn throttled(&self, leave: Leave, retry_after: Option<Duration>) {
        lock(&self.state).throttled(leave, Instant::now(), retry_after);
    }

    /// Whether it is slower, or at rest, because AWS turned calls away.
    pub fn is_slowed(&self) -> bool {
        lock(&self.state).cut.is_some()
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

impl PacerState {
    fn due(&mut self, now: Instant) -> Instant {
        self.grow(now);
        if self.saved >= 1.0 { self.not_before } else { self.next.max(self.not_before) }
    }

    fn take(&mut self, now: Instant, waited: Duration, held: Duration) -> Leave {
        if self.saved >= 1.0 {
            self.saved -= 1.0;
        } else {
            let from = self.next.max(self.not_before).max(now.checked_sub(CREDIT).unwrap_or(now));
            self.next = from + Duration::from_secs_f64(1.0 / self.rate);
        }
        self.figures.calls += 1;
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
        let growth = match self.cut {
            None => 2_f64.powf(passed / DOUBLING),
            Some(cut) => {
                let calm = now.duration_since(cut.resumed).as_secs_f64();
                let creep = if cut.paused { (1.0 + calm) * 0.0001 } else { (5.0 + calm) * 0.001 };
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
            // What was accepted since has not told anything yet, and is counted on.
            Some(cut) if self.calls() < FEW => cut.since,
            _ => {
                self.accepted.clear();
                now
            }
        };
        self.cut = Some(Cut { at: now, resumed, since, paused, rests_on });
        self.grown = resumed;
        self.next = self.next.max(now + Duration::from_secs_f64(1.0 / self.rate));
    }

    /// What AWS takes, as far as a call that was turned away tells.
    fn limit(&mut self, leave: Leave) -> (f64, RateBasis) {
        let half = leave.rate / 2.0;
        let Some(cut) = self.cut else {
            let Some((first, _)) = self.accepted.front() else { return (half, RateBasis::Burst) };
            let burst = seconds(*first, leave.at) < BURST;
            return (self.tell(leave.at), if burst { RateBasis::Burst } else { RateBasis::Supposed });
        };
        let calls = self.calls();
        let sure = |took: f64| if took < LONG { RateBasis::Supposed } else { RateBasis::Measured };
        if calls == 0 {
            (half, RateBasis::Supposed)
        } else if calls < FEW {
            (leave.rate * 0.75, RateBasis::Supposed)
        } else if cut.paused {
            // Savings came back during the pause, as they were there in the beginning.
            (self.tell(leave.at).max(half), sure(seconds(cut.resumed, leave.at)))
        } else {
            // None were left at the last throttle, so what was accepted since is the limit itself.
            let took = seconds(cut.since, leave.at);
            let all = f64::from(calls) / took.max(0.001);
            let supposed = SAVINGS.get(SUPPOSED).map_or(0.0, |savings| self.most(leave.at, *savings));
            (all.max(supposed).max(half), sure(took))
        }
    }

    /// What AWS takes by the savings that make the latest throttles agree.
    fn tell(&mut self, at: Instant) -> f64 {
        if self.told.len() == COMPARED {
            self.told.pop_front();
        }
        self.told.push_back(SAVINGS.map(|savings| self.most(at, savings)));
        let by = |place: usize| self.told.iter().filter_map(move |told| told.get(place).copied());
        let discord = |place: usize| {
            let discord = by(place).fold(0.0, f64::max) / by(place).fold(f64::INFINITY, f64::min);
            if place == SUPPOSED { discord * 0.98 } else { discord }
        };
        let place = (0..SAVINGS.len()).min_by(|a, b| discord(*a).total_cmp(&discord(*b)));
        place.and_then(|place| by(place).next_back()).unwrap_or(SLOWEST)
    }

    /// The most that any span up to `at` gives for calls / (its length + savings).
    fn most(&self, at: Instant, savings: f64) -> f64 {
        // A throttle is as likely just before as just after a call is saved up.
        let (mut calls, mut most) = (0.5, 0.0_f64);
        for (step, count) in self.accepted.iter().rev() {
            calls += f64::from(*count);
            most = most.max(calls / (seconds(*step, at) + savings));
        }
        most
    }

    fn calls(&self) -> u32 {
        self.accepted.iter().map(|(_, count)| count).sum()
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

fn seconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here panics while it holds the lock; if something did, figures are still figures.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

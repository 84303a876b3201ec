//! The estimate of the rate that AWS accepts, after a throttled call.
//!
//! AWS saves up unused calls, so for a while it accepts more than its long-term rate. With a limit of
//! R and savings of b seconds, AWS accepts at most R x (w + b) calls in w seconds, and exactly that many once the
//! savings are used up. So R is the maximum of calls / (w + b) over all spans that end with the throttled call. b
//! is unknown too: at first it is assumed, later it is the value for which several throttles give the same R.

use tokio::time::Instant;

use super::{FEW, Leave, PacerState, RateBasis, SLOWEST};

/// Candidates for the seconds of calls that AWS may save up, and the one assumed at first.
pub(super) const SAVINGS: [f64; 8] = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0];
const SUPPOSED: usize = 2;
/// Number of throttles to compare.
const COMPARED: usize = 3;
/// A burst that ends within this many seconds says more about savings than about the limit.
const BURST: f64 = 0.05;
/// After this many seconds, savings matter little.
const LONG: f64 = 1.0;

impl PacerState {
    /// Estimate of what AWS accepts, after a throttled call.
    pub(super) fn limit(&mut self, leave: Leave) -> (f64, RateBasis) {
        let half = leave.rate / 2.0;
        let Some(cut) = self.cut else {
            let Some((first, _)) = self.accepted.front() else {
                return (half, RateBasis::Burst);
            };
            let burst = seconds(*first, leave.at) < BURST;
            return (
                self.tell(leave.at),
                if burst {
                    RateBasis::Burst
                } else {
                    RateBasis::Supposed
                },
            );
        };
        let calls = self.calls();
        let sure = |took: f64| {
            if took < LONG {
                RateBasis::Supposed
            } else {
                RateBasis::Measured
            }
        };
        if calls == 0 {
            (half, RateBasis::Supposed)
        } else if calls < FEW {
            (leave.rate * 0.75, RateBasis::Supposed)
        } else if cut.paused {
            // Savings came back during the pause, as they were there in the beginning.
            (
                self.tell(leave.at).max(half),
                sure(seconds(cut.resumed, leave.at)),
            )
        } else {
            // None were left at the last throttle, so what was accepted since is the limit itself.
            let took = seconds(cut.since, leave.at);
            let all = f64::from(calls) / took.max(0.001);
            let supposed = SAVINGS
                .get(SUPPOSED)
                .map_or(0.0, |savings| self.most(leave.at, *savings));
            (all.max(supposed).max(half), sure(took))
        }
    }

    /// Estimate with the savings for which the latest throttles agree.
    fn tell(&mut self, at: Instant) -> f64 {
        if self.told.len() == COMPARED {
            self.told.pop_front();
        }
        self.told.push_back(SAVINGS.map(|savings| self.most(at, savings)));
        let by = |place: usize| self.told.iter().filter_map(move |told| told.get(place).copied());
        let discord = |place: usize| {
            let discord = by(place).fold(0.0, f64::max) / by(place).fold(f64::INFINITY, f64::min);
            if place == SUPPOSED {
                discord * 0.98
            } else {
                discord
            }
        };
        let place = (0..SAVINGS.len()).min_by(|a, b| discord(*a).total_cmp(&discord(*b)));
        place.and_then(|place| by(place).next_back()).unwrap_or(SLOWEST)
    }

    /// Maximum of calls / (length + savings) over all spans up to `at`.
    fn most(&self, at: Instant, savings: f64) -> f64 {
        // A throttle is as likely just before as just after a call is saved up.
        let (mut calls, mut most) = (0.5, 0.0_f64);
        for (step, count) in self.accepted.iter().rev() {
            calls += f64::from(*count);
            most = most.max(calls / (seconds(*step, at) + savings));
        }
        most
    }

    pub(super) fn calls(&self) -> u32 {
        self.accepted.iter().map(|(_, count)| count).sum()
    }
}

fn seconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64()
}

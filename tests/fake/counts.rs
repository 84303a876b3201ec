//! What was asked of the fake.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::Plan;
use super::http::Answer;

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    calls: Mutex<BTreeMap<(String, String), u64>>,
    running: AtomicU64,
    peak: AtomicU64,
    throttled: AtomicU64,
    refused: AtomicU64,
    poured: AtomicU64,
}

/// A call that is being answered.
pub(crate) struct Running<'c>(&'c Counts);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counts {
    pub(crate) fn enter(&self, operation: &str, account: &str) -> Running<'_> {
        *self
            .calls
            .lock()
            .unwrap()
            .entry((operation.to_owned(), account.to_owned()))
            .or_default() += 1;
        let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(running, Ordering::Relaxed);
        Running(self)
    }

    pub(crate) fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls by operation and account.
    pub(crate) fn calls(&self) -> BTreeMap<(String, String), u64> {
        self.calls.lock().unwrap().clone()
    }

    /// The most calls that were under way at a time.
    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Calls that the rate limit turned away.
    pub(crate) fn throttles(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    /// Requests that were no call: unknown operations, missing or unknown credentials.
    pub(crate) fn refusals(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// So many bytes go out of a body without end.
    pub(crate) fn poured(&self, bytes: usize) {
        self.poured.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The bytes of all bodies without end.
    pub(crate) fn bytes_poured(&self) -> u64 {
        self.poured.load(Ordering::Relaxed)
    }

    pub(crate) fn forget(&self) {
        self.calls.lock().unwrap().clear();
        for counter in [&self.peak, &self.throttled, &self.refused] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// All of it as JSON, for who runs the fake as a program.
    pub(crate) fn answer(&self, plan: &Plan) -> Answer {
        let mut calls: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for ((operation, account), count) in self.calls() {
            calls.entry(operation).or_default().insert(account, count);
        }
        let faults: BTreeMap<String, u64> = plan
            .struck()
            .into_iter()
            .map(|(fault, count)| (format!("{fault:?}"), count))
            .collect();
        let body = serde_json::json!({
            "calls": calls,
            "faults": faults,
            "peak": self.peak(),
            "throttled": self.throttles(),
            "refused": self.refusals(),
        });
        Answer::new(200, "application/json", body.to_string())
    }
}

//! How the fake behaves when nothing goes wrong: page sizes, rates, latency, who may assume what.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::opinion::Dispute;
use super::refusal::Refusal;

/// The page sizes that AWS has, or seems to have where it does not say: the default, and the most that can be asked.
const SIZES: [(&str, usize, usize); 9] = [
    ("ValidatePolicy", 100, 100),
    ("SimulateCustomPolicy", 100, 1000),
    ("GetFindingRecommendation", 100, 1000),
    ("GetAccountAuthorizationDetails", 100, 1000),
    ("GetServiceLastAccessedDetails", 100, 1000),
    ("ListFindingsV2", 100, 1000),
    ("GetFindingV2", 50, 1000),
    ("ListAnalyzers", 50, 100),
    ("organizations", 20, 20),
];

/// The settings.
#[derive(Debug, Clone)]
pub(crate) struct Knobs {
    /// By operation: no page is longer, whatever the client asks for.
    pub(crate) pages: HashMap<String, usize>,
    /// Pages that are shorter than asked, as IAM says that they may be.
    pub(crate) short_pages: bool,
    /// Operations that give an empty page with a token before each page.
    pub(crate) empty_pages: Vec<String>,
    /// By operation, for each account: calls a second, and how many at once.
    pub(crate) rates: HashMap<String, (f64, f64)>,
    /// What `Retry-After` says, in seconds.
    pub(crate) retry_after: u32,
    /// How long every call takes at least.
    pub(crate) latency: Duration,
    /// The same for one operation.
    pub(crate) latencies: HashMap<String, Duration>,
    /// The only role that can be assumed.
    pub(crate) role: Option<String>,
    /// What `AssumeRole` must come with.
    pub(crate) external_id: Option<String>,
    /// How long sessions last, whatever the client asks for.
    pub(crate) session: Option<Duration>,
    /// Whose the credentials are that name no account; the management account's else.
    pub(crate) caller: Option<String>,
    /// How many polls find a last-accessed job at work.
    pub(crate) polls: u32,
    /// Analyzers are found in every Region.
    pub(crate) any_region: bool,
    /// Accounts come without the path that leads to them.
    pub(crate) no_paths: bool,
    /// Opinions that contradict.
    pub(crate) disputes: Vec<Dispute>,
    /// By principal: the steps that AWS recommends.
    pub(crate) recommendations: HashMap<String, Vec<serde_json::Value>>,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            pages: HashMap::new(),
            short_pages: false,
            empty_pages: Vec::new(),
            rates: HashMap::new(),
            retry_after: 1,
            latency: Duration::ZERO,
            latencies: HashMap::new(),
            role: None,
            external_id: None,
            session: None,
            caller: None,
            polls: 1,
            any_region: false,
            no_paths: false,
            disputes: Vec::new(),
            recommendations: HashMap::new(),
        }
    }
}

/// One page of a list: the range, and the token for the next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) next: Option<String>,
}

impl Knobs {
    /// How long a page that begins at `from` may be.
    pub(crate) fn size(&self, operation: &str, asked: Option<usize>, from: usize) -> usize {
        let known = SIZES
            .iter()
            .find(|(name, ..)| *name == operation)
            .unwrap_or(&SIZES[8]);
        let size = asked.unwrap_or(known.1).clamp(1, known.2);
        let size = size
            .min(self.pages.get(operation).copied().unwrap_or(usize::MAX))
            .max(1);
        match self.short_pages {
            // Some number between a half and the whole, never the same twice in a row.
            true => (size - (from * 7 + 3) % (size / 2 + 1)).max(1),
            false => size,
        }
    }

    pub(crate) fn latency(&self, operation: &str) -> Duration {
        self.latencies.get(operation).copied().unwrap_or(self.latency)
    }
}

/// The token of a place in a list, in characters that a form must encode.
pub(crate) fn token(place: &str, after_empty: bool) -> String {
    let kind = if after_empty { "/e" } else { "/p" };
    format!("EXAMPLE+{place}{kind}==")
}

/// The place that a token means, and whether an empty page went before.
pub(crate) fn place(token: &str) -> Result<(&str, bool), Refusal> {
    let inside = token
        .strip_prefix("EXAMPLE+")
        .and_then(|rest| rest.strip_suffix("=="));
    let known = inside.and_then(|rest| {
        rest.strip_suffix("/e")
            .map(|place| (place, true))
            .or(rest.strip_suffix("/p").map(|place| (place, false)))
    });
    known.ok_or_else(|| Refusal::invalid("the token is none of ours"))
}

/// Token buckets, one for each operation of each account.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashMap<(String, String), (f64, Instant)>>);

impl Buckets {
    /// Takes one call out of the bucket, if there is one.
    pub(crate) fn take(&self, knobs: &Knobs, operation: &str, account: &str) -> bool {
        let Some((rate, burst)) = knobs.rates.get(operation).copied() else {
            return true;
        };
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap();
        let (level, seen) = buckets
            .entry((operation.to_owned(), account.to_owned()))
            .or_insert((burst, now));
        *level = burst.min(*level + now.duration_since(*seen).as_secs_f64() * rate);
        *seen = now;
        let there = *level >= 1.0;
        if there {
            *level -= 1.0;
        }
        there
    }
}
